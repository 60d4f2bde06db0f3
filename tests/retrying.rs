//! Requests that are sent again: by a loop, by the layer, by the middleware of reqwest.
#![cfg(all(feature = "retry", feature = "tower", feature = "reqwest-middleware"))]
#![allow(clippy::type_complexity, clippy::unwrap_used)]

use std::cell::Cell;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use errbook::mail::{Action, Code, Inbox, Sending, code, sending};
use errbook::retry::{AsFailure, Attempt, Failure, KeyIn, Outcome, Policy, Retries, RetryLayer, Rule, Terms};
use errbook::{ErrorResponse, RequestId};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::Instant;
use tower::{Layer as _, ServiceExt as _, service_fn};

/// What a server was asked.
type Asked = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;

fn answer(error: impl Into<sending::Error>) -> Response<Bytes> {
    error.into().answer(&RequestId::from_text("req_1").unwrap()).into_response()
}

fn limited(seconds: u64) -> Response<Bytes> {
    answer(code::RateLimitExceeded { retry_after: Duration::from_secs(seconds) })
}

fn fine() -> Response<Bytes> {
    Response::new(Bytes::from_static(b"fine"))
}

/// Budgets that are never in the way.
fn retries() -> Retries {
    Retries::new(Policy::default()).terms(Terms::default().start(10_000))
}

/// A client of a server that answers with these, in turn, and the last one for ever.
fn client(
    retries: Retries,
    answers: impl IntoIterator<Item = Response<Bytes>>,
) -> (
    impl tower::Service<
        Request<Full<Bytes>>,
        Response = Response<errbook::retry::Peeked<Full<Bytes>>>,
        Error = Infallible,
        Future: Send,
    > + Clone,
    Asked,
) {
    let asked = Asked::default();
    let answers = Arc::new(Mutex::new(answers.into_iter().collect::<VecDeque<_>>()));
    let log = Arc::clone(&asked);
    let server = service_fn(move |request: Request<Full<Bytes>>| {
        let (answers, log) = (Arc::clone(&answers), Arc::clone(&log));
        async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            log.lock().unwrap().push((parts.headers, body));
            let mut answers = answers.lock().unwrap();
            let answer = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
            Ok::<_, Infallible>(answer.unwrap().map(Full::new))
        }
    });
    (RetryLayer::<Sending, Infallible>::new(retries).layer(server), asked)
}

fn post(body: &'static str) -> Request<Full<Bytes>> {
    Request::post("http://api.example/emails").body(Full::from(body)).unwrap()
}

