//! The scenarios.

pub mod effects;
pub mod nested;
pub mod overload;
pub mod random;
pub mod reset;
pub mod tenant;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Does the same to each of many things, on all cores; the results are in their order.
pub fn each<I: Sync, T: Send>(of: &[I], what: impl Fn(&I) -> T + Sync) -> Vec<T> {
    let (next, results) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get());
    std::thread::scope(|scope| {
        for _ in 0..threads.min(of.len()) {
            scope.spawn(|| {
                while let Some((index, one)) =
                    Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|i| Some((i, of.get(i)?)))
                {
                    let result = what(one);
                    if let Ok(mut results) = results.lock() {
                        results.push((index, result));
                    }
                }
            });
        }
    });
    // A thread that panicked has ended this one, too.
    let mut results = results.into_inner().unwrap_or_default();
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}
