//! Reads what a request carries as a type of serde, and says all that is wrong with it: each field that is missing,
//! of another type or not known, by its path (`to[1].email`).
//!
//! What can be read is read by serde_json alone. Only what can't is looked into: again and again, with something in the
//! place of what is at fault, until nothing more is found. There are at most [`Issues::MAX`](crate::Issues::MAX) faults, a
//! value is read some eight times, and of a body with more than 65,000 values nothing is told but that it can't be
//! read. Which code a fault is, `by_fault` in errors.yaml says; one of the request as a whole (no JSON, a list for an
//! object) is what `by_status` has for 400.
//!
//! ```
//! use errbook::{ErrorResponse, mail::{Sending, sending}, request};
//!
//! #[derive(Debug, serde::Deserialize)]
//! struct Email {
//!     to: Address,
//!     priority: Priority,
//!     attempts: u8,
//! }
//!
//! #[derive(Debug, serde::Deserialize)]
//! struct Address {
//!     email: String,
//! }
//!
//! #[derive(Debug, serde::Deserialize)]
//! #[serde(rename_all = "snake_case")]
//! enum Priority { Low, High }
//!
//! fn read(body: &[u8]) -> sending::Result<Email> {
//!     request::json(body)
//! }
//!
//! let error = read(br#"{"to": {}, "priority": "urgent", "attempts": 300}"#).unwrap_err();
//! let answer = ErrorResponse::<Sending>::from(error);
//! let messages: Vec<_> = answer.issues().iter().filter_map(|issue| issue.message()).collect();
//! assert_eq!(messages, [
//!     "`to.email` is missing.",
//!     "`priority` must be one of `low`, `high`.",
//!     "`attempts` must be a whole number from 0 to 255.",
//! ]);
//! ```
//!
//! A message names fields, types of JSON and the values of enums as serde has them: no type of Rust, no value of the caller's,
//! nothing that a type says of itself. That goes to the error's [`source`](std::error::Error::source), for the log.
//!
//! What is not found:
//!
//! * Serde reads `#[serde(flatten)]`, `#[serde(tag = "…")]` and `#[serde(untagged)]` from a buffer, which knows no places. What is at
//!   fault is found by leaving out one member after the other; where several may be to blame, and in all of
//!   an untagged enum, the whole has "an invalid value".
//! * Where a type reads itself and takes nothing that could be made up for it, fields missing behind it are not found.
//! * The rest of a list is not looked at after a hundred faults.
//! * Of a request with megabytes of text no more faults than a few readings of it show.

mod document;
mod dummy;
mod fault;
mod read;
mod rules;
mod source;
#[cfg(test)]
mod tests;

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use self::document::{Document, Pairs};
use self::fault::Fault;
use self::read::Reading;
pub use self::rules::BrokenRules;
use crate::Error;
use crate::catalog::{Api, ErrorCode};
use crate::raise::Inner;
use crate::text::OneLine;

/// Reads a body of JSON (RFC 8259).
///
/// ```
/// use errbook::{mail::Sending, request};
///
/// let pair: (u8, String) = request::json::<Sending, _>(br#"[1, "a"]"#)?;
/// let error = request::json::<Sending, (u8, String)>(br#"[300, "a"]"#).unwrap_err();
/// assert_eq!(error.message(), "`[0]` must be a whole number from 0 to 255.");
/// # Ok::<(), errbook::mail::sending::Error>(())
/// ```
///
/// # Errors
///
/// All that is wrong with it: see [the module](self).
pub fn json<'de, A: Api, T: Deserialize<'de>>(body: &'de [u8]) -> Result<T, Error<A>> {
    serde_json::from_slice(body).map_err(|error| all_of_json::<A, T>(body, error))
}

#[cold]
fn all_of_json<'de, A: Api, T: Deserialize<'de>>(body: &'de [u8], error: serde_json::Error) -> Error<A> {
    let text = match std::str::from_utf8(body) {
        Ok(text) => text,
        Err(at) => {
            return unreadable(format!("The body is not UTF-8, from byte {} on.", at.valid_up_to()))
                .because(error);
        }
    };
    let document = match Document::json(text) {
        Ok(document) => document,
        Err(syntax) => return unreadable(no_json(text, &syntax)).because(syntax),
    };
    let faults = document.map(|document| Reading::new(document).faults::<T>()).unwrap_or_default();
    if faults.is_empty() {
        // Too large to look into, or the type reads serde_json otherwise than any other reader.
        return unreadable("The body has an invalid value.".to_owned()).because(error);
    }
    Faults(faults).answer("The body")
}

/// Where a text stops to be JSON.
fn no_json(text: &str, error: &serde_json::Error) -> String {
    let place = format!("line {}, column {}", error.line(), error.column());
    match text {
        _ if text.trim_ascii().is_empty() => "The body is empty; it must be JSON.".to_owned(),
        _ if text.starts_with('\u{FEFF}') => {
            "The body begins with a byte order mark, which JSON has not.".to_owned()
        }
        _ if error.is_eof() => format!("The body ends too early to be JSON: {place}."),
        _ => format!("The body is not valid JSON: {place}."),
    }
}

