//! `envelopes:`, the shapes of answers.

use super::names::{Names, Of, Scope, unnamed};
use super::reader::{Context, Map, Spanned, list, quote};
use crate::catalog::{Absent, Envelope, Hole, Literal, Member, Placeholder, RustName, Template};
use crate::report::{Diagnostic, Mistake, Sink, Span};
use crate::source::Source;
use crate::syntax::{self, Entry, Kind, Node, Style};
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
    ("group", Placeholder::Group),
    ("message", Placeholder::Message),
    ("param", Placeholder::Param),
    ("request_id", Placeholder::RequestId),
    ("retry_after", Placeholder::RetryAfter),
    ("retry_after_ms", Placeholder::RetryAfterMs),
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

/// What a body or an issue has a place for.
#[derive(Debug, Default)]
pub(super) struct Shape {
    pub(super) param: bool,
    pub(super) errors: bool,
    code: bool,
    /// Something in it could not be read, which is reported.
    pub(super) doubtful: bool,
    pub(super) fields: Option<Span>,
    /// The keys beside the fields, and where they stand.
    pub(super) beside: Vec<(String, Span)>,
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
        let mut body = Vec::new();
        if let Some(node) = read.and_then(|map| self.required(&map, "body", "an envelope", "{code: $code}")) {
            body = self.template(node, "`body`", Part::Body, &mut body_shape);
            if matches!(node.kind, Kind::Map { .. }) && !body_shape.code {
                self.report(
                    Diagnostic::new(Mistake::EnvelopeWithoutCode, "an envelope has no place for the code")
                        .at(map.entry("body").map_or(map.owner, |body| body.key.span), "no `$code` in it")
                        .help("add a key with `$code`: clients tell errors apart by it"),
                );
            }
        }
        let mut issue_shape = Shape::default();
        let issue = match map.get("issue") {
            Some(node) => self.template(node, "`issue`", Part::Issue, &mut issue_shape),
            None => built_in(ISSUE, Part::Issue, &mut issue_shape),
        };
        let headers = map.get("headers").map(|node| self.envelope_headers(node)).unwrap_or_default();
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
            },
            span: Some(entry.key.span),
            body: body_shape,
            issue: issue_shape,
        }
    }

    /// With the status of a success only a constant tells a client that it is none.
    fn fixed_status(&mut self, node: &'t Node, body: &[Member]) -> Option<u16> {
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

    fn envelope_headers(&mut self, node: &'t Node) -> Vec<(String, Hole)> {
        let mut headers = Vec::new();
        let mut seen = BTreeMap::new();
        for entry in self.entries(node, "`headers`").unwrap_or_default() {
            let Some(name) = self.header_name(&entry.key, &mut seen) else { continue };
            let hole = match self.value(&entry.value, "a header", Part::Header, &mut Shape::default()) {
                Some(Template::Hole(hole)) => hole,
                Some(_) => {
                    self.report(
                        Diagnostic::new(Mistake::WrongType, "a header of an envelope is a placeholder")
                            .at(entry.value.span, "found something else")
                            .help("write `$request_id`, for example"),
                    );
                    continue;
                }
                None => continue,
            };
            headers.push((name, hole));
        }
        headers
    }

    fn template(&mut self, node: &'t Node, what: &str, part: Part, shape: &mut Shape) -> Vec<Member> {
        let mut members = Vec::new();
        let mut spread = None;
        let entries = self.entries(node, what);
        shape.doubtful |= entries.is_none();
        for entry in entries.unwrap_or_default() {
            let key = &entry.key;
            if key.text == ".." {
                if self.spread(entry, shape) {
                    spread = Some(key.span);
                    members.push(Member::Fields);
                } else {
                    shape.doubtful = true;
                }
                continue;
            }
            let optional =
                key.text.strip_suffix('?').filter(|_| matches!(entry.value.kind, Kind::Map { .. }));
            if key.text.starts_with('$') || (key.text.ends_with('?') && optional.is_none()) {
                shape.doubtful = true;
                self.report(
                    Diagnostic::new(
                        Mistake::BadTemplateKey,
                        format!("{} can't be a key here", quote(&key.text)),
                    )
                    .at(key.span, "keys stand on the wire as they are")
                    .help("a placeholder, and the `?` after it, are written as the value; only a mapping has it at its key"),
                );
                continue;
            }
            let value = match optional {
                Some(name) => {
                    let members = self.template(&entry.value, &quote(name), part, shape);
                    Some(Template::Map { members, optional: true })
                }
                None => self.value(&entry.value, &quote(&key.text), part, shape),
            };
            let key = optional.unwrap_or(&key.text);
            match value {
                Some(value) => members.push(Member::Key { key: key.to_owned(), value }),
                None => shape.doubtful = true,
            }
        }
        if let Some(span) = spread {
            shape.fields = Some(span);
            let keys = entries.unwrap_or_default().iter().map(|entry| &entry.key);
            shape.beside =
                keys.filter(|key| key.text != "..").map(|key| (key.text.clone(), key.span)).collect();
        }
        members
    }

    /// `..: $fields`
    fn spread(&mut self, entry: &'t Entry, shape: &mut Shape) -> bool {
        let Some(text) = self.text(&entry.value, "`..`") else { return false };
        if text.value != "$fields" {
            self.report(
                Diagnostic::new(Mistake::FieldsPlace, "only `$fields` can be spread")
                    .at(text.span, "not `$fields`")
                    .help("write `..: $fields`"),
            );
            return false;
        }
        if let Some(first) = shape.fields {
            self.report(
                Diagnostic::new(Mistake::FieldsPlace, "`$fields` is there twice")
                    .at(entry.key.span, "the second")
                    .and(first, "the first")
                    .help("a code's fields have one place; remove the other"),
            );
            return false;
        }
        shape.fields = Some(entry.key.span);
        true
    }

    /// `details: $fields`: a mapping of nothing else.
    fn fields_of_their_own(&mut self, span: Span, optional: bool, shape: &mut Shape) -> Option<Template> {
        if let Some(first) = shape.fields {
            self.report(
                Diagnostic::new(Mistake::FieldsPlace, "`$fields` is there twice")
                    .at(span, "the second")
                    .and(first, "the first")
                    .help("a code's fields have one place; remove the other"),
            );
            return None;
        }
        shape.fields = Some(span);
        Some(Template::Map { members: vec![Member::Fields], optional })
    }

    fn value(&mut self, node: &'t Node, what: &str, part: Part, shape: &mut Shape) -> Option<Template> {
        if matches!(node.kind, Kind::Map { .. }) && part != Part::Header {
            return Some(Template::Map { members: self.template(node, what, part, shape), optional: false });
        }
        if let Kind::Scalar { text, style: Style::Plain } = &node.kind
            && text == "null"
            && part != Part::Header
        {
            return Some(Template::Const(Literal::Null));
        }
        if let Kind::List(list) = &node.kind {
            if list.is_empty() && part != Part::Header {
                return Some(Template::Const(Literal::EmptyList));
            }
            self.wrong_type(node, what, "a placeholder, a constant or a mapping");
            return None;
        }
        let Spanned { value, span } = self.literal(node, what)?;
        let Literal::Text(text) = &value else { return Some(Template::Const(value)) };
        let place = match Around::of(text) {
            Some(around) if around.is_text() => return self.text_around(around, span, part, shape),
            Some(around) => around.place,
            // A constant; `$$` in it is one dollar.
            None => return Some(Template::Const(Literal::Text(text.replace("$$", "$")))),
        };
        let (name, absent) = match (place.strip_suffix('?'), place.strip_suffix("|null")) {
            (Some(name), _) => (name, Absent::Omit),
            (None, Some(name)) => (name, Absent::Null),
            (None, None) => (place, Absent::Never),
        };
        if name == "fields" && part != Part::Header && absent != Absent::Null {
            return self.fields_of_their_own(span, absent == Absent::Omit, shape);
        }
        let Some((_, what)) = PLACEHOLDERS.iter().find(|(known, _)| *known == name) else {
            // It may be the code that is misspelled.
            shape.code = true;
            if name == "fields" {
                self.report(
                    Diagnostic::new(Mistake::FieldsPlace, "`$fields` is a mapping")
                        .at(span, "can't be a header, or null")
                        .help("write `..: $fields`, and the fields become keys of this mapping, or `key: $fields?`"),
                );
            } else {
                let known = PLACEHOLDERS.iter().map(|(name, _)| *name);
                let help = "a text with a dollar in it is written with `$$`";
                self.unknown(Spanned { value: name, span }, "placeholder", known, help);
            }
            return None;
        };
        self.hole(Hole { what: *what, absent }, name, span, part, shape).map(Template::Hole)
    }

    /// Text with one placeholder in it.
    fn text_around(
        &mut self,
        around: Around<'_>,
        span: Span,
        part: Part,
        shape: &mut Shape,
    ) -> Option<Template> {
        use Placeholder::{Action, Code, DocUrl, Group, Message, Param, RequestId, StatusText, Title};
        let Around { before, place, after } = around;
        let (place, absent) = match place.strip_suffix('?') {
            Some(name) => (name, Absent::Omit),
            None => (place, Absent::Never),
        };
        let what = PLACEHOLDERS.iter().find(|(known, _)| *known == place).map(|(_, what)| *what);
        let is_text = |what: &Placeholder| {
            matches!(what, Action | Code | DocUrl | Group | Message | Param | RequestId | StatusText | Title)
        };
        let Some(what) = what.filter(is_text) else {
            shape.code = true;
            let known = PLACEHOLDERS.iter().filter(|(_, what)| is_text(what)).map(|(name, _)| *name);
            let help = format!("a dollar is written as `$$`; in a text can stand {}", list(known.clone()));
            self.unknown(Spanned { value: place, span }, "placeholder in a text", known, &help);
            return None;
        };
        if after.replace("$$", "").contains('$') {
            self.report(
                Diagnostic::new(Mistake::DollarInText, "a text has one placeholder")
                    .at(span, "has more")
                    .help("what stands between two could not be told when it is read; a dollar is written as `$$`"),
            );
            return None;
        }
        let hole = self.hole(Hole { what, absent }, place, span, part, shape)?;
        let text = |text: &str| text.replace("$$", "$");
        Some(Template::Text { before: text(before), hole, after: text(after) })
    }

    fn hole(&mut self, hole: Hole, name: &str, span: Span, part: Part, shape: &mut Shape) -> Option<Hole> {
        use Placeholder::{Code, Errors, Group, Param, RequestId, RetryAfter, RetryAfterMs};
        let misplaced = match part {
            Part::Body => false,
            Part::Issue => matches!(hole.what, Errors | RequestId | RetryAfter | RetryAfterMs),
            Part::Header => hole.what == Errors,
        };
        if misplaced {
            let title = format!(
                "`${name}` has no place in {}",
                if part == Part::Issue { "an issue" } else { "a header" }
            );
            self.report(
                Diagnostic::new(Mistake::MisplacedPlaceholder, title)
                    .at(span, "can't be filled in here")
                    .help("move it into `body`"),
            );
            return None;
        }
        let may_be_absent = matches!(hole.what, Errors | Group | Param | RetryAfter | RetryAfterMs);
        if may_be_absent && hole.what != Errors && hole.absent == Absent::Never {
            self.report(
                Diagnostic::new(
                    Mistake::NeedsQuestionMark,
                    format!("`${name}` does not always have a value"),
                )
                .at(span, "nothing to write then")
                .help(format!(
                    "write `${name}?`: the key is left out when there is no value; or `${name}|null`"
                )),
            );
            return None;
        }
        shape.param |= hole.what == Param;
        shape.errors |= hole.what == Errors;
        shape.code |= hole.what == Code && hole.absent == Absent::Never;
        // What always has a value is never left out.
        Some(if may_be_absent { hole } else { Hole { absent: Absent::Never, ..hole } })
    }
}

