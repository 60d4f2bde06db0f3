//! The files of `apis`.

use std::fs;
use std::path::{Path, PathBuf};

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

/// An answer as it stands in a file: `HTTP/1.1 404 …`, headers, an empty line, the body. The line break at the end is
/// the file's and not the body's.
pub(crate) struct Received {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Received {
    pub(crate) fn read(path: &Path) -> Received {
        let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let end = bytes.windows(2).position(|pair| pair == b"\n\n").expect("an empty line after the headers");
        let body = &bytes[end + 2..];
        let mut head = bytes[..end].split(|byte| *byte == b'\n');
        let status = head.next().and_then(|line| line.strip_prefix(b"HTTP/1.1 ")).expect("a status line");
        let mut headers = HeaderMap::new();
        for line in head {
            let colon = line.iter().position(|byte| *byte == b':').expect("a header");
            let name = HeaderName::from_bytes(&line[..colon]).unwrap();
            headers.append(name, HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).unwrap());
        }
        Received {
            status: StatusCode::from_bytes(&status[..3]).unwrap(),
            headers,
            body: body.strip_suffix(b"\n").unwrap_or(body).to_owned(),
        }
    }
}

pub(crate) fn folder(api: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("apis").join(api).join("answers")
}
