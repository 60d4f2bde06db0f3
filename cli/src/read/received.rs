//! An answer as `curl -i` prints it.

use std::io::Read;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use errbook::__private::OneLine;

/// So much is read of all heads together, in bytes: what servers send is a tenth of it.
const MAX_HEAD: usize = 64 * 1024;

/// So much of a line is shown.
const MAX_SHOWN: usize = 40;

pub(crate) struct Received {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Received {
    /// Of the body, so much more than `max_body` is read that it can be seen to be longer.
    ///
    /// # Errors
    ///
    /// What is wrong with the answer, or with reading it.
    pub(crate) fn read(input: impl Read, max_body: usize) -> Result<Received, String> {
        let mut bytes = Vec::new();
        let limit = (MAX_HEAD + max_body + 1) as u64;
        input.take(limit).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
        Received::of(bytes)
    }

    fn of(bytes: Vec<u8>) -> Result<Received, String> {
        let mut lines = Lines { bytes: &bytes, at: 0, line: 0 };
        if bytes.starts_with(b"\xEF\xBB\xBF") {
            lines.at = 3;
        }
        while lines.peek().is_some_and(|line| line.trim_ascii().is_empty()) {
            lines.next();
        }
        let mut head = None;
        // A redirect that was followed, `100 Continue` and a proxy's consent are heads without a body: the last one counts.
        while let Some(status) = lines.peek().and_then(status) {
            lines.next();
            head = Some((status, headers(&mut lines)?));
        }
        let Some((status, headers)) = head else {
            return Err(match lines.peek() {
                None => "there is no answer: nothing stands in it".to_owned(),
                Some(line) => format!(
                    "the answer begins with `{}`, and not with a status as `HTTP/1.1 404 Not Found`: `curl -i` prints it",
                    shown(line)
                ),
            });
        };
        let mut body = &bytes[lines.at..];
        // The line break at the end of a file is the file's.
        if let Some(rest) = body.strip_suffix(b"\n") {
            body = rest.strip_suffix(b"\r").unwrap_or(rest);
        }
        Ok(Received { status, headers, body: Bytes::copy_from_slice(body) })
    }
}

/// `HTTP/1.1 404 Not Found`, `HTTP/2 404` (RFC 9112 section 4). Any other number is no status.
fn status(line: &[u8]) -> Option<StatusCode> {
    let (version, rest) = line.strip_prefix(b"HTTP/")?.split_at_checked(1)?;
    let rest = rest.strip_prefix(b".").and_then(|rest| rest.split_first()).map_or(rest, |(_, rest)| rest);
    let (code, reason) = rest.trim_ascii_start().split_at_checked(3)?;
    let separate = version[0].is_ascii_digit() && rest.starts_with(b" ");
    let ends = reason.first().is_none_or(u8::is_ascii_whitespace);
    StatusCode::from_bytes(code).ok().filter(|_| separate && ends)
}

/// Up to the empty line, or the end.
fn headers(lines: &mut Lines<'_>) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    while let Some(line) = lines.next() {
        if lines.at > MAX_HEAD {
            return Err(format!("the headers are longer than {MAX_HEAD} bytes"));
        }
        if line.is_empty() {
            break;
        }
        let mut unfolded = line.to_owned();
        // A line that begins with a blank goes on with the one before (RFC 9112 section 5.2).
        while let Some(folded) = lines.peek().filter(|line| line.starts_with(b" ") || line.starts_with(b"\t"))
        {
            unfolded.push(b' ');
            unfolded.extend_from_slice(folded.trim_ascii());
            lines.next();
        }
        let header = unfolded.iter().position(|byte| *byte == b':').and_then(|colon| {
            let name = HeaderName::from_bytes(&unfolded[..colon]).ok()?;
            Some((name, HeaderValue::from_bytes(unfolded[colon + 1..].trim_ascii()).ok()?))
        });
        let Some((name, value)) = header else {
            return Err(format!(
                "line {} is no header: `{}`; an empty line stands between headers and body",
                lines.line,
                shown(line)
            ));
        };
        // It holds some ten thousand; no client needs more.
        let _ = headers.try_append(name, value);
    }
    Ok(headers)
}

/// The beginning of a line, with nothing in it that a terminal would obey.
fn shown(line: &[u8]) -> String {
    format!("{:.MAX_SHOWN$}", OneLine(&String::from_utf8_lossy(line)))
}

struct Lines<'b> {
    bytes: &'b [u8],
    /// Where the next line begins.
    at: usize,
    /// How many were read.
    line: usize,
}

impl<'b> Lines<'b> {
    /// Without its line break, CRLF or LF.
    fn peek(&self) -> Option<&'b [u8]> {
        let rest = &self.bytes[self.at..];
        let line = rest.split(|byte| *byte == b'\n').next().filter(|_| !rest.is_empty())?;
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }

    fn next(&mut self) -> Option<&'b [u8]> {
        let line = self.peek()?;
        let rest = &self.bytes[self.at..];
        self.at += rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |end| end + 1);
        self.line += 1;
        Some(line)
    }
}
