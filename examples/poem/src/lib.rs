//! Any framework on `http` 1.x can answer with the catalog, without a feature for it: here poem. What has to be written
//! once is in [`finish`] and [`Failure`]; the rest is a service.

use std::any::Any;

use bytes::Bytes;
use errbook::mail::{Sending, code};
use errbook::{Api, Error, ErrorHandler, Raise};
use poem::middleware::CatchPanic;
use poem::web::Json;
use poem::{Endpoint, EndpointExt as _, IntoResponse, Response, Route, RouteMethod, handler, post};
use serde::Deserialize;

/// An email.
#[derive(Debug, Deserialize)]
pub struct Email {
    to: String,
}

#[handler]
fn send(Json(email): Json<Email>) -> Result<&'static str, Failure<Sending>> {
    if !email.to.contains('@') {
        return Err(code::ValidationError.at("to").into());
    }
    Ok("sent")
}

#[handler]
fn panics() -> &'static str {
    panic!("a secret")
}

/// The API with all its routes.
pub fn app() -> impl Endpoint<Output = Response> {
    let routes = Route::new()
        .at("/emails", methods("POST", post(send)))
        .at("/panic", methods("GET, HEAD", poem::get(panics)));
    finish(routes, ErrorHandler::<Sending>::new())
}

/// What a handler fails with: an [`Error`], as poem takes one.
#[derive(Debug)]
pub struct Failure<A>(Error<A>);

impl<A, R: Raise> From<R> for Failure<A>
where
    Error<A>: From<R>,
{
    fn from(raised: R) -> Failure<A> {
        Failure(Error::from(raised))
    }
}

impl<A: Api> From<Failure<A>> for poem::Error {
    fn from(Failure(error): Failure<A>) -> poem::Error {
        let status = error.answer("").status();
        poem::Error::new(error, status)
    }
}

/// Makes every error answer one of the API: of handlers, of poem (no route, another method, a body that an extractor
/// refuses), of a panic. It stands outside all else.
pub fn finish<A: Api>(
    routes: impl Endpoint + 'static,
    handler: ErrorHandler<A>,
) -> impl Endpoint<Output = Response> {
    let catch = CatchPanic::new().with_handler(panicked::<A>);
    routes.with(catch).around(move |routes, mut request| {
        let handler = handler.clone();
        async move {
            let method = request.method().clone();
            let head = handler.read(&method, request.headers_mut());
            let (response, text) = match routes.call(request).await {
                Ok(response) => (response, String::new()),
                Err(error) => match error.downcast_ref::<Error<A>>() {
                    Some(error) => (in_extensions(error.clone()), String::new()),
                    None => {
                        let text = error.to_string();
                        (error.into_response(), text)
                    }
                },
            };
            let (parts, body) = response.into_parts();
            let mut answer = http::Response::new(Body { text, written: None });
            *answer.status_mut() = parts.status;
            *answer.headers_mut() = parts.headers;
            *answer.extensions_mut() = parts.extensions;
            handler.finish(&mut answer, &head);

            let (head, Body { written, .. }) = answer.into_parts();
            let body = written.map_or(body, poem::Body::from_bytes);
            let mut response = Response::builder().status(head.status).body(body);
            *response.headers_mut() = head.headers;
            *response.extensions_mut() = head.extensions;
            Ok(response)
        }
    })
}

fn panicked<A: Api>(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<&str>().copied().unwrap_or("no text");
    in_extensions(Error::<A>::for_status(500).because(text))
}

/// Where [`ErrorHandler`] finds it.
fn in_extensions<A: Api>(error: Error<A>) -> Response {
    let mut response = Response::builder().status(error.answer("").status()).finish();
    response.extensions_mut().insert(error);
    response
}

/// A body that may be replaced, and stays in the stream that it is where it isn't.
struct Body {
    /// Of poem's error, for the log.
    text: String,
    written: Option<Bytes>,
}

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        self.text.as_bytes()
    }
}

impl From<Bytes> for Body {
    fn from(written: Bytes) -> Body {
        Body { text: String::new(), written: Some(written) }
    }
}

/// `Allow`, which HTTP wants with 405 (RFC 9110 section 15.5.6), and which poem doesn't write.
fn methods(allow: &'static str, methods: RouteMethod) -> impl Endpoint {
    methods.around(move |methods, request| async move {
        match methods.call(request).await {
            Err(error) if error.status() == 405 => {
                Ok(error.into_response().with_header("allow", allow).into_response())
            }
            result => result,
        }
    })
}
