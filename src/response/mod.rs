//! What a client received.

mod canonical;
mod envelope;
mod issue;
mod items;
mod outcome;
mod parse;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::advice::Retry;
use crate::catalog::{Api, ErrorCode, Named, Payload, row};
use crate::retry::Outcome;
use crate::table::{GroupRow, HeaderSource, Kind, Row, Slots};
use crate::text::OneLine;
use crate::value::{Value, values};
use crate::{Error, RequestId, Status, raise};

pub(crate) use envelope::{Chars, string};
pub use issue::Issue;
#[cfg(feature = "tonic")]
pub(crate) use parse::{Texts, Told, ToldError};
pub(crate) use parse::{X_REQUEST_ID, header};

/// An error answer as a client received it: of the API `A`, or of something between client and API. One pointer wide.
///
/// ```
/// use bytes::Bytes;
/// use errbook::mail::{Action, Code, inbox, code};
/// use http::{HeaderMap, StatusCode};
///
/// let body = Bytes::from_static(br#"{"error":"attachment_too_large","message":"Too large.","limit_bytes":1000}"#);
/// let err = inbox::ErrorResponse::parse(StatusCode::PAYLOAD_TOO_LARGE, &HeaderMap::new(), body);
///
/// assert_eq!(err.code(), Some(Code::AttachmentTooLarge));
/// assert_eq!(err.action(), Some(Action::FixRequest));
/// let Some(code::AttachmentTooLarge { limit_bytes }) = err.details() else { panic!() };
/// assert_eq!(limit_bytes, 1000);
///
/// // A proxy's page is no answer of the API: its code is unknown, and it still has a name, a message, a status.
/// let page = Bytes::from_static(b"<html><title>502 Bad Gateway</title>...");
/// let err = inbox::ErrorResponse::parse(StatusCode::BAD_GATEWAY, &HeaderMap::new(), page);
/// assert_eq!((err.code(), err.inferred()), (None, Code::InternalError));
/// assert_eq!(err.message(), Some("502 Bad Gateway"));
/// ```
pub struct ErrorResponse<A: Api>(Arc<Inner<A::Code>>);

impl<A: Api> ErrorResponse<A> {
    /// At most so many issues are kept.
    pub const MAX_ISSUES: usize = 1_000;

    /// Reads an answer whose status says that it failed. It has no error case: whatever the body is, the result says
    /// what can be known.
    pub fn parse(status: StatusCode, headers: &HeaderMap, body: impl Into<Bytes>) -> ErrorResponse<A> {
        ErrorResponse(parse::parse::<A>(status, headers, body.into()))
    }

