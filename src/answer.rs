use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::catalog::{Api, ErrorCode as _};
use crate::raise::{Inner, Message};
use crate::table::{DocHole, HeaderSource, Kind, Member, Node, Piece, Placeholder, Row, Value};
use crate::text::{push_json, push_json_inside, push_url};
use crate::{Error, RequestId, rendered};

/// An error as it is sent: in its API's envelope, with the id of the request that it answers.
///
/// ```
/// use errbook::{mail::{code, inbox}, prelude::*};
///
/// let error: inbox::Error = code::StorageLimitReached.into();
/// let answer = error.answer("req_7");
/// assert!(answer.body().starts_with(br#"{"error":"storage_limit_reached","#));
/// assert_eq!(answer.headers()["x-request-id"], "req_7");
///
/// let response = answer.into_response();
/// assert_eq!(response.status(), 402);
/// ```
///
/// `Serialize` gives the body in any format; as JSON it is the bytes of [`body`](Answer::body).
#[must_use]
pub struct Answer<'e, A> {
    pub(crate) error: &'e Error<A>,
    pub(crate) request_id: &'e str,
}

impl<A: Api> Answer<'_, A> {
    /// The HTTP status: the code's, unless the envelope has one for every answer (as APIs do that send errors with 200).
    pub fn status(&self) -> StatusCode {
        let fixed = A::INFO.envelope.status.and_then(|status| StatusCode::from_u16(status).ok());
        fixed.unwrap_or_else(|| self.error.status().into())
    }

    /// The body: JSON, or what the envelope's content type says.
    pub fn body(&self) -> Vec<u8> {
        let inner = self.error.inner();
        match rendered::body::<A>(inner) {
            Some(parts) => parts.to_vec(self, inner),
            None => self.spliced(),
        }
    }

    /// The body, put together from its pieces.
    fn spliced(&self) -> Vec<u8> {
        let envelope = A::INFO.envelope;
        let inner = self.error.inner();
        let mut out = Vec::with_capacity(self.estimate(envelope.body_pieces, inner));
        self.push_pieces(&mut out, envelope.body_pieces, inner);
        out
    }

    /// The body, or the error as an issue, as texts that can be kept.
    pub(crate) fn render(&self, is_issue: bool) -> String {
        let mut out = Vec::new();
        match is_issue {
            true => self.push_pieces(&mut out, A::INFO.envelope.issue_pieces, self.error.inner()),
            false => out = self.spliced(),
        }
        String::from_utf8(out).unwrap_or_default()
    }

    /// The headers: the content type, those of the envelope and those of the code.
    pub fn headers(&self) -> HeaderMap {
        let envelope = A::INFO.envelope;
        let inner = self.error.inner();
        let mut headers = HeaderMap::with_capacity(4);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(envelope.content_type));
        for (name, placeholder) in envelope.headers {
            match self.filled(*placeholder, inner) {
                Filled::Absent | Filled::Issues(_) => {}
                Filled::Bool(value) => insert(&mut headers, name, if value { "true" } else { "false" }),
                Filled::Number(number) => _ = headers.insert(*name, HeaderValue::from(number)),
                Filled::Digits(number) => _ = headers.insert(*name, HeaderValue::from(number)),
                Filled::Text(text) => insert(&mut headers, name, text),
                Filled::Message(message) => insert(&mut headers, name, &message.to_string()),
                Filled::DocUrl(code) => insert(&mut headers, name, &doc_url::<A>(code)),
            }
        }
        for header in inner.row().headers {
            match header.value {
                HeaderSource::Default(value) => insert(&mut headers, header.name, value),
                HeaderSource::RetryAfter => {
                    if let Some(wait) = inner.retry_after() {
                        headers.insert(RETRY_AFTER, HeaderValue::from(seconds(wait)));
                    }
                }
                HeaderSource::Slot(slot) => {
                    if let Some(Value::String(value)) = inner.values.get(slot) {
                        insert(&mut headers, header.name, value);
                    }
                }
            }
        }
        headers
    }

    /// Status, headers and body, for any framework on `http` 1.x.
    pub fn into_response(self) -> http::Response<Bytes> {
        let mut response = http::Response::new(Bytes::from(self.body()));
        *response.status_mut() = self.status();
        *response.headers_mut() = self.headers();
        response
    }

    /// Enough for the body in nearly all cases, so that it is allocated once.
    fn estimate(&self, pieces: &[Piece], inner: &Inner) -> usize {
        let row = inner.row();
        let pieces: usize = pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => text.len(),
                Piece::Optional(key, _) => key.len() + 3,
                Piece::OptionalText(key, _, after) => key.len() + after.len() + 8,
                Piece::OptionalMap(key, pieces) => key.len() + 3 + 64 * pieces.len(),
                Piece::Value(_) | Piece::Nullable(_) | Piece::Inside(_) | Piece::Comma => 8,
                Piece::Fields => row.fields.iter().map(|field| field.name.len() + 28).sum(),
            })
            .sum();
        let docs = &A::INFO.docs;
        let texts =
            row.code.len() + Message(inner).len() + self.request_id.len() + inner.param().map_or(0, str::len);
        let url = docs.before.len() + row.anchor.len() + docs.after.len();
        let values: usize = inner
            .values
            .iter()
            .map(|value| match value {
                Value::String(text) => text.len(),
                _ => 0,
            })
            .sum();
        let issues = inner.issues.iter().map(|issue| self.issue_len(issue) + 1);
        pieces + texts + url + values + issues.sum::<usize>() + row.title.len()
    }

    fn push_pieces(&self, out: &mut Vec<u8>, pieces: &[Piece], inner: &Inner) {
        for piece in pieces {
            match piece {
                Piece::Text(text) => out.extend_from_slice(text.as_bytes()),
                Piece::Value(placeholder) => self.push_value(out, self.filled(*placeholder, inner)),
                Piece::Optional(key, placeholder) => {
                    let value = self.filled(*placeholder, inner);
                    if !value.is_absent() {
                        push_comma(out);
                        out.extend_from_slice(key.as_bytes());
                        self.push_value(out, value);
                    }
                }
                Piece::Nullable(placeholder) => {
                    self.push_value(out, self.filled(*placeholder, inner).or_null());
                }
                Piece::Inside(placeholder) => self.push_inside(out, self.filled(*placeholder, inner)),
                Piece::OptionalText(key, placeholder, after) => {
                    let value = self.filled(*placeholder, inner);
                    if !value.is_absent() {
                        push_comma(out);
                        out.extend_from_slice(key.as_bytes());
                        self.push_inside(out, value);
                        out.extend_from_slice(after.as_bytes());
                    }
                }
                Piece::OptionalMap(key, pieces) => {
                    if self.has_value(pieces, inner) {
                        push_comma(out);
                        out.extend_from_slice(key.as_bytes());
                        self.push_pieces(out, pieces, inner);
                    }
                }
                Piece::Fields => push_fields(out, inner),
                Piece::Comma => push_comma(out),
            }
        }
    }

    /// Does anything but constants stand in the mapping?
    fn has_value(&self, pieces: &[Piece], inner: &Inner) -> bool {
        pieces.iter().any(|piece| match piece {
            Piece::Text(_) | Piece::Comma => false,
            Piece::Value(placeholder)
            | Piece::Optional(_, placeholder)
            | Piece::Nullable(placeholder)
            | Piece::Inside(placeholder)
            | Piece::OptionalText(_, placeholder, _) => !self.filled(*placeholder, inner).is_absent(),
            Piece::OptionalMap(_, pieces) => self.has_value(pieces, inner),
            Piece::Fields => has_fields(inner),
        })
    }

    /// The same of the tree.
    fn any_value(&self, members: &[Member], inner: &Inner) -> bool {
        members.iter().any(|member| match member {
            Member::Key(_, Node::Const(_)) => false,
            Member::Key(
                _,
                Node::Required(place)
                | Node::Optional(place)
                | Node::Nullable(place)
                | Node::Text(_, place, _, _),
            ) => !self.filled(*place, inner).is_absent(),
            Member::Key(_, Node::Map(members) | Node::OptionalMap(members)) => self.any_value(members, inner),
            Member::Fields => has_fields(inner),
        })
    }

    fn push_value(&self, out: &mut Vec<u8>, value: Filled<'_>) {
        match value {
            Filled::Absent => out.extend_from_slice(b"null"),
            Filled::Bool(value) => out.extend_from_slice(if value { b"true" } else { b"false" }),
            Filled::Number(number) => push_number(out, number),
            Filled::Text(text) => push_json(out, text),
            Filled::Digits(_) | Filled::Message(_) | Filled::DocUrl(_) => {
                out.push(b'"');
                self.push_inside(out, value);
                out.push(b'"');
            }
            Filled::Issues(issues) => {
                out.push(b'[');
                self.push_issues(out, issues);
                out.push(b']');
            }
        }
    }

    /// What stands between the brackets of a list.
    pub(crate) fn push_issues(&self, out: &mut Vec<u8>, issues: &[Arc<Inner>]) {
        for (at, issue) in issues.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            match rendered::issue::<A>(issue) {
                Some(parts) => parts.push_issue(out, self.request_id, issue),
                None => self.push_pieces(out, A::INFO.envelope.issue_pieces, issue),
            }
        }
    }

    /// In bytes, enough in nearly all cases.
    pub(crate) fn issue_len(&self, issue: &Inner) -> usize {
        match rendered::issue::<A>(issue) {
            Some(parts) => parts.len(self, issue),
            None => self.estimate(A::INFO.envelope.issue_pieces, issue),
        }
    }

    /// The text of a value inside the quotes of a string.
    fn push_inside(&self, out: &mut Vec<u8>, value: Filled<'_>) {
        match value {
            Filled::Text(text) => push_json_inside(out, text),
            Filled::Digits(number) => push_json_inside(out, number),
            Filled::Message(message) => push_json_inside(out, message),
            Filled::DocUrl(code) => push_doc_url::<A>(out, code),
            // The checker lets only texts stand in a text.
            Filled::Absent | Filled::Bool(_) | Filled::Number(_) | Filled::Issues(_) => {}
        }
    }

    fn filled<'v>(&'v self, placeholder: Placeholder, inner: &'v Inner) -> Filled<'v> {
        let row = inner.row();
        match placeholder {
            Placeholder::Action => Filled::Text(inner.table.actions[usize::from(row.action)].name),
            Placeholder::Code => Filled::Text(row.code),
            Placeholder::DocUrl => Filled::DocUrl(inner.code),
            Placeholder::Errors => Filled::Issues(&inner.issues),
            Placeholder::Group => match row.group {
                Some(group) => Filled::Text(inner.table.groups[usize::from(group)].name),
                None => Filled::Absent,
            },
            Placeholder::Message => match inner.static_message() {
                Some(message) => Filled::Text(message),
                None => Filled::Message(Message(inner)),
            },
            Placeholder::Param => inner.param().map_or(Filled::Absent, Filled::Text),
            Placeholder::RequestId => Filled::Text(self.request_id),
            Placeholder::RetryAfter => {
                inner.retry_after().map_or(Filled::Absent, |wait| Filled::Number(seconds(wait)))
            }
            Placeholder::RetryAfterMs => match inner.retry_after() {
                Some(wait) => Filled::Number(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
                None => Filled::Absent,
            },
            Placeholder::Retryable => Filled::Bool(row.retryable),
            Placeholder::Status => Filled::Number(row.status.as_u16().into()),
            Placeholder::StatusText => Filled::Digits(row.status.as_u16()),
            Placeholder::Title => Filled::Text(row.title),
        }
    }
}

