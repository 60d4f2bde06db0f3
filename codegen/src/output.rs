//! From a catalog to files.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
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
///
/// A crate has one catalog: a second call is such an error, too.
pub fn build(path: impl AsRef<Path>) {
    static CALLED: AtomicBool = AtomicBool::new(false);
    if let Err(problem) = build_into(path.as_ref(), env::var_os("OUT_DIR").as_deref(), &CALLED) {
        for line in problem.lines() {
            println!("cargo::error={line}");
        }
    }
}

fn build_into(path: &Path, out: Option<&OsStr>, called: &AtomicBool) -> Result<(), String> {
    // It would write over what the first one wrote.
    if called.swap(true, Ordering::Relaxed) {
        return Err(format!(
            "`errbook_codegen::build` is called again, for {}, and a crate has one catalog: put this one into a crate of \
             its own, or both into one file with an entry under `apis:` for each",
            path.display()
        ));
    }
    // The folder of the parts too, where there is one: for a path that isn't there cargo would build every time.
    for path in check::watched(path) {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    let catalog = load(path).map_err(|report| report.to_string())?;
    let out = out.ok_or("OUT_DIR is not set: `errbook_codegen::build` is for a build script")?;
    write(&catalog.files(), Path::new(out)).map_err(|error| format!("could not write to OUT_DIR: {error}"))
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_has_one_catalog() {
        let folder = env::temp_dir().join(format!("errbook-two-catalogs-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let catalog = |name: &str| {
            let path = folder.join(format!("{name}.yaml"));
            let codes = "{a: {status: 400, retryable: false, message: A.}, z: {status: 500, retryable: true, message: Z.}}";
            let text = format!(
                "errbook: 1\nname: {name}\ndocs: https://{name}.example\nby_status: {{4xx: a, 5xx: z}}\ncodes: {codes}\n"
            );
            fs::write(&path, text).unwrap();
            path
        };
        let (out, called) = (folder.join("out"), AtomicBool::new(false));
        assert_eq!(build_into(&catalog("first"), Some(out.as_os_str()), &called), Ok(()));
        let generated = fs::read_to_string(out.join("errbook.rs")).unwrap();
        let second = build_into(Path::new("second.yaml"), Some(out.as_os_str()), &called).unwrap_err();
        assert_eq!(
            second,
            "`errbook_codegen::build` is called again, for second.yaml, and a crate has one catalog: put this one into \
             a crate of its own, or both into one file with an entry under `apis:` for each"
        );
        assert!(generated.contains("First"));
        assert_eq!(fs::read_to_string(out.join("errbook.rs")).unwrap(), generated);
        assert_eq!(
            build_into(&catalog("third"), None, &AtomicBool::new(false)).unwrap_err(),
            "OUT_DIR is not set: `errbook_codegen::build` is for a build script"
        );
        fs::remove_dir_all(&folder).unwrap();
    }
}
