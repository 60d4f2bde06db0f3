//! What must not become worse. All seeds are fixed, so that a bound that holds once holds.

use std::time::Duration;

use errbook::retry::{Budget, Policy, Terms};
use errbook_sim::answer::Answer;
use errbook_sim::client::{NONE, OURS, Ours, THREE, World};
use errbook_sim::engine::{self, Client, Got, Order, Request, Server};
use errbook_sim::rng::Rng;
use errbook_sim::scenario::nested::Nested;
use errbook_sim::scenario::overload::{self, FLEETS};
use errbook_sim::scenario::random::Failing;
use errbook_sim::scenario::{each, effects, reset, tenant};
use proptest::prelude::*;

#[test]
fn s1_recovery_takes_at_most_half_as_long_again() {
    // Sizes between those of the page, too: the worst one is where each client has just three tokens.
    let fleets = FLEETS.into_iter().chain([500, 2_000, 20_000]);
    let runs: Vec<(usize, bool)> =
        fleets.flat_map(|clients| [false, true].map(|seasoned| (clients, seasoned))).collect();
    let recovery = each(&runs, |(clients, seasoned)| {
        [NONE, OURS].map(|candidate| overload::recovery(&candidate, *clients, *seasoned))
    });
    for ((clients, seasoned), recovery) in runs.iter().zip(recovery) {
        let [Some(none), Some(ours)] = recovery else { panic!("{clients} {seasoned}: {recovery:?}") };
        assert!(2 * ours <= 3 * none, "{clients} clients, seasoned: {seasoned}: {ours} s after {none} s");
    }
}

#[test]
fn s1_three_plain_retries_never_recover() {
    // Or the scenario would show nothing.
    assert_eq!(overload::recovery(&THREE, 100, false), None);
}

#[test]
fn s2_nobody_comes_before_the_servers_time() {
    let seen = reset::run(&OURS);
    assert_eq!((seen.early, seen.success, seen.retries), (0.0, 1.0, reset::REQUESTS));
    // Nor all at once.
    assert!(seen.peak() < reset::REQUESTS / 4, "{}", seen.peak());
}

#[test]
fn s3_a_tenant_that_is_not_set_up_costs_the_others_nothing() {
    let seen = tenant::run(&OURS);
    assert_eq!(seen.attempts, 1.0);
    assert!(seen.alone - seen.others < 0.001, "{seen:?}");
}

#[test]
fn s4_layers_do_not_multiply() {
    let run = |exhausted| Nested { candidate: OURS, exhausted, failures: 1.0 }.run();
    assert_eq!(run(true).most, 3);
    assert!(run(false).most > 3);
}

#[test]
fn s5_nine_of_ten_that_three_retries_would_save_are_saved() {
    for failures in [0.01, 0.02, 0.05] {
        for pace in [0.1, 1.0, 7.0] {
            let saved = Failing { pace, ..Failing::new(OURS, failures) }.saved();
            assert!(saved >= 0.9, "{failures} every {pace} s: {saved}");
        }
    }
}

#[test]
fn s6_nothing_happens_twice() {
    assert_eq!([false, true].map(|keyed| effects::run(&OURS, keyed).twice), [0, 0]);
    // As it does to those who don't ask.
    assert!(effects::run(&THREE, false).twice > 0);
}

/// Fails as a list says, over and over.
struct Listed<'a> {
    outcomes: &'a [u8],
    next: usize,
    answers: [Got; 3],
}

impl Server for Listed<'_> {
    fn receive(&mut self, request: &Request, _rng: &mut Rng) -> (Duration, Got) {
        let outcome = self.outcomes[self.next % self.outcomes.len()];
        self.next += 1;
        let got = self.answers.get(usize::from(outcome)).cloned().unwrap_or(Got::Success);
        (request.now + Duration::from_millis(20), got)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Attempts ≤ requests + 0.1 × successes + the tokens of the beginning, however requests come and fail.
    #[test]
    fn amplification_is_bounded(
        outcomes in prop::collection::vec(0_u8..6, 1..60),
        gaps in prop::collection::vec(0_u64..20_000, 1..200),
        clients in 1_usize..5,
        start in 0_u32..12_000,
        attempts in 1_u32..6,
        seed: u64,
    ) {
        let terms = Terms::DEFAULT.start(start);
        let policy = Policy::default().attempts(attempts);
        let mut fleet: Vec<Box<dyn Client>> =
            (0..clients).map(|_| Box::new(Ours::new(policy, Budget::with(terms))) as Box<dyn Client>).collect();
        let mut now = Duration::ZERO;
        let orders: Vec<Order> = gaps
            .iter()
            .enumerate()
            .map(|(index, gap)| {
                now += Duration::from_millis(*gap);
                Order::new(now, index % clients)
            })
            .collect();
        let answers = [
            Got::Error(Answer::internal_error()),
            Got::Error(Answer::rate_limit_exceeded(Duration::from_secs(2))),
            Got::Timeout,
        ];
        let mut server = Listed { outcomes: &outcomes, next: 0, answers };
        let trace = engine::run(&orders, &mut fleet, &mut server, Duration::from_secs(1), &mut Rng::new(seed));

        let successes = trace.operations.iter().filter(|operation| operation.succeeded).count();
        let bound = orders.len() as f64 + 0.1 * successes as f64 + clients as f64 * f64::from(start.min(10_000)) / 1e3;
        prop_assert!(trace.attempts.len() as f64 <= bound + 1e-6);
        // And none of them is one too many.
        prop_assert!(trace.operations.iter().all(|operation| operation.attempts <= attempts));
    }
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    let run = || {
        let mut rng = Rng::new(7);
        let orders = engine::open_load(2_000, Duration::ZERO, Duration::from_secs(20), 10, &mut rng);
        errbook_sim::client::ALL.map(|candidate| {
            let outcomes = [0, 9, 2, 9, 9, 1];
            let answers = [Answer::internal_error(), Answer::service_unavailable(), Answer::internal_error()]
                .map(Got::Error);
            let mut server = Listed { outcomes: &outcomes, next: 0, answers };
            let mut fleet = World::new().fleet(&candidate, 10);
            let limit = Duration::from_secs(1);
            engine::run(&orders, &mut fleet, &mut server, limit, &mut Rng::new(3)).attempts
        })
    };
    assert!(run() == run());
}
