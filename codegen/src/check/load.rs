//! The file itself.

use super::{LARGEST, check};
use crate::catalog::Catalog;
use crate::report::{Diagnostic, Mistake, Report, Sink, Span};
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// Reads an `errors.yaml`. Reports and generated files call it as `path` does.
pub fn load(path: impl AsRef<Path>) -> Result<Catalog, Report> {
    let path = path.as_ref();
    // Generated files name it, and are the same on every system.
    let name = path.to_string_lossy().replace('\\', "/");
    let bytes = read(path).map_err(|error| unreadable(&name, &error))?;
    match std::str::from_utf8(&bytes) {
        Ok(text) => check(&name, text),
        Err(error) => Err(not_utf8(&name, &bytes, error.valid_up_to())),
    }
}

/// One byte more than is checked, so that the check can tell that there is more.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = u64::try_from(LARGEST).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unreadable(name: &str, error: &io::Error) -> Report {
    let why = match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    };
    let mut diagnostic = Diagnostic::new(Mistake::UnreadableFile, format!("`{name}` can't be read: {why}"));
    if error.kind() == io::ErrorKind::NotFound && Path::new(name).is_relative() {
        diagnostic = diagnostic.help(
            "a build script finds files from the folder of its `Cargo.toml`, a command from where it is called",
        );
    }
    let mut sink = Sink::default();
    sink.push(diagnostic);
    Report::new(name, "", sink)
}

fn not_utf8(name: &str, bytes: &[u8], valid: usize) -> Report {
    let mut sink = Sink::default();
    if bytes.len() > LARGEST {
        // It may be valid and only cut in the middle of a character.
        return match check(name, &" ".repeat(bytes.len())) {
            Ok(_) => Report::new(name, "", sink),
            Err(report) => report,
        };
    }
    let text = String::from_utf8_lossy(bytes);
    sink.push(
        Diagnostic::new(Mistake::NotUtf8, "the file is not UTF-8")
            .at(
                Span::new(valid, valid + char::REPLACEMENT_CHARACTER.len_utf8()),
                "no character of UTF-8 from here",
            )
            .help("save it as UTF-8"),
    );
    Report::new(name, &text, sink)
}
