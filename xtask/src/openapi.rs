//! Third parties read the OpenAPI documents: a validator, and a generator of clients whose client reads every answer.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Result, cargo, root, step};

pub(crate) fn check() -> Result {
    let root = root();
    is_understood(&root, &tools(&root)?)
}

/// With the folder of the [`tools`].
pub(crate) fn is_understood(root: &Path, tools: &Path) -> Result {
    let folder = folder(root);
    let tests = root.join("tests/openapi");

    let mut write = cargo(root);
    write.args(["test", "--package", "errbook", "--all-features", "--test", "openapi"]);
    step(
        "OpenAPI documents",
        write.args(["--", "--ignored", "--exact", "documents_are_written"]).env("ERRBOOK_OPENAPI", &folder),
    )?;

    for name in ["hostile", "mail", "shapes", "shapes_inline"] {
        let document = folder.join(name).with_extension("json");
        let mut validate = Command::new(tools.join("openapi-spec-validator"));
        step(&format!("{name}: valid OpenAPI 3.1"), validate.args(["--schema", "3.1"]).arg(&document))?;
        if name == "hostile" {
            continue;
        }
        let mut generate = Command::new(tools.join("openapi-python-client"));
        generate.args(["generate", "--meta", "none", "--overwrite", "--fail-on-warning", "--path"]);
        generate.arg(&document).arg("--output-path").arg(folder.join(name));
        // The generator calls ruff, to format what it wrote.
        let path = std::env::var_os("PATH").unwrap_or_default();
        let paths = [tools.to_owned()].into_iter().chain(std::env::split_paths(&path));
        let path = std::env::join_paths(paths).map_err(|error| error.to_string())?;
        step(&format!("{name}: a client"), generate.env("PATH", path))?;
    }
    let python = tools.join("python");
    step("its answers", Command::new(&python).arg(tests.join("check.py")).arg(&folder))?;
    let mut types = Command::new(&python);
    types
        .args(["-m", "mypy", "--strict", "--follow-imports", "silent", "--cache-dir"])
        .arg(folder.join("mypy"));
    step("its types", types.arg(tests.join("uses.py")).env("MYPYPATH", &folder))
}

fn folder(root: &Path) -> PathBuf {
    root.join("target/openapi")
}

/// The folder with the pinned tools, made anew where the pins have changed.
pub(crate) fn tools(root: &Path) -> Result<PathBuf> {
    let folder = folder(root);
    let io = |error: std::io::Error| format!("{}: {error}", folder.display());
    let pins = root.join("tests/openapi/requirements.txt");
    let wanted = fs::read_to_string(&pins).map_err(|error| format!("{}: {error}", pins.display()))?;
    let (venv, installed) = (folder.join("venv"), folder.join("installed.txt"));
    let tools = venv.join(if cfg!(windows) { "Scripts" } else { "bin" });
    if fs::read_to_string(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(tools);
    }
    fs::create_dir_all(&folder).map_err(io)?;
    let mut make = Command::new("python3");
    step("tools for OpenAPI", make.args(["-m", "venv", "--clear"]).arg(&venv)).map_err(|reason| {
        format!(
            "the OpenAPI documents are read by tools that need Python 3.11 with venv (`python3`): install it, on \
             Debian with `apt-get install python3-venv` ({reason})"
        )
    })?;
    let mut install = Command::new(tools.join("python"));
    install.args(["-m", "pip", "install", "--quiet", "--no-deps", "--requirement"]).arg(&pins);
    step("their packages, from PyPI", &mut install)?;
    fs::write(installed, wanted).map_err(io)?;
    Ok(tools)
}
