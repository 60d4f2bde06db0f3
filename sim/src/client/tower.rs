use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tower::retry::backoff::{Backoff as _, ExponentialBackoff, ExponentialBackoffMaker, MakeBackoff as _};
use tower::retry::budget::{Budget as _, TpsBudget};

use super::is_transient;
use crate::engine::{Call, Client, Got};
use crate::rng::Rng;

/// tokio's clock, which stands still but for us.
pub struct Clock {
    runtime: Runtime,
    now: Cell<Duration>,
}

impl Clock {
    /// At the beginning of time.
    pub fn new() -> Clock {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
        Clock { runtime: runtime.expect("no thread and no socket is asked for"), now: Cell::default() }
    }

    /// Does something at this time.
    fn at<T>(&self, now: Duration, what: impl FnOnce() -> T) -> T {
        let passed = now.saturating_sub(self.now.replace(now));
        if !passed.is_zero() {
            self.runtime.block_on(tokio::time::advance(passed));
        }
        let _inside = self.runtime.enter();
        what()
    }
}

impl Default for Clock {
    fn default() -> Clock {
        Clock::new()
    }
}

/// tower's budget and, but for reqwest's own retries, its backoff.
pub struct Tower {
    clock: Rc<Clock>,
    budget: TpsBudget,
    retries: u32,
    maker: Option<ExponentialBackoffMaker<Seeded>>,
    /// Of each operation that has one.
    waits: HashMap<usize, ExponentialBackoff<Seeded>>,
}

impl Tower {
    /// As tower's documentation puts it together: the budget, here with another floor, and backoffs of one maker; 3 retries.
    pub fn new(clock: Rc<Clock>, number: u64, floor: u32) -> Tower {
        let (base, cap) = (Duration::from_millis(100), Duration::from_secs(20));
        let maker = ExponentialBackoffMaker::new(base, cap, 0.99, Seeded(Rng::new(number))).ok();
        Tower { maker, ..Tower::with(clock, floor, 3) }
    }

    /// As reqwest has it: 2 retries at once.
    pub fn reqwest(clock: Rc<Clock>) -> Tower {
        Tower::with(clock, 10, 2)
    }

    fn with(clock: Rc<Clock>, floor: u32, retries: u32) -> Tower {
        let budget = clock.at(Duration::ZERO, || TpsBudget::new(Duration::from_secs(10), floor, 0.2));
        Tower { clock, budget, retries, maker: None, waits: HashMap::new() }
    }
}

impl Client for Tower {
    fn succeeded(&mut self, call: &Call) {
        self.waits.remove(&call.operation);
        self.clock.at(call.now, || self.budget.deposit());
    }

    fn failed(&mut self, call: &Call, got: &Got, _rng: &mut Rng) -> Option<Duration> {
        let Tower { clock, budget, retries, maker, waits } = self;
        clock.at(call.now, || {
            if !is_transient(got) {
                budget.deposit();
                return None;
            }
            if call.number > *retries || !budget.withdraw() {
                return None;
            }
            let Some(maker) = maker else { return Some(Duration::ZERO) };
            let wait = waits.entry(call.operation).or_insert_with(|| maker.make_backoff());
            Some(wait.next_backoff().deadline() - tokio::time::Instant::now())
        })
    }
}

/// Our numbers for tower.
#[derive(Clone)]
struct Seeded(Rng);

impl tower::util::rng::Rng for Seeded {
    fn next_u64(&mut self) -> u64 {
        self.0.number()
    }
}
