//! Assertions on error answers, for the tests of servers and clients.
//!
//! ```
//! use errbook::mail::{Sending, code, sending};
//! use errbook::{prelude::*, testing::{self, assert_error}};
//!
//! # fn check(_: &str) -> sending::Result<()> { Err(code::NotFound.at("from").into()) }
//! // What a function returns,
//! assert_error!(check("a@example.com"), code::NotFound, param = "from");
//!
//! // and what came over the wire: an `http::Response`, read as an answer of the API.
//! let response = http::Response::from(check("a@example.com").unwrap_err());
//! assert_error!(testing::read::<Sending>(response), code::NotFound, status = 404, param = "from");
//! ```

use std::borrow::Cow;
use std::error::Error as _;
use std::fmt::{self, Write as _};
use std::time::Duration;

#[cfg(feature = "tower")]
use bytes::BufMut as _;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::answer::seconds;
use crate::catalog::{Api, Payload, row};
use crate::table::{HeaderSource, Kind, Row, Slots};
use crate::text::OneLine;
use crate::value::{Typed, Value};
use crate::{Error, ErrorResponse, Status};

#[doc(inline)]
pub use crate::assert_error;

/// Asserts that an answer is the error with this code.
///
/// The answer is an [`Error`], an [`ErrorResponse`], what [`testing::read`](read) gives, or a `Result` with one of them.
/// The code is a payload of the generated module `code`: by its name alone, or with its fields, which are then compared.
/// Its status has to be one that the catalog gives the code. What else is expected:
///
/// | key | |
/// |---|---|
/// | `status = 404` | the HTTP status |
/// | `message = "Slow down."` | the text, in full |
/// | `param = "to[1].email"` | the field of the request; `None` for none |
/// | `issues = [code::MissingParameter => "from", code::NotFound]` | the list of several issues, in order, with their params |
/// | `retry_after = Duration::from_secs(30)` | the wait, `None` for none; a fraction may have been rounded up to a second |
/// | `request_id = "req_1"` | the id that the answer names |
/// | `headers = ["allow" => "GET"]` | these headers among others; `None` for one that may not be there |
///
/// ```
/// use std::time::Duration;
/// use errbook::mail::{code, inbox, sending};
/// use errbook::{Issues, prelude::*, testing::assert_error};
///
/// let error: inbox::Error = code::AttachmentTooLarge { limit_bytes: 5 }.into();
/// assert_error!(error, code::AttachmentTooLarge { limit_bytes: 5 }, message = "The message is over the limit of 5 bytes.");
///
/// let mut issues = Issues::of(code::InvalidParameter);
/// issues.push(code::MissingParameter.at("from"));
/// issues.push(code::InvalidParameter.at("to"));
/// let error: sending::Error = issues.finish().unwrap_err().into();
/// assert_error!(error, code::InvalidParameter, issues = [code::MissingParameter => "from", code::InvalidParameter => "to"]);
/// ```
///
/// # Panics
///
/// Where the answer is another one: with a line for each difference, and the answer.
///
/// ```text
/// the answer is not the expected error
///   code: expected `not_found`, got `missing_parameter`
///   param: expected "from", got "to"
///
/// HTTP 400 Bad Request
/// content-type: application/json
/// x-request-id: req_1
///
/// {"ok":false,"error":{"code":"missing_parameter", …
/// ```
#[macro_export]
macro_rules! assert_error {
    ($answer:expr, $($code:ident)::+ $(, $($keys:tt)*)?) => {
        $crate::__assert_error!($answer, ($crate::testing::Expected::<$($code)::+>::new()) $($($keys)*)?)
    };
    ($answer:expr, $($code:ident)::+ { $($fields:tt)* } $(, $($keys:tt)*)?) => {
        $crate::__assert_error!(
            $answer, ($crate::testing::Expected::of($($code)::+ { $($fields)* })) $($($keys)*)?
        )
    };
    ($($any:tt)*) => {
        ::core::compile_error!(
            "expected an answer, a code, and what else is expected: `assert_error!(answer, code::NotFound, param = \"from\")`"
        )
    };
}

