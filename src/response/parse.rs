use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::value::RawValue;

use super::canonical;
use super::envelope::{self, Found};
use super::{ErrorResponse, Inner, Issue, Text};
use crate::catalog::{Api, ErrorCode, row};
use crate::retry_after;
use crate::table::{Envelope, HeaderSource, Kind, Placeholder, Row, Type, Value};

/// The longest message that is made from an answer that is not the API's, in characters.
const MAX_FOREIGN_MESSAGE: usize = 120;

pub(super) fn parse<A: Api>(status: StatusCode, headers: &HeaderMap, body: Bytes) -> Inner<A::Code> {
    let (body, truncated) = bounded::<A>(body);
    let text = std::str::from_utf8(&body).unwrap_or_default();
    let found = if json(text) { answer::<A>(text) } else { None };

    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let in_header = retry_after::from_headers(headers, retry_after::clock);
    let mut inner = Inner {
        status,
        truncated,
        from_api: found.is_some(),
        code: None,
        code_text: None,
        group: None,
        action: None,
        message: None,
        param: None,
        request_id: None,
        doc_url: None,
        retryable: None,
        retry_after: in_header,
        issues: Vec::new(),
        members: Vec::new(),
        headers: Vec::new(),
        body: Bytes::new(),
    };
    match found {
        Some(Read { found, issues, .. }) => {
            read::<A>(&mut inner, &found, text, headers);
            inner.issues = issues;
        }
        None => inner.message = foreign_message(text),
    }
    if inner.request_id.is_none() {
        let declared = envelopes::<A>()
            .flat_map(|envelope| envelope.headers)
            .filter(|(_, value)| *value == Placeholder::RequestId);
        let mut names = declared.map(|(name, _)| *name).chain(["x-request-id"]);
        inner.request_id = names.find_map(header).map(|id| Text::Own(id.into()));
    }
    inner.body = body;
    inner
}

/// Is this answer an error: by its status, or because it declares a failure by the constants of the envelope?
pub(super) fn is_failure<A: Api>(status: StatusCode, body: &Bytes) -> bool {
    if !status.is_success() {
        return true;
    }
    let declares = |envelope: &&Envelope| envelope::declares_failure(envelope.body);
    if !envelopes::<A>().any(|envelope| declares(&envelope)) {
        return false;
    }
    let (body, _) = bounded::<A>(body.clone());
    let text = std::str::from_utf8(&body).unwrap_or_default();
    let failure = |Read { found, envelope, .. }: Read<'_, A::Code>| {
        declares(&envelope) && found.has_all_constants(envelope.body)
    };
    json(text) && answer::<A>(text).is_some_and(failure)
}

/// The envelope that the API writes, then those that it wrote once, or will.
fn envelopes<A: Api>() -> impl Iterator<Item = &'static Envelope> {
    [A::INFO.envelope].into_iter().chain(A::INFO.also_read.iter().copied())
}

/// The body up to its bound, as UTF-8, without a byte order mark.
fn bounded<A: Api>(mut body: Bytes) -> (Bytes, bool) {
    let max = ErrorResponse::<A>::MAX_BODY;
    let truncated = body.len() > max;
    if truncated {
        // Not a view of the whole, which would stay in memory.
        body = Bytes::copy_from_slice(&body[..max]);
    }
    if body.starts_with(b"\xEF\xBB\xBF") {
        body = body.slice(3..);
    }
    if let Err(error) = std::str::from_utf8(&body) {
        // A character that the bound cuts in two is dropped, anything else that is no UTF-8 replaced.
        match error.error_len() {
            None if truncated => body.truncate(error.valid_up_to()),
            _ => {
                // Replacements are longer than what they replace.
                let text = String::from_utf8_lossy(&body);
                let cut =
                    (0..=max.min(text.len())).rev().find(|cut| text.is_char_boundary(*cut)).unwrap_or(0);
                body = Bytes::copy_from_slice(&text.as_bytes()[..cut]);
            }
        }
    }
    (body, truncated)
}