fn get() -> Request<Full<Bytes>> {
    Request::get("http://api.example/emails").body(Full::default()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_loop_waits_as_long_as_the_server_asks() {
    let retries = retries();
    let start = Instant::now();
    let first = Attempt::of(&Method::POST);
    let sent = retries.run("api.example", first, async |attempt| match attempt.number() {
        1 => Err(ErrorResponse::<Sending>::from(sending::Error::from(code::RateLimitExceeded {
            retry_after: Duration::from_secs(30),
        }))),
        number => Ok(number),
    });
    assert_eq!(sent.await.unwrap(), 2);
    let waited = start.elapsed();
    assert!((30..=45).contains(&waited.as_secs()), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_loop_runs_on_any_thread_and_says_how_it_ended() {
    let retries = retries();
    // Spawned: the future is Send.
    let failed = tokio::spawn(async move {
        let attempt = Attempt::of(&Method::GET);
        let send = async |_| {
            tokio::task::yield_now().await;
            Err::<(), _>(ErrorResponse::<Sending>::from(sending::Error::from(code::InternalError)))
        };
        retries.run("api.example", attempt, send).await.unwrap_err()
    });
    let err = failed.await.unwrap();
    let outcome = err.outcome().unwrap();
    assert_eq!((outcome.attempts, outcome.stop.rule), (3, Rule::Attempts));
    assert!(outcome.is_exhausted());
    assert_eq!(outcome.stop.step.unwrap().name, "contact_support");
    assert!(format!("{err:#}").contains("after 3 attempts: all attempts failed"), "{err:#}");
}

#[tokio::test(start_paused = true)]
async fn a_loop_within_a_loop_is_not_multiplied() {
    let (inner, outer) = (retries(), retries());
    let sent = Cell::new(0);
    let result = outer
        .run("api.example", Attempt::of(&Method::GET), async |_| {
            inner
                .run("api.example", Attempt::of(&Method::GET), async |_| {
                    sent.set(sent.get() + 1);
                    Err::<(), _>(ErrorResponse::<Sending>::from(sending::Error::from(code::InternalError)))
                })
                .await
        })
        .await;
    // How it ended is known where it ended.
    assert_eq!((sent.get(), result.unwrap_err().outcome().unwrap().attempts), (3, 3));
}

#[tokio::test(start_paused = true)]
async fn what_failed_at_once_comes_back_one_after_the_other() {
    let retries = retries();
    let start = Instant::now();
    let again = Mutex::new(Vec::new());
    let clients = (0..10).map(|_| {
        retries.run("api.example", Attempt::of(&Method::GET), async |attempt: Attempt| {
            match attempt.number() {
                1 => Err(ErrorResponse::<Sending>::from(sending::Error::from(code::RateLimitExceeded {
                    retry_after: Duration::from_secs(30),
                }))),
                _ => {
                    again.lock().unwrap().push(start.elapsed());
                    Ok(())
                }
            }
        })
    });
    for sent in join_all(clients).await {
        sent.unwrap();
    }
    let again = again.into_inner().unwrap();
    let least = again.iter().min().unwrap();
    assert!(again.iter().any(|at| *at > *least + Duration::from_secs(1)), "{again:?}");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_when_there_is_no_time_left() {
    let policy = Policy::default().backoff(Duration::from_secs(1));
    let retries = Retries::new(policy).terms(Terms::default().start(u32::MAX).max(u32::MAX));
    let time = Duration::from_millis(20);
    for _ in 0..200 {
        let start = Instant::now();
        let failed = retries.run("api.example", Attempt::of(&Method::GET).left(time), async |_| {
            assert!(start.elapsed() < time);
            Err::<(), _>(ErrorResponse::<Sending>::from(sending::Error::from(code::InternalError)))
        });
        failed.await.unwrap_err();
    }
}

#[tokio::test(start_paused = true)]
async fn what_succeeds_pays_for_what_fails() {
    let poor = || Retries::default().terms(Terms::default().start(0).earn(500));
    let retries = poor();
    let mut answers = [Ok(()), Ok(()), Err(sending::Error::from(code::InternalError)), Ok(())].into_iter();
    for _ in 0..3 {
        let send = |_| std::future::ready(answers.next().unwrap().map_err(ErrorResponse::<Sending>::from));
        retries.run("api.example", Attempt::of(&Method::GET), send).await.unwrap();
    }
    let (client, asked) = client(poor(), [fine(), fine(), answer(code::InternalError), fine()]);
    for _ in 0..3 {
        assert_eq!(client.clone().oneshot(get()).await.unwrap().status(), 200);
    }
    assert_eq!(asked.lock().unwrap().len(), 4);
}

/// All of them at once.
async fn join_all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut futures: Vec<_> = futures.into_iter().map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        for (future, output) in futures.iter_mut().filter(|(_, output)| output.is_none()) {
            if let Poll::Ready(ready) = future.as_mut().poll(context) {
                *output = Some(ready);
            }
        }
        match futures.iter().all(|(_, output)| output.is_some()) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    })
    .await;
    futures.into_iter().filter_map(|(_, output)| output).collect()
}

#[tokio::test(start_paused = true)]
async fn the_time_of_an_operation_is_kept() {
    let start = Instant::now();
    let retries = retries().within(Duration::from_secs(20));
    let err = retries
        .run("api.example", Attempt::of(&Method::GET), async |attempt: Attempt| {
            tokio::time::sleep(Duration::from_secs(6)).await;
            let wait = if attempt.number() == 1 { 5 } else { 9 };
            Err::<(), _>(sending::ErrorResponse::from(sending::Error::from(code::RateLimitExceeded {
                retry_after: Duration::from_secs(wait),
            })))
        })
        .await
        .unwrap_err();
    // 6 + 5 to 7.5 + 6 leave less than 9.
    assert_eq!(err.outcome().map(|outcome| (outcome.attempts, outcome.stop.rule)), Some((2, Rule::Wait)));
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[tokio::test(start_paused = true)]
async fn a_request_is_sent_again_with_its_body_and_its_key() {
    let retries = retries().keys(KeyIn::header("idempotency-key"));
    let (client, asked) = client(retries, [answer(code::InternalError), limited(1), fine()]);
    let response = client.oneshot(post("hello")).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "fine");
    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), 3);
    assert!(asked.iter().all(|(_, body)| body == "hello"));
    let keys: Vec<_> = asked.iter().map(|(headers, _)| &headers["idempotency-key"]).collect();
    assert!(keys[0].len() == 26 && keys.iter().all(|key| *key == keys[0]));
}

