//! An answer from anywhere is read, asked for everything, and passed on.
//!
//! The input is a line with the status and the `Retry-After`, and below it the body: `429 30`, `{"ok": false, …}`. The rest
//! of the line stands in every other header that is read, too.

use bytes::Bytes;
use errbook::mail::{self, Inbox, Management, Sending};
use errbook::retry::{Attempt, Decision, Failure, Policy};
use errbook::{Api, ErrorResponse, Payload};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

/// The generator's golden case with fields of every type.
#[allow(clippy::all, unused)]
mod everything {
    include!("../../codegen/tests/cases/everything/errbook.rs");
}
use everything::{Admin, Store};

/// The one with envelopes of every shape.
#[allow(clippy::all, unused)]
mod envelopes {
    include!("../../codegen/tests/cases/envelopes/errbook.rs");
}
use envelopes::{Bare, Fifth, List, Numbers, Parts, Said, Second, Sixth, Waits};

pub(crate) fn run(input: &[u8]) {
    let end = input.iter().position(|byte| *byte == b'\n');
    let (head, body) = end.map_or((input, &[][..]), |end| (&input[..end], &input[end + 1..]));
    let (status, wait) = head.split_at_checked(3).unwrap_or((b"500", head));
    let status = StatusCode::from_bytes(status).unwrap_or(StatusCode::BAD_GATEWAY);
    let mut headers = HeaderMap::new();
    // So that a time is the same wait whenever it is read.
    headers.insert("date", HeaderValue::from_static("Wed, 06 Nov 2030 08:49:00 GMT"));
    if let Ok(wait) = HeaderValue::from_bytes(wait.trim_ascii()) {
        headers.insert("retry-after", wait.clone());
        headers.insert("x-request-id", wait.clone());
        headers.insert("www-authenticate", wait.clone());
        headers.insert("ratelimit", wait.clone());
        headers.insert("ratelimit-remaining", HeaderValue::from_static("0"));
        headers.insert("ratelimit-reset", wait.clone());
        headers.insert("x-hint", wait);
    }
    let body = Bytes::copy_from_slice(body);

    let sending = read::<Sending>(status, &headers, &body);
    fits::<mail::code::RateLimitExceeded, _>(&sending);
    fits::<mail::code::InsufficientCredits, _>(&sending);
    fits::<mail::code::ValidationError, _>(&sending);
    passed_on::<_, Sending>(&sending);
    passed_on::<_, Inbox>(&sending);
    passed_on::<_, Management>(&sending);

    let inbox = read::<Inbox>(status, &headers, &body);
    fits::<mail::code::AttachmentTooLarge, _>(&inbox);
    passed_on::<_, Inbox>(&inbox);
    passed_on::<_, Sending>(&inbox);

    let store = read::<Store>(status, &headers, &body);
    fits::<everything::code::Typed, _>(&store);
    fits::<everything::code::Rich, _>(&store);
    fits::<everything::code::Missing, _>(&store);
    fits::<everything::code::Slow, _>(&store);
    fits::<everything::code::OddHeaders, _>(&store);
    fits::<everything::code::PlanSize, _>(&store);
    passed_on::<_, Store>(&store);
    passed_on::<_, Admin>(&store);

    answered(&read::<List>(status, &headers, &body));
    answered(&read::<Parts>(status, &headers, &body));
    answered(&read::<Numbers>(status, &headers, &body));
    answered(&read::<Bare>(status, &headers, &body));
    answered(&read::<Said>(status, &headers, &body));
    answered(&read::<Fifth>(status, &headers, &body));
    answered(&read::<Sixth>(status, &headers, &body));
    answered(&read::<Second>(status, &headers, &body));
    read::<Waits>(status, &headers, &body);
}

/// Everything that can be asked is asked.
fn read<A: Api>(status: StatusCode, headers: &HeaderMap, body: &Bytes) -> ErrorResponse<A> {
    let err = ErrorResponse::<A>::parse(status, headers, body.clone());
    match ErrorResponse::<A>::check(status, headers, body.clone()) {
        Ok(success) => assert!(status.is_success() && success == *body),
        Err(failure) => assert_eq!(format!("{failure:?}"), format!("{err:?}")),
    }

    // A blank before it leads past the reader of what is written as our servers write it.
    if body.starts_with(b"{") && body.len() < A::max_body() {
        let blank = Bytes::from([b" ", &body[..]].concat());
        let slowly = ErrorResponse::<A>::parse(status, headers, blank);
        assert_eq!(everything(&err), everything(&slowly));
    }

    assert_eq!(err.status(), status);
    assert!(err.from_api() || err.code_str().is_none());
    assert!(err.code_str().is_some() || !err.from_api() || !A::INFO.envelope.needs_code);
    assert_eq!(err.is_truncated(), body.len() > A::max_body());
    assert!(err.body().len() <= A::max_body());
    assert!(std::str::from_utf8(err.body()).is_ok());
    if let Some(code) = err.code() {
        assert!(is_named(code, err.code_str()) && err.inferred() == code);
        assert!(err.action().is_some() && err.retry().is_some() && err.retry_on_repeat().is_some());
        assert!(err.retryable().is_some() && err.doc_url().is_some());
    }
    if !err.from_api() {
        assert!(err.code().is_none() && err.issues().is_empty() && err.members().next().is_none());
        assert!(err.message().is_none_or(|message| message.chars().count() <= 120));
    }
    assert!(err.retry_after().is_none_or(|wait| !wait.is_zero()));
    assert!(err.retry_at().is_none() || err.retry_after().is_some());
    let _ = (err.expected_status(), err.param(), err.request_id(), err.group(), err.action_url());
    for name in err.members() {
        let json = err.member_json(name).expect("a member that is named is there");
        // Raw, since a number may be larger than any value holds.
        let raw: &serde_json::value::RawValue = serde_json::from_str(json).expect("a member is JSON");
        assert_eq!(raw.get(), json);
        let _ = err.member(name);
    }
    assert!(err.issues().len() <= ErrorResponse::<A>::MAX_ISSUES);
    for issue in err.issues() {
        assert!(issue.code().is_none_or(|code| is_named(code, issue.code_str())));
        let _ = (issue.param(), issue.message(), issue.member("size"), format!("{issue:?}"));
        one_line(&issue.to_string());
    }
    one_line(&err.to_string());
    one_line(&format!("{err:#}"));
    decided(&err);
    other_ways(&err, headers, body);
    err
}

