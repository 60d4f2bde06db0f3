//! What a client does after a failure: send the request again, renew what it was built from, or stop, and why.
//!
//! The core is pure. A [`Failure`] says what happened, an [`Attempt`] what was tried, a [`Policy`] how patient the client is;
//! [`Policy::decide`] makes a [`Decision`] of them, without a clock, a random source or a runtime. It names the [`Rule`]
//! that decided. A [`Budget`] has the last word.
//!
//! ```
//! use bytes::Bytes;
//! use errbook::mail::sending;
//! use errbook::retry::{Attempt, Decision, Failure, Policy};
//! use http::{HeaderMap, Method, StatusCode};
//!
//! // A proxy answered. Nobody knows whether the request got through.
//! let page = sending::ErrorResponse::parse(StatusCode::BAD_GATEWAY, &HeaderMap::new(), "<html>");
//! let failure = Failure::from(&page);
//! let policy = Policy::default();
//!
//! let Decision::Stop(stop) = policy.decide(&failure, &Attempt::of(&Method::POST)) else { panic!() };
//! assert_eq!(stop.rule.number(), 2);
//! // With an idempotency key it is safe to send it again.
//! let keyed = Attempt::of(&Method::POST).keyed();
//! let Decision::Retry(again) = policy.decide(&failure, &keyed) else { panic!() };
//! assert_eq!(again.rule.number(), 6);
//! ```

mod budget;
mod decide;
mod key;
#[cfg(all(feature = "retry", feature = "tower"))]
mod layer;
#[cfg(all(feature = "retry", any(all(feature = "reqwest", not(target_family = "wasm")), feature = "tower")))]
mod peek;
mod run;
#[cfg(feature = "retry")]
mod tokio;

use std::fmt;
use std::time::Duration;

use http::{HeaderMap, Method, StatusCode};

use crate::Retry;
use crate::advice::Applied;
use crate::retry_after;
use crate::table::ActionRow;

pub use budget::{Budget, Budgets, Terms};
pub use key::{IdempotencyKey, KeyIn};
#[cfg(all(feature = "retry", feature = "tower"))]
pub use layer::{RetryLayer, RetryService};
#[cfg(all(feature = "retry", feature = "tower"))]
pub use peek::Peeked;
#[cfg(all(feature = "retry", feature = "reqwest", not(target_family = "wasm")))]
pub(crate) use peek::{End, Later};
pub use run::{AsFailure, Next, Operation, Prepared, Retries, Timer};
#[cfg(feature = "retry")]
pub(crate) use tokio::Tokio;

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
    /// So many attempts in all, the first one included.
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
}

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
pub(crate) fn applied_by(status: StatusCode, from_api: bool) -> Applied {
    match status.as_u16() {
        400..500 => Applied::No,
        // What a service says of itself; a proxy says it of a request that it may have passed on.
        503 if from_api => Applied::No,
        _ => Applied::Maybe,
    }
}

/// One attempt at an operation: how often it was tried, and what makes it safe to be tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    number: u32,
    replayable: bool,
    /// By its method.
    idempotent: bool,
    /// The caller says so.
    harmless: bool,
    keyed: bool,
    refreshed: bool,
    renewal: bool,
    left: Option<Duration>,
    retry_as: Option<Retry>,
}

impl Attempt {
    /// The first attempt with this method. All but POST, PATCH, CONNECT and unknown ones are idempotent (RFC 9110 section
    /// 9.2.2).
    pub fn of(method: &Method) -> Attempt {
        Attempt {
            number: 1,
            replayable: true,
            idempotent: method.is_idempotent(),
            harmless: false,
            keyed: false,
            refreshed: false,
            renewal: false,
            left: None,
            retry_as: None,
        }
    }

    /// The request carries an idempotency key, the same on each attempt.
    #[must_use]
    pub const fn keyed(self) -> Attempt {
        Attempt { keyed: true, ..self }
    }

    /// To send it twice does no harm, whatever its method.
    #[must_use]
    pub const fn idempotent(self) -> Attempt {
        Attempt { harmless: true, ..self }
    }

    /// What was said of a request with this method.
    fn with_method(self, method: &Method) -> Attempt {
        Attempt { idempotent: method.is_idempotent(), ..self }
    }

    /// Does it no harm to carry the request out twice?
    fn is_safe(&self) -> bool {
        self.idempotent || self.harmless || self.keyed
    }

    /// The body can't be sent twice: it is a stream that was read.
    #[must_use]
    pub const fn once(self) -> Attempt {
        Attempt { replayable: false, ..self }
    }

    /// Nobody renews what the request is built from.
    #[must_use]
    pub const fn fixed(self) -> Attempt {
        Attempt { refreshed: true, ..self }
    }

    /// So much time is left for the whole operation.
    #[must_use]
    pub const fn left(self, left: Duration) -> Attempt {
        Attempt { left: Some(left), ..self }
    }

