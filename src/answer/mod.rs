mod tree;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, VARY};

use crate::catalog::{Api, ErrorCode as _};
use crate::raise::{Inner, Message};
use crate::table::{DocHole, Envelope, HeaderSource, Node, Piece, Placeholder};
use crate::text::{push_json, push_json_inside, push_number, push_url};
use crate::value::{Value, constant, has_fields, push_fields, push_key};
use crate::{Error, RequestId, accept, rendered, retry_after, rfc3339};

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
    pub(crate) envelope: &'static Envelope,
    pub(crate) docs_origin: Option<&'e str>,
    /// From which waits count that are written as a time.
    pub(crate) clock: fn() -> Option<SystemTime>,
}

impl<'e, A: Api> Answer<'e, A> {
    /// In the envelope whose content type the request's `Accept` prefers, where the API has several
    /// (`envelope: [nested, problem]`); of equals the first. Nothing is refused: an error says more than a 406
    /// (RFC 9110 section 15.5.7 leaves that to the server).
    ///
    /// ```
    /// use errbook::{mail::{code, management}, prelude::*};
    ///
    /// let error: management::Error = code::NotFound.into();
    /// let answer = error.answer("req_7").accept("application/problem+json, */*;q=0.1");
    /// assert_eq!(answer.headers()["content-type"], "application/json");
    /// ```
    pub fn accept(self, accept: &str) -> Self {
        self.preferred(accept).0
    }

    /// The same, and how much it is wanted.
    pub(crate) fn preferred(mut self, accept: &str) -> (Self, u32) {
        let mut best = accept::quality(accept, A::INFO.envelope.content_type);
        self.envelope = A::INFO.envelope;
        let has_issues = !self.error.inner().issues.is_empty();
        for envelope in A::INFO.also_read {
            // Rather a type that is less wanted than half of the answer.
            if has_issues && !envelope.lists_issues() {
                continue;
            }
            let quality = accept::quality(accept, envelope.content_type);
            if quality > best {
                (self.envelope, best) = (envelope, quality);
            }
        }
        (self, best)
    }

    /// With links to documentation elsewhere, for staging and local runs: the scheme and the host of `doc_url` are
    /// replaced, the rest of it stays.
    ///
    /// ```
    /// use errbook::{mail::{code, sending}, prelude::*};
    ///
    /// let error: sending::Error = code::NotFound.into();
    /// let body = error.answer("req_7").docs_origin("http://localhost:3000").body();
    /// let body = String::from_utf8(body).unwrap();
    /// assert!(body.contains(r#""doc_url":"http://localhost:3000/docs/sending-api/errors#not_found""#), "{body}");
    /// ```
    pub fn docs_origin(mut self, origin: &'e str) -> Self {
        self.docs_origin = Some(origin);
        self
    }

    /// The HTTP status: the code's, unless the envelope has one for every answer (as APIs do that send errors with 200).
    pub fn status(&self) -> StatusCode {
        let fixed = self.envelope.status.and_then(|status| StatusCode::from_u16(status).ok());
        fixed.unwrap_or_else(|| self.error.status().into())
    }

    /// The body: JSON, or what the envelope's content type says.
    pub fn body(&self) -> Vec<u8> {
        let inner = self.error.inner();
        match rendered::body(self, inner) {
            Some(parts) => parts.to_vec(self, inner),
            None => self.spliced(),
        }
    }

    /// The body, put together from its pieces.
    fn spliced(&self) -> Vec<u8> {
        let pieces = self.envelope.body_pieces;
        let inner = self.error.inner();
        let mut out = Vec::with_capacity(self.estimate(pieces, inner));
        self.push_pieces(&mut out, pieces, inner);
        out
    }

    /// The body, or the error as an issue, as texts that can be kept.
    pub(crate) fn render(&self, is_issue: bool) -> String {
        let mut out = Vec::new();
        match is_issue {
            true => self.push_pieces(&mut out, self.envelope.issue_pieces, self.error.inner()),
            false => out = self.spliced(),
        }
        String::from_utf8(out).unwrap_or_default()
    }

