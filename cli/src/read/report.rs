//! What was concluded, for people and as JSON.

use std::fmt::{self, Write as _};
use std::time::Duration;

use errbook::__private::{OneLine, row};
use errbook::retry::{Budget, Decision, Step};
use errbook::{Api as _, ErrorCode as _, ErrorResponse, Issue, Retry};
use http::HeaderMap;
use http::header::SERVER;
use serde_json::{Map, Value, json};

use super::details::{Detail, Found, Source, details};
use super::tables::{Action, Code, Loaded};

/// So much of a text is shown, in characters.
const MAX_TEXT: usize = 200;

/// So many issues or members are shown.
const MAX_SHOWN: usize = 20;

/// Where the values stand.
const WIDTH: usize = 13;

pub(crate) struct Report<'r> {
    err: &'r ErrorResponse<Loaded>,
    headers: &'r HeaderMap,
    details: Vec<Detail>,
    /// For each request, what it is called.
    decisions: Vec<(String, Decision)>,
}

impl<'r> Report<'r> {
    pub(crate) fn new(
        err: &'r ErrorResponse<Loaded>,
        headers: &'r HeaderMap,
        decisions: Vec<(String, Decision)>,
    ) -> Report<'r> {
        Report { err, headers, details: details(err, headers), decisions }
    }

    /// What the catalog says is to be done.
    fn action(&self) -> Option<Step> {
        self.err.action().and_then(Action::row).map(Step::from)
    }

    /// Members that the code has no field for.
    fn others(&self) -> impl Iterator<Item = &str> {
        let fields = self.err.code().map_or(&[][..], |code| row(code).fields);
        self.err.members().filter(|name| !fields.iter().any(|field| field.name == *name))
    }

    /// What the body is, of an answer that is not the API's.
    fn kind(&self) -> &'static str {
        let body = self.err.body();
        let text = body.trim_ascii_start();
        let starts = |tag: &[u8]| text.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag));
        if text.is_empty() {
            "no body"
        } else if body.contains(&0) || starts(b"\x1f") {
            "a body that is no text (packed? `curl --compressed` unpacks it)"
        } else if starts(b"<!doctype html") || starts(b"<html") {
            "an HTML page"
        } else if starts(b"<") {
            "a page of HTML or XML"
        } else if starts(b"{") || starts(b"[") {
            "JSON of another shape"
        } else {
            "plain text"
        }
    }

    fn headline(&self) -> String {
        let (api, status) = (Loaded::info().title, self.err.status().as_u16());
        if !self.err.from_api() {
            let server = self.headers.get(SERVER).map(|name| String::from_utf8_lossy(name.as_bytes()));
            let server = server.map(|name| format!(" (server: {})", Short(&name))).unwrap_or_default();
            return format!("Not an answer of {api}: HTTP {status} with {}{server}", self.kind());
        }
        match (self.err.code(), self.err.code_str()) {
            (Some(code), _) => format!("{api} answered HTTP {status}: {code}"),
            (None, Some(text)) => {
                format!("{api} answered HTTP {status}: {}, a code that the catalog doesn't know", Short(text))
            }
            (None, None) => format!("{api} answered HTTP {status} without a code"),
        }
    }

    pub(crate) fn text(&self) -> String {
        let err = self.err;
        let mut lines = Lines(String::new());
        lines.line(&self.headline());
        lines.line("");
        if let (Some(code), Some(text)) = (err.code(), err.code_str())
            && text != code.as_str()
        {
            lines.pair("code", format_args!("received as {}", Short(text)));
        }
        if let Some(status) = err.expected_status() {
            let received = err.status().as_u16();
            lines.pair("status", format_args!("{received}, where the catalog has {status} for this code"));
        }
        lines.maybe("message", err.message().map(Short));
        lines.maybe("param", err.param().map(Short));
        lines.maybe("request id", err.request_id().map(Short));
        lines.maybe("docs", err.doc_url().as_deref().map(Short));
        if let Some(group) = err.group().and_then(|group| group.row()) {
            let like = if err.code().is_none() { ": read as one of these" } else { "" };
            lines.pair("group", format_args!("{} ({}){like}", group.name, group.title));
        }
        if err.code().is_none() {
            let name = err.inferred();
            lines.pair(
                "inferred",
                format_args!("{name}, by its status: a name to show, no ground to decide on"),
            );
        }
        self.fields(&mut lines);
        lines.list(
            "others",
            self.others().count(),
            self.others()
                .map(|name| format!("{}: {}", Short(name), Short(err.member_json(name).unwrap_or_default()))),
        );
        lines.list("issues", err.issues().len(), err.issues().iter().map(issue_text));
        if let Some(advice) = err.retry() {
            lines.pair("advice", words(advice));
            let repeat = err.retry_on_repeat().filter(|repeat| *repeat != advice);
            lines.maybe("", repeat.map(|repeat| format!("to a repeat with the same key: {}", words(repeat))));
            let note = err.code().and_then(|code| code.model()?.retry_note.as_deref());
            lines.maybe("", note.map(OneLine));
        }
        lines.maybe("retryable", err.retryable());
        lines.maybe("wait", err.retry_after().map(|wait| format!("{} s", wait.as_secs_f64())));
        if let Some(Step { name, text, url, .. }) = self.action() {
            lines.pair("action", format_args!("{}: {}", Short(name), Short(text)));
            lines.maybe("", url.map(Short));
        }
        if err.is_truncated() {
            let read = match Loaded::max_body() {
                bytes if bytes % 1024 == 0 => format!("{} KiB", bytes / 1024),
                bytes => format!("{bytes} bytes"),
            };
            lines.pair("note", format_args!("the body is longer than the {read} that were read"));
        }
        lines.line("\nWhat a client does");
        let mut done: Vec<(Vec<&str>, &Decision)> = Vec::new();
        for (name, decision) in &self.decisions {
            match done.iter_mut().find(|(_, same)| *same == decision) {
                Some((names, _)) => names.push(name),
                None => done.push((vec![name], decision)),
            }
        }
        for (names, decision) in done {
            let rule = decision.rule();
            let all = names.len() > 1 && names.len() == self.decisions.len();
            let names = if all { "any request".to_owned() } else { names.join(", ") };
            lines.line(&format!("  {names}: {decision}{}", IfPaid(decision)));
            lines.line(&format!("    by rule {}: {rule}", rule.number()));
            // Where it isn't the code's own: after all attempts.
            if let Some(Step { name, text, .. }) = step(decision).filter(|step| Some(*step) != self.action())
            {
                lines.line(&format!("    next step: {}: {}", Short(name), Short(text)));
            }
        }
        lines.0.trim_end().to_owned()
    }

    /// Those of the payload, without what has a line of its own.
    fn fields(&self, lines: &mut Lines) {
        let seen = |detail: &&Detail| match (&detail.found, &detail.source) {
            // The payload has it whether it was received or not.
            (_, Source::Constant) => self.err.member_json(detail.name).is_some(),
            (Found::Absent, _) | (Found::Value(_), Source::Param | Source::RetryAfter) => false,
            _ => true,
        };
        let seen: Vec<&Detail> = self.details.iter().filter(seen).collect();
        let text = |Detail { name, source, found }: &&Detail| match found {
            Found::Value(value) => format!("{name}: {} ({source})", Short(&value.to_string())),
            Found::Absent => format!("{name}: none ({source})"),
            Found::Missing => format!("{name} is missing ({source}): details() is None"),
            Found::Wrong(json) => format!("{name}: {} is no {source}: details() is None", Short(json)),
        };
        lines.list("fields", seen.len(), seen.iter().map(text));
    }

    pub(crate) fn json(&self) -> String {
        let err = self.err;
        let value = |detail: &Detail| match &detail.found {
            Found::Value(value) => Some((detail.name.to_owned(), value.clone())),
            _ => None,
        };
        let lacking = |detail: &&Detail| matches!(detail.found, Found::Missing | Found::Wrong(_));
        let member = |name: &str| {
            let json = || Value::from(err.member_json(name));
            (name.to_owned(), err.member(name).unwrap_or_else(json))
        };
        let json = json!({
            "success": false,
            "api": Loaded::info().name,
            "from_api": err.from_api(),
            "status": err.status().as_u16(),
            "expected_status": err.expected_status().map(|status| status.as_u16()),
            "code": err.code_str(),
            "known": err.code().map(|code| code.as_str()),
            "inferred": err.inferred().as_str(),
            "group": err.group().and_then(|group| group.row()).map(|group| group.name),
            "message": err.message(),
            "param": err.param(),
            "request_id": err.request_id(),
            "doc_url": err.doc_url(),
            "retryable": err.retryable(),
            "retry": err.retry().map(class),
            "retry_on_repeat": err.retry_on_repeat().map(class),
            "retry_after": err.retry_after().map(|wait| wait.as_secs_f64()),
            "action": self.action().map(step_json),
            "fields": self.details.iter().filter_map(value).collect::<Map<_, _>>(),
            "missing_or_ill_typed": self.details.iter().filter(lacking).map(|at| at.name).collect::<Vec<_>>(),
            "members": self.others().map(member).collect::<Map<_, _>>(),
            "issues": err.issues().iter().map(issue_json).collect::<Vec<_>>(),
            "truncated": err.is_truncated(),
            "decisions": self.decisions.iter().map(decision_json).collect::<Vec<_>>(),
        });
        let mut text = String::new();
        // A terminal obeys other control characters than those that JSON escapes.
        for char in format!("{json:#}").chars() {
            match char {
                '\n' => text.push(char),
                _ if OneLine(char.encode_utf8(&mut [0; 4])).to_string().len() == char.len_utf8() => {
                    text.push(char)
                }
                _ => _ = write!(text, "\\u{:04x}", u32::from(char)),
            }
        }
        text
    }
}

