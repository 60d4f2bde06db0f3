//! What it took to get from `before` to `after`, and what came of it.

use std::fs;
use std::path::{Path, PathBuf};

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use errbook::conformance::Kit;
use http_body_util::BodyExt as _;
use rooms_after::Rooms;
use serde_json::Value;
use tower::ServiceExt as _;

/// Lines that are gone, and lines that are new; empty ones don't count.
#[test]
fn the_change_is_under_40_lines_most_of_them_deletions() {
    let migration = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files: Vec<PathBuf> = ["Cargo.toml", "build.rs"].map(PathBuf::from).into();
    for folder in ["before/src", "after/src"] {
        let entries = fs::read_dir(migration.join(folder)).expect("a folder");
        files.extend(entries.map(|entry| Path::new("src").join(entry.expect("an entry").file_name())));
    }
    files.sort();
    files.dedup();
    let (mut gone, mut new) = (0, 0);
    for file in files {
        let texts = ["before", "after"].map(|side| fs::read_to_string(migration.join(side).join(&file)));
        let texts = texts.map(Result::unwrap_or_default);
        let [before, after] = texts.each_ref().map(|text| lines(text));
        let same = common(&before, &after);
        (gone, new) = (gone + before.len() - same, new + after.len() - same);
    }
    assert!(gone + new < 40 && gone > new, "{gone} lines are gone, {new} are new");
}

/// Without empty ones, the package's name and description, and what only the tests need.
fn lines(text: &str) -> Vec<&str> {
    let mut in_tests = false;
    let counts = |line: &&str| {
        if line.starts_with('[') {
            in_tests = *line == "[dev-dependencies]";
        }
        let is_label = ["name = ", "description = "].iter().any(|label| line.starts_with(label));
        !line.trim().is_empty() && !is_label && !in_tests
    };
    text.lines().filter(counts).collect()
}

/// The length of the longest common subsequence.
fn common(before: &[&str], after: &[&str]) -> usize {
    let mut row = vec![0; after.len() + 1];
    for line in before {
        let mut diagonal = 0;
        for (at, other) in after.iter().enumerate() {
            let above = row[at + 1];
            row[at + 1] = if line == other { diagonal + 1 } else { above.max(row[at]) };
            diagonal = above;
        }
    }
    row[after.len()]
}

const ROOM: &str = r#"{"name":"Attic","seats":4}"#;

