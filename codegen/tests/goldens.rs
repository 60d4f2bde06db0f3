//! A case is a folder in `cases/`: an `errors.yaml`, its parts in `errors`, and every file that is generated from it. The generated Rust is
//! compiled by the crates in `tests/hygiene`.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use errbook_codegen::{check, load, stale, write};

const MEND: &str = "ERRBOOK_BLESS=1 cargo test -p errbook-codegen --test goldens";

#[test]
fn generated_files_are_the_golden_ones() {
    let folder = Path::new("tests/cases");
    let mut cases: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 5, "the cases are gone");
    let mut differing = Vec::new();
    for case in cases {
        let catalog = load(case.join("errors.yaml")).unwrap_or_else(|report| panic!("{report}"));
        let mut files = catalog.files();
        // Called as if from the folder.
        for file in &mut files {
            file.text = file.text.replace(&format!("{}/", case.display()), "");
        }
        if std::env::var_os("ERRBOOK_BLESS").is_some() {
            write(&files, &case).unwrap();
        }
        differing.extend(stale(&files, &case).iter().map(|file| case.join(&file.name)));
        let generated =
            files.iter().map(|file| file.name.as_str()).chain(["errors.yaml", "errors"]).collect::<Vec<_>>();
        for entry in fs::read_dir(&case).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(generated.contains(&name.as_str()), "nothing generates {name} in {}", case.display());
        }
    }
    assert!(differing.is_empty(), "these differ: {differing:#?}\nread the difference after `{MEND}`");
}

/// Every emitter is a pure function of the catalog.
#[test]
fn the_same_file_gives_the_same_output() {
    let text = include_str!("cases/everything/errors.yaml");
    let emit = || check("errors.yaml", text).unwrap_or_else(|report| panic!("{report}")).files();
    assert_eq!(emit(), emit());
    for file in emit() {
        assert!(
            !file.text.contains('\r') && file.text.ends_with('\n') && !file.text.ends_with("\n\n"),
            "{}",
            file.name
        );
    }
}
