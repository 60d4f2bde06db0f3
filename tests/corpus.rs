//! What fuzzing found once is read again.
#![allow(clippy::expect_used, clippy::unwrap_used)]

use std::fs;

#[path = "../fuzz/src/parse.rs"]
mod parse;
#[path = "../fuzz/src/request.rs"]
#[allow(dead_code, unreachable_pub)]
mod request;

#[test]
fn parse() {
    run("parse", parse::run);
}

#[test]
fn request() {
    run("request", request::run);
}

fn run(target: &str, run: fn(&[u8])) {
    let folder = format!("{}/fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // Shown where it fails.
        println!("{}", path.display());
        run(&fs::read(path).unwrap());
    }
}
