use std::fmt;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::HeaderValue;

use crate::catalog::{Api, ErrorCode as _};

/// The id of one request: in the answer's body, in its header, in the log, and what a user tells support.
///
/// ```
/// use errbook::{RequestId, mail::Sending};
///
/// let id = RequestId::new::<Sending>();
/// assert!(id.as_str().starts_with("req_"));
/// assert_ne!(id, RequestId::new::<Sending>());
/// ```
// As a header's value, for it goes into two headers of each request, and a clone of one copies nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// The longest id that is accepted from outside, in bytes.
    pub const MAX_LEN: usize = 128;

    /// A new id with the catalog's `request_id_prefix`: the time in milliseconds and 64 random bits, so that ids sort
    /// by time. In a browser std has neither clock nor randomness: bring an id of your own there, by
    /// [`from_text`](RequestId::from_text).
    pub fn new<A: Api>() -> RequestId {
        let mut id = Minted { bytes: [0; RequestId::MAX_LEN], len: 0 };
        id.push(A::Code::TABLE.request_id_prefix.as_bytes());
        id.push(&base32::<10>(milliseconds()));
        id.push(&base32::<13>(random()));
        // The checker has seen to it that a header can hold the prefix.
        let value = HeaderValue::from_maybe_shared(Bytes::from_owner(id));
        RequestId(value.unwrap_or(HeaderValue::from_static("req")))
    }

    /// The id of an incoming `X-Request-Id`, where it is fit to be repeated in a body, a header and a log: 1 to 128
    /// characters of `A-Z a-z 0-9 - . _ ~ : / + =`. Anything else is `None`: use a new one.
    ///
    /// ```
    /// use errbook::RequestId;
    ///
    /// assert!(RequestId::from_header(&"req_1".parse().unwrap()).is_some());
    /// assert!(RequestId::from_header(&"\"><script>".parse().unwrap()).is_none());
    /// ```
    pub fn from_header(value: &HeaderValue) -> Option<RequestId> {
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~:/+=".contains(byte);
        let fits = (1..=RequestId::MAX_LEN).contains(&value.len()) && value.as_bytes().iter().all(plain);
        fits.then(|| RequestId(value.clone()))
    }

    /// The same for an id of your own making.
    pub fn from_text(text: &str) -> Option<RequestId> {
        RequestId::from_header(&HeaderValue::from_str(text).ok()?)
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }
}

/// A new id. As the owner of its bytes it is one allocation, however often it is cloned: every answer has one.
struct Minted {
    bytes: [u8; RequestId::MAX_LEN],
    len: usize,
}

impl Minted {
    /// As far as there is room.
    fn push(&mut self, text: &[u8]) {
        let room = &mut self.bytes[self.len..];
        let len = text.len().min(room.len());
        room[..len].copy_from_slice(&text[..len]);
        self.len += len;
    }
}

impl AsRef<[u8]> for Minted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl AsRef<str> for RequestId {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// For a header of the answer.
impl From<&RequestId> for HeaderValue {
    fn from(id: &RequestId) -> HeaderValue {
        id.0.clone()
    }
}

/// Lower-case base 32 without `i l o u` (Crockford's), most significant digit first, so that text sorts as numbers do.
pub(crate) fn base32<const DIGITS: usize>(mut number: u64) -> [u8; DIGITS] {
    let mut digits = [b'0'; DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789abcdefghjkmnpqrstvwxyz"[(number & 31) as usize];
        number >>= 5;
    }
    digits
}

fn milliseconds() -> u64 {
    // A browser's wasm has no clock that std can read.
    #[cfg(all(target_family = "wasm", target_os = "unknown"))]
    return 0;
    #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// Not for secrets: std's hash keys, which are random, over a counter.
pub(crate) fn random() -> u64 {
    static KEYS: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut hasher = KEYS.build_hasher();
    hasher.write_u64(COUNT.fetch_add(1, Ordering::Relaxed));
    hasher.finish()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn base32_sorts_as_numbers_do() {
        assert_eq!(&base32::<13>(0), b"0000000000000");
        assert_eq!(&base32::<13>(u64::MAX), b"fzzzzzzzzzzzz");
        assert!(base32::<10>(31) < base32::<10>(32));
    }

    #[test]
    fn only_plain_ids_are_kept() {
        for bad in ["", " ", "a b", "a\"b", "a,b", "<a>", &"x".repeat(129)] {
            assert_eq!(RequestId::from_header(&HeaderValue::from_str(bad).unwrap()), None, "{bad}");
        }
        assert_eq!(RequestId::from_header(&HeaderValue::from_bytes(b"caf\xc3\xa9").unwrap()), None);
        assert!(RequestId::from_header(&HeaderValue::from_str(&"x".repeat(128)).unwrap()).is_some());
    }
}
