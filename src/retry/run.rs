use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use http::{Extensions, HeaderMap, Method};

use super::{Attempt, Budget, Budgets, Decision, Failure, KeyIn, Outcome, Policy, Terms};
use crate::ErrorResponse;
use crate::catalog::Api;

/// How a client sends again: its policy, and a budget for each host that it talks to. One for the whole client; clones share
/// the budgets.
///
/// ```
/// use errbook::retry::{Policy, Retries};
///
/// let retries = Retries::new(Policy::default().attempts(4));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Retries {
    policy: Policy,
    budgets: Arc<Budgets>,
    keys: Option<KeyIn>,
    within: Option<Duration>,
}

impl Retries {
    /// With budgets on the usual [`Terms`].
    pub fn new(policy: Policy) -> Retries {
        Retries { policy, ..Retries::default() }
    }

    /// With budgets on other terms.
    #[must_use]
    pub fn terms(self, terms: Terms) -> Retries {
        Retries { budgets: Arc::new(Budgets::with(terms)), ..self }
    }

    /// Where the API expects idempotency keys: [`prepare`](Retries::prepare), and so the layer, the middleware and `send` and `call` of
    /// reqwest, give each request that is not idempotent one, the same on all its attempts. In [`run`](Retries::run_on) the closure
    /// builds the request, and puts one there itself.
    ///
    /// For an API that knows keys: one that doesn't carries the request out twice. Without this a key that the caller put there
    /// counts only where the [`Attempt`] says so.
    #[must_use]
    pub fn keys(self, place: KeyIn) -> Retries {
        Retries { keys: Some(place), ..self }
    }

    /// So much time an operation has, if its first attempt doesn't say another. No wait ends after it; an attempt that is
    /// under way is not ended by it.
    #[must_use]
    pub fn within(self, time: Duration) -> Retries {
        Retries { within: Some(time), ..self }
    }

    /// What is known of a request before it is sent first: its method, and its [`Attempt`] where there is one in the
    /// extensions. It gets its key. Nobody is taken to [renew](Attempt::fixed) it.
    ///
    /// What the layers begin with, for a client of one's own.
    pub fn prepare(
        &self,
        method: &Method,
        headers: &mut HeaderMap,
        extensions: &Extensions,
        body: Option<&[u8]>,
    ) -> Prepared {
        let given = extensions.get().map(|given: &Attempt| given.with_method(method));
        let attempt = given.unwrap_or_else(|| Attempt::of(method)).fixed();
        match self.keys.as_ref().map(|place| place.put(method, headers, body)) {
            Some(put) if put.keyed => Prepared { attempt: attempt.keyed(), body: put.body },
            _ => Prepared { attempt, body: None },
        }
    }

    /// Begins an operation on a host (`api.example`, with the port where there is one): the bare steps, for a loop of
    /// one's own, with a clock of one's own that all operations share.
    pub fn begin(&self, host: &str, first: Attempt, now: Duration) -> Operation<'_> {
        let until = first.left.or(self.within).map(|left| now.saturating_add(left));
        Operation { policy: &self.policy, budget: self.budgets.of(host), attempt: first, until }
    }

    /// Sends to a host (`api.example`, with the port where there is one) until it succeeds or the rules say stop, on the clock of
    /// [`tokio::time`]. It can be dropped at any time; what a retry cost that was waited for is not given back.
    ///
    /// `send` is told which attempt it is, and [whether](Attempt::is_renewal) to renew what the request is built from. What an
    /// `async` closure changes stands in a `Cell` or a `Mutex`: its future can't lend it. Time
    /// that is [left](Attempt::left) counts from the call; it ends no attempt that is under way, which is what a timeout is for.
    ///
    /// ```
    /// use errbook::mail::{code, sending};
    /// use errbook::retry::{Attempt, Retries};
    /// use errbook::prelude::*;
    /// use http::Method;
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// let retries = Retries::default();
    /// let sent = retries.run("api.example", Attempt::of(&Method::GET), async |attempt| match attempt.number() {
    ///     1 => Err(sending::ErrorResponse::from(sending::Error::from(code::InternalError))),
    ///     _ => Ok("here it is"),
    /// });
    /// assert_eq!(sent.await.unwrap(), "here it is");
    /// # }
    /// ```
    ///
    /// A `POST` carries a key of the caller's making, the same on each attempt:
    ///
    /// ```
    /// # use errbook::mail::sending::ErrorResponse;
    /// use errbook::retry::{Attempt, IdempotencyKey, Retries};
    ///
    /// # async fn send(key: &str) -> Result<(), ErrorResponse> { Ok(()) }
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), ErrorResponse> {
    /// # let retries = Retries::default();
    /// let key = IdempotencyKey::new();
    /// let first = Attempt::of(&http::Method::POST).keyed();
    /// retries.run("api.example", first, |_| send(key.as_str())).await
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Of the last attempt, which knows the [`Outcome`].
    ///
    /// # Panics
    ///
    /// If it has to wait outside a runtime of tokio's, or in one without time.
    #[cfg(feature = "retry")]
    pub async fn run<T, E: AsFailure, F: Future<Output = Result<T, E>>>(
        &self,
        host: &str,
        first: Attempt,
        send: impl FnMut(Attempt) -> F,
    ) -> Result<T, E> {
        self.run_on(&super::Tokio, host, first, send).await
    }

    /// The same on another timer, as in a browser.
    ///
    /// # Errors
    ///
    /// Of the last attempt, which knows the [`Outcome`].
    // Not `AsyncFnMut`: what borrows could then not be spawned or boxed as `Send`.
    pub async fn run_on<T, E: AsFailure, F: Future<Output = Result<T, E>>>(
        &self,
        timer: &impl Timer,
        host: &str,
        first: Attempt,
        mut send: impl FnMut(Attempt) -> F,
    ) -> Result<T, E> {
        let mut operation = self.begin(host, first, timer.now());
        loop {
            let error = match send(operation.attempt()).await {
                Ok(sent) => {
                    operation.succeeded(timer.now());
                    return Ok(sent);
                }
                Err(error) => error,
            };
            let failure = error.as_failure();
            match operation.failed(&failure, timer.now(), timer.random()) {
                Next::Repeat { after } => timer.sleep(after).await,
                // Further in it ended, and there it is known how.
                Next::Stop(_) if failure.exhausted => return Err(error),
                Next::Stop(outcome) => return Err(error.with_outcome(outcome)),
            }
        }
    }
}

