use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// How many retries a client may add to what it sends: tokens that successes earn and retries spend.
///
/// It is what keeps retries from holding a service down that is overloaded: waits alone only move them. There is no
/// allowance by time, because a thousand clients with a small one each are a large one.
///
/// ```
/// use errbook::retry::Budget;
///
/// let budget = Budget::new(); // with one token
/// assert!(budget.spend());
/// assert!(!budget.spend());
/// for _ in 0..10 {
///     budget.earn();
/// }
/// assert!(budget.spend());
/// ```
#[derive(Debug)]
pub struct Budget {
    /// In thousandths of a token.
    tokens: AtomicU32,
    terms: Terms,
}

/// What a [`Budget`] starts with, earns and holds. In whole thousandths of a token, so that no ratio is rounded to another.
///
/// ```
/// use errbook::retry::{Budget, Terms};
///
/// let budget = Budget::with(Terms::default().start(0).earn(350).max(5_000));
/// budget.earn();
/// assert_eq!(budget.tokens(), 350);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    start: u32,
    earn: u32,
    max: u32,
}

impl Terms {
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

    /// At most so many thousandths of a token are kept: what may be sent again at once after a long quiet.
    #[must_use]
    pub const fn max(self, max: u32) -> Terms {
        Terms { max, ..self }
    }
}

impl Default for Terms {
    /// Starts with one token, earns a tenth per success, keeps ten.
    fn default() -> Terms {
        Terms { start: 1_000, earn: 100, max: 10_000 }
    }
}

/// The price of a retry, in thousandths of a token.
const RETRY: u32 = 1_000;

impl Budget {
    /// On the usual [`Terms`].
    pub fn new() -> Budget {
        Budget::with(Terms::default())
    }

    /// On terms of one's own.
    pub const fn with(terms: Terms) -> Budget {
        let start = if terms.start < terms.max { terms.start } else { terms.max };
        Budget { tokens: AtomicU32::new(start), terms }
    }

    /// An attempt succeeded.
    pub fn earn(&self) {
        let Terms { earn, max, .. } = self.terms;
        // A full budget, which is the usual one, is only read: no core waits for another's cache.
        let more = |tokens: u32| (tokens < max).then(|| tokens.saturating_add(earn).min(max));
        let _ = self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    }

    /// Takes the price of a retry, if it is there.
    #[must_use]
    pub fn spend(&self) -> bool {
        let less = |tokens: u32| tokens.checked_sub(RETRY);
        self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }

    /// What is there, in thousandths of a token.
    pub fn tokens(&self) -> u32 {
        self.tokens.load(Ordering::Relaxed)
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
/// use errbook::retry::Budgets;
///
/// let budgets = Budgets::default();
/// assert!(budgets.of("a.example").spend());
/// assert!(!budgets.of("a.example").spend());
/// assert!(budgets.of("b.example:8443").spend());
/// ```
#[derive(Debug)]
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

impl Default for Budgets {
    fn default() -> Budgets {
        Budgets::with(Terms::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_ratio_is_rounded() {
        let budget = Budget::with(Terms::default().start(0).earn(350));
        for _ in 0..20 {
            budget.earn();
        }
        assert_eq!(budget.tokens(), 7_000);
    }

    #[test]
    fn never_more_than_it_holds() {
        let budget = Budget::with(Terms::default().start(50_000).earn(u32::MAX));
        assert_eq!(budget.tokens(), 10_000);
        budget.earn();
        assert_eq!(budget.tokens(), 10_000);
    }

    #[test]
    fn under_contention_nothing_is_made_up_or_lost() {
        let budget = Budget::with(Terms::default().start(0).max(u32::MAX));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..10_000).for_each(|_| budget.earn()));
            }
        });
        assert_eq!(budget.tokens(), 4_000_000);
        let spent: usize = std::thread::scope(|scope| {
            let spenders: Vec<_> =
                (0..4).map(|_| scope.spawn(|| (0..2_000).filter(|_| budget.spend()).count())).collect();
            spenders.into_iter().filter_map(|spender| spender.join().ok()).sum()
        });
        assert_eq!((spent, budget.tokens()), (4_000, 0));
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
