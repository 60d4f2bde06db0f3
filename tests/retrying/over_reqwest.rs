//! Over loopback.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use errbook::mail::{Code, Management, Sending, code};
use errbook::retry::{Attempt, KeyIn, Outcome, Policy, Retries, Rule, Terms};
use http::{Method, Response};
use http_body_util::Full;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::bodies::Broken;
use super::{Asked, answer, fine, hurried};

/// What a server over loopback does with a request.
#[derive(Clone)]
enum Does {
    Answers(Response<Bytes>),
    /// Says that more comes, and hangs up.
    BreaksOff(&'static str),
}

/// A server over loopback that answers in turn, and the last for ever; and what it was asked.
async fn server(does: impl IntoIterator<Item = Does>) -> (String, Asked) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let asked = Asked::default();
    let does = Arc::new(Mutex::new(does.into_iter().collect::<VecDeque<_>>()));
    let log = Arc::clone(&asked);
    let routes = axum::Router::new().fallback(move |request: axum::extract::Request| {
        let (does, log) = (Arc::clone(&does), Arc::clone(&log));
        async move {
            let (parts, body) = request.into_parts();
            let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
            log.lock().unwrap().push((parts.headers, body));
            let next = {
                let mut does = does.lock().unwrap();
                if does.len() > 1 { does.pop_front() } else { does.front().cloned() }
            };
            match next.unwrap() {
                Does::Answers(response) => response.map(axum::body::Body::from),
                Does::BreaksOff(start) => {
                    Response::builder().status(500).body(axum::body::Body::new(Broken::after(start))).unwrap()
                }
            }
        }
    });
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (base, asked)
}

fn reqwest(retries: Retries) -> reqwest_middleware::ClientWithMiddleware {
    let client = plain();
    reqwest_middleware::ClientBuilder::new(client)
        .with(errbook::reqwest::RetryMiddleware::<Sending>::new(retries))
        .build()
}

async fn read(response: reqwest::Response) -> Result<String, errbook::reqwest::Error<Sending>> {
    errbook::reqwest::read::<Sending, String>(response).await
}

