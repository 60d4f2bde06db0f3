//! What stands around the routes of an API, so that whatever happens the answer is one of the catalog.

use std::error::Error as _;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, any};
use bytes::Bytes;
use errbook::mail::code;
use errbook::{Api, Error, RequestId};
use http::{HeaderMap, HeaderName, header};

use crate::server::App;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The routes of the API `A` with all that is around them. The last thing to be called on them: it doesn't cover what
/// is added later.
pub(crate) fn surface<A: Api>(routes: Router<App>, app: App) -> Router<App>
where
    Error<A>: From<code::NotAcceptable>,
{
    routes.fallback(nowhere::<A>).layer(from_fn_with_state(app, answer::<A>))
}

/// A route of the API `A` where there is nothing.
pub(crate) fn nothing<A: Api>(app: App) -> MethodRouter<App>
where
    Error<A>: From<code::NotAcceptable>,
{
    any(nowhere::<A>).layer(from_fn_with_state(app, answer::<A>))
}

async fn nowhere<A: Api>() -> Error<A> {
    Error::for_status(404)
}

async fn answer<A: Api>(State(app): State<App>, request: Request, next: Next) -> Response
where
    Error<A>: From<code::NotAcceptable>,
{
    let given = request.headers().get(X_REQUEST_ID).and_then(RequestId::from_header);
    let id = given.unwrap_or_else(RequestId::new::<A>);
    let response = if accepts_json(request.headers()) {
        // A task of its own: a panic becomes an answer, and a caller who hangs up does not stop a delivery halfway.
        match tokio::spawn(next.run(request)).await {
            Ok(response) => response,
            Err(panic) => Error::<A>::for_status(500).because(panic).into_response(),
        }
    } else {
        Error::<A>::from(code::NotAcceptable).into_response()
    };
    let mut response = in_envelope::<A>(&app, response, &id);
    response.headers_mut().insert(X_REQUEST_ID, (&id).into());
    response
}

/// An error as the API answers it, with the id of its request: one of ours, or what the framework answered.
fn in_envelope<A: Api>(app: &App, mut response: Response, id: &RequestId) -> Response {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let raised = response.extensions_mut().remove::<Error<A>>();
    let error = raised.unwrap_or_else(|| Error::for_response(status.as_u16(), response.headers()));
    if app.log && status.is_server_error() {
        log(&error, id);
    }
    let answer: http::Response<Bytes> = error.answer(id).into_response();
    let (mut parts, body) = answer.into_parts();
    // What describes the replaced body goes with it; the rest stays.
    for (name, value) in response.headers() {
        let of_the_body =
            [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::CONTENT_ENCODING].contains(name);
        if !of_the_body && !parts.headers.contains_key(name) {
            parts.headers.insert(name, value.clone());
        }
    }
    Response::from_parts(parts, body.into())
}

/// With its causes, which are never sent.
fn log<A: Api>(error: &Error<A>, id: &RequestId) {
    let mut line = format!("{id} {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        line.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    eprintln!("{line}");
}

/// Nothing else can be answered, so only an `Accept` without any form of `application/json` is refused.
fn accepts_json(headers: &HeaderMap) -> bool {
    let mut given = false;
    for value in headers.get_all(header::ACCEPT) {
        let Ok(value) = value.to_str() else { return true };
        for range in value.split(',') {
            given = true;
            let mut parts = range.split(';').map(str::trim);
            let media = parts.next().unwrap_or_default().to_ascii_lowercase();
            let refused = parts.any(|part| {
                let quality = part.strip_prefix("q=").or_else(|| part.strip_prefix("Q="));
                quality.is_some_and(|quality| quality.parse::<f32>() == Ok(0.0))
            });
            if !refused && ["application/json", "application/*", "*/*", ""].contains(&media.as_str()) {
                return true;
            }
        }
    }
    !given
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_accept_without_json_is_refused() {
        let accepts = |value: &'static str| {
            accepts_json(&HeaderMap::from_iter([(header::ACCEPT, http::HeaderValue::from_static(value))]))
        };
        assert!(accepts_json(&HeaderMap::new()));
        for fits in [
            "",
            "*/*",
            "text/html, application/json;q=0.1",
            "Application/JSON; charset=utf-8",
            "application/*",
        ] {
            assert!(accepts(fits), "{fits}");
        }
        for unfit in ["text/html", "application/json;q=0", "image/*, application/json; q=0.0"] {
            assert!(!accepts(unfit), "{unfit}");
        }
    }
}
