//! Errors as gRPC's `Status`, and back. Over a real connection: examples/grpc.
#![cfg(all(feature = "mail", feature = "tonic"))]
#![allow(clippy::unwrap_used)]

mod answers;

use std::collections::{BTreeMap, HashMap};
use std::error::Error as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use errbook::mail::{Code, Inbox, Management, Sending, code, inbox, sending};
use errbook::testing::assert_error;
use errbook::{Api, Error, ErrorResponse, Issues, Retry, prelude::*};
use prost::Message as _;
use prost_types::Any;
use serde_json::{Value, json};
use tonic::Status;
use tonic_types::pb::{self, bad_request::FieldViolation};

/// The generator's golden case with fields of every type.
mod everything {
    #![allow(clippy::all, unused)]
    include!("../codegen/tests/cases/everything/errbook.rs");
}

#[test]
fn every_code_goes_both_ways() {
    fn both_ways<A: Api<Code = Code>>() {
        for error in answers::every_code::<A>() {
            let read = ErrorResponse::<A>::from(errbook::tonic::status(&error, "req_7"));
            let over_http = ErrorResponse::<A>::from(error.clone());
            assert!(read.from_api(), "{read:?}");
            assert_eq!(read.code(), Some(error.code()));
            assert_eq!((read.status(), read.expected_status()), (error.status().into(), None));
            assert_eq!(read.message(), Some(&*error.message()));
            assert_eq!(read.param(), error.param());
            assert_eq!(read.request_id(), Some("req_7"));
            assert_eq!(read.doc_url(), Some(A::doc_url(error.code())));
            assert_eq!(read.retryable(), Some(error.code().retryable()));
            assert_eq!((read.group(), read.action()), (over_http.group(), over_http.action()));
            // To the nanosecond, not rounded up.
            assert_eq!(read.retry_after(), error.retry_after());
            // A flat envelope has no place for them.
            if !over_http.issues().is_empty() {
                assert_eq!(read.issues(), over_http.issues());
            }
            let read_members: BTreeMap<_, _> = read.members().map(|name| (name, read.member(name))).collect();
            let members = over_http.members().map(|name| (name, over_http.member(name))).collect();
            assert_eq!(read_members, members, "{error}");
            assert_eq!(read.for_api::<A>().to_string(), error.to_string());
        }
    }
    both_ways::<Management>();
    both_ways::<Sending>();
    both_ways::<Inbox>();
}

#[test]
fn what_payloads_require_is_there() {
    let error = inbox::Error::from(code::AttachmentTooLarge { limit_bytes: 5 });
    assert_error!(
        ErrorResponse::<Inbox>::from(Status::from(error)),
        code::AttachmentTooLarge { limit_bytes: 5 }
    );
    let error = inbox::Error::from(code::MethodNotAllowed { allow: "GET".into() });
    assert_error!(
        ErrorResponse::<Inbox>::from(Status::from(error)),
        code::MethodNotAllowed { allow: "GET".into() },
        status = 405
    );
    let wait = Duration::from_millis(1_500);
    let error = sending::Error::from(code::RateLimitExceeded { retry_after: wait });
    assert_error!(
        ErrorResponse::<Sending>::from(Status::from(error)),
        code::RateLimitExceeded { retry_after: wait }
    );
}

#[test]
fn every_code_has_a_grpc_code() {
    let mut codes: BTreeMap<&str, String> = BTreeMap::new();
    fn insert<A: Api<Code = Code>>(codes: &mut BTreeMap<&str, String>) {
        for error in answers::every_code::<A>() {
            codes.insert(error.code().as_str(), format!("{:?}", Status::from(error).code()));
        }
    }
    insert::<Management>(&mut codes);
    insert::<Sending>(&mut codes);
    insert::<Inbox>(&mut codes);
    let lines: Vec<_> = codes.iter().map(|(code, grpc)| format!("{code} {grpc}")).collect();
    assert_eq!(
        lines,
        [
            "address_taken AlreadyExists",
            "attachment_too_large InvalidArgument",
            "authentication_required Unauthenticated",
            "body_too_large InvalidArgument",
            "custom_domains_require_paid_plan FailedPrecondition",
            "dedicated_subdomain_requires_scale FailedPrecondition",
            // On a repeat it may work later.
            "idempotency_conflict Aborted",
            "inbox_limit_reached FailedPrecondition",
            "insufficient_credits FailedPrecondition",
            "insufficient_permissions PermissionDenied",
            "internal_error Internal",
            "invalid_parameter InvalidArgument",
            "method_not_allowed Unimplemented",
            "missing_parameter InvalidArgument",
            // 503, but no client is to repeat it.
            "no_active_providers FailedPrecondition",
            "no_deliverable_recipients InvalidArgument",
            "not_acceptable InvalidArgument",
            "not_found NotFound",
            "payload_too_large InvalidArgument",
            "rate_limit_exceeded ResourceExhausted",
            "request_timeout DeadlineExceeded",
            "service_unavailable Unavailable",
            "storage_limit_reached FailedPrecondition",
            "unsupported_media_type InvalidArgument",
            "validation_error InvalidArgument",
        ]
    );
}

