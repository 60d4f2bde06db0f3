//! S2: a limit that is reset at one moment, and everybody is told when.

use std::rc::Rc;
use std::time::Duration;

use crate::answer::Answer;
use crate::client::{Candidate, World};
use crate::engine::{self, Got, Request, Server, Trace, open_load, share};
use crate::rng::Rng;

/// Requests that come too early, each of a client of its own.
pub const REQUESTS: usize = 20_000;
/// When they come.
const SPAN: Duration = Duration::from_secs(30);
const LATENCY: Duration = Duration::from_millis(20);

/// What is seen.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Attempts in each second from the reset on.
    pub load: Vec<usize>,
    /// How many retries there were.
    pub retries: usize,
    /// The share of retries that came before the reset.
    pub early: f64,
    /// The share of requests that succeeded in the end.
    pub success: f64,
    /// So long after the reset 99 of 100 of them had succeeded.
    pub p99: Duration,
}

impl Seen {
    /// The most attempts in one second from the reset on.
    pub fn peak(&self) -> usize {
        self.load.iter().copied().max().unwrap_or_default()
    }
}

/// Lets it happen.
pub fn run(candidate: &Candidate) -> Seen {
    let world = World::new();
    let mut rng = Rng::new(1);
    let mut fleet = world.fleet(candidate, REQUESTS);
    let mut orders = open_load(REQUESTS, Duration::ZERO, SPAN, 1, &mut rng);
    for (client, order) in orders.iter_mut().enumerate() {
        order.client = client;
    }
    let trace = engine::run(&orders, &mut fleet, &mut Limit::new(), Duration::from_secs(1), &mut rng);
    seen(&trace)
}

fn seen(trace: &Trace) -> Seen {
    let firsts = trace.operations.len();
    // The first attempts are the ones at the times of the orders, all of them before the reset.
    let early = trace.attempts.iter().filter(|(at, _)| *at < SPAN).count() - firsts;
    let mut waits: Vec<Duration> = trace
        .operations
        .iter()
        .filter(|operation| operation.succeeded)
        .map(|operation| operation.ended.saturating_sub(SPAN))
        .collect();
    waits.sort_unstable();
    Seen {
        load: trace.load(SPAN, 60),
        retries: trace.attempts.len() - firsts,
        early: share(early, trace.attempts.len() - firsts),
        success: trace.success(),
        p99: waits.get(waits.len() * 99 / 100).copied().unwrap_or_default(),
    }
}

/// Refuses until the reset, and says how many seconds are left.
struct Limit {
    /// For 1 second, 2 seconds, and so on.
    answers: Vec<Rc<Answer>>,
}

impl Limit {
    fn new() -> Limit {
        let seconds = 1..=SPAN.as_secs();
        Limit {
            answers: seconds.map(|left| Answer::rate_limit_exceeded(Duration::from_secs(left))).collect(),
        }
    }
}

impl Server for Limit {
    fn receive(&mut self, request: &Request, _rng: &mut Rng) -> (Duration, Got) {
        let at = request.now + LATENCY;
        let Some(left) = SPAN.checked_sub(request.now).filter(|left| !left.is_zero()) else {
            return (at, Got::Success);
        };
        // Rounded up to whole seconds, as the header has them.
        let seconds = left.as_nanos().div_ceil(1_000_000_000) as usize;
        (at, Got::Error(self.answers[seconds - 1].clone()))
    }
}
