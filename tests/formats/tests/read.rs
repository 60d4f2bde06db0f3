//! What a client concludes from each answer in `apis`. `ERRBOOK_BLESS=1` writes the conclusions anew: read them.
#![allow(clippy::expect_used, clippy::unwrap_used)]

mod answers;

use std::fmt::{Debug, Write as _};
use std::fs;
use std::path::PathBuf;

use answers::{Received, folder};
use errbook::retry::{Attempt, Failure, Policy};
use errbook::{Api, ErrorCode, ErrorResponse, Issue, Payload};
use http::{HeaderMap, Method};
use serde::Serialize;

/// What is known of the details.
enum Details {
    /// The code is unknown, or has none.
    None,
    /// A field is missing or of another type.
    Missing,
    Json(String),
}

/// The members of a payload, where it has any: only then it implements `Serialize`.
struct Shown<P>(P);

impl<P: Serialize> Shown<P> {
    fn details(&self) -> Details {
        Details::Json(serde_json::to_string(&self.0).unwrap())
    }
}

trait Bare {
    fn details(&self) -> Details {
        Details::None
    }
}

impl<P> Bare for Shown<P> {}

/// One fact a line; what can't be concluded has none.
struct Facts(String);

impl Facts {
    fn add(&mut self, name: &str, value: impl ToString) {
        let value: String = value.to_string().chars().flat_map(one_line).collect();
        writeln!(self.0, "{name}: {value}").unwrap();
    }

    fn maybe(&mut self, name: &str, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.add(name, value);
        }
    }
}

fn one_line(char: char) -> Vec<char> {
    if char.is_control() { char.escape_default().collect() } else { vec![char] }
}

fn debug(value: impl Debug) -> String {
    format!("{value:?}")
}

fn facts<A: Api>(err: &ErrorResponse<A>, details: Details) -> String {
    let mut facts = Facts(String::new());
    facts.add("from_api", err.from_api());
    facts.maybe("code", err.code().map(ErrorCode::as_str));
    let known = err.code().map(ErrorCode::as_str);
    facts.maybe("code_str", err.code_str().filter(|text| Some(*text) != known));
    if err.code().is_none() {
        facts.add("inferred", err.inferred());
    }
    facts.maybe("group", err.group().map(debug));
    facts.maybe("message", err.message());
    facts.maybe("param", err.param());
    facts.maybe("request_id", err.request_id());
    facts.maybe("doc_url", err.doc_url());
    facts.maybe("retryable", err.retryable());
    facts.maybe("retry", err.retry().map(debug));
    facts.maybe(
        "retry_on_repeat",
        err.retry_on_repeat().filter(|retry| Some(*retry) != err.retry()).map(debug),
    );
    facts.maybe("action", err.action().map(debug));
    facts.maybe("action_url", err.action_url());
    facts.maybe("retry_after", err.retry_after().map(debug));
    facts.maybe("expected_status", err.expected_status());
    match details {
        Details::None => {}
        Details::Missing => facts.add("details", "missing"),
        Details::Json(json) => facts.add("details", json),
    }
    for issue in err.issues() {
        let known = issue.code().map_or("", |_| " (known)");
        facts.add("issue", issue.code_str().map(|code| format!("{code}{known}")).unwrap_or_default());
        facts.maybe("  param", issue.param());
        facts.maybe("  message", issue.message());
        for name in issue.members() {
            facts.maybe(&format!("  member {name}"), issue.member(name));
        }
    }
    for name in err.members() {
        facts.maybe(&format!("member {name}"), err.member_json(name));
    }
    if err.is_truncated() {
        facts.add("truncated", true);
    }
    decisions(&mut facts, &Failure::from(err));
    facts.add("shown as", err);
    facts.0
}

/// What is done about it after a first attempt, and by which rule.
fn decisions(facts: &mut Facts, failure: &Failure) {
    let post = Attempt::of(&Method::POST);
    for (name, attempt) in
        [("GET", Attempt::of(&Method::GET)), ("POST", post), ("POST with a key", post.keyed())]
    {
        let decision = Policy::default().decide(failure, &attempt);
        facts.add(name, format!("{decision} (rule {})", decision.rule().number()));
    }
}

/// The answers of an API: name, file.
fn answers_of(api: &str) -> Vec<(String, PathBuf)> {
    let folder = folder(api);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut answers: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "http"))
        .map(|path| (format!("{api}/{}", path.file_stem().unwrap().display()), path))
        .collect();
    answers.sort();
    answers
}

fn reads<A: Api>(api: &str, details: impl Fn(&ErrorResponse<A>) -> Details, wrong: &mut Vec<String>) {
    let answers = answers_of(api);
    assert!(answers.len() >= 6, "{api} has {} answers", answers.len());
    for (name, path) in answers {
        let Received { status, headers, body } = Received::read(&path);
        let concluded = match ErrorResponse::<A>::check(status, &headers, body.clone()) {
            Ok(_) => "a success\n".to_owned(),
            Err(err) => facts(&err, details(&err)),
        };
        let expected = path.with_extension("txt");
        if fs::read_to_string(&expected).is_ok_and(|text| text == concluded) {
            continue;
        }
        if std::env::var_os("ERRBOOK_BLESS").is_some() {
            fs::write(&expected, &concluded).unwrap();
        } else {
            wrong.push(format!("--- {name}\n{concluded}"));
        }
    }
}