/// One key after the other: each is a method of [`Expected`], which is how rustc knows a misspelt one.
#[doc(hidden)]
#[macro_export]
macro_rules! __assert_error {
    ($answer:expr, ($($expected:tt)*)) => {
        $crate::testing::check(&$answer, $($expected)*)
    };
    ($answer:expr, ($($expected:tt)*) issues = [$($code:path $(=> $param:expr)?),* $(,)?] $(, $($keys:tt)*)?) => {
        $crate::__assert_error!($answer, ($($expected)*.issues()$(.issue::<$code>(&[$($param)?]))*) $($($keys)*)?)
    };
    ($answer:expr, ($($expected:tt)*) headers = [$($name:expr => $value:expr),* $(,)?] $(, $($keys:tt)*)?) => {
        $crate::__assert_error!($answer, ($($expected)*$(.header($name, $value))*) $($($keys)*)?)
    };
    ($answer:expr, ($($expected:tt)*) $key:ident = $value:expr $(, $($keys:tt)*)?) => {
        $crate::__assert_error!($answer, ($($expected)*.$key($value)) $($($keys)*)?)
    };
    ($answer:expr, ($($expected:tt)*) $key:ident $($any:tt)*) => {
        ::core::compile_error!(::core::concat!(
            "expected `", ::core::stringify!($key), " = …`: `issues = [code::NotFound => \"from\"]`, `headers = [\"allow\" => \"GET\"]`, \
             or a value"
        ))
    };
}

/// Reads a response as an answer of the API, as a client does, and keeps its headers for [`assert_error!`].
///
/// ```
/// use errbook::{mail::{Sending, code}, testing::{self, assert_error}};
///
/// let response = http::Response::builder().status(404).body(r#"{"ok":false,"error":{"code":"not_found"}}"#).unwrap();
/// assert_error!(testing::read::<Sending>(response), code::NotFound, headers = ["retry-after" => None]);
/// ```
pub fn read<A: Api>(response: http::Response<impl Into<Bytes>>) -> Received<A> {
    let (parts, body) = response.into_parts();
    Received::new(parts.status, parts.headers, body.into())
}

/// The same for a response of a framework that isn't on `http` 1.x: a status, headers as bytes, a body.
///
/// ```
/// use errbook::{mail::{Inbox, code}, testing::{self, assert_error}};
///
/// let body = r#"{"error":"method_not_allowed","message":"No."}"#;
/// let answer = testing::read_parts::<Inbox>(405, [("Allow", "GET")], body);
/// assert_error!(answer, code::MethodNotAllowed { allow: "GET".into() });
/// ```
///
/// # Panics
///
/// Where the status, a name or a value is none of HTTP.
#[track_caller]
pub fn read_parts<A: Api>(
    status: u16,
    headers: impl IntoIterator<Item = (impl AsRef<[u8]>, impl AsRef<[u8]>)>,
    body: impl Into<Bytes>,
) -> Received<A> {
    let Ok(status) = StatusCode::from_u16(status) else { panic!("{status} is no status of HTTP") };
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let (name, value) = (name.as_ref(), value.as_ref());
        match (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
            (Ok(name), Ok(value)) => _ = map.append(name, value),
            _ => panic!("no header of HTTP: {:?}", String::from_utf8_lossy(&[name, b": ", value].concat())),
        }
    }
    Received::new(status, map, body.into())
}

/// The same for a response whose body is still on its way, as axum's are.
///
/// # Panics
///
/// Where the body breaks off.
#[cfg(feature = "tower")]
pub async fn receive<A: Api, B>(response: http::Response<B>) -> Received<A>
where
    B: http_body::Body<Error: fmt::Debug>,
{
    let (parts, body) = response.into_parts();
    let mut body = std::pin::pin!(body);
    let mut bytes = Vec::new();
    while let Some(frame) = std::future::poll_fn(|context| body.as_mut().poll_frame(context)).await {
        match frame.map(http_body::Frame::into_data) {
            Ok(Ok(data)) => bytes.put(data),
            // Trailers.
            Ok(Err(_)) => {}
            Err(error) => panic!("the body breaks off: {error:?}"),
        }
    }
    Received::new(parts.status, parts.headers, bytes.into())
}

