//! Text on its way out: escaped for JSON, for one line of a log, for a URL.

use std::fmt::{self, Write as _};

use serde::Serialize;

/// Appends the text as a JSON string (RFC 8259 section 7), byte for byte what serde_json writes.
pub(crate) fn push_json(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    push_escaped(out, text);
    out.push(b'"');
}

/// The same without the quotes, for a value whose text is made on the way.
pub(crate) fn push_json_inside(out: &mut Vec<u8>, value: impl fmt::Display) {
    struct Escaped<'o>(&'o mut Vec<u8>);

    impl fmt::Write for Escaped<'_> {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            push_escaped(self.0, text);
            Ok(())
        }
    }

    // Writing to a Vec can't fail.
    let _ = write!(Escaped(out), "{value}");
}

pub(crate) fn push_number(out: &mut Vec<u8>, number: impl Serialize) {
    // Writing a number to a Vec can't fail.
    let _ = serde_json::to_writer(out, &number);
}

#[inline]
pub(crate) fn push_escaped(out: &mut Vec<u8>, text: &str) {
    match next_escape(text.as_bytes()) {
        None => out.extend_from_slice(text.as_bytes()),
        Some(at) => push_escapes(out, text.as_bytes(), at),
    }
}

/// The same of a text whose first character to escape is known.
fn push_escapes(out: &mut Vec<u8>, mut rest: &[u8], mut at: usize) {
    loop {
        let (plain, from) = rest.split_at(at);
        out.extend_from_slice(plain);
        let byte = from[0];
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0C => out.extend_from_slice(b"\\f"),
            _ => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                out.extend_from_slice(b"\\u00");
                out.push(HEX[usize::from(byte >> 4)]);
                out.push(HEX[usize::from(byte & 15)]);
            }
        }
        rest = &from[1..];
        match next_escape(rest) {
            Some(next) => at = next,
            None => return out.extend_from_slice(rest),
        }
    }
}

/// Where the first byte stands that JSON escapes: a quote, a backslash, a control character.
pub(crate) fn next_escape(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    // In a byte of ASCII, taking one away sets the high bit of zero alone, and taking away 0x20 that of a control
    // character. What it borrows from may be reported wrongly, but not the lowest byte that is.
    let escape = |word: u64| {
        let control = word.wrapping_sub(ONES * 0x20);
        let quote = (word ^ (ONES * u64::from(b'"'))).wrapping_sub(ONES);
        let backslash = (word ^ (ONES * u64::from(b'\\'))).wrapping_sub(ONES);
        let found = (control | quote | backslash) & !word & HIGH;
        (found != 0).then_some(found.trailing_zeros() as usize / 8)
    };

    let (chunks, rest) = bytes.as_chunks::<8>();
    for (at, chunk) in chunks.iter().enumerate() {
        if let Some(byte) = escape(u64::from_le_bytes(*chunk)) {
            return Some(at * 8 + byte);
        }
    }
    // The last bytes, some of which were looked at already.
    if let Some(last) = bytes.last_chunk::<8>() {
        return match rest {
            [] => None,
            _ => escape(u64::from_le_bytes(*last)).map(|byte| bytes.len() - 8 + byte),
        };
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        let word = u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << 32;
        return escape(word).map(|byte| if byte < 4 { byte } else { bytes.len() + byte - 8 });
    }
    bytes.iter().position(|byte| needs_escape(*byte))
}

fn needs_escape(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// Appends what may stand in a URL's fragment or path as it is, and the rest percent-encoded (RFC 3986 section 2.1).
pub(crate) fn push_url(out: &mut Vec<u8>, text: &str) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|byte| !plain(byte)) {
        let byte = rest[at];
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(&[b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
}

/// Text from outside in one line of a log: control characters, line breaks and bidirectional marks are escaped. With a precision
/// (`{:.100}`) of a longer one so many characters, and an ellipsis.
pub struct OneLine<'t>(pub &'t str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let max = f.precision().unwrap_or(usize::MAX);
        for (at, char) in self.0.chars().enumerate() {
            match char {
                _ if at == max => return f.write_char('…'),
                '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}' | '\u{061C}' => {
                    write!(f, "{}", char.escape_unicode())?;
                }
                char if char.is_control() => write!(f, "{}", char.escape_default())?,
                char => f.write_char(char)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn json_is_what_serde_json_writes() {
        let all: String = (0..=0x250_u32).filter_map(char::from_u32).collect();
        // Every character at every place of an eight-byte word.
        for (at, _) in all.char_indices() {
            for length in [1, 7, 8, 9, 20] {
                let text: String = all[at..].chars().take(length).collect();
                let mut out = Vec::new();
                push_json(&mut out, &text);
                assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string(&text).unwrap());
            }
        }
    }

    #[test]
    fn a_url_holds_what_may_stand_in_one() {
        let mut out = Vec::new();
        push_url(&mut out, "a-b.c_d~9/\u{e9} z");
        assert_eq!(out, b"a-b.c_d~9%2F%C3%A9%20z");
    }

    #[test]
    fn a_line_stays_one() {
        assert_eq!(OneLine("a\n\u{1b}[31mb\u{202e}").to_string(), "a\\n\\u{1b}[31mb\\u{202e}");
    }
}
