/// What a client does about an error, once it has it.
///
/// ```
/// use errbook::{Retry, mail::Code};
///
/// // The flag on the wire says that a retry may work one day; the advice says what has to come first.
/// assert!(Code::NoActiveProviders.retryable());
/// assert_eq!(Code::NoActiveProviders.retry(), Retry::NeedsAction);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Retry {
    /// The same request fails again.
    Never,
    /// Someone changes something outside the request first: tops up, verifies a domain, asks for access.
    NeedsAction,
    /// Renew what the request was built from (a token, a nonce, a version), then once.
    Refresh,
    /// Again, after a growing, jittered wait.
    Backoff,
    /// Again, at a lower rate: not before the server's `Retry-After`.
    Throttle,
}

/// May the failed request have taken effect?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Applied {
    /// The request was refused before anything happened.
    No,
    /// Nobody knows: repeat only what is idempotent or carries an idempotency key.
    Maybe,
}