/// A response, and what a client of the API reads in it. Made by [`read`].
#[derive(Debug, Clone)]
pub struct Received<A: Api> {
    status: StatusCode,
    headers: HeaderMap,
    result: Result<Bytes, ErrorResponse<A>>,
}

impl<A: Api> Received<A> {
    fn new(status: StatusCode, headers: HeaderMap, body: Bytes) -> Received<A> {
        let result = ErrorResponse::check(status, &headers, body);
        Received { status, headers, result }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body; of an error what a client reads of it.
    pub fn body(&self) -> &Bytes {
        match &self.result {
            Ok(body) => body,
            Err(error) => error.body(),
        }
    }

    /// The error, where it is one.
    pub fn error(&self) -> Option<&ErrorResponse<A>> {
        self.result.as_ref().err()
    }
}

/// What [`assert_error!`] looks at.
#[diagnostic::on_unimplemented(
    label = "`{Self}` is no answer of an API: `errbook::testing::read::<Api>(response)` reads one from an `http::Response`"
)]
pub trait Answered {
    /// The API whose answer it is.
    type Api: Api;

    #[doc(hidden)]
    fn seen(&self) -> Seen<'_, Self::Api>;
}

impl<T: Answered + ?Sized> Answered for &T {
    type Api = T::Api;

    fn seen(&self) -> Seen<'_, T::Api> {
        (**self).seen()
    }
}

impl<A: Api> Answered for Error<A> {
    type Api = A;

    fn seen(&self) -> Seen<'_, A> {
        Seen::Raised(self)
    }
}

impl<A: Api> Answered for ErrorResponse<A> {
    type Api = A;

    fn seen(&self) -> Seen<'_, A> {
        Seen::Read(self, None)
    }
}

impl<A: Api> Answered for Received<A> {
    type Api = A;

    fn seen(&self) -> Seen<'_, A> {
        match &self.result {
            Ok(body) => Seen::Success(Some((self.status, &self.headers, body))),
            Err(error) => Seen::Read(error, Some(&self.headers)),
        }
    }
}

impl<T, E: Answered> Answered for Result<T, E> {
    type Api = E::Api;

    fn seen(&self) -> Seen<'_, E::Api> {
        match self {
            Ok(_) => Seen::Success(None),
            Err(error) => error.seen(),
        }
    }
}

#[doc(hidden)]
pub enum Seen<'a, A: Api> {
    Raised(&'a Error<A>),
    Read(&'a ErrorResponse<A>, Option<&'a HeaderMap>),
    /// `Ok` of a function where there is no response.
    Success(Option<(StatusCode, &'a HeaderMap, &'a Bytes)>),
}

/// What is expected of an answer. A method is a key of [`assert_error!`].
#[doc(hidden)]
#[must_use]
pub struct Expected<P> {
    payload: Option<P>,
    status: Option<u16>,
    message: Option<String>,
    param: Option<Option<String>>,
    issues: Option<Vec<(&'static str, Option<String>)>>,
    retry_after: Option<Option<Duration>>,
    request_id: Option<String>,
    headers: Vec<(String, Option<String>)>,
}

#[allow(clippy::new_without_default, reason = "for the macro alone")]
impl<P: Payload> Expected<P> {
    pub fn new() -> Expected<P> {
        Expected {
            payload: None,
            status: None,
            message: None,
            param: None,
            issues: None,
            retry_after: None,
            request_id: None,
            headers: Vec::new(),
        }
    }

    pub fn of(payload: P) -> Expected<P> {
        Expected { payload: Some(payload), ..Expected::new() }
    }

    pub fn status(self, status: u16) -> Expected<P> {
        Expected { status: Some(status), ..self }
    }

