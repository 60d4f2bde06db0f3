//! What other libraries do with an answer today, each beside what errbook does. Where one of these demonstrations fails, the
//! other library has become better: take it out, and out of docs/guide/comparing.md.
#![allow(clippy::unwrap_used)]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use azure_core::error::{ErrorKind, check_success};
use azure_core::http::RawResponse;
use azure_core::http::headers::Headers;
use bytes::Bytes;
use errbook::mail::{Code, Sending, sending};
use errbook::retry::{Attempt, Budget, Decision, Failure, Policy, Retries, Rule, Terms, Wait};
use google_cloud_gax::error::rpc;
use http::{HeaderMap, Method, StatusCode};
use http_body_util::{BodyExt as _, Full};
use octocrab::OctoBody;
use octocrab::service::middleware::retry::RetryConfig;
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use reqwest_retry::RetryTransientMiddleware;
use reqwest_retry::policies::ExponentialBackoff;
use tower::retry;
use tower::retry::backoff::{Backoff as _, ExponentialBackoffMaker, MakeBackoff as _};
use tower::retry::budget::{Budget as _, TpsBudget};
use tower::util::rng::HasherRng;

/// A server that answers everything with this, and the number of requests it got.
fn server(answer: &'static str) -> (String, Arc<Mutex<usize>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}/", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(0));
    let count = Arc::clone(&asked);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            // The requests here are shorter than that.
            let _ = stream.read(&mut [0; 4096]).unwrap();
            *count.lock().unwrap() += 1;
            write!(stream, "HTTP/1.1 {answer}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").unwrap();
        }
    });
    (base, asked)
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// reqwest-retry with pauses that nobody notices.
fn reqwest_retry() -> ClientWithMiddleware {
    let (least, most) = (Duration::from_millis(1), Duration::from_millis(2));
    let policy = ExponentialBackoff::builder().retry_bounds(least, most).build_with_max_retries(3);
    ClientBuilder::new(client()).with(RetryTransientMiddleware::new_with_policy(policy)).build()
}

/// How often errbook sends it, and why not more often. Waits are cut short by there being no time for them.
async fn errbook(request: reqwest::RequestBuilder) -> (u32, Rule) {
    let retries = Retries::new(Policy::default().backoff(Duration::from_millis(1)))
        .terms(Terms::default().start(10_000))
        .within(Duration::from_secs(2));
    let error = errbook::reqwest::send::<Sending>(&client(), request.build().unwrap(), &retries, None).await;
    let outcome = *error.unwrap_err().api().unwrap().outcome().unwrap();
    (outcome.attempts, outcome.stop.rule)
}

#[tokio::test]
async fn reqwest_retry_repeats_a_post_without_a_key() {
    let (base, asked) = server("500 Oops");
    reqwest_retry().post(&base).send().await.unwrap();
    assert_eq!(*asked.lock().unwrap(), 4);

    assert_eq!(errbook(client().post(&base)).await, (1, Rule::Effect));
}

#[tokio::test]
async fn reqwest_retry_repeats_what_is_not_implemented() {
    let (base, asked) = server("501 Never");
    reqwest_retry().get(&base).send().await.unwrap();
    assert_eq!(*asked.lock().unwrap(), 4);

    assert_eq!(errbook(client().get(&base)).await, (1, Rule::Status));
}

#[tokio::test]
async fn reqwest_retry_does_not_read_retry_after() {
    let (base, asked) = server("503 Later\r\nRetry-After: 5");
    let start = Instant::now();
    reqwest_retry().get(&base).send().await.unwrap();
    assert_eq!(*asked.lock().unwrap(), 4);
    assert!(start.elapsed() < Duration::from_secs(5));

    // There are two seconds for it, so that nothing is waited for.
    assert_eq!(errbook(client().get(&base)).await, (1, Rule::Wait));
}

#[tokio::test]
async fn octocrab_sends_a_stream_again_without_its_body() {
    let body = || Full::from("text");
    let request = http::Request::put("/").body(OctoBody::new(body())).unwrap();
    let mut policy = RetryConfig::Simple(3);
    let again = retry::Policy::<_, http::Response<()>, ()>::clone_request(&mut policy, &request).unwrap();
    assert_eq!(again.into_body().collect().await.unwrap().to_bytes(), "");

    let (base, _) = server("503 Later");
    assert_eq!(errbook(client().put(&base).body(reqwest::Body::wrap(body()))).await, (1, Rule::Replay));
}

