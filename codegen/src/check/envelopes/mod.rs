//! `envelopes:`, the shapes of answers.

mod template;

use super::names::{Names, Of, Scope, unnamed};
use super::reader::{Context, Map, Spanned, quote};
use crate::catalog::{Absent, Envelope, Hole, Literal, Member, Placeholder, RustName, Template};
use crate::report::{Diagnostic, Mistake, Sink, Span};
use crate::source::Source;
use crate::syntax::{self, Entry, Kind, Node};
use std::collections::BTreeMap;

/// The body of RFC 9457, with this crate's members beside.
const PROBLEM: &str = "\
type: $doc_url
title: $title
status: $status
detail: $message
code: $code
param: $param?
retryable: $retryable
request_id: $request_id
errors: $errors?
..: $fields
";

/// An issue, where an envelope doesn't say.
const ISSUE: &str = "\
code: $code
message: $message
param: $param?
..: $fields
";

const PLACEHOLDERS: &[(&str, Placeholder)] = &[
    ("action", Placeholder::Action),
    ("code", Placeholder::Code),
    ("doc_url", Placeholder::DocUrl),
    ("errors", Placeholder::Errors),
    ("errors_by_param", Placeholder::ErrorsByParam),
    ("group", Placeholder::Group),
    ("message", Placeholder::Message),
    ("number", Placeholder::Number),
    ("param", Placeholder::Param),
    ("request_id", Placeholder::RequestId),
    ("retry_after", Placeholder::RetryAfter),
    ("retry_after_ms", Placeholder::RetryAfterMs),
    ("retry_after_text", Placeholder::RetryAfterText),
    ("retry_at", Placeholder::RetryAt),
    ("retry_at_unix", Placeholder::RetryAtUnix),
    ("retryable", Placeholder::Retryable),
    ("status", Placeholder::Status),
    ("status_text", Placeholder::StatusText),
    ("title", Placeholder::Title),
];

/// An envelope and what the checks of codes ask about it.
#[derive(Debug)]
pub(super) struct EnvelopeDraft {
    pub(super) envelope: Envelope,
    /// None for a built-in one.
    pub(super) span: Option<Span>,
    pub(super) body: Shape,
    pub(super) issue: Shape,
}

impl Placeholder {
    /// All issues of an answer, in whatever form.
    fn is_issues(self) -> bool {
        matches!(self, Placeholder::Errors | Placeholder::ErrorsByParam)
    }

    /// In some answers, whatever the code is.
    fn may_be_absent(self) -> bool {
        self.is_wait() || matches!(self, Placeholder::Group | Placeholder::Param)
    }

    fn is_wait(self) -> bool {
        use Placeholder::{RetryAfter, RetryAfterMs, RetryAfterText, RetryAt, RetryAtUnix};
        matches!(self, RetryAfter | RetryAfterMs | RetryAfterText | RetryAt | RetryAtUnix)
    }
}

/// What a body or an issue has a place for.
#[derive(Debug, Clone, Default)]
pub(super) struct Shape {
    pub(super) param: bool,
    /// The place of the issues.
    pub(super) errors: Option<Span>,
    /// Of a number that every code needs.
    pub(super) number: Option<Span>,
    code: bool,
    code_optional: bool,
    by_param: bool,
    message: bool,
    /// What an element of a list that holds the error and its issues looks like.
    issue: Option<Box<(Template, Shape)>>,
    /// Something in it could not be read, which is reported.
    pub(super) doubtful: bool,
    pub(super) fields: Option<Span>,
    /// The keys beside the fields, and where they stand.
    pub(super) beside: Vec<(String, Span)>,
}

impl Shape {
    /// What stands outside of the part that this is the shape of.
    fn add(&mut self, outside: Shape) {
        self.param |= outside.param;
        self.number = self.number.or(outside.number);
        self.code |= outside.code;
        self.code_optional |= outside.code_optional;
        self.message |= outside.message;
        self.by_param |= outside.by_param;
        self.doubtful |= outside.doubtful;
        self.issue = self.issue.take().or(outside.issue);
        if self.beside.is_empty() {
            self.beside = outside.beside;
        }
    }
}

/// Where a template is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Body,
    Issue,
    Header,
}

#[derive(Debug)]
pub(super) struct Envelopes<'t> {
    pub(super) names: Names<'t>,
    /// The declared ones, then the built-in.
    pub(super) envelopes: Vec<EnvelopeDraft>,
}

impl Envelopes<'_> {
    /// The envelopes that the catalog keeps: all declared ones, and `problem` where it is `used`; it is the last.
    pub(super) fn into_kept(self, used: impl IntoIterator<Item = usize>) -> Vec<Envelope> {
        let problem = self.envelopes.len().saturating_sub(1);
        let keep_problem = used.into_iter().any(|index| index == problem);
        let kept = if keep_problem { problem + 1 } else { problem };
        self.envelopes.into_iter().take(kept).map(|draft| draft.envelope).collect()
    }
}

