//! An error in a line of a log, byte for byte.
#![cfg(feature = "mail")]
#![allow(clippy::unwrap_used)]

use errbook::ErrorResponse;
use errbook::mail::{code, inbox, sending};
use errbook::prelude::*;
use errbook::retry::{Attempt, Decision, Failure, Outcome, Policy};
use http::{HeaderMap, Method, StatusCode};

/// The generator's golden case with fields of every type.
mod everything {
    #![allow(clippy::all, unused)]
    include!("../codegen/tests/cases/everything/errbook.rs");
}

fn ended(failure: &Failure, attempts: u32) -> Outcome {
    let attempt = Attempt::of(&Method::POST).numbered(attempts);
    let Decision::Stop(stop) = Policy::default().decide(failure, &attempt) else { panic!("a retry") };
    Outcome { attempts, stop }
}

fn tried<A: errbook::Api>(err: ErrorResponse<A>, attempts: u32) -> ErrorResponse<A> {
    let outcome = ended(&Failure::from(&err), attempts);
    err.with_outcome(outcome)
}

fn not_found(more: &str) -> sending::ErrorResponse {
    let body = format!(r#"{{"ok":false,"error":{{"code":"not_found","message":"None."{more}}}}}"#);
    ErrorResponse::parse(StatusCode::NOT_FOUND, &HeaderMap::new(), body)
}

#[test]
fn the_plain_line_is_short() {
    let err = tried(not_found(r#","param":"from","errors":[{"code":"not_found"}]"#), 1);
    assert_eq!(err.to_string(), "not_found: None. (HTTP 404)");
    // What is no answer of the API is shown as none of its codes.
    let page = sending::ErrorResponse::parse(StatusCode::TOO_MANY_REQUESTS, &HeaderMap::new(), "<html>");
    assert_eq!(page.to_string(), "not an answer of the API (HTTP 429)");
}

#[test]
fn the_long_one_has_the_fields_the_issues_and_the_page() {
    let body = r#"{"error":"attachment_too_large","other":1,"limit_bytes":1000}"#;
    let err = inbox::ErrorResponse::parse(StatusCode::PAYLOAD_TOO_LARGE, &HeaderMap::new(), body);
    assert_eq!(
        format!("{err:#}"),
        "attachment_too_large (HTTP 413); limit_bytes: 1000; see https://sentvia.example/docs/errors#attachment_too_large"
    );
    // A constant says nothing that the code doesn't.
    let body = r#"{"error":"inbox_limit_reached","upgrade":true,"limit_bytes":1}"#;
    let err = inbox::ErrorResponse::parse(StatusCode::PAYMENT_REQUIRED, &HeaderMap::new(), body);
    assert_eq!(
        format!("{err:#}"),
        "inbox_limit_reached (HTTP 402); see https://sentvia.example/docs/errors#inbox_limit_reached"
    );
    let err = not_found(r#","param":"a\nb","errors":[{"code":"x\u001b","message":"1\n2","param":"to"}]"#);
    assert_eq!(
        format!("{err:#}"),
        "not_found: None. (HTTP 404); param: a\\nb; to: x\\u{1b}: 1\\n2; see https://sendmux.ai/docs/sending-api/errors#not_found"
    );
}

#[test]
fn it_ends_with_the_next_step() {
    let err = ErrorResponse::from(sending::Error::from(code::InsufficientCredits.because("secret")));
    let err = tried(err, 1);
    let id = err.request_id().unwrap();
    let expected = format!(
        "insufficient_credits: The team's balance is too low for this request. (HTTP 402, request_id={id}) after 1 \
         attempt: it fails until somebody changes something outside the request; see \
         https://sendmux.ai/docs/sending-api/errors#insufficient_credits; next: Top up the team's balance under \
         Billing. https://sendmux.ai/billing"
    );
    assert_eq!(format!("{err:#}"), expected);

    let outcome = err.outcome().unwrap();
    let plain = "after 1 attempt: it fails until somebody changes something outside the request";
    assert_eq!(outcome.to_string(), plain);
    let next = "; next: Top up the team's balance under Billing. https://sendmux.ai/billing";
    assert_eq!(format!("{outcome:#}"), format!("{plain}{next}"));

    let body = r#"{"ok":false,"error":{"code":"service_unavailable","message":"Later."}}"#;
    let err = sending::ErrorResponse::parse(StatusCode::SERVICE_UNAVAILABLE, &HeaderMap::new(), body);
    let exhausted = ended(&Failure::from(&err), 3);
    assert_eq!(exhausted.to_string(), "after 3 attempts: all attempts failed");
    assert_eq!(
        format!("{exhausted:#}"),
        "after 3 attempts: all attempts failed; next: Contact support and quote the request id."
    );
    let none = ended(&Failure::lasting(), 1);
    assert_eq!(format!("{none:#}"), "after 1 attempt: the same request fails again");
}

#[test]
fn what_may_have_taken_effect_is_not_advised_to_be_sent_again() {
    let event = |code: &str| {
        let body = format!(r#"{{"ok":false,"error":{{"code":"{code}","message":"M."}}}}"#);
        format!("{:#}", tried(sending::ErrorResponse::parse_event(body), 1).outcome().unwrap())
    };
    let why =
        "after 1 attempt: it may have taken effect: an idempotency key would make it safe to be sent again";
    // Its step is to wait and to send it again.
    assert_eq!(event("service_unavailable"), why);
    assert_eq!(event("internal_error"), format!("{why}; next: Contact support and quote the request id."));
}

#[test]
fn it_has_a_bounded_length() {
    let issues = (0..999).map(|at| format!(r#"{{"code":"not_found","param":"{at}"}}"#)).collect::<Vec<_>>();
    let err = not_found(&format!(r#","errors":[{}]"#, issues.join(",")));
    let expected = "not_found: None. (HTTP 404); 0: not_found; 1: not_found; 2: not_found; 3: not_found; 4: not_found; \
                    5: not_found; 6: not_found; 7: not_found; 8: not_found; 9: not_found; and 989 more; see \
                    https://sendmux.ai/docs/sending-api/errors#not_found";
    assert_eq!(format!("{err:#}"), expected);

    let values = [
        ("link", format!("\"{}\"", "x".repeat(64_000 / 8))),
        ("any", "{\n\t\"a\":\"\u{202e}\"}".to_owned()),
        ("format", r#""a""#.to_owned()),
        ("maybe_at", "null".to_owned()),
        ("why", "1".to_owned()),
        ("at", "2".to_owned()),
        ("unknown", "3".to_owned()),
        ("tags", format!("[\"{}\"]", "\u{e9}".repeat(96))),
        ("counts", format!("[\"{}\"]", "\u{e9}".repeat(97))),
        ("ratios", "4".to_owned()),
        ("sizes", "5".to_owned()),
        ("pages", "6".to_owned()),
        ("id", "7".to_owned()),
        ("violation", "8".to_owned()),
        ("violations", "9".to_owned()),
        ("how", "10".to_owned()),
    ];
    let members: String = values.iter().map(|(name, json)| format!(",\"{name}\":{json}")).collect();
    let body = format!(r#"{{"ok":false,"error":{{"code":"rich","message":"Rich."{members}}}}}"#);
    let err =
        ErrorResponse::<everything::Store>::parse(StatusCode::UNPROCESSABLE_ENTITY, &HeaderMap::new(), body);
    let expected = format!(
        "rich: Rich. (HTTP 422); link: \"{}…; any: {{\\n\\t\"a\":\"\\u{{202e}}\"}}; why: 1; at: 2; tags: [\"{e}\"]; \
         counts: [\"{e}é\"…; ratios: 4; sizes: 5; pages: 6; id: 7; and 3 more; see https://every.example/store#rich",
        "x".repeat(99),
        e = "é".repeat(96),
    );
    assert_eq!(format!("{err:#}"), expected);
}
