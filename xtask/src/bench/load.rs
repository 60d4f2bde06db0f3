//! A service under load, over its socket: does the layer lose an answer, grow, or slow a success down?

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::{Result, cargo, root, step};

const TEXT: &str = "
# Under load

A service of axum (`benches/src/bin/serve.rs`) on one thread, asked by [wrk](https://github.com/wg/wrk) with 32 connections
from the other core. To repeat it: `cargo xtask bench load`, which takes four minutes and needs wrk and Linux.

What the thread can answer in a second is one over the processor's time for an answer, which is what is compared: it
differs less than the answers in a second when the machine has other things to do.
";

/// What succeeds: as little as there can be, and what a service does for a living.
const SUCCESSES: [(&str, &str); 2] =
    [("an echo of 22 bytes", "success.lua"), ("a list of 100 emails", "list.lua")];

/// So long is each success measured, and so often, with and without the layer in turn.
const SECONDS: u32 = 2;
const ROUNDS: usize = 21;

/// So long are errors asked for, after those that warm up.
const ERRORS: u32 = 60;
const WARM_UP: u32 = 5;

/// Throughput that the layer may cost, and what the service may grow by, in MiB.
const COST: f64 = 0.02;
const GROWTH: f64 = 64.0;

pub(super) fn section() -> Result<String> {
    wrk()?;
    let folder = root().join("benches");
    step("build", cargo(&folder).args(["build", "--release", "--bin", "serve"]))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| folder.join("target"), Into::into);
    let program = target.join("release/serve");
    let layer = Service::start(&program, "layer")?;
    let plain = Service::start(&program, "plain")?;

    let mut successes = Vec::new();
    for (what, script) in SUCCESSES {
        successes.push((what, Cost::of(&layer, &plain, &folder, script)?));
    }

    layer.ask(&folder, "load.lua", WARM_UP)?;
    let before = layer.resident()?;
    let answers = layer.ask(&folder, "load.lua", ERRORS)?;
    let growth = layer.resident()? - before;

    let mut page = format!(
        "{TEXT}\nA success is measured for {SECONDS} s with the layer and without, {ROUNDS} times in turn. The times are the medians, \
         and the throughput's the median of the rounds' own.\n\n\
         | | with the layer, µs | without, µs |\n|---|--:|--:|\n"
    );
    for (what, Cost { with, without, .. }) in &successes {
        let _ = writeln!(page, "| {what} | {with:.2} | {without:.2} |");
    }
    let _ = writeln!(
        page,
        "\nErrors of ten kinds (raised, with issues, rejected, no route, wrong method, a page, a failure with a source, a \
         panic), for {ERRORS} s: {} answers, {} a second.",
        answers.all,
        answers.all / u64::from(ERRORS),
    );
    page.push_str("\n| | at most | measured | |\n|---|--:|--:|---|\n");
    let wrong = answers.lost + (answers.all - answers.errors);
    let mut figures: Vec<_> = successes
        .iter()
        .map(|(what, cost)| {
            (format!("throughput that the layer costs {what}"), COST * 100.0, cost.part * 100.0, " %")
        })
        .collect();
    figures.push(("errors that were lost, or no errors".to_owned(), 0.0, wrong as f64, ""));
    figures.push(("growth after warming up".to_owned(), GROWTH, growth, " MiB"));
    for (what, most, measured, unit) in figures {
        let reached = if measured <= most { "yes" } else { "not yet" };
        let _ = writeln!(page, "| {what} | {most:.0}{unit} | {measured:.1}{unit} | {reached} |");
    }
    Ok(page)
}

/// What the layer costs a success.
struct Cost {
    /// Microseconds of the processor for an answer, and the same without the layer.
    with: f64,
    without: f64,
    /// Of the throughput.
    part: f64,
}

impl Cost {
    fn of(layer: &Service, plain: &Service, folder: &Path, script: &str) -> Result<Cost> {
        let mut ratios = Vec::new();
        let mut times = [Vec::new(), Vec::new()];
        for round in 0..ROUNDS {
            // Who comes first changes.
            let mut order = [(0, layer), (1, plain)];
            order.rotate_left(round % 2);
            let mut of_round = [0.0; 2];
            for (at, service) in order {
                let before = service.processor()?;
                let answers = service.ask(folder, script, SECONDS)?;
                if answers.errors > 0 || answers.lost > 0 {
                    return Err(format!("a success failed: {answers:?}"));
                }
                of_round[at] = (service.processor()? - before) / answers.all as f64;
                times[at].push(of_round[at]);
            }
            ratios.push(of_round[1] / of_round[0]);
            eprintln!("--- with the layer {:.2} µs an answer, without {:.2}", of_round[0], of_round[1]);
        }
        let [with, without] = times.map(|mut times| median(&mut times));
        Ok(Cost { with, without, part: 1.0 - median(&mut ratios) })
    }
}

fn wrk() -> Result {
    // It has no way to say that all is well: without arguments it prints how it is used.
    match Command::new("wrk").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status() {
        Ok(_) => Ok(()),
        Err(_) => {
            Err("this asks a service with wrk: install it, on Debian with `apt-get install wrk`".to_owned())
        }
    }
}

struct Service {
    child: Child,
    address: String,
}

#[derive(Debug)]
struct Answers {
    all: u64,
    /// With a status from 400 on.
    errors: u64,
    lost: u64,
}

impl Service {
    fn start(program: &Path, kind: &str) -> Result<Service> {
        let mut command = Command::new(program);
        command.arg(kind).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("{}: {error}", program.display()))?;
        let mut address = String::new();
        let stdout = child.stdout.take().ok_or("the service prints nothing")?;
        BufReader::new(stdout).read_line(&mut address).map_err(|error| error.to_string())?;
        Ok(Service { child, address: address.trim().to_owned() })
    }

    fn ask(&self, folder: &Path, script: &str, seconds: u32) -> Result<Answers> {
        let mut command = Command::new("wrk");
        command.args([
            "--threads",
            "1",
            "--connections",
            "32",
            "--duration",
            &format!("{seconds}s"),
            "--script",
        ]);
        command.arg(folder.join(script)).arg(format!("http://{}", self.address));
        let output = command.output().map_err(|error| format!("wrk: {error}"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let numbers = text.lines().find_map(|line| line.strip_prefix("answers\t"));
        let numbers: Option<Vec<u64>> =
            numbers.and_then(|numbers| numbers.split('\t').map(|number| number.parse().ok()).collect());
        match numbers.as_deref() {
            Some(&[all, errors, lost]) => Ok(Answers { all, errors, lost }),
            _ => Err(format!("wrk printed\n{text}{}", String::from_utf8_lossy(&output.stderr))),
        }
    }

    /// The time that its thread has had, in microseconds.
    fn processor(&self) -> Result<f64> {
        let path = format!("/proc/{}/schedstat", self.child.id());
        let stat = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}: this needs Linux"))?;
        let nanoseconds = stat.split(' ').next().and_then(|time| time.parse::<f64>().ok());
        nanoseconds.map(|time| time / 1_000.0).ok_or_else(|| format!("{path} has no time"))
    }

    /// In MiB.
    fn resident(&self) -> Result<f64> {
        let path = format!("/proc/{}/status", self.child.id());
        let status =
            fs::read_to_string(&path).map_err(|error| format!("{path}: {error}: this needs Linux"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
        kibibytes.map(|kibibytes| kibibytes / 1024.0).ok_or_else(|| format!("{path} has no VmRSS"))
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn median(numbers: &mut [f64]) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
