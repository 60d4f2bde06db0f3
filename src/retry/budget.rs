use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How many retries a client may add to what it sends: tokens that successes earn, retries spend and time takes away.
///
/// It is what keeps retries from holding a service down that is overloaded: waits alone only move them. Each failure of a
/// client that has tokens is one request more, and in an outage all clients of a service fail at once. That tokens fade
/// bounds what all of them together have by what they sent in the last minutes, however many they are. There is no
/// allowance by time, because a thousand clients with a small one each are a large one.
///
/// Time is that of any clock that doesn't go back.
///
/// ```
/// use errbook::retry::Budget;
/// use std::time::Duration;
///
/// let now = Duration::ZERO;
/// let budget = Budget::new(); // with two tokens
/// assert!(!budget.spend(Budget::AFTER_TIMEOUT, now));
/// assert!(budget.spend(Budget::RETRY, now) && budget.spend(Budget::RETRY, now));
/// assert!(!budget.spend(Budget::RETRY, now));
/// for _ in 0..10 {
///     budget.earn(now);
/// }
/// assert!(budget.spend(Budget::RETRY, now));
/// ```
#[derive(Debug)]
pub struct Budget {
    /// When it was written, in steps of the terms (0: never), and the thousandths of a token that were there: 32 bits each.
    state: AtomicU64,
    terms: Terms,
    /// Of the terms.
    step: u64,
}

/// What a [`Budget`] starts with, earns and holds, and how fast it fades. In whole thousandths of a token, so that no ratio
/// is rounded to another.
///
/// ```
/// use errbook::retry::{Budget, Terms};
/// use std::time::Duration;
///
/// let budget = Budget::with(Terms::default().start(0).earn(350).half_life(Duration::from_secs(60)));
/// budget.earn(Duration::ZERO);
/// assert_eq!(budget.tokens(Duration::ZERO), 350);
/// assert_eq!(budget.tokens(Duration::from_secs(60)), 175);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    start: u32,
    earn: u32,
    max: u32,
    half_life: Duration,
}

impl Terms {
    /// Starts with two tokens, earns a tenth per success, keeps ten; of what is beyond two, half is gone in 20 s. A service
    /// that was overloaded is well again in at most half as much time more than without any retries, however many clients
    /// it has.
    pub const DEFAULT: Terms =
        Terms { start: 2_000, earn: 100, max: 10_000, half_life: Duration::from_secs(20) };

    /// So many thousandths of a token at the beginning; 1,000 are a retry. Of a thousand clients that are started together
    /// each has them.
    #[must_use]
    pub const fn start(self, start: u32) -> Terms {
        Terms { start, ..self }
    }

    /// So many thousandths of a token for each success: at 100 retries are at most a tenth of what succeeds.
    #[must_use]
    pub const fn earn(self, earn: u32) -> Terms {
        Terms { earn, ..self }
    }

    /// At most so many thousandths of a token are kept.
    #[must_use]
    pub const fn max(self, max: u32) -> Terms {
        Terms { max, ..self }
    }

    /// In such a time half of the tokens are gone that it has beyond those it started with. With [`Duration::MAX`] nothing
    /// fades.
    #[must_use]
    pub const fn half_life(self, half_life: Duration) -> Terms {
        Terms { half_life, ..self }
    }

    /// Fading goes by steps of so many nanoseconds.
    const fn step(&self) -> u64 {
        // So that 32 bits of steps are weeks.
        const LEAST: u64 = 1_000_000;
        let step = nanoseconds(self.half_life) / STEPS as u64;
        if step < LEAST { LEAST } else { step }
    }
}

impl Default for Terms {
    /// [`Terms::DEFAULT`].
    fn default() -> Terms {
        Terms::DEFAULT
    }
}

/// Of a half-life.
const STEPS: u32 = 16;

/// What is left after so many steps, in parts of 65,536: 65,536 / 2^(step / 16).
const LEFT: [u64; STEPS as usize] = [
    65_536, 62_757, 60_097, 57_549, 55_109, 52_772, 50_535, 48_393, 46_341, 44_376, 42_495, 40_693, 38_968,
    37_316, 35_734, 34_219,
];

/// After a lost race, in turns of a spinning loop: two or three microseconds.
const PAUSE: u32 = 96;

impl Budget {
    /// The price of a retry after an answer, in thousandths of a token.
    pub const RETRY: u32 = 1_000;

    /// The price of one where no answer came in time: the service is slow, and may be at work on the request still, so that another
    /// one is work on top of that.
    pub const AFTER_TIMEOUT: u32 = 3_000;

    /// On the usual [`Terms`].
    pub fn new() -> Budget {
        Budget::with(Terms::default())
    }

