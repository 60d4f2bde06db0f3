//! What `cargo xtask bench` measures. `bin/times.rs` takes the times, `bin/allocations.rs` counts the allocations of the
//! same cases, and valgrind the instructions of `bin/instructions.rs`; each prints a line per case, parted by tabs.

mod answer;
mod bodies;
mod parse;
mod retry;
mod service;
mod text;

use std::hint::black_box;
use std::time::{Duration, Instant};

/// Rounds of a group: in each, every case runs once, in changing order.
const ROUNDS: usize = 101;

/// What a case runs for in a round, about.
const SLICE: Duration = Duration::from_millis(1);

/// Cases that do the same. The first one is ours.
pub struct Group {
    pub name: &'static str,
    pub cases: Vec<Case>,
}

/// One way to do it.
pub struct Case {
    pub name: &'static str,
    /// So many are done in one run.
    per_run: usize,
    runs: Box<dyn FnMut(u64)>,
}

impl Case {
    fn new<T>(name: &'static str, run: impl Fn() -> T + 'static) -> Case {
        Case::of_many(name, 1, run)
    }

    fn of_many<T>(name: &'static str, per_run: usize, run: impl Fn() -> T + 'static) -> Case {
        let runs = move |times| {
            for _ in 0..times {
                black_box(run());
            }
        };
        Case { name, per_run, runs: Box::new(runs) }
    }

    /// Does it once, with whatever it asserts of itself.
    pub fn run(&mut self) {
        (self.runs)(1);
    }

    /// Runs it, and says how many were done in these runs.
    pub fn run_so_often(&mut self, times: u64) -> u64 {
        (self.runs)(times);
        times * self.per_run as u64
    }

    /// Nanoseconds of one.
    fn time(&mut self, times: u64) -> f64 {
        let start = Instant::now();
        (self.runs)(times);
        start.elapsed().as_secs_f64() * 1e9 / (times as f64 * self.per_run as f64)
    }
}

/// What was measured of a case.
pub struct Times {
    /// Nanoseconds, the median of all rounds.
    pub median: f64,
    /// How much longer than ours it takes: the median of the rounds' own ratios.
    pub ratio: f64,
    /// Half of these ratios lie so close together, as a part of the median.
    pub spread: f64,
}

impl Group {
    /// All of the cases, interleaved: what slows the machine down for a while slows down each of them.
    pub fn times(&mut self) -> Vec<Times> {
        let runs: Vec<u64> = self.cases.iter_mut().map(runs_of_a_slice).collect();
        let count = self.cases.len();
        let mut rounds = vec![Vec::with_capacity(ROUNDS); count];
        for round in 0..ROUNDS {
            for place in 0..count {
                let at = (round + place) % count;
                rounds[at].push(self.cases[at].time(runs[at]));
            }
        }
        rounds.iter().map(|case| Times::of(case, &rounds[0])).collect()
    }
}

impl Times {
    fn of(rounds: &[f64], ours: &[f64]) -> Times {
        let [_, median, _] = quartiles(rounds.to_vec());
        let [low, ratio, high] = quartiles(rounds.iter().zip(ours).map(|(time, ours)| time / ours).collect());
        Times { median, ratio, spread: (high - low) / ratio }
    }
}

fn quartiles(mut numbers: Vec<f64>) -> [f64; 3] {
    numbers.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| numbers[numbers.len() * quarter / 4])
}

/// The warm-up, too.
fn runs_of_a_slice(case: &mut Case) -> u64 {
    let mut runs = 1;
    loop {
        let start = Instant::now();
        (case.runs)(runs);
        let elapsed = start.elapsed();
        if elapsed >= SLICE {
            return (runs as f64 * SLICE.as_secs_f64() / elapsed.as_secs_f64()).max(1.0) as u64;
        }
        runs *= 2;
    }
}

/// All of it. Panics where cases that claim the same result differ.
pub fn groups() -> Vec<Group> {
    let mut groups = answer::groups();
    groups.extend(parse::groups());
    groups.extend(text::groups());
    groups.extend(service::groups());
    groups.extend(retry::groups());
    groups
}
