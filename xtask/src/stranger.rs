use std::fs;
use std::path::Path;

use crate::{Result, cargo, step};

/// The crate outside the workspace, as its author would: tested, run, and with a mistake in its catalog.
pub(crate) fn works(root: &Path) -> Result {
    let folder = root.join("examples/own-catalog");
    step("a stranger's crate", cargo(&folder).arg("test"))?;
    step("its server and client", cargo(&folder).args(["run", "--example", "shop"]))?;
    a_mistake_is_an_error_of_the_build(root, &folder)
}

/// What the author of a catalog sees: the picture of the mistake as cargo's own errors, and no backtrace.
fn a_mistake_is_an_error_of_the_build(root: &Path, folder: &Path) -> Result {
    eprintln!("--- a mistake in its catalog");
    let copy = root.join("target/mistake");
    let io = |error: std::io::Error| format!("{}: {error}", copy.display());
    fs::create_dir_all(copy.join("src")).map_err(io)?;
    for name in ["Cargo.toml", "build.rs", "errors.yaml", "src/lib.rs"] {
        let text = fs::read_to_string(folder.join(name)).map_err(io)?;
        // The copy lies as deep as the original, so its path dependencies fit; the third code gets a wrong status.
        let text = if name == "errors.yaml" { text.replace("status: 409", "status: 209") } else { text };
        fs::write(copy.join(name), text).map_err(io)?;
    }
    let output = cargo(&copy)
        .args(["check", "--color", "never"])
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .output()
        .map_err(|error| format!("could not run cargo: {error}"))?;
    let shown = String::from_utf8_lossy(&output.stderr);
    let expected = [
        "error: own-catalog@0.1.0: error[bad-number]:",
        "error: own-catalog@0.1.0:   --> errors.yaml:43:13",
        "error: own-catalog@0.1.0: 43 |     status: 209",
        "error: own-catalog@0.1.0: errors.yaml: 1 mistake",
    ];
    let missing: Vec<&str> = expected.into_iter().filter(|line| !shown.contains(line)).collect();
    if output.status.success()
        || !missing.is_empty()
        || shown.contains("backtrace")
        || shown.contains("panicked")
    {
        return Err(format!("cargo showed\n{shown}\nwithout {missing:#?}"));
    }
    Ok(())
}
