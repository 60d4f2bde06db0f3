use std::fmt;
use std::marker::PhantomData;

use ::reqwest::{Body, Request, Response, ResponseBuilderExt as _};
use http::Extensions;
use reqwest_middleware::{Middleware, Next, Result};

use super::failure;
use crate::ErrorResponse;
use crate::catalog::Api;
use crate::retry::{Failure, Next as Then, Prepared, Retries, Timer as _, Tokio, peek};

/// Sends requests to the API `A` again, as a middleware of [`reqwest_middleware`].
///
/// A request whose body is a stream is sent once. What is known of a request beside its method (that it is idempotent, how
/// much time is left) is given with it: `with_extension(Attempt::of(&Method::POST).idempotent())`. The last error
/// answer is read by [`read`](super::read) with its [`Outcome`](crate::retry::Outcome).
///
/// Nothing here renews a token: an answer that asks for it is given on.
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
        let timer = Tokio;
        let method = request.method().clone();
        let mut headers = std::mem::take(request.headers_mut());
        let body = request.body().and_then(Body::as_bytes);
        let Prepared { attempt, body } = self.retries.prepare(&method, &mut headers, extensions, body);
        *request.headers_mut() = headers;
        if let Some(body) = body {
            *request.body_mut() = Some(body.into());
        }
        let is_stream = request.body().is_some_and(|body| body.as_bytes().is_none());
        let first = if is_stream { attempt.once() } else { attempt };
        let host = request.url().authority().to_owned();
        let mut operation = self.retries.begin(&host, first, timer.now());
        loop {
            let again = request.try_clone();
            let (failure, result) = match next.clone().run(request, extensions).await {
                Ok(response) => {
                    let url = response.url().clone();
                    let (err, response) = peek::<A, _>(response.into()).await;
                    let (mut parts, body) = response.into_parts();
                    // Where a response keeps it.
                    if let Ok(with_url) = http::Response::builder().url(url).body(()) {
                        parts.extensions.extend(with_url.into_parts().0.extensions);
                    }
                    let response = Response::from(http::Response::from_parts(parts, Body::wrap(body)));
                    let Some(err) = err else {
                        operation.succeeded(timer.now());
                        return Ok(response);
                    };
                    (Failure::from(&err), Ok((err, response)))
                }
                Err(reqwest_middleware::Error::Reqwest(error)) => {
                    (failure(&error), Err(reqwest_middleware::Error::from(error)))
                }
                // Of a middleware further in: nobody knows of what kind.
                Err(error) => return Err(error),
            };
            let then = operation.failed(&failure, timer.now(), timer.random());
            if let (Then::Send { after }, Some(again)) = (then, again) {
                // Its connection is of use to others meanwhile.
                drop(result);
                timer.sleep(after).await;
                request = again;
                continue;
            }
            let (err, mut response) = result?;
            if let Then::Stop(outcome) = then {
                response.extensions_mut().insert::<ErrorResponse<A>>(err.with_outcome(outcome));
            }
            return Ok(response);
        }
    }
}

impl<A> fmt::Debug for RetryMiddleware<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RetryMiddleware").field(&self.retries).finish()
    }
}
