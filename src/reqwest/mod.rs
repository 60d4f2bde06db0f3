//! Answers that reqwest received.
//!
//! ```no_run
//! use errbook::mail::{Code, Sending};
//! use serde::Deserialize;
//!
//! #[derive(Deserialize)]
//! struct Sent {
//!     id: String,
//! }
//!
//! # async fn run(client: reqwest::Client) -> Result<(), errbook::reqwest::Error<Sending>> {
//! let response = client.get("https://api.example/emails/17").send().await?;
//! match errbook::reqwest::read::<Sending, Sent>(response).await {
//!     Ok(sent) => println!("{}", sent.id),
//!     Err(error) if error.code() == Some(Code::NotFound) => println!("no such email"),
//!     Err(error) => return Err(error),
//! }
//! # Ok(())
//! # }
//! ```

#[cfg(all(feature = "retry", not(target_family = "wasm")))]
mod again;
#[cfg(all(feature = "reqwest-middleware", not(target_family = "wasm")))]
mod middleware;

use std::fmt;

use bytes::Bytes;
use http::HeaderMap;
use reqwest::Response;
use serde::de::DeserializeOwned;

use crate::ErrorResponse;
use crate::catalog::Api;
use crate::retry::{AsFailure, Failure, Outcome};
use crate::text::OneLine;

#[cfg(all(feature = "retry", not(target_family = "wasm")))]
pub use again::{call, fetch, send};
#[cfg(all(feature = "reqwest-middleware", not(target_family = "wasm")))]
pub use middleware::RetryMiddleware;

/// A call to the API `A` failed. An SDK wraps it in an error of its own, so that its users depend on neither crate.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error<A: Api> {
    /// The API, or something in front of it, answered with an error.
    Api(ErrorResponse<A>),
    /// No answer arrived, or not all of it.
    #[non_exhaustive]
    Transport {
        /// Why.
        source: reqwest::Error,
        /// How retrying ended.
        outcome: Option<Box<Outcome>>,
    },
    /// A success that can't be read as what was asked for.
    #[non_exhaustive]
    Unreadable {
        /// Why.
        source: serde_json::Error,
        /// How retrying ended.
        outcome: Option<Box<Outcome>>,
    },
}

const UNREADABLE: &str = "a success that can't be read";

impl<A: Api> Error<A> {
    /// The answer, if there was one.
    pub fn api(&self) -> Option<&ErrorResponse<A>> {
        match self {
            Error::Api(err) => Some(err),
            Error::Transport { .. } | Error::Unreadable { .. } => None,
        }
    }

    /// The code of the answer, if there was one and this build knows it.
    pub fn code(&self) -> Option<A::Code> {
        self.api()?.code()
    }

    /// How often the request was tried and why it was not tried again, where it was retried.
    pub fn outcome(&self) -> Option<&Outcome> {
        match self {
            Error::Api(err) => err.outcome(),
            Error::Transport { outcome, .. } | Error::Unreadable { outcome, .. } => outcome.as_deref(),
        }
    }
}

/// One line; `{:#}` adds how retrying ended, and what it was due to.
impl<A: Api> fmt::Display for Error<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Error::Api(err) => return err.fmt(f),
            Error::Transport { source, .. } => told(source).1,
            Error::Unreadable { .. } => UNREADABLE,
        };
        f.write_str(text)?;
        if f.alternate() {
            if let Some(outcome) = self.outcome() {
                write!(f, " {outcome}")?;
            }
            // The last of the chain knows: those before it say where.
            let source = std::error::Error::source(self);
            let cause = std::iter::successors(source, |source| source.source()).last();
            cause.map_or(Ok(()), |cause| write!(f, ": {}", OneLine(&cause.to_string())))?;
        }
        Ok(())
    }
}

impl<A: Api> std::error::Error for Error<A> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Api(err) => err.source(),
            Error::Transport { source, .. } => Some(source),
            Error::Unreadable { source, .. } => Some(source),
        }
    }
}

/// One of `error_for_status` has lost the code, and how long the server asks to wait: [`ResponseExt::error_for_api`] keeps them.
impl<A: Api> From<reqwest::Error> for Error<A> {
    fn from(source: reqwest::Error) -> Error<A> {
        Error::Transport { source, outcome: None }
    }
}

impl<A: Api> From<serde_json::Error> for Error<A> {
    fn from(source: serde_json::Error) -> Error<A> {
        Error::Unreadable { source, outcome: None }
    }
}

impl<A: Api> AsFailure for Error<A> {
    fn as_failure(&self) -> Failure {
        let failure = match self {
            Error::Api(err) => return Failure::from(err),
            Error::Transport { source, .. } => failure(source),
            Error::Unreadable { source, .. } => unreadable(source),
        };
        failure.exhausted_by(self.outcome())
    }

    fn with_outcome(self, outcome: Outcome) -> Error<A> {
        match self {
            Error::Api(err) => Error::Api(err.with_outcome(outcome)),
            Error::Transport { source, .. } => Error::Transport { source, outcome: Some(Box::new(outcome)) },
            Error::Unreadable { source, .. } => {
                Error::Unreadable { source, outcome: Some(Box::new(outcome)) }
            }
        }
    }
}

