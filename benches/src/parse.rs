//! The bytes of an answer as a typed error.

use std::hint::black_box;

use bytes::Bytes;
use errbook::mail::sending;
use http::{HeaderMap, HeaderValue};
use problem_details::ProblemDetails;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::bodies::{Answer, Body, Issue, More, REQUEST_ID, problem_details};
use crate::{Case, Group};

pub(crate) fn groups() -> Vec<Group> {
    vec![parsed("read, static", Answer::Static), parsed("read, issues", Answer::Issues)]
}

fn parsed(name: &'static str, answer: Answer) -> Group {
    let error = answer.raise();
    let bytes = Bytes::from(error.answer(REQUEST_ID).body());
    let problem = serde_json::to_vec(&problem_details(answer.texts())).expect("it serializes");
    let status = answer.texts().status;
    let headers = headers(&error);
    all_is_read(answer, &bytes, &problem, &headers);

    let [ours, derive, sonic, value, any] = std::array::from_fn(|_| bytes.clone());
    let cases = vec![
        Case::new("errbook", move || {
            sending::ErrorResponse::parse(black_box(status), black_box(&headers), black_box(&ours).clone())
        }),
        Case::new("derive", move || serde_json::from_slice::<Body<String>>(black_box(&derive))),
        Case::new("sonic-rs", move || sonic_rs::from_slice::<Body<String>>(black_box(&sonic))),
        Case::new("Value", move || pick(black_box(&value))),
        Case::new("problem_details", move || {
            serde_json::from_slice::<ProblemDetails<More>>(black_box(&problem))
        }),
        Case::new("no value", move || serde_json::from_slice::<IgnoredAny>(black_box(&any))),
    ];
    Group { name, cases }
}

/// What an answer comes with.
fn headers(error: &sending::Error) -> HeaderMap {
    let mut headers = error.answer(REQUEST_ID).headers();
    let others = [
        ("content-length", "309"),
        ("date", "Thu, 01 Jan 2026 00:00:00 GMT"),
        ("server", "mail"),
        ("vary", "accept-encoding"),
    ];
    for (name, value) in others {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
}

/// Through a `Value`, as it is done where nobody wrote types.
fn pick(bytes: &[u8]) -> Option<Body<String>> {
    let value: Value = serde_json::from_slice(bytes).ok()?;
    let text = |value: &Value| value.as_str().map(String::from);
    let error = &value["error"];
    let issue = |issue: &Value| {
        Some(Issue {
            code: text(&issue["code"])?,
            message: text(&issue["message"])?,
            param: text(&issue["param"]),
        })
    };
    Some(Body {
        ok: value["ok"].as_bool()?,
        error: crate::bodies::Fault {
            code: text(&error["code"])?,
            message: text(&error["message"])?,
            param: text(&error["param"]),
            doc_url: text(&error["doc_url"])?,
            retryable: error["retryable"].as_bool()?,
            errors: error["errors"].as_array().into_iter().flatten().filter_map(issue).collect(),
        },
        meta: crate::bodies::Meta { request_id: text(&value["meta"]["request_id"])? },
    })
}

/// Each way finds the same in it.
fn all_is_read(answer: Answer, bytes: &Bytes, problem: &[u8], headers: &HeaderMap) {
    let texts = answer.texts();
    let ours = sending::ErrorResponse::parse(texts.status, headers, bytes.clone());
    assert_eq!(ours.code_str(), Some(texts.code));
    assert!(ours.code().is_some());
    assert_eq!(ours.message(), Some(texts.message));
    assert_eq!(ours.param(), texts.param);
    assert_eq!(ours.request_id(), Some(REQUEST_ID));
    assert_eq!(ours.issues().len(), texts.issues.len());
    for (issue, [code, message, param]) in ours.issues().iter().zip(texts.issues) {
        let found = (issue.code_str(), issue.message(), issue.param());
        assert_eq!(found, (Some(*code), Some(*message), Some(*param)));
    }
    let expected = Some(bytes.to_vec());
    let derive: Option<Body<String>> = serde_json::from_slice(bytes).ok();
    let sonic: Option<Body<String>> = sonic_rs::from_slice(bytes).ok();
    for read in [derive, sonic, pick(bytes)] {
        assert_eq!(read.and_then(|body| serde_json::to_vec(&body).ok()), expected);
    }
    let details: ProblemDetails<More> = serde_json::from_slice(problem).expect("it was written so");
    assert_eq!(details.extensions.code, texts.code);
    assert_eq!(details.extensions.errors.len(), texts.issues.len());
}
