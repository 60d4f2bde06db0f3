use std::marker::PhantomData;
use std::ops::ControlFlow;
use std::time::Duration;

use ::reqwest::{Body, Client, Request, Response, ResponseBuilderExt as _, Url};
use http::Extensions;
use serde::de::DeserializeOwned;

use super::{Error, failure};
use crate::ErrorResponse;
use crate::catalog::Api;
use crate::retry::{
    AsFailure as _, Attempt, Failure, Next, Operation, Outcome, Prepared, Retries, Timer as _, Tokio, peek,
};

/// Sends a request to the API `A` until it succeeds or the rules say stop, and reads the success as `T`: one that breaks off is none
/// yet.
///
/// A request whose body is a stream is sent once. An answer that asks for a new token is given back: nothing here renews
/// one. What else is known of the request is given with it, as an [`Attempt`]: that it is idempotent, how much time is left.
///
/// ```no_run
/// use errbook::mail::Sending;
/// use errbook::reqwest::call;
/// use errbook::retry::{KeyIn, Policy, Retries};
///
/// # async fn run(client: reqwest::Client) -> Result<(), errbook::reqwest::Error<Sending>> {
/// // One for the whole program.
/// let retries = Retries::new(Policy::default()).keys(KeyIn::header("idempotency-key"));
///
/// let request = client.post("https://api.example/emails").body("{}").build()?;
/// let sent: serde_json::Value = call::<Sending, _>(&client, request, &retries, None).await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Of the last attempt, with its [`Outcome`](crate::retry::Outcome).
///
/// # Panics
///
/// Outside a runtime of tokio's, as reqwest itself does.
pub async fn call<A: Api, T: DeserializeOwned>(
    client: &Client,
    request: Request,
    retries: &Retries,
    first: Option<Attempt>,
) -> Result<T, Error<A>> {
    let response = fetch::<A>(client, request, retries, first).await?;
    super::value(&response.bytes().await?)
}

/// The same for the response itself, with its body in memory: for who wants to see its headers.
///
/// # Errors
///
/// As those of [`call`].
///
/// # Panics
///
/// As it does.
pub async fn fetch<A: Api>(
    client: &Client,
    request: Request,
    retries: &Retries,
    first: Option<Attempt>,
) -> Result<Response, Error<A>> {
    exchange(client, request, retries, first, true).await
}

/// The same for a success that comes back unread, as a stream of events has to. What is lost of it later is lost.
///
/// # Errors
///
/// As those of [`call`].
///
/// # Panics
///
/// As it does.
pub async fn send<A: Api>(
    client: &Client,
    request: Request,
    retries: &Retries,
    first: Option<Attempt>,
) -> Result<Response, Error<A>> {
    exchange(client, request, retries, first, false).await
}

async fn exchange<A: Api>(
    client: &Client,
    mut request: Request,
    retries: &Retries,
    first: Option<Attempt>,
    read: bool,
) -> Result<Response, Error<A>> {
    let mut extensions = Extensions::new();
    first.map(|first| extensions.insert(first));
    let mut again = Again::<A>::begin(retries, &mut request, &extensions);
    let (result, outcome) = loop {
        let copy = request.try_clone();
        let sent = match client.execute(request).await {
            Ok(response) if read => whole::<A>(response).await,
            sent => sent,
        };
        match again.after(sent, copy, |error| Some(failure(error))).await {
            ControlFlow::Continue(copy) => request = copy,
            ControlFlow::Break(end) => break end,
        }
    };
    let error = match result {
        Ok(response) => match response.extensions().get::<ErrorResponse<A>>() {
            Some(err) => return Err(Error::Api(err.clone())),
            None => return Ok(response),
        },
        Err(error) => Error::from(error),
    };
    Err(match outcome {
        Some(outcome) => error.with_outcome(outcome),
        None => error,
    })
}

/// A success with its body, which may say that it is none.
async fn whole<A: Api>(response: Response) -> Result<Response, ::reqwest::Error> {
    if !response.status().is_success() {
        return Ok(response);
    }
    let (url, response) = (response.url().clone(), http::Response::from(response));
    let (mut parts, body) = response.into_parts();
    let body = Response::from(http::Response::new(body)).bytes().await?;
    if let Err(err) = ErrorResponse::<A>::check(parts.status, &parts.headers, body.clone()) {
        parts.extensions.insert(err);
    }
    Ok(with_url(http::Response::from_parts(parts, body), url))
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

    /// The copy of the request, when it is time to send it, or what came out of it all and how it ended. An error that says nothing of
    /// the request (`None`) ends it. The last error answer is in its response's extensions.
    pub(super) async fn after<E>(
        &mut self,
        sent: Result<Response, E>,
        copy: Option<Request>,
        failure: impl Fn(&E) -> Option<Failure>,
    ) -> ControlFlow<(Result<Response, E>, Option<Outcome>), Request> {
        let (failure, result) = match sent {
            Ok(response) => match peeked::<A>(response, self.operation.left(Tokio.now())).await {
                (None, response) => {
                    self.operation.succeeded(Tokio.now());
                    return ControlFlow::Break((Ok(response), None));
                }
                (Some(err), response) => (Failure::from(&err), Ok((err, response))),
            },
            Err(error) => match failure(&error) {
                Some(failure) => (failure, Err(error)),
                None => return ControlFlow::Break((Err(error), None)),
            },
        };
        let next = self.operation.failed(&failure, Tokio.now(), Tokio.random());
        if let (Next::Repeat { after }, Some(copy)) = (next, copy) {
            // Its connection is of use to others meanwhile.
            drop(result);
            Tokio.sleep(after).await;
            return ControlFlow::Continue(copy);
        }
        let outcome = match next {
            Next::Stop(outcome) => Some(outcome),
            Next::Repeat { .. } => None,
        };
        let result = result.map(|(err, mut response)| {
            if let Some(outcome) = outcome {
                response.extensions_mut().insert(err.with_outcome(outcome));
            }
            response
        });
        ControlFlow::Break((result, outcome))
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
async fn peeked<A: Api>(response: Response, left: Option<Duration>) -> (Option<ErrorResponse<A>>, Response) {
    let url = response.url().clone();
    let (err, response) = peek::<A, _>(response.into(), left).await;
    (err, with_url(response.map(Body::wrap), url))
}

/// Where a response of reqwest's looks for its URL.
fn with_url<B: Into<Body>>(mut response: http::Response<B>, url: Url) -> Response {
    if let Ok(with_url) = http::Response::builder().url(url).body(()) {
        response.extensions_mut().extend(with_url.into_parts().0.extensions);
    }
    response.into()
}
