//! actix-web: errors as responses, extractors, and the one middleware by which every error answer is the catalog's.
//!
//! ```
//! use actix_web::{App, web};
//! use errbook::mail::{Sending, code, sending::{self, Json}};
//!
//! #[derive(serde::Deserialize)]
//! struct Email {
//!     to: String,
//! }
//!
//! async fn send(Json(email): Json<Email>) -> sending::Result<Json<String>> {
//!     if !email.to.contains('@') {
//!         return Err(code::ValidationError.into());
//!     }
//!     Ok(Json(email.to))
//! }
//!
//! // The last thing that is wrapped around the app stands outside all else.
//! let app = App::new()
//!     .service(web::resource("/emails").route(web::post().to(send)))
//!     .wrap(errbook::actix::finish::<Sending>());
//! # let _ = app;
//! ```
//!
//! The extractors of an API, `Json`, `Query`, `Path` and `Form` in its module, say every fault by its field. A body may be as
//! long as [`PayloadConfig`](actix_web::web::PayloadConfig) lets it, 256 KiB where the app has none: `JsonConfig` and `FormConfig`
//! are of actix-web's own extractors. An `Option` of an extractor is actix-web's, too: `None` for whatever is wrong.
//!
//! Nothing else has to be set up: what other extractors and the default service answer is plain text, or nothing, and is
//! replaced. Routes of several methods belong into one [`web::resource`](actix_web::web::resource), which answers any other
//! with 405 and `Allow`; of [`App::route`](actix_web::App::route) actix-web doesn't know that there was a route, and answers
//! 404.
//!
//! An app with several APIs wraps the scope of each. What actix-web answers before there is a request, as to one that is no
//! HTTP or whose head doesn't arrive, is not the app's, and stays empty.

pub(crate) mod extract;

use std::fmt;
use std::future::{Ready, poll_fn, ready};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::error::{InternalError, JsonPayloadError};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpMessage as _, HttpResponse, ResponseError};
use bytes::Bytes;

use crate::catalog::Api;
use crate::handler::{OfSomeApi, RequestHead, Verdict, Written, panicked};
use crate::{Error, ErrorHandler, Passthrough};

pub use self::extract::{form, json, path, query};

/// Every error answer is one of the API `A`: see [`ErrorHandler::finish`] for what is written and what is left alone.
///
/// The request's id is in the header of the request, as [`ErrorHandler::read`] puts it there, and in that of every answer. A panic is
/// answered as HTTP 500 is, unless the binary is built with `panic = "abort"`.
pub fn finish<A: Api>() -> Finish<A> {
    finish_with(ErrorHandler::new())
}

/// The same with an [`ErrorHandler`] that has settings: the documentation's origin, a hook for metrics.
pub fn finish_with<A: Api>(handler: ErrorHandler<A>) -> Finish<A> {
    Finish(handler)
}

/// A complete answer with a new request id. A clone of the error is left in the response's extensions, for [`finish`],
/// which knows the request.
impl<A: Api> ResponseError for Error<A> {
    fn status_code(&self) -> StatusCode {
        status(self.answer("").status())
    }

    fn error_response(&self) -> HttpResponse {
        let answer = crate::handler::response(self.clone());
        with_answer::<A>(HttpResponse::new(status(answer.status())).drop_body(), &answer)
    }
}

/// For [`App::wrap`](actix_web::App::wrap): made by [`finish`].
pub struct Finish<A>(ErrorHandler<A>);

impl<S, A, B> Transform<S, ServiceRequest> for Finish<A>
where
    A: Api,
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error>,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = actix_web::Error;
    type Transform = FinishService<S, A>;
    type InitError = ();
    type Future = Ready<Result<FinishService<S, A>, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(FinishService { inner, handler: self.0.clone() }))
    }
}

/// The service around which [`Finish`] was wrapped.
pub struct FinishService<S, A> {
    inner: S,
    handler: ErrorHandler<A>,
}

impl<S, A, B> Service<ServiceRequest> for FinishService<S, A>
where
    A: Api,
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error>,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>>>>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), actix_web::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        let handler = self.handler.clone();
        let head = read(&handler, &mut request);
        let called = catch_unwind(AssertUnwindSafe(|| self.inner.call(request)));
        Box::pin(async move {
            let outcome = match called {
                Ok(future) => unless_it_panics(future).await,
                Err(panic) => Err(panicked(&*panic)),
            };
            match outcome {
                Ok(Ok(response)) => Ok(finished(&handler, &head, response)),
                // Of a request that is gone there is no `ServiceResponse`: actix-web makes one of an error.
                Ok(Err(error)) => Err(finished_error(&handler, &head, error)),
                Err(error) => Err(Answered::<A>(handler.answer(&error, &head), PhantomData).into()),
            }
        })
    }
}

async fn unless_it_panics<A: Api, F: Future>(future: F) -> Result<F::Output, Error<A>> {
    let mut future = Box::pin(future);
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(polled) => polled.map(Ok),
        Err(panic) => Poll::Ready(Err(panicked(&*panic))),
    })
    .await
}

fn read<A: Api>(handler: &ErrorHandler<A>, request: &mut ServiceRequest) -> RequestHead {
    let mut headers = http::HeaderMap::new();
    for name in [handler.id_header(), &http::header::ACCEPT] {
        for value in request.headers().get_all(name.as_str()) {
            headers
                .extend(http::HeaderValue::from_bytes(value.as_bytes()).map(|value| (name.clone(), value)));
        }
    }
    // actix-web itself leaves the body of an answer to HEAD away, and writes its length.
    let head = handler.read(&http::Method::GET, &mut headers);
    if let Some((name, value)) = header(handler.id_header(), head.id().as_str().as_bytes()) {
        request.headers_mut().insert(name, value);
    }
    head
}

