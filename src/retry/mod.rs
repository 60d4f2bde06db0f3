//! What a client does after a failure: send the request again, renew what it was built from, or stop, and why.
//!
//! The core is pure. A [`Failure`] says what happened, an [`Attempt`] what was tried, a [`Policy`] how patient the client is;
//! [`Policy::decide`] makes a [`Decision`] of them, without a clock, a random source or a runtime. It names the [`Rule`]
//! that decided. A [`Budget`] has the last word.
//!
//! ```
//! use bytes::Bytes;
//! use errbook::mail::sending;
//! use errbook::retry::{Attempt, Decision, Failure, Policy};
//! use http::{HeaderMap, Method, StatusCode};
//!
//! // A proxy answered. Nobody knows whether the request got through.
//! let page = sending::ErrorResponse::parse(StatusCode::BAD_GATEWAY, &HeaderMap::new(), "<html>");
//! let failure = Failure::from(&page);
//! let policy = Policy::default();
//!
//! let Decision::Stop(stop) = policy.decide(&failure, &Attempt::of(&Method::POST)) else { panic!() };
//! assert_eq!(stop.rule.number(), 2);
//! // With an idempotency key it is safe to send it again.
//! let keyed = Attempt::of(&Method::POST).keyed();
//! let Decision::Retry(again) = policy.decide(&failure, &keyed) else { panic!() };
//! assert_eq!(again.rule.number(), 6);
//! ```

mod attempt;
mod budget;
mod decision;
mod failure;
mod key;
#[cfg(all(feature = "retry", feature = "tower"))]
mod layer;
#[cfg(all(feature = "retry", any(all(feature = "reqwest", not(target_family = "wasm")), feature = "tower")))]
mod peek;
mod policy;
mod run;
#[cfg(feature = "retry")]
mod tokio;

pub use attempt::Attempt;
pub use budget::{Budget, Budgets, Terms};
pub use decision::{Again, Decision, Outcome, Reason, Rule, Step, Stop, Wait};
pub use failure::Failure;
pub(crate) use failure::{Advice, applied_by};
pub use key::{IdempotencyKey, KeyIn};
#[cfg(all(feature = "retry", feature = "tower"))]
pub use layer::{RetryLayer, RetryService};
#[cfg(all(feature = "retry", feature = "tower"))]
pub use peek::Peeked;
#[cfg(all(feature = "retry", feature = "reqwest", not(target_family = "wasm")))]
pub(crate) use peek::{End, Later};
pub use policy::Policy;
pub use run::{AsFailure, Next, Operation, Prepared, Retries, Timer};
#[cfg(feature = "retry")]
pub(crate) use tokio::Tokio;