/// Whatever a handler answers is what it was, but for what the disk said.
#[tokio::test]
async fn handlers_answer_as_before() {
    let (old, new) = (rooms_before::store::Store::default(), rooms_after::store::Store::default());
    let (before, after) = (rooms_before::app(old.clone()), rooms_after::app(new.clone()));
    let long = format!(r#"{{"name":"{}","seats":4}}"#, "x".repeat(41));
    let steps: [(Method, &str, &str, &str, u16); 27] = [
        (Method::GET, "/rooms", "", "", 401),
        (Method::GET, "/rooms", "nobody", "", 401),
        (Method::GET, "/rooms", "expired", "", 401),
        (Method::POST, "/rooms", "reader", ROOM, 403),
        (Method::POST, "/rooms", "writer", ROOM, 201),
        (Method::POST, "/rooms", "writer", ROOM, 409),
        (Method::POST, "/rooms", "writer", r#"{"name":"","seats":4}"#, 422),
        (Method::POST, "/rooms", "writer", &long, 422),
        (Method::POST, "/rooms", "writer", r#"{"name":"Hall","seats":0}"#, 422),
        (Method::GET, "/rooms", "reader", "", 200),
        (Method::GET, "/rooms/1", "reader", "", 200),
        (Method::GET, "/rooms/7", "reader", "", 404),
        (Method::POST, "/rooms/1/bookings", "writer", r#"{"from":9,"to":8,"guests":4}"#, 422),
        (Method::POST, "/rooms/1/bookings", "writer", r#"{"from":9,"to":18,"guests":4}"#, 422),
        (Method::POST, "/rooms/1/bookings", "writer", r#"{"from":9,"to":10,"guests":5}"#, 422),
        (Method::POST, "/rooms/1/bookings", "writer", r#"{"from":9,"to":11,"guests":4}"#, 201),
        (Method::POST, "/rooms/1/bookings", "writer", r#"{"from":10,"to":12,"guests":4}"#, 409),
        (Method::GET, "/rooms/1/bookings", "reader", "", 200),
        (Method::DELETE, "/rooms/1", "writer", "", 409),
        (Method::POST, "/bookings/2/confirm", "writer", "", 200),
        (Method::POST, "/bookings/2/confirm", "writer", "", 409),
        (Method::DELETE, "/bookings/2", "writer", "", 204),
        (Method::DELETE, "/bookings/2", "writer", "", 409),
        (Method::DELETE, "/bookings/3", "writer", "", 404),
        (Method::DELETE, "/rooms/1", "writer", "", 204),
        (Method::DELETE, "/rooms/1", "writer", "", 404),
        (Method::GET, "/rooms/1/bookings", "reader", "", 404),
    ];
    for (method, path, key, body, expected) in steps {
        let old = answer(&before, &method, path, key, body).await;
        let new = answer(&after, &method, path, key, body).await;
        assert_eq!(old.0.as_u16(), expected, "{method} {path} {body}");
        assert_eq!(old, new, "{method} {path} {body}");
    }
    let rooms = (0..100).map(|number| format!(r#"{{"name":"{number}","seats":1}}"#));
    for room in rooms.chain([r#"{"name":"100","seats":1}"#.to_owned()]) {
        let old = answer(&before, &Method::POST, "/rooms", "writer", &room).await;
        assert_eq!(old, answer(&after, &Method::POST, "/rooms", "writer", &room).await);
    }

    answer(&before, &Method::DELETE, "/rooms/50", "writer", "").await;
    answer(&after, &Method::DELETE, "/rooms/50", "writer", "").await;
    old.fill_disk();
    new.fill_disk();
    let old_text = answer(&before, &Method::POST, "/rooms", "writer", ROOM).await.1.to_string();
    let new_text = answer(&after, &Method::POST, "/rooms", "writer", ROOM).await.1.to_string();
    assert!(old_text.contains("disk_failed") && old_text.contains("/var/lib/rooms"), "{old_text}");
    assert!(new_text.contains("disk_failed") && !new_text.contains("/var"), "{new_text}");

    old.begin_maintenance();
    new.begin_maintenance();
    let old = answer(&before, &Method::GET, "/rooms", "reader", "").await;
    assert_eq!((old.0.as_u16(), old), (503, answer(&after, &Method::GET, "/rooms", "reader", "").await));
}

async fn answer(app: &Router, method: &Method, path: &str, key: &str, body: &str) -> (StatusCode, Value) {
    let mut request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    if !key.is_empty() {
        request = request.header("x-api-key", key);
    }
    let request = request.body(Body::from(body.to_owned())).expect("a request");
    let response = app.clone().oneshot(request).await.expect("never fails");
    let status = response.status();
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    // Beside them there may be the error's fields now, as numbers.
    (status, Value::from_iter(["code", "message"].map(|name| (name, body["error"][name].clone()))))
}

#[tokio::test]
async fn the_kit_passes_after_and_fails_before() {
    let kit = Kit::<Rooms>::new().header("x-api-key", "writer").json("/rooms").without_slow_bodies();
    kit.check(rooms_after::app(Default::default())).await.assert();

    let before = kit.check(rooms_before::app(Default::default())).await;
    let findings = |case: &str| before.findings().iter().filter(|finding| finding.case() == case).count();
    for case in ["no route", "a wrong method", "JSON: broken off", "no content type", "a body without end"] {
        assert!(findings(case) > 0, "{case}\n{before}");
    }
}
