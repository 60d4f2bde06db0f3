use std::time::Duration;

use tokio::time::Instant;

use super::Timer;
use crate::request_id::random;

/// The timer of [`tokio::time`].
#[derive(Debug)]
pub(crate) struct Tokio {
    start: Instant,
}

impl Tokio {
    pub(crate) fn new() -> Tokio {
        Tokio { start: Instant::now() }
    }
}

impl Timer for Tokio {
    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    async fn sleep(&self, wait: Duration) {
        tokio::time::sleep(wait).await;
    }

    fn random(&self) -> u64 {
        random()
    }
}
