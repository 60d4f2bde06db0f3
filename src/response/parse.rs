use std::borrow::Cow;
use std::mem;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::DATE;
use http::{HeaderMap, StatusCode};
use serde::de::IgnoredAny;

use super::canonical;
use super::envelope::{self, Found};
use super::{ErrorResponse, Inner, Issue, Text};
use crate::catalog::{Api, ErrorCode, row};
use crate::table::{Envelope, HeaderSource, Node, Placeholder};
use crate::{Status, retry_after, rfc3339};

/// The longest message that is made from an answer that is not the API's, in characters.
const MAX_FOREIGN_MESSAGE: usize = 120;

pub(super) fn parse<A: Api>(status: StatusCode, headers: &HeaderMap, body: Bytes) -> Arc<Inner<A::Code>> {
    let (body, truncated) = bounded::<A>(body);
    let text = std::str::from_utf8(&body).unwrap_or_default();
    let read = answer::<A>(text, |name| header(headers, name));
    let mut inner = Inner::new(status);
    assemble::<A>(&mut inner, headers, read.as_ref().map(|read| &read.found), text, text);
    inner.issues = read.map(|read| read.issues).unwrap_or_default();
    (inner.body, inner.truncated) = (body, truncated);
    Arc::new(inner)
}

/// What another protocol than HTTP says of an error, as if it had stood in a body and headers.
#[cfg(feature = "tonic")]
pub(crate) struct Told<'t> {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The text of an answer that is not the API's.
    pub(crate) message: &'t str,
    /// Of one that is.
    pub(crate) error: Option<ToldError<'t>>,
    pub(crate) body: Bytes,
    pub(crate) is_truncated: bool,
}

#[cfg(feature = "tonic")]
pub(crate) type Texts<'t> = Vec<(Placeholder, Cow<'t, str>)>;

#[cfg(feature = "tonic")]
pub(crate) struct ToldError<'t> {
    pub(crate) texts: Texts<'t>,
    /// Names, and the JSON of the values.
    pub(crate) members: Vec<(&'t str, String)>,
    pub(crate) issues: Vec<Texts<'t>>,
}

#[cfg(feature = "tonic")]
pub(super) fn told<A: Api>(told: &Told<'_>) -> Arc<Inner<A::Code>> {
    let read = told.error.as_ref().map(|error| {
        let members = error.members.iter().take(envelope::MAX_MEMBERS);
        let members = members.map(|(name, json)| (Cow::Borrowed(*name), &**json)).collect();
        Found::of(error.texts.clone(), members)
    });
    let mut inner = Inner::new(told.status);
    assemble::<A>(&mut inner, &told.headers, read.as_ref(), "", told.message);
    let issues = told.error.iter().flat_map(|error| &error.issues).take(ErrorResponse::<A>::MAX_ISSUES);
    inner.issues = issues.filter_map(|texts| issue(&Found::of(texts.clone(), Vec::new()))).collect();
    (inner.body, inner.truncated) = (told.body.clone(), told.is_truncated);
    Arc::new(inner)
}

/// What was read, in an answer with this body; `text` speaks for one that is not the API's.
fn assemble<A: Api>(
    inner: &mut Inner<A::Code>,
    headers: &HeaderMap,
    found: Option<&Found<'_>>,
    body: &str,
    text: &str,
) {
    inner.from_api = found.is_some();
    inner.retry_after = retry_after::from_headers(headers, retry_after::clock);
    match found {
        Some(found) => read::<A>(inner, found, body, headers),
        None => {
            inner.message = foreign_message(text);
            inner.request_id = id_before_a_break::<A>(text).map(|id| keep(body, id));
        }
    }
    if inner.request_id.is_none() {
        let declared = envelopes::<A>()
            .flat_map(|envelope| envelope.headers)
            .filter(|(_, node)| matches!(node, Node::Required(Placeholder::RequestId)));
        let mut names = declared.map(|(name, _)| *name).chain([X_REQUEST_ID]);
        inner.request_id = names.find_map(|name| header(headers, name)).map(|id| Text::Own(id.into()));
    }
    let by_rate_limit = || retry_after::from_rate_limit(inner.status, headers, retry_after::clock);
    inner.retry_after = inner.retry_after.or_else(by_rate_limit);
    inner.retry_at = inner.retry_after.and_then(|wait| retry_after::clock()?.checked_add(wait));
}