#[tokio::test(start_paused = true)]
async fn a_post_without_a_key_is_sent_once() {
    let (client, asked) = client(retries(), [answer(code::InternalError)]);
    let response = client.oneshot(post("hello")).await.unwrap();
    let err = response.extensions().get::<sending::ErrorResponse>().unwrap();
    assert_eq!(err.outcome().unwrap().stop.rule, Rule::Effect);
    assert_eq!(asked.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_the_caller_knows_stands_in_the_extensions() {
    let (client, asked) = client(retries(), [answer(code::InternalError), fine()]);
    let mut request = post("hello");
    request.extensions_mut().insert(Attempt::of(&Method::POST).idempotent());
    assert_eq!(client.oneshot(request).await.unwrap().status(), 200);
    assert_eq!(asked.lock().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_key_costs_one_request() {
    let (client, asked) = client(retries(), [answer(code::AuthenticationRequired)]);
    let response = client.oneshot(get()).await.unwrap();
    let err = response.extensions().get::<sending::ErrorResponse>().unwrap();
    assert_eq!((err.code(), err.action()), (Some(Code::AuthenticationRequired), Some(Action::Authenticate)));
    assert_eq!(asked.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_last_answer_is_given_on_as_it_was() {
    let page = "<html>".to_owned() + &"x".repeat(200_000);
    let proxy =
        Response::builder().status(502).header("server", "proxy").body(Bytes::from(page.clone())).unwrap();
    let (client, asked) = client(retries(), [proxy]);
    let response = client.oneshot(get()).await.unwrap();
    assert_eq!(
        (response.status(), &response.headers()["server"]),
        (StatusCode::BAD_GATEWAY, &"proxy".parse().unwrap())
    );
    assert!(response.extensions().get::<sending::ErrorResponse>().unwrap().is_truncated());
    assert_eq!(http_body::Body::size_hint(response.body()).exact(), Some(page.len() as u64));
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), page);
    assert_eq!(asked.lock().unwrap().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn layers_around_each_other_do_not_multiply() {
    let (client, asked) = client(retries(), [answer(code::InternalError)]);
    let outer = || RetryLayer::<Sending, Infallible>::new(retries());
    // Nor does one that reads another API.
    let other = RetryLayer::<Inbox, Infallible>::new(retries());
    let response = other.layer(outer().layer(outer().layer(client))).oneshot(get()).await.unwrap();
    assert_eq!(response.status(), 500);
    assert_eq!(asked.lock().unwrap().len(), 3);
    assert_eq!(response.extensions().get::<sending::ErrorResponse>().unwrap().outcome().unwrap().attempts, 3);
}

#[tokio::test(start_paused = true)]
async fn a_host_that_fails_uses_up_its_own_budget() {
    let retries = Retries::default();
    let (client, asked) = client(retries, [answer(code::InternalError)]);
    let ask = |uri: &'static str| client.clone().oneshot(Request::get(uri).body(Full::default()).unwrap());
    let rule = |response: Response<_>| {
        response.extensions().get::<sending::ErrorResponse>().unwrap().outcome().unwrap().stop.rule
    };
    // Two tokens to begin with.
    assert_eq!(rule(ask("http://a.example/").await.unwrap()), Rule::Attempts);
    assert_eq!(asked.lock().unwrap().len(), 3);
    assert_eq!(rule(ask("http://a.example/").await.unwrap()), Rule::Budget);
    assert_eq!(asked.lock().unwrap().len(), 4);
    // However it is spelled.
    for same in ["http://A.example/", "http://a.example:80/", "http://user@a.example/"] {
        assert_eq!(rule(ask(same).await.unwrap()), Rule::Budget);
    }
    assert_eq!(rule(ask("http://a.example:8080/").await.unwrap()), Rule::Attempts);
    assert_eq!(rule(ask("http://b.example/").await.unwrap()), Rule::Attempts);
    assert_eq!(asked.lock().unwrap().len(), 13);
}

#[tokio::test(start_paused = true)]
async fn an_error_of_the_client_itself_is_what_it_is_said_to_be() {
    for (kind, attempts) in [(io::ErrorKind::ConnectionRefused, 3), (io::ErrorKind::ConnectionReset, 1)] {
        let asked = Arc::new(Mutex::new(0));
        let count = Arc::clone(&asked);
        let server = service_fn(move |_: Request<Full<Bytes>>| {
            *count.lock().unwrap() += 1;
            async move { Err::<Response<Full<Bytes>>, _>(io::Error::from(kind)) }
        });
        let layer = RetryLayer::<Sending, io::Error>::new(retries()).failures(|error| match error.kind() {
            io::ErrorKind::ConnectionRefused => Failure::not_sent(),
            _ => Failure::no_answer(),
        });
        assert_eq!(layer.layer(server).oneshot(post("")).await.unwrap_err().kind(), kind);
        assert_eq!(*asked.lock().unwrap(), attempts, "{kind}");
    }
}

/// A body that breaks off after its first piece, once that was sent.
struct Broken {
    start: Option<Bytes>,
    is_sent: bool,
}

impl Broken {
    fn after(start: &'static str) -> Broken {
        Broken { start: Some(start.into()), is_sent: false }
    }
}

impl http_body::Body for Broken {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<http_body::Frame<Bytes>>>> {
        if let Some(start) = self.start.take() {
            return Poll::Ready(Some(Ok(http_body::Frame::data(start))));
        }
        if std::mem::replace(&mut self.is_sent, true) {
            return Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())));
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_breaks_off_is_read_as_far_as_it_came() {
    let asked = Arc::new(Mutex::new(0));
    let count = Arc::clone(&asked);
    let server = service_fn(move |_: Request<Full<Bytes>>| {
        *count.lock().unwrap() += 1;
        let body = Broken::after(r#"{"ok":false,"error":{"code":"internal_error","mess"#);
        async { Ok::<_, Infallible>(Response::builder().status(500).body(body).unwrap()) }
    });
    let client = RetryLayer::<Sending, Infallible>::new(retries()).layer(server);
    let response = client.oneshot(get()).await.unwrap();
    let err = response.extensions().get::<sending::ErrorResponse>().unwrap();
    assert_eq!((err.code(), err.message()), (Some(Code::InternalError), None));
    assert_eq!(*asked.lock().unwrap(), 3);
    // Whoever reads on meets the error, too.
    assert!(response.into_body().collect().await.is_err());
}

/// A body of which nothing more comes.
struct Stalled;

impl http_body::Body for Stalled {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_whose_body_never_comes_is_not_waited_for() {
    let server = service_fn(|_: Request<Full<Bytes>>| async {
        Ok::<_, Infallible>(Response::builder().status(404).body(Stalled).unwrap())
    });
    let start = Instant::now();
    let client = RetryLayer::<Sending, Infallible>::new(retries()).layer(server);
    let response = client.oneshot(get()).await.unwrap();
    assert_eq!((response.status().as_u16(), start.elapsed().as_secs()), (404, 10));
}

#[tokio::test(start_paused = true)]
async fn what_is_no_error_is_not_read() {
    for status in [101, 204, 304, 307] {
        let server = service_fn(move |_: Request<Full<Bytes>>| async move {
            Ok::<_, Infallible>(Response::builder().status(status).body(Stalled).unwrap())
        });
        let client = RetryLayer::<Sending, Infallible>::new(retries()).layer(server);
        let response = client.oneshot(get()).await.unwrap();
        assert_eq!(response.status().as_u16(), status);
        assert!(response.extensions().get::<sending::ErrorResponse>().is_none());
    }
}

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

/// A policy whose pauses nobody notices.
fn hurried() -> Retries {
    let policy = Policy::default().backoff(Duration::from_millis(1)).throttle(Duration::from_millis(1));
    Retries::new(policy).terms(Terms::default().start(10_000))
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
    let error = read(get().await).await.unwrap_err();
    assert!(matches!(error, errbook::reqwest::Error::Unreadable { .. }), "{error:?}");
    assert!(get().await.error_for_api::<Sending>().await.is_ok());
}

/// As a client has it that borrows what it sends, and whose future is boxed by somebody.
#[tokio::test(start_paused = true)]
async fn a_loop_over_what_is_borrowed_can_be_boxed() {
    struct Api {
        retries: Retries,
        answer: String,
    }
    impl Api {
        async fn once(&self, to: &str, attempt: Attempt) -> Result<String, sending::ErrorResponse> {
            tokio::task::yield_now().await;
            match attempt.number() {
                1 => Err(sending::ErrorResponse::from(sending::Error::from(code::InternalError))),
                _ => Ok(format!("{} {to}", self.answer)),
            }
        }

        fn send<'s>(
            &'s self,
            to: &'s str,
        ) -> Pin<Box<dyn Future<Output = Result<String, sending::ErrorResponse>> + Send + 's>> {
            Box::pin(async move {
                let first = Attempt::of(&Method::GET);
                self.retries.run("api.example", first, |attempt| self.once(to, attempt)).await
            })
        }
    }
    let api = Api { retries: retries(), answer: "sent to".to_owned() };
    assert_eq!(api.send("a@example.com").await.unwrap(), "sent to a@example.com");
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
async fn what_had_no_answer_is_not_multiplied_either() {
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
async fn nor_by_middlewares_around_each_other() {
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

#[derive(Debug)]
struct Lost(Option<Outcome>);

impl AsFailure for Lost {
    fn as_failure(&self) -> Failure {
        match &self.0 {
            Some(outcome) if outcome.is_exhausted() => Failure::no_answer().exhausted(),
            _ => Failure::no_answer(),
        }
    }

    fn with_outcome(self, outcome: Outcome) -> Lost {
        Lost(Some(outcome))
    }
}

#[tokio::test(start_paused = true)]
async fn nor_by_layers_whose_error_keeps_the_outcome() {
    let asked = Arc::new(Mutex::new(0));
    let count = Arc::clone(&asked);
    let server = service_fn(move |_: Request<Full<Bytes>>| {
        *count.lock().unwrap() += 1;
        async { Err::<Response<Full<Bytes>>, _>(Lost(None)) }
    });
    let retry = RetryLayer::<Sending, Lost>::new(retries()).failures(Lost::as_failure);
    let retry = retry.outcomes(Lost::with_outcome);
    let Lost(outcome) = retry.layer(retry.layer(server)).oneshot(get()).await.unwrap_err();
    assert_eq!((*asked.lock().unwrap(), outcome.unwrap().stop.rule), (3, Rule::Attempts));
}

#[tokio::test(start_paused = true)]
async fn who_tries_once_leaves_the_others_to_somebody_else() {
    let once = Retries::new(Policy::default().attempts(1));
    let sent = Cell::new(0);
    let inner = async |_| {
        sent.set(sent.get() + 1);
        Err::<(), _>(ErrorResponse::<Sending>::from(sending::Error::from(code::InternalError)))
    };
    let get = Attempt::of(&Method::GET);
    let result = retries().run("api.example", get, |_| once.run("api.example", get, inner)).await;
    assert_eq!((sent.get(), result.unwrap_err().outcome().unwrap().attempts), (3, 3));
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

#[tokio::test(start_paused = true)]
async fn an_error_is_read_no_longer_than_there_is_time() {
    let server = service_fn(|_: Request<Full<Bytes>>| async {
        Ok::<_, Infallible>(Response::builder().status(503).body(Stalled).unwrap())
    });
    let start = Instant::now();
    let client =
        RetryLayer::<Sending, Infallible>::new(retries().within(Duration::from_secs(1))).layer(server);
    client.oneshot(get()).await.unwrap();
    assert!(start.elapsed() <= Duration::from_millis(1_100), "{:?}", start.elapsed());
}

/// A body that comes after a while.
struct Slow(Pin<Box<tokio::time::Sleep>>, Option<Bytes>);

impl http_body::Body for Slow {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        std::task::ready!(self.0.as_mut().poll(context));
        Poll::Ready(self.1.take().map(|body| Ok(http_body::Frame::data(body))))
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_that_comes_too_late_is_read_nevertheless() {
    let server = service_fn(|_: Request<Full<Bytes>>| async {
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        let (parts, body) = answer(code::NotFound).into_parts();
        let body = Slow(Box::pin(tokio::time::sleep(Duration::from_millis(10))), Some(body));
        Ok::<_, Infallible>(Response::from_parts(parts, body))
    });
    let client =
        RetryLayer::<Sending, Infallible>::new(retries().within(Duration::from_secs(1))).layer(server);
    let response = client.oneshot(get()).await.unwrap();
    let err = response.extensions().get::<sending::ErrorResponse>().unwrap();
    assert_eq!(err.code(), Some(Code::NotFound));
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
    assert_eq!(failed, told("redirects without an end", 1, Rule::Status));
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

/// So many frames without data, then trailers.
struct Empty(usize);

impl http_body::Body for Empty {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        let frame = match self.0 {
            0 => return Poll::Ready(None),
            1 => http_body::Frame::trailers(HeaderMap::from_iter([(
                "x-sum".parse().unwrap(),
                "1".parse().unwrap(),
            )])),
            _ => http_body::Frame::data(Bytes::new()),
        };
        self.0 -= 1;
        Poll::Ready(Some(Ok(frame)))
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_of_nothing_ends_and_its_trailers_stay() {
    for frames in [10, 1_000_000] {
        let server = service_fn(move |_: Request<Full<Bytes>>| async move {
            Ok::<_, Infallible>(Response::builder().status(404).body(Empty(frames)).unwrap())
        });
        let client = RetryLayer::<Sending, Infallible>::new(retries()).layer(server);
        let response = client.oneshot(get()).await.unwrap();
        let whole = response.into_body().collect().await.unwrap();
        assert_eq!(whole.trailers().unwrap()["x-sum"], "1");
    }
}
