//! Answers read by tables that were made here say what they say by those that were generated and compiled.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use errbook::Api;
use errbook::mail::{Inbox, Management, Sending};
use serde_json::Value;

use super::details::{Found, Source, details};
use super::*;
use facts::{Details, facts};

#[path = "../../../tests/formats/tests/facts/mod.rs"]
mod facts;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn answers(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut answers: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "http")).collect();
    answers.sort();
    answers
}

fn load(file: &Path, api: Option<&str>) {
    let catalog = errbook_codegen::load(file).unwrap_or_else(|report| panic!("{report}"));
    let api = super::api(&catalog, api).unwrap();
    tables::load(catalog, api);
}

/// What a client of the loaded tables says of it.
fn concluded(path: &Path) -> String {
    let Received { status, headers, body } = received(path);
    match ErrorResponse::<Loaded>::check(status, &headers, body) {
        Ok(_) => "a success\n".to_owned(),
        Err(err) => facts(&err, payload(&err, &headers)),
    }
}

fn received(path: &Path) -> Received {
    let file = File::open(path).unwrap();
    Received::read(file, Loaded::max_body()).unwrap_or_else(|problem| panic!("{}: {problem}", path.display()))
}

/// What serde makes of the payload, which has members where it has any that is no constant.
fn payload(err: &ErrorResponse<Loaded>, headers: &http::HeaderMap) -> Details {
    let details = details(err, headers);
    if details.iter().all(|detail| detail.source == Source::Constant) {
        return Details::None;
    }
    let mut members = Vec::new();
    for detail in details {
        match detail.found {
            Found::Value(value) => members.push(format!("{}:{value}", Value::from(detail.name))),
            Found::Absent => {}
            Found::Missing | Found::Wrong(_) => return Details::Missing,
        }
    }
    Details::Json(format!("{{{}}}", members.join(",")))
}

#[test]
fn the_formats_say_what_their_generated_clients_say() {
    let apis = root().join("tests/formats/apis");
    let (mut count, mut wrong) = (0, String::new());
    for api in fs::read_dir(apis).unwrap() {
        let folder = api.unwrap().path();
        load(&folder.join("errors.yaml"), None);
        for answer in answers(&folder.join("answers")) {
            count += 1;
            let expected = fs::read_to_string(answer.with_extension("txt")).unwrap();
            let concluded = concluded(&answer);
            if concluded != expected {
                wrong += &format!("--- {}\n{concluded}+++ expected\n{expected}", answer.display());
            }
        }
    }
    assert!(count > 200, "{count}");
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn this_catalog_says_what_its_generated_client_says() {
    fn compare<A: Api>(api: &str, answers: &[PathBuf]) {
        load(&root().join("errors.yaml"), Some(api));
        let mut known = 0;
        for answer in answers {
            let Received { status, headers, body } = received(answer);
            let (ours, compiled) = (
                ErrorResponse::<Loaded>::parse(status, &headers, body.clone()),
                ErrorResponse::<A>::parse(status, &headers, body),
            );
            known += usize::from(compiled.code().is_some());
            assert_eq!(
                facts(&ours, Details::None),
                facts(&compiled, Details::None),
                "{} as of {api}",
                answer.display()
            );
        }
        assert!(known > 0, "{api}");
    }
    let answers = answers(&root().join("tests/wire"));
    compare::<Management>("management", &answers);
    compare::<Sending>("sending", &answers);
    compare::<Inbox>("inbox", &answers);
}

#[test]
fn as_much_is_read_as_the_catalog_says() {
    for (name, bytes) in [("sendgrid", 256 * 1024), ("stripe", 64 * 1024)] {
        load(&root().join(format!("tests/formats/apis/{name}/errors.yaml")), None);
        assert_eq!(Loaded::max_body(), bytes);
    }
}

#[test]
fn nothing_loaded_is_no_panic() {
    let err = ErrorResponse::<Loaded>::parse(http::StatusCode::NOT_FOUND, &http::HeaderMap::new(), r#""x""#);
    assert_eq!((err.from_api(), err.inferred().to_string().as_str()), (false, ""));
}
