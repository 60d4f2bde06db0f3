//! Nothing of what led to an error reaches the wire: secrets are planted wherever one could come from, and every byte of
//! every answer is searched for them.
#![allow(clippy::unwrap_used)]

use std::fmt;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::{Extension, Path, Query};
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use errbook::mail::{Sending, code, sending};
use errbook::{ApiError, ErrorHandler, prelude::*};
use http_body_util::BodyExt as _;
use serde::{Deserialize, Deserializer, de};
use tower::ServiceExt as _;

const SECRET: &str = "hunter2";

#[derive(Debug, thiserror::Error, ApiError)]
enum AppError {
    #[error("query `select * from {SECRET}` failed")]
    #[api(code::InternalError)]
    Sql(#[from] rusqlite::Error),
    #[error("{SECRET} is down")]
    #[api(code::ServiceUnavailable)]
    Down,
    #[error("{0}")]
    #[api(code::NotFound, param = "from")]
    Unknown(String),
}

/// A type whose own reading says too much.
struct Hunter2;

impl<'de> Deserialize<'de> for Hunter2 {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Hunter2, D::Error> {
        Err(de::Error::custom(SECRET))
    }
}

#[derive(Deserialize)]
#[serde(expecting = "the hunter2")]
#[allow(dead_code)]
struct Wanted {
    field: Hunter2,
}

#[derive(Clone)]
#[allow(dead_code)]
struct Unset;

fn sql() -> Result<(), rusqlite::Error> {
    rusqlite::Connection::open_in_memory()?.execute("select hunter2 from hunter2", ()).map(drop)
}

fn panics() {
    panic!("the password is {SECRET}");
}

fn routes() -> Router {
    Router::new()
        .route("/sql", get(async || -> sending::Result<()> { Ok(sql().map_err(AppError::from)?) }))
        .route("/or_raise", get(async || -> sending::Result<()> { Ok(sql().or_raise(code::InternalError)?) }))
        .route("/down", get(async || -> sending::Result<()> { Err(AppError::Down.into()) }))
        .route(
            "/unknown",
            get(async || -> sending::Result<()> { Err(AppError::Unknown(SECRET.into()).into()) }),
        )
        .route("/because", get(async || sending::Error::from(code::NotFound.because(SECRET))))
        .route("/panic", get(async || panics()))
        .route("/panic_any", get(async || -> () { std::panic::panic_any(SECRET.to_owned()) }))
        .route("/text", get(async || (StatusCode::INTERNAL_SERVER_ERROR, SECRET)))
        .route("/refused", get(async || (StatusCode::CONFLICT, SECRET)))
        .route("/extension", get(async |_: Extension<Unset>| ()))
        .route("/described", get(async || described()))
        .route("/json", post(async |_: Json<Wanted>| ()))
        .route("/ours", post(async |_: sending::Json<Wanted>| ()))
        .route("/query", get(async |_: Query<Wanted>| ()))
        .route("/our_query", get(async |_: sending::Query<Wanted>| ()))
        .route("/path/{id}", get(async |_: Path<Hunter2>| ()))
}

/// With headers that describe the body that is replaced.
fn described() -> Response {
    let headers = [("content-disposition", "attachment; filename=hunter2.txt"), ("etag", "\"hunter2\"")];
    (StatusCode::BAD_GATEWAY, headers, SECRET).into_response()
}

#[tokio::test]
async fn no_secret_is_in_any_answer() {
    // A panic of the test's own would say so, too.
    std::panic::set_hook(Box::new(|_| {}));
    let logged: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = Arc::clone(&logged);
    let handler = ErrorHandler::<Sending>::new().on_error(move |error, _| {
        log.lock().unwrap().push(Chain(error).to_string());
    });
    let app = errbook::axum::finish_with(routes(), handler);
    let mut requests = Vec::new();
    for path in [
        "sql",
        "or_raise",
        "down",
        "unknown",
        "because",
        "panic",
        "panic_any",
        "text",
        "refused",
        "described",
    ] {
        requests.push(Request::get(format!("/{path}")).body(Body::empty()).unwrap());
    }
    for path in ["extension", "query?field=1", "our_query?field=1", "path/1"] {
        requests.push(Request::get(format!("/{path}")).body(Body::empty()).unwrap());
    }
    for path in ["json", "ours"] {
        for body in [r#"{"field":1}"#, "[1]", "5"] {
            let request = Request::post(format!("/{path}")).header("content-type", "application/json");
            requests.push(request.body(Body::from(body)).unwrap());
        }
    }
    let count = requests.len();
    for request in requests {
        for accept in ["application/json", "text/html"] {
            let mut copy =
                Request::builder().method(request.method()).uri(request.uri()).body(Body::empty()).unwrap();
            *copy.headers_mut() = request.headers().clone();
            copy.headers_mut().insert("accept", accept.parse().unwrap());
            let path = copy.uri().path().to_owned();
            let response = app.clone().oneshot(copy).await.unwrap();
            let (parts, body) = response.into_parts();
            assert!(parts.status.as_u16() >= 400, "{path}");
            let body = body.collect().await.unwrap().to_bytes();
            let all = format!("{:?} {}", parts.headers, String::from_utf8_lossy(&body)).to_lowercase();
            assert!(!all.contains(SECRET), "{path}: {all}");
        }
    }
    // The log has them: of each but the one for which there is no route's own text.
    let logged = logged.lock().unwrap();
    assert_eq!(logged.len(), 2 * count);
    assert!(logged.iter().filter(|line| line.contains(SECRET)).count() >= 20, "{logged:#?}");
}

/// An error with its sources.
struct Chain<'e>(&'e dyn std::error::Error);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        self.0.source().map_or(Ok(()), |source| write!(f, ": {}", Chain(source)))
    }
}
