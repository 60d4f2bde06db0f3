//! What fuzzing found once is read again.
#![allow(clippy::unwrap_used)]

use std::fs;

#[path = "../../fuzz/src/check.rs"]
mod check;
#[path = "../../fuzz/src/markup.rs"]
mod markup;

#[test]
fn checks() {
    all("check", check::run);
}

#[test]
fn markups() {
    all("markup", markup::run);
}

fn all(target: &str, run: fn(&[u8])) {
    let folder = format!("{}/../fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // Shown where it fails.
        println!("{}", path.display());
        run(&fs::read(path).unwrap());
    }
}