/// A request that can be sent: see [`Retries::prepare`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Prepared {
    /// The first attempt.
    pub attempt: Attempt,
    /// What takes the place of the body, where the key is in it.
    pub body: Option<Vec<u8>>,
}

/// What a loop of retries needs of what it runs on.
pub trait Timer {
    /// The time since whenever, the same for all operations of a client.
    fn now(&self) -> Duration;

    /// Lets so much time pass.
    fn sleep(&self, wait: Duration) -> impl Future<Output = ()>;

    /// Any number. Clients that have the same ones come back together.
    fn random(&self) -> u64;
}

/// An operation from its first attempt to its last, as steps: whoever has a clock, a timer and a way to send makes a loop of
/// them.
#[derive(Debug)]
#[must_use]
pub struct Operation<'r> {
    policy: &'r Policy,
    budget: &'r Budget,
    attempt: Attempt,
    /// There is time until then.
    until: Option<Duration>,
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// To wait so long and send again.
    Repeat {
        /// How long.
        after: Duration,
    },
    /// Nothing.
    Stop(Outcome),
}

impl Operation<'_> {
    /// The attempt that is under way.
    pub fn attempt(&self) -> Attempt {
        self.attempt
    }

    /// What is left of its time.
    pub fn left(&self, now: Duration) -> Option<Duration> {
        Some(self.until?.saturating_sub(now))
    }

    /// The attempt succeeded.
    pub fn succeeded(&self, now: Duration) {
        self.budget.earn(now);
    }

    /// The attempt failed. The random number chooses the wait.
    pub fn failed(&mut self, failure: &Failure, now: Duration, random: u64) -> Next {
        if let Some(left) = self.left(now) {
            self.attempt = self.attempt.left(left);
        }
        let decision = self.policy.decide(failure, &self.attempt).paid_from(self.budget, now);
        #[cfg(feature = "tracing")]
        crate::trace::decision(&decision, failure, &self.attempt);
        let attempts = self.attempt.number();
        self.attempt = self.attempt.after(&decision);
        match decision {
            Decision::Retry(again) | Decision::Refresh(again) => {
                Next::Repeat { after: again.wait.pick(random) }
            }
            Decision::Stop(stop) => Next::Stop(Outcome { attempts, stop }),
        }
    }
}

/// An error of an attempt: what a client's own error type implements to be retried by [`Retries::run_on`].
pub trait AsFailure: Sized {
    /// What a decision depends on.
    fn as_failure(&self) -> Failure;

    /// The same error, which remembers how retrying ended, where it can.
    #[must_use]
    fn with_outcome(self, outcome: Outcome) -> Self {
        let _ = outcome;
        self
    }
}

impl<A: Api> AsFailure for ErrorResponse<A> {
    fn as_failure(&self) -> Failure {
        Failure::from(self)
    }

    fn with_outcome(self, outcome: Outcome) -> ErrorResponse<A> {
        ErrorResponse::with_outcome(self, outcome)
    }
}
