//! How often memory is asked for on the way of an error.
#![allow(clippy::unwrap_used)]

mod answers;

use std::time::Duration;

use allocation_counter::measure;
use errbook::mail::{Code, Inbox, Management, Sending, code, sending};
use errbook::{Api, ErrorResponse, prelude::*};
use http::{HeaderMap, StatusCode};

/// A body is one allocation, whatever is in it, as long as little of it needs an escape. The first one of a code is kept to
/// be copied from.
#[test]
fn a_body_is_written_into_one_allocation() {
    fn check<A: Api<Code = Code>>() {
        for error in answers::every_code::<A>() {
            let first = error.answer("req_06evm0zv3r0123456789abc").body();
            let count = measure(|| drop(error.answer("req_06evm0zv3r0123456789abc").body()));
            assert_eq!(count.count_total, 1, "{}", error.code());
            let again = error.answer("req_06evm0zv3r0123456789abc").body();
            assert_eq!((again.len(), again), (first.len(), first));
        }
    }
    check::<Management>();
    check::<Sending>();
    check::<Inbox>();
}

#[test]
fn an_error_is_one_allocation() {
    let count = measure(|| drop(sending::Error::from(code::NotFound.at("from"))));
    assert_eq!(count.count_total, 1);
    let wait = Duration::from_secs(1);
    let count = measure(|| drop(sending::Error::from(code::RateLimitExceeded { retry_after: wait })));
    assert_eq!(count.count_total, 1);
}

/// One for what stands behind the pointer; texts stay in the body.
#[test]
fn an_answer_is_read_with_two_allocations_at_most() {
    let error = sending::Error::from(code::NotFound.at("from"));
    let body = bytes::Bytes::from(error.answer("req_1").body());
    let headers = HeaderMap::new();
    let count =
        measure(|| drop(sending::ErrorResponse::parse(StatusCode::NOT_FOUND, &headers, body.clone())));
    assert!(count.count_total <= 2, "{}", count.count_total);
}

/// Four times what is read of a body at most, whatever stands in it and however long it is.
#[test]
fn an_answer_takes_no_more_memory_than_its_bound() {
    fn peak<A: Api>(body: &bytes::Bytes) -> u64 {
        let headers = HeaderMap::new();
        let mut peak = 0;
        for status in [StatusCode::OK, StatusCode::BAD_REQUEST, StatusCode::TOO_MANY_REQUESTS] {
            let body = body.clone();
            let count = measure(|| drop(ErrorResponse::<A>::parse(status, &headers, body)));
            peak = peak.max(count.bytes_max);
        }
        let body = body.clone();
        peak.max(measure(|| drop(ErrorResponse::<A>::check(StatusCode::OK, &headers, body))).bytes_max)
    }
    let bound = 4 * Sending::max_body() as u64;
    // One that is read to its end, one that breaks off at the bound.
    for room in [60_000, 100_000] {
        for (name, body) in hostile(room) {
            let body = bytes::Bytes::from(body);
            for (api, peak) in [
                ("sending", peak::<Sending>(&body)),
                ("inbox", peak::<Inbox>(&body)),
                ("management", peak::<Management>(&body)),
                ("list", peak::<envelopes::List>(&body)),
                ("parts", peak::<envelopes::Parts>(&body)),
                ("said", peak::<envelopes::Said>(&body)),
                ("bare", peak::<envelopes::Bare>(&body)),
                ("numbers", peak::<envelopes::Numbers>(&body)),
            ] {
                assert!(peak <= bound, "{name}, {} bytes as {api}: {peak}", body.len());
            }
        }
    }
}

/// The generator's golden case with envelopes of every shape.
mod envelopes {
    #![allow(clippy::all, unused)]
    include!("../codegen/tests/cases/envelopes/errbook.rs");
}

/// Bodies of about this length, but for one.
fn hostile(room: usize) -> Vec<(&'static str, Vec<u8>)> {
    let fill = |before: &str, part: &dyn Fn(usize) -> String, after: &str| {
        let mut text = before.to_owned();
        for at in 0.. {
            if text.len() >= room {
                break;
            }
            text.push_str(&part(at));
        }
        (text + after).into_bytes()
    };
    let error = r#"{"ok":false,"error":{"code":"validation_error","message":"No.","errors":["#;
    let flat = r#"{"error":"validation_error","message":"No.","errors":["#;
    let members = |count: usize| (0..count).map(|at| format!(r#""{at}":1,"#)).collect::<String>();
    vec![
        ("escapes", fill(r#"{"ok":false,"error":{"code":""#, &|_| r"\u00e9\n".to_owned(), "\"}}")),
        ("escapes in a flat code", fill(r#"{"error":""#, &|_| r"\n".to_owned(), "\"}")),
        ("escapes in a key", fill("{\"", &|_| r"\t".to_owned(), "\":1}")),
        ("lone surrogates", fill(r#"{"error":"x","message":""#, &|_| r"\ud800".to_owned(), "\"}")),
        ("no UTF-8", b"\xff".repeat(room)),
        ("no UTF-8 in JSON", [br#"{"error":"x","message":""#, &b"\xff".repeat(room)[..]].concat()),
        ("a page of words", fill("<title>", &|_| "a ".to_owned(), "</title>")),
        ("words", fill("", &|_| "a ".to_owned(), "")),
        (
            "a million members",
            (0..1_000_000).fold(b"{".to_vec(), |mut body, at| {
                body.extend(format!(r#""{at}":1,"#).bytes());
                body
            }),
        ),
        (
            "members of an error",
            fill(r#"{"ok":false,"error":{"code":"x""#, &|at| format!(r#","{at}":1"#), "}}"),
        ),
        ("one key again and again", fill(r#"{"error":"x""#, &|_| r#","error":"x""#.to_owned(), "}")),
        ("deep lists", fill("", &|_| "[".to_owned(), "")),
        ("deep mappings", fill("", &|_| r#"{"error":"#.to_owned(), "")),
        ("many issues", fill(error, &|_| r#"{"code":"a"},"#.to_owned(), "{}]}}")),
        ("many issues, flat", fill(flat, &|_| "{},".to_owned(), "{}]}")),
        ("issues with members", fill(error, &|_| format!("{{{}\"\":1}},", members(9)), "{}]}}")),
        ("issues with members, flat", fill(flat, &|_| format!("{{{}\"\":1}},", members(9)), "{}]}")),
        ("issues with many members", fill(error, &|_| format!("{{{}\"\":1}},", members(250)), "{}]}}")),
        ("texts as issues", fill(r#"{"code":"said","message":"","all":["#, &|_| "0,".to_owned(), "0]}")),
        ("a list", fill("[", &|_| r#"{"errorCode":"a","message":""},"#.to_owned(), "{}]")),
        (
            "a long param",
            fill(
                &format!(r#"{{"number":6,"message":"","problems":{{"{}":["#, "p".repeat(room / 2)),
                &|_| "\"\",".to_owned(),
                "\"\"]}}",
            ),
        ),
        ("a param's numbers", fill(r#"{"number":6,"problems":{"a":["#, &|_| "0,".to_owned(), "0]}}")),
        ("many params", fill(r#"{"number":6,"problems":{"#, &|at| format!(r#""{at}":"","#), "\"\":\"\"}}")),
    ]
}
