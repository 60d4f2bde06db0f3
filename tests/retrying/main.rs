//! Requests that are sent again: by a loop, by the layer, over reqwest.
#![cfg(all(feature = "retry", feature = "tower", feature = "reqwest-middleware"))]
#![allow(clippy::type_complexity, clippy::unwrap_used)]

mod bodies;
mod layer;
mod loops;
mod over_reqwest;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use errbook::RequestId;
use errbook::mail::{code, sending};
use errbook::retry::{Policy, Retries, Terms};
use http::{HeaderMap, Request, Response};
use http_body_util::Full;

/// What a server was asked.
type Asked = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;

fn answer(error: impl Into<sending::Error>) -> Response<Bytes> {
    error.into().answer(&RequestId::from_text("req_1").unwrap()).into_response()
}

fn limited(seconds: u64) -> Response<Bytes> {
    answer(code::RateLimitExceeded { retry_after: Duration::from_secs(seconds) })
}

fn fine() -> Response<Bytes> {
    Response::new(Bytes::from_static(b"fine"))
}

/// Budgets that are never in the way.
fn retries() -> Retries {
    Retries::new(Policy::default()).terms(Terms::default().start(10_000))
}

fn post(body: &'static str) -> Request<Full<Bytes>> {
    Request::post("http://api.example/emails").body(Full::from(body)).unwrap()
}

fn get() -> Request<Full<Bytes>> {
    Request::get("http://api.example/emails").body(Full::default()).unwrap()
}

/// A policy whose pauses nobody notices.
fn hurried() -> Retries {
    let policy = Policy::default().backoff(Duration::from_millis(1)).throttle(Duration::from_millis(1));
    Retries::new(policy).terms(Terms::default().start(10_000))
}
