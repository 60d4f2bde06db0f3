//! S5: failures that come at random and say nothing of the service. What is saved, and what does it cost?

use std::time::Duration;

use crate::answer::Answer;
use crate::client::{Candidate, NONE, THREE, World};
use crate::engine::{self, Got, Request, Server, Trace, open_load};
use crate::rng::Rng;

/// The shares of attempts that fail.
pub const FAILURES: [f64; 6] = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5];
/// Operations in a run.
const OPERATIONS: usize = 100_000;
const LATENCY: Duration = Duration::from_millis(20);

/// A fleet whose attempts fail at random.
#[derive(Clone, Copy)]
pub struct Failing {
    /// How it retries.
    pub candidate: Candidate,
    /// The share of attempts that fail.
    pub failures: f64,
    /// How many seconds each of the 100 clients lets pass between two operations, on average.
    pub pace: f64,
    /// What failed has no answer.
    pub unanswered: bool,
}

impl Failing {
    const CLIENTS: usize = 100;

    /// Each client sends ten times in a second.
    pub fn new(candidate: Candidate, failures: f64) -> Failing {
        Failing { candidate, failures, pace: 0.1, unanswered: false }
    }

    /// Lets it happen.
    pub fn run(&self) -> Trace {
        let world = World::new();
        let mut rng = Rng::new(1);
        let mut fleet = world.fleet(&self.candidate, Failing::CLIENTS);
        let span = Duration::from_secs_f64(self.pace * OPERATIONS as f64 / Failing::CLIENTS as f64);
        let orders = open_load(OPERATIONS, Duration::ZERO, span, Failing::CLIENTS, &mut rng);
        let failure = match self.unanswered {
            true => Got::Timeout,
            false => Got::Error(Answer::internal_error()),
        };
        let mut server = Random { failures: self.failures, failure };
        engine::run(&orders, &mut fleet, &mut server, Duration::from_secs(1), &mut rng)
    }

    /// Of the operations that three plain retries save, the share that are saved here.
    pub fn saved(&self) -> f64 {
        let of = |candidate| Failing { candidate, ..*self }.run().success();
        let nothing = of(NONE);
        (self.run().success() - nothing) / (of(THREE) - nothing)
    }
}

struct Random {
    failures: f64,
    failure: Got,
}

impl Server for Random {
    fn receive(&mut self, request: &Request, rng: &mut Rng) -> (Duration, Got) {
        let failed = rng.chance(self.failures);
        (request.now + LATENCY, if failed { self.failure.clone() } else { Got::Success })
    }
}
