//! The clients: ours, those of other crates, and rules that are published and can't be run here.

mod backon;
mod ours;
mod published;
mod reqwest;
mod tower;

use std::rc::Rc;
use std::time::Duration;

use crate::engine::{Client, Got};
use crate::rng::Rng;

pub use backon::Backon;
pub use ours::{Ours, Purse};
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
    Candidate { name: "no retries", code: Code::Run, client: |_, _| Box::new(Plain::new(0)) };

/// What most loops around a request do.
pub const THREE: Candidate = Candidate {
    name: "3 retries, full jitter",
    code: Code::Run,
    client: |_, _| Box::new(Plain::new(3)),
};

/// This crate as it comes.
pub const OURS: Candidate =
    Candidate { name: "**errbook**", code: Code::Run, client: |_, _| Box::new(<Ours>::default()) };

/// All, in the order of the tables.
pub const ALL: [Candidate; 12] = [
    NONE,
    THREE,
    Candidate { name: "backon 1.6", code: Code::Run, client: |_, number| Box::new(Backon::new(number)) },
    Candidate {
        name: "reqwest-retry 0.9",
        code: Code::Part,
        client: |world, _| Box::new(ReqwestRetry::new(world.reqwest.clone())),
    },
    Candidate {
        name: "reqwest 0.13 `retry`",
        code: Code::Part,
        client: |world, number| Box::new(Tower::reqwest(world.clock.clone(), number)),
    },
    Candidate {
        name: "tower 0.5, its default budget",
        code: Code::Run,
        client: |world, number| Box::new(Tower::new(world.clock.clone(), number, 10)),
    },
    Candidate {
        name: "tower 0.5, 20 % and no floor",
        code: Code::Run,
        client: |world, number| Box::new(Tower::new(world.clock.clone(), number, 0)),
    },
    Candidate { name: "AWS standard 2.0", code: Code::Model, client: |_, _| Box::new(Aws::v2_0()) },
    Candidate { name: "AWS standard 2.1", code: Code::Model, client: |_, _| Box::new(Aws::v2_1()) },
    Candidate { name: "gRPC A6", code: Code::Model, client: |_, _| Box::new(Grpc::default()) },
    Candidate { name: "SRE book, adaptive", code: Code::Model, client: |_, _| Box::new(Sre::default()) },
    OURS,
];

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
