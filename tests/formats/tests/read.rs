//! What a client concludes from each answer in `apis`. `ERRBOOK_BLESS=1` writes the conclusions anew: read them.
#![allow(clippy::expect_used, clippy::unwrap_used)]

mod answers;
mod facts;

use std::fs;
use std::path::PathBuf;

use answers::{Received, folder};
use errbook::{Api, ErrorResponse, Issue, Payload};
use facts::{Details, facts};
use http::HeaderMap;
use serde::Serialize;

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
                body.resize(<$api>::max_body() + 1, b' ');
                let long = read(&body);
                assert!(long.is_truncated() && !short.is_truncated(), "{name}");
                assert_eq!(long.to_string(), short.to_string(), "{name}");
            }
        };
    }
    formats::every_api!(long);
}

/// A catalog says how long an answer may be.
#[test]
fn all_mistakes_of_a_long_answer() {
    type Response = ErrorResponse<formats::sendgrid::Sendgrid>;
    let errors: Vec<_> = (0..1_000)
        .map(|at| {
            format!(
                r#"{{"message":"Not an address.","field":"personalizations.{at}.to.0.email","help":null}}"#
            )
        })
        .collect();
    let body = format!(r#"{{"errors":[{}]}}"#, errors.join(","));
    assert!(body.len() > 64 * 1024);
    let err = Response::parse(http::StatusCode::BAD_REQUEST, &HeaderMap::new(), body);
    // The first one is the error itself.
    assert_eq!((err.issues().len(), err.is_truncated()), (999, false));
    assert_eq!(err.issues()[998].param(), Some("personalizations.999.to.0.email"));
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
