//! Whatever a payload holds comes back; whatever comes in is read without a panic, within bounds.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use errbook::{Error, ErrorResponse, Issues, mail, prelude::*};
use http::{HeaderMap, HeaderValue, StatusCode};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use serde_json::Value;

/// The generator's golden case with fields of every type.
mod everything {
    #![allow(clippy::all, unused)]
    include!("../codegen/tests/cases/everything/errbook.rs");
}
use everything::types::{Page, PlanPeriod, Reason, RichHow, RichMaybeHow, Violation, ViolationSeverity};
use everything::{Admin, Code, Store, code};

fn read(error: Error<Store>) -> ErrorResponse<Store> {
    let (head, body) = error.answer("r-1").into_response().into_parts();
    let general = serde_json::to_vec(&error.answer("r-1")).unwrap();
    assert_eq!(general, body, "serde writes the same");
    ErrorResponse::parse(head.status, &head.headers, body)
}

prop_compose! {
    fn typed()(
        text: String, number: i32, small: u32, big: i64, ratio in prop::num::f64::NORMAL | prop::num::f64::ZERO,
        flag: bool, size: u64, wait in 0..u64::from(u32::MAX), count: u64, maybe_text: Option<String>,
        maybe_number: Option<i64>, millis in prop::option::of(0..1_000_000_u64),
    ) -> code::Typed {
        code::Typed {
            text, number, small, big, ratio, flag, size, count, maybe_text, maybe_number,
            wait: Duration::from_secs(wait),
            perhaps: millis.map(|half| Duration::from_millis(half * 500)),
        }
    }
}

fn time() -> impl Strategy<Value = SystemTime> {
    let year_0_to_9999 = -62_167_219_200..253_402_300_800_i64;
    (year_0_to_9999, prop_oneof![Just(0), 0..10_000_000_u64]).prop_map(|(seconds, hundreds)| {
        let distance = Duration::from_secs(seconds.unsigned_abs());
        let second = if seconds < 0 { UNIX_EPOCH - distance } else { UNIX_EPOCH + distance };
        second + Duration::from_nanos(hundreds * 100)
    })
}

