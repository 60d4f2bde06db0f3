//! The rules, in the order of their numbers but for one thing: what would not be sent again anyway (0, 3 to 6) is said
//! first. To hear that a request needs an idempotency key helps nobody whose request is refused with one, too.

use std::time::Duration;

use http::StatusCode;

use super::{Again, Attempt, Budget, Decision, Failure, Reason, Rule, Step, Stop, Wait};
use crate::Retry;
use crate::advice::Applied;

/// So much later than it was set a timer may end, at the least.
const LATE: Duration = Duration::from_millis(2);

/// How patient a client is.
///
/// ```
/// use errbook::retry::Policy;
/// use std::time::Duration;
///
/// let patient = Policy::default().attempts(5).max_wait(Duration::from_secs(600));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    attempts: u32,
    backoff: Duration,
    throttle: Duration,
    max_backoff: Duration,
    max_wait: Duration,
}

impl Default for Policy {
    /// Three attempts in all; pauses of up to 100 ms, or 1 s where the server is asked too much, which double up to 20 s;
    /// a server's wait of up to 120 s.
    fn default() -> Policy {
        Policy {
            attempts: 3,
            backoff: Duration::from_millis(100),
            throttle: Duration::from_secs(1),
            max_backoff: Duration::from_secs(20),
            max_wait: Duration::from_secs(120),
        }
    }
}

impl Policy {
    /// So many attempts in all, the first one included, as far as the [`Budget`] can pay them.
    #[must_use]
    pub const fn attempts(self, attempts: u32) -> Policy {
        Policy { attempts, ..self }
    }

    /// The longest first pause after a failure of the server's. Each further one is up to twice as long as the one before.
    #[must_use]
    pub const fn backoff(self, backoff: Duration) -> Policy {
        Policy { backoff, ..self }
    }

    /// The same where the server is asked too much and doesn't say for how long.
    #[must_use]
    pub const fn throttle(self, throttle: Duration) -> Policy {
        Policy { throttle, ..self }
    }

    /// No pause of our own choice is longer.
    #[must_use]
    pub const fn max_backoff(self, max_backoff: Duration) -> Policy {
        Policy { max_backoff, ..self }
    }

    /// A server that asks for a longer wait is not waited for at all: to come earlier than it says is no answer to that.
    #[must_use]
    pub const fn max_wait(self, max_wait: Duration) -> Policy {
        Policy { max_wait, ..self }
    }

