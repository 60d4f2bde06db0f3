//! Fields of every type, typed by hand: what a server writes, what a client reads of what others write.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use errbook::{Error, ErrorResponse};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

/// The generator's golden case with fields of every type.
mod everything {
    #![allow(clippy::all, unused)]
    include!("../codegen/tests/cases/everything/errbook.rs");
}
use everything::types::{Page, Reason, RichHow, RichMaybeHow, Violation, ViolationSeverity};
use everything::{Code, Store, code};

fn at(millis: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(millis)
}

fn violation() -> Violation {
    Violation {
        field: "to[1]".to_owned(),
        limit: None,
        reason: Reason::TooLong,
        seen: Some(vec![at(0), at(1500)]),
        severity: ViolationSeverity::High,
        ratio: 0.5,
    }
}

fn rich() -> code::Rich {
    let page = Page { first: violation(), more: BTreeMap::from([("a".to_owned(), Vec::new())]) };
    code::Rich {
        at: at(1_933_135_628_250),
        id: "7f6ae1b0-3c5d-4e8f-9a2b-1c3d5e7f9a0b".to_owned(),
        link: "https://every.example/".to_owned(),
        any: json!({"a": [1, null, "\u{7f}\n"]}),
        why: Reason::Other_,
        how: RichHow::Other("by pigeon".to_owned()),
        tags: vec!["red".to_owned(), String::new()],
        counts: BTreeMap::from([("\"".to_owned(), u64::MAX)]),
        ratios: vec![BTreeMap::new(), BTreeMap::from([("x".to_owned(), -1.5)])],
        sizes: Some(vec![BTreeMap::from([("y".to_owned(), vec![i32::MIN, 0])])]),
        violation: violation(),
        violations: Some(vec![violation()]),
        pages: BTreeMap::from([("p".to_owned(), page)]),
        maybe_at: None,
        maybe_any: None,
        maybe_why: Some(Reason::Value2Nd),
        maybe_how: Some(vec![RichMaybeHow::Fast]),
    }
}

/// Its members, as they are on the wire.
fn members() -> Value {
    let violation = json!({
        "field": "to[1]", "reason": "too-long", "kind": "hard",
        "seen": ["1970-01-01T00:00:00Z", "1970-01-01T00:00:01.5Z"], "severity": "high", "type": 0.5,
    });
    json!({
        "at": "2031-04-05T06:07:08.25Z",
        "id": "7f6ae1b0-3c5d-4e8f-9a2b-1c3d5e7f9a0b",
        "link": "https://every.example/",
        "any": {"a": [1, null, "\u{7f}\n"]},
        "why": "other",
        "how": "by pigeon",
        "tags": ["red", ""],
        "counts": {"\"": u64::MAX},
        "ratios": [{}, {"x": -1.5}],
        "sizes": [{"y": [i32::MIN, 0]}],
        "violation": violation,
        "violations": [violation],
        "pages": {"p": {"first": violation, "more": {"a": []}}},
        "maybe_why": "2nd",
        "maybe_how": ["fast"],
        "format": "a",
    })
}

fn read(members: &Value) -> ErrorResponse<Store> {
    let mut error = members.clone();
    error["code"] = "rich".into();
    error["message"] = "Rich.".into();
    let body = json!({"ok": false, "error": error}).to_string();
    ErrorResponse::parse(StatusCode::UNPROCESSABLE_ENTITY, &HeaderMap::new(), body)
}

/// An answer of 64 KiB may hold a list of so many elements that its payload would be a hundred times as large.
#[test]
fn a_payload_has_a_bounded_size() {
    let mut long = members();
    long["ratios"] = vec![json!({}); 9_000].into();
    assert!(read(&long).details::<code::Rich>().is_some());
    long["ratios"] = vec![json!({}); 10_000].into();
    let err = read(&long);
    assert_eq!((err.code(), err.details::<code::Rich>()), (Some(Code::Rich), None));
    assert!(err.member("ratios").is_some());
}