/// The first character decides, not the content type.
fn json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}

/// An answer in an envelope of the API.
struct Read<'b, C> {
    envelope: &'static Envelope,
    found: Found<'b>,
    issues: Vec<Issue<C>>,
}

/// The envelope's constants fit, and there is a code.
fn answer<A: Api>(text: &str) -> Option<Read<'_, A::Code>> {
    let max = ErrorResponse::<A>::MAX_ISSUES;
    envelopes::<A>().find_map(|envelope| {
        let (found, issues) = match canonical::read(text, envelope, max, issue) {
            Some(read) => read,
            None => {
                let found = envelope::read(text, envelope.body, max)?;
                let read = |json: &&str| Some(issue(&envelope::read(json, envelope.issue, 0)?));
                let issues = found.issues.iter().filter_map(read).collect();
                (found, issues)
            }
        };
        code(&found).is_some().then_some(Read { envelope, found, issues })
    })
}

fn code<'b>(found: &Found<'b>) -> Option<Cow<'b, str>> {
    let number = || found.get(Placeholder::Code).and_then(envelope::integer).map(Cow::Borrowed);
    found.text(Placeholder::Code).or_else(number)
}

fn read<A: Api>(inner: &mut Inner<A::Code>, found: &Found<'_>, body: &str, headers: &HeaderMap) {
    let string = |placeholder| found.text(placeholder).map(|text| keep(body, text));
    inner.message = string(Placeholder::Message);
    inner.param = string(Placeholder::Param);
    inner.request_id = string(Placeholder::RequestId);
    inner.doc_url = string(Placeholder::DocUrl);
    inner.retryable = found.get(Placeholder::Retryable).and_then(envelope::flag);
    // A number, or one as a text.
    let number = |placeholder| {
        let raw = found.get(placeholder)?;
        retry_after::seconds(&envelope::string(raw).unwrap_or(Cow::Borrowed(raw)))
    };
    let milliseconds = number(Placeholder::RetryAfterMs).map(|number| number / 1000);
    let wait = number(Placeholder::RetryAfter).max(milliseconds).filter(|wait| !wait.is_zero());
    inner.retry_after = inner.retry_after.max(wait);

    if let Some(text) = code(found) {
        inner.code = A::Code::from_text(&text);
        inner.code_text = Some(keep(body, text));
    }
    inner.group = match inner.code {
        Some(code) => row(code).group,
        None => group::<A>(inner.status, found),
    };
    inner.action = match inner.code {
        Some(code) => Some(row(code).action),
        None => found.text(Placeholder::Action).and_then(|name| {
            let at = A::Code::TABLE.actions.iter().position(|action| action.name == name)?;
            u16::try_from(at).ok()
        }),
    };
    let members = found.members.iter();
    inner.members =
        members.map(|(key, json)| (keep(body, key.clone()), keep(body, Cow::Borrowed(json)))).collect();

    for header in inner.code.map_or(&[][..], |code| row(code).headers) {
        if let HeaderSource::Slot(_) = header.value
            && let Some(value) =
                headers.get(header.name).and_then(|value| std::str::from_utf8(value.as_bytes()).ok())
        {
            inner.headers.push((header.name, value.to_owned()));
        }
    }
}

fn issue<C: ErrorCode>(found: &Found<'_>) -> Issue<C> {
    let code = code(found);
    let string = |placeholder| found.text(placeholder).map(Box::from);
    Issue {
        code: code.as_deref().and_then(C::from_text),
        message: string(Placeholder::Message),
        param: string(Placeholder::Param),
        code_str: code.map(Box::from),
        members: found.members.iter().map(|(key, raw)| (Box::from(&**key), Box::from(*raw))).collect(),
    }
}

