//! What servers answer: errors of this repository's own catalog, written by its server's half and read by its client's.

use std::rc::Rc;
use std::time::Duration;

use errbook::mail::{code, sending};
use errbook::retry::Failure;
use http::StatusCode;

/// An answer, as each of the clients here sees it.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// `Retry-After`.
    pub retry_after: Option<Duration>,
    /// As errbook reads it.
    pub failure: Failure,
    /// As reqwest has it: a response, as all are that came at all.
    pub for_reqwest: Rc<Result<reqwest::Response, reqwest_middleware::Error>>,
}

impl Answer {
    fn new(error: impl Into<sending::Error>) -> Rc<Answer> {
        let (head, body) = http::Response::from(error.into()).into_parts();
        let read = sending::ErrorResponse::parse(head.status, &head.headers, body.clone());
        Rc::new(Answer {
            status: head.status,
            retry_after: read.retry_after(),
            failure: Failure::from(&read),
            for_reqwest: Rc::new(Ok(http::Response::from_parts(head, body).into())),
        })
    }

    /// The same, of a client that retried it to the end.
    pub fn exhausted(&self) -> Answer {
        let Answer { status, retry_after, failure, .. } = *self;
        Answer { status, retry_after, failure: failure.exhausted(), for_reqwest: self.for_reqwest.clone() }
    }

    /// `internal_error`: something failed, nobody knows at which point.
    pub fn internal_error() -> Rc<Answer> {
        Answer::new(code::InternalError)
    }

    /// `service_unavailable`: nothing was done.
    pub fn service_unavailable() -> Rc<Answer> {
        Answer::new(code::ServiceUnavailable)
    }

    /// `no_active_providers`: a 503 whose flag says that it may work one day.
    pub fn no_active_providers() -> Rc<Answer> {
        Answer::new(code::NoActiveProviders)
    }

    /// `rate_limit_exceeded`, until then.
    pub fn rate_limit_exceeded(retry_after: Duration) -> Rc<Answer> {
        Answer::new(code::RateLimitExceeded { retry_after })
    }
}
