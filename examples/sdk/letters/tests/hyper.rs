//! The same API by hyper's client, without reqwest.
#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use bytes::Bytes;
use errbook::ErrorResponse;
use errbook::retry::{AsFailure, Failure, KeyIn, Outcome, Policy, Retries, RetryLayer, Rule};
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::Body;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy;
use hyper_util::rt::TokioExecutor;
use letters_client::api::{Code, Letters};
use tokio::net::TcpListener;
use tower::timeout::error::Elapsed;
use tower::{BoxError, Service, ServiceBuilder, ServiceExt as _};

/// No answer came. It remembers how retrying ended.
#[derive(Debug)]
struct NoAnswer {
    source: BoxError,
    outcome: Option<Outcome>,
}

impl AsFailure for NoAnswer {
    fn as_failure(&self) -> Failure {
        let failure = match self.source.downcast_ref::<legacy::Error>() {
            Some(error) if error.is_connect() => Failure::not_sent(),
            _ if self.source.is::<Elapsed>() => Failure::timed_out(),
            _ => Failure::no_answer(),
        };
        failure.exhausted_by(self.outcome.as_ref())
    }

    fn with_outcome(self, outcome: Outcome) -> NoAnswer {
        NoAnswer { outcome: Some(outcome), ..self }
    }
}

impl From<BoxError> for NoAnswer {
    fn from(source: BoxError) -> NoAnswer {
        NoAnswer { source, outcome: None }
    }
}

/// Around any client of tower's.
fn retry() -> RetryLayer<Letters, NoAnswer> {
    let retries = Retries::new(Policy::default()).keys(KeyIn::header("idempotency-key"));
    RetryLayer::new(retries).failures(NoAnswer::as_failure).outcomes(NoAnswer::with_outcome)
}

/// hyper's client, which has no timeout of its own.
fn hyper()
-> impl Service<Request<Full<Bytes>>, Response = Response<Incoming>, Error = NoAnswer, Future: Send> + Clone {
    ServiceBuilder::new()
        .map_err(NoAnswer::from)
        .timeout(Duration::from_secs(30))
        .service(legacy::Client::builder(TokioExecutor::new()).build_http())
}

/// A success, or the error that was answered; where retrying was of no use with its outcome.
async fn ask<S, B>(
    client: S,
    request: Request<Full<Bytes>>,
) -> Result<Result<Bytes, ErrorResponse<Letters>>, NoAnswer>
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>, Error = NoAnswer>,
    B: Body<Error: Into<BoxError>>,
{
    let (mut parts, body) = client.oneshot(request).await?.into_parts();
    if let Some(err) = parts.extensions.remove::<ErrorResponse<Letters>>() {
        return Ok(Err(err));
    }
    let body = body.collect().await.map_err(|error| NoAnswer::from(error.into()))?.to_bytes();
    // What the layer left: a redirect, or an error that is no JSON by its content type.
    Ok(ErrorResponse::check(parts.status, &parts.headers, body))
}

/// A request to a server that answers with these in turn, the last one again and again, and the keys that it was sent.
async fn server(answers: &'static [&'static str]) -> (Request<Full<Bytes>>, Arc<Mutex<Vec<HeaderValue>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/letters", listener.local_addr().unwrap());
    let keys = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&keys);
    let app = Router::new().fallback(move |headers: HeaderMap| async move {
        let mut keys = log.lock().unwrap();
        keys.push(headers["idempotency-key"].clone());
        ([("content-type", "application/json")], answers[keys.len().min(answers.len()) - 1])
    });
    tokio::spawn(async move { axum::serve(listener, app).await });
    (Request::post(uri).body(Full::from("{}")).unwrap(), keys)
}

const BUSY: &str = r#"{"ok":false,"error":{"code":"busy","message":"Later."}}"#;

#[tokio::test]
async fn what_is_busy_is_asked_again() {
    let (request, keys) = server(&[BUSY, r#"{"number":17}"#]).await;
    let client = ServiceBuilder::new().layer(retry()).service(hyper());
    assert_eq!(ask(client, request).await.unwrap().unwrap(), r#"{"number":17}"#);
    let keys = keys.lock().unwrap();
    assert!(keys.len() == 2 && keys[0] == keys[1]);
}

#[tokio::test]
async fn the_last_error_knows_how_it_ended() {
    let (request, keys) = server(&[BUSY]).await;
    let client = ServiceBuilder::new().layer(retry()).service(hyper());
    let err = ask(client, request).await.unwrap().unwrap_err();
    let outcome = err.outcome().unwrap();
    assert_eq!((err.code(), outcome.attempts, outcome.stop.rule), (Some(Code::Busy), 3, Rule::Attempts));
    assert_eq!(keys.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn two_layers_do_not_multiply() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/letters", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    // It hangs up on everybody.
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            count.fetch_add(1, Ordering::Relaxed);
        }
    });
    let client = ServiceBuilder::new().layer(retry()).layer(retry()).service(hyper());
    let request = Request::get(uri).body(Full::default()).unwrap();
    let error = ask(client, request).await.unwrap_err();
    assert_eq!((error.outcome.unwrap().attempts, connections.load(Ordering::Relaxed)), (3, 3));
}
