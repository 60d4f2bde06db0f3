//! `Retries::run`.

use std::cell::Cell;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::Poll;
use std::time::Duration;

use errbook::ErrorResponse;
use errbook::mail::{Sending, code, sending};
use errbook::retry::{Attempt, Policy, Retries, Rule, Terms};
use http::Method;
use tokio::time::Instant;

use super::retries;

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
