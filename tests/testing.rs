//! What `assert_error!` says of an answer that is another one.
#![cfg(feature = "mail")]
#![allow(clippy::unwrap_used)]

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::time::Duration;

use errbook::mail::{Inbox, Sending, code, inbox, sending};
use errbook::testing::{self, assert_error};
use errbook::{ErrorResponse, Issues, prelude::*};

/// The text of the panic.
#[track_caller]
fn says(assertion: impl FnOnce()) -> String {
    let panic = panic::catch_unwind(AssertUnwindSafe(assertion)).expect_err("the assertion holds");
    *panic.downcast::<String>().unwrap()
}

fn sent<A: errbook::Api>(error: impl Into<errbook::Error<A>>) -> testing::Received<A> {
    testing::read(error.into().answer("req_1").into_response())
}

fn issues() -> sending::Error {
    let mut issues = Issues::of(code::InvalidParameter);
    issues.push(code::MissingParameter.at("from"));
    issues.push(code::InvalidParameter.at("to"));
    issues.finish().unwrap_err().into()
}

#[test]
fn what_is_as_expected_passes() {
    let error = sending::Error::from(code::NotFound.at("from"));
    assert_error!(error, code::NotFound);
    assert_error!(
        &error,
        code::NotFound,
        param = "from",
        message = "There is no such resource.",
        status = 404,
    );
    assert_error!(ErrorResponse::from(error.clone()), code::NotFound, param = "from");
    assert_error!(Err::<(), _>(&error), errbook::mail::code::NotFound {}, retry_after = None);
    assert_error!(sent(error), code::NotFound, request_id = "req_1", headers = ["X-Request-Id" => "req_1", "allow" => None]);

    let wait = Duration::from_millis(1_500);
    let answer = sent::<Sending>(code::RateLimitExceeded { retry_after: wait });
    assert_error!(answer, code::RateLimitExceeded { retry_after: wait }, param = None, status = 429);
    assert_error!(answer, code::RateLimitExceeded, retry_after = wait);
    assert_error!(answer, code::RateLimitExceeded, retry_after = Duration::from_secs(2));

    let answer = sent::<Inbox>(code::MethodNotAllowed { allow: "GET".into() });
    assert_error!(answer, code::MethodNotAllowed { allow: "GET".into() });
    assert_error!(
        sent::<Inbox>(code::AttachmentTooLarge { limit_bytes: 5 }),
        code::AttachmentTooLarge { limit_bytes: 5 }
    );

    let expected = "to";
    assert_error!(
        issues(),
        code::InvalidParameter,
        issues = [code::MissingParameter => "from", code::InvalidParameter => expected],
        param = "from",
    );
    let answer = sent(issues());
    assert_error!(
        answer,
        code::InvalidParameter,
        issues = [code::MissingParameter => "from", code::InvalidParameter => "to"]
    );
    assert_error!(sending::Error::from(code::NotFound), code::NotFound, issues = []);
}

#[test]
fn every_difference_has_its_line() {
    let said = says(|| {
        assert_error!(
            sent::<Sending>(code::MissingParameter.at("to")),
            code::NotFound,
            status = 404,
            message = "Gone.",
            param = "from",
            retry_after = Duration::from_millis(2_500),
            request_id = "req_2",
            issues = [code::MissingParameter => "from", code::NotFound],
            headers = ["allow" => "GET", "x-request-id" => None],
        )
    });
    assert_eq!(
        said,
        r#"the answer is not the expected error
  code: expected `not_found`, got `missing_parameter`
  status: expected 404, got 400
  message: expected "Gone.", got "A required field is missing."
  param: expected "from", got "to"
  issues: expected `missing_parameter` at "from", `not_found`, got none
  retry_after: expected 2.5 s, got none
  request_id: expected "req_2", got "req_1"
  header allow: expected "GET", got none
  header x-request-id: expected none, got "req_1"

HTTP 400 Bad Request
content-type: application/json
x-request-id: req_1

{"ok":false,"error":{"code":"missing_parameter","message":"A required field is missing.","param":"to","doc_url":"https://sendmux.ai/docs/sending-api/errors#missing_parameter","retryable":false},"meta":{"request_id":"req_1"}}"#
    );
}

