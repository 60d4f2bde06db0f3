//! The catalog of somebody else's API reads its answers: the generator's golden case `client`.
#![allow(clippy::unwrap_used)]

use std::time::{Duration, SystemTime};

use errbook::retry::{Attempt, Failure, Policy};
use errbook::{Api as _, Retry};
use http::{HeaderMap, Method, StatusCode};

mod theirs {
    #![allow(clippy::all, unused)]
    include!("../codegen/tests/cases/client/errbook.rs");
}
use theirs::payments::ErrorResponse;
use theirs::{Action, Code, Group, Payments, code};

fn read(status: u16, body: &'static str) -> ErrorResponse {
    let mut headers = HeaderMap::new();
    headers.insert("retry-after", "7".parse().unwrap());
    headers.insert("request-id", "req_7".parse().unwrap());
    ErrorResponse::parse(StatusCode::from_u16(status).unwrap(), &headers, body)
}

#[test]
fn an_answer_is_read_with_its_details() {
    let err = read(
        402,
        r#"{"error":{"type":"card_error","code":"card_declined","message":"No.","decline_code":"lost_card","charge":"ch_1"}}"#,
    );
    assert_eq!((err.code(), err.group()), (Some(Code::CardDeclined), Some(Group::Card)));
    assert_eq!((err.message(), err.request_id()), (Some("No."), Some("req_7")));
    assert_eq!((err.action(), err.retry()), (Some(Action::OtherCard), Some(Retry::Never)));
    assert_eq!(err.details(), Some(code::CardDeclined { decline_code: Some("lost_card".to_owned()) }));
    assert_eq!(err.member("charge"), Some("ch_1".into()));

    let err = read(400, r#"{"error":{"code":"amount_too_large","param":"amount","limit":100}}"#);
    assert_eq!(err.details(), Some(code::AmountTooLarge { limit: 100 }));
    assert_eq!(err.param(), Some("amount"));
}

#[test]
fn what_nobody_knows_follows_the_status() {
    let answer = |code: &str| format!(r#"{{"error":{{"code":"{code}"}}}}"#);
    let advice = |status: u16, code: &str| {
        let err = read(status, answer(code).leak());
        assert!(err.from_api(), "{err}");
        (err.retry().unwrap(), err.retryable().unwrap())
    };
    assert_eq!(advice(429, "rate_limit"), (Retry::Throttle, true));
    assert_eq!(advice(500, "api_error"), (Retry::Backoff, true));
    assert_eq!(advice(501, "not_implemented"), (Retry::Never, false));
    assert_eq!(advice(400, "parameter_missing"), (Retry::Never, false));
    // Where the advice is known and the flag isn't, it goes with the advice.
    assert_eq!(advice(409, "lock_timeout"), (Retry::Backoff, true));
    assert_eq!(read(429, answer("rate_limit").leak()).retry_after(), Some(Duration::from_secs(7)));
    // What HTTP wants with a status, they may leave out.
    assert!(read(405, answer("wrong_method").leak()).details::<code::WrongMethod>().is_some());
}

#[test]
fn what_is_not_theirs_has_a_name() {
    let page = "<html><title>502 Bad Gateway</title>";
    let err = read(502, page);
    assert_eq!((err.code(), err.inferred(), err.message()), (None, Code::ApiError, Some("502 Bad Gateway")));
    assert_eq!(read(403, page).inferred(), Code::ParameterMissing);
    let err = read(402, r#"{"error":{"type":"card_error","code":"card_stolen"}}"#);
    assert_eq!((err.code(), err.code_str(), err.group()), (None, Some("card_stolen"), Some(Group::Card)));
    assert!(Payments::doc_url(Code::RateLimit).ends_with("#rate_limit"));
}

const LIMITED: &str = r#"{"error":{"code":"rate_limit"}}"#;

fn parts(status: u16, headers: &[(&str, &str)], body: &'static str) -> ErrorResponse {
    ErrorResponse::from_parts(status, headers.iter().copied(), body)
}

#[test]
fn an_answer_in_parts() {
    let err = parts(429, &[("Retry-After", "7"), ("request-ID", "req_7"), ("retry-after", "9")], LIMITED);
    assert_eq!((err.code(), err.request_id()), (Some(Code::RateLimit), Some("req_7")));
    assert_eq!(err.retry_after(), Some(Duration::from_secs(9)));
    // What HTTP doesn't know is no reason to know nothing.
    let err = parts(0, &[("no header", "7"), ("", ""), ("retry-after", "7\n"), ("request-id", "req_8")], "");
    assert_eq!((err.status(), err.request_id()), (StatusCode::BAD_GATEWAY, Some("req_8")));
    assert_eq!((err.inferred(), err.retry_after()), (Code::ApiError, None));
    let err = ErrorResponse::from_parts(500, [(b"request-id", b"req_\xff")], "");
    assert_eq!(err.request_id(), None);
    let many = (0..100_000).map(|at| (format!("x-{at}"), "1"));
    assert_eq!(ErrorResponse::from_parts(429, many, LIMITED).code(), Some(Code::RateLimit));
}

#[test]
fn an_event_of_a_stream() {
    let err = ErrorResponse::parse_event(LIMITED);
    assert_eq!((err.code(), err.status()), (Some(Code::RateLimit), StatusCode::OK));
    assert_eq!(err.expected_status(), Some(Code::RateLimit.status()));
    assert_eq!(err.to_string(), "rate_limit (HTTP 200)");
    // Nothing but the constants can tell a group.
    let err = ErrorResponse::parse_event(r#"{"error":{"type":"card_error","code":"card_stolen"}}"#);
    assert!(err.code().is_none() && err.is_in(Group::Card));
    // What the server is to blame for, if anybody.
    let err = ErrorResponse::parse_event("upstream reset");
    assert_eq!((err.inferred(), err.message()), (Code::ApiError, Some("upstream reset")));
}

#[test]
fn an_unknown_code_is_read_as_of_its_group() {
    let err = read(402, r#"{"error":{"type":"card_error","code":"card_stolen"}}"#);
    assert!(err.is_in(Group::Card));
    assert_eq!((err.action(), err.retry()), (Some(Action::OtherCard), Some(Retry::Never)));
    assert_eq!((err.retry_on_repeat(), err.retryable()), (Some(Retry::Never), None));
    assert!(!read(400, LIMITED).is_in(Group::Card));
}

#[test]
fn what_is_unknown_may_have_taken_effect_as_its_group_may() {
    let rules = |body| {
        let failure = Failure::from(&read(503, body));
        [Method::GET, Method::POST]
            .map(|method| Policy::default().decide(&failure, &Attempt::of(&method)).rule().number())
    };
    assert_eq!(rules(r#"{"error":{"type":"partial","code":"half_done"}}"#), [3, 2]);
    assert_eq!(rules(r#"{"error":{"type":"partial","code":"a_third_done"}}"#), [3, 2]);
    assert_eq!(rules(r#"{"error":{"type":"busy","code":"busy"}}"#), [6, 6]);
}

#[test]
fn a_rate_limit_is_a_wait_where_nothing_else_says_one() {
    let wait =
        |status, headers: &[_], body| parts(status, headers, body).retry_after().map(|wait| wait.as_secs());
    let used_up = [("ratelimit", r#""minute";r=0;t=30"#)];
    for status in [429, 503] {
        assert_eq!(wait(status, &used_up, LIMITED), Some(30));
        assert_eq!(wait(status, &used_up, "<html>"), Some(30));
    }
    // With other statuses something else failed.
    for status in [200, 400, 403, 500, 502, 504] {
        assert_eq!(wait(status, &used_up, LIMITED), None);
    }
    let older = [("ratelimit-remaining", "0"), ("ratelimit-reset", "42")];
    assert_eq!(wait(429, &older, LIMITED), Some(42));
    assert_eq!(wait(429, &[older[0], older[1], used_up[0]], LIMITED), Some(42));
    assert_eq!(wait(429, &[older[0], older[1], ("retry-after", "7")], LIMITED), Some(7));
    assert_eq!(wait(429, &[older[0], older[1], ("retry-after", "0")], LIMITED), Some(42));
    assert_eq!(wait(429, &[("ratelimit", "r=0;t=30")], LIMITED), None);
}

#[test]
fn when_to_come_again() {
    let before = SystemTime::now();
    let at = parts(429, &[("retry-after", "7")], LIMITED).retry_at().unwrap();
    let wait = Duration::from_secs(7);
    assert!(before + wait <= at && at <= SystemTime::now() + wait);
    assert_eq!(parts(429, &[], LIMITED).retry_at(), None);
    let never = parts(429, &[("retry-after", "99999999999999999999999")], LIMITED);
    assert_eq!((never.retry_after().unwrap().as_secs(), never.retry_at()), (u64::MAX, None));
}

#[test]
fn a_body_that_is_no_text() {
    let read = |body: Vec<u8>| ErrorResponse::parse(StatusCode::BAD_GATEWAY, &HeaderMap::new(), body);
    let err = read(b"Fehler: \xfcberlastet\nmehr".to_vec());
    assert_eq!(err.message(), Some("Fehler: \u{fffd}berlastet"));
    // Packed, or nothing that was ever text.
    assert_eq!(read(b"\x1f\x8b\x08\0\0".to_vec()).message(), None);
    // Replacements are longer than what they replace: what doesn't fit is cut off.
    let max = errbook::mail::Sending::max_body();
    for (body, kept) in [(vec![0xff; max], max / 3 * 3), ([&[b'a'; 1][..], &vec![0xff; max]].concat(), max)] {
        let err = read(body);
        assert_eq!(err.body().len(), kept);
        assert!(std::str::from_utf8(err.body()).is_ok_and(|text| text.ends_with('\u{fffd}')));
    }
}