    /// On terms of one's own.
    pub const fn with(terms: Terms) -> Budget {
        let start = if terms.start < terms.max { terms.start } else { terms.max };
        Budget { state: AtomicU64::new(start as u64), terms, step: terms.step() }
    }

    /// An attempt succeeded.
    pub fn earn(&self, now: Duration) {
        let Terms { earn, max, .. } = self.terms;
        self.change(now, |tokens| Some(tokens.saturating_add(earn).min(max)));
    }

    /// Takes a price, if it is there.
    #[must_use]
    pub fn spend(&self, price: u32, now: Duration) -> bool {
        self.change(now, |tokens| tokens.checked_sub(price))
    }

    /// What is there, in thousandths of a token.
    pub fn tokens(&self, now: Duration) -> u32 {
        self.faded(self.state.load(Ordering::Relaxed), self.steps(now))
    }

    /// Puts something in the place of the tokens that are there now.
    fn change(&self, now: Duration, change: impl Fn(u32) -> Option<u32>) -> bool {
        let steps = self.steps(now);
        let mut state = self.state.load(Ordering::Relaxed);
        loop {
            let Some(tokens) = change(self.faded(state, steps)) else { return false };
            let next = u64::from(latest(state, steps)) << 32 | u64::from(tokens);
            // A full budget, which is the usual one of a busy client, is only read: no core waits for another's cache.
            if next == state {
                return true;
            }
            match self.state.compare_exchange_weak(state, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(_) => {
                    // Threads that lose one race after the other pass the line between their caches to and fro, four times as
                    // slowly as one that is left alone for a moment.
                    (0..PAUSE).for_each(|_| std::hint::spin_loop());
                    state = self.state.load(Ordering::Relaxed);
                }
            }
        }
    }

    /// The tokens that are left of a state: of those beyond what it started with, some are gone.
    fn faded(&self, state: u64, steps: u32) -> u32 {
        let tokens = state as u32;
        let kept = tokens.min(self.terms.start);
        let passed = match (state >> 32) as u32 {
            0 => 0,
            written => latest(state, steps).wrapping_sub(written),
        };
        let left = (u64::from(tokens - kept) * LEFT[(passed % STEPS) as usize]) >> 16;
        kept + left.checked_shr(passed / STEPS).unwrap_or(0) as u32
    }

    /// From 1. They begin anew after weeks, where the worst is that what was not used for weeks has not faded.
    fn steps(&self, now: Duration) -> u32 {
        ((nanoseconds(now) / self.step) as u32).wrapping_add(1).max(1)
    }
}

/// Up to five centuries.
const fn nanoseconds(time: Duration) -> u64 {
    let nanoseconds = time.as_nanos();
    if nanoseconds > u64::MAX as u128 { u64::MAX } else { nanoseconds as u64 }
}

/// The later one: another thread may have seen a later time.
fn latest(state: u64, steps: u32) -> u32 {
    match (state >> 32) as u32 {
        // What a budget starts with doesn't fade before its first use.
        0 => steps,
        written if (steps.wrapping_sub(written) as i32) < 0 => written,
        _ => steps,
    }
}

impl Default for Budget {
    fn default() -> Budget {
        Budget::new()
    }
}

/// A [`Budget`] for each host that a client talks to, without locks and within a bound: the 65th host and those after it
/// may share one with another.
///
/// ```
/// use errbook::retry::{Budget, Budgets};
/// use std::time::Duration;
///
/// let (budgets, now) = (Budgets::default(), Duration::ZERO);
/// assert!(budgets.of("a.example").spend(2 * Budget::RETRY, now));
/// assert!(!budgets.of("a.example").spend(2 * Budget::RETRY, now));
/// assert!(budgets.of("b.example:8443").spend(2 * Budget::RETRY, now));
/// ```
pub struct Budgets {
    slots: Box<[Slot]>,
    /// Nobody from outside can choose hosts that share a slot.
    hasher: RandomState,
}

#[derive(Debug)]
struct Slot {
    /// Of the host; 0 for nobody's.
    hash: AtomicU64,
    budget: Budget,
}

impl Budgets {
    const SLOTS: usize = 64;

    /// A budget for each host, on these terms.
    pub fn with(terms: Terms) -> Budgets {
        let slot = |_| Slot { hash: AtomicU64::new(0), budget: Budget::with(terms) };
        Budgets { slots: (0..Budgets::SLOTS).map(slot).collect(), hasher: RandomState::new() }
    }