    /// The headers: the content type, those of the envelope and those of the code.
    pub fn headers(&self) -> HeaderMap {
        let inner = self.error.inner();
        let mut headers = HeaderMap::with_capacity(4);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.envelope.content_type));
        // RFC 9110 section 12.5.5: a cache must not show one client what another asked for.
        if has_several_types::<A>() {
            headers.insert(VARY, HeaderValue::from_static("accept"));
        }
        for (name, node) in self.envelope.headers {
            match node {
                Node::Const(json) => {
                    insert(&mut headers, name, constant(json).as_str().unwrap_or(json));
                }
                Node::Required(place) | Node::Optional(place) | Node::Nullable(place) => {
                    if let Some(text) = self.text(self.filled(*place, inner)) {
                        insert(&mut headers, name, &text);
                    }
                }
                Node::Text(before, place, after, _) => {
                    if let Some(text) = self.text(self.filled(*place, inner)) {
                        insert(&mut headers, name, &format!("{before}{text}{after}"));
                    }
                }
                // The checker lets only texts stand in a header.
                Node::Map(_) | Node::List(_) | Node::Errors | Node::OptionalPart(_) => {}
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
        let docs = &A::INFO.docs;
        let texts = |inner: &Inner| {
            let row = inner.row();
            row.code.len()
                + Message(inner).len()
                + inner.param().map_or(0, str::len)
                + row.fields.iter().map(|field| field.name.len() + 28).sum::<usize>()
                + inner.values.iter().map(Value::estimate).sum::<usize>()
        };
        let row = inner.row();
        let url = docs.before.len() + row.anchor.len() + docs.after.len();
        length(pieces)
            + texts(inner)
            + row.title.len()
            + url
            + self.request_id.len()
            + inner.issues.iter().map(|issue| self.issue_len(issue) + 1).sum::<usize>()
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
                Piece::OptionalPart(key, pieces) => {
                    if self.has_value(pieces, inner) {
                        push_comma(out);
                        out.extend_from_slice(key.as_bytes());
                        self.push_pieces(out, pieces, inner);
                    }
                }
                Piece::List(elements) => {
                    let start = out.len();
                    for pieces in *elements {
                        if is_constant(pieces) || self.has_value(pieces, inner) {
                            out.push(if out.len() == start { b'[' } else { b',' });
                            self.push_pieces(out, pieces, inner);
                        }
                    }
                    if out.len() == start {
                        out.push(b'[');
                    }
                    out.push(b']');
                }
                Piece::Errors => {
                    out.push(b'[');
                    self.push_pieces(out, self.envelope.issue_pieces, inner);
                    if !inner.issues.is_empty() {
                        out.push(b',');
                        self.push_issues(out, &inner.issues);
                    }
                    out.push(b']');
                }
                Piece::Fields => push_fields(out, inner.row().fields, &inner.values),
                Piece::Comma => push_comma(out),
            }
        }
    }

    /// Does anything but constants stand in the mapping or list?
    fn has_value(&self, pieces: &[Piece], inner: &Inner) -> bool {
        pieces.iter().any(|piece| match piece {
            Piece::Text(_) | Piece::Comma => false,
            Piece::Value(placeholder)
            | Piece::Optional(_, placeholder)
            | Piece::Nullable(placeholder)
            | Piece::Inside(placeholder)
            | Piece::OptionalText(_, placeholder, _) => !self.filled(*placeholder, inner).is_absent(),
            Piece::OptionalPart(_, pieces) => self.has_value(pieces, inner),
            Piece::List(elements) => elements.iter().any(|pieces| self.has_value(pieces, inner)),
            Piece::Errors => true,
            Piece::Fields => has_fields(inner.row().fields, &inner.values),
        })
    }

    fn push_value(&self, out: &mut Vec<u8>, value: Filled<'_>) {
        match value {
            Filled::Absent => out.extend_from_slice(b"null"),
            Filled::Bool(value) => out.extend_from_slice(if value { b"true" } else { b"false" }),
            Filled::Number(number) => push_number(out, number),
            Filled::Text(text) => push_json(out, text),
            Filled::Digits(_) | Filled::Own(_) | Filled::Message(_) | Filled::DocUrl(_) => {
                out.push(b'"');
                self.push_inside(out, value);
                out.push(b'"');
            }
            Filled::Issues(issues) => {
                out.push(b'[');
                self.push_issues(out, issues);
                out.push(b']');
            }
            Filled::ByParam(issues) => {
                out.push(b'{');
                for (param, issues) in by_param(issues) {
                    push_key(out, param);
                    for (at, issue) in issues.into_iter().enumerate() {
                        out.push(if at == 0 { b'[' } else { b',' });
                        push_json(out, &issue.message());
                    }
                    out.push(b']');
                }
                out.push(b'}');
            }
        }
    }

    /// What stands between the brackets of a list.
    pub(crate) fn push_issues(&self, out: &mut Vec<u8>, issues: &[Arc<Inner>]) {
        for (at, issue) in issues.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            match rendered::issue(self, issue) {
                Some(parts) => parts.push_issue(out, self.request_id, issue),
                None => self.push_pieces(out, self.envelope.issue_pieces, issue),
            }
        }
    }

    /// In bytes, enough in nearly all cases.
    pub(crate) fn issue_len(&self, issue: &Inner) -> usize {
        match rendered::issue(self, issue) {
            Some(parts) => parts.len(self, issue),
            None => self.estimate(self.envelope.issue_pieces, issue),
        }
    }

    /// The text of a value inside the quotes of a string.
    fn push_inside(&self, out: &mut Vec<u8>, value: Filled<'_>) {
        match value {
            Filled::Text(text) => push_json_inside(out, text),
            Filled::Number(number) => push_json_inside(out, number),
            Filled::Digits(number) => push_json_inside(out, number),
            Filled::Own(text) => push_json_inside(out, text),
            Filled::Message(message) => push_json_inside(out, message),
            Filled::DocUrl(code) => push_doc_url::<A>(out, self.docs_origin, code),
            Filled::Bool(value) => push_json_inside(out, value),
            // The checker lets only texts stand in a text.
            Filled::Absent | Filled::Issues(_) | Filled::ByParam(_) => {}
        }
    }

    /// A value as the text of a header.
    fn text<'v>(&self, value: Filled<'v>) -> Option<Cow<'v, str>> {
        Some(match value {
            Filled::Bool(value) => Cow::Borrowed(if value { "true" } else { "false" }),
            Filled::Number(number) => Cow::Owned(number.to_string()),
            Filled::Digits(number) => Cow::Owned(number.to_string()),
            Filled::Text(text) => Cow::Borrowed(text),
            Filled::Own(text) => Cow::Owned(text),
            Filled::Message(message) => Cow::Owned(message.to_string()),
            Filled::DocUrl(code) => Cow::Owned(doc_url::<A>(self.docs_origin, code)),
            Filled::Absent | Filled::Issues(_) | Filled::ByParam(_) => return None,
        })
    }

    fn filled<'v>(&'v self, placeholder: Placeholder, inner: &'v Inner) -> Filled<'v> {
        let row = inner.row();
        let wait = |say: &dyn Fn(Duration) -> Option<Filled<'v>>| {
            let wait = inner.retry_after().map(|wait| wait.clamp(LEAST_WAIT, MOST_WAIT));
            wait.and_then(say).unwrap_or(Filled::Absent)
        };
        match placeholder {
            Placeholder::Action => Filled::Text(inner.table.actions[usize::from(row.action)].name),
            Placeholder::Code => Filled::Text(row.code),
            Placeholder::DocUrl => Filled::DocUrl(inner.code),
            Placeholder::Errors => Filled::Issues(&inner.issues),
            Placeholder::ErrorsByParam => Filled::ByParam(&inner.issues),
            Placeholder::Group => match row.group {
                Some(group) => Filled::Text(inner.table.groups[usize::from(group)].name),
                None => Filled::Absent,
            },
            Placeholder::Message => match inner.static_message() {
                Some(message) => Filled::Text(message),
                None => Filled::Message(Message(inner)),
            },
            Placeholder::Number => row.number.map_or(Filled::Absent, Filled::Number),
            Placeholder::Param => inner.param().map_or(Filled::Absent, Filled::Text),
            Placeholder::RequestId => Filled::Text(self.request_id),
            Placeholder::RetryAfter => wait(&|wait| Some(Filled::Number(seconds(wait)))),
            Placeholder::RetryAfterMs => wait(&|wait| {
                Some(Filled::Number(i64::try_from(wait.as_nanos().div_ceil(1_000_000)).unwrap_or(i64::MAX)))
            }),
            Placeholder::RetryAfterText => wait(&|wait| Some(Filled::Own(retry_after::text(wait)))),
            Placeholder::RetryAt => wait(&|wait| Some(Filled::Own(rfc3339::format(self.retry_at(wait)?)))),
            Placeholder::RetryAtUnix => wait(&|wait| {
                let since = self.retry_at(wait)?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
                Some(Filled::Number(i64::try_from(since.as_secs()).ok()?))
            }),
            Placeholder::Retryable => Filled::Bool(row.retryable),
            Placeholder::Status => Filled::Number(inner.status().as_u16().into()),
            Placeholder::StatusText => Filled::Digits(inner.status().as_u16()),
            Placeholder::Title => Filled::Text(row.title),
        }
    }

    /// When the wait is over, in whole seconds.
    fn retry_at(&self, wait: Duration) -> Option<SystemTime> {
        let until = (self.clock)()?.checked_add(Duration::from_secs(seconds(wait).unsigned_abs()))?;
        let fraction = until.duration_since(SystemTime::UNIX_EPOCH).ok()?.subsec_nanos();
        match fraction {
            0 => Some(until),
            fraction => until.checked_add(Duration::from_nanos(1_000_000_000 - u64::from(fraction))),
        }
    }
}

