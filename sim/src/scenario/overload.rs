//! S1: a service becomes slow for ten seconds. When is it well again?

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;
use std::time::Duration;

use crate::client::{Candidate, World};
use crate::engine::{self, Call, Client, Got, Request, Server, Trace, open_load, share};
use crate::rng::Rng;

/// Operations per second of all clients together: 0.7 of what the service can do.
const RATE: usize = 700;
const WORKERS: usize = 100;
const SERVICE: Duration = Duration::from_millis(100);
/// How much longer a request takes while the service is slow.
const SLOWDOWN: u32 = 3;
const TIMEOUT: Duration = Duration::from_secs(1);

/// When the service is slow, in seconds from the beginning.
pub const SLOW: Range<usize> = 10..20;
/// How long it is looked at, in seconds from the beginning.
pub const END: usize = 85;
/// For so long a seasoned fleet was healthy before.
const SEASON: Duration = Duration::from_secs(750);

/// The sizes of fleets.
pub const FLEETS: [usize; 4] = [5, 100, 1_000, 5_000];

/// A fleet under overload.
#[derive(Clone, Copy)]
pub struct Overload {
    /// How it retries.
    pub candidate: Candidate,
    /// Its size.
    pub clients: usize,
    /// Its clients are not new: what successes earn, they have.
    pub seasoned: bool,
    /// Of chance.
    pub seed: u64,
}

/// What is seen.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Of the operations that began in each second, the share that succeeded.
    pub goodput: Vec<f64>,
    /// Attempts in each second.
    pub load: Vec<usize>,
}

impl Overload {
    /// Lets it happen.
    pub fn run(&self) -> Seen {
        let world = World::new();
        let mut rng = Rng::new(self.seed);
        let mut fleet = world.fleet(&self.candidate, self.clients);
        let from = if self.seasoned { SEASON } else { Duration::ZERO };
        season(&mut fleet, from, &mut rng);
        let span = Duration::from_secs(END as u64);
        let orders = open_load(RATE * END, from, span, self.clients, &mut rng);
        let second = |second: usize| from + Duration::from_secs(second as u64);
        let slow = second(SLOW.start)..second(SLOW.end);
        let trace = engine::run(&orders, &mut fleet, &mut Queue::new(slow), TIMEOUT, &mut rng);
        Seen { goodput: goodput(&trace, from), load: trace.load(from, END) }
    }
}

impl Seen {
    /// Seconds from the end of the slowness to the first of five in which at least 95 % succeed.
    pub fn recovery(&self) -> Option<usize> {
        let healthy = |second: &usize| self.goodput[*second..*second + 5].iter().all(|share| *share >= 0.95);
        (SLOW.end..END - 4).find(healthy).map(|second| second - SLOW.end)
    }

    /// Attempts per operation while the service is slow.
    pub fn amplification(&self) -> f64 {
        share(self.load[SLOW].iter().sum(), SLOW.len() * RATE)
    }
}

/// The seconds until recovery with each of three seeds, the middle one of them. None: not within a minute.
pub fn recovery(candidate: &Candidate, clients: usize, seasoned: bool) -> Option<usize> {
    let run = |seed| Overload { candidate: *candidate, clients, seasoned, seed }.run().recovery();
    let mut seconds = [1, 2, 3].map(|seed| run(seed).unwrap_or(usize::MAX));
    seconds.sort_unstable();
    (seconds[1] != usize::MAX).then_some(seconds[1])
}

/// The successes of a healthy time, one client after the other.
fn season(fleet: &mut [Box<dyn Client>], span: Duration, rng: &mut Rng) {
    let clients = fleet.len();
    for operation in 0..span.as_secs() as usize * RATE {
        let now = Duration::from_secs(1) * operation as u32 / RATE as u32;
        let client = &mut fleet[operation % clients];
        if client.sends(now, rng) {
            client.succeeded(&Call { now, operation: usize::MAX, number: 1, post: false, keyed: false });
        }
    }
}

fn goodput(trace: &Trace, from: Duration) -> Vec<f64> {
    let mut seconds = vec![(0, 0); END];
    for operation in &trace.operations {
        let (succeeded, all) = &mut seconds[(operation.began - from).as_secs() as usize];
        *succeeded += usize::from(operation.succeeded);
        *all += 1;
    }
    seconds.into_iter().map(|(succeeded, all)| share(succeeded, all)).collect()
}

/// Workers that take requests in the order in which they come, and work also for a client that has gone.
struct Queue {
    /// When each worker is free.
    free: BinaryHeap<Reverse<Duration>>,
    slow: Range<Duration>,
}

impl Queue {
    fn new(slow: Range<Duration>) -> Queue {
        Queue { free: (0..WORKERS).map(|_| Reverse(Duration::ZERO)).collect(), slow }
    }
}

impl Server for Queue {
    fn receive(&mut self, request: &Request, _rng: &mut Rng) -> (Duration, Got) {
        let Reverse(free) = self.free.pop().unwrap_or_default();
        let begins = free.max(request.now);
        let ends = begins + SERVICE * if self.slow.contains(&begins) { SLOWDOWN } else { 1 };
        self.free.push(Reverse(ends));
        (ends, Got::Success)
    }
}
