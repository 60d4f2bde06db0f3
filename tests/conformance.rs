//! The kit finds what is wrong with a service of plain axum, and nothing with one that is finished.

#![allow(missing_docs, clippy::unwrap_used)]
#![cfg(all(feature = "axum", feature = "conformance", feature = "mail"))]

use std::time::Duration;

use axum::Router;
use axum::extract::Json;
use axum::http::StatusCode;
use axum::routing::{get, post};
use errbook::conformance::{self, Kit, Report, Socket};
use errbook::mail::{Inbox, Management, Sending, code, sending};
use tokio::net::TcpListener;
use tower_http::timeout::{RequestBodyTimeoutLayer, TimeoutLayer};

#[derive(Debug, serde::Deserialize)]
#[allow(dead_code)]
struct Mail {
    to: String,
}

fn routes() -> Router {
    let timeout = TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, Duration::from_millis(50));
    Router::new()
        .route("/emails", post(async |_: Json<Mail>| "sent"))
        .route("/panic", get(async || -> &str { panic!("a secret of the panic") }))
        .route("/hang", get(async || std::future::pending::<&str>().await).layer(timeout))
        .layer(RequestBodyTimeoutLayer::new(Duration::from_millis(50)))
}

fn kit() -> Kit<Sending> {
    Kit::new()
        .json("/emails")
        .panics("/panic")
        .hangs("/hang")
        .secret("a secret")
        .patience(Duration::from_secs(2))
}

async fn serve(app: Router) -> Socket {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async { axum::serve(listener, app.into_make_service()).await.unwrap() });
    Socket::new(address)
}

fn finished() -> Router {
    Router::new().fallback_service(errbook::axum::finish::<Sending>(routes()))
}

#[tokio::test]
async fn a_finished_service_passes() {
    let report = kit().check(errbook::axum::finish::<Sending>(routes())).await;
    report.assert();
    assert!(report.requests() > 40, "{}", report.requests());
}

#[tokio::test]
async fn a_finished_service_passes_over_its_socket() {
    kit().check(serve(finished()).await).await.assert();
}

/// Each line of what is found, without the answers.
fn lines(report: &Report) -> String {
    report.findings().iter().map(|finding| format!("{}: {}\n", finding.case(), finding.problem())).collect()
}

#[tokio::test]
async fn plain_axum_fails_case_by_case() {
    let report = kit().check(routes()).await;
    assert_eq!(lines(&report), include_str!("conformance/plain.txt"));
}

#[tokio::test]
async fn plain_axum_fails_over_its_socket_too() {
    let report = kit().check(serve(routes()).await).await;
    let lines = lines(&report);
    assert!(lines.contains("a route that panics: it is no answer but an error"), "{lines}");
    assert!(lines.contains("no route: it is not in the API's envelope"), "{lines}");
}

#[tokio::test]
async fn another_api_is_not_the_one() {
    let report = conformance::check::<Inbox>(errbook::axum::finish::<Sending>(routes())).await;
    assert!(lines(&report).starts_with("no route: it is not in the API's envelope\n"));
    let same_envelope = errbook::axum::finish::<Management>(Router::new());
    conformance::check::<Sending>(same_envelope).await.assert();
}

#[tokio::test]
async fn a_path_that_is_none_is_said() {
    let report =
        Kit::<Sending>::new().json("no path").check(errbook::axum::finish::<Sending>(routes())).await;
    assert!(lines(&report).contains("JSON: null: it can't be sent: its path is none\n"), "{report}");
}

/// A service may refuse a client that takes no encoding at all (RFC 9110 section 12.5.3), as tower_http's compression does.
#[tokio::test]
async fn a_refused_encoding_is_no_finding() {
    let packed = routes().layer(tower_http::compression::CompressionLayer::new());
    kit().check(errbook::axum::finish::<Sending>(packed)).await.assert();
}

/// A service that answers everything in the right envelope, and each time something about it is wrong.
#[tokio::test]
async fn single_faults_are_found() {
    use errbook::RequestId;
    type Change = fn(&mut http::Response<axum::body::Body>);
    let wrong = |change: Change| {
        tower::service_fn(move |request: http::Request<conformance::RequestBody>| async move {
            let id = request.headers().get("x-request-id").and_then(RequestId::from_header);
            let id = id.unwrap_or_else(RequestId::new::<Sending>);
            let error = sending::Error::from(code::NotFound);
            let mut response = error.answer(&id).into_response().map(axum::body::Body::from);
            change(&mut response);
            Ok::<_, std::convert::Infallible>(response)
        })
    };
    let changes: [(Change, &str); 8] = [
        (|_| {}, "no route, HEAD: HEAD has a body"),
        (|it| *it.status_mut() = StatusCode::OK, "no route: its status is 200, not 404"),
        (|it| drop(it.headers_mut().remove("x-request-id")), "no route: it has no X-Request-Id"),
        (
            |it| drop(it.headers_mut().insert("x-request-id", "other".parse().unwrap())),
            "request id: a good one: the request's X-Request-Id was not kept",
        ),
        (
            |it| drop(it.headers_mut().insert("retry-after", "1.5".parse().unwrap())),
            "no route: its Retry-After is \"1.5\" (RFC 9110 section 10.2.3)",
        ),
        (
            |it| drop(it.headers_mut().insert("content-type", "text/json".parse().unwrap())),
            "no route: its content type is \"text/json\"",
        ),
        (
            |it| drop(it.headers_mut().insert("retry-after", "+5".parse().unwrap())),
            "no route: its Retry-After is \"+5\" (RFC 9110 section 10.2.3)",
        ),
        (
            |it| {
                it.headers_mut().insert("content-type", "text/html".parse().unwrap());
                it.headers_mut().insert("vary", "accept-encoding".parse().unwrap());
            },
            "Accept: a browser's: it is a page without `Vary: Accept` (RFC 9110 section 12.5.5)",
        ),
    ];
    for (change, expected) in changes {
        let report = conformance::check::<Sending>(wrong(change)).await;
        assert!(lines(&report).contains(expected), "{expected}\n{report}");
    }
    // Any number of seconds is one (RFC 9110 section 10.2.3).
    let at_once = wrong(|it| drop(it.headers_mut().insert("retry-after", "0".parse().unwrap())));
    assert!(!lines(&conformance::check::<Sending>(at_once).await).contains("Retry-After"));
}
