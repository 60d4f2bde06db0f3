use std::ops::ControlFlow;

use ::reqwest::{Body, Client, Request, Response, ResponseBuilderExt as _, Url};
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{Extensions, Version};
use http_body_util::BodyExt as _;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::{Error, read, value};
use crate::catalog::Api;
use crate::retry::{
    AsFailure as _, Attempt, End, Failure, Later, Operation, Outcome, Prepared, Retries, Timer as _, Tokio,
};
use crate::{ErrorResponse, accept};

/// Sends a request to the API `A` until it succeeds or the rules say stop, and reads the success as `T`: one that breaks off is none
/// yet.
///
/// A request whose body is a stream is sent once. An answer that asks for a new token is given back: nothing here renews
/// one. What else is known of the request is given with it, as an [`Attempt`]: that it is idempotent, how much time is left.
/// The client ends what takes too long, and should follow no redirects unless the API has some: what an answer says that a
/// `POST` was led to says nothing of the `POST`. It is known by its URL, so not where that is the same; and where the connection there
/// fails, the request counts as never sent. What a server refuses unread over HTTP/2, reqwest itself sends up to twice again
/// within each attempt, unless the client has [`retry::never()`](reqwest::retry::never): it is safe, and not counted here.
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
/// Of the last attempt, with its [`Outcome`](crate::retry::Outcome), or of a success that is no `T`.
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
    match response.status().is_success() {
        // Whether it declares a failure was asked within the attempt.
        true => value(&response.bytes().await?),
        false => read(response).await,
    }
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

/// The same for a success that comes back unread, as a stream of events has to. What is lost of it later is lost, and a
/// failure that it declares is for [`read`], unless the catalog says that errors have its status (`status: 200` at an envelope):
/// then the beginning of what is JSON, or may be, is waited for, up to ten seconds.
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
    is_whole: bool,
) -> Result<Response, Error<A>> {
    let mut extensions = Extensions::new();
    first.map(|first| extensions.insert(first));
    let mut operation = begin(retries, &mut request, &extensions);
    let url = request.url().clone();
    let (result, outcome) = loop {
        let copy = request.try_clone();
        let sent = match client.execute(request).await {
            Ok(response) if is_whole => whole(response).await,
            sent => sent.map_err(Error::from),
        };
        let failure = |error: &Error<A>| Some(error.as_failure());
        match after::<A, _>(&mut operation, &url, sent, copy, failure).await {
            ControlFlow::Continue(copy) => request = copy,
            ControlFlow::Break(end) => break end,
        }
    };
    match (result, outcome) {
        (Ok(response), _) => match response.extensions().get::<ErrorResponse<A>>() {
            Some(err) => Err(Error::Api(err.clone())),
            None => Ok(response),
        },
        (Err(error), Some(outcome)) => Err(error.with_outcome(outcome)),
        (Err(error), None) => Err(error),
    }
}

/// A success with its body, which may say that it is none.
async fn whole<A: Api>(response: Response) -> Result<Response, Error<A>> {
    if !response.status().is_success() {
        return Ok(response);
    }
    let url = response.url().clone();
    let (mut parts, body) = http::Response::from(response).into_parts();
    let body = body.collect().await?.to_bytes();
    // A body that ends with the connection breaks off unnoticed (RFC 9112 section 8).
    let has_length = [CONTENT_LENGTH, TRANSFER_ENCODING].iter().any(|name| parts.headers.contains_key(name));
    if parts.version <= Version::HTTP_11 && !has_length && accept::is_json(&parts.headers) == Some(true) {
        match serde_json::from_slice::<IgnoredAny>(&body) {
            Err(error) if error.is_eof() && !body.is_empty() => return Err(error.into()),
            _ => {}
        }
    }
    if let Err(err) = ErrorResponse::<A>::check(parts.status, &parts.headers, body.clone()) {
        parts.extensions.insert(err);
    }
    Ok(with_url(http::Response::from_parts(parts, body), Some(url)))
}

/// The operation that the request begins; it gets its key.
pub(super) fn begin<'r>(
    retries: &'r Retries,
    request: &mut Request,
    extensions: &Extensions,
) -> Operation<'r> {
    let first = prepare(retries, request, extensions);
    // Without what stands before it, a user and a password.
    let host = request.url().authority().rsplit('@').next().unwrap_or_default();
    retries.begin(host, first, Tokio.now())
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

/// What [`Operation::after`] does, for a response of reqwest's to a request to this URL.
pub(super) async fn after<A: Api, E>(
    operation: &mut Operation<'_>,
    asked: &Url,
    sent: Result<Response, E>,
    copy: Option<Request>,
    failure: impl Fn(&E) -> Option<Failure>,
) -> ControlFlow<(Result<Response, E>, Option<Outcome>), Request> {
    let url = sent.as_ref().ok().map(|response| response.url().clone());
    let sent = sent.map(|response| {
        let is_later = !is_same(asked, response.url());
        let mut response = http::Response::from(response);
        if is_later {
            response.extensions_mut().insert(Later);
        }
        response
    });
    let after = operation.after::<A, Body, E, Request>(sent, copy, failure).await;
    after.map_break(|(result, outcome): End<Body, E>| {
        (result.map(|response| with_url(response.map(Body::wrap), url)), outcome)
    })
}

/// Does the answer come from where the request was sent, and not from where that led to?
fn is_same(asked: &Url, answered: &Url) -> bool {
    fn parts(url: &Url) -> (&str, Option<&str>, Option<u16>, &str, Option<&str>) {
        (url.scheme(), url.host_str(), url.port_or_known_default(), url.path(), url.query())
    }
    parts(asked) == parts(answered)
}

/// Where a response of reqwest's looks for its URL.
fn with_url<B: Into<Body>>(mut response: http::Response<B>, url: Option<Url>) -> Response {
    if let Some(Ok(with_url)) = url.map(|url| http::Response::builder().url(url).body(())) {
        response.extensions_mut().extend(with_url.into_parts().0.extensions);
    }
    response.into()
}
