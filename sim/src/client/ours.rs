use std::collections::HashMap;
use std::time::Duration;

use errbook::retry::{Attempt, Budget, Decision, Failure, Policy, Terms};
use http::Method;

use crate::engine::{Call, Client, Got};
use crate::rng::Rng;

/// What pays for retries.
pub trait Purse {
    /// An attempt succeeded.
    fn earn(&mut self, call: &Call);

    /// Takes the price of another attempt, or decides against it.
    fn pay(&mut self, call: &Call, decision: Decision) -> Decision;
}

impl Purse for Budget {
    fn earn(&mut self, call: &Call) {
        Budget::earn(self, call.now);
    }

    fn pay(&mut self, call: &Call, decision: Decision) -> Decision {
        decision.paid_from(self, call.now)
    }
}

/// Another rule than the budget's own, on the same budget.
pub enum Other {
    /// Each retry has the same price.
    OnePrice(Budget),
    /// Only first attempts earn.
    First(Budget),
    /// A retry that fails takes all that is left.
    Emptied(Budget, Terms),
}

impl Purse for Other {
    fn earn(&mut self, call: &Call) {
        match self {
            Other::First(_) if call.number > 1 => {}
            Other::OnePrice(budget) | Other::First(budget) | Other::Emptied(budget, _) => {
                Purse::earn(budget, call)
            }
        }
    }

    fn pay(&mut self, call: &Call, decision: Decision) -> Decision {
        match (self, decision) {
            (Other::OnePrice(budget), Decision::Retry(mut again)) => {
                again.price = Budget::RETRY;
                Decision::Retry(again).paid_from(budget, call.now)
            }
            (Other::Emptied(budget, terms), decision) => {
                if call.number > 1 {
                    *budget = Budget::with(terms.start(0));
                }
                decision.paid_from(budget, call.now)
            }
            (Other::OnePrice(budget) | Other::First(budget), decision) => {
                decision.paid_from(budget, call.now)
            }
        }
    }
}

/// errbook's decision, and its budget or another.
#[derive(Default)]
pub struct Ours<B = Budget> {
    policy: Policy,
    purse: B,
    /// The attempts that are under way, but for first ones.
    attempts: HashMap<usize, Attempt>,
}

impl<B> Ours<B> {
    /// With a policy and a budget of one's own.
    pub fn new(policy: Policy, purse: B) -> Ours<B> {
        Ours { policy, purse, attempts: HashMap::new() }
    }
}

impl<B: Purse> Client for Ours<B> {
    fn succeeded(&mut self, call: &Call) {
        self.attempts.remove(&call.operation);
        self.purse.earn(call);
    }

    fn failed(&mut self, call: &Call, got: &Got, rng: &mut Rng) -> Option<Duration> {
        let failure = match got {
            Got::Success => return None,
            Got::Error(answer) => answer.failure,
            Got::Timeout => Failure::timed_out(),
        };
        let attempt = self.attempts.remove(&call.operation).unwrap_or_else(|| {
            let first = Attempt::of(if call.post { &Method::POST } else { &Method::GET });
            if call.keyed { first.keyed() } else { first }
        });
        let decision = self.policy.decide(&failure, &attempt);
        let decision = self.purse.pay(call, decision);
        match decision {
            // Nobody here has anything to renew.
            Decision::Refresh(_) | Decision::Stop(_) => None,
            Decision::Retry(again) => {
                self.attempts.insert(call.operation, attempt.after(&decision));
                Some(again.wait.pick(rng.number()))
            }
        }
    }
}