#[tokio::test]
async fn reqwest_sends_again_what_the_rules_say() {
    let json = Response::new(Bytes::from_static(b"\"fine\""));
    let (base, asked) = server([Does::Answers(answer(code::InternalError)), Does::Answers(json)]).await;
    let client = reqwest(hurried().keys(KeyIn::member("client_id")));
    let request = client
        .post(format!("{base}/messages"))
        .header("content-type", "application/json")
        .body(r#"{"to":"a@example.com"}"#);
    let response = request.send().await.unwrap();
    // What a response has beside its status is still there.
    assert_eq!(response.url().path(), "/messages");
    assert_eq!(read(response).await.unwrap(), "fine");
    let asked = asked.lock().unwrap();
    assert_eq!((asked.len(), &asked[0].1), (2, &asked[1].1));
    let body: serde_json::Value = serde_json::from_slice(&asked[0].1).unwrap();
    assert_eq!(body["client_id"].as_str().map(str::len), Some(26));
}

#[tokio::test]
async fn reqwest_reads_the_error_with_its_outcome() {
    let (base, asked) = server([Does::Answers(answer(code::NoActiveProviders))]).await;
    let response = reqwest(hurried()).get(&base).send().await.unwrap();
    let error = read(response).await.unwrap_err();
    assert_eq!(error.code(), Some(Code::NoActiveProviders));
    let outcome = error.api().unwrap().outcome().unwrap();
    assert_eq!((outcome.attempts, outcome.stop.rule), (1, Rule::Code));
    assert_eq!(outcome.stop.step.unwrap().url, Some("https://sendmux.ai/accounts"));
    assert_eq!(asked.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn reqwest_meets_a_proxy_and_a_server_that_is_killed_mid_body() {
    let page =
        || Response::builder().status(503).body(Bytes::from_static(b"<html><title>Busy</title>")).unwrap();
    let half = Does::BreaksOff(r#"{"ok":false,"error":{"code":"service_unavailable","#);
    let (base, asked) = server([Does::Answers(page()), half, Does::Answers(page())]).await;
    let error = read(reqwest(hurried()).get(&base).send().await.unwrap()).await.unwrap_err();
    let err = error.api().unwrap();
    assert_eq!((err.from_api(), err.message(), err.outcome().unwrap().attempts), (false, Some("Busy"), 3));
    assert_eq!(asked.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn reqwest_sends_a_stream_once() {
    let (base, asked) = server([Does::Answers(answer(code::ServiceUnavailable))]).await;
    let stream = reqwest::Body::wrap(Full::new(Bytes::from_static(b"once")));
    let response = reqwest(hurried()).put(&base).body(stream).send().await.unwrap();
    let error = read(response).await.unwrap_err();
    assert_eq!(error.api().unwrap().outcome().unwrap().stop.rule, Rule::Replay);
    let asked = asked.lock().unwrap();
    assert_eq!((asked.len(), &asked[0].1[..]), (1, &b"once"[..]));
}

#[tokio::test]
async fn reqwest_tries_again_where_nobody_listens() {
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let start = std::time::Instant::now();
    let policy = Policy::default().backoff(Duration::from_millis(20));
    let retries = Retries::new(policy).terms(Terms::default().start(10_000));
    let error = reqwest(retries).post(format!("http://{nobody}")).send().await.unwrap_err();
    assert!(error.is_connect(), "{error:?}");
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn reqwest_alone_reads_answers_too() {
    use errbook::reqwest::ResponseExt as _;

    let half = Does::BreaksOff(r#"{"ok":false,"error":{"code":"internal_error","#);
    let (base, _) = server([half, Does::Answers(fine()), Does::Answers(fine())]).await;
    let client = plain();
    let get = || async { client.get(&base).send().await.unwrap() };
    let error = read(get().await).await.unwrap_err();
    assert_eq!(
        (error.code(), error.to_string()),
        (Some(Code::InternalError), "internal_error (HTTP 500)".to_owned())
    );
    assert!(error.api().unwrap().is_truncated());
    let error = read(get().await).await.unwrap_err();
    assert!(matches!(error, errbook::reqwest::Error::Unreadable { .. }), "{error:?}");
    assert!(get().await.error_for_api::<Sending>().await.is_ok());
}

#[tokio::test]
async fn reqwest_needs_no_middleware() {
    let (base, asked) =
        server([Does::Answers(answer(code::ServiceUnavailable)), Does::Answers(fine())]).await;
    let client = plain();
    let request = || client.post(format!("{base}/emails")).body("hello").build().unwrap();
    let send = async |retries| errbook::reqwest::send::<Sending>(&client, request(), &retries, None).await;
    assert_eq!(send(hurried()).await.unwrap().text().await.unwrap(), "fine");
    assert_eq!(asked.lock().unwrap().len(), 2);

    let (base, asked) = server([Does::Answers(answer(code::InternalError))]).await;
    let request = client.post(base).body("hello").build().unwrap();
    let retries = hurried().keys(KeyIn::header("idempotency-key"));
    let error = errbook::reqwest::send::<Sending>(&client, request, &retries, None).await.unwrap_err();
    assert_eq!(error.code(), Some(Code::InternalError));
    assert_eq!(error.api().unwrap().outcome().unwrap().attempts, 3);
    assert_eq!(asked.lock().unwrap().len(), 3);
}

/// A server that takes a request and hangs up.
async fn hangs_up() -> (String, Arc<Mutex<u32>>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(0));
    let count = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            *count.lock().unwrap() += 1;
            let mut request = [0; 1024];
            stream.readable().await.unwrap();
            let _ = stream.try_read(&mut request);
        }
    });
    (base, asked)
}

#[tokio::test]
async fn what_had_no_answer_is_not_multiplied() {
    let (base, asked) = hangs_up().await;
    let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap();
    let (inner, outer) = (hurried(), hurried());
    let error = outer
        .run("api.example", Attempt::of(&Method::GET), |_| async {
            let request = client.get(&base).build().unwrap();
            errbook::reqwest::send::<Sending>(&client, request, &inner, None).await
        })
        .await
        .unwrap_err();
    assert_eq!(*asked.lock().unwrap(), 3);
    assert_eq!(format!("{error}"), "no answer");
    let text = "no answer after 3 attempts: all attempts failed: connection closed before message completed";
    assert_eq!(format!("{error:#}"), text);
}

#[tokio::test]
async fn middlewares_around_each_other_do_not_multiply() {
    let (base, asked) = hangs_up().await;
    let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap();
    let retry = || errbook::reqwest::RetryMiddleware::<Sending>::new(hurried());
    let client = reqwest_middleware::ClientBuilder::new(client).with(retry()).with(retry()).build();
    let mut extensions = http::Extensions::new();
    for _ in 0..2 {
        *asked.lock().unwrap() = 0;
        let request = client.get(&base).build().unwrap();
        client.execute_with_extensions(request, &mut extensions).await.unwrap_err();
        assert_eq!(*asked.lock().unwrap(), 3);
        assert_eq!(extensions.get::<Outcome>().unwrap().stop.rule, Rule::Attempts);
    }
}

/// A server that writes these bytes in turn, and the last ones for ever; and how often it was asked.
async fn writes(answers: &'static [&'static str]) -> (String, Arc<Mutex<usize>>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(0));
    let count = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 1024]).await;
            let at = *count.lock().unwrap();
            *count.lock().unwrap() += 1;
            let answer = answers[at.min(answers.len() - 1)];
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (base, asked)
}