/// No attempt comes before the server's time, and none doubles what may have taken effect.
fn decided<A: Api>(err: &ErrorResponse<A>) {
    let failure = Failure::from(err);
    for attempt in [Attempt::of(&Method::GET), Attempt::of(&Method::POST), Attempt::of(&Method::POST).keyed()]
    {
        let decision = Policy::default().decide(&failure, &attempt);
        one_line(&format!("{decision:#}"));
        if let Decision::Retry(again) | Decision::Refresh(again) = decision {
            assert!(again.wait.earliest >= err.retry_after().unwrap_or_default());
            assert!(again.wait.earliest <= again.wait.latest);
            let may_be_done = !err.from_api() && !err.status().is_client_error();
            assert!(!may_be_done || attempt != Attempt::of(&Method::POST));
        }
    }
}

/// The same by other doors, and what else may be read of the body.
fn other_ways<A: Api>(err: &ErrorResponse<A>, headers: &HeaderMap, body: &Bytes) {
    let pairs = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    let again = ErrorResponse::<A>::from_parts(err.status().as_u16(), pairs, body.clone());
    assert_eq!(everything(&again), everything(err));
    let event = ErrorResponse::<A>::parse_event(body.clone());
    assert!(
        event.status() == StatusCode::OK && event.retry_at().is_none_or(|_| event.retry_after().is_some())
    );
    one_line(&format!("{event:#}"));
    for list in [&[][..], &["errors"], &["error", "errors"]] {
        let mut before = None;
        for (at, issue) in ErrorResponse::<A>::items(body, list) {
            assert!(before < Some(at) && issue.code_str().is_some());
            before = Some(at);
            for name in issue.members() {
                let _ = issue.member(name);
            }
            one_line(&issue.to_string());
        }
    }
}

fn everything<A: Api>(err: &ErrorResponse<A>) -> String {
    let members: Vec<_> = err.members().map(|name| (name, err.member_json(name))).collect();
    let catalog = (err.code(), err.group(), err.action(), err.retryable(), err.doc_url());
    format!("{err:?} {err:#} {members:?} {catalog:?}")
}

/// By its text, or by its number.
fn is_named<C: errbook::ErrorCode>(code: C, text: Option<&str>) -> bool {
    let number = |text: &str| text.parse::<i64>().is_ok();
    text.is_some_and(|text| text == code.as_str() || number(text))
}

/// What is read can be answered in any shape, copied or put together.
fn answered<A: Api>(err: &ErrorResponse<A>) {
    let error = err.for_api::<A>();
    for accept in ["", "application/problem+json"] {
        let answer = error.answer("req_\u{1}\"").accept(accept);
        let body = answer.body();
        assert_eq!(serde_json::to_vec(&answer).expect("an answer is JSON"), body);
        let again = ErrorResponse::<A>::parse(answer.status(), &answer.headers(), body);
        assert!(again.is_truncated() || again.code() == Some(error.code()), "{again:?}");
    }
}

/// A payload that is read can be raised.
fn fits<P: Payload, A: Api<Code = P::Code>>(err: &ErrorResponse<A>) {
    if let Some(payload) = err.details::<P>() {
        assert_eq!(err.code(), Some(P::CODE));
        let error = errbook::Raise::raise(payload);
        let _ = format!("{error:?}");
    }
    for issue in err.issues() {
        let _ = issue.details::<P>();
    }
}

/// What a gateway answers is an answer of its API, and says the same when another one passes it on.
fn passed_on<A: Api, B: Api<Code = A::Code>>(err: &ErrorResponse<A>) {
    let error = err.for_api::<B>();
    one_line(&error.to_string());
    let (head, body) = error.answer("req_1").into_response().into_parts();
    assert_eq!(serde_json::to_vec(&error.answer("req_1")).expect("an answer is JSON"), body);
    let _: serde_json::Value = serde_json::from_slice(&body).expect("an answer is JSON");

    let again = read::<B>(head.status, &head.headers, &body);
    assert!(again.from_api());
    assert_eq!(again.code(), Some(error.code()));
    assert_eq!(again.expected_status(), None);
    let message = error.message();
    assert!(again.is_truncated() || again.message() == Some(&*message), "{message:?} {again:?}");
    if !again.is_truncated() {
        let error = again.for_api::<B>();
        let second = error.answer("req_1").into_response();
        assert_eq!(body, second.body(), "{again:?}");
        assert_eq!(head.headers, *second.headers(), "{again:?}");
    }
}

fn one_line(text: &str) {
    let breaks =
        |char: char| char.is_control() || matches!(char, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    assert!(!text.contains(breaks), "{text:?}");
}