pub(crate) const X_REQUEST_ID: &str = "x-request-id";

/// A header as text, which a server of ours writes as UTF-8.
pub(crate) fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    std::str::from_utf8(headers.get(name)?.as_bytes()).ok()
}

/// Is this answer an error: by its status, or because it declares a failure by the constants of the envelope?
pub(super) fn is_failure<A: Api>(status: StatusCode, body: &Bytes) -> bool {
    if !status.is_success() {
        return true;
    }
    let declares = |envelope: &&Envelope| envelope::declares_failure(&envelope.body);
    if !envelopes::<A>().any(|envelope| declares(&envelope)) {
        return false;
    }
    let (body, _) = bounded::<A>(body.clone());
    let text = std::str::from_utf8(&body).unwrap_or_default();
    let failure = |Read { found, envelope, .. }: Read<'_, A::Code>| {
        declares(&envelope) && found.has_all_constants(&envelope.body)
    };
    // A flag needs no code beside it: `ok: false` is no success, whatever else is missing. A text may be a version.
    let flagged = |envelope: &'static Envelope| {
        envelope::has_flag(&envelope.body)
            && envelope::read(text, &envelope.body, &envelope.issue, 0)
                .is_some_and(|found| found.has_all_constants(&envelope.body))
    };
    envelopes::<A>().any(flagged) || answer::<A>(text, |_| None).is_some_and(failure)
}

/// The envelope that the API writes, then those that it wrote once, or will.
pub(super) fn envelopes<A: Api>() -> impl Iterator<Item = &'static Envelope> {
    [A::info().envelope].into_iter().chain(A::info().also_read.iter().copied())
}

/// The body up to its bound, as UTF-8, without a byte order mark.
fn bounded<A: Api>(mut body: Bytes) -> (Bytes, bool) {
    let max = A::max_body();
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
            _ => body = replaced(&body, max).into(),
        }
    }
    (body, truncated)
}

/// With a replacement for what is no UTF-8, up to the bound: replacements are longer than what they replace.
fn replaced(body: &[u8], max: usize) -> String {
    let mut text = String::with_capacity(max.min(3 * body.len()));
    for chunk in body.utf8_chunks() {
        let replacement = if chunk.invalid().is_empty() { "" } else { "\u{fffd}" };
        for part in [chunk.valid(), replacement] {
            let room = part.len().min(max - text.len());
            let end = (0..=room).rev().find(|end| part.is_char_boundary(*end)).unwrap_or(0);
            text.push_str(&part[..end]);
            if end < part.len() {
                return text;
            }
        }
    }
    text
}

/// The first character decides, not the content type.
fn json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}

/// The request's id in JSON that breaks off before the code.
fn id_before_a_break<A: Api>(text: &str) -> Option<Cow<'_, str>> {
    let breaks_off =
        json(text) && serde_json::from_str::<IgnoredAny>(text).is_err_and(|error| error.is_eof());
    envelopes::<A>().filter(|_| breaks_off).find_map(|envelope| {
        envelope::read(text, &envelope.body, &envelope.issue, 0)?.text(Placeholder::RequestId)
    })
}

/// An answer in an envelope of the API.
struct Read<'b, C> {
    envelope: &'static Envelope,
    found: Found<'b>,
    issues: Vec<Issue<C>>,
}

/// The envelope's constants fit, and there is a code, in the body or in a header. An answer without a body, as to HEAD, is
/// one by its headers.
fn answer<'b, A: Api>(text: &'b str, header: impl Fn(&str) -> Option<&'b str>) -> Option<Read<'b, A::Code>> {
    let max = ErrorResponse::<A>::MAX_ISSUES;
    let is_empty = text.trim().is_empty();
    if !is_empty && !json(text) {
        return None;
    }
    // JSON that begins with a bracket doesn't end in a number: such a one is cut off, and would be read as another.
    let in_number = |char: char| char.is_ascii_digit() || matches!(char, '+' | '-' | '.' | 'e' | 'E');
    let text = text.trim_end_matches(in_number);
    envelopes::<A>().find_map(|envelope| {
        let (mut found, issues) = match is_empty {
            true => Default::default(),
            false => match canonical::read(text, envelope, max, issue) {
                Some(read) => read,
                None => along_the_tree(text, envelope, max)?,
            },
        };
        found.take_headers(envelope, &header);
        // Without a code it is the message that tells an answer from any other JSON.
        let known = code(&found).is_some()
            || !envelope.needs_code && !is_empty && found.text(Placeholder::Message).is_some();
        known.then_some(Read { envelope, found, issues })
    })
}

