use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use crate::catalog::{Api, ErrorCode as _};
use crate::raise::{Inner, Message};
use crate::table::{DocHole, HeaderSource, Kind, Member, Node, Piece, Placeholder, Row, Value};
use crate::text::{push_json, push_json_display, push_url};
use crate::{Error, RequestId, Status};

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
pub struct Answer<'e, A> {
    pub(crate) error: &'e Error<A>,
    pub(crate) request_id: &'e str,
}

impl<A: Api> Answer<'_, A> {
    /// The HTTP status.
    pub fn status(&self) -> Status {
        self.error.status()
    }

    /// The body: JSON, or what the envelope's content type says.
    pub fn body(&self) -> Vec<u8> {
        let envelope = A::INFO.envelope;
        let inner = self.error.inner();
        let mut out = Vec::with_capacity(self.estimate(envelope.body_pieces, inner));
        self.push_pieces(&mut out, envelope.body_pieces, inner);
        out
    }

    /// The headers: the content type, those of the envelope and those of the code.
    pub fn headers(&self) -> HeaderMap {
        let envelope = A::INFO.envelope;
        let inner = self.error.inner();
        let mut headers = HeaderMap::with_capacity(4);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(envelope.content_type));
        for (name, placeholder) in envelope.headers {
            let mut text = Vec::new();
            if self.push_text(&mut text, *placeholder, inner) {
                insert(&mut headers, name, &text);
            }
        }
        for header in inner.row().headers {
            match header.value {
                HeaderSource::Default(value) => insert(&mut headers, header.name, value.as_bytes()),
                HeaderSource::RetryAfter => {
                    if let Some(wait) = inner.retry_after {
                        headers.insert(RETRY_AFTER, HeaderValue::from(seconds(wait)));
                    }
                }
                HeaderSource::Slot(slot) => {
                    if let Some(Value::String(value)) = inner.values.get(slot) {
                        insert(&mut headers, header.name, value.as_bytes());
                    }
                }
            }
        }
        headers
    }

    /// Status, headers and body, for any framework on `http` 1.x.
    pub fn into_response(self) -> http::Response<Bytes> {
        let mut response = http::Response::new(Bytes::from(self.body()));
        *response.status_mut() = self.status().into();
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
                Piece::Value(_) | Piece::Comma => 8,
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
        let issues = inner.issues.iter().map(|issue| {
            64 + issue.row().code.len() + Message(issue).len() + issue.param().map_or(0, str::len)
        });
        pieces + texts + url + values + issues.sum::<usize>() + row.title.len()
    }

    fn push_pieces(&self, out: &mut Vec<u8>, pieces: &[Piece], inner: &Inner) {
        for piece in pieces {
            match piece {
                Piece::Text(text) => out.extend_from_slice(text.as_bytes()),
                Piece::Value(placeholder) => {
                    if !self.push_value(out, *placeholder, inner) {
                        out.extend_from_slice(b"null");
                    }
                }
                Piece::Optional(key, placeholder) => {
                    let before = out.len();
                    push_comma(out);
                    out.extend_from_slice(key.as_bytes());
                    if !self.push_value(out, *placeholder, inner) {
                        out.truncate(before);
                    }
                }
                Piece::Fields => push_fields(out, inner),
                Piece::Comma => push_comma(out),
            }
        }
    }

    /// Appends the value as JSON, or nothing and `false` where there is none.
    fn push_value(&self, out: &mut Vec<u8>, placeholder: Placeholder, inner: &Inner) -> bool {
        let row = inner.row();
        match placeholder {
            Placeholder::Code => push_json(out, row.code),
            Placeholder::Message => match inner.static_message() {
                Some(message) => push_json(out, message),
                None => push_json_display(out, Message(inner)),
            },
            Placeholder::Title => push_json(out, row.title),
            Placeholder::RequestId => push_json(out, self.request_id),
            Placeholder::Action => push_json(out, action(inner)),
            Placeholder::Retryable => out.extend_from_slice(if row.retryable { b"true" } else { b"false" }),
            Placeholder::Status => push_number(out, row.status.as_u16()),
            Placeholder::DocUrl => {
                out.push(b'"');
                push_doc_url::<A>(out, inner.code);
                out.push(b'"');
            }
            Placeholder::Param => match inner.param() {
                Some(param) => push_json(out, param),
                None => return false,
            },
            Placeholder::Group => match group(inner) {
                Some(group) => push_json(out, group),
                None => return false,
            },
            Placeholder::RetryAfter => match inner.retry_after {
                Some(wait) => push_number(out, seconds(wait)),
                None => return false,
            },
            Placeholder::Errors => {
                out.push(b'[');
                for (at, issue) in inner.issues.iter().enumerate() {
                    if at > 0 {
                        out.push(b',');
                    }
                    self.push_pieces(out, A::INFO.envelope.issue_pieces, issue);
                }
                out.push(b']');
                return !inner.issues.is_empty();
            }
        }
        true
    }

    /// The value as it stands in a header.
    fn push_text(&self, out: &mut Vec<u8>, placeholder: Placeholder, inner: &Inner) -> bool {
        match placeholder {
            Placeholder::Code => out.extend_from_slice(inner.row().code.as_bytes()),
            Placeholder::Message => out.extend_from_slice(inner.message().as_bytes()),
            Placeholder::Title => out.extend_from_slice(inner.row().title.as_bytes()),
            Placeholder::RequestId => out.extend_from_slice(self.request_id.as_bytes()),
            Placeholder::Action => out.extend_from_slice(action(inner).as_bytes()),
            Placeholder::DocUrl => push_doc_url::<A>(out, inner.code),
            Placeholder::Param => match inner.param() {
                Some(param) => out.extend_from_slice(param.as_bytes()),
                None => return false,
            },
            Placeholder::Group => match group(inner) {
                Some(group) => out.extend_from_slice(group.as_bytes()),
                None => return false,
            },
            Placeholder::Retryable | Placeholder::Status | Placeholder::RetryAfter => {
                return self.push_value(out, placeholder, inner);
            }
            Placeholder::Errors => return false,
        }
        true
    }
}

