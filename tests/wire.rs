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
        (418, r#"{"ok":false,"error":null}"#, "", Code::InvalidParameter),
        (500, r#"{"ok":true,"error":{"code":"internal_error"}}"#, "", Code::InternalError),
        (500, r#"{"error":{"code":"internal_error"}}"#, "", Code::InternalError),
        (500, r#"{"ok":false,"error":"internal_error"}"#, "", Code::InternalError),
        (500, r#"[{"ok":false}]"#, "", Code::InternalError),
        (302, "\u{0}\u{1}", "", Code::InternalError),
        (200, "it works", "it works", Code::InternalError),
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
        "not an answer of the API: Bad\\u{1b}[31m (HTTP 502, request_id=edge-1, retry after 2 s)"
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

    let before_the_code = |body: &'static str| {
        let err = sending::ErrorResponse::parse(head.status, &http::HeaderMap::new(), body);
        assert!(!err.from_api() && err.code_str().is_none());
        err.request_id().map(str::to_owned)
    };
    let broken = r#"{"ok":false,"meta":{"request_id":"req_7"},"error":{"code":"rate_li"#;
    assert_eq!(before_the_code(broken).as_deref(), Some("req_7"));
    assert_eq!(before_the_code(r#"{"ok":false,"meta":{"request_id":"req_"#), None, "never a part of it");
    assert_eq!(before_the_code(r#"{"meta":{"request_id":"req_7"}}"#), None, "of something else");

    let long =
        format!(r#"{{"ok":false,"error":{{"code":"not_found","message":"{}"}}}}"#, "x".repeat(100_000));
    let err = sending::ErrorResponse::parse(http::StatusCode::NOT_FOUND, &head.headers, long);
    assert!(err.is_truncated());
    assert_eq!((err.code(), err.message()), (Some(Code::NotFound), None));
    assert_eq!(err.body().len(), Sending::max_body());
}

#[test]
fn numbers_and_escapes_as_codes() {
    let read = |code: &str| {
        let body = format!(r#"{{"error":{code}}}"#);
        inbox::ErrorResponse::parse(http::StatusCode::NOT_FOUND, &http::HeaderMap::new(), body)
    };
    assert_eq!(read("\"not\\u005ffound\"").code(), Some(Code::NotFound));
    assert_eq!(read("40401").code_str(), Some("40401"));
    assert_eq!(read("\"\\ud800a\\u00ed\"").code_str(), Some("\u{fffd}a\u{ed}"));
    for no_code in ["null", "{}", "[]", "true"] {
        assert_eq!(read(no_code).code_str(), None, "{no_code}");
    }
}

/// What stands in another place than the template's never costs the code.
#[test]
fn odd_members() {
    let read = |body: &str| {
        sending::ErrorResponse::parse(http::StatusCode::NOT_FOUND, &http::HeaderMap::new(), body.to_owned())
    };
    for meta in ["null", "7", "-1.5", "\"x\"", "true", "[1,[2]]", "{\"request_id\":null}", "{}"] {
        let err =
            read(&format!(r#"{{"meta":{meta},"ok":false,"error":{{"code":"not_found","message":"m"}}}}"#));
        assert_eq!(
            (err.code(), err.message(), err.request_id()),
            (Some(Code::NotFound), Some("m"), None),
            "{meta}"
        );
    }
    for key in [r"\ud800", r"a\u0000b", "", r"\ud83d\ude00"] {
        let err = read(&format!(r#"{{"{key}":1,"ok":false,"error":{{"{key}":2,"code":"not_found"}}}}"#));
        assert_eq!(err.code(), Some(Code::NotFound), "{key}");
        assert_eq!(err.members().count(), 1);
    }
    for errors in ["null", "7", "{\"a\":1}", "\"x\"", "[]"] {
        let err = read(&format!(r#"{{"ok":false,"error":{{"code":"not_found","errors":{errors}}}}}"#));
        assert_eq!((err.code(), err.issues().len()), (Some(Code::NotFound), 0), "{errors}");
    }
    // No JSON further on: only a text that breaks off may lack its constants.
    assert!(!read(r#"{"error":{"code":"not_found",}}"#).from_api());
    assert!(!read(r#"{"error":{"code":"not_found"}, nonsense"#).from_api());
    assert!(read(r#"{"error":{"code":"not_found""#).from_api());
    assert!(read(r#"{"ok":false,"error":{"code":"not_found"}} nonsense"#).from_api());
    assert_eq!(read(r#"{"ok":false,"error":{"code":1.5}}"#).code_str(), None);
    let deep = format!(r#"{{"ok":false,"x":{},"error":{{"code":"not_found"}}}}"#, "[".repeat(60_000));
    assert_eq!(read(&deep).code(), None);
    let deep = format!(r#"{{"ok":false,"error":{{"code":"not_found","x":{}"#, "[".repeat(60_000));
    assert_eq!(read(&deep).code(), Some(Code::NotFound));
}

/// As many issues as fit into what is read of a body are there.
#[test]
fn a_long_list_of_issues() {
    let issue = r#"{"code":"missing_parameter","message":"A required field is missing.","param":"to"}"#;
    let list = vec![issue; 5_000].join(",");
    let body = format!(r#"{{"ok":false,"error":{{"code":"invalid_parameter","errors":[{list}]}}}}"#);
    let err = sending::ErrorResponse::parse(http::StatusCode::BAD_REQUEST, &http::HeaderMap::new(), body);
    assert!(err.is_truncated());
    assert!(err.issues().len() > 500, "{}", err.issues().len());
    assert_eq!(err.issues()[0].param(), Some("to"));

    let mut issues = Issues::of(code::InvalidParameter);
    for place in 0..1_000 {
        issues.push(code::MissingParameter.at(format!("messages[{place}].to")));
    }
    let err: sending::ErrorResponse = sending::Error::from(issues.finish().unwrap_err()).into();
    assert_eq!((err.issues().len(), err.is_truncated()), (100, false));
}

#[test]
fn a_wait_is_the_same_everywhere() {
    let huge = sending::Error::from(code::RateLimitExceeded { retry_after: Duration::MAX });
    assert_eq!(huge.answer("req_1").headers()["retry-after"], "2147483647");
    // A code without the header has no wait, whoever says so.
    let error = sending::Error::for_status(404).with_retry_after(Duration::from_secs(9));
    assert_eq!(error.retry_after(), None);
    assert!(!error.answer("req_1").headers().contains_key("retry-after"));

    let mut headers = http::HeaderMap::new();
    headers.insert("retry-after", "7".parse().unwrap());
    headers.insert("allow", "GET, HEAD".parse().unwrap());
    assert_eq!(sending::Error::for_response(429, &headers).retry_after(), Some(Duration::from_secs(7)));
    let error = sending::Error::for_response(405, &headers);
    assert_eq!(error.answer("req_1").headers()["allow"], "GET, HEAD");
    assert_eq!(error.details(), Some(code::MethodNotAllowed { allow: "GET, HEAD".into() }));
}

/// A gateway passes an upstream's answer on.
#[test]
fn an_answer_becomes_an_error_again() {
    for error in answers::every_code::<Sending>() {
        let body = error.answer("req_1").body();
        let again: sending::Error = ErrorResponse::<Sending>::from(error.clone()).for_api();
        assert_eq!(String::from_utf8(again.answer("req_1").body()), String::from_utf8(body));
        assert_eq!(again.answer("req_1").headers(), error.answer("req_1").headers());
        assert!(std::error::Error::source(&again).is_some());
    }
    let page = sending::ErrorResponse::parse(
        http::StatusCode::BAD_GATEWAY,
        &http::HeaderMap::new(),
        "<title>x</title>",
    );
    assert_eq!(page.for_api::<Inbox>().code(), Code::InternalError);
}

/// `Raise` written by hand can promise what isn't true; the answer is one of the API all the same.
#[test]
fn a_raise_that_lies() {
    struct Lie;
    impl errbook::Raise for Lie {
        type Codes = ();
        fn raise(self) -> errbook::Raised {
            errbook::Raise::raise(code::AddressTaken.because("why"))
        }
    }
    let error = sending::Error::from(Lie);
    assert_eq!((error.code(), error.status().as_u16()), (Code::InvalidParameter, 400));
    assert!(std::error::Error::source(&error).is_some());
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