    pub fn message(self, message: impl Into<String>) -> Expected<P> {
        Expected { message: Some(message.into()), ..self }
    }

    pub fn param<'p>(self, param: impl Into<Option<&'p str>>) -> Expected<P> {
        Expected { param: Some(param.into().map(str::to_owned)), ..self }
    }

    pub fn issues(self) -> Expected<P> {
        Expected { issues: Some(Vec::new()), ..self }
    }

    /// With one param or none.
    pub fn issue<I: Payload<Code = P::Code>>(mut self, param: &[&str]) -> Expected<P> {
        let param = param.first().map(|param| (*param).to_owned());
        self.issues.get_or_insert_default().push((row(I::CODE).code, param));
        self
    }

    pub fn retry_after(self, wait: impl Into<Option<Duration>>) -> Expected<P> {
        Expected { retry_after: Some(wait.into()), ..self }
    }

    pub fn request_id(self, id: impl AsRef<str>) -> Expected<P> {
        Expected { request_id: Some(id.as_ref().to_owned()), ..self }
    }

    pub fn header<'v>(mut self, name: &str, value: impl Into<Option<&'v str>>) -> Expected<P> {
        self.headers.push((name.to_owned(), value.into().map(str::to_owned)));
        self
    }
}

#[doc(hidden)]
#[track_caller]
pub fn check<A: Api<Code = P::Code>, P: Payload>(answer: &impl Answered<Api = A>, expected: Expected<P>) {
    let seen = answer.seen();
    let differences = differences(&seen, expected);
    if !differences.is_empty() {
        panic!("the answer is not the expected error\n{differences}\n{seen}");
    }
}

/// One line for each.
fn differences<A: Api<Code = P::Code>, P: Payload>(seen: &Seen<'_, A>, expected: Expected<P>) -> String {
    let row = row(P::CODE);
    let mut out = Differences(String::new());
    if seen.code() != Some(P::CODE) {
        out.add("code", format!("`{}`", row.code), seen.code_shown());
    } else if let Some(payload) = expected.payload {
        let expected = payload.into_slots();
        match seen.details::<P>() {
            Some(got) => out.fields(row, &expected, &got.into_slots()),
            None => out.add("fields", format!("those of `{}`", row.code), seen.members()),
        }
    }
    if let Some(status) = expected.status.or_else(|| Some(seen.expected_status()?.as_u16()))
        && seen.status() != Some(status)
    {
        out.add("status", status, or_none(seen.status()));
    }
    if let Some(message) = expected.message {
        out.text("message", Some(&message), seen.message().as_deref());
    }
    if let Some(param) = expected.param {
        out.text("param", param.as_deref(), seen.param());
    }
    if let Some(issues) = expected.issues {
        out.issues(&issues, &seen.issues());
    }
    if let Some(wait) = expected.retry_after {
        out.wait(wait, seen.retry_after());
    }
    if let Some(id) = expected.request_id {
        out.text("request_id", Some(&id), seen.request_id());
    }
    for (name, value) in expected.headers {
        out.text(&format!("header {}", OneLine(&name)), value.as_deref(), seen.header(&name).as_deref());
    }
    out.0
}

struct Differences(String);

impl Differences {
    fn add(&mut self, what: &str, expected: impl fmt::Display, got: impl fmt::Display) {
        // Writing to a String can't fail.
        let _ = writeln!(self.0, "  {what}: expected {expected}, got {got}");
    }

    fn text(&mut self, what: &str, expected: Option<&str>, got: Option<&str>) {
        if expected != got {
            let shown = |text: Option<&str>| or_none(text.map(|text| format!("\"{}\"", OneLine(text))));
            self.add(what, shown(expected), shown(got));
        }
    }

    fn wait(&mut self, expected: Option<Duration>, got: Option<Duration>) {
        let rounded = |wait: Duration| Duration::from_secs(seconds(wait).unsigned_abs());
        if got != expected && got != expected.map(rounded) {
            let shown =
                |wait: Option<Duration>| or_none(wait.map(|wait| format!("{} s", wait.as_secs_f64())));
            self.add("retry_after", shown(expected), shown(got));
        }
    }