/// `$errors` without `?` writes `[]`; every other value that is missing leaves its key out.
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
                    map.serialize_entry(key, &Hole { answer, placeholder: *placeholder, inner })?;
                }
                Member::Key(key, Node::Optional(placeholder)) => {
                    if has_value(*placeholder, inner) {
                        map.serialize_entry(key, &Hole { answer, placeholder: *placeholder, inner })?;
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
    placeholder: Placeholder,
    inner: &'a Inner,
}

impl<A: Api> Serialize for Hole<'_, A> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Hole { answer, placeholder, inner } = *self;
        match placeholder {
            Placeholder::Retryable => serializer.serialize_bool(inner.row().retryable),
            Placeholder::Status => serializer.serialize_u16(inner.row().status.as_u16()),
            Placeholder::RetryAfter => inner.retry_after.map(seconds).serialize(serializer),
            Placeholder::Errors => {
                let mut list = serializer.serialize_seq(Some(inner.issues.len()))?;
                for issue in &inner.issues {
                    list.serialize_element(&Mapping {
                        answer,
                        members: A::INFO.envelope.issue,
                        inner: issue,
                    })?;
                }
                list.end()
            }
            _ => {
                let mut text = Vec::new();
                match answer.push_text(&mut text, placeholder, inner) {
                    true => serializer.serialize_str(&String::from_utf8_lossy(&text)),
                    false => serializer.serialize_none(),
                }
            }
        }
    }
}

fn has_value(placeholder: Placeholder, inner: &Inner) -> bool {
    match placeholder {
        Placeholder::Param => inner.param().is_some(),
        Placeholder::Group => group(inner).is_some(),
        Placeholder::RetryAfter => inner.retry_after.is_some(),
        Placeholder::Errors => !inner.issues.is_empty(),
        _ => true,
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
                Some(Value::Seconds(value)) => match whole(*value) {
                    Some(seconds) => map.serialize_entry(field.name, &seconds)?,
                    None => map.serialize_entry(field.name, &value.as_secs_f64())?,
                },
                Some(Value::String(value)) => map.serialize_entry(field.name, value)?,
                Some(Value::U64(value)) => map.serialize_entry(field.name, value)?,
            },
        }
    }
    Ok(())
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

/// The URL of the code's section in the API's reference. Nothing in it needs an escape in JSON: the generator encodes
/// what stands before and after, and the rest is encoded here.
pub(crate) fn push_doc_url<A: Api>(out: &mut Vec<u8>, code: u16) {
    let docs = &A::INFO.docs;
    let row = &A::Code::TABLE.codes[usize::from(code)];
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

fn action(inner: &Inner) -> &'static str {
    inner.table.actions[usize::from(inner.row().action)].name
}

fn group(inner: &Inner) -> Option<&'static str> {
    Some(inner.table.groups[usize::from(inner.row().group?)].name)
}

/// A constant of the YAML. The generator wrote it, so it is JSON.
pub(crate) fn constant(json: &str) -> serde_json::Value {
    serde_json::from_str(json).unwrap_or_default()
}

/// Whole seconds, rounded up, at least one: a client must not come early, and 0 means "at once".
fn seconds(wait: Duration) -> u64 {
    let more = u64::from(wait.subsec_nanos() > 0);
    wait.as_secs().saturating_add(more).max(1)
}

fn whole(duration: Duration) -> Option<u64> {
    (duration.subsec_nanos() == 0).then_some(duration.as_secs())
}

/// Inserts a header unless its text can't stand in one (a line break from a payload, say).
fn insert(headers: &mut HeaderMap, name: &'static str, value: &[u8]) {
    if let Ok(value) = HeaderValue::from_bytes(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

/// A complete answer with a new request id.
impl<A: Api> From<Error<A>> for http::Response<Bytes> {
    fn from(error: Error<A>) -> http::Response<Bytes> {
        error.answer(&RequestId::new::<A>()).into_response()
    }
}