#[test]
fn what_is_written() {
    let error = Error::<Store>::from(rich());
    let body: Value = serde_json::from_slice(&error.answer("r-1").body()).unwrap();
    for (name, expected) in members().as_object().unwrap() {
        assert_eq!(&body["error"][name], expected, "{name}");
    }
    assert_eq!(body["error"].get("maybe_at"), None);
    assert_eq!(
        body["error"]["message"],
        "2031-04-05T06:07:08.25Z, 7f6ae1b0-3c5d-4e8f-9a2b-1c3d5e7f9a0b, https://every.example/, other, by pigeon"
    );
    assert_eq!(serde_json::to_value(error.answer("r-1")).unwrap(), body);
    assert_eq!(serde_json::to_value(rich()).unwrap(), members());
}

#[test]
fn what_is_read() {
    assert_eq!(read(&members()).details(), Some(rich()));
    assert_eq!(serde_json::from_value::<code::Rich>(members()).unwrap(), rich());
}

#[test]
fn what_others_write() {
    fn check(name: &str, json: Value, expected: impl FnOnce(&mut code::Rich)) {
        let mut changed = members();
        changed[name] = json.clone();
        let mut payload = rich();
        expected(&mut payload);
        assert_eq!(read(&changed).details(), Some(payload), "{name}: {json}");
    }

    check("at", json!("1970-01-01T01:00:00+01:00"), |rich| rich.at = at(0));
    check("at", json!(1.5), |rich| rich.at = at(1500));
    check("at", json!(-1), |rich| rich.at = UNIX_EPOCH - Duration::from_secs(1));
    check("at", json!(1e3), |rich| rich.at = at(1_000_000));
    check("any", json!(null), |rich| rich.any = Value::Null);
    check("any", json!([]), |rich| rich.any = json!([]));
    check("how", json!(""), |rich| rich.how = RichHow::Other(String::new()));
    check("how", json!("by_hand"), |rich| rich.how = RichHow::ByHand);
    check("maybe_at", json!(null), |_| ());
    check("maybe_any", json!(null), |_| ());
    check("maybe_any", json!(0), |rich| rich.maybe_any = Some(json!(0)));
    check("sizes", json!(null), |rich| rich.sizes = None);
    check("counts", json!({"a": 1, "b": null}), |rich| rich.counts = BTreeMap::from([("a".to_owned(), 1)]));

    let mut later = members();
    later["violation"]["since"] = json!([{}]);
    later["violation"]["limit"] = json!(null);
    later["violation"]["kind"] = json!("soft");
    assert_eq!(read(&later).details(), Some(rich()), "an unknown member and another constant");
}

#[test]
fn what_is_of_another_type_costs_only_the_details() {
    for (pointer, json) in [
        ("/at", json!("yesterday")),
        ("/at", json!("2001-02-29T00:00:00Z")),
        ("/at", json!(1e300)),
        ("/at", json!(1_700_000_000_000_u64)),
        ("/at", json!(-1e12)),
        ("/id", json!(7)),
        ("/why", json!(null)),
        ("/tags", json!("red")),
        ("/tags/0", json!(null)),
        ("/tags/0", json!(1)),
        ("/tags", json!({})),
        ("/counts", json!([])),
        ("/counts", json!({"a": -1})),
        ("/ratios/1/x", json!("1")),
        ("/sizes/0/y/0", json!(i64::MIN)),
        ("/violation", json!([])),
        ("/violation/field", json!(null)),
        ("/violations/0/seen/1", json!(true)),
        ("/pages/p/first/severity", json!({})),
        ("/pages/p/more/a", json!([{}])),
        ("/maybe_at", json!("")),
        ("/maybe_how", json!([1])),
    ] {
        let mut changed = members();
        match changed.pointer_mut(pointer) {
            Some(place) => *place = json.clone(),
            None => changed[&pointer[1..]] = json.clone(),
        }
        let err = read(&changed);
        assert_eq!(err.details::<code::Rich>(), None, "{pointer}: {json}");
        assert_eq!(err.code(), Some(Code::Rich));
        let name = pointer.split('/').nth(1).unwrap();
        assert_eq!(err.member(name).as_ref(), changed.get(name));
        assert!(serde_json::from_value::<code::Rich>(changed).is_err(), "{pointer}: {json}");
    }
}

