//! What fuzzing found once is read again.
#![allow(clippy::unwrap_used)]

#[path = "../../fuzz/src/check.rs"]
mod check;
#[path = "../../fuzz/src/corpus.rs"]
mod corpus;
#[path = "../../fuzz/src/markup.rs"]
mod markup;

use corpus::replay;

#[test]
fn check() {
    replay("check", check::run);
}

#[test]
fn markup() {
    replay("markup", markup::run);
}