    /// The same for a client that has the answer in other types than those of the crate `http`. A header that is none is
    /// passed over, and a status that is none (a browser says 0 where nothing answered) is read as 502.
    ///
    /// ```
    /// use errbook::mail::{Code, sending};
    ///
    /// let headers = [("retry-after", "7"), ("x-request-id", "req_7")];
    /// let err = sending::ErrorResponse::from_parts(503, headers, "");
    /// assert_eq!((err.inferred(), err.request_id()), (Code::ServiceUnavailable, Some("req_7")));
    /// ```
    pub fn from_parts(
        status: u16,
        headers: impl IntoIterator<Item = (impl AsRef<[u8]>, impl AsRef<[u8]>)>,
        body: impl Into<Bytes>,
    ) -> ErrorResponse<A> {
        let headers = headers.into_iter().filter_map(|(name, value)| {
            let name = HeaderName::from_bytes(name.as_ref()).ok()?;
            Some((name, HeaderValue::from_bytes(value.as_ref()).ok()?))
        });
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            // It holds some ten thousand; no client needs more.
            let _ = map.try_append(name, value);
        }
        ErrorResponse::parse(StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY), &map, body)
    }

    /// Reads an error that comes in the middle of a stream, as the data of a server-sent event or a line of JSON. Its
    /// status is that of the stream, 200; which one the code has otherwise says [`expected_status`]. Since the stream had begun, the
    /// request may have [taken effect](crate::Applied::Maybe), whatever the catalog says of the code: it is sent again only
    /// where that does no harm.
    ///
    /// ```
    /// use errbook::mail::{Code, sending};
    ///
    /// let data = r#"{"ok":false,"error":{"code":"service_unavailable","message":"Later.","retryable":true}}"#;
    /// let err = sending::ErrorResponse::parse_event(data);
    /// assert_eq!(err.code(), Some(Code::ServiceUnavailable));
    /// assert_eq!(err.expected_status(), Some(Code::ServiceUnavailable.status()));
    /// ```
    ///
    /// [`expected_status`]: ErrorResponse::expected_status
    pub fn parse_event(data: impl Into<Bytes>) -> ErrorResponse<A> {
        ErrorResponse::parse(StatusCode::OK, &HeaderMap::new(), data).late()
    }

    /// What failed of a batch whose answer is a success: of the list that these keys lead to (none for the body itself)
    /// each element that carries a code, with its position. It has the shape that an envelope of the API gives an issue,
    /// or an error. An element is read when it is asked for, and the body is never copied: it may be of any length. Where
    /// it breaks off the elements before count; without such a list there are none.
    ///
    /// ```
    /// use errbook::mail::{Code, sending};
    ///
    /// let body = br#"{"results":[{"id":"msg_1"},{"code":"not_found","message":"No such sender.","param":"from"}]}"#;
    /// let failed: Vec<_> = sending::ErrorResponse::items(body, &["results"]).collect();
    /// assert_eq!((failed.len(), failed[0].0), (1, 1));
    /// assert_eq!(failed[0].1.code(), Some(Code::NotFound));
    /// ```
    pub fn items<'b>(
        body: &'b [u8],
        list: &[&str],
    ) -> impl Iterator<Item = (usize, Issue<A::Code>)> + use<'b, A> {
        items::items(body, list)
            .enumerate()
            .filter_map(|(at, element)| Some((at, parse::item::<A>(element)?)))
    }

    /// What came by another protocol.
    #[cfg(feature = "tonic")]
    pub(crate) fn told(told: &Told<'_>) -> ErrorResponse<A> {
        ErrorResponse(parse::told::<A>(told))
    }

    /// The body of a success, or the error. A success has a status from 200 to 299 (RFC 9110 section 15.3) and doesn't
    /// declare a failure by the constants of the envelope (`ok: false`, `status: error`; a number is none).
    ///
    /// # Errors
    ///
    /// The answer, where it is an error.
    pub fn check(
        status: StatusCode,
        headers: &HeaderMap,
        body: impl Into<Bytes>,
    ) -> Result<Bytes, ErrorResponse<A>> {
        let body = body.into();
        match parse::is_failure::<A>(status, &body) {
            true => Err(ErrorResponse::parse(status, headers, body)),
            false => Ok(body),
        }
    }

    /// The HTTP status as it was received.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The status that the catalog gives the code, where another one was received. Of several it is the default one,
    /// where none of them was received.
    pub fn expected_status(&self) -> Option<Status> {
        let row = row(self.code()?);
        let received = self.0.status.as_u16();
        let known = A::info().envelope.status == Some(received) || row.status(received).is_some();
        (!known).then_some(row.status)
    }

    /// The code. `None` for one that this build's catalog doesn't know, and for an answer that is not the API's.
    pub fn code(&self) -> Option<A::Code> {
        self.0.code
    }

    /// The code as it was received, also one that this build doesn't know. `None` for an answer that is not the API's.
    pub fn code_str(&self) -> Option<&str> {
        self.0.text(self.0.code_text.as_ref()?)
    }

    /// Did the API itself answer (in its envelope), or something in between: a proxy, a load balancer, a login page?
    pub fn from_api(&self) -> bool {
        self.0.from_api
    }

    /// The code, or where it is unknown the one that `by_status` in the catalog gives the status. A name to show, no
    /// ground for a decision.
    pub fn inferred(&self) -> A::Code {
        self.0.code.unwrap_or_else(|| A::code_for(self.0.status.as_u16()))
    }

    /// The API's message, or the title or first line of an answer that is not the API's (at most 120 characters).
    pub fn message(&self) -> Option<&str> {
        self.0.text(self.0.message.as_ref()?)
    }

    /// The field of the request that the error is about.
    pub fn param(&self) -> Option<&str> {
        self.0.text(self.0.param.as_ref()?)
    }

    /// What to tell support. From the body, else from the header `X-Request-Id`.
    pub fn request_id(&self) -> Option<&str> {
        self.0.text(self.0.request_id.as_ref()?)
    }

    /// The flag that the answer carries, else the catalog's for the code. It says whether the same request may work
    /// later; [`retry`](ErrorResponse::retry) says what to do about it.
    pub fn retryable(&self) -> Option<bool> {
        self.0.retryable.or_else(|| Some(row(self.code()?).retryable))
    }

    /// What the catalog advises for the code; for an unknown one what it says of its [`group`](ErrorResponse::group), or
    /// else of all codes of that.
    pub fn retry(&self) -> Option<Retry> {
        self.code().map_or_else(|| self.group_row()?.retry, |code| Some(row(code).retry))
    }

    /// The same where the answer met our own repeat of a request (the same idempotency key).
    pub fn retry_on_repeat(&self) -> Option<Retry> {
        self.code().map_or_else(|| self.group_row()?.retry, |code| Some(row(code).retry_on_repeat()))
    }

    /// The wait that the server asks for: `Retry-After` in seconds or as a date (RFC 9110 section 10.2.3), or a member
    /// of the body; the longer one. Zero and the past are none. Without either, an answer with 429 or 503 whose rate limit
    /// has nothing left (`RateLimit: "default";r=0;t=30`, or `RateLimit-Remaining: 0` with `RateLimit-Reset`) waits until
    /// that starts anew.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// When that wait is over by the local clock, for a queue that tries again later: the time when the answer was read,
    /// and the wait. `None` without a wait, where there is no clock (in a browser), and beyond its end.
    pub fn retry_at(&self) -> Option<SystemTime> {
        self.0.retry_at
    }

    /// Where the error is explained: as received, else from the catalog.
    pub fn doc_url(&self) -> Option<String> {
        match &self.0.doc_url {
            Some(url) => self.0.text(url).map(str::to_owned),
            None => self.code().map(A::doc_url),
        }
    }

    /// The next step: of the code. For an unknown one that which the answer names, else that of its
    /// [`group`](ErrorResponse::group), or of all codes of that.
    pub fn action(&self) -> Option<<A::Code as ErrorCode>::Action> {
        Named::from_index(self.0.action?)
    }

    /// Where the next step is taken, where the catalog knows a page.
    pub fn action_url(&self) -> Option<&'static str> {
        A::Code::table().actions[usize::from(self.0.action?)].url
    }

    /// The group of the code. An unknown code has one, too, where its status and members fit exactly one.
    pub fn group(&self) -> Option<<A::Code as ErrorCode>::Group> {
        Named::from_index(self.0.group?)
    }

    /// Is it an error of that group? Also one that this build doesn't know.
    ///
    /// ```
    /// # use errbook::mail::{Action, Group, inbox};
    /// # use http::{HeaderMap, StatusCode};
    /// let body = r#"{"error":"seat_limit_reached","message":"Full.","upgrade":true}"#;
    /// let err = inbox::ErrorResponse::parse(StatusCode::PAYMENT_REQUIRED, &HeaderMap::new(), body);
    /// assert_eq!(err.code(), None);
    /// assert!(err.is_in(Group::PlanLimit));
    /// assert_eq!(err.action(), Some(Action::UpgradePlan));
    /// ```
    pub fn is_in(&self, group: <A::Code as ErrorCode>::Group) -> bool {
        self.group() == Some(group)
    }

    fn group_row(&self) -> Option<&'static GroupRow> {
        A::Code::table().groups.get(usize::from(self.0.group?))
    }

    /// Everything that is wrong with the request, where the API lists more than one.
    pub fn issues(&self) -> &[Issue<A::Code>] {
        &self.0.issues
    }

    /// The payload of the code with its typed fields. `None` for another code, and where a field is missing or of the
    /// wrong type; [`member`](ErrorResponse::member) has the raw ones.
    pub fn details<P: Payload<Code = A::Code>>(&self) -> Option<P> {
        if self.0.code != Some(P::CODE) {
            return None;
        }
        let row = row(P::CODE);
        let mut values = values(row.fields, |name| self.0.raw(name).map(Cow::Borrowed)).ok()?;
        values.extend(self.header_values(row));
        let param = self.param().map(|param| param.to_owned().into());
        P::from_slots(&mut Slots { values, param, retry_after: self.0.retry_after })
    }

    /// A member beside the envelope's own, typed or unknown: whatever the API sent.
    ///
    /// ```
    /// # use errbook::mail::inbox;
    /// # use http::{HeaderMap, StatusCode};
    /// let body = r#"{"error":"seat_limit_reached","message":"Full.","upgrade":true,"seats":3}"#;
    /// let err = inbox::ErrorResponse::parse(StatusCode::PAYMENT_REQUIRED, &HeaderMap::new(), body);
    /// assert_eq!(err.code(), None);
    /// assert_eq!(err.member("seats"), Some(3.into()));
    /// ```
    pub fn member(&self, name: &str) -> Option<serde_json::Value> {
        serde_json::from_str(self.0.raw(name)?).ok()
    }

    /// The same as it was received, also where no [`serde_json::Value`] can hold it.
    pub fn member_json(&self, name: &str) -> Option<&str> {
        self.0.raw(name)
    }

    /// The names of these members.
    pub fn members(&self) -> impl Iterator<Item = &str> {
        self.0.members.iter().filter_map(|(name, _)| self.0.text(name))
    }

    /// The members that are values of the code's own fields, and their JSON. Constants say nothing new, null is no value.
    fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        let fields = self.code().map_or(&[][..], |code| row(code).fields);
        let typed =
            |name| fields.iter().any(|field| field.name == name && !matches!(field.kind, Kind::Const(_)));
        let texts = |(name, json)| Some((self.0.text(name)?, self.0.text(json)?));
        let members = self.0.members.iter().filter_map(move |(name, json)| texts((name, json)));
        members.filter(move |(name, json)| *json != "null" && typed(*name))
    }

    /// The error for the callers of another API of the catalog, as a gateway passes it on: with its code, text, fields
    /// and issues where `B` emits the code, else what `B` answers with the status. This answer is its source.
    ///
    /// ```
    /// use errbook::mail::{Code, Inbox, sending};
    /// use http::{HeaderMap, StatusCode};
    ///
    /// let body = r#"{"ok":false,"error":{"code":"not_found","message":"No such sender."}}"#;
    /// let upstream = sending::ErrorResponse::parse(StatusCode::NOT_FOUND, &HeaderMap::new(), body);
    /// let error = upstream.for_api::<Inbox>();
    /// assert_eq!((error.code(), &*error.message()), (Code::NotFound, "No such sender."));
    /// ```
    pub fn for_api<B: Api<Code = A::Code>>(&self) -> Error<B> {
        let error = match self.raised() {
            Some(inner) => Error::of(Arc::new(inner)),
            None => Error::for_status(self.status().as_u16()).with_retry_after(self.retry_after()),
        };
        error.because(self.clone())
    }

    /// What was raised on the other side, as far as it was sent.
    fn raised(&self) -> Option<raise::Inner> {
        let code = self.code()?;
        let row = row(code);
        let mut inner = raise::Inner::new(A::Code::table(), code.index());
        inner.status = row.status(self.0.status.as_u16());
        inner.values = values(row.fields, |name| self.0.raw(name).map(Cow::Borrowed)).ok()?;
        inner.values.extend(self.header_values(row));
        inner.param = self.param().map(|param| param.to_owned().into());
        inner.message = self.message().map(|message| message.to_owned().into());
        inner.retry_after = self.retry_after();
        inner.issues = self.issues().iter().filter_map(|issue| issue.raised().map(Arc::new)).collect();
        Some(inner)
    }

    /// What the payload asks for in headers, after its typed fields.
    fn header_values(&self, row: &'static Row) -> impl Iterator<Item = Value> {
        let slots = row.headers.iter().filter(|header| matches!(header.value, HeaderSource::Slot(_)));
        slots.map(|header| {
            let received = self.0.headers.iter().find(|(name, _)| *name == header.name);
            received.map_or(Value::Absent, |(_, value)| Value::String(value.clone()))
        })
    }

    /// The body, as far as it was read.
    pub fn body(&self) -> &Bytes {
        &self.0.body
    }

    /// Is [`body`](ErrorResponse::body) not the whole: was there more than is [read](Api::max_body), or did it break off? Of the
    /// latter knows who received it: [`reqwest`](crate::reqwest) and the layer do, `parse` can't.
    pub fn is_truncated(&self) -> bool {
        self.0.truncated
    }
}