fn along_the_tree<'b, C: ErrorCode>(
    text: &'b str,
    envelope: &'static Envelope,
    max: usize,
) -> Option<(Found<'b>, Vec<Issue<C>>)> {
    let mut found = envelope::read(text, &envelope.body, &envelope.issue, max)?;
    let read = |json: &&str| issue(&envelope::read(json, &envelope.issue, &envelope.issue, max)?);
    let mut issues = Vec::with_capacity(found.issues.len());
    issues.extend(found.issues.iter().filter_map(read));
    by_param(mem::take(&mut found.by_param), max, &mut issues);
    Some((found, issues))
}

/// The code as it was received: a text, an integer, or the number beside it.
fn code<'b>(found: &Found<'b>) -> Option<Cow<'b, str>> {
    let integer = |placeholder| found.get(placeholder).and_then(envelope::integer).map(Cow::Borrowed);
    found
        .text(Placeholder::Code)
        .or_else(|| integer(Placeholder::Code))
        .or_else(|| integer(Placeholder::Number))
        .or_else(|| found.text(Placeholder::Number))
}

/// The code by its text, else by its number, which may stand at the place of either.
fn known<C: ErrorCode>(text: &str, found: &Found<'_>) -> Option<C> {
    let by_number = |text: &str| C::from_index(C::table().find_number(text.parse().ok()?)?);
    let number = || by_number(&found.scalar(Placeholder::Number)?);
    C::from_text(text).or_else(|| by_number(text)).or_else(number)
}

fn read<A: Api>(inner: &mut Inner<A::Code>, found: &Found<'_>, body: &str, headers: &HeaderMap) {
    let string = |placeholder| found.text(placeholder).map(|text| keep(body, text));
    inner.message = string(Placeholder::Message);
    inner.param = string(Placeholder::Param);
    inner.request_id = string(Placeholder::RequestId);
    inner.doc_url = string(Placeholder::DocUrl);
    inner.retryable = found.scalar(Placeholder::Retryable).and_then(|flag| flag.parse().ok());
    if let Some(text) = code(found) {
        inner.code = known(&text, found);
        inner.code_text = Some(keep(body, text));
    }
    let wait = waits(inner.code, found, headers).filter(|wait| !wait.is_zero()).max();
    inner.retry_after = inner.retry_after.max(wait);
    inner.group = match inner.code {
        Some(code) => row(code).group,
        None => group::<A>(inner.status, found),
    };
    inner.action = match inner.code {
        Some(code) => Some(row(code).action),
        None => {
            let named = found.text(Placeholder::Action).and_then(|name| {
                let at = A::Code::table().actions.iter().position(|action| action.name == name)?;
                u16::try_from(at).ok()
            });
            named.or_else(|| A::Code::table().groups.get(usize::from(inner.group?))?.action)
        }
    };
    let members = found.members.iter();
    inner.members =
        members.map(|(key, json)| (keep(body, key.clone()), keep(body, Cow::Borrowed(json)))).collect();

    for header in inner.code.map_or(&[][..], |code| row(code).headers) {
        if let HeaderSource::Slot(_) = header.value
            && let Some(value) = self::header(headers, header.name)
        {
            inner.headers.push((header.name, value.to_owned()));
        }
    }
}

