use std::error::Error as StdError;
use std::fmt::{self, Write as _};

use crate::advice::Applied;
use crate::catalog::{Api, ErrorCode as _};
use crate::retry::{Attempt, Decision, Failure};
use crate::text::OneLine;
use crate::{Error, RequestId};

/// One event for an answer: `error` where it is the service's fault, else `info`.
pub(crate) fn event<A: Api>(error: &Error<A>, id: &RequestId) {
    // The level of an event is a constant of it.
    macro_rules! event {
        ($level:ident) => {
            tracing::event!(
                target: "errbook",
                tracing::Level::$level,
                "error.type" = error.code().as_str(),
                "http.response.status_code" = error.status().as_u16(),
                request_id = id.as_str(),
                param = error.param().map(|param| tracing::field::display(OneLine(param))),
                "error.source" = error.source().map(|source| tracing::field::display(Chain(source))),
                "{}",
                OneLine(&error.message()),
            )
        };
    }
    match error.status().as_u16() >= 500 {
        true => event!(ERROR),
        false => event!(INFO),
    }
}

/// One event for a decision: `warn` where retrying gave up, `info` where it goes on, `debug` where there was nothing to retry.
pub(crate) fn decision(decision: &Decision, failure: &Failure, attempt: &Attempt) {
    let without_answer = || match failure {
        Failure { status: Some(_), .. } => None,
        Failure { timed_out: true, .. } => Some("timeout"),
        Failure { flag: Some(false), .. } => Some("lasting"),
        Failure { applied: Applied::No, .. } => Some("not_sent"),
        _ => Some("no_answer"),
    };
    macro_rules! event {
        ($level:ident) => {
            tracing::event!(
                target: "errbook::retry",
                tracing::Level::$level,
                "error.type" = failure.code.or_else(without_answer),
                "http.response.status_code" = failure.status.map(|status| status.as_u16()),
                attempt = attempt.number(),
                rule = decision.rule().number(),
                "{decision}",
            )
        };
    }
    match decision {
        Decision::Retry(_) | Decision::Refresh(_) => event!(INFO),
        // Whoever gave up further in has said so.
        Decision::Stop(stop) if stop.rule.gives_up() && !failure.exhausted => event!(WARN),
        Decision::Stop(_) => event!(DEBUG),
    }
}

/// An error and its sources in one line of at most [`MAX`](Chain::MAX) characters.
struct Chain<'e>(&'e (dyn StdError + 'static));

impl Chain<'_> {
    const MAX: usize = 4_096;
}

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = Bounded { text: String::new(), left: Chain::MAX };
        let mut error = Some(self.0);
        while let Some(cause) = error {
            let separator = if line.text.is_empty() { "" } else { ": " };
            // It fails when there is no room left, which is where the line ends.
            if write!(line, "{separator}{cause}").is_err() {
                break;
            }
            error = cause.source();
        }
        OneLine(&line.text).fmt(f)
    }
}

/// A text that takes no more than so many characters.
struct Bounded {
    text: String,
    left: usize,
}

impl fmt::Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for char in text.chars() {
            self.left = self.left.checked_sub(1).ok_or(fmt::Error)?;
            self.text.push(char);
        }
        Ok(())
    }
}
