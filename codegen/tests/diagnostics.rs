//! Every mistake, and what is said about it. A case is a folder of `tests/diagnostics`: `errors.yaml` with the
//! mistake, with its parts in `errors`, where it has some, and the report in `expected.txt`.

#![allow(clippy::unwrap_used)]

use errbook_codegen::{Mistake, Report};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

const BLESS: &str = "ERRBOOK_BLESS=1 cargo test -p errbook-codegen --test diagnostics";

#[test]
fn reports_are_as_expected() {
    let bless = std::env::var_os("ERRBOOK_BLESS").is_some();
    let mut wrong = Vec::new();
    for case in cases() {
        let path = folder().join(&case).join("expected.txt");
        let actual = format!("{}\n", shown(&case));
        if bless {
            fs::write(&path, &actual).unwrap();
        } else if fs::read_to_string(&path).unwrap_or_default() != actual {
            wrong.push(format!("--- {case}\n{actual}"));
        }
    }
    assert!(wrong.is_empty(), "{}\n\nIf these are better, run `{BLESS}`", wrong.join("\n"));
}

#[test]
fn every_mistake_has_a_case() {
    let reports: Vec<&Report> = cases().iter().map(|case| report(case)).collect();
    let seen: BTreeSet<_> =
        reports.iter().flat_map(|report| report.diagnostics()).map(|found| found.mistake().id()).collect();
    let all: BTreeSet<_> = Mistake::ALL.iter().map(|mistake| mistake.id()).collect();
    let missing: Vec<_> = all.difference(&seen).collect();
    assert!(missing.is_empty(), "no case in tests/diagnostics has the mistakes {missing:?}");
}

#[test]
fn a_case_is_named_after_a_mistake_that_it_has() {
    for case in cases() {
        let name = case.split_once('.').map_or(case.as_str(), |(name, _)| name);
        let report = report(&case);
        let ids: Vec<_> = report.diagnostics().iter().map(|found| found.mistake().id()).collect();
        assert!(ids.contains(&name) || name == "all-together", "the case {case} has {ids:?}");
    }
}

#[test]
fn ids_are_kebab_case_and_unique() {
    let ids: BTreeSet<_> = Mistake::ALL.iter().map(|mistake| mistake.id()).collect();
    assert_eq!(ids.len(), Mistake::ALL.len());
    for mistake in Mistake::ALL {
        assert!(
            mistake
                .id()
                .chars()
                .all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '-')
        );
        assert!(mistake.explanation().ends_with('.'), "{}", mistake.id());
    }
}

/// What is said about a case, the files called as if from its folder.
fn shown(case: &str) -> String {
    let report = report(case).to_string();
    report
        .replace(&format!("tests/diagnostics/{case}/"), "")
        .replace(&format!("{}/", many_files().display()), "")
}

/// The report of a case.
fn report(case: &str) -> &'static Report {
    static REPORTS: OnceLock<BTreeMap<String, Report>> = OnceLock::new();
    &REPORTS.get_or_init(|| cases().into_iter().map(|case| (case.clone(), read(&case))).collect())[case]
}

/// Those that are no file of a few lines are made here.
fn read(case: &str) -> Report {
    let result = match case {
        "file-too-large" => errbook_codegen::check("errors.yaml", &" ".repeat((8 << 20) + 1)),
        "catalog-too-large" => errbook_codegen::check("errors.yaml", &too_large()),
        "catalog-too-large.keys" => errbook_codegen::check("errors.yaml", &"- a\n".repeat(600_000)),
        "unreadable-file" => errbook_codegen::load("errors.yaml"),
        "too-many-files" => {
            let main = many_files().join("errors.yaml");
            fs::create_dir_all(many_files().join("errors")).unwrap();
            fs::write(&main, "errbook: 1\n").unwrap();
            for number in 0..1_001 {
                fs::write(many_files().join(format!("errors/{number}.yaml")), "").unwrap();
            }
            errbook_codegen::load(main)
        }
        _ => errbook_codegen::load(Path::new("tests/diagnostics").join(case).join("errors.yaml")),
    };
    match result {
        Ok(_) => panic!("the case {case} has no mistake"),
        Err(report) => report,
    }
}

fn many_files() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("many-files")
}

/// A group's long text in many codes.
fn too_large() -> String {
    let mut text = format!(
        "errbook: 1\nname: shop\ndocs: https://shop.example/errors\ngroups:\n  all:\n    fix: {}\ncodes:\n",
        "x".repeat(1 << 20)
    );
    for number in 0..100 {
        text += &format!("  code_{number}: {{group: all, status: 400, retryable: false, message: Wrong.}}\n");
    }
    text
}

fn cases() -> Vec<String> {
    let entries = fs::read_dir(folder()).unwrap();
    let mut cases: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    cases.sort();
    assert!(cases.len() >= 50, "the cases are gone");
    cases
}

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/diagnostics"))
}

/// docs/FORMAT.md has every key that the checker knows; each mapping's keys stand in the help of a case.
#[test]
fn the_format_s_reference_has_every_key() {
    let reference = fs::read_to_string(folder().join("../../../docs/FORMAT.md")).unwrap();
    let mut keys = BTreeSet::new();
    for case in cases() {
        let report = report(&case).to_string();
        for list in ["the keys are ", "the types are "].iter().flat_map(|head| report.split(head).skip(1)) {
            let list = list.lines().next().unwrap_or_default();
            keys.extend(list.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    assert!(keys.len() > 40, "{keys:?}");
    for key in keys {
        assert!(reference.contains(&format!("`{key}`")), "`{key}` is not in docs/FORMAT.md");
    }
}
