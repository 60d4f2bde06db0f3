use std::fs;
use std::path::Path;
use std::process::Command;

use crate::{Result, cargo, step};

/// What the README says of adding a code, done in a copy of the tree: its YAML is put into errors.yaml, `cargo xtask gen`
/// is run, and its Rust is a test.
pub(crate) fn adding_a_code_is_one_edit(root: &Path) -> Result {
    let readme = read(&root.join("README.md"))?;
    let section =
        readme.split_once("\n## Adding a code\n").ok_or("the README has no section `Adding a code`")?.1;
    let yaml = fence(section, "yaml")?;
    let rust = fence(section, "rust,ignore")?;

    let copy = root.join("target/edit");
    copy_tree(root, &copy)?;
    let catalog = copy.join("errors.yaml");
    write(&catalog, &format!("{}\n{yaml}", read(&catalog)?))?;
    // Not the repository's own target: its `xtask` would be replaced by the copy's.
    let target = root.join("target/edit-target");
    step(
        "the README's edit: generate",
        cargo(&copy).args(["xtask", "gen"]).env("CARGO_TARGET_DIR", &target),
    )?;
    let page = read(&copy.join("docs/reference/sending.md"))?;
    if !page.contains("<a id=\"sending_paused\"></a>") {
        return Err("the committed reference has no section for the added code".to_owned());
    }
    let user = copy.join("user");
    write(&user.join("Cargo.toml"), MANIFEST)?;
    write(&user.join("src/lib.rs"), &format!("#[test]\nfn it_is_everywhere() {{\n{rust}}}\n"))?;
    step(
        "the README's edit: server, client and page",
        cargo(&user).arg("test").env("CARGO_TARGET_DIR", &target),
    )
}

/// A crate that is a server and a client of the catalog.
const MANIFEST: &str = r#"
[workspace]

[package]
name = "user"
edition = "2024"

[dependencies]
errbook = { path = "..", features = ["mail"] }
"#;

/// The first block of a language.
fn fence(text: &str, language: &str) -> Result<String> {
    let (_, rest) = text
        .split_once(&format!("```{language}\n"))
        .ok_or(format!("the section has no block of {language}"))?;
    Ok(rest.split("```").next().unwrap_or_default().to_owned())
}

/// The files that git tracks or would.
fn copy_tree(root: &Path, copy: &Path) -> Result {
    if copy.exists() {
        fs::remove_dir_all(copy).map_err(|error| format!("{}: {error}", copy.display()))?;
    }
    let list = Command::new("git")
        .current_dir(root)
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .output()
        .map_err(|error| format!("the copy is made with git: {error}"))?;
    for name in String::from_utf8_lossy(&list.stdout).split('\0').filter(|name| !name.is_empty()) {
        let (from, to) = (root.join(name), copy.join(name));
        // Listed, but removed from the work tree.
        if !from.exists() {
            continue;
        }
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        fs::copy(&from, &to).map_err(|error| format!("{}: {error}", from.display()))?;
    }
    Ok(())
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn write(path: &Path, text: &str) -> Result {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