impl<A: Api> Clone for ErrorResponse<A> {
    fn clone(&self) -> ErrorResponse<A> {
        ErrorResponse(Arc::clone(&self.0))
    }
}

/// What a client reads of an error that the API answers with: for the tests of an SDK.
///
/// ```
/// use errbook::{ErrorResponse, mail::{Code, Sending, code, sending}};
///
/// let err = ErrorResponse::<Sending>::from(sending::Error::from(code::NotFound));
/// assert_eq!(err.code(), Some(Code::NotFound));
/// ```
impl<A: Api> From<Error<A>> for ErrorResponse<A> {
    fn from(error: Error<A>) -> ErrorResponse<A> {
        let (parts, body) = error.answer(&RequestId::new::<A>()).into_response().into_parts();
        ErrorResponse::parse(parts.status, &parts.headers, body)
    }
}

/// One line: `rate_limit_exceeded: Slow down. (HTTP 429, request_id=req_1, retry after 30 s)`. `{:#}` adds how retrying
/// ended, the param, the code's fields, the issues, the URL and, where it was retried, the next step. Of a long list there are ten, of
/// a long text its beginning.
///
/// ```
/// use errbook::{ErrorResponse, mail::{Inbox, code, inbox}};
///
/// let err = ErrorResponse::<Inbox>::from(inbox::Error::from(code::AttachmentTooLarge { limit_bytes: 1000 }));
/// assert!(format!("{err:#}").contains("; limit_bytes: 1000; see https://"));
/// ```
impl<A: Api> fmt::Display for ErrorResponse<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code_str() {
            Some(code) => write!(f, "{:.100}", OneLine(code))?,
            None if self.from_api() => f.write_str("an error without a code")?,
            None => f.write_str("not an answer of the API")?,
        }
        if let Some(message) = self.message() {
            write!(f, ": {:.1000}", OneLine(message))?;
        }
        write!(f, " (HTTP {}", self.status().as_u16())?;
        if let Some(id) = self.request_id() {
            write!(f, ", request_id={:.200}", OneLine(id))?;
        }
        if let Some(wait) = self.retry_after() {
            write!(f, ", retry after {} s", wait.as_secs_f64())?;
        }
        f.write_str(")")?;
        if f.alternate() {
            if let Some(outcome) = self.outcome() {
                write!(f, " {outcome}")?;
            }
            if let Some(param) = self.param() {
                write!(f, "; param: {:.100}", OneLine(param))?;
            }
            list(f, self.fields(), |f, (name, json)| write!(f, "{}: {:.100}", OneLine(name), OneLine(json)))?;
            list(f, self.issues().iter(), |f, issue| issue.fmt(f))?;
            if let Some(url) = self.doc_url() {
                write!(f, "; see {:.1000}", OneLine(&url))?;
            }
            if let Some(outcome) = self.outcome() {
                outcome.next(f)?;
            }
        }
        Ok(())
    }
}

