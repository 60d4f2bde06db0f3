//! The catalog of somebody else's API reads its answers: the generator's golden case `client`.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use errbook::{Api as _, Retry};
use http::{HeaderMap, StatusCode};

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
