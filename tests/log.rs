//! The feature `tracing`: one event per error answer, with what is never sent.

#![allow(missing_docs, clippy::unwrap_used)]
#![cfg(all(feature = "mail", feature = "tracing"))]

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use errbook::mail::{Sending, code, sending};
use errbook::retry::{Attempt, Failure, Next, Retries, Terms};
use errbook::{Error, ErrorHandler, prelude::*};
use http::{HeaderMap, Method};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Keeps events as level, target and fields.
#[derive(Clone, Default)]
struct Events(Arc<Mutex<Vec<Seen>>>);

#[derive(Debug)]
struct Seen {
    level: Level,
    target: String,
    fields: BTreeMap<&'static str, String>,
}

impl Visit for Seen {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.fields.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.insert(field.name(), value.to_owned());
    }
}

impl Subscriber for Events {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let metadata = event.metadata();
        let mut seen =
            Seen { level: *metadata.level(), target: metadata.target().to_owned(), fields: BTreeMap::new() };
        event.record(&mut seen);
        self.0.lock().unwrap().push(seen);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// The one event of an answer with the error.
fn event(error: sending::Error) -> Seen {
    let events = Events::default();
    let handler = ErrorHandler::<Sending>::new();
    let mut headers = HeaderMap::from_iter([("x-request-id".parse().unwrap(), "req_7".parse().unwrap())]);
    let head = handler.read(&Method::GET, &mut headers);
    let answer = tracing::subscriber::with_default(events.clone(), || handler.answer(&error, &head));
    assert!(answer.status().is_client_error() || answer.status().is_server_error());
    let [seen] = <[Seen; 1]>::try_from(std::mem::take(&mut *events.0.lock().unwrap())).unwrap();
    assert_eq!(seen.target, "errbook");
    seen
}

#[test]
fn a_fault_of_the_caller_is_information() {
    let seen = event(code::NotFound.at("from").into());
    assert_eq!(seen.level, Level::INFO);
    assert_eq!(
        seen.fields,
        BTreeMap::from([
            ("error.type", "not_found".to_owned()),
            ("http.response.status_code", "404".to_owned()),
            ("message", "There is no such resource.".to_owned()),
            ("param", "from".to_owned()),
            ("request_id", "req_7".to_owned()),
        ])
    );
}

#[test]
fn a_fault_of_the_service_is_an_error_with_its_sources() {
    #[derive(Debug, thiserror::Error)]
    #[error("the store failed")]
    struct Store(#[source] std::io::Error);

    let store = Store(std::io::Error::other("disk full\n\u{1b}[31mat /var"));
    let seen = event(code::InternalError.because(store).into());
    assert_eq!(seen.level, Level::ERROR);
    assert_eq!(seen.fields["error.type"], "internal_error");
    // In one line.
    assert_eq!(seen.fields["error.source"], "the store failed: disk full\\n\\u{1b}[31mat /var");
}

#[test]
fn what_a_line_holds_is_bounded() {
    let hostile = "\u{202e}\n".repeat(100_000);
    let error = Error::from(code::InternalError.because(hostile));
    assert!(event(error).fields["error.source"].len() < 100_000);
}

/// The answer is more important than the log.
#[test]
fn a_source_that_can_not_be_shown_costs_no_answer() {
    #[derive(Debug)]
    struct Broken;

    impl fmt::Display for Broken {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic!("no words")
        }
    }

    impl std::error::Error for Broken {}

    let handler = ErrorHandler::<Sending>::new();
    let head = handler.read(&Method::GET, &mut HeaderMap::new());
    let error = Error::from(code::InternalError.because(Broken));
    let answer = tracing::subscriber::with_default(Events::default(), || handler.answer(&error, &head));
    assert_eq!(answer.status(), 500);
}

/// The events of an operation in which every attempt fails like that.
fn decisions(failure: Failure) -> Vec<Seen> {
    let events = Events::default();
    tracing::subscriber::with_default(events.clone(), || {
        let retries = Retries::default().terms(Terms::default().start(10_000));
        let mut operation = retries.begin("api.example", Attempt::of(&Method::GET), Duration::ZERO);
        while let Next::Repeat { .. } = operation.failed(&failure, Duration::ZERO, 0) {}
    });
    std::mem::take(&mut *events.0.lock().unwrap())
}

#[test]
fn every_decision_is_an_event_with_its_rule() {
    let answered = |error: sending::Error| decisions(Failure::from(&sending::ErrorResponse::from(error)));
    let seen = answered(code::InternalError.into());
    let shown: Vec<_> =
        seen.iter().map(|seen| (seen.level, &*seen.fields["message"], &*seen.fields["rule"])).collect();
    assert_eq!(
        shown,
        [
            (Level::INFO, "retry within 0.1 s", "3"),
            (Level::INFO, "retry within 0.2 s", "3"),
            (Level::WARN, "stop: all attempts failed", "7"),
        ]
    );
    assert_eq!(seen[0].target, "errbook::retry");
    assert_eq!((&*seen[0].fields["error.type"], &*seen[0].fields["attempt"]), ("internal_error", "1"));
    assert_eq!(seen[0].fields["http.response.status_code"], "500");

    // Where there was nothing to retry, nobody is bothered.
    let seen = answered(code::NotFound.into());
    let shown: Vec<_> = seen.iter().map(|seen| (seen.level, &*seen.fields["message"])).collect();
    assert_eq!(shown, [(Level::DEBUG, "stop: the same request fails again")]);

    // Without an answer.
    for (failure, text) in [
        (Failure::not_sent(), "not_sent"),
        (Failure::no_answer(), "no_answer"),
        (Failure::timed_out(), "timeout"),
        (Failure::lasting(), "lasting"),
    ] {
        assert_eq!(decisions(failure)[0].fields["error.type"], text);
    }
    // Further in it was told already.
    assert_eq!(decisions(Failure::no_answer().exhausted())[0].level, Level::DEBUG);
}
