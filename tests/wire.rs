//! Answers, byte for byte: each file in `wire/` is one, typed by hand.
#![allow(clippy::unwrap_used)]

mod answers;

use std::fs;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use errbook::mail::{
    self, Action, Code, Group, Inbox, Management, Sending, code, inbox, management, sending,
};
use errbook::{Answer, Api, ErrorResponse, Issues, Retry, prelude::*};

/// Status line, headers in alphabetical order, body.
fn text<A: Api>(answer: Answer<'_, A>) -> String {
    let response = answer.into_response();
    let mut headers: Vec<_> = response
        .headers()
        .iter()
        .map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap()))
        .collect();
    headers.sort();
    let body = String::from_utf8(response.body().to_vec()).unwrap();
    format!("HTTP/1.1 {}\n{}\n{body}\n", response.status().as_u16(), headers.concat())
}

#[track_caller]
fn sends<A: Api>(error: errbook::Error<A>, case: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire").join(case);
    let expected = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!(text(error.answer("req_01hzx")), expected, "{case}");
}

#[test]
fn nested() {
    sends::<Management>(code::AuthenticationRequired.into(), "management-authentication_required.http");
    sends::<Sending>(code::InsufficientCredits.into(), "sending-insufficient_credits.http");
    sends::<Sending>(code::NotFound.at("from").into(), "sending-not_found.http");
    let wait = Duration::from_millis(29_001);
    sends::<Sending>(
        code::RateLimitExceeded { retry_after: wait }.into(),
        "sending-rate_limit_exceeded.http",
    );
    sends::<Sending>(code::ServiceUnavailable.into(), "sending-service_unavailable.http");
    sends::<Sending>(
        code::ServiceUnavailable.retry_after(Duration::ZERO).into(),
        "sending-service_unavailable-wait.http",
    );
    sends::<Sending>(code::NoActiveProviders.into(), "sending-no_active_providers.http");
}

#[test]
fn issues() {
    let collect = |count| {
        let mut issues = Issues::of(code::InvalidParameter);
        for param in ["from", "from", "to[1].\"email\""].into_iter().take(count) {
            issues.push(code::MissingParameter.at(param));
        }
        if count > 2 {
            issues.push(code::InvalidParameter.at("from").message("Say \"who\"\nyou are.\u{1}"));
        }
        issues.finish()
    };
    assert!(collect(0).is_ok());
    sends::<Sending>(collect(1).unwrap_err().into(), "sending-one-issue.http");
    sends::<Sending>(collect(2).unwrap_err().into(), "sending-one-issue.http");
    sends::<Sending>(collect(3).unwrap_err().into(), "sending-three-issues.http");
    sends::<Inbox>(collect(3).unwrap_err().into(), "inbox-first-of-three-issues.http");
}

#[test]
fn flat() {
    sends::<Inbox>(code::AddressTaken.into(), "inbox-address_taken.http");
    sends::<Inbox>(
        code::AttachmentTooLarge { limit_bytes: 10_000_000 }.into(),
        "inbox-attachment_too_large.http",
    );
    sends::<Inbox>(code::InboxLimitReached.into(), "inbox-inbox_limit_reached.http");
    let allow = "GET, POST".to_owned();
    sends::<Inbox>(code::MethodNotAllowed { allow }.into(), "inbox-method_not_allowed.http");
}

/// The general path gives what the spliced one does.
#[test]
fn serde_writes_the_same_bytes() {
    fn check<A: Api<Code = Code>>() {
        for error in answers::every_code::<A>() {
            let answer = error.answer("req_\"1\"");
            let expected = String::from_utf8(answer.body()).unwrap();
            assert_eq!(serde_json::to_string(&error.answer("req_\"1\"")).unwrap(), expected);
        }
    }
    check::<Management>();
    check::<Sending>();
    check::<Inbox>();
}

/// A client reads what a server wrote.
#[test]
fn every_answer_is_read_back() {
    fn check<A: Api<Code = Code>>() {
        for error in answers::every_code::<A>() {
            let (head, body) = error.answer("req_1").into_response().into_parts();
            let err = ErrorResponse::<A>::parse(head.status, &head.headers, body);
            assert!(err.from_api());
            assert_eq!(err.code(), Some(error.code()));
            assert_eq!(err.code_str(), Some(error.code().as_str()));
            assert_eq!(err.message(), Some(&*error.message()));
            assert_eq!(err.request_id(), Some("req_1"));
            assert_eq!(err.retryable(), Some(error.code().retryable()));
            assert_eq!(err.retry(), Some(error.code().retry()));
            assert_eq!(err.action(), Some(error.code().action()));
            assert_eq!(err.group(), error.code().group());
            assert_eq!(err.doc_url(), Some(A::doc_url(error.code())));
            assert_eq!(err.expected_status(), None);
        }
    }
    check::<Management>();
    check::<Sending>();
    check::<Inbox>();
}

