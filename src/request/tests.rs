//! The reader that finds all faults reads what serde_json reads, and does no more work than it says.
#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use serde::de::DeserializeOwned;

use super::document::Document;
use super::fault::Fault;
use super::read::Reading;

#[path = "../../fuzz/src/request.rs"]
#[allow(unreachable_pub)]
mod request;
use request::{Buffered, Custom, Email, Kinds, Nest};

fn reading(text: &str) -> Reading<'_> {
    Reading::new(Document::json(text).unwrap().unwrap())
}

fn faults<T: DeserializeOwned>(text: &str) -> Vec<Fault> {
    reading(text).faults::<T>()
}

/// Something like the values that the types have, and something else now and then.
fn value(depth: u32) -> BoxedStrategy<String> {
    let number = prop_oneof![
        any::<u8>().prop_map(|number| number.to_string()),
        any::<i64>().prop_map(|number| number.to_string()),
        // Beyond its range it is the features of serde_json that say whether an `f32` can be read.
        any::<f32>().prop_map(|number| format!("{number:?}").replace("NaN", "1").replace("inf", "1e999")),
    ];
    const TEXTS: &[&str] =
        &["low", "text", "image", "none", "circle", "Leaf", "::1", "a", "", "\\ud800", "\\u00e9", "\\\""];
    let text = proptest::sample::select(TEXTS).prop_map(|text| format!("\"{text}\""));
    let single = prop_oneof![number, text, Just("true".to_owned()), Just("null".to_owned())].boxed();
    if depth == 0 {
        return single;
    }
    const KEYS: &[&str] = &[
        "to", "email", "name", "cc", "priority", "attempts", "id", "byte", "small", "big", "huge", "ratio",
        "flag", "letter", "pair", "three", "nothing", "map", "byNumber", "notZero", "raw", "any", "shape",
        "title", "label", "blocks", "either", "page", "type", "text", "size", "number", "unit", "filter",
        "even", "evens", "lenient", "host", "inner", "last", "inside", "tree", "Not", "And", "Leaf", "none",
        "circle", "line", "box", "width", "height", "1", "70000", "low", "x y",
    ];
    let member = (proptest::sample::select(KEYS), value(depth - 1));
    let member = member.prop_map(|(key, value)| format!("\"{key}\": {value}"));
    let map =
        proptest::collection::vec(member, 0..8).prop_map(|members| format!("{{{}}}", members.join(", ")));
    let list =
        proptest::collection::vec(value(depth - 1), 0..4).prop_map(|items| format!("[{}]", items.join(", ")));
    prop_oneof![1 => single, 4 => map, 1 => list].boxed()
}

fn is_read_alike<T: DeserializeOwned>(text: &str) {
    let serde = serde_json::from_str::<T>(text);
    let found = faults::<T>(text);
    assert_eq!(reading(text).value::<T>().is_some(), serde.is_ok(), "{text}: {:?}", serde.err());
    assert_eq!(found.is_empty(), serde.is_ok(), "{text}: {found:?}, {:?}", serde.err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_body_is_read_exactly_where_serde_json_reads_it(text in value(4)) {
        is_read_alike::<Email>(&text);
        is_read_alike::<Kinds>(&text);
        is_read_alike::<Buffered>(&text);
        is_read_alike::<Custom>(&text);
        is_read_alike::<Nest>(&text);
        request::run(text.as_bytes());
    }

    #[test]
    fn any_bytes_have_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        request::run(&bytes);
    }
}

/// Whatever is in a body with as many values as are looked into.
#[test]
fn work_is_bounded() {
    let bodies = [
        // A fault in each of many elements, and more than are told.
        format!("[{}{{}}]", r#"{"to": {}},"#.repeat(20_000)),
        format!("[{}{{}}]", r#"{"to": [[],[],[]]},"#.repeat(10_000)),
        // Buffered, with the fault at the end.
        format!(r#"{{"blocks": [{{"type": "image", "to": {{"a": [{}0]}}}}]}}"#, "0,".repeat(60_000)),
        // As deep as is read, with a fault at the bottom.
        format!(r#"{}{{"inside": 5}}{}"#, r#"{"inside": ["#.repeat(62), "]}".repeat(62)),
        format!(r#"{{"tree": {}5{}}}"#, r#"{"Not": "#.repeat(120), "}".repeat(120)),
        format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)),
        format!(r#"{{"to": {{{}"email": 5}}}}"#, r#""x": 1,"#.repeat(30_000)),
    ];
    for body in &bodies {
        is_bounded::<Vec<Email>>(body);
        is_bounded::<Email>(body);
        is_bounded::<Buffered>(body);
        is_bounded::<Nest>(body);
    }
}

/// A key that is there again and again is one fault, and as much work as many.
#[test]
fn the_rest_is_not_looked_at_after_a_hundred_faults_of_one_path() {
    let body = |count: usize| format!(r#"{{{}"b": ""}}"#, r#""a": "","#.repeat(count));
    let paths = |count| faults::<HashMap<String, u8>>(&body(count)).into_iter().map(|fault| fault.path);
    assert_eq!(paths(99).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(paths(100).collect::<Vec<_>>(), ["a"]);
    assert_eq!(paths(20_000).collect::<Vec<_>>(), ["a"]);
}

/// The whole object is read again for each key that it should not have.
#[test]
fn a_long_text_is_not_read_as_often_as_there_are_faults() {
    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Note {
        text: String,
    }

    let told = |length: usize| {
        let unknown: String = (0..100).map(|at| format!(r#", "x{at}": 0"#)).collect();
        faults::<Note>(&format!(r#"{{"text": "{}"{unknown}}}"#, r"\n".repeat(length / 2))).len()
    };
    assert_eq!(told(10_000), 100);
    assert!((1..50).contains(&told(2_000_000)), "{}", told(2_000_000));
}

fn is_bounded<T: DeserializeOwned>(body: &str) {
    let start = Instant::now();
    let faults = faults::<T>(body);
    // A second where nothing is optimised; what is not counted as work shows as minutes.
    assert!(start.elapsed() < Duration::from_secs(30) && faults.len() <= 100);
    assert_eq!(faults.is_empty(), serde_json::from_str::<T>(body).is_ok(), "{}…", &body[..40]);
}

/// What costs more than it may still has an answer.
#[test]
fn the_first_fault_is_told_whatever_it_costs() {
    let body = format!(r#"{{"blocks": [{{"type": "image", "to": {{"a": [{}0]}}}}]}}"#, "0,".repeat(60_000));
    let faults = faults::<Buffered>(&body);
    assert_eq!(faults[0].message(""), "`blocks[0]` has an invalid value.");
}

#[test]
fn what_is_nested_too_deeply_is_told_where_it_is() {
    let deep = |levels: usize| {
        format!("{}{{\"inside\": []}}{}", r#"{"inside": ["#.repeat(levels), "]}".repeat(levels))
    };
    assert!(faults::<Nest>(&deep(62)).is_empty());
    assert!(serde_json::from_str::<Nest>(&deep(63)).is_err());
    let [fault] = &faults::<Nest>(&deep(63))[..] else { panic!("{:?}", faults::<Nest>(&deep(63))) };
    assert!(
        fault.message("").ends_with("… is nested too deeply.")
            || fault.message("").ends_with("is nested too deeply.")
    );
    assert!(fault.path.starts_with("inside[0].inside[0]") && fault.path.len() < 300, "{}", fault.path);
}
