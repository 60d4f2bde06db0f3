use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Counts the requests of each key in windows of a minute, the first of which starts with the key's first request.
#[derive(Debug)]
pub(crate) struct Limiter {
    per_minute: u64,
    minute: Duration,
    windows: Mutex<HashMap<String, Window>>,
}

#[derive(Debug)]
struct Window {
    start: Instant,
    requests: u64,
}

impl Limiter {
    pub(crate) fn new(per_minute: u64, minute: Duration) -> Limiter {
        Limiter { per_minute, minute, windows: Mutex::default() }
    }

    /// Counts a request. Over the limit: how long the key has to wait for its next window.
    pub(crate) fn count(&self, key: &str, now: Instant) -> Result<(), Duration> {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if !windows.contains_key(key) {
            // The only place where the map grows.
            windows.retain(|_, window| now.duration_since(window.start) < self.minute);
        }
        let window = windows.entry(key.to_owned()).or_insert(Window { start: now, requests: 0 });
        let passed = now.duration_since(window.start);
        if passed >= self.minute {
            *window = Window { start: now, requests: 0 };
        } else if window.requests >= self.per_minute {
            return Err(self.minute.saturating_sub(passed));
        }
        window.requests += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_a_minute_of_one_key() {
        const MINUTE: Duration = Duration::from_secs(60);
        let limiter = Limiter::new(2, MINUTE);
        let start = Instant::now();
        let later = start + Duration::from_secs(45);
        assert_eq!(limiter.count("a", start), Ok(()));
        assert_eq!(limiter.count("a", later), Ok(()));
        assert_eq!(limiter.count("a", later), Err(Duration::from_secs(15)));
        assert_eq!(limiter.count("b", later), Ok(()));
        assert_eq!(limiter.count("a", start + MINUTE), Ok(()));
    }
}
