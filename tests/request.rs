//! What the reader of requests says of them. A file in `tests/request` is a type of this file; in it stand requests, each
//! with the issues of the answer below it.
#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use errbook::mail::Sending;
use errbook::{ErrorResponse, request};
use serde::de::DeserializeOwned;

#[path = "../fuzz/src/request.rs"]
#[allow(dead_code, unreachable_pub)]
mod types;
use types::{Buffered, Custom, Email, Kinds, Listing};

const BLESS: &str = "ERRBOOK_BLESS=1 cargo test -p errbook --all-features --test request";

type Read = fn(&str) -> Result<(), String>;

fn json<T: DeserializeOwned>(text: &str) -> Result<(), String> {
    request::json::<Sending, T>(text.as_bytes()).map(drop).map_err(shown)
}

fn query<T: DeserializeOwned>(text: &str) -> Result<(), String> {
    request::query::<Sending, T>(text).map(drop).map_err(shown)
}

/// A file, and what its requests are read as.
const TYPES: &[(&str, Read)] = &[
    ("email", json::<Email>),
    ("kinds", json::<Kinds>),
    ("buffered", json::<Buffered>),
    ("custom", json::<Custom>),
    ("listing", query::<Listing>),
    ("pairs", query::<Vec<(String, u8)>>),
];

/// What a client of the answer reads, a line for each issue.
fn shown(error: errbook::mail::sending::Error) -> String {
    let answer = ErrorResponse::<Sending>::from(error);
    let mut shown = String::new();
    let mut line = |code: Option<&str>, param: Option<&str>, message: Option<&str>| {
        writeln!(shown, "  {} {}: {}", code.unwrap(), param.unwrap_or("-"), message.unwrap()).unwrap();
    };
    match answer.issues() {
        [] => line(answer.code_str(), answer.param(), answer.message()),
        issues => issues.iter().for_each(|issue| line(issue.code_str(), issue.param(), issue.message())),
    }
    shown
}

#[test]
fn requests_are_answered_as_expected() {
    let bless = std::env::var_os("ERRBOOK_BLESS").is_some();
    let mut wrong = Vec::new();
    for (name, read) in TYPES {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/request/{name}.txt"));
        let text = fs::read_to_string(&path).unwrap();
        let mut actual = String::new();
        for request in text.lines().filter(|line| !line.starts_with("  ") && !line.is_empty()) {
            let outcome = read(request).err().unwrap_or_else(|| "  ok\n".to_owned());
            writeln!(actual, "{request}\n{outcome}").unwrap();
        }
        let actual = format!("{}\n", actual.trim_end());
        if bless {
            fs::write(&path, &actual).unwrap();
        } else if actual != text {
            wrong.push(actual);
        }
    }
    assert!(wrong.is_empty(), "{}\nIf these are better, run `{BLESS}`", wrong.join("\n"));
}

#[test]
fn what_is_too_large_to_look_into_is_refused_all_the_same() {
    let many = format!("[{}{{}}]", "{},".repeat(70_000));
    assert_eq!(
        json::<Vec<Email>>(&many).unwrap_err(),
        "  invalid_parameter -: The body has an invalid value.\n"
    );
    assert!(json::<serde::de::IgnoredAny>(&many).is_ok());
    let many = "a=1&".repeat(70_000);
    assert_eq!(
        query::<Listing>(&many).unwrap_err(),
        "  invalid_parameter -: The query has too many values.\n"
    );
}

#[test]
fn what_a_type_says_is_for_the_log_alone() {
    let error = request::json::<Sending, Custom>(br#"{"even": 1, "host": "nowhere"}"#).unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(
        source,
        "`even` has an invalid value. (secret: 1 is odd); `host` has an invalid value. (invalid IP address syntax)"
    );
}