impl<'t> Context<'t> {
    pub(super) fn envelopes(&mut self, map: &Map<'t>) -> Envelopes<'t> {
        let section = self.some_section(map, "envelopes");
        let entries = section.entries;
        let mut scope = Scope::default();
        let mut envelopes = Vec::new();
        for entry in entries {
            let name = Spanned { value: entry.key.text.as_str(), span: entry.key.span };
            let rust = if name.value == "problem" {
                self.report(
                    Diagnostic::new(Mistake::ReservedName, "`problem` is a built-in envelope")
                        .at(name.span, "is there already")
                        .help("choose another name for yours"),
                );
                None
            } else if self.name(name, "an envelope") {
                self.rust_names(name.value, name.span, Of::Envelope, None, &mut scope)
            } else {
                None
            };
            envelopes.push(self.envelope(entry, rust));
        }
        envelopes.push(problem());
        let declared = entries.iter().map(|entry| entry.key.text.as_str()).filter(|name| *name != "problem");
        Envelopes { names: Names::new(declared.chain(["problem"]), section.complete), envelopes }
    }

    fn envelope(&mut self, entry: &'t Entry, rust: Option<RustName>) -> EnvelopeDraft {
        let keys = ["body", "headers", "content_type", "status", "issue"];
        let read = self.map(&entry.value, entry.key.span, "an envelope", &keys);
        let map = read.unwrap_or(Map::empty(entry.key.span));

        let mut body_shape = Shape { doubtful: map.get("body").is_none(), ..Shape::default() };
        let body = read
            .and_then(|map| self.required(&map, "body", "an envelope", "{code: $code}"))
            .and_then(|node| self.body(node, &mut body_shape));
        let mut in_headers = Shape::default();
        let headers =
            map.get("headers").map(|node| self.envelope_headers(node, &mut in_headers)).unwrap_or_default();
        let needs_code = self.place_of_code(&map, body.is_some(), &body_shape, &in_headers);
        let (issue, issue_shape) = self.issue(&map, &mut body_shape);
        let body = body.unwrap_or(Template::Map(Vec::new()));
        let content_type = map.get("content_type").and_then(|node| self.content_type(node));
        EnvelopeDraft {
            envelope: Envelope {
                name: entry.key.text.clone(),
                rust: rust.unwrap_or_else(unnamed),
                content_type: content_type.unwrap_or_else(|| "application/json".to_owned()),
                status: map.get("status").and_then(|node| self.fixed_status(node, &body)),
                headers,
                body,
                issue,
                needs_code,
            },
            span: Some(entry.key.span),
            body: body_shape,
            issue: issue_shape,
        }
    }

    /// A mapping, or a list of the error and its issues.
    fn body(&mut self, node: &'t Node, shape: &mut Shape) -> Option<Template> {
        match (&node.kind, self.value(node, "`body`", Part::Body, shape)?) {
            (Kind::Map { .. }, body) | (Kind::List(_), body @ Template::Errors) => Some(body),
            _ if shape.doubtful => None,
            _ => {
                self.wrong_type(node, "`body`", "a mapping, or a list of one with `$code`");
                None
            }
        }
    }

    /// Does an answer always have a code?
    fn place_of_code(&mut self, map: &Map<'t>, has_body: bool, body: &Shape, headers: &Shape) -> bool {
        let span = map.entry("body").map_or(map.owner, |body| body.key.span);
        if !has_body || body.code || headers.code {
            return true;
        }
        if !body.code_optional && !headers.code_optional {
            self.report(
                Diagnostic::new(Mistake::EnvelopeWithoutCode, "an envelope has no place for the code")
                    .at(span, "no `$code` in it")
                    .help("add a key with `$code`: clients tell errors apart by it"),
            );
        } else if !body.message {
            let title = "an answer without a code can't be told from any other JSON";
            self.report(
                Diagnostic::new(Mistake::EnvelopeWithoutCode, title)
                    .at(span, "no `$message` in it")
                    .help("add a key with `$message`: with `$code?` a client knows the API's answers by it"),
            );
        }
        false
    }

    /// The shape of an issue: an element of the list that the error stands in, too, or `issue`.
    fn issue(&mut self, map: &Map<'t>, body: &mut Shape) -> (Template, Shape) {
        use Placeholder::{Code, Message};
        let declared = map.entry("issue");
        if let Some(element) = body.issue.take() {
            if let Some(declared) = declared {
                let diagnostic = Diagnostic::new(Mistake::IssuesPlace, "issues have two shapes")
                    .at(declared.key.span, "one here")
                    .help("remove `issue`: an issue is an element of the list that the error stands in");
                self.report(match body.errors {
                    Some(span) => diagnostic.and(span, "and one here"),
                    None => diagnostic,
                });
            }
            return *element;
        }
        let mut shape = Shape::default();
        if body.by_param {
            // A message below its param, and no place for more.
            shape.param = true;
            if let Some(declared) = declared {
                self.report(
                    Diagnostic::new(Mistake::IssuesPlace, "issues have two shapes")
                        .at(declared.key.span, "not the one of `$errors_by_param`")
                        .help("remove `issue`: by param there are only messages"),
                );
            }
            return (Template::Hole(Hole { what: Message, absent: Absent::Never }), shape);
        }
        let issue = match declared.map(|entry| &entry.value) {
            None => Some(built_in(ISSUE, Part::Issue, &mut shape)),
            Some(node) => match self.value(node, "`issue`", Part::Issue, &mut shape) {
                Some(issue @ (Template::Map(_) | Template::Hole(Hole { what: Code | Message, .. }))) => {
                    Some(issue)
                }
                None => None,
                Some(_) => {
                    self.wrong_type(node, "`issue`", "a mapping, `$message` or `$code`");
                    None
                }
            },
        };
        let says = shape.code
            || shape.code_optional
            || shape.message
            || shape.param
            || shape.fields.is_some()
            || shape.doubtful;
        if let (Some(declared), Some(_), false) = (declared, &issue, says) {
            self.report(
                Diagnostic::new(Mistake::IssuesPlace, "an issue says nothing that a client could keep")
                    .at(declared.key.span, "no code, message, param or fields")
                    .help("add a key with `$message`, for example"),
            );
        }
        (issue.unwrap_or(Template::Map(Vec::new())), shape)
    }

    /// With the status of a success only a constant tells a client that it is none.
    fn fixed_status(&mut self, node: &'t Node, body: &Template) -> Option<u16> {
        let status = self.integer(node, "`status`", 200..=599)?;
        if status.value < 300 && !declares_failure(body) {
            self.report(
                Diagnostic::new(Mistake::NoFailureConstant, "an answer can't be told from a success")
                    .at(status.span, "the status of a success")
                    .help("add a constant to the body that a success doesn't have, as `ok: false`"),
            );
            return None;
        }
        u16::try_from(status.value).ok()
    }

    fn content_type(&mut self, node: &'t Node) -> Option<String> {
        let text = self.line_of_text(node, "`content_type`")?;
        let good = text.value.chars().all(|char| char.is_ascii_graphic() || char == ' ')
            && text.value.split_once('/').is_some_and(|(kind, rest)| !kind.is_empty() && !rest.is_empty());
        if !good {
            self.report(
                Diagnostic::new(Mistake::BadHeader, format!("{} is no media type", quote(text.value)))
                    .at(node.span, "not `type/subtype`")
                    .help("write `application/json`, for example"),
            );
        }
        good.then(|| text.value.to_owned())
    }

    fn envelope_headers(&mut self, node: &'t Node, shape: &mut Shape) -> Vec<(String, Template)> {
        let mut headers = Vec::new();
        let mut seen = BTreeMap::new();
        for entry in self.entries(node, "`headers`").unwrap_or_default() {
            let Some(name) = self.header_name(&entry.key, &mut seen) else { continue };
            let value = match self.value(&entry.value, "a header", Part::Header, shape) {
                Some(template) if !is_header_value(&template) => {
                    self.report(
                        Diagnostic::new(Mistake::BadHeader, "a header can't have this value")
                            .at(entry.value.span, "not printable ASCII, or a blank at an end")
                            .help("write letters, digits and signs"),
                    );
                    continue;
                }
                Some(value) => value,
                None => continue,
            };
            headers.push((name, value));
        }
        headers
    }
}

/// Printable ASCII, and no blank at the ends, where it would be lost.
fn is_header_value(template: &Template) -> bool {
    let printable = |text: &str| text.chars().all(|char| char.is_ascii_graphic() || char == ' ');
    match template {
        Template::Const(Literal::Text(text)) => !text.is_empty() && text.trim() == text && printable(text),
        Template::Text { before, after, .. } => {
            before.trim_start() == before
                && after.trim_end() == after
                && printable(before)
                && printable(after)
        }
        _ => true,
    }
}

/// Is there a flag or a text that every answer has?
fn declares_failure(template: &Template) -> bool {
    match template {
        Template::Const(value) => matches!(value, Literal::Bool(_) | Literal::Text(_)),
        Template::Map(members) => members.iter().any(|member| match member {
            Member::Key { value, .. } => declares_failure(value),
            Member::Fields => false,
        }),
        _ => false,
    }
}

fn problem() -> EnvelopeDraft {
    let mut body = Shape::default();
    let mut issue = Shape::default();
    EnvelopeDraft {
        envelope: Envelope {
            name: "problem".to_owned(),
            rust: RustName { upper: "Problem".to_owned(), snake: "problem".to_owned() },
            content_type: "application/problem+json".to_owned(),
            status: None,
            headers: Vec::new(),
            body: built_in(PROBLEM, Part::Body, &mut body),
            issue: built_in(ISSUE, Part::Issue, &mut issue),
            needs_code: true,
        },
        span: None,
        body,
        issue,
    }
}

/// A template of our own, read as anybody's is.
fn built_in(text: &str, part: Part, shape: &mut Shape) -> Template {
    let source = Source::new("", text);
    let trees = syntax::parse(&source, &mut Sink::default()).unwrap_or_default();
    let mut context = Context::new(&source, Sink::default());
    let members = trees.first().map(|node| context.template(node, "a template", part, shape));
    debug_assert!(context.into_sink().is_empty(), "a built-in template is valid");
    Template::Map(members.unwrap_or_default())
}
