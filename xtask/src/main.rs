//! What people and CI run: `cargo xtask test`, `cargo xtask gen`.

mod bench;
mod edit;
mod features;
mod fuzz;
mod msrv;
mod openapi;
mod stranger;
mod wasm;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

type Result<T = ()> = std::result::Result<T, String>;

const USAGE: &str = "\
usage: cargo xtask TASK

  test           runs every test of the repository, the stranger's crate included
  gen [--check]  writes what is generated and committed: docs/reference; --check tells what is stale
  features       checks that every set of features builds without warnings
  openapi        has third parties read the OpenAPI documents; a part of `test`
  wasm           builds a client for a browser and runs it in Node; a part of `test`
  fuzz [SECONDS] looks for inputs that fail, for so long on each target of fuzz/; a part of `test`, for 10 seconds each
  msrv           checks that nothing a user builds asks for a newer Rust than we state
  bench [build|load]
                 measures errbook beside what one would take instead, and writes docs/PERFORMANCE.md: what runs, what
                 building it costs, or a service under load";

fn main() -> ExitCode {
    // What is generated names errors.yaml as it is seen from here.
    if let Err(error) = std::env::set_current_dir(root()) {
        eprintln!("{}: {error}", root().display());
        return ExitCode::FAILURE;
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["test"] => test(),
        ["gen"] => generate(false),
        ["gen", "--check"] => generate(true),
        ["fuzz"] => fuzz::run("10"),
        ["fuzz", seconds] => fuzz::run(seconds),
        ["features"] => features::check(),
        ["bench"] => bench::run(),
        ["bench", "build"] => bench::run_build(),
        ["bench", "load"] => bench::run_load(),
        ["msrv"] => msrv::check(),
        ["openapi"] => openapi::check(),
        ["wasm"] => wasm::runs(),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

fn test() -> Result {
    compiler("CC", "cc", "SQLite for the example server", "gcc libc6-dev")?;
    let root = root();
    let python = openapi::tools(&root)?;
    let fuzzer = fuzz::tool(&root)?;
    generate(true)?;
    step("the workspace", cargo(&root).args(["test", "--workspace", "--all-features", "--no-fail-fast"]))?;
    openapi::is_understood(&root, &python)?;
    wasm::runs()?;
    // Unoptimised the simulation takes minutes.
    step(
        "docs/retry",
        cargo(&root).args(["run", "--quiet", "--release", "-p", "errbook-sim", "--", "--check"]),
    )?;
    fuzz::on_every_target(&root, &fuzzer, 10)?;
    stranger::works(&root)?;
    edit::adding_a_code_is_one_edit(&root)
}

/// What is built in another language needs a compiler of it, from a package of Debian's.
fn compiler(variable: &str, usual: &str, builds: &str, package: &str) -> Result {
    let compiler = std::env::var(variable).unwrap_or_else(|_| usual.to_owned());
    match Command::new(&compiler).arg("--version").output() {
        Ok(output) if output.status.success() => Ok(()),
        _ => Err(format!(
            "the tests need the compiler `{compiler}` to build {builds}: install one, on Debian with `apt-get install \
             {package}`, or name it in {variable}"
        )),
    }
}

fn generate(check: bool) -> Result {
    let catalog = errbook_codegen::load("errors.yaml").map_err(|report| report.to_string())?;
    let folder = Path::new("docs/reference");
    let pages = catalog.pages();
    if !check {
        return errbook_codegen::write(&pages, folder)
            .map_err(|error| format!("{}: {error}", folder.display()));
    }
    let stale = errbook_codegen::stale(&pages, folder);
    let mut names: Vec<String> = stale.iter().map(|page| page.name.clone()).collect();
    // A page of an API that is gone.
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !pages.iter().any(|page| page.name == name) {
            names.push(format!("{name} (nothing generates it)"));
        }
    }
    if names.is_empty() {
        return Ok(());
    }
    Err(format!("stale in docs/reference: {}\nrun `cargo xtask gen`", names.join(", ")))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default()
}

/// Cargo as it runs this, in a folder.
fn cargo(folder: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(folder);
    command
}

fn step(what: &str, command: &mut Command) -> Result {
    eprintln!("--- {what}");
    let status = command.status().map_err(|error| format!("could not run {command:?}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("failed: {what} ({command:?})")) }
}
