use std::future;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use reqwest::dns::{Name, Resolve, Resolving};
use reqwest_retry::policies::ExponentialBackoff;
use reqwest_retry::{
    DefaultRetryableStrategy, Jitter, RetryDecision, RetryPolicy, Retryable, RetryableStrategy,
};

use crate::engine::{Call, Client, Got};
use crate::rng::Rng;

/// reqwest-retry as its documentation begins: what it takes for transient is retried 3 times.
///
/// Its policy reads the system's clock and a random source without a seed. So its pauses are asked for once, without
/// jitter, and its full jitter is applied here.
pub struct ReqwestRetry {
    parts: Rc<Parts>,
}

impl ReqwestRetry {
    /// A client.
    pub(super) fn new(parts: Rc<Parts>) -> ReqwestRetry {
        ReqwestRetry { parts }
    }
}

impl Client for ReqwestRetry {
    fn failed(&mut self, call: &Call, got: &Got, rng: &mut Rng) -> Option<Duration> {
        let transient = match got {
            Got::Success => false,
            Got::Error(answer) => is_transient(&answer.for_reqwest),
            Got::Timeout => self.parts.timeout_is_transient,
        };
        let pause = self.parts.pauses.get(call.number as usize - 1)?;
        transient.then(|| pause.mul_f64(rng.unit()))
    }
}

fn is_transient(result: &Result<reqwest::Response, reqwest_middleware::Error>) -> bool {
    matches!(DefaultRetryableStrategy.handle(result), Some(Retryable::Transient))
}

/// What of reqwest-retry depends on nothing that a simulation changes.
pub(super) struct Parts {
    timeout_is_transient: bool,
    pauses: Vec<Duration>,
}

impl Parts {
    pub(super) fn new() -> Parts {
        let policy = ExponentialBackoff::builder().jitter(Jitter::None).build_with_max_retries(3);
        Parts {
            timeout_is_transient: is_transient(&Err(timeout())),
            pauses: (0..).map_while(|retries| pause(&policy, retries)).collect(),
        }
    }
}

/// To the millisecond: what the system's clock went on between two lines is not the policy's.
fn pause(policy: &ExponentialBackoff, retries: u32) -> Option<Duration> {
    loop {
        let (now, began) = (SystemTime::now(), Instant::now());
        let RetryDecision::Retry { execute_after } = policy.should_retry(now, retries) else { return None };
        if began.elapsed() < Duration::from_micros(500) {
            let pause = execute_after.duration_since(now).unwrap_or_default();
            return Some(Duration::from_millis(pause.as_millis() as u64));
        }
    }
}

/// reqwest's own error of a request that nobody answered, which only reqwest can make.
fn timeout() -> reqwest_middleware::Error {
    /// No name has an address, so that nothing is sent.
    struct Nowhere;

    impl Resolve for Nowhere {
        fn resolve(&self, _name: Name) -> Resolving {
            Box::pin(future::pending())
        }
    }

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    let runtime = runtime.expect("the system has what tokio asks for");
    let client = reqwest::Client::builder().no_proxy().dns_resolver(Arc::new(Nowhere)).build();
    let request = client
        .expect("nothing of it can be missing")
        .get("http://mail.example")
        .timeout(Duration::from_secs(1));
    let error = runtime.block_on(async { request.send().await }).expect_err("nobody answers");
    assert!(error.is_timeout());
    error.into()
}
