//! What a client concludes, a fact a line. `errbook read`, which reads by tables of its own, is held to the same.
#![allow(clippy::unwrap_used)]

use std::fmt::{Debug, Write as _};

use errbook::retry::{Attempt, Failure, Policy};
use errbook::{Api, ErrorCode, ErrorResponse};
use http::Method;

/// What is known of the details.
pub(crate) enum Details {
    /// The code is unknown, or has none.
    None,
    /// A field is missing or of another type.
    Missing,
    Json(String),
}

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

pub(crate) fn facts<A: Api>(err: &ErrorResponse<A>, details: Details) -> String {
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
