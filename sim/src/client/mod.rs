//! The clients: ours, those of other crates, and rules that are published and can't be run here.

mod backon;
mod ours;
mod published;
mod reqwest;
mod tower;

use std::rc::Rc;
use std::time::Duration;

use errbook::retry::{Budget, Policy, Terms};

use crate::engine::{Client, Got};
use crate::rng::Rng;

pub use backon::Backon;
pub use ours::{Other, Ours, Purse};
pub use published::{Aws, Grpc, Plain, Sre};
pub use reqwest::ReqwestRetry;
pub use tower::{Clock, Tower};

/// How much of a candidate is its own code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// Its decision and its budget are run as they are.
    Run,
    /// What it publishes is run. The loop around it, or its rng that takes no seed, is modelled.
    Part,
    /// Its rule is modelled as it is published.
    Model,
}

/// A way of retrying.
#[derive(Clone, Copy)]
pub struct Candidate {
    /// As the tables have it.
    pub name: &'static str,
    /// What of it runs.
    pub code: Code,
    /// What to know of it.
    pub note: &'static str,
    /// A client of it. The number tells it from the others of its fleet.
    pub client: fn(&World, u64) -> Box<dyn Client>,
}

/// What all clients of a run share.
pub struct World {
    clock: Rc<Clock>,
    reqwest: Rc<reqwest::Parts>,
}

impl World {
    /// At the beginning of time.
    pub fn new() -> World {
        World { clock: Rc::new(Clock::new()), reqwest: Rc::new(reqwest::Parts::new()) }
    }

    /// So many clients, just started.
    pub fn fleet(&self, candidate: &Candidate, clients: usize) -> Vec<Box<dyn Client>> {
        (0..clients as u64).map(|client| (candidate.client)(self, client)).collect()
    }
}

impl Default for World {
    fn default() -> World {
        World::new()
    }
}

/// No retries: what the others are compared with.
pub const NONE: Candidate =
    Candidate { name: "no retries", code: Code::Run, note: "", client: |_, _| Box::new(Plain::new(0)) };

/// What most loops around a request do.
pub const THREE: Candidate = Candidate {
    name: "3 retries, full jitter",
    code: Code::Run,
    note: "of what may be transient: no answer, 5xx, 408, 429; any wait up to 100, 200, 400 ms",
    client: |_, _| Box::new(Plain::new(3)),
};

/// This crate as it comes.
pub const OURS: Candidate = Candidate {
    name: "**errbook**",
    code: Code::Run,
    note: "`Policy` and `Budget`, as they come",
    client: |_, _| Box::new(<Ours>::default()),
};

/// All, in the order of the tables.
pub const ALL: [Candidate; 12] = [
    NONE,
    THREE,
    Candidate {
        name: "backon 1.6",
        code: Code::Run,
        note: "its default exponential backoff with jitter, for what may be transient, which it leaves to its user",
        client: |_, number| Box::new(Backon::new(number)),
    },
    Candidate {
        name: "reqwest-retry 0.9",
        code: Code::Part,
        note: "its default strategy and 3 retries of its exponential backoff; the jitter is applied here, since its rng has no seed",
        client: |world, _| Box::new(ReqwestRetry::new(world.reqwest.clone())),
    },
    Candidate {
        name: "reqwest 0.13 `retry`",
        code: Code::Part,
        note: "the budget that it takes from tower; its loop, which is private, is modelled: 2 retries at once",
        client: |world, _| Box::new(Tower::reqwest(world.clock.clone())),
    },
    Candidate {
        name: "tower 0.5, its default budget",
        code: Code::Run,
        note: "`TpsBudget` and `ExponentialBackoff` from 100 ms; 3 retries of what may be transient, which it leaves to its user",
        client: |world, number| Box::new(Tower::new(world.clock.clone(), number, 10)),
    },
    Candidate {
        name: "tower 0.5, no floor",
        code: Code::Run,
        note: "the same without 10 retries a second for each client: 20 % of what succeeded in the last 10 s",
        client: |world, number| Box::new(Tower::new(world.clock.clone(), number, 0)),
    },
    Candidate {
        name: "AWS standard 2.0",
        code: Code::Model,
        note: "500 tokens, of which a retry takes 5, after a timeout 10; at most 20 s, as smithy-rs takes a wait of its own header",
        client: |_, _| Box::new(Aws::v2_0()),
    },
    Candidate {
        name: "AWS standard 2.1",
        code: Code::Model,
        note: "500 tokens, of which a retry takes 14, of what is throttled 5; a wait at most 5 s longer than its own",
        client: |_, _| Box::new(Aws::v2_1()),
    },
    Candidate {
        name: "gRPC A6",
        code: Code::Model,
        note: "10 tokens, of which each failure takes 1; 3 retries while more than half are left; a pushback to the letter",
        client: |_, _| Box::new(Grpc::default()),
    },
    Candidate {
        name: "SRE book, adaptive",
        code: Code::Model,
        note: "client-side throttling with K = 2 over two minutes; 3 attempts, retries at most a tenth of the requests",
        client: |_, _| Box::new(Sre::default()),
    },
    OURS,
];

/// Other budgets for our decision.
pub const BUDGETS: [Candidate; 12] = [
    Candidate { name: "**`Terms::DEFAULT`**", ..OURS },
    other("half-life 30 s", |_, _| on(Terms::DEFAULT.half_life(Duration::from_secs(30)))),
    other("half-life 2 min", |_, _| on(Terms::DEFAULT.half_life(Duration::from_secs(120)))),
    other("at most 3", |_, _| on(Terms::DEFAULT.max(3_000))),
    other("starts with 3", |_, _| on(Terms::DEFAULT.start(3_000))),
    other("earns 0.2", |_, _| on(Terms::DEFAULT.earn(200))),
    other("a timeout costs no more than an answer", |_, _| {
        ours(Other::OnePrice(Budget::with(Terms::DEFAULT)))
    }),
    other("nothing fades, at most 3", |_, _| on(LASTING.max(3_000))),
    other("nothing fades, at most 10", |_, _| on(LASTING)),
    other("nothing fades, a timeout costs no more", |_, _| ours(Other::OnePrice(Budget::with(LASTING)))),
    other("nothing fades, only first attempts earn", |_, _| ours(Other::First(Budget::with(LASTING)))),
    other("nothing fades, a retry that fails takes all", |_, _| {
        ours(Other::Emptied(Budget::with(LASTING), LASTING))
    }),
];

const LASTING: Terms = Terms::DEFAULT.half_life(Duration::MAX);

const fn other(name: &'static str, client: fn(&World, u64) -> Box<dyn Client>) -> Candidate {
    Candidate { name, note: "", code: Code::Run, client }
}

fn on(terms: Terms) -> Box<dyn Client> {
    ours(Budget::with(terms))
}

fn ours(purse: impl Purse + 'static) -> Box<dyn Client> {
    Box::new(Ours::new(Policy::default(), purse))
}

/// What a user writes where a crate leaves it to them: no answer, an answer of 5xx, 408 and 429 are retried.
fn is_transient(got: &Got) -> bool {
    match got {
        Got::Success => false,
        Got::Timeout => true,
        Got::Error(answer) => answer.status.is_server_error() || matches!(answer.status.as_u16(), 408 | 429),
    }
}

/// Any wait up to `base`, twice that after a second failure, and so on, at most 20 s.
fn full_jitter(base: Duration, number: u32, rng: &mut Rng) -> Duration {
    rng.within(base.saturating_mul(1 << (number - 1)).min(Duration::from_secs(20)))
}
