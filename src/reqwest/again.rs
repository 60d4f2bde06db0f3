use std::marker::PhantomData;
use std::ops::ControlFlow;

use ::reqwest::{Body, Client, Request, Response, ResponseBuilderExt as _};
use http::Extensions;

use super::{Error, failure};
use crate::ErrorResponse;
use crate::catalog::Api;
use crate::retry::{Attempt, Failure, Next, Operation, Prepared, Retries, Timer as _, Tokio, peek};

/// Sends a request to the API `A` until it succeeds or the rules say stop. A success comes back unread.
///
/// A request whose body is a stream is sent once. An answer that asks for a new token is given back: nothing here renews
/// one.
///
/// ```no_run
/// use errbook::mail::Sending;
/// use errbook::reqwest::{read, send};
/// use errbook::retry::{KeyIn, Policy, Retries};
///
/// # async fn run(client: reqwest::Client) -> Result<(), errbook::reqwest::Error<Sending>> {
/// // One for the whole program.
/// let retries = Retries::new(Policy::default()).keys(KeyIn::header("idempotency-key"));
///
/// let request = client.post("https://api.example/emails").body("{}").build()?;
/// let response = send::<Sending>(&client, request, &retries).await?;
/// let sent: serde_json::Value = read::<Sending, _>(response).await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Of the last attempt. What was answered knows the [`Outcome`](crate::retry::Outcome).
pub async fn send<A: Api>(
    client: &Client,
    mut request: Request,
    retries: &Retries,
) -> Result<Response, Error<A>> {
    let mut again = Again::<A>::begin(retries, &mut request, &Extensions::new());
    let response = loop {
        let copy = request.try_clone();
        let sent = client.execute(request).await;
        match again.after(sent, copy, |error| Some(failure(error))).await {
            ControlFlow::Continue(copy) => request = copy,
            ControlFlow::Break(result) => break result?,
        }
    };
    match response.extensions().get::<ErrorResponse<A>>() {
        Some(err) => Err(Error::Api(err.clone())),
        None => Ok(response),
    }
}

/// The steps of it, for whatever sends.
pub(super) struct Again<'r, A> {
    operation: Operation<'r>,
    api: PhantomData<fn() -> A>,
}

impl<'r, A: Api> Again<'r, A> {
    /// The request gets its key.
    pub(super) fn begin(
        retries: &'r Retries,
        request: &mut Request,
        extensions: &Extensions,
    ) -> Again<'r, A> {
        let first = prepare(retries, request, extensions);
        let operation = retries.begin(request.url().authority(), first, Tokio.now());
        Again { operation, api: PhantomData }
    }

    /// The copy of the request, when it is time to send it, or what came out of it all. An error that says nothing of the
    /// request (`None`) ends it. The last error answer is in its response's extensions.
    pub(super) async fn after<E>(
        &mut self,
        sent: Result<Response, E>,
        copy: Option<Request>,
        failure: impl Fn(&E) -> Option<Failure>,
    ) -> ControlFlow<Result<Response, E>, Request> {
        let (failure, result) = match sent {
            Ok(response) => match peeked::<A>(response).await {
                (None, response) => {
                    self.operation.succeeded(Tokio.now());
                    return ControlFlow::Break(Ok(response));
                }
                (Some(err), response) => (Failure::from(&err), Ok((err, response))),
            },
            Err(error) => match failure(&error) {
                Some(failure) => (failure, Err(error)),
                None => return ControlFlow::Break(Err(error)),
            },
        };
        let next = self.operation.failed(&failure, Tokio.now(), Tokio.random());
        if let (Next::Send { after }, Some(copy)) = (next, copy) {
            // Its connection is of use to others meanwhile.
            drop(result);
            Tokio.sleep(after).await;
            return ControlFlow::Continue(copy);
        }
        ControlFlow::Break(result.map(|(err, mut response)| {
            if let Next::Stop(outcome) = next {
                response.extensions_mut().insert(err.with_outcome(outcome));
            }
            response
        }))
    }
}

/// Its first attempt; it gets its key.
fn prepare(retries: &Retries, request: &mut Request, extensions: &Extensions) -> Attempt {
    let method = request.method().clone();
    let mut headers = std::mem::take(request.headers_mut());
    let body = request.body().and_then(Body::as_bytes);
    let Prepared { attempt, body } = retries.prepare(&method, &mut headers, extensions, body);
    *request.headers_mut() = headers;
    if let Some(body) = body {
        *request.body_mut() = Some(body.into());
    }
    let is_stream = request.body().is_some_and(|body| body.as_bytes().is_none());
    if is_stream { attempt.once() } else { attempt }
}

/// The error, if it is one, and the response as it was.
async fn peeked<A: Api>(response: Response) -> (Option<ErrorResponse<A>>, Response) {
    let url = response.url().clone();
    let (err, response) = peek::<A, _>(response.into()).await;
    let (mut parts, body) = response.into_parts();
    // Where a response of reqwest's looks for it.
    if let Ok(with_url) = http::Response::builder().url(url).body(()) {
        parts.extensions.extend(with_url.into_parts().0.extensions);
    }
    (err, http::Response::from_parts(parts, Body::wrap(body)).into())
}