/// What is advised where nothing is sent again.
fn step(decision: &Decision) -> Option<Step> {
    match decision {
        Decision::Stop(stop) => stop.step,
        Decision::Retry(_) | Decision::Refresh(_) => None,
    }
}

/// What the client's budget pays for it, in thousandths of a token.
fn price(decision: &Decision) -> Option<u32> {
    match decision {
        Decision::Retry(again) => Some(again.price),
        // A renewal costs nothing.
        Decision::Refresh(_) | Decision::Stop(_) => None,
    }
}

fn tokens(thousandths: u32) -> f64 {
    f64::from(thousandths) / f64::from(Budget::RETRY)
}

/// What a retry needs that costs more than a client has at its start.
struct IfPaid<'d>(&'d Decision);

impl fmt::Display for IfPaid<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let new = Budget::new().tokens(Duration::ZERO);
        match price(self.0).filter(|price| *price > new) {
            Some(price) => {
                write!(f, ", if its budget has {} tokens (a new one has {})", tokens(price), tokens(new))
            }
            None => Ok(()),
        }
    }
}

fn step_json(Step { name, text, url, .. }: Step) -> Value {
    json!({"name": name, "text": text, "url": url})
}

fn decision_json((request, decision): &(String, Decision)) -> Value {
    let (what, wait) = match decision {
        Decision::Retry(again) => ("retry", Some(again.wait)),
        Decision::Refresh(again) => ("refresh", Some(again.wait)),
        Decision::Stop(_) => ("stop", None),
    };
    json!({
        "request": request,
        "decision": what,
        "earliest": wait.map(|wait| wait.earliest.as_secs_f64()),
        "latest": wait.map(|wait| wait.latest.as_secs_f64()),
        "tokens": price(decision).map(tokens),
        "rule": decision.rule().number(),
        "words": decision.to_string(),
        "why": decision.rule().to_string(),
        "next_step": step(decision).map(step_json),
    })
}