    /// The budget of a host: what stands between the scheme and the path, in whatever form it is always given.
    pub fn of(&self, host: &str) -> &Budget {
        let hash = self.hasher.hash_one(host).max(1);
        let home = hash as usize % self.slots.len();
        let (before, after) = self.slots.split_at(home);
        for slot in after.iter().chain(before) {
            let owner = match slot.hash.load(Ordering::Relaxed) {
                // Nobody's yet: ours, if no other thread is faster.
                0 => match slot.hash.compare_exchange(0, hash, Ordering::Relaxed, Ordering::Relaxed) {
                    Ok(_) => hash,
                    Err(owner) => owner,
                },
                owner => owner,
            };
            if owner == hash {
                return &slot.budget;
            }
        }
        &self.slots[home].budget
    }
}

/// How many hosts it has met.
impl fmt::Debug for Budgets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hosts = self.slots.iter().filter(|slot| slot.hash.load(Ordering::Relaxed) != 0).count();
        f.debug_struct("Budgets").field("hosts", &hosts).finish_non_exhaustive()
    }
}

impl Default for Budgets {
    fn default() -> Budgets {
        Budgets::with(Terms::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1_000_000);

    #[test]
    fn no_ratio_is_rounded() {
        let budget = Budget::with(Terms::default().start(0).earn(350));
        for _ in 0..20 {
            budget.earn(NOW);
        }
        assert_eq!(budget.tokens(NOW), 7_000);
    }

    #[test]
    fn never_more_than_it_holds() {
        let budget = Budget::with(Terms::default().start(50_000).earn(u32::MAX));
        assert_eq!(budget.tokens(Duration::ZERO), 10_000);
        budget.earn(NOW);
        assert_eq!(budget.tokens(NOW), 10_000);
        let budget = Budget::with(Terms::default().start(u32::MAX).max(u32::MAX));
        budget.earn(Duration::ZERO);
        assert_eq!(budget.tokens(Duration::ZERO), u32::MAX);
    }

    #[test]
    fn half_is_left_after_a_half_life() {
        let budget = Budget::with(Terms::default().start(0).earn(8_000).half_life(Duration::from_secs(60)));
        budget.earn(NOW);
        let after = |seconds| budget.tokens(NOW + Duration::from_secs(seconds));
        assert_eq!([0, 60, 120, 180, 1_800].map(after), [8_000, 4_000, 2_000, 1_000, 0]);
        // In between as it should be, to a hundredth and a step.
        for second in 0..240 {
            let exact = 8_000.0 * 0.5_f64.powf(second as f64 / 60.0);
            assert!(
                (0.95..=1.1).contains(&(after(second).max(1) as f64 / exact.max(1.0))),
                "{second}: {exact}"
            );
        }
    }

    #[test]
    fn what_does_not_fade_does_not() {
        let after = |half_life, time| {
            let budget = Budget::with(Terms::default().half_life(half_life));
            budget.earn(Duration::ZERO);
            budget.tokens(time)
        };
        assert_eq!(after(Duration::MAX, Duration::from_secs(1_000_000_000)), 2_100);
        // Nor what it started with; and nothing is divided by a half-life of zero.
        assert_eq!(after(Duration::ZERO, Duration::from_secs(1)), 2_000);
    }

    #[test]
    fn time_that_goes_back_is_no_time() {
        let budget = Budget::with(Terms::default().start(0));
        budget.earn(NOW);
        budget.earn(Duration::ZERO);
        assert_eq!((budget.tokens(Duration::ZERO), budget.tokens(NOW)), (200, 200));
    }

    #[test]
    fn under_contention_nothing_is_made_up_or_lost() {
        let budget = Budget::with(Terms::default().start(0).max(u32::MAX));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..10_000).for_each(|_| budget.earn(NOW)));
            }
        });
        assert_eq!(budget.tokens(NOW), 4_000_000);
        let spent: usize = std::thread::scope(|scope| {
            let spenders: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| (0..2_000).filter(|_| budget.spend(Budget::RETRY, NOW)).count()))
                .collect();
            spenders.into_iter().filter_map(|spender| spender.join().ok()).sum()
        });
        assert_eq!((spent, budget.tokens(NOW)), (4_000, 0));
    }

    #[test]
    fn any_number_of_hosts_has_a_bound() {
        let budgets = Budgets::default();
        let known: Vec<*const Budget> =
            (0..Budgets::SLOTS).map(|host| budgets.of(&host.to_string()) as *const _).collect();
        for (host, budget) in known.iter().enumerate() {
            assert_eq!(*budget, budgets.of(&host.to_string()) as *const _);
            assert_eq!(known.iter().filter(|other| *other == budget).count(), 1);
        }
        // One more shares.
        assert!(known.contains(&(budgets.of("one more") as *const _)));
    }
}
