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
        // Budgets outlive an operation, so that all count from the same moment: one of the system's clock, since a runtime whose
        // clock is turned forward (in a test) may be followed by one whose clock isn't.
        static START: OnceLock<std::time::Instant> = OnceLock::new();
        let start = *START.get_or_init(std::time::Instant::now);
        Instant::now().into_std().saturating_duration_since(start)
    }

    async fn sleep(&self, wait: Duration) {
        tokio::time::sleep(wait).await;
    }

    fn random(&self) -> u64 {
        random()
    }
}
