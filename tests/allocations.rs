//! How often memory is asked for on the way of an error.
#![allow(clippy::unwrap_used)]

mod answers;

use std::time::Duration;

use allocation_counter::measure;
use errbook::mail::{Code, Inbox, Management, Sending, code, sending};
use errbook::{Api, prelude::*};
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