/// The one group whose status and constants an unknown code has: a new plan limit is one for an old client, too.
fn group<A: Api>(status: StatusCode, found: &Found<'_>) -> Option<u16> {
    let mut fitting = A::Code::TABLE.groups.iter().enumerate().filter(|(_, group)| {
        let fits =
            |(name, json): &(&str, &str)| found.member(name).is_some_and(|raw| envelope::same(raw, json));
        let status_fits = group.status.is_some_and(|expected| expected.as_u16() == status.as_u16());
        status_fits && !group.constants.is_empty() && group.constants.iter().all(fits)
    });
    match (fitting.next(), fitting.next()) {
        (Some((at, _)), None) => u16::try_from(at).ok(),
        _ => None,
    }
}

/// What a page, a text or an unknown JSON says in short. Never the whole page.
fn foreign_message(text: &str) -> Option<Text> {
    let start = text.trim_start();
    if start.starts_with(['{', '[']) {
        return None;
    }
    let line = if start.starts_with('<') { title(start)? } else { start.lines().next()?.trim() };
    let short: String = line.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = short.chars().take(MAX_FOREIGN_MESSAGE).collect();
    (!short.is_empty()).then(|| Text::Own(short.into()))
}

fn title(page: &str) -> Option<&str> {
    let find = |text: &str, tag: &str| {
        text.as_bytes().windows(tag.len()).position(|window| window.eq_ignore_ascii_case(tag.as_bytes()))
    };
    let inside = &page[find(page, "<title")?..];
    let inside = &inside[inside.find('>')? + 1..];
    Some(&inside[..find(inside, "</title").unwrap_or(inside.len())])
}

/// Where the text stands in the body; a copy where it doesn't (it held escapes).
fn keep(body: &str, text: Cow<'_, str>) -> Text {
    if let Cow::Borrowed(text) = &text {
        let start = (text.as_ptr() as usize).wrapping_sub(body.as_ptr() as usize);
        if start.checked_add(text.len()).is_some_and(|end| end <= body.len()) {
            return Text::Body { start, end: start + text.len() };
        }
    }
    Text::Own(text.into())
}

/// The values of a code's typed fields, each from the JSON of a member.
///
/// # Errors
///
/// The name of a required field that is missing, or of one of another type.
pub(crate) fn values<'j>(
    row: &Row,
    json: impl Fn(&str) -> Option<Cow<'j, str>>,
) -> Result<Vec<Value>, &'static str> {
    let mut values = Vec::new();
    for field in row.fields {
        let (kind, required) = match field.kind {
            Kind::Const(_) => continue,
            Kind::Required(kind) => (kind, true),
            Kind::Optional(kind) => (kind, false),
        };
        // Null is no value.
        values.push(match json(field.name).filter(|json| json != "null") {
            Some(json) => value(&json, kind).ok_or(field.name)?,
            None if required => return Err(field.name),
            None => Value::Absent,
        });
    }
    Ok(values)
}

/// A member as a value of its field's type.
fn value(json: &str, kind: Type) -> Option<Value> {
    match kind {
        Type::Bool => json.parse().ok().map(Value::Bool),
        Type::F64 => number(json).map(Value::F64),
        Type::I32 => json.parse::<i32>().ok().map(|number| Value::I64(number.into())),
        Type::I64 => json.parse().ok().map(Value::I64),
        Type::Seconds => {
            let exact = retry_after::seconds(json);
            exact.or_else(|| Duration::try_from_secs_f64(number(json)?).ok()).map(Value::Seconds)
        }
        Type::String => {
            let json = serde_json::from_str::<&RawValue>(json).ok()?.get();
            envelope::string(json).map(|text| Value::String(text.into()))
        }
        Type::U32 => json.parse::<u32>().ok().map(|number| Value::U64(number.into())),
        Type::U64 => json.parse().ok().map(Value::U64),
    }
}

/// A JSON number. Not by serde_json, which rounds unless a feature says otherwise; and std takes `inf` and `+1`, too.
fn number(json: &str) -> Option<f64> {
    let is_json = json.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    json.parse().ok().filter(|number: &f64| is_json && number.is_finite())
}
