//! What becomes of a service and its clients under one way of retrying and another, in virtual time.

pub mod answer;
pub mod client;
pub mod engine;
pub mod page;
pub mod plot;
pub mod rng;
pub mod scenario;
