//! What fuzzing found once, run again by the tests, without a fuzzer.

use std::fs;
use std::path::{Path, PathBuf};

/// Runs a target on every input of its corpus.
pub(crate) fn replay(name: &str, run: fn(&[u8])) {
    // Of the package whose test this is: errbook, or one in a folder of it.
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = package.ancestors().map(|root| root.join("fuzz/corpus").join(name));
    let folder = folders.find(|folder| folder.is_dir()).unwrap();
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    for path in paths {
        let input = fs::read(&path).unwrap();
        let _running = Running(path);
        run(&input);
    }
}

/// Names the input that fails.
struct Running(PathBuf);

impl Drop for Running {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("on the input {}", self.0.display());
        }
    }
}
