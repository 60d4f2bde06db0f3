//! What fuzzing found once is read again, and so is what is like it.
#![allow(clippy::expect_used, clippy::unwrap_used)]

#[path = "../fuzz/src/corpus.rs"]
mod corpus;
#[path = "../fuzz/src/parse.rs"]
mod parse;
#[path = "../fuzz/src/request.rs"]
#[allow(dead_code, unreachable_pub)]
mod request;

use corpus::Target;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz");

#[test]
fn parse() {
    Target { name: "parse", folder: FOLDER, made: 400, run: parse::run }.run();
}

#[test]
fn request() {
    Target { name: "request", folder: FOLDER, made: 10_000, run: request::run }.run();
}

/// A failure is nothing without the input.
#[test]
fn what_fails_is_kept() {
    let run = |input: &[u8]| assert!(!input.contains(&b'\x01'));
    let failed =
        std::panic::catch_unwind(|| Target { name: "markup", folder: FOLDER, made: 100_000, run }.run());
    assert!(failed.is_err());
    let kept = concat!(env!("CARGO_TARGET_TMPDIR"), "/", env!("CARGO_PKG_NAME"), "-markup");
    assert!(std::fs::read(kept).unwrap().contains(&b'\x01'));
}
