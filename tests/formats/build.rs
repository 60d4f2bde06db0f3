//! Generates a module for each folder of `apis`, and the macro by which the tests reach all of them; and one for each of
//! `versions`.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=apis");
    println!("cargo::rerun-if-changed=versions");
    if let Err(problem) = generate() {
        for line in problem.lines() {
            println!("cargo::error={line}");
        }
    }
}

fn generate() -> Result<(), String> {
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    let (mut modules, mut table) = (String::new(), String::new());
    for name in names("apis")? {
        one("apis", &name, &out, &mut modules, &mut table)?;
    }
    for name in names("versions")? {
        one("versions", &name, &out, &mut modules, &mut String::new())?;
    }
    let text = format!(
        "{modules}\n/// Calls a macro with each API: its name, its type, the payloads of its codes.\n#[macro_export]\n\
         macro_rules! every_api {{\n    ($call:ident) => {{\n{table}    }};\n}}\n"
    );
    fs::write(out.join("apis.rs"), text).map_err(|error| format!("apis.rs: {error}"))
}

fn names(folder: &str) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| format!("{folder}: {error}"))? {
        let name = entry.map_err(|error| format!("{folder}: {error}"))?.file_name();
        names.push(name.into_string().map_err(|name| format!("{folder}: {} is no UTF-8", name.display()))?);
    }
    names.sort();
    Ok(names)
}

fn one(folder: &str, name: &str, out: &Path, modules: &mut String, table: &mut String) -> Result<(), String> {
    let catalog =
        errbook_codegen::load(format!("{folder}/{name}/errors.yaml")).map_err(|report| report.to_string())?;
    errbook_codegen::write(&catalog.files(), &out.join(name)).map_err(|error| format!("{name}: {error}"))?;
    let api = catalog.rust_apis().next().ok_or_else(|| format!("{name} has no API"))?;
    let codes: Vec<_> = catalog.rust_codes().map(|code| format!("$crate::{name}::code::{code}")).collect();
    let written = writeln!(
        modules,
        "/// Of `{folder}/{name}`.\npub mod {name} {{\n    include!(concat!(env!(\"OUT_DIR\"), \"/{name}/errbook.rs\"));\n}}"
    );
    written
        .and_then(|()| {
            writeln!(table, "        $call!({name:?}, $crate::{name}::{api}, [{}]);", codes.join(", "))
        })
        .map_err(|error| error.to_string())
}
