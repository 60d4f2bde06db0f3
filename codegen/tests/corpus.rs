//! What fuzzing found once is read again, and so is what is like it.
#![allow(clippy::unwrap_used)]

#[path = "../../fuzz/src/check.rs"]
mod check;
#[path = "../../fuzz/src/corpus.rs"]
mod corpus;
#[path = "../../fuzz/src/markup.rs"]
mod markup;

use corpus::Target;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz");

#[test]
fn check() {
    Target { name: "check", folder: FOLDER, made: 1500, run: check::run }.run();
}

#[test]
fn markup() {
    Target { name: "markup", folder: FOLDER, made: 400, run: markup::run }.run();
}
