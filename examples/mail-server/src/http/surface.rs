//! What stands around the routes of an API, so that whatever happens the answer is one of the catalog.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::extract::State;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use errbook::mail::code;
use errbook::tower::ErrorService;
use errbook::{Api, Error};
use http::{HeaderMap, StatusCode, header};

use crate::server::App;

/// The routes of the API `A` with all that is around them.
pub(crate) fn surface<A: Api>(routes: Router<App>, app: &App) -> ErrorService<Router, A>
where
    Error<A>: From<code::NotAcceptable>,
{
    // Where there is no route, that is what has to be said, whatever the caller accepts.
    let handle = from_fn_with_state(app.clone(), handle::<A>);
    errbook::axum::finish(routes.route_layer(handle).with_state(app.clone()))
}

/// In a task of its own: a caller who hangs up does not stop a delivery halfway.
async fn handle<A: Api>(State(app): State<App>, request: Request, next: Next) -> Response
where
    Error<A>: From<code::NotAcceptable>,
{
    if !accepts_json(request.headers()) {
        return Error::<A>::from(code::NotAcceptable).into_response();
    }
    let running = Arc::clone(&app.running).read_owned().await;
    let answer = async {
        let response = next.run(request).await;
        drop(running);
        response
    };
    match tokio::spawn(answer).await {
        Ok(response) => response,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        },
    }
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