    fn issues(&mut self, expected: &[(&str, Option<String>)], got: &[(&str, Option<&str>)]) {
        let expected: Vec<_> = expected.iter().map(|(code, param)| (*code, param.as_deref())).collect();
        if expected != got {
            let shown = |issues: &[(&str, Option<&str>)]| {
                let issue = |(code, param): &(&str, Option<&str>)| match param {
                    Some(param) => format!("`{}` at \"{}\"", OneLine(code), OneLine(param)),
                    None => format!("`{}`", OneLine(code)),
                };
                or_none((!issues.is_empty()).then(|| issues.iter().map(issue).collect::<Vec<_>>().join(", ")))
            };
            self.add("issues", shown(&expected), shown(got));
        }
    }

    /// What the payloads have, both as on the wire, where a time is rounded.
    fn fields(&mut self, row: &Row, expected: &Slots, got: &Slots) {
        let typed = row.fields.iter().filter_map(|field| match field.kind {
            Kind::Required(kind) | Kind::Optional(kind) => Some((field.name, kind)),
            Kind::Const(_) => None,
        });
        for (slot, (name, kind)) in typed.enumerate() {
            let json = |slots: &Slots| match slots.values.get(slot) {
                None | Some(Value::Absent) => None,
                Some(value) => serde_json::to_string(&Typed(value, kind)).ok(),
            };
            let (expected, got) = (json(expected), json(got));
            if expected != got {
                self.add(name, or_none(expected), or_none(got));
            }
        }
        for header in row.headers {
            if let HeaderSource::Slot(slot) = header.value {
                let text = |slots: &Slots| match slots.values.get(slot) {
                    Some(Value::String(text)) => Some(text.clone()),
                    _ => None,
                };
                let (expected, got) = (text(expected), text(got));
                self.text(header.name, expected.as_deref(), got.as_deref());
            }
        }
        // Only where the payload has them: what a code allows is a key of its own.
        if expected.param.is_some() {
            self.text("param", expected.param.as_deref(), got.param.as_deref());
        }
        if expected.retry_after.is_some() {
            self.wait(expected.retry_after, got.retry_after);
        }
    }
}

fn or_none(value: Option<impl fmt::Display>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| value.to_string())
}

/// An error that was not sent has no id yet.
const REQUEST_ID: &str = "req_test";

impl<'a, A: Api> Seen<'a, A> {
    fn code(&self) -> Option<A::Code> {
        match self {
            Seen::Raised(error) => Some(error.code()),
            Seen::Read(answer, _) => answer.code(),
            Seen::Success(_) => None,
        }
    }

    fn code_shown(&self) -> String {
        match self {
            Seen::Raised(error) => format!("`{}`", error.code()),
            Seen::Read(answer, _) => match (answer.code(), answer.code_str()) {
                (Some(code), _) => format!("`{code}`"),
                (None, Some(text)) => format!("`{}`, which the catalog doesn't know", OneLine(text)),
                (None, None) => "an answer that is not the API's".to_owned(),
            },
            Seen::Success(_) => "a success".to_owned(),
        }
    }

    fn details<P: Payload<Code = A::Code>>(&self) -> Option<P> {
        match self {
            Seen::Raised(error) => error.details(),
            Seen::Read(answer, _) => answer.details(),
            Seen::Success(_) => None,
        }
    }

    /// Where they are no payload's.
    fn members(&self) -> String {
        let Seen::Read(answer, _) = self else { return or_none(None::<&str>) };
        let member =
            |name| format!("`{}`: {}", OneLine(name), OneLine(answer.member_json(name).unwrap_or_default()));
        let members: Vec<_> = answer.members().map(member).collect();
        or_none((!members.is_empty()).then(|| members.join(", ")))
    }

