//! What fuzzing found once is read again.
#![allow(clippy::expect_used, clippy::unwrap_used)]

#[path = "../fuzz/src/corpus.rs"]
mod corpus;
#[path = "../fuzz/src/memory.rs"]
mod memory;
#[path = "../fuzz/src/parse.rs"]
mod parse;
#[path = "../fuzz/src/request.rs"]
#[allow(dead_code, unreachable_pub)]
mod request;

use corpus::replay;

#[test]
fn parse() {
    replay("parse", parse::run);
}

#[test]
fn request() {
    replay("request", request::run);
}

#[test]
fn memory() {
    replay("memory", memory::run);
}

#[test]
fn memory_of_a_larger_bound() {
    replay("memory", memory::bounded::<{ 256 * 1024 }>);
}

#[test]
#[ignore = "minutes without --release"]
fn memory_of_the_largest_bound() {
    replay("memory", memory::bounded::<{ 16 * 1024 * 1024 }>);
}