/// It was carried out, and its answer broke off; or it will be the same again.
fn unreadable(error: &serde_json::Error) -> Failure {
    if error.is_eof() { Failure::no_answer() } else { Failure::lasting() }
}

/// What is known of the request after an error of reqwest's.
fn failure(error: &reqwest::Error) -> Failure {
    told(error).0
}

/// The same, and in words what it was.
fn told(error: &reqwest::Error) -> (Failure, &'static str) {
    #[cfg(not(target_family = "wasm"))]
    if error.is_connect() {
        return (Failure::not_sent(), "no connection");
    }
    // Of `error_for_status` and `json`, which leave nothing else of the answer.
    if let Some(status) = error.status() {
        return (Failure::answered(status, &HeaderMap::new()), "an answer of which only the status is left");
    }
    if let Some(error) = std::error::Error::source(error).and_then(|source| source.downcast_ref()) {
        return (unreadable(error), UNREADABLE);
    }
    match () {
        () if error.is_builder() => (Failure::lasting(), "a request that can't be sent"),
        () if error.is_redirect() => (Failure::lasting(), "a redirect that is not followed"),
        () if error.is_timeout() => (Failure::timed_out(), "no answer in time"),
        () if error.is_body() || error.is_decode() => (Failure::no_answer(), "an answer that breaks off"),
        () => (Failure::no_answer(), "no answer"),
    }
}

/// Reads a success as `T`, and anything else as the API's error. A success without a body is read as `null`: as `()` or an
/// `Option`; one whose JSON nobody needs as [`IgnoredAny`](serde::de::IgnoredAny). Of an error no more is read than
/// [`max_body`](Api::max_body), for as long as the client's timeout allows.
///
/// # Errors
///
/// Of the API or what stands in front of it; of the connection; of a success that is no `T`.
pub async fn read<A: Api, T: DeserializeOwned>(response: Response) -> Result<T, Error<A>> {
    value(&read_bytes(response).await?)
}

fn value<A: Api, T: DeserializeOwned>(body: &[u8]) -> Result<T, Error<A>> {
    let body = if body.trim_ascii().is_empty() { b"null" } else { body };
    Ok(serde_json::from_slice(body)?)
}

/// The same with the bytes of a success as they are.
///
/// # Errors
///
/// As those of [`read`].
pub async fn read_bytes<A: Api>(response: Response) -> Result<Bytes, Error<A>> {
    let response = response.error_for_api().await?;
    let (status, headers) = (response.status(), response.headers().clone());
    let body = response.bytes().await?;
    ErrorResponse::check(status, &headers, body).map_err(Error::Api)
}

/// What `error_for_status` of a response is, with the error that the API answered.
pub trait ResponseExt: Sized {
    /// The response itself, unread, unless its status is an error's (400 to 599), else the error. An API that sends errors with
    /// the status of a success is read by [`read`].
    ///
    /// ```no_run
    /// # async fn run(client: reqwest::Client) -> Result<(), errbook::reqwest::Error<errbook::mail::Sending>> {
    /// use errbook::reqwest::ResponseExt as _;
    ///
    /// let response = client.get("https://api.example/export").send().await?;
    /// let stream = response.error_for_api::<errbook::mail::Sending>().await?;
    /// # Ok(())
    /// # }
    /// ```
    fn error_for_api<A: Api>(self) -> impl Future<Output = Result<Self, Error<A>>>;
}

impl ResponseExt for Response {
    async fn error_for_api<A: Api>(self) -> Result<Response, Error<A>> {
        match self.status().is_client_error() || self.status().is_server_error() {
            true => Err(error(self).await),
            false => Ok(self),
        }
    }
}

async fn error<A: Api>(response: Response) -> Error<A> {
    #[cfg(not(target_family = "wasm"))]
    if let Some(err) = response.extensions().get::<ErrorResponse<A>>() {
        return Error::Api(err.clone());
    }
    let (status, headers) = (response.status(), response.headers().clone());
    // Of a client of another API.
    #[cfg(not(target_family = "wasm"))]
    let outcome = response.extensions().get::<Outcome>().copied();
    #[cfg(target_family = "wasm")]
    let outcome = None;
    let (body, is_whole) = beginning(response, A::max_body()).await;
    let err = ErrorResponse::parse(status, &headers, body);
    let err = if is_whole { err } else { err.cut_off() };
    Error::Api(match outcome {
        Some(outcome) => err.with_outcome(outcome),
        None => err,
    })
}

/// The body as far as it will be looked at, and whether that is all. What is there of one that breaks off says more than that it
/// broke off.
#[cfg(not(target_family = "wasm"))]
async fn beginning(mut response: Response, max: usize) -> (Bytes, bool) {
    let mut body = Vec::new();
    while body.len() <= max {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            end => return (body.into(), end.is_ok()),
        }
    }
    (body.into(), false)
}

/// A browser gives it whole, or not at all.
#[cfg(target_family = "wasm")]
async fn beginning(response: Response, _: usize) -> (Bytes, bool) {
    response.bytes().await.map_or_else(|_| (Bytes::new(), false), |body| (body, true))
}