/// The value of a placeholder.
enum Filled<'v> {
    Absent,
    Bool(bool),
    Number(i64),
    /// As a string.
    Digits(u16),
    Text(&'v str),
    Own(String),
    Message(Message<'v>),
    DocUrl(u16),
    Issues(&'v [Arc<Inner>]),
    /// A map from a param to messages.
    ByParam(&'v [Arc<Inner>]),
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
            Filled::Issues(issues) | Filled::ByParam(issues) => issues.is_empty(),
            _ => false,
        }
    }
}

impl<A> fmt::Debug for Answer<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("error", self.error).field("request_id", &self.request_id).finish()
    }
}

/// The issues of each param, in the order of the first; those without one under the empty name.
fn by_param(issues: &[Arc<Inner>]) -> Vec<(&str, Vec<&Inner>)> {
    let mut params: Vec<(&str, Vec<&Inner>)> = Vec::new();
    for issue in issues {
        let param = issue.param().unwrap_or_default();
        match params.iter_mut().find(|(known, _)| *known == param) {
            Some((_, issues)) => issues.push(issue),
            None => params.push((param, vec![issue])),
        }
    }
    params
}

/// The length of what is copied, and something for each value.
fn length(pieces: &[Piece]) -> usize {
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => text.len(),
        Piece::Optional(key, _) => key.len() + 3,
        Piece::OptionalText(key, _, after) => key.len() + after.len() + 8,
        Piece::OptionalPart(key, pieces) => key.len() + length(pieces) + 3,
        Piece::List(elements) => elements.iter().map(|pieces| length(pieces) + 1).sum::<usize>() + 2,
        Piece::Value(_) | Piece::Nullable(_) | Piece::Inside(_) | Piece::Comma => 8,
        Piece::Errors | Piece::Fields => 0,
    };
    pieces.iter().map(piece).sum()
}