fn info(status: &Status) -> pb::ErrorInfo {
    let details = pb::Status::decode(status.details()).unwrap().details;
    pb::ErrorInfo::decode(&*details[0].value).unwrap()
}

#[test]
fn details_are_those_of_google() {
    let error = sending::Error::from(code::NotFound.at("from").because("a secret"));
    let status = errbook::tonic::status(&error, "req_7");
    let whole = pb::Status::decode(status.details()).unwrap();
    assert_eq!((whole.code, &*whole.message), (5, "There is no such resource."));
    let types: Vec<_> = whole.details.iter().map(|any| any.type_url.as_str()).collect();
    assert_eq!(
        types,
        [
            "type.googleapis.com/google.rpc.ErrorInfo",
            "type.googleapis.com/google.rpc.BadRequest",
            "type.googleapis.com/google.rpc.RequestInfo",
            "type.googleapis.com/google.rpc.Help",
        ]
    );
    let info = info(&status);
    assert_eq!((&*info.reason, &*info.domain), ("not_found", "mail"));
    assert_eq!(info.metadata, HashMap::from([("retryable".to_owned(), "false".to_owned())]));
    let bad_request = pb::BadRequest::decode(&*whole.details[1].value).unwrap();
    let violation = FieldViolation {
        field: "from".to_owned(),
        description: "There is no such resource.".to_owned(),
        reason: "not_found".to_owned(),
        localized_message: None,
    };
    assert_eq!(bad_request.field_violations, [violation]);
    let help = pb::Help::decode(&*whole.details[3].value).unwrap();
    assert_eq!(help.links[0].url, "https://sendmux.ai/docs/sending-api/errors#not_found");
    // A single violation is the error itself.
    let read = ErrorResponse::<Sending>::from(&status);
    assert_eq!((read.param(), read.issues()), (Some("from"), &[][..]));

    // The error is there for who logs, and nowhere in what is sent.
    let source = status.source().unwrap().downcast_ref::<sending::Error>().unwrap();
    assert_eq!(source.source().unwrap().to_string(), "a secret");
    assert!(!String::from_utf8_lossy(status.details()).contains("secret"));
}

