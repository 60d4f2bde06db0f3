//! From a catalog to files.

use std::path::Path;
use std::{env, fs, io};

use crate::catalog::Catalog;
use crate::{check, emit, load};

/// What a `build.rs` does: reads the catalog beside the crate's `Cargo.toml`, its parts included, and writes the Rust
/// that `errbook::include_catalog!()` includes.
///
/// ```no_run
/// // build.rs: all that stands in its `main`.
/// errbook_codegen::build("errors.yaml");
/// ```
///
/// Mistakes in the catalog are shown as errors of the build, all at once, each with its place. Writes only to
/// `OUT_DIR`, and only what changed. Never panics.
pub fn build(path: impl AsRef<Path>) {
    let path = path.as_ref();
    // The folder of the parts too, where there is one: for a path that isn't there cargo would build every time.
    for path in check::watched(path) {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    let problem = match load(path) {
        Ok(catalog) => match env::var_os("OUT_DIR") {
            Some(out) => match write(&catalog.files(), Path::new(&out)) {
                Ok(()) => return,
                Err(error) => format!("could not write to OUT_DIR: {error}"),
            },
            None => "OUT_DIR is not set: `errbook_codegen::build` is for a build script".to_owned(),
        },
        Err(report) => report.to_string(),
    };
    for line in problem.lines() {
        println!("cargo::error={line}");
    }
}

/// A generated file: its name and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// `errbook.rs`, `sending.md`
    pub name: String,
    /// UTF-8, with LF, ending in one.
    pub text: String,
}

impl Catalog {
    /// The Rust (`errbook.rs`) and the pages that it includes, which have to stand beside it.
    pub fn files(&self) -> Vec<File> {
        let mut files = vec![File { name: "errbook.rs".to_owned(), text: emit::rust::emit(self) }];
        files.extend(self.pages());
        files
    }

    /// The reference: a page of Markdown per API.
    pub fn pages(&self) -> Vec<File> {
        emit::markdown::pages(self).into_iter().map(|(name, text)| File { name, text }).collect()
    }

    /// What the reference says of a code, also of a retired one: its section on the first of its pages, and where it
    /// stands on all of them.
    ///
    /// # Errors
    ///
    /// The code that was probably meant, where there is one.
    pub fn explain(&self, code: &str) -> Result<String, Option<&str>> {
        emit::markdown::explain(self, code).ok_or_else(|| {
            let known = self.codes.iter().map(|code| code.code.as_str());
            check::nearest(code, known.chain(self.retired.iter().map(|retired| retired.code.as_str())))
        })
    }

    /// All codes, as they are on the wire, in the order of the file.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        self.codes.iter().map(|code| code.code.as_str())
    }

    /// What they are called in Rust, in the same order: the variants of `Code`, and the payloads in the module `code`.
    pub fn rust_codes(&self) -> impl Iterator<Item = &str> {
        self.codes.iter().map(|code| code.rust.upper.as_str())
    }

    /// What the APIs are called in Rust, in the order of the file.
    pub fn rust_apis(&self) -> impl Iterator<Item = &str> {
        self.apis.iter().map(|api| api.rust.upper.as_str())
    }
}

/// Writes the files that differ from what is there: an unchanged one keeps its time, and nothing is built again for it.
///
/// # Errors
///
/// What the file system says.
pub fn write(files: &[File], folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for File { name, text } in files {
        let path = folder.join(name);
        if fs::read(&path).is_ok_and(|there| there == text.as_bytes()) {
            continue;
        }
        fs::write(&path, text)?;
    }
    Ok(())
}

/// The files that are missing or differ from what is there.
pub fn stale<'f>(files: &'f [File], folder: &Path) -> Vec<&'f File> {
    let differs =
        |file: &&File| !fs::read(folder.join(&file.name)).is_ok_and(|there| there == file.text.as_bytes());
    files.iter().filter(differs).collect()
}