    fn status(&self) -> Option<u16> {
        match self {
            Seen::Raised(error) => Some(error.answer(REQUEST_ID).status().as_u16()),
            Seen::Read(answer, _) => Some(answer.status().as_u16()),
            Seen::Success(response) => response.map(|(status, ..)| status.as_u16()),
        }
    }

    fn expected_status(&self) -> Option<Status> {
        match self {
            Seen::Read(answer, _) => answer.expected_status(),
            Seen::Raised(_) | Seen::Success(_) => None,
        }
    }

    fn message(&self) -> Option<Cow<'_, str>> {
        match self {
            Seen::Raised(error) => Some(error.message()),
            Seen::Read(answer, _) => answer.message().map(Cow::Borrowed),
            Seen::Success(_) => None,
        }
    }

    fn param(&self) -> Option<&str> {
        match self {
            Seen::Raised(error) => error.param(),
            Seen::Read(answer, _) => answer.param(),
            Seen::Success(_) => None,
        }
    }

    fn issues(&self) -> Vec<(&str, Option<&str>)> {
        match self {
            Seen::Raised(error) => {
                error.inner().issues.iter().map(|issue| (issue.row().code, issue.param())).collect()
            }
            Seen::Read(answer, _) => answer
                .issues()
                .iter()
                .map(|issue| (issue.code_str().unwrap_or_default(), issue.param()))
                .collect(),
            Seen::Success(_) => Vec::new(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Seen::Raised(error) => error.retry_after(),
            Seen::Read(answer, _) => answer.retry_after(),
            Seen::Success(_) => None,
        }
    }

    fn request_id(&self) -> Option<&str> {
        match self {
            Seen::Read(answer, _) => answer.request_id(),
            Seen::Raised(_) | Seen::Success(_) => None,
        }
    }

    /// Several of one name are one (RFC 9110 section 5.3).
    fn header(&self, name: &str) -> Option<String> {
        let joined = |headers: &HeaderMap| {
            let values = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
            let values: Vec<_> = values.collect();
            (!values.is_empty()).then(|| values.join(", "))
        };
        match self {
            Seen::Raised(error) => joined(&error.answer(REQUEST_ID).headers()),
            Seen::Read(_, headers) => joined((*headers)?),
            Seen::Success(response) => joined((*response)?.1),
        }
    }
}

/// The answer as it was received; of an error that was not sent, what it would be, and what led to it.
impl<A: Api> fmt::Display for Seen<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Seen::Raised(error) => {
                let answer = error.answer(REQUEST_ID);
                show(f, answer.status(), Some(&answer.headers()), &answer.body())?;
                let mut source = error.source();
                while let Some(cause) = source {
                    write!(f, "\ncaused by: {}", OneLine(&cause.to_string()))?;
                    source = cause.source();
                }
                Ok(())
            }
            Seen::Read(answer, headers) => show(f, answer.status(), *headers, answer.body()),
            Seen::Success(Some((status, headers, body))) => show(f, *status, Some(headers), body),
            Seen::Success(None) => f.write_str("Ok(_)"),
        }
    }
}

/// So much of a body is shown, in characters.
const SHOWN: usize = 4_000;

fn show(
    f: &mut fmt::Formatter<'_>,
    status: StatusCode,
    headers: Option<&HeaderMap>,
    body: &[u8],
) -> fmt::Result {
    write!(f, "HTTP {status}")?;
    for (name, value) in headers.into_iter().flatten() {
        write!(f, "\n{name}: {}", OneLine(&String::from_utf8_lossy(value.as_bytes())))?;
    }
    let text = String::from_utf8_lossy(body);
    if !text.is_empty() {
        f.write_str("\n")?;
    }
    let end = text.char_indices().nth(SHOWN).map_or(text.len(), |(at, _)| at);
    for line in text[..end].lines() {
        write!(f, "\n{}", OneLine(line))?;
    }
    match text.len() - end {
        0 => Ok(()),
        more => write!(f, "\n… and {more} bytes more"),
    }
}
