use std::collections::HashMap;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

use super::is_transient;
use crate::engine::{Call, Client, Got};
use crate::rng::Rng;

/// backon's exponential backoff with jitter, as it comes: 3 retries, the first after 1 to 2 s.
pub struct Backon {
    /// Of each operation that has one.
    waits: HashMap<usize, ExponentialBackoff>,
    number: u64,
}

impl Backon {
    /// This client of a fleet.
    pub fn new(number: u64) -> Backon {
        Backon { waits: HashMap::new(), number }
    }
}

impl Client for Backon {
    fn succeeded(&mut self, call: &Call) {
        self.waits.remove(&call.operation);
    }

    fn failed(&mut self, call: &Call, got: &Got, _rng: &mut Rng) -> Option<Duration> {
        if !is_transient(got) {
            return None;
        }
        let seed = Rng::new(self.number << 32 | call.operation as u64).number();
        let builder = ExponentialBuilder::default().with_jitter().with_jitter_seed(seed);
        self.waits.entry(call.operation).or_insert_with(|| builder.build()).next()
    }
}
