use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use http::Method;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::value::RawValue;

use crate::accept;
use crate::request_id::{base32, random};

/// The key by which a server knows an operation again: minted once, and the same on each attempt.
///
/// ```
/// use errbook::retry::IdempotencyKey;
///
/// let key = IdempotencyKey::new();
/// assert_eq!(key.as_str().len(), 26);
/// assert_ne!(key, IdempotencyKey::new());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// A new key: 128 random bits in 26 characters. In a browser std has no randomness, and after a `fork` two
    /// processes have the same: bring one of your own there.
    #[expect(clippy::new_without_default, reason = "each is another")]
    pub fn new() -> IdempotencyKey {
        let digits = [base32::<13>(random()), base32::<13>(random())].concat();
        IdempotencyKey(digits.into_iter().map(char::from).collect())
    }

    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where an API expects the key: in a header, or in a member of the JSON that is sent.
///
/// ```
/// use errbook::retry::{KeyIn, Policy, Retries};
///
/// let retries = Retries::new(Policy::default()).keys(KeyIn::header("idempotency-key"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyIn(Place);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Header { name: HeaderName, quoted: bool },
    Member(Cow<'static, str>),
}

impl KeyIn {
    /// In this header, bare: `Idempotency-Key: 01j9…`.
    ///
    /// # Panics
    ///
    /// If the name is not in lower case, or none that a header can have.
    pub const fn header(name: &'static str) -> KeyIn {
        KeyIn(Place::Header { name: HeaderName::from_static(name), quoted: false })
    }

    /// In this member of a JSON object that is sent: `"client_id": "01j9…"`. Needs a body that is at hand as a whole, as reqwest has it.
    pub const fn member(name: &'static str) -> KeyIn {
        KeyIn(Place::Member(Cow::Borrowed(name)))
    }

    /// The header's value is a quoted string, as the IETF's draft has it (draft-ietf-httpapi-idempotency-key-header).
    #[must_use]
    pub fn quoted(self) -> KeyIn {
        match self.0 {
            Place::Header { name, .. } => KeyIn(Place::Header { name, quoted: true }),
            member => KeyIn(member),
        }
    }

    /// Gives a request that needs one its key, unless it has one. The body, where it is one text, comes back where it changed.
    pub(crate) fn put(&self, method: &Method, headers: &mut HeaderMap, body: Option<&[u8]>) -> Put {
        if method.is_idempotent() {
            return Put { keyed: false, body: None };
        }
        match &self.0 {
            Place::Header { name, quoted } => {
                if !headers.contains_key(name) {
                    let key = IdempotencyKey::new();
                    let text = if *quoted { format!("\"{key}\"") } else { key.0 };
                    let Ok(value) = HeaderValue::try_from(text) else {
                        return Put { keyed: false, body: None };
                    };
                    headers.insert(name, value);
                }
                Put { keyed: true, body: None }
            }
            Place::Member(name) => member(name, headers, body),
        }
    }
}

pub(crate) struct Put {
    /// Has the request a key?
    pub(crate) keyed: bool,
    /// With the key in it.
    pub(crate) body: Option<Vec<u8>>,
}

/// A key as the first member of the JSON object, whose text stays as it is otherwise.
fn member(name: &str, headers: &HeaderMap, body: Option<&[u8]>) -> Put {
    let none = Put { keyed: false, body: None };
    let Some(body) = body.filter(|_| accept::is_json(headers) == Some(true)) else { return none };
    let Ok(members) = serde_json::from_slice::<HashMap<Cow<'_, str>, &RawValue>>(body) else { return none };
    match members.get(name).map(|value| value.get()) {
        None => {}
        // A place for one.
        Some("null") => return none,
        Some(_) => return Put { keyed: true, body: None },
    }
    let Some(start) = body.iter().position(|byte| *byte == b'{') else { return none };
    let comma = if members.is_empty() { "" } else { "," };
    let key = serde_json::Value::from(name);
    let first = format!("{key}:\"{}\"{comma}", IdempotencyKey::new());
    let (before, after) = body.split_at(start + 1);
    Put { keyed: true, body: Some([before, first.as_bytes(), after].concat()) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn put(
        place: &KeyIn,
        method: Method,
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> (bool, HeaderMap, Option<String>) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        let put = place.put(&method, &mut map, Some(body.as_bytes()));
        (put.keyed, map, put.body.map(|body| String::from_utf8(body).unwrap()))
    }

    #[test]
    fn a_header_is_added_once() {
        let place = KeyIn::header("idempotency-key");
        let (keyed, headers, _) = put(&place, Method::POST, &[], "");
        assert!(keyed && headers["idempotency-key"].len() == 26);
        let (keyed, headers, _) = put(&place, Method::POST, &[("idempotency-key", "order-17")], "");
        assert!(keyed && headers["idempotency-key"] == "order-17");
        let (keyed, headers, _) = put(&place, Method::PUT, &[], "");
        assert!(!keyed && headers.is_empty());
        let (_, headers, _) = put(&place.quoted(), Method::PATCH, &[], "");
        assert!(
            headers["idempotency-key"].as_bytes().starts_with(b"\"")
                && headers["idempotency-key"].len() == 28
        );
    }

    #[test]
    fn a_member_is_added_once() {
        const JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");
        let place = KeyIn::member("client_id");
        let add = |body| put(&place, Method::POST, &[JSON], body);
        let (keyed, _, body) = add(r#" {"to":1.50}"#);
        let body = body.unwrap();
        assert!(
            keyed && body.starts_with(r#" {"client_id":""#) && body.ends_with(r#"","to":1.50}"#),
            "{body}"
        );
        let (keyed, _, body) = add("{ }");
        let read: serde_json::Value = serde_json::from_str(&body.unwrap()).unwrap();
        assert!(keyed && read["client_id"].as_str().unwrap().len() == 26);
        assert!(matches!(add(r#"{"client_id":"mine"}"#), (true, _, None)));
        for without in [r#"{"client_id":null}"#, "[]", "{", "", "5"] {
            assert!(matches!(add(without), (false, _, None)), "{without}");
        }
        assert!(matches!(
            put(&place, Method::POST, &[("content-type", "text/plain")], "{}"),
            (false, _, None)
        ));
    }
}