fn finished<A: Api, B: MessageBody>(
    handler: &ErrorHandler<A>,
    head: &RequestHead,
    mut response: ServiceResponse<B>,
) -> ServiceResponse<EitherBody<B>> {
    let mut answer = without_body::<A, _>(response.response());
    if let Verdict::Leave = handler.verdict(&answer) {
        mark(handler, head, response.response_mut());
        return response.map_into_left_body();
    }
    let (request, response) = response.into_parts();
    let (response, body) = response.into_parts();
    // A framework's text is there at once, and nobody waits for another.
    *answer.body_mut() = body.try_into_bytes().unwrap_or_default();
    handler.finish(&mut answer, head);
    let response = with_answer::<A>(response, &answer);
    ServiceResponse::new(request, response.map_into_right_body())
}

/// The same for an error that a middleware further in returns in the place of a response.
fn finished_error<A: Api>(
    handler: &ErrorHandler<A>,
    head: &RequestHead,
    error: actix_web::Error,
) -> actix_web::Error {
    // Once, for it may be one that has its response no second time.
    let mut response = error.error_response();
    let mut answer = without_body::<A, _>(&response);
    if let Verdict::Leave = handler.verdict(&answer) {
        mark(handler, head, &mut response);
        return InternalError::from_response(error, response).into();
    }
    *answer.body_mut() = response.into_body().try_into_bytes().unwrap_or_default();
    handler.finish(&mut answer, head);
    Answered::<A>(answer, PhantomData).into()
}

fn mark<A: Api, B>(handler: &ErrorHandler<A>, head: &RequestHead, response: &mut HttpResponse<B>) {
    let is_passed_on = response.extensions().get::<Passthrough>().is_some();
    if !is_passed_on
        && !response.headers().contains_key(handler.id_header().as_str())
        && let Some((name, value)) = header(handler.id_header(), head.id().as_str().as_bytes())
    {
        response.headers_mut().insert(name, value);
    }
}

/// An answer in the place of a request that is gone. It makes the same response as often as it is asked.
struct Answered<A>(http::Response<Bytes>, PhantomData<fn() -> A>);

impl<A: Api> ResponseError for Answered<A> {
    fn status_code(&self) -> StatusCode {
        status(self.0.status())
    }

    fn error_response(&self) -> HttpResponse {
        with_answer::<A>(HttpResponse::new(self.status_code()).drop_body(), &self.0)
    }
}

/// For the log.
impl<A: Api> fmt::Display for Answered<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.extensions().get::<Error<A>>() {
            Some(error) => error.fmt(f),
            None => self.0.status().fmt(f),
        }
    }
}

impl<A: Api> fmt::Debug for Answered<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

// actix-web is on `http` 0.2, and its extensions are its own.

/// What decides about a response, and its headers, where it is an error.
fn without_body<A: Api, B>(response: &HttpResponse<B>) -> http::Response<Bytes> {
    let mut answer = http::Response::new(Bytes::new());
    let error = response.error().and_then(actix_web::Error::as_error);
    let status = match (response.status().as_u16(), error) {
        // actix-web's own mistake.
        (400, Some(JsonPayloadError::ContentType)) => Ok(http::StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (status, _) => http::StatusCode::from_u16(status),
    };
    *answer.status_mut() = status.unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let (from, to) = (response.extensions(), answer.extensions_mut());
    from.get::<Passthrough>().map(|passthrough| to.insert(*passthrough));
    from.get::<Written>().map(|written| to.insert(*written));
    let other = from.get::<OfSomeApi>().map(|other| to.insert(other.clone()));
    let error = from.get::<Error<A>>().map(|error| to.insert(error.clone()));
    if error.is_some() || other.is_some() || answer.status().as_u16() >= 400 {
        for (name, value) in response.headers() {
            let name = http::HeaderName::from_bytes(name.as_str().as_bytes());
            if let (Ok(name), Ok(value)) = (name, http::HeaderValue::from_bytes(value.as_bytes())) {
                answer.headers_mut().append(name, value);
            }
        }
    }
    answer
}

fn with_answer<A: Api>(mut response: HttpResponse<()>, answer: &http::Response<Bytes>) -> HttpResponse {
    *response.status_mut() = status(answer.status());
    let headers = response.headers_mut();
    headers.clear();
    for (name, value) in answer.headers() {
        if let Some((name, value)) = header(name, value.as_bytes()) {
            headers.append(name, value);
        }
    }
    {
        let (from, mut to) = (answer.extensions(), response.extensions_mut());
        from.get::<Written>().map(|written| to.insert(*written));
        from.get::<OfSomeApi>().map(|other| to.insert(other.clone()));
        from.get::<Error<A>>().map(|error| to.insert(error.clone()));
    }
    response.set_body(BoxBody::new(answer.body().clone()))
}

fn status(status: http::StatusCode) -> StatusCode {
    StatusCode::from_u16(status.as_u16()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn header(name: &http::HeaderName, value: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    Some((HeaderName::from_bytes(name.as_str().as_bytes()).ok()?, HeaderValue::from_bytes(value).ok()?))
}

impl<A> Clone for Finish<A> {
    fn clone(&self) -> Finish<A> {
        Finish(self.0.clone())
    }
}

impl<A> fmt::Debug for Finish<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Finish").field(&self.0).finish()
    }
}

impl<S: fmt::Debug, A> fmt::Debug for FinishService<S, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FinishService").field("inner", &self.inner).field("handler", &self.handler).finish()
    }
}