/// The value of a placeholder.
enum Filled<'v> {
    Absent,
    Bool(bool),
    Number(u64),
    /// As a string.
    Digits(u16),
    Text(&'v str),
    Message(Message<'v>),
    DocUrl(u16),
    Issues(&'v [Arc<Inner>]),
}

impl Filled<'_> {
    /// `|null`: an empty list is null, too.
    fn or_null(self) -> Self {
        if self.is_absent() { Filled::Absent } else { self }
    }

    /// A key with a `?` is left out.
    fn is_absent(&self) -> bool {
        match self {
            Filled::Absent => true,
            Filled::Issues(issues) => issues.is_empty(),
            _ => false,
        }
    }
}

impl<A> fmt::Debug for Answer<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("error", self.error).field("request_id", &self.request_id).finish()
    }
}

impl<A: Api> Serialize for Answer<'_, A> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Mapping { answer: self, members: A::INFO.envelope.body, inner: self.error.inner() }
            .serialize(serializer)
    }
}

struct Mapping<'a, A> {
    answer: &'a Answer<'a, A>,
    members: &'static [Member],
    inner: &'a Inner,
}

impl<A: Api> Serialize for Mapping<'_, A> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Mapping { answer, members, inner } = *self;
        let mut map = serializer.serialize_map(None)?;
        for member in members {
            match member {
                Member::Key(key, Node::Const(json)) => map.serialize_entry(key, &constant(json))?,
                Member::Key(key, Node::Map(members)) => {
                    map.serialize_entry(key, &Mapping { answer, members, inner })?;
                }
                Member::Key(key, Node::Required(placeholder)) => {
                    map.serialize_entry(key, &Hole { answer, value: answer.filled(*placeholder, inner) })?;
                }
                Member::Key(key, Node::Optional(placeholder)) => {
                    let value = answer.filled(*placeholder, inner);
                    if !value.is_absent() {
                        map.serialize_entry(key, &Hole { answer, value })?;
                    }
                }
                Member::Key(key, Node::Nullable(placeholder)) => {
                    let value = answer.filled(*placeholder, inner).or_null();
                    map.serialize_entry(key, &Hole { answer, value })?;
                }
                Member::Key(key, Node::Text(before, placeholder, after, _)) => {
                    let value = answer.filled(*placeholder, inner);
                    if !value.is_absent() {
                        // In JSON, and out of it again: one way to put the text together.
                        let mut text = Vec::new();
                        answer.push_inside(&mut text, value);
                        let inside = format!("\"{}\"", String::from_utf8_lossy(&text));
                        let inside: String = serde_json::from_str(&inside).unwrap_or_default();
                        map.serialize_entry(key, &format!("{before}{inside}{after}"))?;
                    }
                }
                Member::Key(key, Node::OptionalMap(members)) => {
                    if answer.any_value(members, inner) {
                        map.serialize_entry(key, &Mapping { answer, members, inner })?;
                    }
                }
                Member::Fields => serialize_fields(&mut map, inner.row(), &inner.values)?,
            }
        }
        map.end()
    }
}