#[test]
fn tower_rounds_a_budget_of_035_to_one_half() {
    let tower = TpsBudget::new(Duration::from_secs(10), 0, 0.35);
    (0..1_000).for_each(|_| tower.deposit());
    let paid = (0..1_000).take_while(|_| tower.withdraw()).count();
    assert_eq!(paid, 500);

    let now = Duration::ZERO;
    let ours = Budget::with(Terms::default().start(0).earn(350).max(u32::MAX));
    (0..1_000).for_each(|_| ours.earn(now));
    assert_eq!((0..1_000).take_while(|_| ours.spend(Budget::RETRY, now)).count(), 350);
}

#[tokio::test]
async fn clients_of_one_maker_of_tower_wait_equally_long() {
    let (least, most) = (Duration::from_millis(100), Duration::from_secs(20));
    let mut maker = ExponentialBackoffMaker::new(least, most, 0.99, HasherRng::default()).unwrap();
    let mut waits = || {
        let (mut backoff, start) = (maker.make_backoff(), tokio::time::Instant::now());
        [(); 3].map(|()| (backoff.next_backoff().deadline() - start).as_micros() / 1_000)
    };
    let [first, second] = [waits(), waits()];
    assert!(
        first.iter().zip(second).all(|(first, second)| first.abs_diff(second) <= 1),
        "{first:?} {second:?}"
    );

    // A wait of ours is chosen by whoever waits.
    let wait = Wait { earliest: Duration::ZERO, latest: most };
    assert_ne!(wait.pick(u64::MAX / 3), wait.pick(u64::MAX / 2));
}

#[tokio::test]
async fn azure_core_loses_the_code_for_an_escape_in_the_message() {
    let read = async |body: &'static str| {
        let status = azure_core::http::StatusCode::NotFound;
        let response = RawResponse::from_bytes(status, Headers::new(), body);
        let error = check_success(response, None).await.unwrap_err();
        match error.kind() {
            ErrorKind::HttpResponse { error_code, .. } => error_code.clone().unwrap(),
            kind => panic!("{kind}"),
        }
    };
    assert_eq!(read(r#"{"error":{"code":"not_found","message":"No email."}}"#).await, "not_found");
    assert_ne!(read(r#"{"error":{"code":"not_found","message":"No \"email\"."}}"#).await, "not_found");

    let body = r#"{"ok":false,"error":{"code":"not_found","message":"No \"email\"."}}"#;
    let err = sending::ErrorResponse::parse(StatusCode::NOT_FOUND, &HeaderMap::new(), body);
    assert_eq!((err.code(), err.message()), (Some(Code::NotFound), Some("No \"email\".")));
}

#[test]
fn google_cloud_gax_loses_a_code_that_it_does_not_know() {
    let body = r#"{"error":{"code":409,"message":"Odd.","status":"NEW_IN_AUTUMN"}}"#;
    let status = rpc::Status::try_from(&Bytes::from(body)).unwrap();
    assert_eq!(status.code, rpc::Code::Unknown);
    assert!(!format!("{status:?}").contains("NEW_IN_AUTUMN"));

    let body = r#"{"ok":false,"error":{"code":"new_in_autumn","message":"Odd."}}"#;
    let err = sending::ErrorResponse::parse(StatusCode::CONFLICT, &HeaderMap::new(), body);
    assert_eq!((err.code(), err.code_str()), (None, Some("new_in_autumn")));
}

#[tokio::test]
async fn progenitor_loses_the_status_of_a_page() {
    let page = "<html><title>Busy</title></html>";
    let response = || http::Response::builder().status(503).body(page).unwrap();
    let error =
        progenitor_client::ResponseValue::<serde_json::Value>::from_response::<()>(response().into()).await;
    assert_eq!(error.unwrap_err().status(), None);

    let err = sending::ErrorResponse::parse(StatusCode::SERVICE_UNAVAILABLE, &HeaderMap::new(), page);
    assert_eq!((err.status().as_u16(), err.message()), (503, Some("Busy")));
    let decision = Policy::default().decide(&Failure::from(&err), &Attempt::of(&Method::GET));
    assert!(matches!(decision, Decision::Retry(_)));
}
