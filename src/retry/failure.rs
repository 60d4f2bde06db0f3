use std::time::Duration;

use http::{HeaderMap, StatusCode};

use super::{Outcome, Step};
use crate::Retry;
use crate::advice::Applied;
use crate::retry_after;

/// What happened, as far as a decision depends on it: made from an [`ErrorResponse`](crate::ErrorResponse), or of a
/// request that has no answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Failure {
    /// Where it is known; for the log.
    pub(crate) code: Option<&'static str>,
    /// None where there is no answer.
    pub(crate) status: Option<StatusCode>,
    /// Of the code, where it is known, or of its group.
    pub(crate) advice: Option<Advice>,
    /// In the body.
    pub(crate) flag: Option<bool>,
    pub(crate) applied: Applied,
    /// What the server asks for.
    pub(crate) wait: Option<Duration>,
    pub(crate) timed_out: bool,
    /// It was retried to the end further in.
    pub(crate) exhausted: bool,
    pub(crate) step: Option<Step>,
}

/// What the catalog says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Advice {
    pub(crate) retry: Retry,
    pub(crate) on_repeat: Retry,
    /// The flag.
    pub(crate) retryable: bool,
}

impl Failure {
    /// The request did not leave: no connection could be made, or the server refused it unread. It is safe to send it
    /// again.
    pub const fn not_sent() -> Failure {
        Failure::without_answer(Applied::No)
    }

    /// The request left, and nothing that can be read came back: the connection broke, or half a success came.
    pub const fn no_answer() -> Failure {
        Failure::without_answer(Applied::Maybe)
    }

    /// The request left, and no answer came in time.
    pub const fn timed_out() -> Failure {
        Failure { timed_out: true, ..Failure::no_answer() }
    }

    /// The same fails again: the request is none that can be sent, or its success can't be read.
    pub const fn lasting() -> Failure {
        Failure { flag: Some(false), ..Failure::not_sent() }
    }

    const fn without_answer(applied: Applied) -> Failure {
        let (code, status, advice, flag, wait, step) = (None, None, None, None, None, None);
        Failure { code, status, advice, flag, applied, wait, timed_out: false, exhausted: false, step }
    }

    /// An answer of which only the head was read, of whatever API.
    ///
    /// ```
    /// use errbook::retry::{Attempt, Failure, Policy};
    /// use http::{HeaderMap, Method, StatusCode};
    ///
    /// let failure = Failure::answered(StatusCode::BAD_GATEWAY, &HeaderMap::new());
    /// assert_eq!(Policy::default().decide(&failure, &Attempt::of(&Method::GET)).to_string(), "retry within 0.1 s");
    /// ```
    pub fn answered(status: StatusCode, headers: &HeaderMap) -> Failure {
        let wait = retry_after::from_headers(headers, retry_after::clock)
            .or_else(|| retry_after::from_rate_limit(status, headers, retry_after::clock));
        Failure { status: Some(status), wait, ..Failure::without_answer(applied_by(status, false)) }
    }

    /// The same, of an error that may remember how it was retried further in: if that was [to the end](Outcome::is_exhausted), nobody is
    /// to multiply its attempts.
    #[must_use]
    pub const fn exhausted_by(self, outcome: Option<&Outcome>) -> Failure {
        match outcome {
            Some(outcome) if outcome.is_exhausted() => self.exhausted(),
            _ => self,
        }
    }

    /// The same, retried to the end by who saw it first: nobody is to multiply its attempts.
    #[must_use]
    pub const fn exhausted(self) -> Failure {
        Failure { exhausted: true, ..self }
    }
}

/// May the request have taken effect that was answered with the status, and no known code?
pub(crate) fn applied_by(status: StatusCode, has_code: bool) -> Applied {
    match status.as_u16() {
        400..500 => Applied::No,
        // What a service says of itself; a proxy says it of a request that it may have passed on.
        503 if has_code => Applied::No,
        _ => Applied::Maybe,
    }
}