const HALF: &str = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\n\"fi";

#[tokio::test]
async fn a_success_that_breaks_off_is_asked_for_again() {
    const ANSWERS: &[&str] =
        &[HALF, "HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\n\"fine\""];
    let client = plain();
    let call = async |request: reqwest::RequestBuilder| {
        let request = request.build().unwrap();
        errbook::reqwest::call::<Sending, String>(&client, request, &hurried(), None).await
    };
    let (base, _) = writes(ANSWERS).await;
    assert_eq!(call(client.get(base)).await.unwrap(), "fine");
    // It may have taken effect.
    let (base, asked) = writes(ANSWERS).await;
    let error = call(client.post(base)).await.unwrap_err();
    assert_eq!((error.outcome().unwrap().stop.rule, *asked.lock().unwrap()), (Rule::Effect, 1));
}

#[tokio::test]
async fn a_success_without_a_body_is_nothing_and_another_type_is_an_error_at_once() {
    let empty = || Response::builder().status(204).body(Bytes::new()).unwrap();
    let (base, asked) = server([Does::Answers(empty()), Does::Answers(fine())]).await;
    let client = plain();
    let request = || client.delete(&base).build().unwrap();
    errbook::reqwest::call::<Sending, ()>(&client, request(), &hurried(), None).await.unwrap();
    let error =
        errbook::reqwest::call::<Sending, u8>(&client, request(), &hurried(), None).await.unwrap_err();
    assert!(matches!(error, errbook::reqwest::Error::Unreadable { .. }), "{error:?}");
    assert_eq!(asked.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn what_reqwest_made_of_an_answer_is_no_lost_connection() {
    let unknown = Response::builder().status(404).body(Bytes::new()).unwrap();
    for (does, rule) in [(unknown, Rule::Status), (fine(), Rule::Status)] {
        let (base, asked) = server([Does::Answers(does)]).await;
        let client = plain();
        let error = hurried()
            .run("one", Attempt::of(&Method::GET), async |_| {
                let response = client.get(&base).send().await?.error_for_status()?;
                Ok::<u8, errbook::reqwest::Error<Sending>>(response.json().await?)
            })
            .await
            .unwrap_err();
        let outcome = error.outcome().unwrap();
        assert_eq!(
            (outcome.attempts, outcome.stop.rule, asked.lock().unwrap().len()),
            (1, rule, 1),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_client_of_another_api_further_in_is_not_multiplied() {
    let (base, asked) = server([Does::Answers(answer(code::InternalError))]).await;
    let client = reqwest(hurried());
    let error = hurried()
        .run("one", Attempt::of(&Method::GET), async |_| {
            let response = client.get(&base).send().await.unwrap();
            errbook::reqwest::read::<Management, u8>(response).await
        })
        .await
        .unwrap_err();
    assert_eq!((error.outcome().unwrap().attempts, asked.lock().unwrap().len()), (3, 3));
}

#[tokio::test]
async fn what_is_neither_a_success_nor_an_error_is_no_value() {
    let unchanged = Response::builder().status(304).body(Bytes::new()).unwrap();
    let (base, asked) = server([Does::Answers(unchanged)]).await;
    let client = plain();
    let request = || client.get(&base).build().unwrap();
    let error =
        errbook::reqwest::call::<Sending, ()>(&client, request(), &hurried(), None).await.unwrap_err();
    assert_eq!(error.api().unwrap().status(), 304);
    let response = errbook::reqwest::fetch::<Sending>(&client, request(), &hurried(), None).await.unwrap();
    assert_eq!(response.status(), 304);
    assert_eq!(asked.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_success_that_declares_a_failure_is_one() {
    let failure = Response::new(Bytes::from_static(br#"{"ok":false,"error":{"code":"internal_error"}}"#));
    let (base, asked) = server([Does::Answers(failure), Does::Answers(Response::new("7".into()))]).await;
    let client = plain();
    let request = client.get(&base).build().unwrap();
    assert_eq!(errbook::reqwest::call::<Sending, u8>(&client, request, &hurried(), None).await.unwrap(), 7);
    assert_eq!(asked.lock().unwrap().len(), 2);
}

fn plain() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

async fn fails(client: &reqwest::Client, request: reqwest::RequestBuilder, retries: &Retries) -> Outcome {
    let request = request.build().unwrap();
    let error = errbook::reqwest::send::<Sending>(client, request, retries, None).await.unwrap_err();
    *error.outcome().unwrap()
}

#[tokio::test]
async fn an_answer_behind_a_redirect_does_not_say_what_became_of_the_request() {
    let elsewhere =
        Response::builder().status(303).header("location", "/orders/1").body(Bytes::new()).unwrap();
    let later = Does::Answers(answer(code::ServiceUnavailable));
    let turns = || [Does::Answers(elsewhere.clone()), later.clone()].into_iter().cycle().take(6);
    let client = plain();
    let (base, asked) = server(turns()).await;
    let outcome = fails(&client, client.post(format!("{base}/orders")), &hurried()).await;
    assert_eq!((outcome.stop.rule, asked.lock().unwrap().len()), (Rule::Effect, 2));
    let (base, asked) = server(turns()).await;
    let response = reqwest(hurried()).post(format!("{base}/orders")).send().await.unwrap();
    assert_eq!((response.status().as_u16(), asked.lock().unwrap().len()), (503, 2));
    // Where nothing leads elsewhere, the service says that it hasn't begun; nor does a fragment lead anywhere.
    let (base, asked) = server([later]).await;
    let outcome = fails(&client, client.post(format!("{base}/orders?a=b#c")), &hurried()).await;
    assert_eq!((outcome.stop.rule, asked.lock().unwrap().len()), (Rule::Attempts, 3));
}

#[tokio::test]
async fn what_reqwest_could_not_do_is_told_apart() {
    async fn fails(client: &reqwest::Client, request: reqwest::RequestBuilder) -> (String, u32, Rule) {
        let retries = Retries::new(Policy::default().backoff(Duration::from_millis(1)));
        let error =
            errbook::reqwest::call::<Sending, ()>(client, request.build().unwrap(), &retries, None).await;
        let error = error.unwrap_err();
        let outcome = error.outcome().unwrap();
        (error.to_string(), outcome.attempts, outcome.stop.rule)
    }
    let told = |text: &str, attempts, rule| (text.to_owned(), attempts, rule);
    let client = plain();
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let failed = fails(&client, client.post(format!("http://{nobody}"))).await;
    assert_eq!(failed, told("no connection", 3, Rule::Attempts));
    let circle = Response::builder().status(302).header("location", "/").body(Bytes::new()).unwrap();
    let (base, _) = server([Does::Answers(circle)]).await;
    let failed = fails(&client, client.get(&base)).await;
    assert_eq!(failed, told("a redirect that is not followed", 1, Rule::Status));
    // Two tokens are less than a timeout costs.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = format!("http://{}", silent.local_addr().unwrap());
    let hasty = reqwest::Client::builder().no_proxy().timeout(Duration::from_millis(50)).build().unwrap();
    assert_eq!(fails(&hasty, hasty.get(silent)).await, told("no answer in time", 1, Rule::Budget));
    let (base, _) = writes(&[HALF]).await;
    let failed = fails(&client, client.get(base)).await;
    assert_eq!(failed, told("an answer that breaks off", 3, Rule::Attempts));
}

#[tokio::test]
async fn reqwest_s_hosts_have_their_own_budgets() {
    let (client, retries) = (plain(), Retries::new(Policy::default().backoff(Duration::from_millis(1))));
    for _ in 0..2 {
        let (one, _) = server([Does::Answers(answer(code::InternalError))]).await;
        let two = one.replace("http://", "http://user@");
        let outcome = fails(&client, client.get(one), &retries).await;
        assert_eq!(outcome.stop.rule, Rule::Attempts);
        // A builder would have put the user into a header.
        let two = reqwest::Request::new(Method::GET, two.parse().unwrap());
        let two = reqwest::RequestBuilder::from_parts(client.clone(), two);
        assert_eq!(fails(&client, two, &retries).await.stop.rule, Rule::Budget);
    }
}

#[tokio::test]
async fn a_success_that_ends_with_the_connection_may_have_broken_off() {
    let (base, _) = writes(&[
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{\"id\":",
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{\"id\":7}",
    ])
    .await;
    let client = plain();
    let request = client.get(base).build().unwrap();
    let read: serde_json::Value =
        errbook::reqwest::call::<Sending, _>(&client, request, &hurried(), None).await.unwrap();
    assert_eq!(read["id"], 7);
}

#[tokio::test]
async fn the_method_is_the_request_s_own() {
    let client = plain();
    let (base, asked) = server([Does::Answers(answer(code::InternalError))]).await;
    let hasty = Attempt::of(&Method::GET).left(Duration::from_secs(5));
    let sent = |attempt| {
        let request = client.post(&base).build().unwrap();
        let client = &client;
        async move { errbook::reqwest::send::<Sending>(client, request, &hurried(), Some(attempt)).await }
    };
    sent(hasty).await.unwrap_err();
    assert_eq!(asked.lock().unwrap().len(), 1);
    sent(hasty.idempotent()).await.unwrap_err();
    assert_eq!(asked.lock().unwrap().len(), 4);
}
