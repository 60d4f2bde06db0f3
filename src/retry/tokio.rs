use std::sync::OnceLock;
use std::time::Duration;

use tokio::time::Instant;

use super::Timer;
use crate::request_id::random;

/// The timer of [`tokio::time`].
#[derive(Debug)]
pub(crate) struct Tokio;

impl Timer for Tokio {
    fn now(&self) -> Duration {
        /// Budgets outlive an operation, so that all count from the first one.
        static START: OnceLock<Instant> = OnceLock::new();
        START.get_or_init(Instant::now).elapsed()
    }

    async fn sleep(&self, wait: Duration) {
        tokio::time::sleep(wait).await;
    }

    fn random(&self) -> u64 {
        random()
    }
}