/// Is there a flag or a text that every answer has?
fn declares_failure(members: &[Member]) -> bool {
    members.iter().any(|member| match member {
        Member::Key { value: Template::Const(value), .. } => {
            matches!(value, Literal::Bool(_) | Literal::Text(_))
        }
        Member::Key { value: Template::Map { members, optional: false }, .. } => declares_failure(members),
        _ => false,
    })
}

/// A text, cut around its first placeholder: `before$place?after` or `before${place}after`.
struct Around<'s> {
    before: &'s str,
    place: &'s str,
    after: &'s str,
}

impl<'s> Around<'s> {
    /// None where no placeholder is in it.
    fn of(text: &'s str) -> Option<Around<'s>> {
        let mut at = 0;
        let dollar = loop {
            let dollar = at + text.get(at..)?.find('$')?;
            if !text[dollar + 1..].starts_with('$') {
                break dollar;
            }
            at = dollar + 2;
        };
        let (before, rest) = (&text[..dollar], &text[dollar + 1..]);
        if let Some((place, after)) = rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            return Some(Around { before, place, after });
        }
        let name = |char: char| char.is_ascii_alphanumeric() || char == '_';
        let end = rest.find(|char| !name(char)).unwrap_or(rest.len());
        let end = if rest[end..] == *"?" || rest[end..] == *"|null" { rest.len() } else { end };
        Some(Around { before, place: &rest[..end], after: &rest[end..] })
    }

    fn is_text(&self) -> bool {
        !self.before.is_empty() || !self.after.is_empty()
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
        },
        span: None,
        body,
        issue,
    }
}

/// A template of our own, read as anybody's is.
fn built_in(text: &str, part: Part, shape: &mut Shape) -> Vec<Member> {
    let source = Source::new("", text);
    let trees = syntax::parse(&source, &mut Sink::default()).unwrap_or_default();
    let mut context = Context::new(&source, Sink::default());
    let members = trees.first().map(|node| context.template(node, "a template", part, shape));
    debug_assert!(context.into_sink().is_empty(), "a built-in template is valid");
    members.unwrap_or_default()
}