    /// What to do after a failed attempt, and by which rule: rules 0 to 8. Whoever has a [`Budget`] asks it
    /// next, by [`Decision::paid_from`].
    ///
    /// ```
    /// use errbook::mail::{code, sending};
    /// use errbook::retry::{Attempt, Decision, Failure, Policy, Rule};
    /// use errbook::prelude::*;
    /// use http::Method;
    /// use std::time::Duration;
    ///
    /// let policy = Policy::default();
    /// let limited = sending::Error::from(code::RateLimitExceeded { retry_after: Duration::from_secs(30) });
    /// let failure = Failure::from(&sending::ErrorResponse::from(limited));
    ///
    /// // It was refused before anything happened, so that even a POST can be sent again: not before the server's time.
    /// let Decision::Retry(again) = policy.decide(&failure, &Attempt::of(&Method::POST)) else { panic!() };
    /// assert_eq!(again.wait.earliest, Duration::from_secs(30));
    ///
    /// // There is no time for that.
    /// let hurried = Attempt::of(&Method::POST).left(Duration::from_secs(10));
    /// assert_eq!(policy.decide(&failure, &hurried).rule(), Rule::Wait);
    /// ```
    pub fn decide(&self, failure: &Failure, attempt: &Attempt) -> Decision {
        let (rule, retry) = class(failure, attempt);
        let stop = |rule, reason| Decision::Stop(Stop { rule, reason, step: failure.step });
        match retry {
            Retry::Never => return stop(rule, Reason::Never),
            Retry::NeedsAction => return stop(rule, Reason::NeedsAction),
            Retry::Refresh if attempt.refreshed => return stop(rule, Reason::Stale),
            Retry::Refresh | Retry::Backoff | Retry::Throttle => {}
        }
        if !attempt.replayable {
            return stop(Rule::Replay, Reason::NotReplayable);
        }
        if failure.applied != Applied::No && !attempt.is_safe() {
            return stop(Rule::Effect, Reason::NotSafe);
        }
        if failure.exhausted || attempt.number >= self.attempts {
            let step = failure.status.map(|_| Step::CONTACT_SUPPORT);
            return Decision::Stop(Stop { rule: Rule::Attempts, reason: Reason::Attempts, step });
        }
        let asked = failure.wait.unwrap_or_default();
        if asked > self.max_wait {
            return stop(Rule::Wait, Reason::TooLong { wait: asked });
        }
        let grown = self.grown(retry, attempt.number);
        let spread = if asked.is_zero() { grown } else { grown.max(asked / 2) };
        let mut wait = Wait { earliest: asked, latest: asked.saturating_add(spread) };
        if let Some(left) = attempt.left {
            let last = left.saturating_sub(LATE);
            if left.is_zero() || wait.earliest > last {
                return stop(Rule::Wait, Reason::Deadline { wait: asked });
            }
            wait.latest = wait.latest.min(last);
        }
        // RFC 9110 section 15.6.5: a gateway tells of the same; Cloudflare by 524.
        let by_gateway = failure.status.is_some_and(|status| matches!(status.as_u16(), 504 | 524));
        let timed_out = failure.timed_out || by_gateway;
        let price = if timed_out { Budget::AFTER_TIMEOUT } else { Budget::RETRY };
        let again = Again { rule, wait, price, step: failure.step };
        match retry {
            Retry::Refresh => Decision::Refresh(again),
            _ => Decision::Retry(again),
        }
    }

    /// The longest pause after so many attempts.
    fn grown(&self, retry: Retry, attempts: u32) -> Duration {
        let base = match retry {
            Retry::Throttle => self.throttle,
            Retry::Refresh => return Duration::ZERO,
            _ => self.backoff,
        };
        let factor = 1_u32.checked_shl(attempts.saturating_sub(1)).unwrap_or(u32::MAX);
        base.saturating_mul(factor).min(self.max_backoff)
    }
}

/// Rules 0 and 3 to 6: what is to be done about it, if anything can be.
fn class(failure: &Failure, attempt: &Attempt) -> (Rule, Retry) {
    if let Some(retry) = attempt.retry_as {
        return (Rule::Caller, retry);
    }
    if let Some(advice) = failure.advice {
        let repeated = attempt.keyed && attempt.number > 1;
        let retry = if repeated { advice.on_repeat } else { advice.retry };
        let waits = matches!(retry, Retry::Backoff | Retry::Throttle);
        // A flag that the catalog has as false, too, lowers nothing: the advice was written in knowledge of it.
        let lowered = waits && advice.retryable && failure.flag == Some(false);
        return (Rule::Code, if lowered { Retry::Never } else { retry });
    }
    let asks = failure.wait.is_some();
    let throttled = asks || failure.status == Some(StatusCode::TOO_MANY_REQUESTS);
    let backoff = if throttled { Retry::Throttle } else { Retry::Backoff };
    let Some(status) = failure.status else {
        let sendable = failure.flag != Some(false);
        return (Rule::Status, if sendable { backoff } else { Retry::Never });
    };
    match failure.flag {
        Some(false) => return (Rule::FlagFalse, Retry::Never),
        Some(true) if !status.is_client_error() || matches!(status.as_u16(), 408 | 425 | 429) => {
            return (Rule::FlagTrue, backoff);
        }
        _ => {}
    }
    (Rule::Status, by_status(status, asks, backoff))
}

/// Rule 6.
fn by_status(status: StatusCode, asks: bool, backoff: Retry) -> Retry {
    match status.as_u16() {
        // GitHub's secondary limits; RFC 9110 section 15.5.14.
        403 | 413 if asks => backoff,
        408 | 425 | 429 | 500 | 502..=504 | 520..=530 | 598 | 599 => backoff,
        _ => Retry::Never,
    }
}
