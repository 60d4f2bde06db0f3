//! S6: a POST takes effect, and its answer is lost. How often does it take effect?

use std::rc::Rc;
use std::time::Duration;

use crate::answer::Answer;
use crate::client::{Candidate, World};
use crate::engine::{self, Got, Request, Server, open_load, share};
use crate::rng::Rng;

/// Operations in a run.
pub const OPERATIONS: usize = 10_000;
const CLIENTS: usize = 10;
const SPAN: Duration = Duration::from_secs(100);
/// The share of attempts that take effect and are not answered.
const LOST: f64 = 0.05;
/// The share of attempts that are refused before anything happens.
const REFUSED: f64 = 0.05;
const LATENCY: Duration = Duration::from_millis(20);

/// What is seen.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// Operations that took effect more than once.
    pub twice: usize,
    /// The share of operations that succeeded, as far as their client knows.
    pub success: f64,
}

/// Lets it happen, with idempotency keys or without.
pub fn run(candidate: &Candidate, keyed: bool) -> Seen {
    let world = World::new();
    let mut rng = Rng::new(1);
    let mut fleet = world.fleet(candidate, CLIENTS);
    let mut orders = open_load(OPERATIONS, Duration::ZERO, SPAN, CLIENTS, &mut rng);
    for order in &mut orders {
        (order.post, order.keyed) = (true, keyed);
    }
    let mut server = Outbox { effects: vec![0; OPERATIONS], refused: Answer::service_unavailable() };
    let trace = engine::run(&orders, &mut fleet, &mut server, Duration::from_secs(1), &mut rng);
    let twice = server.effects.iter().filter(|effects| **effects > 1).count();
    let succeeded = trace.operations.iter().filter(|operation| operation.succeeded).count();
    Seen { twice, success: share(succeeded, OPERATIONS) }
}

/// Sends what it is told to, once for each key where there is one.
struct Outbox {
    /// Of each operation.
    effects: Vec<u32>,
    refused: Rc<Answer>,
}

impl Server for Outbox {
    fn receive(&mut self, request: &Request, rng: &mut Rng) -> (Duration, Got) {
        let answered = request.now + LATENCY;
        if rng.chance(REFUSED) {
            return (answered, Got::Error(self.refused.clone()));
        }
        let effects = &mut self.effects[request.operation];
        if !request.keyed || *effects == 0 {
            *effects += 1;
        }
        if rng.chance(LOST) { (Duration::MAX, Got::Success) } else { (answered, Got::Success) }
    }
}
