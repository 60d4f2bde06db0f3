use std::time::Duration;

use http::Method;

use super::Decision;
use crate::Retry;

/// One attempt at an operation: how often it was tried, and what makes it safe to be tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    pub(super) number: u32,
    pub(super) replayable: bool,
    /// By its method.
    idempotent: bool,
    /// The caller says so.
    harmless: bool,
    pub(super) keyed: bool,
    pub(super) refreshed: bool,
    renewal: bool,
    pub(super) left: Option<Duration>,
    pub(super) retry_as: Option<Retry>,
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
    pub(super) fn with_method(self, method: &Method) -> Attempt {
        Attempt { idempotent: method.is_idempotent(), ..self }
    }

    /// Does it no harm to carry the request out twice?
    pub(super) fn is_safe(&self) -> bool {
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