#[test]
fn fields_are_compared() {
    let error = inbox::Error::from(code::AttachmentTooLarge { limit_bytes: 6 });
    let said = says(|| assert_error!(error, code::AttachmentTooLarge { limit_bytes: 5 }));
    assert_eq!(
        said,
        r#"the answer is not the expected error
  limit_bytes: expected 5, got 6

HTTP 413 Payload Too Large
content-type: application/json
x-request-id: req_test

{"error":"attachment_too_large","message":"The message is over the limit of 6 bytes.","limit_bytes":6}"#
    );
    // Not the payload's.
    let body = r#"{"error":"attachment_too_large","limit_bytes":"\u0007","more":[1]}"#;
    let answer = testing::read_parts::<Inbox>(413, NONE, body);
    let said = says(|| assert_error!(answer, code::AttachmentTooLarge { limit_bytes: 5 }));
    let line =
        r#"  fields: expected those of `attachment_too_large`, got `limit_bytes`: "\u0007", `more`: [1]"#;
    assert_eq!(said.lines().nth(1), Some(line));

    let answer = sent::<Sending>(code::RateLimitExceeded { retry_after: Duration::from_secs(30) });
    let wait = Duration::from_secs(5);
    let said = says(|| assert_error!(answer, code::RateLimitExceeded { retry_after: wait }));
    assert_eq!(said.lines().nth(1), Some("  retry_after: expected 5 s, got 30 s"));
    let answer = sent::<Inbox>(code::MethodNotAllowed { allow: "GET".into() });
    let said = says(|| assert_error!(answer, code::MethodNotAllowed { allow: "GET, POST".into() }));
    assert_eq!(said.lines().nth(1), Some(r#"  allow: expected "GET, POST", got "GET""#));
}

const NONE: [(&str, &str); 0] = [];

#[test]
fn what_is_no_such_error_is_told() {
    let line = |status: u16, body: &'static str| {
        let answer = testing::read_parts::<Inbox>(status, NONE, body);
        let said = says(|| assert_error!(answer, code::NotFound));
        said.lines().nth(1).unwrap().to_owned()
    };
    assert_eq!(line(200, "{}"), "  code: expected `not_found`, got a success");
    assert_eq!(line(404, "<p>"), "  code: expected `not_found`, got an answer that is not the API's");
    assert_eq!(
        line(404, r#"{"error":"gone\u001b"}"#),
        "  code: expected `not_found`, got `gone\\u{1b}`, which the catalog doesn't know"
    );
    // By whom ever: a status that is none of the code's is a mistake on the way.
    assert_eq!(line(500, r#"{"error":"not_found"}"#), "  status: expected 404, got 500");

    let said = says(|| assert_error!(Ok::<(), sending::Error>(()), code::NotFound, status = 404));
    assert_eq!(
        said,
        "the answer is not the expected error\n  code: expected `not_found`, got a success\n  status: expected 404, got none\n\nOk(_)"
    );
    let said = says(|| assert_error!(testing::read::<Sending>(http::Response::new("fine")), code::NotFound));
    assert!(said.ends_with("\n\nHTTP 200 OK\n\nfine"), "{said}");
}

#[test]
fn issues_are_compared_in_their_order() {
    let said =
        says(|| assert_error!(issues(), code::InvalidParameter, issues = [code::InvalidParameter => "to"]));
    assert_eq!(
        said.lines().nth(1),
        Some(
            r#"  issues: expected `invalid_parameter` at "to", got `missing_parameter` at "from", `invalid_parameter` at "to""#
        )
    );
}

#[test]
fn what_led_to_an_error_is_told() {
    let error = sending::Error::from(code::InternalError.because("no\nmail relay"));
    let said = says(|| assert_error!(error, code::NotFound));
    assert!(said.ends_with("\ncaused by: no\\nmail relay"), "{said}");
}

#[test]
fn a_long_body_is_cut_and_no_control_character_is_shown() {
    let body = format!("\u{1b}[31m{}", "ä".repeat(5_000));
    let said =
        says(|| assert_error!(testing::read_parts::<Inbox>(500, [("a", "\u{e9}\t")], body), code::NotFound));
    assert!(said.contains("\na: é\\t\n\n\\u{1b}[31mää"), "{said}");
    assert!(said.ends_with("ä\n… and 2010 bytes more"), "{said}");
}

#[test]
fn the_panic_points_at_the_assertion() {
    thread_local!(static LINE: Cell<u32> = const { Cell::new(0) });
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if let Some(place) = info.location()
            && place.file() == file!()
        {
            LINE.set(place.line());
        }
        before(info);
    }));
    let error = sending::Error::from(code::NotFound);
    says(|| assert_error!(error, code::InternalError));
    assert_eq!(LINE.get(), line!() - 1);
    says(|| _ = testing::read_parts::<Inbox>(99, NONE, ""));
    assert_eq!(LINE.get(), line!() - 1);
}

#[test]
fn what_is_no_http_is_refused() {
    assert_eq!(says(|| _ = testing::read_parts::<Inbox>(1000, NONE, "")), "1000 is no status of HTTP");
    assert_eq!(
        says(|| _ = testing::read_parts::<Inbox>(400, [("a b", "c\n")], "")),
        r#"no header of HTTP: "a b: c\n""#
    );
}
