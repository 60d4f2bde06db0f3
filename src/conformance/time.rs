//! A deadline on any executor: a thread that sleeps.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use crate::handler::panic_text;

/// How a future ended.
pub(super) enum Ended<T> {
    With(T),
    /// With the text of the panic.
    Panicked(String),
    NotInTime,
}

pub(super) async fn within<F: Future>(patience: Duration, future: F) -> Ended<F::Output> {
    let deadline = Instant::now() + patience;
    let waker: Arc<Mutex<Option<Waker>>> = Arc::default();
    let mut alarm = Some(Arc::clone(&waker));
    let mut future = pin!(future);
    std::future::poll_fn(move |context| {
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(Poll::Ready(output)) => return Poll::Ready(Ended::With(output)),
            Ok(Poll::Pending) => {}
            Err(panic) => {
                let text = panic_text(&*panic).unwrap_or_default();
                return Poll::Ready(Ended::Panicked(text.to_owned()));
            }
        }
        if Instant::now() >= deadline {
            return Poll::Ready(Ended::NotInTime);
        }
        *waker.lock().unwrap_or_else(PoisonError::into_inner) = Some(context.waker().clone());
        if let Some(alarm) = alarm.take() {
            std::thread::spawn(move || {
                std::thread::sleep(deadline.saturating_duration_since(Instant::now()));
                let waker = alarm.lock().unwrap_or_else(PoisonError::into_inner).take();
                waker.inspect(Waker::wake_by_ref);
            });
        }
        Poll::Pending
    })
    .await
}