#[test]
fn what_a_client_concludes() {
    let mut wrong = Vec::new();
    macro_rules! read {
        ($name:literal, $api:path, [$($payload:path),*]) => {
            let details = |err: &ErrorResponse<$api>| {
                $(if err.code() == Some(<$payload as Payload>::CODE) {
                    return err.details::<$payload>().map_or(Details::Missing, |payload| Shown(payload).details());
                })*
                Details::None
            };
            reads::<$api>($name, details, &mut wrong);
        };
    }
    formats::every_api!(read);
    assert!(wrong.is_empty(), "not what stands in the files:\n{}", wrong.concat());
}

/// A connection breaks off anywhere: what is read then is less than of the whole, and nothing else.
#[test]
fn an_answer_that_breaks_off() {
    macro_rules! cut {
        ($name:literal, $api:path, [$($payload:path),*]) => {
            for (name, path) in answers_of($name) {
                breaks_off::<$api>(&name, &Received::read(&path));
            }
        };
    }
    formats::every_api!(cut);
}

fn breaks_off<A: Api>(name: &str, received: &Received) {
    // Without headers, for these don't break off.
    let headers = HeaderMap::new();
    let read = |body: &[u8]| ErrorResponse::<A>::parse(received.status, &headers, body.to_owned());
    let whole = read(&received.body);
    // A text that is no JSON has no end.
    if !whole.from_api() {
        return;
    }
    for cut in 1..received.body.len() {
        let part = read(&received.body[..cut]);
        let code = part.code_str();
        // Google's status stands before the reason, and says less: it is the reason's group.
        let says_less = part.group().is_some() && part.group() == whole.group();
        assert!(code.is_none() || code == whole.code_str() || says_less, "{name}, cut at {cut}: {code:?}");
        if part.from_api() {
            let message = part.message();
            assert!(message.is_none() || message == whole.message(), "{name}, cut at {cut}: {message:?}");
            assert!(part.issues().len() <= whole.issues().len(), "{name}, cut at {cut}");
        }
    }
}

/// What is behind the bound of a body is dropped: here it is blank.
#[test]
fn an_answer_that_is_too_long() {
    macro_rules! long {
        ($name:literal, $api:path, [$($payload:path),*]) => {
            for (name, path) in answers_of($name) {
                let Received { status, headers, mut body } = Received::read(&path);
                // Behind a number that breaks off, a blank would end it.
                if body.last().is_some_and(u8::is_ascii_alphanumeric) {
                    continue;
                }
                let read = |body: &[u8]| ErrorResponse::<$api>::parse(status, &headers, body.to_owned());
                let short = read(&body);
                body.resize(ErrorResponse::<$api>::MAX_BODY + 1, b' ');
                let long = read(&body);
                assert!(long.is_truncated() && !short.is_truncated(), "{name}");
                assert_eq!(long.to_string(), short.to_string(), "{name}");
            }
        };
    }
    formats::every_api!(long);
}

/// A gateway of the same API says what it was told.
#[test]
fn an_answer_that_is_passed_on() {
    macro_rules! pass_on {
        ($name:literal, $api:path, [$($payload:path),*]) => {
            for (name, path) in answers_of($name) {
                passes_on::<$api>(&name, &Received::read(&path));
            }
        };
    }
    formats::every_api!(pass_on);
}

fn passes_on<A: Api>(name: &str, received: &Received) {
    let err = ErrorResponse::<A>::parse(received.status, &received.headers, received.body.clone());
    let error = err.for_api::<A>();
    let again = ErrorResponse::<A>::from(error.clone());
    // Without a code, or without a field that the code needs, there is only the status.
    assert_eq!(again.inferred(), error.code(), "{name}");
    if err.code() != again.code() || err.code().is_none() {
        return;
    }
    assert_eq!(again.code_str(), err.code_str(), "{name}");
    // What has none itself has the first issue's.
    assert!(err.param().is_none() || again.param() == err.param(), "{name}: {again:#}");
    assert!(err.message().is_none() || again.message() == err.message(), "{name}: {again}");
    let codes = |err: &ErrorResponse<A>| err.issues().iter().filter_map(Issue::code).collect::<Vec<_>>();
    assert_eq!(codes(&again), codes(&err), "{name}");
}

/// Each code that needs no values is sent and read back as itself.
#[test]
fn every_code_is_read_as_it_is_sent() {
    macro_rules! send {
        ($name:literal, $api:path, [$($payload:path),*]) => {$(
            // A payload without values is made of none; where there must be some it isn't.
            if let Some(payload) = <$payload>::from_slots(&mut errbook::__private::Slots::default()) {
                sent_and_read::<$api>($name, errbook::Error::from(payload));
            }
        )*};
    }
    formats::every_api!(send);
}

fn sent_and_read<A: Api>(name: &str, error: errbook::Error<A>) {
    let answer = error.answer("req_1");
    let body = answer.body();
    assert_eq!(serde_json::to_vec(&answer).unwrap(), body, "{name}: {error}");
    let response = answer.into_response();
    let err = ErrorResponse::<A>::check(response.status(), response.headers(), response.body().clone())
        .expect_err("an error");
    let shown = format!("{name}: {}", String::from_utf8_lossy(&body));
    assert!(err.from_api(), "{shown}");
    // What has no code on the wire (`$number?`) is told by its status.
    assert!(err.code().is_some() || err.code_str().is_none(), "{shown}");
    assert_eq!(err.inferred(), error.code(), "{shown}");
    assert_eq!(err.expected_status(), None, "{shown}");
    assert_eq!(err.retry_after(), error.retry_after(), "{shown}");
}