/// Reads the query of a URL, without its `?`. A number, a boolean or the name of a variant is what its text says, a list is
/// a key that is there any number of times; what `#[serde(flatten)]` buffers stays a text.
///
/// ```
/// use errbook::{mail::Sending, request};
///
/// #[derive(serde::Deserialize)]
/// struct Listing {
///     page: Option<u32>,
///     #[serde(default)]
///     tag: Vec<String>,
/// }
///
/// let listing: Listing = request::query::<Sending, _>("page=2&tag=a&tag=b")?;
/// assert_eq!((listing.page, listing.tag.len()), (Some(2), 2));
/// let error = request::query::<Sending, Listing>("page=two").err().unwrap();
/// assert_eq!(error.param(), Some("page"));
/// # Ok::<(), errbook::mail::sending::Error>(())
/// ```
///
/// # Errors
///
/// All that is wrong with it: see [the module](self).
pub fn query<A: Api, T: DeserializeOwned>(query: &str) -> Result<T, Error<A>> {
    pairs(query.as_bytes(), "The query")
}

/// Reads a body of the type `application/x-www-form-urlencoded`, as [`query`] does.
///
/// # Errors
///
/// All that is wrong with it: see [the module](self).
pub fn form<A: Api, T: DeserializeOwned>(body: &[u8]) -> Result<T, Error<A>> {
    pairs(body, "The form")
}

fn pairs<A: Api, T: DeserializeOwned>(text: &[u8], whole: &str) -> Result<T, Error<A>> {
    let Some(pairs) = Pairs::new(form_urlencoded::parse(text)) else {
        return Err(unreadable(format!("{whole} has too many values.")));
    };
    let reading = Reading::new(pairs.document());
    reading.value().ok_or_else(|| Faults(reading.faults::<T>()).answer(whole))
}

/// Reads the parameters of a route, unescaped and each with its name: one as itself, several as a tuple or by their names.
///
/// ```
/// use errbook::{mail::Sending, request};
///
/// let place: (String, u8) = request::path::<Sending, _>([("team", "red"), ("number", "7")])?;
/// assert_eq!(place, ("red".to_owned(), 7));
/// let error = request::path::<Sending, u8>([("number", "x")]).unwrap_err();
/// assert_eq!(error.param(), Some("number"));
/// # Ok::<(), errbook::mail::sending::Error>(())
/// ```
///
/// # Errors
///
/// What can't be read, each by its name. Where the route has other parameters than the type, or another number of them, that
/// is a mistake in the server: the code of `by_status` for 500.
pub fn path<'p, A: Api, T: DeserializeOwned>(
    params: impl IntoIterator<Item = (&'p str, &'p str)>,
) -> Result<T, Error<A>> {
    let params = params.into_iter().map(|(name, value)| (name.into(), value.into()));
    let Some(params) = Pairs::new(params) else {
        return Err(Error::for_status(500));
    };
    let reading = Reading::new(params.document());
    reading.path().ok_or_else(|| {
        let faults = Faults(reading.faults_of_path::<T>());
        match faults.0.iter().any(|fault| fault.path.is_empty() || !fault.is_of_a_value()) {
            true => Error::for_status(500).because(faults),
            false => faults.answer("The path"),
        }
    })
}

/// A parameter of a route that is no text.
#[cfg(any(feature = "actix", feature = "axum"))]
pub(crate) fn no_utf8<A: Api>(param: &str) -> Error<A> {
    let by_fault = &A::INFO.by_fault;
    let message = format!("`{param}` is not UTF-8.");
    answer(vec![issue::<A>(by_fault.invalid, param, Some(message))], by_fault.invalid, false)
}

/// What can't be looked into: the code of `by_status` for 400.
pub(crate) fn unreadable<A: Api>(message: String) -> Error<A> {
    Error::for_status(400).with_message(message)
}

/// What is wrong with a request, for the answer and, with what types said, for the log.
#[derive(Debug)]
struct Faults(Vec<Fault>);

impl Faults {
    fn answer<A: Api>(self, whole: &str) -> Error<A> {
        let by_fault = &A::INFO.by_fault;
        let issue = |fault: &Fault| {
            let code = if fault.is_missing() { by_fault.missing } else { by_fault.invalid };
            issue::<A>(code, &fault.path, Some(fault.message(whole)))
        };
        let of_fields: Vec<_> = self.0.iter().filter(|fault| !fault.path.is_empty()).map(issue).collect();
        let error = match (of_fields.is_empty(), self.0.first()) {
            (true, Some(fault)) => unreadable(fault.message(whole)),
            _ => answer(of_fields, by_fault.invalid, by_fault.invalid_lists),
        };
        error.because(self)
    }
}

impl StdError for Faults {}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, fault) in self.0.iter().enumerate() {
            let separator = if at == 0 { "" } else { "; " };
            write!(f, "{separator}{}", OneLine(&fault.message("the request")))?;
            if let Some(said) = &fault.said {
                write!(f, " ({})", OneLine(said))?;
            }
        }
        Ok(())
    }
}

fn issue<A: Api>(code: A::Code, param: &str, message: Option<String>) -> Arc<Inner> {
    let mut inner = Inner::new(A::Code::TABLE, code.index());
    if inner.row().takes_param && !param.is_empty() {
        inner.param = Some(param.to_owned().into());
    }
    inner.message = message.map(Into::into);
    Arc::new(inner)
}

/// The issues of the code `whole`, if it `lists` them; one alone is the answer itself.
fn answer<A: Api>(mut issues: Vec<Arc<Inner>>, whole: A::Code, lists: bool) -> Error<A> {
    if issues.len() > 1 && lists {
        let mut whole = Inner::new(A::Code::TABLE, whole.index());
        whole.issues = issues;
        return Error::of(Arc::new(whole));
    }
    issues.truncate(1);
    issues.pop().map_or_else(|| Error::for_status(400), Error::of)
}
