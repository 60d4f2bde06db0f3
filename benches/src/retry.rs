//! What is decided after an answer, and the budget that has the last word.

use std::hint::black_box;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use errbook::mail::{code, sending};
use errbook::retry::{Attempt, Budget, Failure, Policy, Terms};
use http::Method;
use reqwest_retry::{DefaultRetryableStrategy, Retryable, RetryableStrategy};
use tower::retry::budget::{Budget as _, TpsBudget};

use crate::{Case, Group};

pub(crate) fn groups() -> Vec<Group> {
    vec![decision(), budget(), healthy(), contended()]
}

/// One answer: the service failed, and a GET is to be sent again.
fn decision() -> Group {
    let err = sending::ErrorResponse::from(sending::Error::from(code::InternalError));
    let attempt = Attempt::of(&Method::GET);
    let policy = Policy::default();
    let failure = Failure::from(&err);
    assert!(policy.decide(&failure, &attempt).to_string().starts_with("retry"));

    let theirs = reqwest::Response::from(http::Response::builder().status(500).body("").expect("it is one"));
    let theirs = Ok(theirs);
    assert!(matches!(DefaultRetryableStrategy.handle(&theirs), Some(Retryable::Transient)));
    Group {
        name: "decision",
        cases: vec![
            Case::of_many("errbook", 100, move || {
                for _ in 0..100 {
                    let failure = Failure::from(black_box(&err));
                    let _ = black_box(policy.decide(&failure, black_box(&attempt)));
                }
            }),
            Case::of_many("reqwest-retry", 100, move || {
                for _ in 0..100 {
                    black_box(DefaultRetryableStrategy.handle(black_box(&theirs)));
                }
            }),
        ],
    }
}

/// An equal number of successes and of retries that are paid for.
fn budget() -> Group {
    let ours = full();
    let theirs = TpsBudget::default();
    Group {
        name: "budget",
        cases: vec![
            Case::of_many("errbook", 200, move || {
                for _ in 0..100 {
                    ours.earn(black_box(NOW));
                    black_box(ours.spend(Budget::RETRY, NOW));
                }
            }),
            Case::of_many("tower", 200, move || {
                for _ in 0..100 {
                    theirs.deposit();
                    black_box(theirs.withdraw());
                }
            }),
        ],
    }
}

/// Two threads that share a client which is well: everything succeeds, and the budget is full.
fn healthy() -> Group {
    let ours = Budget::new();
    (0..1_000).for_each(|_| ours.earn(NOW));
    Group {
        name: "budget, healthy",
        cases: vec![
            two_threads("errbook", 1, ours, |budget| budget.earn(black_box(NOW))),
            two_threads("tower", 1, TpsBudget::default(), |budget| budget.deposit()),
        ],
    }
}

/// Two threads that do nothing but change one budget, a success and a retry in turn: the worst there can be.
fn contended() -> Group {
    let ours = |budget: &Budget| {
        budget.earn(black_box(NOW));
        let _ = black_box(budget.spend(Budget::RETRY, NOW));
    };
    let theirs = |budget: &TpsBudget| {
        budget.deposit();
        black_box(budget.withdraw());
    };
    Group {
        name: "budget, two threads",
        cases: vec![
            two_threads("errbook", 2, full(), ours),
            two_threads("tower", 2, TpsBudget::default(), theirs),
        ],
    }
}

/// The time is that of one operation in one thread.
fn two_threads<T: Send + Sync + 'static>(
    name: &'static str,
    per_call: usize,
    budget: T,
    operation: fn(&T),
) -> Case {
    const TIMES: usize = 200_000;
    let budget = Arc::new(budget);
    Case::of_many(name, per_call * TIMES, move || {
        let other = Arc::clone(&budget);
        let other = thread::spawn(move || (0..TIMES).for_each(|_| operation(&other)));
        (0..TIMES).for_each(|_| operation(&budget));
        other.join().expect("it does not panic");
    })
}

/// As in a loop that asks a clock, too, which takes longer than either.
const NOW: Duration = Duration::from_secs(1);

/// One that never is at its end or full, so that each operation writes.
fn full() -> Budget {
    Budget::with(Terms::default().start(u32::MAX / 2).earn(1_000).max(u32::MAX))
}