/// So much of a list is shown in one line.
const MAX_SHOWN: usize = 10;

fn list<T>(
    f: &mut fmt::Formatter<'_>,
    mut items: impl Iterator<Item = T>,
    show: impl Fn(&mut fmt::Formatter<'_>, T) -> fmt::Result,
) -> fmt::Result {
    for item in items.by_ref().take(MAX_SHOWN) {
        f.write_str("; ")?;
        show(f, item)?;
    }
    match items.count() {
        0 => Ok(()),
        more => write!(f, "; and {more} more"),
    }
}

impl<A: Api> fmt::Debug for ErrorResponse<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErrorResponse")
            .field("status", &self.status().as_u16())
            .field("code", &self.code_str())
            .field("from_api", &self.from_api())
            .field("message", &self.message())
            .field("param", &self.param())
            .field("request_id", &self.request_id())
            .field("retry_after", &self.retry_after())
            .field("issues", &self.issues())
            .field("members", &self.members().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl<A: Api> std::error::Error for ErrorResponse<A> {}

#[derive(Clone)]
struct Inner<C> {
    status: StatusCode,
    /// UTF-8.
    body: Bytes,
    truncated: bool,
    from_api: bool,
    /// It came after another one to the same request: inside of a stream, or from where that led to.
    is_late: bool,
    code: Option<C>,
    code_text: Option<Text>,
    group: Option<u16>,
    action: Option<u16>,
    message: Option<Text>,
    param: Option<Text>,
    request_id: Option<Text>,
    doc_url: Option<Text>,
    retryable: Option<bool>,
    retry_after: Option<Duration>,
    retry_at: Option<SystemTime>,
    issues: Vec<Issue<C>>,
    /// Names, and the JSON of the values.
    members: Vec<(Text, Text)>,
    /// Those that the code's payload asks for.
    headers: Vec<(&'static str, String)>,
    /// Of retrying.
    outcome: Option<Box<Outcome>>,
}

impl<C> Inner<C> {
    /// An answer of which no more is known.
    fn new(status: StatusCode) -> Inner<C> {
        Inner {
            status,
            body: Bytes::new(),
            truncated: false,
            from_api: false,
            is_late: false,
            code: None,
            code_text: None,
            group: None,
            action: None,
            message: None,
            param: None,
            request_id: None,
            doc_url: None,
            retryable: None,
            retry_after: None,
            retry_at: None,
            issues: Vec::new(),
            members: Vec::new(),
            headers: Vec::new(),
            outcome: None,
        }
    }

    fn text<'t>(&'t self, text: &'t Text) -> Option<&'t str> {
        match text {
            Text::Own(text) => Some(text),
            Text::Body { start, end } => std::str::from_utf8(self.body.get(*start..*end)?).ok(),
        }
    }

    fn raw(&self, name: &str) -> Option<&str> {
        let (_, json) = self.members.iter().find(|(key, _)| self.text(key) == Some(name))?;
        self.text(json)
    }
}

/// A text of an answer: mostly a piece of the body, which is kept once.
#[derive(Clone)]
enum Text {
    Body { start: usize, end: usize },
    Own(Box<str>),
}
