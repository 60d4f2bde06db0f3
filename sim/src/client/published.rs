//! Rules as they are published. Numbers are those of the texts.

use std::collections::VecDeque;
use std::time::Duration;

use super::{full_jitter, is_transient};
use crate::engine::{Call, Client, Got};
use crate::rng::Rng;

/// A number of retries of whatever may be transient, after any wait up to 100 ms, 200 ms, 400 ms.
pub struct Plain {
    retries: u32,
}

impl Plain {
    /// With so many.
    pub fn new(retries: u32) -> Plain {
        Plain { retries }
    }
}

impl Client for Plain {
    fn failed(&mut self, call: &Call, got: &Got, rng: &mut Rng) -> Option<Duration> {
        let again = call.number <= self.retries && is_transient(got);
        again.then(|| full_jitter(Duration::from_millis(100), call.number, rng))
    }
}

/// The `standard` mode of the AWS SDKs: three attempts, and 500 tokens which retries spend and successes give back.
pub struct Aws {
    tokens: u32,
    /// Of a retry, of one after a timeout, of one of what is throttled.
    prices: [u32; 3],
    base: Duration,
    /// A server's wait, beside the one of the backoff: neither version takes it as it is.
    clamp: fn(asked: Duration, backoff: Duration) -> Duration,
    /// What the last retry of each operation cost.
    paid: std::collections::HashMap<usize, u32>,
}

impl Aws {
    const TOKENS: u32 = 500;

    /// As it was until 2026. What it makes of a server's wait is as smithy-rs has it.
    pub fn v2_0() -> Aws {
        let clamp = |asked: Duration, _| asked.min(Duration::from_secs(20));
        Aws::with([5, 10, 5], Duration::from_secs(1), clamp)
    }

    /// As it is with `AWS_NEW_RETRIES_2026`.
    pub fn v2_1() -> Aws {
        let clamp = |asked: Duration, backoff| asked.clamp(backoff, backoff + Duration::from_secs(5));
        Aws::with([14, 14, 5], Duration::from_millis(50), clamp)
    }

    fn with(prices: [u32; 3], base: Duration, clamp: fn(Duration, Duration) -> Duration) -> Aws {
        Aws { tokens: Aws::TOKENS, prices, base, clamp, paid: Default::default() }
    }
}

impl Client for Aws {
    fn succeeded(&mut self, call: &Call) {
        let back = self.paid.remove(&call.operation).unwrap_or(1);
        self.tokens = (self.tokens + back).min(Aws::TOKENS);
    }

    fn failed(&mut self, call: &Call, got: &Got, rng: &mut Rng) -> Option<Duration> {
        self.paid.remove(&call.operation);
        if call.number >= 3 || !is_transient(got) {
            return None;
        }
        let asked = match got {
            Got::Error(answer) => answer.retry_after,
            _ => None,
        };
        let throttled = matches!(got, Got::Error(answer) if answer.status == 429);
        let [price, timeout, throttle] = self.prices;
        let price = match got {
            _ if throttled => throttle,
            Got::Timeout => timeout,
            _ => price,
        };
        self.tokens = self.tokens.checked_sub(price)?;
        self.paid.insert(call.operation, price);
        let base = if throttled { Duration::from_secs(1) } else { self.base };
        let backoff = full_jitter(base, call.number, rng);
        Some(asked.map_or(backoff, |asked| (self.clamp)(asked, backoff)))
    }
}

/// gRPC's proposal A6: of 10 tokens each failure takes one and each success gives a tenth; with more than half of them
/// there are retries, here 3. A server's wait is taken as it is.
pub struct Grpc {
    /// In tenths.
    tokens: u32,
}

impl Default for Grpc {
    fn default() -> Grpc {
        Grpc { tokens: 100 }
    }
}

impl Client for Grpc {
    fn succeeded(&mut self, _call: &Call) {
        self.tokens = (self.tokens + 1).min(100);
    }

    fn failed(&mut self, call: &Call, got: &Got, rng: &mut Rng) -> Option<Duration> {
        if !is_transient(got) {
            return None;
        }
        self.tokens = self.tokens.saturating_sub(10);
        if self.tokens <= 50 || call.number > 3 {
            return None;
        }
        if let Got::Error(answer) = got
            && let Some(asked) = answer.retry_after
        {
            return Some(asked);
        }
        let backoff = Duration::from_millis(100) * (1 << (call.number - 1));
        Some(backoff.mul_f64(0.8 + 0.4 * rng.unit()))
    }
}

/// The SRE book: each attempt is held back with a probability that grows as more than half of what was sent in the last two
/// minutes isn't accepted; 3 attempts, and retries are at most a tenth of the requests.
#[derive(Default)]
pub struct Sre {
    /// Of each second: which one, attempts, of which accepted, of which retries.
    seconds: VecDeque<(u64, Counts)>,
    sum: Counts,
}

#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    requests: u32,
    accepted: u32,
    retries: u32,
}

impl Sre {
    fn count(&mut self, now: Duration, counts: Counts) {
        let now = now.as_secs();
        while let Some(&(second, old)) = self.seconds.front()
            && second + 120 <= now
        {
            self.sum = self.sum.minus(old);
            self.seconds.pop_front();
        }
        match self.seconds.back_mut() {
            Some((second, sum)) if *second == now => *sum = sum.plus(counts),
            _ => self.seconds.push_back((now, counts)),
        }
        self.sum = self.sum.plus(counts);
    }
}

impl Counts {
    fn plus(self, other: Counts) -> Counts {
        Counts {
            requests: self.requests + other.requests,
            accepted: self.accepted + other.accepted,
            retries: self.retries + other.retries,
        }
    }

    fn minus(self, other: Counts) -> Counts {
        Counts {
            requests: self.requests - other.requests,
            accepted: self.accepted - other.accepted,
            retries: self.retries - other.retries,
        }
    }
}

impl Client for Sre {
    fn sends(&mut self, now: Duration, rng: &mut Rng) -> bool {
        // Of what came before.
        let Counts { requests, accepted, .. } = self.sum;
        self.count(now, Counts { requests: 1, ..Counts::default() });
        let (requests, accepted) = (f64::from(requests), f64::from(accepted));
        !rng.chance((requests - 2.0 * accepted) / (requests + 1.0))
    }

    fn succeeded(&mut self, call: &Call) {
        self.count(call.now, Counts { accepted: 1, ..Counts::default() });
    }

    fn failed(&mut self, call: &Call, got: &Got, rng: &mut Rng) -> Option<Duration> {
        // Of the whole window, so that a client that just started has none.
        let in_budget = 10 * (self.sum.retries + 1) <= self.sum.requests;
        if call.number >= 3 || !is_transient(got) || !in_budget {
            return None;
        }
        self.count(call.now, Counts { retries: 1, ..Counts::default() });
        Some(full_jitter(Duration::from_millis(100), call.number, rng))
    }
}
