//! What retrying needs to know of an answer, and what an answer knows of its having been retried.

use std::fmt;
use std::sync::Arc;

use super::{ErrorResponse, Inner};
use crate::advice::Applied;
use crate::catalog::{Api, ErrorCode, row};
use crate::retry::{Advice, Failure, Outcome, Reason, Step, applied_by};
use crate::table::Row;
use crate::text::OneLine;

impl<A: Api> From<&ErrorResponse<A>> for Failure {
    fn from(err: &ErrorResponse<A>) -> Failure {
        let Inner { status, is_late, code, action, retryable, retry_after, outcome, .. } = &*err.0;
        let row = code.map(row);
        let of_code = |row: &Row| Advice {
            retry: row.retry,
            on_repeat: row.retry_on_repeat(),
            retryable: row.retryable,
        };
        // The flag of a code that nobody knows is the one in the body.
        let of_group = |retry| Advice { retry, on_repeat: retry, retryable: true };
        let failure = Failure {
            code: row.map(|row| row.code),
            status: Some(*status),
            advice: row.map(of_code).or_else(|| err.group_row()?.retry.map(of_group)),
            flag: *retryable,
            applied: match row {
                _ if *is_late => Applied::Maybe,
                Some(row) => row.applied,
                None => {
                    let of_group = err.group_row().and_then(|group| group.applied);
                    of_group.unwrap_or_else(|| applied_by(*status, err.code_str().is_some()))
                }
            },
            wait: *retry_after,
            timed_out: false,
            exhausted: false,
            step: action.map(|action| Step::from(&A::Code::table().actions[usize::from(action)])),
        };
        failure.exhausted_by(outcome.as_deref())
    }
}

impl<A: Api> ErrorResponse<A> {
    /// How often the request was tried and why it was not tried again, where it went through
    /// [`errbook::retry`](crate::retry).
    pub fn outcome(&self) -> Option<&Outcome> {
        self.0.outcome.as_deref()
    }

    /// The same answer, of whose body not all came.
    #[cfg(any(feature = "reqwest", all(feature = "retry", feature = "tower")))]
    pub(crate) fn cut_off(mut self) -> ErrorResponse<A> {
        Arc::make_mut(&mut self.0).truncated = true;
        self
    }

    /// The same answer, which came after another one to the same request.
    pub(crate) fn late(mut self) -> ErrorResponse<A> {
        Arc::make_mut(&mut self.0).is_late = true;
        self
    }

    /// Has an error of this API the status of a success?
    #[cfg(all(
        feature = "retry",
        any(all(feature = "reqwest", not(target_family = "wasm")), feature = "tower")
    ))]
    pub(crate) fn fails_with_success() -> bool {
        let success = |status: u16| (200..300).contains(&status);
        super::parse::envelopes::<A>().any(|envelope| envelope.status.is_some_and(success))
    }

    /// The same answer, which remembers how retrying ended.
    #[must_use]
    pub fn with_outcome(mut self, outcome: Outcome) -> ErrorResponse<A> {
        Arc::make_mut(&mut self.0).outcome = Some(Box::new(outcome));
        self
    }
}

/// `after 3 attempts: all attempts failed`; `{:#}` adds the next step: `; next: Top up the balance. https://…`.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.attempts == 1 { "" } else { "s" };
        write!(f, "after {} attempt{plural}: {}", self.attempts, self.stop.reason)?;
        if f.alternate() { self.next(f) } else { Ok(()) }
    }
}

impl Outcome {
    pub(super) fn next(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Two of the built-in steps say to send it again, which is nothing for what may have taken effect.
        let again = |step: &Step| matches!(step.name, "wait" | "retry");
        let step = self.stop.step.filter(|step| self.stop.reason != Reason::NotSafe || !again(step));
        let Some(Step { text, url, .. }) = step else { return Ok(()) };
        write!(f, "; next: {}", OneLine(text))?;
        match url {
            Some(url) => write!(f, " {}", OneLine(url)),
            None => Ok(()),
        }
    }
}