struct Hole<'a, A> {
    answer: &'a Answer<'a, A>,
    value: Filled<'a>,
}

impl<A: Api> Serialize for Hole<'_, A> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.value {
            Filled::Absent => serializer.serialize_none(),
            Filled::Bool(value) => serializer.serialize_bool(*value),
            Filled::Number(number) => serializer.serialize_u64(*number),
            Filled::Digits(number) => serializer.collect_str(number),
            Filled::Text(text) => serializer.serialize_str(text),
            Filled::Message(message) => serializer.collect_str(message),
            Filled::DocUrl(code) => serializer.serialize_str(&doc_url::<A>(*code)),
            Filled::Issues(issues) => {
                let members = A::INFO.envelope.issue;
                let issue = |inner| Mapping { answer: self.answer, members, inner };
                serializer.collect_seq(issues.iter().map(|inner| issue(inner)))
            }
        }
    }
}

/// The code's fields as members of a mapping, constants included.
pub(crate) fn serialize_fields<M: SerializeMap>(
    map: &mut M,
    row: &Row,
    values: &[Value],
) -> Result<(), M::Error> {
    let mut values = values.iter();
    for field in row.fields {
        match field.kind {
            Kind::Const(json) => map.serialize_entry(field.name, &constant(json))?,
            Kind::Required(_) | Kind::Optional(_) => match values.next() {
                None | Some(Value::Absent) => {}
                Some(Value::Bool(value)) => map.serialize_entry(field.name, value)?,
                Some(Value::F64(value)) => map.serialize_entry(field.name, value)?,
                Some(Value::I64(value)) => map.serialize_entry(field.name, value)?,
                Some(Value::Seconds(value)) => serialize_seconds(map, field.name, *value)?,
                Some(Value::String(value)) => map.serialize_entry(field.name, value)?,
                Some(Value::U64(value)) => map.serialize_entry(field.name, value)?,
            },
        }
    }
    Ok(())
}

