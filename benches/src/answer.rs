//! An error as the bytes of its answer.

use std::hint::black_box;

use crate::bodies::{Answer, Body, REQUEST_ID, http_api_problem, problem_details, value};
use crate::{Case, Group};

pub(crate) fn groups() -> Vec<Group> {
    vec![
        written("written, static", Answer::Static),
        written("written, issues", Answer::Issues),
        raised("raised, static", Answer::Static),
        raised("raised, issues", Answer::Issues),
    ]
}

/// From a value that is there already.
fn written(name: &'static str, answer: Answer) -> Group {
    let texts = answer.texts();
    let error = answer.raise();
    let bytes = error.answer(REQUEST_ID).body();
    let borrowed = || Body::<&'static str>::new(texts);
    assert_eq!(text(&bytes), text(&serde_json::to_vec(&borrowed()).expect("it serializes")));
    assert_eq!(text(&bytes), text(&sonic_rs::to_vec(&borrowed()).expect("it serializes")));
    // A `Value` sorts its keys, so its bytes are others.
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&bytes).expect("it is JSON"), value(texts));

    let (derive, sonic, value) = (borrowed(), borrowed(), value(texts));
    let (problem, api_problem) = (problem_details(texts), http_api_problem(texts));
    let cases = vec![
        Case::new("errbook", move || black_box(&error).answer(black_box(REQUEST_ID)).body()),
        Case::new("memcpy", move || black_box(&bytes[..]).to_vec()),
        Case::new("derive", move || serde_json::to_vec(black_box(&derive))),
        Case::new("sonic-rs", move || sonic_rs::to_vec(black_box(&sonic))),
        Case::new("json!", move || serde_json::to_vec(black_box(&value))),
        Case::new("problem_details", move || serde_json::to_vec(black_box(&problem))),
        Case::new("http-api-problem", move || black_box(&api_problem).json_bytes()),
    ];
    Group { name, cases }
}

/// From the place where a handler fails: the value is made, written and dropped.
fn raised(name: &'static str, answer: Answer) -> Group {
    let cases = vec![
        Case::new("errbook", move || black_box(answer).raise().answer(black_box(REQUEST_ID)).body()),
        Case::new("derive", move || serde_json::to_vec(&Body::<String>::new(black_box(answer).texts()))),
        Case::new("sonic-rs", move || sonic_rs::to_vec(&Body::<String>::new(black_box(answer).texts()))),
        Case::new("json!", move || serde_json::to_vec(&value(black_box(answer).texts()))),
        Case::new("problem_details", move || serde_json::to_vec(&problem_details(black_box(answer).texts()))),
        Case::new("http-api-problem", move || http_api_problem(black_box(answer).texts()).json_bytes()),
    ];
    Group { name, cases }
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("JSON is UTF-8")
}