#[test]
fn nothing_private_is_sent() {
    #[derive(Debug, thiserror::Error)]
    #[error("password=hunter2")]
    struct Secret;

    let error = sending::Error::from(code::InternalError.because(Secret));
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "password=hunter2");
    let sent = text(error.answer("req_1"));
    assert!(!sent.contains("hunter2") && !error.to_string().contains("hunter2"));
}

#[test]
fn an_error_moves_to_another_api() {
    let error = sending::Error::from(code::NotFound.at("from").because("why"));
    let moved = error.for_api::<Inbox>();
    assert_eq!((moved.code(), moved.param()), (Code::NotFound, Some("from")));
    assert!(std::error::Error::source(&moved).is_some());

    let error = sending::Error::from(code::NoActiveProviders.because("why"));
    let moved: inbox::Error = error.for_api();
    assert_eq!(moved.code(), Code::ServiceUnavailable);
    assert!(std::error::Error::source(&moved).is_some());
    let moved: management::Error = sending::Error::from(code::InsufficientCredits).for_api();
    assert_eq!(moved.code(), Code::InvalidParameter);
}

#[test]
fn a_client_s_view() {
    let parse = |status: u16, body: &'static str| {
        let headers = http::HeaderMap::new();
        ErrorResponse::<Inbox>::parse(
            status.try_into().unwrap(),
            &headers,
            Bytes::from_static(body.as_bytes()),
        )
    };
    let err = parse(402, r#"{"error":"inbox_limit_reached","message":"Full.","upgrade":true}"#);
    assert_eq!(err.group(), Some(Group::PlanLimit));
    assert_eq!(err.action(), Some(Action::UpgradePlan));
    assert_eq!(err.retry(), Some(Retry::NeedsAction));
    assert_eq!(err.action_url(), Action::UpgradePlan.url());

    // A plan limit that this build doesn't know is one all the same; without its flag it isn't.
    let err = parse(402, r#"{"error":"seat_limit_reached","message":"Full.","upgrade":true}"#);
    assert_eq!((err.code(), err.code_str()), (None, Some("seat_limit_reached")));
    assert_eq!((err.group(), err.retryable()), (Some(Group::PlanLimit), None));
    assert_eq!(parse(402, r#"{"error":"seat_limit_reached","upgrade":false}"#).group(), None);
    assert_eq!(parse(403, r#"{"error":"seat_limit_reached","upgrade":true}"#).group(), None);

    // A field of another type never costs the code.
    let err = parse(413, r#"{"error":"attachment_too_large","message":7,"limit_bytes":"many"}"#);
    assert_eq!(err.code(), Some(Code::AttachmentTooLarge));
    assert_eq!(err.details::<code::AttachmentTooLarge>(), None);
    assert_eq!((err.member("limit_bytes"), err.message()), (Some("many".into()), None));

    // Of duplicates the first one counts.
    let err = parse(404, r#"{"error":"not_found","error":"internal_error","x":1,"x":2}"#);
    assert_eq!((err.code(), err.member("x")), (Some(Code::NotFound), Some(1.into())));

    let err = parse(429, "\u{feff} {\"error\":\"rate_limit_exceeded\"}");
    assert_eq!(err.code(), Some(Code::RateLimitExceeded));
    assert_eq!(err.details::<code::RateLimitExceeded>(), None, "without its header");
}

#[test]
fn answers_of_something_else() {
    let mut headers = http::HeaderMap::new();
    headers.insert("x-request-id", "edge-1".parse().unwrap());
    headers.insert("retry-after", "2".parse().unwrap());
    let read = |status: u16, body: &[u8]| {
        let body = Bytes::copy_from_slice(body);
        ErrorResponse::<Sending>::parse(status.try_into().unwrap(), &headers, body)
    };
    for (status, body, message, inferred) in [
        (
            502,
            "<!doctype html><html><head><TITLE lang=en>\n 502  Bad\tGateway</title>",
            "502 Bad Gateway",
            Code::InternalError,
        ),
        (503, "<html>no title", "", Code::ServiceUnavailable),
        (413, "Too large, says the proxy\nand more", "Too large, says the proxy", Code::PayloadTooLarge),
        (404, "", "", Code::NotFound),
        (404, "  \n\u{1} ", "\u{1}", Code::NotFound),
        (418, r#"{"message":"no code"}"#, "", Code::InvalidParameter),
        (500, r#"{"ok":true,"error":{"code":"internal_error"}}"#, "", Code::InternalError),
        (500, r#"{"error":{"code":"internal_error"}}"#, "", Code::InternalError),
        (500, r#"{"ok":false,"error":"internal_error"}"#, "", Code::InternalError),
        (500, r#"[{"ok":false}]"#, "", Code::InternalError),
        (302, "\u{0}\u{1}", "\u{0}\u{1}", Code::InvalidParameter),
    ] {
        let err = read(status, body.as_bytes());
        assert!(!err.from_api(), "{body}");
        assert_eq!((err.code(), err.code_str(), err.inferred()), (None, None, inferred), "{body}");
        assert_eq!(err.message().unwrap_or_default(), message, "{body}");
        assert_eq!(err.request_id(), Some("edge-1"));
        assert_eq!(err.retry_after(), Some(Duration::from_secs(2)));
        assert_eq!((err.retryable(), err.retry(), err.action()), (None, None, None));
    }
    assert_eq!(read(500, &[b'x'; 1000]).message().map(str::len), Some(120));
    assert_eq!(read(500, b"caf\xe9").message(), Some("caf\u{fffd}"));
    assert_eq!(
        read(502, b"<title>Bad\x1b[31m</title>").to_string(),
        "not an answer of the API: Bad\\u{1b}[31m (HTTP 502, read as internal_error, request_id=edge-1, retry after 2 s)"
    );
}

#[test]
fn a_body_that_breaks_off() {
    let error = sending::Error::from(code::RateLimitExceeded { retry_after: Duration::from_secs(9) });
    let (head, body) = error.answer("req_1").into_response().into_parts();
    let code_known = body.windows(9).position(|window| window == b"message\":").unwrap();
    for length in 0..body.len() {
        let err = ErrorResponse::<Sending>::parse(head.status, &head.headers, body.slice(..length));
        assert_eq!(err.retry_after(), Some(Duration::from_secs(9)));
        assert_eq!(err.request_id(), Some("req_1"), "from the header");
        assert!(err.message().is_none_or(|message| message == error.message()), "never a part of it");
        if length >= code_known {
            assert_eq!(err.code(), Some(Code::RateLimitExceeded), "{length}");
        }
    }

    let long =
        format!(r#"{{"ok":false,"error":{{"code":"not_found","message":"{}"}}}}"#, "x".repeat(100_000));
    let err = sending::ErrorResponse::parse(http::StatusCode::NOT_FOUND, &head.headers, long);
    assert!(err.is_truncated());
    assert_eq!((err.code(), err.message()), (Some(Code::NotFound), None));
    assert_eq!(err.body().len(), sending::ErrorResponse::MAX_BODY);
}

#[test]
fn numbers_and_escapes_as_codes() {
    let read = |code: &str| {
        let body = format!(r#"{{"error":{code}}}"#);
        inbox::ErrorResponse::parse(http::StatusCode::NOT_FOUND, &http::HeaderMap::new(), body)
    };
    assert_eq!(read("\"not\\u005ffound\"").code(), Some(Code::NotFound));
    assert_eq!(read("40401").code_str(), Some("40401"));
    assert_eq!(read("\"\\ud800\"").code_str(), Some("\u{fffd}\u{fffd}\u{fffd}"));
    for no_code in ["null", "{}", "[]", "true"] {
        assert_eq!(read(no_code).code_str(), None, "{no_code}");
    }
}

#[test]
fn sizes() {
    let pointer = size_of::<usize>();
    assert_eq!(size_of::<sending::Error>(), pointer);
    assert_eq!(size_of::<sending::ErrorResponse>(), pointer);
    assert_eq!(size_of::<sending::Result<()>>(), pointer);
    assert_eq!((size_of::<Code>(), size_of::<Option<Code>>()), (2, 2));

    fn shared<T: Send + Sync + Clone + 'static>() {}
    shared::<sending::Error>();
    shared::<sending::ErrorResponse>();
}

#[test]
fn metadata_is_const() {
    const STATUS: errbook::Status = Code::NotFound.status();
    const ACTION: Option<&str> = Code::InsufficientCredits.action().url();
    assert_eq!(STATUS, errbook::Status::NOT_FOUND);
    assert!(ACTION.is_some_and(|url| url.starts_with("https://")));
    assert_eq!(mail::limits::ATTACHMENTS, 10);
}