fn issue_text(issue: &Issue<Code>) -> String {
    let members: Vec<String> = issue
        .members()
        .map(|name| {
            let value = issue.member(name).map(|value| value.to_string()).unwrap_or_default();
            format!("{}: {}", Short(name), Short(&value))
        })
        .collect();
    let unknown = if issue.code_str().is_some() && issue.code().is_none() { " (unknown code)" } else { "" };
    let more = if members.is_empty() { String::new() } else { format!("; {}", members.join(", ")) };
    format!("{}{unknown}{more}", Short(&issue.to_string()))
}

fn issue_json(issue: &Issue<Code>) -> Value {
    let members = issue.members().map(|name| (name.to_owned(), issue.member(name).unwrap_or_default()));
    json!({
        "code": issue.code_str(),
        "known": issue.code().map(|code| code.as_str()),
        "param": issue.param(),
        "message": issue.message(),
        "members": members.collect::<Map<_, _>>(),
    })
}

/// As errors.yaml writes it.
fn class(retry: Retry) -> &'static str {
    words(retry).split(':').next().unwrap_or_default()
}

fn words(retry: Retry) -> &'static str {
    match retry {
        Retry::Never => "never: the same request fails again",
        Retry::NeedsAction => "needs_action: somebody changes something outside the request first",
        Retry::Refresh => "refresh: renew what the request was built from, then once",
        Retry::Backoff => "backoff: again, after a growing wait",
        Retry::Throttle => "throttle: again, at a lower rate, not before the server's time",
        _ => "",
    }
}

/// Text from outside in one line, cut where it is long.
struct Short<'t>(&'t str);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.MAX_TEXT$}", OneLine(self.0))
    }
}

struct Lines(String);

impl Lines {
    fn line(&mut self, text: &str) {
        self.0.push_str(text);
        self.0.push('\n');
    }

    fn pair(&mut self, name: &str, value: impl fmt::Display) {
        self.line(&format!("{name:WIDTH$} {value}"));
    }

    fn maybe(&mut self, name: &str, value: Option<impl fmt::Display>) {
        if let Some(value) = value {
            self.pair(name, value);
        }
    }

    /// One a line, the first beside the name.
    fn list(&mut self, name: &str, count: usize, texts: impl Iterator<Item = String>) {
        for (at, text) in texts.take(MAX_SHOWN).enumerate() {
            self.pair(if at == 0 { name } else { "" }, text);
        }
        if count > MAX_SHOWN {
            self.pair("", format_args!("and {} more", count - MAX_SHOWN));
        }
    }
}
