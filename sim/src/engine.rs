//! Operations, attempts and answers in virtual time. What a request costs and what it is answered is the server's part, what
//! follows on a failure the client's.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::rc::Rc;
use std::time::Duration;

use crate::answer::Answer;
use crate::rng::Rng;

/// What comes back of an attempt.
#[derive(Debug, Clone)]
pub enum Got {
    /// It succeeded.
    Success,
    /// The server refused it, or failed.
    Error(Rc<Answer>),
    /// Nothing came back in time. Nobody knows what became of it.
    Timeout,
}

/// A client process: what its operations share, above all a budget.
pub trait Client {
    /// Is anything sent at all?
    fn sends(&mut self, _now: Duration, _rng: &mut Rng) -> bool {
        true
    }

    /// An attempt succeeded.
    fn succeeded(&mut self, _call: &Call) {}

    /// An attempt failed: the wait before the next one, if there is to be one.
    fn failed(&mut self, call: &Call, got: &Got, rng: &mut Rng) -> Option<Duration>;
}

/// An attempt, as its client sees it.
#[derive(Debug, Clone, Copy)]
pub struct Call {
    /// Since the beginning of time.
    pub now: Duration,
    /// Which operation it is for.
    pub operation: usize,
    /// Of the attempt, from 1.
    pub number: u32,
    /// A POST. Everything else here can be sent twice without harm.
    pub post: bool,
    /// It carries an idempotency key.
    pub keyed: bool,
}

/// An attempt, as it arrives.
#[derive(Debug, Clone, Copy)]
pub struct Request {
    /// Since the beginning of time.
    pub now: Duration,
    /// Which client sent it.
    pub client: usize,
    /// Which operation it is for.
    pub operation: usize,
    /// It carries an idempotency key.
    pub keyed: bool,
}

/// A server.
pub trait Server {
    /// What a request is answered, and when.
    fn receive(&mut self, request: &Request, rng: &mut Rng) -> (Duration, Got);
}

/// What is to be done, once.
#[derive(Debug, Clone, Copy)]
pub struct Order {
    /// When it begins.
    pub at: Duration,
    /// Whose it is.
    pub client: usize,
    /// It is sent with an idempotency key.
    pub keyed: bool,
    /// It is a POST.
    pub post: bool,
}

impl Order {
    /// Of something that can be sent twice without harm.
    pub fn new(at: Duration, client: usize) -> Order {
        Order { at, client, keyed: false, post: false }
    }
}

/// What became of an [`Order`].
#[derive(Debug, Clone, Copy)]
pub struct Operation {
    /// When it began.
    pub began: Duration,
    /// When it was over.
    pub ended: Duration,
    /// Whose it was.
    pub client: usize,
    /// So often it was sent.
    pub attempts: u32,
    /// It succeeded, as far as its client knows.
    pub succeeded: bool,
}

/// Everything that happened.
#[derive(Debug, Clone, Default)]
pub struct Trace {
    /// In the order of the orders.
    pub operations: Vec<Operation>,
    /// When each attempt was sent, and of which operation, in that order.
    pub attempts: Vec<(Duration, usize)>,
}

impl Trace {
    /// The share of operations that succeeded.
    pub fn success(&self) -> f64 {
        share(self.operations.iter().filter(|operation| operation.succeeded).count(), self.operations.len())
    }

    /// Attempts in each second from `from` on.
    pub fn load(&self, from: Duration, seconds: usize) -> Vec<usize> {
        let mut load = vec![0; seconds];
        for (at, _) in &self.attempts {
            if let Some(second) = at.checked_sub(from)
                && let Some(count) = load.get_mut(second.as_secs() as usize)
            {
                *count += 1;
            }
        }
        load
    }

    /// Attempts per operation.
    pub fn amplification(&self) -> f64 {
        share(self.attempts.len(), self.operations.len())
    }
}

/// A part of a whole; of nothing, nothing.
pub fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// So many operations in a time, at times that are independent of each other, of any of the clients.
pub fn open_load(count: usize, from: Duration, span: Duration, clients: usize, rng: &mut Rng) -> Vec<Order> {
    let mut times: Vec<Duration> = (0..count).map(|_| from + rng.within(span)).collect();
    times.sort_unstable();
    times.into_iter().map(|at| Order::new(at, rng.below(clients))).collect()
}

/// Lets the clients carry out the orders. An answer that takes longer than `timeout` is not waited for.
pub fn run(
    orders: &[Order],
    clients: &mut [Box<dyn Client>],
    server: &mut dyn Server,
    timeout: Duration,
    rng: &mut Rng,
) -> Trace {
    let mut trace = Trace {
        operations: orders
            .iter()
            .map(|&Order { at, client, .. }| Operation {
                began: at,
                ended: at,
                client,
                attempts: 0,
                succeeded: false,
            })
            .collect(),
        attempts: Vec::with_capacity(orders.len()),
    };
    // What happens next, in the order of time and, at the same time, in which it was planned.
    let mut plan: BinaryHeap<Reverse<(Duration, usize, usize)>> = BinaryHeap::new();
    plan.extend(
        orders.iter().enumerate().map(|(operation, order)| Reverse((order.at, operation, operation))),
    );
    let mut planned = orders.len();
    let mut under_way: Vec<Option<Got>> = vec![None; orders.len()];

    while let Some(Reverse((now, _, index))) = plan.pop() {
        let (order, operation) = (&orders[index], &mut trace.operations[index]);
        let client = &mut clients[order.client];
        operation.ended = now;
        let next = match under_way[index].take() {
            None => client.sends(now, rng).then(|| {
                operation.attempts += 1;
                trace.attempts.push((now, index));
                let Order { client, keyed, .. } = *order;
                let request = Request { now, client, operation: index, keyed };
                let (at, got) = server.receive(&request, rng);
                let limit = now + timeout;
                let (at, got) = if at > limit { (limit, Got::Timeout) } else { (at, got) };
                under_way[index] = Some(got);
                at
            }),
            Some(got) => {
                let Order { post, keyed, .. } = *order;
                let call = Call { now, operation: index, number: operation.attempts, post, keyed };
                match got {
                    Got::Success => {
                        operation.succeeded = true;
                        client.succeeded(&call);
                        None
                    }
                    got => client.failed(&call, &got, rng).map(|wait| now + wait),
                }
            }
        };
        if let Some(at) = next {
            plan.push(Reverse((at, planned, index)));
            planned += 1;
        }
    }
    trace
}
