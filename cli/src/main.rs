//! The command `errbook`: a thin door to errbook-codegen, and in `read` to the runtime.

mod read;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use errbook_codegen::{Catalog, Mistake, load, stale, write};

/// Defines an API's errors in one file
///
/// Exit codes: 0 clean, 1 findings, 2 could not run.
#[derive(Parser)]
#[command(name = "errbook", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Shows every mistake in catalogs
    Check {
        /// The catalogs
        #[arg(default_value = "errors.yaml")]
        files: Vec<PathBuf>,
    },
    /// Writes the Rust, as a build script does, and the pages that it includes
    Build {
        /// The catalog
        file: PathBuf,
        #[command(flatten)]
        out: Out,
    },
    /// Writes the reference, a page of Markdown per API
    Docs {
        /// The catalog
        file: PathBuf,
        #[command(flatten)]
        out: Out,
    },
    /// Shows the reference's section on a code
    Explain {
        /// The catalog
        #[arg(long, default_value = "errors.yaml")]
        file: PathBuf,
        /// The code, as it is on the wire
        code: String,
    },
    /// Shows what a client concludes from an answer, and what it does next
    Read(read::Args),
}

#[derive(clap::Args)]
struct Out {
    /// The folder to write to
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Writes nothing: tells which files are stale
    #[arg(long)]
    check: bool,
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Check { files } => check(&files),
        Command::Build { file, out } => catalog(&file).and_then(|catalog| put(&catalog.files(), &out)),
        Command::Docs { file, out } => catalog(&file).and_then(|catalog| put(&catalog.pages(), &out)),
        Command::Explain { file, code } => catalog(&file).and_then(|catalog| explain(&catalog, &code)),
        Command::Read(args) => catalog(&args.file).and_then(|catalog| read::read(catalog, &args)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Stop::Findings) => ExitCode::from(1),
        Err(Stop::Unable(reason)) => {
            say_wrong(&reason);
            ExitCode::from(2)
        }
    }
}

/// Why the command ends early.
enum Stop {
    /// They are already shown.
    Findings,
    Unable(String),
}

fn check(files: &[PathBuf]) -> Result<(), Stop> {
    let mut worst = Ok(());
    for file in files {
        match catalog(file) {
            Ok(catalog) => {
                say(&format!("{}: {} codes, no mistakes", file.display(), catalog.codes().count()))?
            }
            Err(Stop::Findings) if worst.is_ok() => worst = Err(Stop::Findings),
            Err(Stop::Findings) => {}
            Err(unable) => worst = Err(unable),
        }
    }
    worst
}

fn explain(catalog: &Catalog, code: &str) -> Result<(), Stop> {
    match catalog.explain(code) {
        Ok(section) => say(section.trim_end()),
        Err(Some(near)) => Err(Stop::Unable(format!("there is no code `{code}`; did you mean `{near}`?"))),
        Err(None) => Err(Stop::Unable(format!(
            "there is no code `{code}`; the catalog has {}",
            catalog.codes().collect::<Vec<_>>().join(", ")
        ))),
    }
}

fn put(files: &[errbook_codegen::File], Out { out, check }: &Out) -> Result<(), Stop> {
    if *check {
        let stale = stale(files, out);
        for file in &stale {
            say_wrong(&format!("{} is stale", out.join(&file.name).display()));
        }
        return if stale.is_empty() { Ok(()) } else { Err(Stop::Findings) };
    }
    write(files, out)
        .map_err(|error| Stop::Unable(format!("could not write to {}: {error}", out.display())))?;
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    say(&format!("{}: {}", out.display(), names.join(", ")))
}

/// The catalog; its mistakes go to stderr.
fn catalog(file: &Path) -> Result<Catalog, Stop> {
    load(file).map_err(|report| {
        if report.diagnostics().iter().any(|found| found.mistake() == Mistake::UnreadableFile) {
            return Stop::Unable(report.to_string());
        }
        say_wrong(&report.to_string());
        Stop::Findings
    })
}

/// To stdout; a reader that is gone (`errbook explain … | head -1`) ends the command.
fn say(text: &str) -> Result<(), Stop> {
    writeln!(std::io::stdout(), "{text}")
        .map_err(|error| Stop::Unable(format!("could not write to stdout: {error}")))
}

fn say_wrong(text: &str) {
    // Where stderr is closed there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "{}", text.trim_end());
}