#[test]
fn fields_of_every_type_are_texts() {
    use everything::types::{Page, Reason, RichHow, RichMaybeHow, Violation, ViolationSeverity};
    use everything::{Store, code};

    let at = |millis| UNIX_EPOCH + Duration::from_millis(millis);
    let violation = || Violation {
        field: "to[1]".to_owned(),
        limit: None,
        reason: Reason::TooLong,
        seen: Some(vec![at(0), at(1500)]),
        severity: ViolationSeverity::High,
        ratio: 0.5,
    };
    let page = Page { first: violation(), more: BTreeMap::new() };
    let rich = code::Rich {
        at: at(1_933_135_628_250),
        id: "7".to_owned(),
        link: "true".to_owned(),
        any: Value::from("[1]"),
        why: Reason::Other_,
        how: RichHow::Other("null".to_owned()),
        tags: vec!["red".to_owned()],
        counts: BTreeMap::from([("a".to_owned(), u64::MAX)]),
        ratios: vec![BTreeMap::from([("x".to_owned(), -1.5)])],
        sizes: None,
        violation: violation(),
        violations: None,
        pages: BTreeMap::from([("p".to_owned(), page)]),
        maybe_at: Some(SystemTime::UNIX_EPOCH),
        maybe_any: None,
        maybe_why: Some(Reason::Value2Nd),
        maybe_how: Some(vec![RichMaybeHow::Fast]),
    };
    let status = Status::from(Error::<Store>::from(rich.clone()));
    let metadata = info(&status).metadata;
    assert_eq!(metadata["at"], "2031-04-05T06:07:08.25Z");
    assert_eq!((&*metadata["id"], &*metadata["link"], &*metadata["how"]), ("7", "true", "null"));
    // Any JSON is JSON, so that a text of it is told from a list.
    assert_eq!((&*metadata["any"], &*metadata["tags"]), (r#""[1]""#, r#"["red"]"#));
    assert_eq!(metadata["format"], "a");
    assert_eq!(ErrorResponse::<Store>::from(status).details::<code::Rich>(), Some(rich));
}

#[test]
fn of_several_statuses_the_one_with_the_grpc_code_is_read() {
    use everything::{Store, code};

    let several = || code::Several { allow: "GET".to_owned() };
    for status in [400, 405] {
        let error = several().status(errbook::Status::new(status).unwrap());
        let read = ErrorResponse::<Store>::from(Status::from(Error::<Store>::from(error)));
        assert_error!(read, code::Several { allow: "GET".to_owned() }, status = status);
    }
}

/// A `Status` with these details.
fn with(code: tonic::Code, details: Vec<Any>) -> Status {
    let details = pb::Status { code: code.into(), message: String::new(), details };
    Status::with_details(code, "The text.", details.encode_to_vec().into())
}

fn any(name: &str, value: impl prost::Message) -> Any {
    Any { type_url: format!("type.googleapis.com/google.rpc.{name}"), value: value.encode_to_vec() }
}

fn error_info(reason: &str, domain: &str, metadata: &[(&str, &str)]) -> Any {
    let metadata = metadata.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    any("ErrorInfo", pb::ErrorInfo { reason: reason.to_owned(), domain: domain.to_owned(), metadata })
}

#[test]
fn what_is_not_the_apis_has_a_name() {
    for (status, inferred) in [
        (Status::unavailable("tcp connect error\nto 10.0.0.1"), Code::ServiceUnavailable),
        (Status::unauthenticated("no"), Code::AuthenticationRequired),
        (Status::new(tonic::Code::Ok, ""), Code::InternalError),
        (
            with(tonic::Code::NotFound, vec![error_info("not_found", "pubsub.googleapis.com", &[])]),
            Code::NotFound,
        ),
    ] {
        let read = ErrorResponse::<Sending>::from(&status);
        assert_eq!((read.from_api(), read.code(), read.inferred()), (false, None, inferred), "{status:?}");
    }
    let read = ErrorResponse::<Sending>::from(Status::unavailable("tcp connect error\nto 10.0.0.1"));
    assert_eq!(read.message(), Some("tcp connect error"));
    assert_eq!(read.status(), 503);

    let mut status = Status::unavailable("");
    status.metadata_mut().insert("x-request-id", "req_9".parse().unwrap());
    assert_eq!(ErrorResponse::<Sending>::from(status).request_id(), Some("req_9"));
}

#[test]
fn every_grpc_code_has_a_status() {
    let statuses: Vec<_> = (0..=17)
        .map(|code| ErrorResponse::<Sending>::from(Status::new(code.into(), "")).status().as_u16())
        .collect();
    assert_eq!(
        statuses,
        [500, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401, 500]
    );
}

#[test]
fn an_unknown_code_has_what_was_sent() {
    let metadata =
        [("upgrade", "true"), ("seats", "3"), ("plan", "free"), ("retryable", "false"), ("tags", "[1]")];
    let details = vec![
        any("RequestInfo", pb::RequestInfo { request_id: "req_8".to_owned(), serving_data: String::new() }),
        Any { type_url: "example.com/mail.Quota".to_owned(), value: vec![0xFF] },
        error_info("quota", "example.com", &[]),
        error_info("seat_limit_reached", "mail", &metadata),
    ];
    let read = ErrorResponse::<Inbox>::from(with(tonic::Code::FailedPrecondition, details));
    assert_eq!((read.code(), read.code_str()), (None, Some("seat_limit_reached")));
    assert_eq!((read.message(), read.request_id()), (Some("The text."), Some("req_8")));
    assert_eq!((read.retryable(), read.status().as_u16()), (Some(false), 400));
    assert_eq!(read.members().collect::<Vec<_>>(), ["plan", "seats", "tags", "upgrade"]);
    assert_eq!(read.member("seats"), Some(3.into()));
    assert_eq!(read.member("plan"), Some("free".into()));
    assert_eq!(read.member("tags"), Some(json!([1])));
    // What errbook doesn't know is there, as it came.
    let details = errbook::tonic::details(&read);
    assert_eq!((&*details[1].type_url, &*details[1].value), ("example.com/mail.Quota", &[0xFF_u8][..]));
}

#[test]
fn a_known_code_with_another_grpc_code_is_told() {
    let read =
        ErrorResponse::<Inbox>::from(with(tonic::Code::Internal, vec![error_info("not_found", "mail", &[])]));
    assert_eq!((read.status().as_u16(), read.expected_status()), (500, Some(errbook::Status::NOT_FOUND)));
    assert_eq!(read.retry(), Some(Retry::Never));
}

#[test]
fn hostile_details_are_bounded() {
    let read = |status: &Status| ErrorResponse::<Sending>::from(status);
    // No protobuf; a length beyond the end; a group that is never closed.
    for garbage in [&[0xFF; 64][..], b"\x1a\xff\xff\xff\xff\x0f", &[0x0B; 4096], b"{\"code\":5}"] {
        let read = read(&Status::with_details(tonic::Code::NotFound, "", garbage.to_vec().into()));
        assert_eq!((read.from_api(), read.inferred()), (false, Code::NotFound));
        assert_eq!(errbook::tonic::details(&read), []);
    }
    // Details that are no messages of their types.
    let broken = ["ErrorInfo", "RetryInfo", "BadRequest", "RequestInfo", "Help"]
        .map(|name| Any { type_url: format!("type.googleapis.com/google.rpc.{name}"), value: vec![0xFF; 9] });
    assert!(!read(&with(tonic::Code::NotFound, broken.to_vec())).from_api());
    let mut rest = broken.to_vec();
    rest.push(error_info("not_found", "mail", &[("allow\n", "\u{0}"), ("", "")]));
    let answer = read(&with(tonic::Code::NotFound, rest));
    assert_eq!((answer.code(), answer.request_id(), answer.param()), (Some(Code::NotFound), None, None));
    // A header that can't be one.
    let answer = read(&with(
        tonic::Code::Unimplemented,
        vec![error_info("method_not_allowed", "mail", &[("allow", "a\nb")])],
    ));
    assert_eq!(answer.details::<code::MethodNotAllowed>().map(|details| details.allow), None);

    // A megabyte.
    let large = error_info("not_found", "mail", &[("a", &"x".repeat(1 << 20))]);
    let answer = read(&with(tonic::Code::NotFound, vec![large]));
    assert!(answer.is_truncated() && !answer.from_api());
    assert_eq!(answer.body().len(), Sending::max_body());
    // As many violations as there can be in the bytes that are read, and many members.
    let violations = pb::BadRequest { field_violations: vec![violation("a"); 10_000] };
    let answer = read(&with(
        tonic::Code::NotFound,
        vec![error_info("invalid_parameter", "mail", &[]), any("BadRequest", violations)],
    ));
    assert_eq!(answer.issues().len(), ErrorResponse::<Sending>::MAX_ISSUES);
    let names: Vec<_> = (0..2_000).map(|number| number.to_string()).collect();
    let metadata: Vec<_> = names.iter().map(|name| (name.as_str(), "")).collect();
    let answer = read(&with(tonic::Code::NotFound, vec![error_info("quota", "mail", &metadata)]));
    assert_eq!(answer.members().count(), 256);
}

fn violation(field: &str) -> FieldViolation {
    FieldViolation { field: field.to_owned(), ..FieldViolation::default() }
}

#[test]
fn a_wait_is_one_or_none() {
    let wait = |seconds: i64, nanos: i32| {
        let retry_delay = Some(prost_types::Duration { seconds, nanos });
        let details = vec![
            error_info("service_unavailable", "mail", &[]),
            any("RetryInfo", pb::RetryInfo { retry_delay }),
        ];
        ErrorResponse::<Sending>::from(with(tonic::Code::Unavailable, details)).retry_after()
    };
    assert_eq!(wait(1, 500_000_000), Some(Duration::from_millis(1_500)));
    assert_eq!(wait(0, 1), Some(Duration::from_nanos(1)));
    assert_eq!(wait(i64::MAX, 0), Some(Duration::from_secs(i64::MAX as u64)));
    for (seconds, nanos) in [(0, 0), (-1, 0), (0, -1), (1, 1_000_000_000), (i64::MIN, i32::MIN)] {
        assert_eq!(wait(seconds, nanos), None, "{seconds} {nanos}");
    }
}

/// What the headers take, as gRPC counts them.
fn headers(status: &Status) -> usize {
    let mut headers = http::HeaderMap::new();
    status.add_header(&mut headers).unwrap();
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 32).sum()
}

#[test]
fn an_error_fits_into_the_headers_that_clients_take() {
    const MOST: usize = 8_192;
    let long = "é%\n".repeat(100_000);
    let mut issues = Issues::of(code::InvalidParameter);
    for number in 0..100 {
        issues.push(
            code::InvalidParameter.at(format!("to[{number}]")).message("This is no address of an email."),
        );
    }
    let issues = sending::Error::from(issues.finish().unwrap_err());
    let status = Status::from(issues);
    assert!(headers(&status) < MOST, "{}", headers(&status));
    let read = ErrorResponse::<Sending>::from(&status);
    assert!(read.issues().len() > 20, "{}", read.issues().len());
    assert_eq!((read.code(), read.param()), (Some(Code::InvalidParameter), Some("to[0]")));

    let mut long_issues = Issues::of(code::InvalidParameter);
    long_issues.push(code::InvalidParameter.at("a"));
    long_issues.push(code::InvalidParameter.at(long.clone()));
    long_issues.push(code::InvalidParameter.at("b"));
    for error in [
        sending::Error::from(code::NotFound.message(long.clone())),
        code::NotFound.at(long.clone()).into(),
        long_issues.finish().unwrap_err().into(),
    ] {
        let status = errbook::tonic::status(&error, &"r".repeat(128));
        assert!(headers(&status) < MOST, "{}", headers(&status));
        let read = ErrorResponse::<Sending>::from(&status);
        assert_eq!(read.code(), Some(error.code()));
        assert_eq!(read.request_id().map(str::len), Some(128));
        // What follows on an issue without room is left out with it.
        assert_eq!(read.issues(), []);
    }
    // Whatever the length is that just finds room.
    let most = (0..5_000).map(|length| {
        let error = code::NotFound.at("a".repeat(length)).message("b".repeat(1_024));
        headers(&Status::from(sending::Error::from(error)))
    });
    assert!((7_000..MOST).contains(&most.max().unwrap()));
    let status = Status::from(inbox::Error::from(code::MethodNotAllowed { allow: long.clone() }));
    assert!(headers(&status) < MOST);
    assert_eq!(ErrorResponse::<Inbox>::from(&status).code(), Some(Code::MethodNotAllowed));

    let message = |text: &str| {
        let status = Status::from(sending::Error::from(code::NotFound.message(text.to_owned())));
        status.message().to_owned()
    };
    assert_eq!(message(&"a".repeat(1_024)), "a".repeat(1_024));
    assert_eq!(message(&"a".repeat(1_025)), format!("{}…", "a".repeat(1_015)));
    assert_eq!(message(&"%".repeat(342)), format!("{}…", "%".repeat(338)));
    assert_eq!(message(&"é".repeat(170)), "é".repeat(170));
}

#[test]
fn a_request_has_an_id() {
    let mut metadata = tonic::metadata::MetadataMap::new();
    assert!(errbook::tonic::request_id::<Sending>(&metadata).as_str().starts_with("req_"));
    metadata.insert("x-request-id", "a b".parse().unwrap());
    assert!(errbook::tonic::request_id::<Sending>(&metadata).as_str().starts_with("req_"));
    metadata.insert("x-request-id", "mine".parse().unwrap());
    assert_eq!(errbook::tonic::request_id::<Sending>(&metadata).as_str(), "mine");
}