    /// Whatever the answer says, it is this for the caller. What makes it safe, and how often and how long, stays.
    #[must_use]
    pub const fn retry_as(self, retry: Retry) -> Attempt {
        Attempt { retry_as: Some(retry), ..self }
    }

    /// The next attempt, after this decision.
    #[must_use]
    pub const fn after(self, decision: &Decision) -> Attempt {
        let renewal = matches!(decision, Decision::Refresh(_));
        let refreshed = self.refreshed || renewal;
        Attempt { number: self.number.saturating_add(1), refreshed, renewal, ..self }
    }

    /// Is what the request is built from (a token, a nonce, a version) to be renewed before it is sent?
    pub const fn is_renewal(&self) -> bool {
        self.renewal
    }

    /// The n-th attempt, where somebody else counts them, as the database of a queue.
    #[must_use]
    pub const fn numbered(self, number: u32) -> Attempt {
        Attempt { number, ..self }
    }

    /// From 1.
    pub const fn number(&self) -> u32 {
        self.number
    }
}

/// What to do after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Decision {
    /// Send the same request again, after the wait.
    Retry(Again),
    /// Renew what the request was built from (a token, a nonce, a version), and send it once more.
    Refresh(Again),
    /// Tell the caller.
    Stop(Stop),
}

impl Decision {
    /// The rule that decided.
    pub const fn rule(&self) -> Rule {
        match self {
            Decision::Retry(again) | Decision::Refresh(again) => again.rule,
            Decision::Stop(stop) => stop.rule,
        }
    }

    /// Rule 9: a retry has a price, and what the budget can't pay is not sent. Nothing else costs anything: what was refused and
    /// stays refused takes nothing from others.
    pub fn paid_from(self, budget: &Budget, now: Duration) -> Decision {
        match self {
            Decision::Retry(again) if !budget.spend(again.price, now) => {
                Decision::Stop(Stop { rule: Rule::Budget, reason: Reason::Budget, step: again.step })
            }
            decision => decision,
        }
    }
}

/// One line: `retry in 30 to 45 s`; `{:#}` adds the rule.
///
/// ```
/// use errbook::retry::{Attempt, Failure, Policy};
///
/// let decision = Policy::default().decide(&Failure::not_sent(), &Attempt::of(&http::Method::POST));
/// assert_eq!(format!("{decision:#}"), "retry within 0.1 s (rule 6: no known code: the HTTP status decides, or that there is no answer)");
/// ```
impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Decision::Retry(again) => write!(f, "retry {}", again.wait),
            Decision::Refresh(again) => write!(f, "refresh, then retry {}", again.wait),
            Decision::Stop(stop) => write!(f, "stop: {}", stop.reason),
        }?;
        if f.alternate() {
            write!(f, " (rule {}: {})", self.rule().number(), self.rule())?;
        }
        Ok(())
    }
}

/// When to send it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Again {
    /// The rule that decided.
    pub rule: Rule,
    /// The wait before it.
    pub wait: Wait,
    /// What a [`Budget`] takes for it: [`Budget::RETRY`] or [`Budget::AFTER_TIMEOUT`].
    pub price: u32,
    /// What to do if it can't pay that.
    step: Option<Step>,
}

/// A wait of which chance chooses the length, so that clients that failed together don't come back together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// What the server asks for; zero where it doesn't.
    pub earliest: Duration,
    /// The longest.
    pub latest: Duration,
}

impl Wait {
    /// The wait that a random number chooses. All are equally likely.
    ///
    /// ```
    /// use errbook::retry::Wait;
    /// use std::time::Duration;
    ///
    /// let wait = Wait { earliest: Duration::from_secs(30), latest: Duration::from_secs(45) };
    /// assert_eq!(wait.pick(0), wait.earliest);
    /// assert!(wait.pick(u64::MAX) <= wait.latest);
    /// ```
    pub fn pick(&self, random: u64) -> Duration {
        let spread = self.latest.saturating_sub(self.earliest).as_nanos();
        // Below the spread, as `random` is below 2^64.
        let spread = u64::try_from(spread).unwrap_or(u64::MAX);
        let part = (u128::from(spread) * u128::from(random)) >> 64;
        self.earliest.saturating_add(Duration::from_nanos(u64::try_from(part).unwrap_or(u64::MAX)))
    }
}

/// `at once`, `within 0.1 s`, `in 30 to 45 s`
impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (earliest, latest) = (self.earliest.as_secs_f64(), self.latest.as_secs_f64());
        match self.earliest.is_zero() {
            true if self.latest.is_zero() => f.write_str("at once"),
            true => write!(f, "within {latest} s"),
            false => write!(f, "in {earliest} to {latest} s"),
        }
    }
}

