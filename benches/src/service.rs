//! A request to a service of axum, in process: what the layer adds to it.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

use axum::body::Body;
use axum::extract::rejection::JsonRejection;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use axum_extra::extract::WithRejection;
use errbook::mail::{Sending, code, sending};
use http::{HeaderValue, Request, StatusCode, header};
use serde::{Deserialize, Serialize};
use tower::{Service, ServiceBuilder};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{self, MakeRequestId, PropagateRequestIdLayer, SetRequestIdLayer};

use crate::{Case, Group};

pub(crate) fn groups() -> Vec<Group> {
    let group = |name, body| Group {
        name,
        cases: vec![
            case(
                "errbook",
                body,
                errbook::axum::finish::<Sending>(Router::new().route("/emails", post(typed))),
            ),
            case("no layer", body, Router::new().route("/emails", post(typed))),
            case("WithRejection", body, Router::new().route("/emails", post(with_rejection))),
            case("tower-http", body, with_tower_http(Router::new().route("/emails", post(plain)))),
            case("plain", body, Router::new().route("/emails", post(plain))),
        ],
    };
    vec![
        group("service, success", r#"{"to":"a@example.com"}"#),
        group("service, error", r#"{"to":""}"#),
        group("service, rejection", r#"{"to":5}"#),
    ]
}

#[derive(Deserialize)]
struct Mail {
    to: String,
}

#[derive(Serialize)]
struct Sent {
    id: u32,
    to: String,
}

async fn typed(Json(mail): Json<Mail>) -> sending::Result<Json<Sent>> {
    match mail.to.is_empty() {
        true => Err(code::InsufficientCredits.into()),
        false => Ok(Json(Sent { id: 7, to: mail.to })),
    }
}

/// As services have it that don't use a library.
enum AppError {
    InsufficientCredits,
    BadRequest(JsonRejection),
}

impl From<JsonRejection> for AppError {
    fn from(rejection: JsonRejection) -> AppError {
        AppError::BadRequest(rejection)
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let (status, code, message) = match self {
            AppError::InsufficientCredits => (
                StatusCode::PAYMENT_REQUIRED,
                "insufficient_credits",
                "The team's balance does not cover this request.".to_owned(),
            ),
            AppError::BadRequest(rejection) => {
                (StatusCode::BAD_REQUEST, "invalid_parameter", rejection.body_text())
            }
        };
        let error = serde_json::json!({"code": code, "message": message, "retryable": false});
        (status, Json(serde_json::json!({"ok": false, "error": error}))).into_response()
    }
}

async fn with_rejection(
    WithRejection(Json(mail), _): WithRejection<Json<Mail>, AppError>,
) -> Result<Json<Sent>, AppError> {
    plain(Json(mail)).await
}

async fn plain(Json(mail): Json<Mail>) -> Result<Json<Sent>, AppError> {
    match mail.to.is_empty() {
        true => Err(AppError::InsufficientCredits),
        false => Ok(Json(Sent { id: 7, to: mail.to })),
    }
}

/// A part of what our layer does: a request id on every answer, and an answer to a panic.
fn with_tower_http(routes: Router) -> impl Service<Request<Body>, Error = Infallible> + Clone {
    ServiceBuilder::new()
        .layer(SetRequestIdLayer::x_request_id(Counted::default()))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(CatchPanicLayer::new())
        .service(routes)
}

/// The cheapest id that there is: tower-http's own is a random UUID.
#[derive(Clone, Default)]
struct Counted(Arc<AtomicU64>);

impl MakeRequestId for Counted {
    fn make_request_id<B>(&mut self, _: &Request<B>) -> Option<request_id::RequestId> {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        Some(request_id::RequestId::new(HeaderValue::from(number)))
    }
}

fn case<S>(name: &'static str, body: &'static str, service: S) -> Case
where
    S: Service<Request<Body>, Error = Infallible> + Clone + 'static,
{
    Case::new(name, move || {
        let request = Request::post("/emails").header(header::CONTENT_TYPE, "application/json");
        let request = request.body(Body::from(body)).expect("it is a request");
        // As a server has it: a clone for each connection, which is ready.
        let mut service = service.clone();
        let mut answer = pin!(service.call(request));
        let mut context = Context::from_waker(Waker::noop());
        match answer.as_mut().poll(&mut context) {
            Poll::Ready(Ok(response)) => response,
            Poll::Pending => unreachable!("nothing in it waits"),
        }
    })
}
