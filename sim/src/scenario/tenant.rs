//! S3: of a hundred tenants behind one client, one is not set up. Do the others feel it?

use std::rc::Rc;
use std::time::Duration;

use crate::answer::Answer;
use crate::client::{Candidate, World};
use crate::engine::{self, Got, Order, Request, Server, open_load, share};
use crate::rng::Rng;

const TENANTS: usize = 100;
/// Of all tenants together in ten minutes: 100 in a second.
const OPERATIONS: usize = 60_000;
const SPAN: Duration = Duration::from_secs(600);
/// The share of operations that are of the tenant that is not set up.
const SHARE: f64 = 0.2;
/// The share of the others' attempts that fail.
const FAILURES: f64 = 0.05;
const LATENCY: Duration = Duration::from_millis(20);

/// What is seen.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// The share of the others' operations that succeed.
    pub others: f64,
    /// The same, without that tenant.
    pub alone: f64,
    /// Attempts per operation of that tenant. All fail.
    pub attempts: f64,
}

/// Lets it happen.
pub fn run(candidate: &Candidate) -> Seen {
    let mut rng = Rng::new(1);
    let orders = open_load(OPERATIONS, Duration::ZERO, SPAN, 1, &mut rng);
    let tenant = |rng: &mut Rng| if rng.chance(SHARE) { 0 } else { 1 + rng.below(TENANTS - 1) };
    let tenants: Vec<usize> = orders.iter().map(|_| tenant(&mut rng)).collect();
    let (without, others): (Vec<Order>, Vec<usize>) =
        orders.iter().zip(&tenants).filter(|(_, tenant)| **tenant != 0).unzip();

    let (attempts, all) = observe(candidate, &orders, &tenants);
    let (_, alone) = observe(candidate, &without, &others);
    Seen { others: all, alone, attempts }
}

/// Attempts per operation of the first tenant, and the share of the others' operations that succeeded.
fn observe(candidate: &Candidate, orders: &[Order], tenants: &[usize]) -> (f64, f64) {
    let world = World::new();
    let mut server = Platform {
        tenants,
        not_set_up: Answer::no_active_providers(),
        unavailable: Answer::service_unavailable(),
    };
    let mut fleet = world.fleet(candidate, 1);
    let trace = engine::run(orders, &mut fleet, &mut server, Duration::from_secs(1), &mut Rng::new(2));
    let of = |first: bool| {
        trace.operations.iter().zip(tenants).filter(move |(_, tenant)| (**tenant == 0) == first)
    };
    let attempts = of(true).map(|(operation, _)| operation.attempts as usize).sum();
    let succeeded = of(false).filter(|(operation, _)| operation.succeeded).count();
    (share(attempts, of(true).count()), share(succeeded, of(false).count()))
}

struct Platform<'a> {
    tenants: &'a [usize],
    not_set_up: Rc<Answer>,
    unavailable: Rc<Answer>,
}

impl Server for Platform<'_> {
    fn receive(&mut self, request: &Request, rng: &mut Rng) -> (Duration, Got) {
        let got = match self.tenants[request.operation] {
            0 => Got::Error(self.not_set_up.clone()),
            _ if rng.chance(FAILURES) => Got::Error(self.unavailable.clone()),
            _ => Got::Success,
        };
        (request.now + LATENCY, got)
    }
}
