//! Around a service of tower.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use errbook::ErrorResponse;
use errbook::mail::{Action, Code, Inbox, Sending, code, sending};
use errbook::retry::{AsFailure, Attempt, Failure, KeyIn, Outcome, Retries, RetryLayer, Rule, Terms};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use tokio::time::Instant;
use tower::{Layer as _, ServiceExt as _, service_fn};

use super::bodies::{Broken, Empty, Slow, Stalled};
use super::{Asked, answer, fine, get, limited, post, retries};

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
    assert_eq!((err.code(), err.message(), err.is_truncated()), (Some(Code::InternalError), None, true));
    assert_eq!(*asked.lock().unwrap(), 3);
    // Whoever reads on meets the error, too.
    assert!(response.into_body().collect().await.is_err());
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

#[derive(Debug)]
struct Lost(Option<Outcome>);

impl AsFailure for Lost {
    fn as_failure(&self) -> Failure {
        Failure::no_answer().exhausted_by(self.0.as_ref())
    }

    fn with_outcome(self, outcome: Outcome) -> Lost {
        Lost(Some(outcome))
    }
}

#[tokio::test(start_paused = true)]
async fn layers_do_not_multiply_an_error_that_keeps_the_outcome() {
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
    assert_eq!((err.code(), err.is_truncated()), (Some(Code::NotFound), false));
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

/// Answers once, and is never ready again.
#[derive(Clone, Default)]
struct Dies(Arc<Mutex<u32>>);

impl tower::Service<Request<Full<Bytes>>> for Dies {
    type Response = Response<Full<Bytes>>;
    type Error = Lost;
    type Future = std::future::Ready<Result<Self::Response, Lost>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Lost>> {
        let answered = *self.0.lock().unwrap();
        std::task::Poll::Ready(if answered == 0 { Ok(()) } else { Err(Lost(None)) })
    }

    fn call(&mut self, _: Request<Full<Bytes>>) -> Self::Future {
        *self.0.lock().unwrap() += 1;
        std::future::ready(Ok(answer(code::InternalError).map(Full::new)))
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_not_ready_again_has_failed() {
    let retry = RetryLayer::<Sending, Lost>::new(retries()).failures(Lost::as_failure);
    let service = Dies::default();
    let failed = retry.outcomes(Lost::with_outcome).layer(service.clone()).oneshot(get()).await;
    let Lost(outcome) = failed.map(drop).unwrap_err();
    assert_eq!((*service.0.lock().unwrap(), outcome.unwrap().attempts), (1, 3));
}
