use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use http::Method;
use http::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use serde_json::value::RawValue;

use crate::accept;
use crate::request_id::base32;

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
    /// A new key: 128 random bits in 26 characters. After a `fork` two processes have the same. It doesn't exist in a browser, where
    /// std has no randomness.
    #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
    #[expect(clippy::new_without_default, reason = "each is another")]
    pub fn new() -> IdempotencyKey {
        let random = crate::request_id::random;
        IdempotencyKey::from_random(u128::from(random()) << 64 | u128::from(random()))
    }

    /// The key that 128 random bits make, as a browser's `crypto.getRandomValues` gives them.
    ///
    /// ```
    /// use errbook::retry::IdempotencyKey;
    ///
    /// assert_eq!(IdempotencyKey::from_random(0x1f).as_str(), "0000000000000000000000000z");
    /// ```
    pub fn from_random(bits: u128) -> IdempotencyKey {
        let digits = [base32::<13>((bits >> 64) as u64), base32::<13>(bits as u64)].concat();
        IdempotencyKey(digits.into_iter().map(char::from).collect())
    }

    /// A new one, where there is chance.
    fn mint() -> Option<IdempotencyKey> {
        #[cfg(all(target_family = "wasm", target_os = "unknown"))]
        return None;
        #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
        Some(IdempotencyKey::new())
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

/// Where an API expects the key: in a header, or in a member of the JSON that is sent. One that is there already stays. In a
/// browser, where std has no randomness, none is made: [a key of one's own](IdempotencyKey::from_random) is put there.
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
    /// If it is no name of a header.
    #[track_caller]
    pub fn header(name: &str) -> KeyIn {
        match HeaderName::from_bytes(name.as_bytes()) {
            Ok(name) => KeyIn(Place::Header { name, quoted: false }),
            Err(_) => panic!("{name:?} is no name of a header"),
        }
    }

    /// In this member of a JSON object that is sent: `"client_id": "01j9…"`. Needs a body that is at hand as a whole, as reqwest
    /// has it, is JSON by its content type, and has no such member yet, not even an empty one. What tells the length of
    /// the body or a digest of it is taken out of the headers.
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

    /// Gives a request that needs one its key, unless it has one. One that is idempotent needs none, and may have one. The
    /// body, where it is one text, comes back where it changed.
    pub(crate) fn put(&self, method: &Method, headers: &mut HeaderMap, body: Option<&[u8]>) -> Put {
        let mint = || if method.is_idempotent() { None } else { IdempotencyKey::mint() };
        match &self.0 {
            Place::Header { name, quoted } => {
                if headers.get(name).is_none_or(|value| is_empty(value.as_bytes())) {
                    let text = |key| if *quoted { format!("\"{key}\"") } else { format!("{key}") };
                    let key = mint().and_then(|key| HeaderValue::try_from(text(key)).ok());
                    let Some(key) = key else { return Put { keyed: false, body: None } };
                    headers.insert(name, key);
                }
                Put { keyed: true, body: None }
            }
            Place::Member(name) => member(name, headers, body, mint),
        }
    }
}

pub(crate) struct Put {
    /// Has the request a key?
    pub(crate) keyed: bool,
    /// With the key in it.
    pub(crate) body: Option<Vec<u8>>,
}

/// Quoted or not.
fn is_empty(key: &[u8]) -> bool {
    key.iter().all(|byte| *byte == b'"' || byte.is_ascii_whitespace())
}

/// A key as the first member of the JSON object, whose text stays as it is otherwise.
fn member(
    name: &str,
    headers: &mut HeaderMap,
    body: Option<&[u8]>,
    mint: impl Fn() -> Option<IdempotencyKey>,
) -> Put {
    let none = Put { keyed: false, body: None };
    let Some(body) = body.filter(|_| accept::is_json(headers) == Some(true)) else { return none };
    let Ok(members) = serde_json::from_slice::<HashMap<Cow<'_, str>, &RawValue>>(body) else { return none };
    match members.get(name).map(|value| value.get()) {
        None => {}
        // A number, or a text with something in it.
        Some(key)
            if !is_empty(key.as_bytes())
                && key.starts_with(|first: char| first == '"' || first.is_ascii_digit()) =>
        {
            return Put { keyed: true, body: None };
        }
        Some(_) => return none,
    }
    let Some(start) = body.iter().position(|byte| *byte == b'{') else { return none };
    let comma = if members.is_empty() { "" } else { "," };
    let Some(key) = mint() else { return none };
    let first = format!("{}:\"{key}\"{comma}", serde_json::Value::from(name));
    let (before, after) = body.split_at(start + 1);
    // Of the body without it (RFC 9110 section 8.6, RFC 9530, RFC 1864).
    for of_the_body in [CONTENT_LENGTH.as_str(), "content-digest", "repr-digest", "digest", "content-md5"] {
        headers.remove(of_the_body);
    }
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
        let (keyed, headers, _) = put(&place, Method::PUT, &[("idempotency-key", "order-17")], "");
        assert!(keyed && headers["idempotency-key"] == "order-17");
        // What is empty is none.
        for empty in ["", " ", "\"\""] {
            let (keyed, headers, _) = put(&place, Method::POST, &[("idempotency-key", empty)], "");
            assert!(keyed && headers["idempotency-key"].len() == 26);
        }
        let (_, headers, _) = put(&place.quoted(), Method::PATCH, &[], "");
        assert!(
            headers["idempotency-key"].as_bytes().starts_with(b"\"")
                && headers["idempotency-key"].len() == 28
        );
    }

    #[test]
    #[should_panic = "\"idempotency key\" is no name of a header"]
    fn a_name_that_is_none() {
        KeyIn::header("idempotency key");
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
        for with in [r#"{"client_id":"mine"}"#, r#"{"client_id":17}"#] {
            assert!(matches!(add(with), (true, _, None)), "{with}");
        }
        const EMPTY: [&str; 3] = [r#"{"client_id":null}"#, r#"{"client_id":" "}"#, r#"{"client_id":[]}"#];
        for without in ["[]", "{", "", "5"].into_iter().chain(EMPTY) {
            assert!(matches!(add(without), (false, _, None)), "{without}");
        }
        // Nothing tells the length of another body.
        let of_the_body = [JSON, ("content-length", "2"), ("repr-digest", "sha-256=:x:")];
        let (_, headers, body) = put(&place, Method::POST, &of_the_body, "{}");
        assert!(body.is_some() && headers.len() == 1, "{headers:?}");
        assert!(matches!(
            put(&place, Method::POST, &[("content-type", "text/plain")], "{}"),
            (false, _, None)
        ));
    }
}
