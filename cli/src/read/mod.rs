//! `errbook read`: what a client concludes from an answer, by the runtime's own reader and rules.

mod details;
mod received;
mod report;
mod tables;

use std::fs::File;
use std::io::{IsTerminal as _, stdin};
use std::path::PathBuf;
use std::time::Duration;

use errbook::retry::{Attempt, Failure, Policy};
use errbook::{Api as _, ErrorResponse};
use errbook_codegen::Catalog;
use http::Method;

use crate::{Stop, say, say_wrong};
use received::Received;
use report::Report;
use tables::Loaded;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The catalog
    #[arg(long, default_value = "errors.yaml")]
    pub(crate) file: PathBuf,
    /// The API that was asked, where the catalog has several
    #[arg(long)]
    api: Option<String>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    request: Request,
    /// The answer as `curl -i` prints it: status, headers, an empty line, body; standard input without it
    answer: Option<PathBuf>,
}

/// What was sent.
#[derive(clap::Args)]
struct Request {
    /// The request's method; without it GET, POST, and POST with a key
    #[arg(long, value_parser = method)]
    method: Option<Method>,
    /// The request carried an idempotency key
    #[arg(long, requires = "method")]
    keyed: bool,
    /// It was sent so often
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u32).range(1..=100))]
    attempt: u32,
    /// So much time is left for all attempts together: 10s, 500ms, 2m
    #[arg(long, value_name = "TIME", value_parser = time)]
    left: Option<Duration>,
}

pub(crate) fn read(catalog: Catalog, args: &Args) -> Result<(), Stop> {
    let api = api(&catalog, args.api.as_deref()).map_err(Stop::Unable)?;
    tables::load(catalog, api);
    let max = Loaded::max_body();
    let (from, received) = match &args.answer {
        Some(path) => {
            let open = File::open(path).map_err(|error| error.to_string());
            (path.display().to_string(), open.and_then(|file| Received::read(file, max)))
        }
        None => {
            if stdin().is_terminal() {
                say_wrong("paste the answer as `curl -i` prints it, then Ctrl-D on a line of its own");
            }
            ("standard input".to_owned(), Received::read(stdin().lock(), max))
        }
    };
    let Received { status, headers, body } =
        received.map_err(|reason| Stop::Unable(format!("could not read {from}: {reason}")))?;
    let Err(err) = ErrorResponse::<Loaded>::check(status, &headers, body) else {
        return say(&match args.json {
            true => serde_json::json!({"status": status.as_u16(), "success": true}).to_string(),
            false => format!("HTTP {} is a success: its body is the caller's.", status.as_u16()),
        });
    };
    let failure = Failure::from(&err);
    let attempts = args.request.attempts();
    let decide = |(name, attempt): (String, Attempt)| (name, Policy::default().decide(&failure, &attempt));
    let report = Report::new(&err, &headers, attempts.into_iter().map(decide).collect());
    say(&if args.json { report.json() } else { report.text() })
}

/// The API's place in the catalog.
fn api(catalog: &Catalog, name: Option<&str>) -> Result<usize, String> {
    let names = || catalog.apis.iter().map(|api| api.name.as_str()).collect::<Vec<_>>().join(", ");
    match name {
        Some(name) => catalog
            .apis
            .iter()
            .position(|api| api.name == name)
            .ok_or_else(|| format!("there is no API `{name}`; the catalog has {}", names())),
        None if catalog.apis.len() == 1 => Ok(0),
        None => Err(format!("which API was asked? Say so with `--api`: {}", names())),
    }
}

impl Request {
    /// The attempts to decide about, each with what it is called.
    fn attempts(&self) -> Vec<(String, Attempt)> {
        let post = Attempt::of(&Method::POST);
        let named = match &self.method {
            Some(method) => {
                let attempt = Attempt::of(method);
                match self.keyed {
                    true => vec![(format!("{method} with a key"), attempt.keyed())],
                    false => vec![(method.to_string(), attempt)],
                }
            }
            None => vec![
                ("GET".to_owned(), Attempt::of(&Method::GET)),
                ("POST".to_owned(), post),
                ("POST with a key".to_owned(), post.keyed()),
            ],
        };
        named.into_iter().map(|(name, attempt)| (name, self.tried(attempt))).collect()
    }

    fn tried(&self, first: Attempt) -> Attempt {
        let attempt = first.numbered(self.attempt);
        self.left.map_or(attempt, |left| attempt.left(left))
    }
}

/// Methods are case-sensitive (RFC 9110 section 9.1), and people are not.
fn method(text: &str) -> Result<Method, String> {
    text.to_ascii_uppercase().parse().map_err(|_| "no HTTP method".to_owned())
}

fn time(text: &str) -> Result<Duration, String> {
    let units = [("ms", 0.001), ("s", 1.0), ("m", 60.0)];
    let parts = units.into_iter().find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)));
    let number = |(number, seconds): (&str, f64)| {
        let plain = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        Duration::try_from_secs_f64(number.parse::<f64>().ok().filter(|_| plain)? * seconds).ok()
    };
    parts.and_then(number).ok_or_else(|| "no time as 10s, 500ms or 2m".to_owned())
}

#[cfg(test)]
mod tests;