/// Is there no placeholder in it?
fn is_constant(pieces: &[Piece]) -> bool {
    matches!(pieces, [Piece::Text(_)])
}

pub(crate) fn push_comma(out: &mut Vec<u8>) {
    if out.last() != Some(&b'{') {
        out.push(b',');
    }
}

pub(crate) fn doc_url<A: Api>(origin: Option<&str>, code: u16) -> String {
    let mut url = Vec::new();
    push_doc_url::<A>(&mut url, origin, code);
    String::from_utf8(url).unwrap_or_default()
}

/// Does an answer's content type depend on the request's `Accept`?
pub(crate) fn has_several_types<A: Api>() -> bool {
    A::INFO.also_read.iter().any(|other| other.content_type != A::INFO.envelope.content_type)
}

/// The URL of the code's section in the API's reference. Nothing in it needs an escape in JSON: the generator encodes
/// what stands before and after, and the rest is encoded here.
fn push_doc_url<A: Api>(out: &mut Vec<u8>, origin: Option<&str>, code: u16) {
    let docs = &A::info().docs;
    let row = A::Code::table().row(code);
    match origin {
        Some(origin) => {
            let plain = |byte: &u8| byte.is_ascii_graphic() && !b"\"\\<>^`{|}".contains(byte);
            out.extend(origin.trim_end_matches('/').bytes().filter(plain));
            out.extend_from_slice(without_origin(docs.before).as_bytes());
        }
        None => out.extend_from_slice(docs.before.as_bytes()),
    }
    match docs.hole {
        DocHole::Anchor => push_url(out, row.anchor),
        DocHole::Code => push_url(out, row.code),
        DocHole::Number => push_number(out, row.number.unwrap_or_default()),
    }
    out.extend_from_slice(docs.after.as_bytes());
}

/// What stands behind scheme and authority of a URL (RFC 3986 section 3).
fn without_origin(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find(['/', '?', '#']).map_or("", |at| &rest[at..])
}

/// A wait of 0 means "at once".
const LEAST_WAIT: Duration = Duration::from_millis(1);

/// In seconds, what any client can read.
const MOST_WAIT: Duration = Duration::from_secs(i32::MAX as u64);

pub(crate) fn bounded(wait: Duration) -> Duration {
    wait.clamp(LEAST_WAIT, MOST_WAIT)
}

/// Whole seconds, rounded up: a client must not come early.
pub(crate) fn seconds(wait: Duration) -> i64 {
    let wait = bounded(wait);
    let more = u64::from(wait.subsec_nanos() > 0);
    (wait.as_secs() + more) as i64
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
