//! What a user reads when the compiler refuses: each `tests/ui/*.rs` is a mistake, and beside it stands what rustc says.
//! What stands in `accepted` is no mistake.
//!
//! `TRYBUILD=overwrite cargo test --features mail --test ui` writes the answers anew. Read each one as the user would.

#![cfg(all(feature = "derive", feature = "mail"))]
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

#[path = "ui/accepted/derive_answers_with_the_codes.rs"]
mod derive_answers_with_the_codes;
#[path = "ui/accepted/derive_in_a_macro.rs"]
mod derive_in_a_macro;
#[path = "ui/accepted/derive_where_names_are_shadowed.rs"]
mod derive_where_names_are_shadowed;

/// Other versions of rustc say the same in other words.
const WRITTEN_WITH: &str = "rustc 1.95.";

#[test]
fn mistakes_are_explained() {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    if version.starts_with(WRITTEN_WITH) && env::var_os("ERRBOOK_UI_LOOSE").is_none() {
        trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
    } else {
        mistakes_are_explained_by_our_own_sentences();
    }
}

/// With another rustc: each mistake is refused with the same errors, and what we say of it is said.
fn mistakes_are_explained_by_our_own_sentences() {
    let copies = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ui");
    let _ = fs::remove_dir_all(&copies);
    fs::create_dir_all(&copies).unwrap();
    for path in files("rs") {
        let text = fs::read_to_string(&path).unwrap();
        let text = text.replace("\"../..", &format!("\"{}", env!("CARGO_MANIFEST_DIR")));
        fs::write(copies.join(path.file_name().unwrap()), text).unwrap();
    }
    // trybuild takes its mode from the environment, which a test can't change for itself. It ends as failed, having
    // written the answers.
    Command::new(env::current_exe().unwrap())
        .args(["--ignored", "--exact", "answers_are_written_elsewhere"])
        .env("TRYBUILD", "overwrite")
        .env("ERRBOOK_UI_COPIES", &copies)
        .output()
        .unwrap();
    for path in files("stderr") {
        let expected = fs::read_to_string(&path).unwrap();
        let answer = copies.join(path.file_name().unwrap());
        let answer = fs::read_to_string(&answer).unwrap_or_else(|_| panic!("{} compiles", path.display()));
        for line in expected.lines() {
            let own = line.starts_with("error: ") || line.contains("errors.yaml decide");
            let sentence = line.rsplit('^').next().unwrap_or(line).trim();
            assert!(
                !own || answer.contains(sentence),
                "{}: no word of `{sentence}` in\n{answer}",
                path.display()
            );
        }
    }
}

#[test]
#[ignore = "a part of `mistakes_are_explained`"]
fn answers_are_written_elsewhere() {
    if let Some(copies) = env::var_os("ERRBOOK_UI_COPIES") {
        trybuild::TestCases::new().compile_fail(Path::new(&copies).join("*.rs"));
    }
}

#[test]
fn explanations_name_no_internals() {
    for path in files("stderr") {
        let text = fs::read_to_string(&path).unwrap();
        for internal in [
            "__private",
            "__errbook",
            "__Code",
            "__raising",
            "__text",
            "Raising::new",
            "Raising::<P>::new",
            "::raising",
            "Class",
            "unparsable",
            "panicked",
        ] {
            assert!(!text.contains(internal), "{} names `{internal}`:\n{text}", path.display());
        }
    }
}

/// The derive's own: lower case, no full stop.
#[test]
fn findings_read_like_those_of_rustc() {
    for path in files("stderr") {
        let text = fs::read_to_string(&path).unwrap();
        for finding in text.lines().filter_map(|line| line.strip_prefix("error: ")) {
            let is_lower = !finding.starts_with(char::is_uppercase);
            assert!(is_lower && !finding.ends_with('.'), "{}: {finding}", path.display());
        }
    }
}

#[test]
fn each_mistake_has_its_explanation() {
    for path in files("rs") {
        assert!(path.with_extension("stderr").exists(), "{} has no answer", path.display());
    }
    for path in files("stderr") {
        assert!(path.with_extension("rs").exists(), "{} explains nothing", path.display());
    }
}

fn files(extension: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|found| found == extension)).collect()
}
