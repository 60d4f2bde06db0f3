//! The files themselves: `errors.yaml`, and its parts in the folder `errors` beside it.

use super::{LARGEST, check_source, too_large};
use crate::catalog::Catalog;
use crate::report::{Diagnostic, Mistake, Report, Sink, Span};
use crate::source::Source;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// So many parts are read.
const MOST: usize = 1_000;

/// Reads an `errors.yaml` and its parts: the files `errors/*.yaml` beside it, in the order of their names, as if all were
/// written in one file. Reports and generated files call them as `path` does.
pub fn load(path: impl AsRef<Path>) -> Result<Catalog, Report> {
    let path = path.as_ref();
    let mut sink = Sink::default();
    let mut files = Vec::new();
    let mut left = LARGEST;
    match read(path, left) {
        Ok(bytes) => {
            left = left.saturating_sub(bytes.len());
            files.push((name(path), bytes));
        }
        Err(error) => {
            sink.push(unreadable(&name(path), &error, path.is_relative()));
            return Err(Report::new(Source::new(&name(path), ""), sink));
        }
    }
    for part in parts(path, &mut sink) {
        match read(&part, left) {
            Ok(bytes) => {
                left = left.saturating_sub(bytes.len());
                files.push((name(&part), bytes));
            }
            Err(error) => sink.push(unreadable(&name(&part), &error, false)),
        }
    }
    if files.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() > LARGEST {
        sink.push(too_large(&name(path), files.len()));
        return Err(Report::new(Source::new(&name(path), ""), sink));
    }

    let mut source = Source::default();
    for (name, bytes) in &files {
        let text = String::from_utf8_lossy(bytes);
        let start = source.push(name, &text);
        if let Err(error) = std::str::from_utf8(bytes) {
            sink.push(not_utf8(start + error.valid_up_to()));
        }
    }
    if sink.is_empty() { check_source(source) } else { Err(Report::new(source, sink)) }
}

/// The files that a catalog is read from and those that would be: for a build script, which has to know what to watch.
pub(crate) fn watched(path: &Path) -> Vec<PathBuf> {
    let folder = folder(path).filter(|folder| folder.is_dir());
    let parts = parts(path, &mut Sink::default());
    [path.to_owned()].into_iter().chain(folder).chain(parts).collect()
}

/// What generated files call it, the same on every system.
fn name(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

/// `errors` of `errors.yaml`.
fn folder(path: &Path) -> Option<PathBuf> {
    let folder = path.with_extension("");
    (folder != path).then_some(folder)
}

/// The parts in the order of their names.
fn parts(path: &Path, sink: &mut Sink) -> Vec<PathBuf> {
    let Some(folder) = folder(path) else { return Vec::new() };
    // A file of that name is none of ours.
    if !folder.is_dir() {
        return Vec::new();
    }
    let mut names = match names(&folder) {
        Ok(names) => names,
        Err(error) => {
            sink.push(unreadable(&name(&folder), &error, false));
            return Vec::new();
        }
    };
    if names.len() > MOST {
        sink.push(
            Diagnostic::new(
                Mistake::TooManyFiles,
                format!("`{}` holds more than {MOST} files", name(&folder)),
            )
            .help("put several codes into one file"),
        );
        return Vec::new();
    }
    names.sort_unstable();
    let mut parts = Vec::new();
    for part in names.into_iter().map(|name| folder.join(name)) {
        let is_yaml = part.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
        match fs::metadata(&part) {
            Ok(found) if found.is_dir() => sink.push(
                Diagnostic::new(Mistake::Subfolder, format!("`{}` is a folder in a folder", name(&part)))
                    .help(format!("move its files to `{}`", name(&folder))),
            ),
            _ if !is_yaml => {}
            Ok(found) if found.is_file() => parts.push(part),
            // Reading a pipe would wait for somebody to write.
            Ok(_) => sink.push(unreadable(&name(&part), &io::Error::other("it is no file"), false)),
            Err(error) => sink.push(unreadable(&name(&part), &error, false)),
        }
    }
    parts
}

/// What is in the folder and not hidden; of very much, no more than tells that it is too much.
fn names(folder: &Path) -> io::Result<Vec<OsString>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        if !name.as_encoded_bytes().starts_with(b".") {
            names.push(name);
        }
        if names.len() > MOST {
            break;
        }
    }
    Ok(names)
}

/// One byte more than may be there, so that it can be told that there is more.
fn read(path: &Path, left: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = u64::try_from(left).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unreadable(name: &str, error: &io::Error, relative: bool) -> Diagnostic {
    let why = match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    };
    let diagnostic = Diagnostic::new(Mistake::UnreadableFile, format!("`{name}` can't be read: {why}"));
    if error.kind() == io::ErrorKind::NotFound && relative {
        return diagnostic.help(
            "a build script finds files from the folder of its `Cargo.toml`, a command from where it is called",
        );
    }
    diagnostic
}

fn not_utf8(at: usize) -> Diagnostic {
    Diagnostic::new(Mistake::NotUtf8, "the file is not UTF-8")
        .at(Span::new(at, at + char::REPLACEMENT_CHARACTER.len_utf8()), "no character of UTF-8 from here")
        .help("save it as UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_script_watches_every_file_that_is_read() {
        let folder = Path::new("tests/cases/parts");
        let names = ["errors.yaml", "errors", "errors/orders.yaml", "errors/plans.yml", "errors/zz.yaml"];
        assert_eq!(watched(&folder.join("errors.yaml")), names.map(|name| folder.join(name)));
        // A path that isn't there would be changed with every build.
        let alone = Path::new("tests/cases/shop/errors.yaml");
        assert_eq!(watched(alone), [alone]);
    }
}
