//! The fuzzer, on every target of `fuzz/`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use crate::{Result, cargo, compiler, root, step};

pub(crate) fn run(seconds: &str) -> Result {
    let seconds = seconds.parse().map_err(|error| format!("{seconds:?} is no number of seconds: {error}"))?;
    let root = root();
    on_every_target(&root, &tool(&root)?, seconds)
}

/// For so many seconds each, beginning with the committed corpus.
pub(crate) fn on_every_target(root: &Path, tool: &Path, seconds: u32) -> Result {
    for name in targets(&root.join("fuzz/fuzz_targets"))? {
        let found = root.join("target/fuzz").join(&name);
        let io = |error: io::Error| format!("{}: {error}", found.display());
        if found.exists() {
            fs::remove_dir_all(&found).map_err(io)?;
        }
        fs::create_dir_all(&found).map_err(io)?;
        let mut fuzz = Command::new(tool);
        // Nothing is `unsafe` that a sanitizer could watch, and without one a stable Rust is enough.
        fuzz.args(["run", "--sanitizer", "none", &name]).arg(&found).arg(format!("fuzz/corpus/{name}"));
        fuzz.args(["--", "-timeout=5", "-rss_limit_mb=1024", "-max_len=4096", "-print_final_stats=1"]);
        fuzz.args([format!("-dict=fuzz/{name}.dict"), format!("-max_total_time={seconds}")]);
        // The same seed, so that what fails elsewhere fails here, but for what addresses and time change.
        fuzz.arg("-seed=1").current_dir(root);
        eprintln!("--- fuzz {name}");
        let output = fuzz.output().map_err(|error| format!("could not run {fuzz:?}: {error}"))?;
        let log = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            return Err(format!("{log}\nfailed: {fuzz:?}"));
        }
        log.lines().filter(|line| line.starts_with("stat::")).for_each(|line| eprintln!("{line}"));
    }
    Ok(())
}

fn targets(folder: &Path) -> Result<Vec<String>> {
    let files = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let name = |file: io::Result<fs::DirEntry>| Some(file.ok()?.path().file_stem()?.to_str()?.to_owned());
    let mut names: Vec<String> = files.filter_map(name).collect();
    names.sort();
    Ok(names)
}

/// cargo-fuzz, installed here where nobody did.
pub(crate) fn tool(root: &Path) -> Result<PathBuf> {
    compiler("CXX", "c++", "the fuzzer", "g++")?;
    let installed = Command::new("cargo-fuzz").arg("--version").output();
    if installed.is_ok_and(|output| output.status.success()) {
        return Ok("cargo-fuzz".into());
    }
    let folder = root.join("target/tools");
    let mut install = cargo(root);
    install
        .args(["install", "--quiet", "--locked", "cargo-fuzz", "--version", "^0.13", "--root"])
        .arg(&folder);
    step("cargo-fuzz, from crates.io", &mut install)?;
    Ok(folder.join("bin/cargo-fuzz"))
}
