use std::fs;
use std::path::Path;

use crate::{Result, cargo, step};

/// The crate outside the workspace, as its author would: tested, run, and with a mistake in its catalog.
pub(crate) fn works(root: &Path) -> Result {
    let folder = root.join("examples/own-catalog");
    step("a stranger's crate", cargo(&folder).arg("test"))?;
    step("its server and client", cargo(&folder).args(["run", "--example", "shop"]))?;
    // The third code gets a wrong status.
    let wrong = |name: &str, text: String| {
        Some(if name == "errors.yaml" { text.replace("status: 409", "status: 209") } else { text })
    };
    let shown = [
        "error: own-catalog@0.1.0: error[bad-number]:",
        "error: own-catalog@0.1.0:   --> errors.yaml:43:13",
        "error: own-catalog@0.1.0: 43 |     status: 209",
        "error: own-catalog@0.1.0: errors.yaml: 1 mistake",
    ];
    is_refused(root, "a mistake in its catalog", wrong, &shown)?;
    let forgotten = |name: &str, text| (name != "build.rs").then_some(text);
    let shown =
        ["error: there is no build script: put `errbook_codegen::build(\"errors.yaml\")` into build.rs"];
    is_refused(root, "no build script", forgotten, &shown)?;
    let line = "    errbook_codegen::build(\"errors.yaml\");\n";
    let two = |_: &str, text: String| Some(text.replace(line, &line.repeat(2)));
    let shown = [
        "error: own-catalog@0.1.0: `errbook_codegen::build` is called again, for errors.yaml, and a crate has one",
    ];
    is_refused(root, "two catalogs", two, &shown)
}

/// What its author sees of a mistake: cargo's own errors, and no backtrace.
fn is_refused(
    root: &Path,
    mistake: &str,
    edit: impl Fn(&str, String) -> Option<String>,
    expected: &[&str],
) -> Result {
    eprintln!("--- {mistake}");
    let folder = root.join("examples/own-catalog");
    // As deep as the original, so that its path dependencies fit.
    let copy = root.join("target/mistake");
    let io = |error: std::io::Error| format!("{}: {error}", copy.display());
    let _ = fs::remove_dir_all(&copy);
    fs::create_dir_all(copy.join("src")).map_err(io)?;
    for name in ["Cargo.toml", "build.rs", "errors.yaml", "src/lib.rs"] {
        let text = fs::read_to_string(folder.join(name)).map_err(io)?;
        if let Some(text) = edit(name, text) {
            fs::write(copy.join(name), text).map_err(io)?;
        }
    }
    let output = cargo(&copy)
        .args(["check", "--color", "never"])
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .output()
        .map_err(|error| format!("could not run cargo: {error}"))?;
    let shown = String::from_utf8_lossy(&output.stderr);
    let missing: Vec<&&str> = expected.iter().filter(|line| !shown.contains(**line)).collect();
    if output.status.success()
        || !missing.is_empty()
        || shown.contains("RUST_BACKTRACE")
        || shown.contains("panicked")
    {
        return Err(format!("cargo showed\n{shown}\nwithout {missing:#?}"));
    }
    Ok(())
}
