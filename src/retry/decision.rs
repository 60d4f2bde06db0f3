use std::fmt;
use std::time::Duration;

use super::Budget;
use crate::table::ActionRow;

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
    pub(super) step: Option<Step>,
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
    pub(super) const CONTACT_SUPPORT: Step =
        Step { name: "contact_support", text: "Contact support and quote the request id.", url: None };
}

impl From<&'static ActionRow> for Step {
    fn from(row: &'static ActionRow) -> Step {
        let ActionRow { name, text, url } = *row;
        Step { name, text, url }
    }
}

/// The rules of [`Policy::decide`](super::Policy::decide). What would be sent again by 0 and 3 to 6 has to pass the others.
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
