//! A client where std has neither clock nor randomness nor threads: it brings its own, and everything else works. What fails
//! here is a trap of the WebAssembly, and so an error of Node.

use std::cell::Cell;
use std::future::{Future, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use errbook::mail::{Action, Code, sending};
use errbook::retry::{Attempt, IdempotencyKey, KeyIn, Policy, Retries, Rule, Timer};
use http::{Extensions, HeaderMap, HeaderValue, Method, StatusCode};

/// A clock that stands still but for sleeping.
#[derive(Default)]
struct Page {
    now: Cell<Duration>,
    random: Cell<u64>,
}

impl Timer for Page {
    fn now(&self) -> Duration {
        self.now.get()
    }

    fn sleep(&self, wait: Duration) -> impl Future<Output = ()> {
        self.now.set(self.now.get() + wait);
        ready(())
    }

    fn random(&self) -> u64 {
        self.random.replace(self.random.get().wrapping_add(u64::MAX / 7))
    }
}

fn received(
    status: u16,
    headers: &[(&'static str, &'static str)],
    body: &'static str,
) -> sending::ErrorResponse {
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| (http::HeaderName::from_static(name), http::HeaderValue::from_static(value)))
        .collect();
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    sending::ErrorResponse::parse(status, &headers, body)
}

/// Nothing here waits.
fn finished<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("nothing waits"),
    }
}

fn main() {
    let limited =
        r#"{"ok":false,"error":{"code":"rate_limit_exceeded","message":"Slow down.","retryable":true}}"#;
    let page = Page::default();
    let retries = Retries::new(Policy::default());
    let sent =
        retries.run_on(&page, "api.example", Attempt::of(&Method::POST), async |attempt| {
            match attempt.number() {
                1 => Err(received(429, &[("retry-after", "30")], limited)),
                number => Ok(number),
            }
        });
    assert_eq!(finished(sent).ok(), Some(2));
    assert!((30..=45).contains(&page.now.get().as_secs()), "{:?}", page.now);

    // The server's clock is enough for a date; without one there is none.
    let date = [("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"), ("date", "Sun, 06 Nov 1994 08:49:30 GMT")];
    assert_eq!(received(503, &date, "").retry_after(), Some(Duration::from_secs(7)));
    assert_eq!(received(503, &date[..1], "").retry_after(), None);

    // A key is the page's own: std's first one would be the same on each page.
    let (keys, post) = (Retries::default().keys(KeyIn::header("idempotency-key")), Method::POST);
    let mut headers = HeaderMap::new();
    let prepared = keys.prepare(&post, &mut headers, &Extensions::new(), None);
    if cfg!(target_family = "wasm") {
        assert!(headers.is_empty() && prepared.attempt == Attempt::of(&post).fixed());
    }
    let own = IdempotencyKey::from_random(u128::MAX).to_string();
    assert!(HeaderValue::try_from(own).map(|own| headers.insert("idempotency-key", own)).is_ok());
    let prepared = keys.prepare(&post, &mut headers, &Extensions::new(), None);
    assert_eq!(prepared.attempt, Attempt::of(&post).fixed().keyed());

    let no_credits = r#"{"ok":false,"error":{"code":"insufficient_credits","message":"Top up."}}"#;
    let failed = retries.run_on(&page, "api.example", Attempt::of(&Method::POST), async |_| {
        Err::<(), _>(received(402, &[], no_credits))
    });
    let err = finished(failed).err();
    let err = err.as_ref();
    assert_eq!(err.and_then(|err| err.code()), Some(Code::InsufficientCredits));
    assert_eq!(err.and_then(|err| err.action()), Some(Action::TopUp));
    assert_eq!(err.and_then(|err| err.outcome()).map(|outcome| outcome.stop.rule), Some(Rule::Code));

    // A server of ours runs there, too: what it raises is read again.
    let read = sending::ErrorResponse::from(sending::Error::from(errbook::mail::code::NotFound));
    assert_eq!(read.code(), Some(Code::NotFound));
}
