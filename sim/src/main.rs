//! Writes docs/retry. With `--check` it only says what of it is stale.

use std::path::Path;
use std::process::ExitCode;

use errbook_sim::page;

fn main() -> ExitCode {
    let check = match std::env::args().nth(1).as_deref() {
        None => false,
        Some("--check") => true,
        Some(_) => {
            eprintln!("usage: errbook-sim [--check]");
            return ExitCode::FAILURE;
        }
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/retry");
    let mut stale = Vec::new();
    for page::File { name, text } in page::files() {
        let path = folder.join(name);
        if std::fs::read_to_string(&path).is_ok_and(|there| there == text) {
            continue;
        }
        stale.push(name);
        let written = || {
            std::fs::create_dir_all(&folder)?;
            std::fs::write(&path, text)
        };
        if !check && let Err(error) = written() {
            eprintln!("{}: {error}", path.display());
            return ExitCode::FAILURE;
        }
    }
    match stale[..] {
        [] => ExitCode::SUCCESS,
        _ if check => {
            eprintln!("stale in docs/retry: {}\nrun `cargo run --release -p errbook-sim`", stale.join(", "));
            ExitCode::FAILURE
        }
        _ => {
            eprintln!("written to docs/retry: {}", stale.join(", "));
            ExitCode::SUCCESS
        }
    }
}
