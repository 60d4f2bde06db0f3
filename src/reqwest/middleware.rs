use std::fmt;
use std::marker::PhantomData;
use std::ops::ControlFlow;

use ::reqwest::{Request, Response};
use http::Extensions;
use reqwest_middleware::{Middleware, Next, Result};

use super::again::{after, begin};
use super::failure;
use crate::catalog::Api;
use crate::retry::{Outcome, Retries};

/// [`send`](super::send) as a middleware of [`reqwest_middleware`].
///
/// What is known of a request beside its method (that it is idempotent, how
/// much time is left) is given with it: `with_extension(Attempt::of(&Method::POST).idempotent())`. The last error
/// answer is read by [`read`](super::read) with its [`Outcome`]. Where none came, the outcome is in the extensions that
/// `execute_with_extensions` was given, for whoever retries further out, too. As with `send`, a success is not read.
/// What changes the URL stands around this: inside, it counts as a redirect.
///
/// ```no_run
/// use errbook::mail::Sending;
/// use errbook::reqwest::RetryMiddleware;
/// use errbook::retry::{KeyIn, Policy, Retries};
///
/// let retries = Retries::new(Policy::default()).keys(KeyIn::header("idempotency-key"));
/// let client = reqwest_middleware::ClientBuilder::new(reqwest::Client::new())
///     .with(RetryMiddleware::<Sending>::new(retries))
///     .build();
/// ```
pub struct RetryMiddleware<A> {
    retries: Retries,
    api: PhantomData<fn() -> A>,
}

impl<A: Api> RetryMiddleware<A> {
    /// On these terms.
    pub fn new(retries: Retries) -> RetryMiddleware<A> {
        RetryMiddleware { retries, api: PhantomData }
    }
}

#[async_trait::async_trait]
impl<A: Api> Middleware for RetryMiddleware<A> {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        let mut operation = begin(&self.retries, &mut request, extensions);
        extensions.remove::<Outcome>();
        let url = request.url().clone();
        loop {
            let copy = request.try_clone();
            let sent = next.clone().run(request, extensions).await;
            let failure = |error: &reqwest_middleware::Error| match error {
                reqwest_middleware::Error::Reqwest(error) => {
                    Some(failure(error).exhausted_by(extensions.get::<Outcome>()))
                }
                // Of a middleware further in: nobody knows what it says of the request.
                reqwest_middleware::Error::Middleware(_) => None,
            };
            match after::<A, _>(&mut operation, &url, sent, copy, failure).await {
                ControlFlow::Continue(copy) => request = copy,
                ControlFlow::Break((result, outcome)) => {
                    outcome.map(|outcome| extensions.insert(outcome));
                    return result;
                }
            }
        }
    }
}

impl<A> fmt::Debug for RetryMiddleware<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RetryMiddleware").field(&self.retries).finish()
    }
}