/// As an integer where there is no fraction.
pub(crate) fn serialize_seconds<M: SerializeMap>(
    map: &mut M,
    name: &str,
    value: Duration,
) -> Result<(), M::Error> {
    match whole(value) {
        Some(seconds) => map.serialize_entry(name, &seconds),
        None => map.serialize_entry(name, &value.as_secs_f64()),
    }
}

fn has_fields(inner: &Inner) -> bool {
    let constant = inner.row().fields.iter().any(|field| matches!(field.kind, Kind::Const(_)));
    constant || inner.values.iter().any(|value| *value != Value::Absent)
}

fn push_fields(out: &mut Vec<u8>, inner: &Inner) {
    let mut values = inner.values.iter();
    for field in inner.row().fields {
        let value = match field.kind {
            Kind::Const(json) => {
                push_key(out, field.name);
                out.extend_from_slice(json.as_bytes());
                continue;
            }
            Kind::Required(_) | Kind::Optional(_) => values.next(),
        };
        let Some(value) = value.filter(|value| **value != Value::Absent) else { continue };
        push_key(out, field.name);
        match value {
            Value::Absent => {}
            Value::Bool(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
            Value::F64(value) => push_number(out, *value),
            Value::I64(value) => push_number(out, *value),
            Value::Seconds(value) => match whole(*value) {
                Some(seconds) => push_number(out, seconds),
                None => push_number(out, value.as_secs_f64()),
            },
            Value::String(value) => push_json(out, value),
            Value::U64(value) => push_number(out, *value),
        }
    }
}

fn push_key(out: &mut Vec<u8>, key: &str) {
    push_comma(out);
    push_json(out, key);
    out.push(b':');
}

fn push_comma(out: &mut Vec<u8>) {
    if out.last() != Some(&b'{') {
        out.push(b',');
    }
}

fn push_number(out: &mut Vec<u8>, number: impl Serialize) {
    // Writing a number to a Vec can't fail.
    let _ = serde_json::to_writer(out, &number);
}

pub(crate) fn doc_url<A: Api>(code: u16) -> String {
    let mut url = Vec::new();
    push_doc_url::<A>(&mut url, code);
    String::from_utf8(url).unwrap_or_default()
}

/// The URL of the code's section in the API's reference. Nothing in it needs an escape in JSON: the generator encodes
/// what stands before and after, and the rest is encoded here.
fn push_doc_url<A: Api>(out: &mut Vec<u8>, code: u16) {
    let docs = &A::INFO.docs;
    let row = A::Code::TABLE.row(code);
    out.extend_from_slice(docs.before.as_bytes());
    push_url(
        out,
        match docs.hole {
            DocHole::Anchor => row.anchor,
            DocHole::Code => row.code,
        },
    );
    out.extend_from_slice(docs.after.as_bytes());
}

/// A constant of the YAML. The generator wrote it, so it is JSON.
pub(crate) fn constant(json: &str) -> serde_json::Value {
    serde_json::from_str(json).unwrap_or_default()
}

/// Whole seconds, rounded up, at least one: a client must not come early, and 0 means "at once". At most what any client
/// can read.
fn seconds(wait: Duration) -> u64 {
    let more = u64::from(wait.subsec_nanos() > 0);
    wait.as_secs().saturating_add(more).clamp(1, i32::MAX as u64)
}

fn whole(duration: Duration) -> Option<u64> {
    (duration.subsec_nanos() == 0).then_some(duration.as_secs())
}

/// Inserts a header; what can't stand in one (a line break from a payload, say) is a blank there.
fn insert(headers: &mut HeaderMap, name: &'static str, value: &str) {
    let blank = |byte: u8| if byte < b' ' || byte == 0x7F { b' ' } else { byte };
    let value: Vec<u8> = value.bytes().map(blank).collect();
    if let Ok(value) = HeaderValue::from_bytes(value.trim_ascii()) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

/// A complete answer with a new request id.
impl<A: Api> From<Error<A>> for http::Response<Bytes> {
    fn from(error: Error<A>) -> http::Response<Bytes> {
        error.answer(&RequestId::new::<A>()).into_response()
    }
}