/// The waits that the answer names in its body or a header of the envelope, in all units: numbers, or texts of them. Some
/// APIs say in a header of every answer when their rate limit starts anew: no wait for a code that never asks for one.
fn waits<'f, C: ErrorCode>(
    code: Option<C>,
    found: &'f Found<'_>,
    headers: &'f HeaderMap,
) -> impl Iterator<Item = Duration> + use<'f, C> {
    const PLACES: [Placeholder; 5] = [
        Placeholder::RetryAfter,
        Placeholder::RetryAfterMs,
        Placeholder::RetryAfterText,
        Placeholder::RetryAt,
        Placeholder::RetryAtUnix,
    ];
    let asks = code.is_none_or(|code| row(code).headers.iter().any(|header| header.name == "retry-after"));
    PLACES.into_iter().filter_map(move |place| {
        let text = if asks { found.scalar(place) } else { found.scalar_of_body(place) }?;
        match place {
            Placeholder::RetryAfterMs => retry_after::seconds(&text).map(|number| number / 1000),
            Placeholder::RetryAt | Placeholder::RetryAtUnix => {
                let unix = || SystemTime::UNIX_EPOCH.checked_add(retry_after::seconds(&text)?);
                let time = rfc3339::parse(&text).or_else(unix)?;
                retry_after::until(time, headers.get(DATE), retry_after::clock)
            }
            _ => retry_after::duration(&text),
        }
    })
}

fn issue<C: ErrorCode>(found: &Found<'_>) -> Option<Issue<C>> {
    let (code, message) = (code(found), found.text(Placeholder::Message));
    let param = found.text(Placeholder::Param).map(Arc::from);
    // What has no value at any place is no issue.
    let has_value = code.is_some() || message.is_some() || param.is_some() || !found.members.is_empty();
    has_value.then(|| {
        let known = code.as_deref().and_then(|text| known(text, found));
        Issue::new(known, code.as_deref(), message.as_deref(), param, &found.members)
    })
}

/// An element of a batch that failed: it has a code, as an issue or as the error of an answer.
pub(super) fn item<A: Api>(element: &str) -> Option<Issue<A::Code>> {
    let shapes =
        envelopes::<A>().flat_map(|envelope| [(&envelope.issue, envelope), (&envelope.body, envelope)]);
    let mut read = shapes.filter_map(|(shape, envelope)| {
        issue(&envelope::read(element, shape, &envelope.issue, 0)?).filter(|issue| issue.code_str().is_some())
    });
    read.next()
}

/// `{"email": ["is taken", "is too long"], "name": "is missing"}`, in its order.
fn by_param<C>(found: Vec<(Cow<'_, str>, &str)>, max: usize, issues: &mut Vec<Issue<C>>) {
    for (param, messages) in found {
        let messages = match messages.starts_with('[') {
            true => envelope::elements(messages, max - issues.len()),
            false => vec![messages],
        };
        let param = (!param.is_empty()).then(|| Arc::<str>::from(param));
        let messages = messages.iter().filter_map(|json| envelope::string(json)).take(max - issues.len());
        issues.extend(messages.map(|message| Issue::new(None, None, Some(&message), param.clone(), &[])));
    }
}

/// The group that the answer names, else the one whose status (one of several) and constants an unknown code has: a new
/// plan limit is one for an old client, too.
fn group<A: Api>(status: StatusCode, found: &Found<'_>) -> Option<u16> {
    if let Some(name) = found.text(Placeholder::Group) {
        let at = A::Code::table().groups.iter().position(|group| group.name == name);
        return at.and_then(|at| u16::try_from(at).ok());
    }
    let mut fitting = A::Code::table().groups.iter().enumerate().filter(|(_, group)| {
        let fits =
            |(name, json): &(&str, &str)| found.member(name).is_some_and(|raw| envelope::same(raw, json));
        // That of a success is the stream's, or the same for every answer.
        let same = |expected: &Status| expected.as_u16() == status.as_u16();
        let status_fits = status.is_success() || group.statuses.iter().any(same);
        status_fits && !group.constants.is_empty() && group.constants.iter().all(fits)
    });
    match (fitting.next(), fitting.next()) {
        (Some((at, _)), None) => u16::try_from(at).ok(),
        _ => None,
    }
}

/// What a page or a text says in short. Never the whole page.
fn foreign_message(text: &str) -> Option<Text> {
    let start = text.trim_start();
    if start.starts_with(['{', '[']) {
        return None;
    }
    let line = if start.starts_with('<') { title(start)? } else { start.lines().next()?.trim() };
    // No text, but a packed or an encrypted one.
    if line.contains('\0') {
        return None;
    }
    let words = line.split_whitespace().flat_map(|word| [" ", word]).flat_map(str::chars);
    let short: String = words.skip(1).take(MAX_FOREIGN_MESSAGE).collect();
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
