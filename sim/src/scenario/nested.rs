//! S4: a client in a client in a client, each of which retries.

use std::rc::Rc;
use std::time::Duration;

use crate::answer::Answer;
use crate::client::{Candidate, World};
use crate::engine::{Call, Client, Got, Request, Server, share};
use crate::rng::Rng;

const OPERATIONS: usize = 1_000;
/// Between two operations.
const PAUSE: Duration = Duration::from_millis(100);
const LATENCY: Duration = Duration::from_millis(20);
/// So often each layer had succeeded before.
const SEASON: usize = 1_000;

/// Three layers of the same client.
#[derive(Clone, Copy)]
pub struct Nested {
    /// How each retries.
    pub candidate: Candidate,
    /// An error of a client that gave up says so.
    pub exhausted: bool,
    /// The share of requests at the bottom that fail.
    pub failures: f64,
}

/// What is seen.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// Requests at the bottom per operation at the top.
    pub amplification: f64,
    /// The most of one operation.
    pub most: usize,
    /// The share of operations that succeeded.
    pub success: f64,
}

impl Nested {
    /// Lets it happen.
    pub fn run(&self) -> Seen {
        let world = World::new();
        let mut rng = Rng::new(1);
        let mut layers = world.fleet(&self.candidate, 3);
        let mut now = Duration::ZERO;
        for _ in 0..SEASON {
            now += PAUSE;
            for client in &mut layers {
                if client.sends(now, &mut rng) {
                    client.succeeded(&Call {
                        now,
                        operation: usize::MAX,
                        number: 1,
                        post: false,
                        keyed: false,
                    });
                }
            }
        }
        let requests = vec![0; OPERATIONS];
        let bottom = Bottom { failures: self.failures, answer: Answer::internal_error(), requests };
        let mut layers = Layers { layers, bottom, exhausted: self.exhausted };
        let mut succeeded = 0;
        for operation in 0..OPERATIONS {
            let request = Request { now: now + PAUSE, client: 0, operation, keyed: false };
            let (ended, got) = layers.send(0, &request, &mut rng);
            succeeded += usize::from(matches!(got, Got::Success));
            now = ended;
        }
        let requests = layers.bottom.requests;
        Seen {
            amplification: share(requests.iter().sum(), OPERATIONS),
            most: requests.into_iter().max().unwrap_or_default(),
            success: share(succeeded, OPERATIONS),
        }
    }
}

/// The clients, the outermost first, and what the last one talks to.
struct Layers {
    layers: Vec<Box<dyn Client>>,
    bottom: Bottom,
    exhausted: bool,
}

impl Layers {
    fn send(&mut self, layer: usize, request: &Request, rng: &mut Rng) -> (Duration, Got) {
        if layer == self.layers.len() {
            return self.bottom.receive(request, rng);
        }
        let (mut now, mut number) = (request.now, 1);
        while self.layers[layer].sends(now, rng) {
            let (at, got) = self.send(layer + 1, &Request { now, ..*request }, rng);
            let call =
                Call { now: at, operation: request.operation, number, post: false, keyed: request.keyed };
            if let Got::Success = got {
                self.layers[layer].succeeded(&call);
                return (at, got);
            }
            match self.layers[layer].failed(&call, &got, rng) {
                Some(wait) => (now, number) = (at + wait, number + 1),
                None => return (at, if self.exhausted { given_up(got) } else { got }),
            }
        }
        (now, Got::Error(self.bottom.answer.clone()))
    }
}

fn given_up(got: Got) -> Got {
    match got {
        Got::Error(answer) => Got::Error(Rc::new(answer.exhausted())),
        got => got,
    }
}

struct Bottom {
    failures: f64,
    answer: Rc<Answer>,
    requests: Vec<usize>,
}

impl Server for Bottom {
    fn receive(&mut self, request: &Request, rng: &mut Rng) -> (Duration, Got) {
        self.requests[request.operation] += 1;
        let failed = rng.chance(self.failures);
        (request.now + LATENCY, if failed { Got::Error(self.answer.clone()) } else { Got::Success })
    }
}