/// Depth and length of what comes in are bounded by the body and by what a value of JSON may be.
#[test]
fn what_is_hostile() {
    let with = |name: &str, json: &str| {
        let mut changed = members();
        changed[name] = "here".into();
        let body = json!({"ok": false, "error": changed}).to_string();
        let body = body.replacen("{\"ok", "{\"x\":0,\"ok", 1).replacen(
            "\"error\":{",
            "\"error\":{\"code\":\"rich\",",
            1,
        );
        let body = body.replacen("\"here\"", json, 1);
        ErrorResponse::<Store>::parse(StatusCode::UNPROCESSABLE_ENTITY, &HeaderMap::new(), body)
    };
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    for name in ["any", "tags", "violation", "pages", "maybe_any", "counts"] {
        let err = with(name, &deep);
        assert_eq!(err.code(), Some(Code::Rich), "{name}");
        assert_eq!(err.details::<code::Rich>(), None, "{name}");
    }
    let err = with("tags", &format!("[{}\"\"]", "\"\",".repeat(9_000)));
    assert_eq!(err.details::<code::Rich>().unwrap().tags.len(), 9_001);
    let err = with("counts", &format!("{{{}\"a\":2}}", "\"a\":1,".repeat(5_000)));
    assert_eq!(err.details::<code::Rich>().unwrap().counts, BTreeMap::from([("a".to_owned(), 1)]));
    let err = with("tags", r#"["\ud800"]"#);
    assert_eq!(err.details::<code::Rich>().unwrap().tags, ["\u{fffd}"]);
}

#[test]
fn enums_are_open() {
    assert_eq!(Reason::from("too_short"), Reason::TooShort);
    assert_eq!(Reason::from("other"), Reason::Other_);
    assert_eq!(Reason::from("new".to_owned()), Reason::Other("new".to_owned()));
    assert_eq!(Reason::Other("too_short".to_owned()), Reason::TooShort);
    assert_ne!(Reason::TooLong, Reason::TooShort);
    let texts = std::collections::HashSet::from([Reason::TooShort, Reason::Other("too_short".to_owned())]);
    assert_eq!(texts.len(), 1);
    assert_eq!("2nd".parse(), Ok(Reason::Value2Nd));
    assert_eq!(format!("{:>4}", Reason::Value2Nd), " 2nd");
    assert_eq!(serde_json::to_string(&Reason::Other("\n".to_owned())).unwrap(), r#""\n""#);
    assert_eq!(serde_json::from_str::<Reason>("\"too-long\"").unwrap(), Reason::TooLong);
    assert!(serde_json::from_str::<Reason>("1").is_err());
}

#[test]
fn any_json_is_null_or_absent() {
    let payload = code::Rich { any: Value::Null, maybe_any: Some(Value::Null), ..rich() };
    let error = Error::<Store>::from(payload.clone());
    let body: Value = serde_json::from_slice(&error.answer("r-1").body()).unwrap();
    assert_eq!(body["error"].get("any"), Some(&Value::Null));
    assert_eq!(body["error"].get("maybe_any"), None);
    let expected = code::Rich { maybe_any: None, ..payload };
    assert_eq!(ErrorResponse::<Store>::from(error).details(), Some(expected));
}

#[cfg(feature = "schemars")]
#[test]
fn the_schema_accepts_what_is_written() {
    let schema = schemars::SchemaGenerator::default().into_root_schema_for::<Error<Store>>();
    let validator = jsonschema::draft202012::options().should_validate_formats(true).build(schema.as_value());
    let validator = validator.unwrap();
    let error = Error::<Store>::from(rich());
    let body: Value = serde_json::from_slice(&error.answer("r-1").body()).unwrap();
    assert!(validator.is_valid(&body), "{body:#}");
    for (pointer, json) in [
        ("/error/at", json!("yesterday")),
        ("/error/id", json!("7f6a")),
        ("/error/link", json!("no URL")),
        ("/error/why", json!(1)),
        ("/error/tags/0", json!(1)),
        ("/error/counts", json!({"a": -1})),
        ("/error/violation/field", json!(null)),
        ("/error/violation/kind", json!("soft")),
        ("/error/pages/p/first/severity", json!(7)),
        ("/error/pages/p/more/a", json!([{}])),
    ] {
        let mut changed = body.clone();
        *changed.pointer_mut(pointer).unwrap() = json.clone();
        assert!(!validator.is_valid(&changed), "{pointer}: {json}");
    }
}
