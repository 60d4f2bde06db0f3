//! What fuzzing found once is read again.
#![allow(clippy::expect_used, clippy::unwrap_used)]

use std::fs;

#[path = "../fuzz/src/parse.rs"]
mod parse;

#[test]
fn parse() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/parse");
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // Shown where it fails.
        println!("{}", path.display());
        parse::run(&fs::read(path).unwrap());
    }
}