/// Why nothing is sent again, and what would help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stop {
    /// The rule that decided.
    pub rule: Rule,
    /// Why.
    pub reason: Reason,
    /// What the catalog advises for the code, or where all attempts failed: to ask support.
    pub step: Option<Step>,
}

/// Why nothing is sent again. Its text is a sentence for a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The same request fails again.
    Never,
    /// It fails until somebody changes something outside the request.
    NeedsAction,
    /// What it was built from has to be renewed: nobody does, or it was, and it failed again.
    Stale,
    /// Its body is gone.
    NotReplayable,
    /// It may have taken effect.
    NotSafe,
    /// So often it was tried.
    Attempts,
    /// The server asks for a longer wait than is waited for.
    TooLong {
        /// What it asks for.
        wait: Duration,
    },
    /// There is no time left for the wait.
    Deadline {
        /// What the server asks for.
        wait: Duration,
    },
    /// Too much of what was sent failed.
    Budget,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Never => f.write_str("the same request fails again"),
            Reason::NeedsAction => {
                f.write_str("it fails until somebody changes something outside the request")
            }
            Reason::Stale => f.write_str("what it was built from (a token, a nonce) has to be renewed"),
            Reason::NotReplayable => f.write_str("its body can be sent only once: keep it in memory"),
            Reason::NotSafe => f.write_str(
                "it may have taken effect: an idempotency key would make it safe to be sent again",
            ),
            Reason::Attempts => f.write_str("all attempts failed"),
            Reason::TooLong { wait } => {
                write!(f, "the server asks for a wait of {} s, which is too long", wait.as_secs_f64())
            }
            Reason::Deadline { wait } if wait.is_zero() => f.write_str("there is no time left"),
            Reason::Deadline { wait } => {
                write!(f, "the server asks for a wait of {} s, and less time is left", wait.as_secs_f64())
            }
            Reason::Budget => {
                f.write_str("the retry budget is used up: too little succeeded lately for what failed")
            }
        }
    }
}

/// How retrying ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// So often the request was sent.
    pub attempts: u32,
    /// Why not once more.
    pub stop: Stop,
}

impl Outcome {
    /// Was it given up for having been tried, or waited for, enough? Then nobody further out is to try it anew. What was not
    /// sent again for another reason may be, by who knows more.
    pub const fn is_exhausted(&self) -> bool {
        match self.stop.rule {
            // Who allows one attempt leaves the others to somebody else.
            Rule::Attempts => self.attempts > 1,
            rule => rule.gives_up(),
        }
    }
}

/// What to do next, in words of the catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// The action's name: the catalog's, or a built-in one.
    pub name: &'static str,
    /// What to do.
    pub text: &'static str,
    /// Where, if there is a page for it.
    pub url: Option<&'static str>,
}

impl Step {
    const CONTACT_SUPPORT: Step =
        Step { name: "contact_support", text: "Contact support and quote the request id.", url: None };
}

impl From<&'static ActionRow> for Step {
    fn from(row: &'static ActionRow) -> Step {
        let ActionRow { name, text, url } = *row;
        Step { name, text, url }
    }
}

/// The rules of [`Policy::decide`]. What would be sent again by 0 and 3 to 6 has to pass the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// 0: the caller said so.
    Caller,
    /// 1: what can't be sent twice is not.
    Replay,
    /// 2: what may have taken effect is repeated only where that does no harm (RFC 9110 section 9.2.2).
    Effect,
    /// 3: the catalog's advice for the code, which the answer's flag can only lower.
    Code,
    /// 4: an unknown code whose flag is false.
    FlagFalse,
    /// 5: an unknown code whose flag is true.
    FlagTrue,
    /// 6: the HTTP status, or that there is none.
    Status,
    /// 7: so many attempts, and what was retried to the end elsewhere is not retried.
    Attempts,
    /// 8: the server's wait is kept or not waited for.
    Wait,
    /// 9: a retry has a price.
    Budget,
}

impl Rule {
    /// From 0 to 9.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Does it end what would be sent again?
    pub(crate) const fn gives_up(self) -> bool {
        matches!(self, Rule::Attempts | Rule::Wait | Rule::Budget)
    }
}

/// What it says.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Rule::Caller => "the caller decides for this request",
            Rule::Replay => "a body that can't be sent twice is not sent again",
            Rule::Effect => "what may have taken effect is sent again only where that does no harm",
            Rule::Code => "the catalog advises so for the code, or for its group",
            Rule::FlagFalse => "the code is unknown, and the answer says that it is not retryable",
            Rule::FlagTrue => "the code is unknown, and the answer says that it is retryable",
            Rule::Status => "no known code: the HTTP status decides, or that there is no answer",
            Rule::Attempts => "no more attempts than the policy has",
            Rule::Wait => "a server's wait is kept to the full or not waited for",
            Rule::Budget => "retries are a share of what succeeds",
        })
    }
}