/// Without the numbers that serde_json rounds.
fn any_json() -> impl Strategy<Value = Value> {
    let single = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i32>().prop_map(|number| Value::from(f64::from(number) / 2.0)),
        any::<String>().prop_map(Value::from),
    ];
    single.prop_recursive(3, 20, 5, |inside| {
        prop_oneof![
            vec(inside.clone(), 0..5).prop_map(Value::from),
            btree_map(any::<String>(), inside, 0..5).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

fn reason() -> impl Strategy<Value = Reason> {
    prop_oneof![
        Just(Reason::TooShort),
        Just(Reason::TooLong),
        Just(Reason::Other_),
        Just(Reason::Value2Nd),
        any::<String>().prop_map(Reason::from),
    ]
}

prop_compose! {
    fn violation()(
        field: String, limit: Option<u64>, reason in reason(), seen in option::of(vec(time(), 0..3)),
        severity in prop_oneof![Just(ViolationSeverity::Low), any::<String>().prop_map(ViolationSeverity::from)],
        ratio in prop::num::f64::NORMAL | prop::num::f64::ZERO,
    ) -> Violation {
        Violation { field, limit, reason, seen, severity, ratio }
    }
}

prop_compose! {
    fn page()(
        first in violation(), more in btree_map(any::<String>(), vec(violation(), 0..3), 0..3),
    ) -> Page {
        Page { first, more }
    }
}

prop_compose! {
    fn lists()(
        tags: Vec<String>, counts: BTreeMap<String, u64>,
        ratios in vec(btree_map(any::<String>(), prop::num::f64::NORMAL, 0..3), 0..3),
        sizes in option::of(vec(btree_map(any::<String>(), vec(any::<i32>(), 0..3), 0..3), 0..3)),
    ) -> (Vec<String>, BTreeMap<String, u64>, Vec<BTreeMap<String, f64>>, Option<Vec<BTreeMap<String, Vec<i32>>>>) {
        (tags, counts, ratios, sizes)
    }
}

prop_compose! {
    fn rich()(
        at in time(), id: String, link: String, any in any_json(), why in reason(), how: String,
        (tags, counts, ratios, sizes) in lists(), violation in violation(),
        violations in option::of(vec(violation(), 0..3)), pages in btree_map(any::<String>(), page(), 0..3),
        (maybe_at, maybe_any, maybe_why) in (option::of(time()), option::of(any_json()), option::of(reason())),
        maybe_how in option::of(vec(prop_oneof![Just("fast"), Just("slowly"), Just("")], 0..3)),
    ) -> code::Rich {
        code::Rich {
            at, id, link, any, why, tags, counts, ratios, sizes, violation, violations, pages, maybe_at, maybe_why,
            how: RichHow::from(how),
            // Null is absent.
            maybe_any: maybe_any.filter(|any| !any.is_null()),
            maybe_how: maybe_how.map(|how| how.into_iter().map(RichMaybeHow::from).collect()),
        }
    }
}

proptest! {
    // Large payloads take their time.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn fields_of_every_type_come_back(payload in rich()) {
        let err = read(payload.clone().into());
        prop_assert_eq!(err.code(), Some(Code::Rich));
        prop_assert_eq!(err.details(), Some(payload.clone()));
        let passed_on = ErrorResponse::<Admin>::from(err.for_api::<Admin>());
        prop_assert_eq!(passed_on.details(), Some(payload.clone()));

        let json = serde_json::to_string(&payload).unwrap();
        prop_assert_eq!(serde_json::from_str::<code::Rich>(&json).unwrap(), payload);
    }

    /// Bytes changed, removed or put into a rich answer.
    #[test]
    fn damaged_fields_are_read(payload in rich(), at: prop::sample::Index, cut in 0..20_usize, put: Vec<u8>) {
        let mut body = Error::<Store>::from(payload).answer("r-1").body();
        let at = at.index(body.len());
        let end = (at + cut).min(body.len());
        body.splice(at..end, put);
        total::<Store>(422, &body, b"1");
        let err = ErrorResponse::<Store>::parse(StatusCode::UNPROCESSABLE_ENTITY, &HeaderMap::new(), body);
        let _ = err.details::<code::Rich>();
    }
}

proptest! {
    #[test]
    fn fields_of_a_group_come_back(size: u32, period: Option<String>) {
        let payload = code::PlanSize { size, period: period.map(PlanPeriod::from) };
        prop_assert_eq!(read(payload.clone().into()).details(), Some(payload));
    }

    #[test]
    fn fields_come_back(payload in typed()) {
        let err = read(payload.clone().into());
        prop_assert_eq!(err.code(), Some(Code::Typed));
        prop_assert_eq!(err.details(), Some(payload.clone()));

        let json = serde_json::to_string(&payload).unwrap();
        prop_assert_eq!(serde_json::from_str::<code::Typed>(&json).unwrap(), payload);
    }

    #[test]
    fn params_messages_and_waits_come_back(param: String, message: String, seconds in 1..=i32::MAX as u64) {
        let retry_after = Duration::from_secs(seconds);
        let err = read(code::Slow { retry_after }.at(param.clone()).message(message.clone()).into());
        prop_assert_eq!(err.param(), Some(&*param));
        prop_assert_eq!(err.message(), Some(&*message));
        prop_assert_eq!(err.details(), Some(code::Slow { retry_after }));

        let err = read(code::Missing { param: param.clone() }.into());
        prop_assert_eq!(err.details(), Some(code::Missing { param }));
    }

    #[test]
    fn issues_come_back(params in prop::collection::vec(any::<String>(), 0..20)) {
        let mut issues = Issues::of(code::Bad);
        for param in &params {
            issues.push(code::Missing { param: param.clone() });
        }
        let mut distinct = Vec::new();
        distinct.extend(params.iter().filter(|param| {
            let first = params.iter().position(|other| other == *param).unwrap();
            std::ptr::eq(*param, &params[first])
        }));
        let Err(error) = issues.finish() else {
            prop_assert!(params.is_empty());
            return Ok(());
        };
        let err = read(error.into());
        prop_assert_eq!(err.param(), Some(distinct[0].as_str()));
        match distinct.len() {
            1 => {
                prop_assert_eq!(err.code(), Some(Code::Missing));
                prop_assert!(err.issues().is_empty());
            }
            several => {
                prop_assert_eq!(err.code(), Some(Code::Bad));
                prop_assert_eq!(err.issues().len(), several);
                for (issue, param) in err.issues().iter().zip(distinct) {
                    prop_assert_eq!((issue.code(), issue.param()), (Some(Code::Missing), Some(&**param)));
                }
            }
        }
    }

    /// What a header can't hold is blank in it.
    #[test]
    fn headers_hold_no_line_breaks(text: String) {
        let hint = Some(text.clone());
        let error = Error::<Store>::from(code::OddHeaders { www_authenticate: text.clone(), x_hint: hint });
        let headers = error.answer("r-1").headers();
        prop_assert_eq!(&headers["x-reason"], "odd");
        match HeaderValue::from_str(&text) {
            Ok(_) => prop_assert_eq!(headers["x-hint"].as_bytes(), text.trim_ascii().as_bytes()),
            Err(_) => prop_assert!(!headers["x-hint"].as_bytes().iter().any(|byte| *byte < b' ')),
        }
    }

    #[test]
    fn any_bytes_are_read(status in 100..600_u16, body: Vec<u8>, wait: Vec<u8>) {
        total::<mail::Sending>(status, &body, &wait);
        total::<mail::Inbox>(status, &body, &wait);
    }

    /// Bytes changed, removed or put into an answer, which gets further than any bytes do.
    #[test]
    fn a_damaged_answer_is_read(at: prop::sample::Index, cut in 0..20_usize, put: Vec<u8>) {
        let error = Error::<Admin>::from(code::PlanSize { period: None, size: 3 });
        let mut body = error.answer("r-1").body();
        let at = at.index(body.len());
        let end = (at + cut).min(body.len());
        body.splice(at..end, put);
        total::<Admin>(402, &body, b"1");
        total::<mail::Sending>(402, &body, b"1");
    }

    /// An answer as our servers write it has a reader of its own, which finds the same as the general one: in each answer,
    /// and in one that has been changed.
    #[test]
    fn both_readers_find_the_same(
        payload in typed(), params: [String; 3], changes in prop::collection::vec(change(), 0..3),
    ) {
        let mut issues = Issues::of(code::Bad);
        for param in params {
            issues.push(code::Missing { param });
        }
        let issues = issues.finish().unwrap_err();
        for error in [Error::<Store>::from(payload), issues.into(), code::PlanSize { size: 3, period: None }.into()] {
            let mut body = error.answer("r-1").body();
            both_find_the_same::<Store>(&body);
            for (at, length, to, put) in &changes {
                let at = at.index(body.len());
                let part = body[at..(at + length).min(body.len())].to_vec();
                let to = to.index(body.len());
                match put {
                    // Once more, elsewhere.
                    None => _ = body.splice(to..to, part),
                    Some(put) => _ = body.splice(at..at + part.len(), put.bytes()),
                }
                both_find_the_same::<Store>(&body);
            }
        }
    }
}

type Change = (prop::sample::Index, usize, prop::sample::Index, Option<String>);

fn change() -> impl Strategy<Value = Change> {
    let put = prop::option::of("[\"\\\\,:{}\\[\\]0-9a-z\t ]{0,3}|null|true|\\\\u00e9|\"code\":\"x\",");
    (any::<prop::sample::Index>(), 0..40_usize, any::<prop::sample::Index>(), put)
}

/// A blank before the body leads past the reader of what is written as our servers write it.
fn both_find_the_same<A: errbook::Api>(body: &[u8]) {
    let everything = |body: Vec<u8>| {
        let err = ErrorResponse::<A>::parse(StatusCode::BAD_REQUEST, &HeaderMap::new(), body);
        let members: Vec<_> = err.members().map(|name| (name, err.member_json(name))).collect();
        let catalog = (err.code(), err.group(), err.action(), err.retryable(), err.doc_url());
        format!("{err:?} {err:#} {members:?} {catalog:?}")
    };
    if body.starts_with(b"{") {
        assert_eq!(everything(body.to_vec()), everything([b" ", body].concat()));
    }
}

/// Everything that can be asked of what was received is asked.
fn total<A: errbook::Api>(status: u16, body: &[u8], wait: &[u8]) {
    let mut headers = HeaderMap::new();
    if let Ok(wait) = HeaderValue::from_bytes(wait) {
        headers.insert("retry-after", wait.clone());
        headers.insert("x-request-id", wait);
    }
    let status = StatusCode::from_u16(status).unwrap();
    let _ = ErrorResponse::<A>::check(status, &headers, Bytes::copy_from_slice(body));
    let err = ErrorResponse::<A>::parse(status, &headers, Bytes::copy_from_slice(body));
    assert_eq!(err.status(), status);
    assert!(err.code().is_none() || err.code_str().is_some());
    assert!(err.from_api() == err.code_str().is_some());
    assert!(err.from_api() || err.message().is_none_or(|message| message.chars().count() <= 120));
    let _ = err.for_api::<A>();
    let shown = format!("{err} {err:#} {err:?}");
    assert!(!err.to_string().contains(['\n', '\r', '\u{1b}']), "{shown}");
    for name in err.members().map(str::to_owned).collect::<Vec<_>>() {
        assert!(err.member_json(&name).is_some());
    }
    let _ =
        (err.group(), err.action(), err.action_url(), err.doc_url(), err.inferred(), err.expected_status());
}
