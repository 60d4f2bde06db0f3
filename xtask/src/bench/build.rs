//! What errbook costs before anything runs: its generator, rustc on what it generates, a user's clean build.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::sized;
use crate::{Result, root};

/// So many codes, and so many rounds: the large ones take minutes.
const SIZES: [(usize, usize); 4] = [(50, 5), (500, 5), (5_000, 3), (20_000, 1)];

const CLEAN_ROUNDS: usize = 3;

const TEXT: &str = "\
## What the generated code costs rustc

Catalogs of 50 to 20,000 codes for three APIs, with documentation; every fourth code has two fields. `check` is
`rustc --emit=metadata`, `release` is `rustc -O`, of a crate with nothing else in it; what it depends on is built before.
CPU time is that of the process, in user and system mode, the median of the rounds; memory is the most that was resident.

* `derive`: one enum with the same fields, derived with thiserror, strum and serde, and a `match` for status and flag
* `match`: one enum without fields, and a `match` each for text, status, flag, message, and text to code

errbook's code is all of it: codes, a payload per code, APIs, tables, envelopes. There are five interleaved rounds up to
500 codes, three at 5,000, where a peer's release build is done once, and one at 20,000, where what takes too long is not
measured (–).
";

const CLEAN: &str = "
## What a clean build costs a user

`cargo build` into an empty folder, CPU time of all processes, the median of three interleaved rounds. *Baseline* is a
crate with serde (its derive), serde_json, thiserror and checked-in code. With errbook its build script generates 50 codes.
";

pub(super) fn section() -> Result<String> {
    if spent_by_children().is_none() {
        return Err(
            "`cargo xtask bench build` reads CPU time and memory from /proc, which is not here".to_owned()
        );
    }
    // Beside the other things that are built: `target`, or what the environment says.
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let folder = target.join("bench-build");
    let mut page = TEXT.to_owned();
    let figures = generated(&mut page, &folder)?;
    let clean = clean(&mut page, &folder)?;
    page.push_str("\n## What we want to reach in builds\n\n| | at most | measured | |\n|---|--:|--:|---|\n");
    for (what, most, measured, unit) in figures.into_iter().chain([clean]) {
        let reached = if measured <= most { "yes" } else { "not yet" };
        let digits = if most < 100.0 { 2 } else { 0 };
        let _ = writeln!(page, "| {what} | {most:.digits$}{unit} | {measured:.digits$}{unit} | {reached} |");
    }
    Ok(page)
}

type Figure = (&'static str, f64, f64, &'static str);

/// CPU seconds, and the most memory in MB.
#[derive(Clone, Copy)]
struct Cost {
    cpu: f64,
    memory: f64,
}

/// CPU seconds of all children that ended: `cutime` and `cstime`, in hundredths.
fn spent_by_children() -> Option<f64> {
    spent(Path::new("/proc/self/stat"))
}

fn spent(stat: &Path) -> Option<f64> {
    let stat = fs::read_to_string(stat).ok()?;
    // The second field is a name in parentheses, in which anything may stand.
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_ascii_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    Some((ticks(13)? + ticks(14)?) / 100.0)
}

/// Runs it to its end. The memory is that of the process itself, looked at while it runs.
fn cost(command: &mut Command) -> Result<Cost> {
    let before = spent_by_children().unwrap_or_default();
    let mut child = command.spawn().map_err(|error| format!("could not run {command:?}: {error}"))?;
    let status = format!("/proc/{}/status", child.id());
    let mut memory: f64 = 0.0;
    let ended = loop {
        if let Some(ended) = child.try_wait().map_err(|error| error.to_string())? {
            break ended;
        }
        let status = fs::read_to_string(&status).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = peak.and_then(|peak| peak.split_ascii_whitespace().next()?.parse::<f64>().ok());
        memory = memory.max(kib.unwrap_or_default() / 1024.0);
        std::thread::sleep(Duration::from_millis(2));
    };
    if !ended.success() {
        return Err(format!("failed: {command:?}"));
    }
    Ok(Cost { cpu: spent_by_children().unwrap_or_default() - before, memory })
}

fn median(mut costs: Vec<Cost>) -> Option<Cost> {
    costs.sort_by(|one, other| one.cpu.total_cmp(&other.cpu));
    costs.get(costs.len() / 2).copied()
}

fn write(path: &Path, text: &str) -> Result {
    let folder = path.parent().unwrap_or(path);
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(path, text));
    written.map_err(|error| format!("{}: {error}", path.display()))
}

// What is generated.

const NAMES: [&str; 3] = ["errbook", "derive", "match"];

/// Is the case measured at this size? A release build of the peers takes longer than all else from here on.
fn measured(name: &str, count: usize, release: bool) -> bool {
    name == "errbook" || count <= 5_000 || name == "match" && !release
}

fn generated(page: &mut String, folder: &Path) -> Result<Vec<Figure>> {
    let libraries = Libraries::build(folder)?;
    let generators = [generator(folder, false)?, generator(folder, true)?];
    let mut tables = String::new();
    let mut generators_page =
        "\n| codes | generator, release, s | debug, s | generated, MB |\n|--:|--:|--:|--:|\n".to_owned();
    let mut checks = Vec::new();
    for (count, rounds) in SIZES {
        let codes = sized::codes(count);
        let here = folder.join(count.to_string());
        let yaml = here.join("errors.yaml");
        write(&yaml, &sized::yaml(&codes))?;
        let mut times = [Vec::new(), Vec::new()];
        for _ in 0..rounds {
            for (generator, times) in generators.iter().zip(&mut times) {
                let mut command = Command::new(generator);
                command.arg("build").arg(&yaml).arg("--out").arg(&here).stdout(Stdio::null());
                times.push(cost(&mut command)?);
            }
        }
        let [debug, release] = times.map(|times| median(times).map_or(0.0, |cost| cost.cpu));
        let file = here.join("errbook.rs");
        let size = fs::metadata(&file).map_or(0.0, |file| file.len() as f64 / 1e6);
        let _ = writeln!(generators_page, "| {} | {release:.2} | {debug:.2} | {size:.1} |", thousands(count));
        write(&here.join("derive.rs"), &sized::derives(&codes))?;
        write(&here.join("match.rs"), &sized::matches(&codes))?;

        // Six cases, one after the other in each round.
        let mut costs = [const { [const { Vec::new() }; 2] }; 3];
        for round in 0..rounds {
            for (name, costs) in NAMES.iter().zip(&mut costs) {
                for (release, costs) in [false, true].into_iter().zip(costs) {
                    // A release build of the peers takes minutes at this size: once is enough to see it.
                    let once = release && *name != "errbook" && count >= 5_000;
                    if measured(name, count, release) && (round == 0 || !once) {
                        eprintln!("--- {count} codes, {name}, {}", if release { "release" } else { "check" });
                        costs.push(cost(&mut libraries.rustc(&here, name, release))?);
                    }
                }
            }
        }
        let costs = costs.map(|costs| costs.map(median));
        let _ = writeln!(
            tables,
            "\n| {} codes | check, s | × | MB | release, s | × | MB |\n|---|--:|--:|--:|--:|--:|--:|",
            thousands(count)
        );
        for (name, both) in NAMES.iter().zip(&costs) {
            let _ = write!(tables, "| {} |", if *name == "errbook" { "**errbook**" } else { name });
            for (cost, ours) in both.iter().zip(&costs[0]) {
                match (cost, ours) {
                    (Some(cost), Some(ours)) => {
                        let ratio = cost.cpu / ours.cpu;
                        let _ = write!(tables, " {:.2} | {ratio:.2} | {:.0} |", cost.cpu, cost.memory);
                    }
                    _ => tables.push_str(" – | – | – |"),
                }
            }
            tables.push('\n');
        }
        checks.push(costs.map(|[check, _]| check));
    }
    page.push_str(&tables);
    page.push_str("\nThe generator, as the command `errbook build`, which writes the reference, too:\n");
    page.push_str(&generators_page);
    let cost =
        |size: usize, name: usize| checks.get(size).and_then(|costs| costs[name]).ok_or("not measured");
    let (large, huge, peer) = (cost(2, 0)?, cost(3, 0)?, cost(2, 1)?);
    Ok(vec![
        ("`check` of 20,000 codes beside 5,000", 6.0, huge.cpu / large.cpu, " ×"),
        ("memory of 20,000 codes", 1_500.0, huge.memory, " MB"),
        ("`check` of 5,000 codes beside `derive`", 0.1, large.cpu / peer.cpu, " ×"),
    ])
}

fn thousands(count: usize) -> String {
    match count {
        1_000.. => format!("{},{:03}", count / 1_000, count % 1_000),
        _ => count.to_string(),
    }
}

/// The command `errbook`, built.
fn generator(folder: &Path, release: bool) -> Result<PathBuf> {
    let target = folder.join("generator");
    let mut command = crate::cargo(&root());
    command.args(["build", "--quiet", "-p", "errbook-cli"]).env("CARGO_TARGET_DIR", &target);
    if release {
        command.arg("--release");
    }
    crate::step("the generator", &mut command)?;
    Ok(target.join(if release { "release" } else { "debug" }).join("errbook"))
}

/// What the cases link.
struct Libraries {
    folder: PathBuf,
    files: Vec<(&'static str, PathBuf)>,
}

impl Libraries {
    fn build(folder: &Path) -> Result<Libraries> {
        const NEEDED: [&str; 4] = ["errbook", "serde", "strum", "thiserror"];
        let package = folder.join("libraries");
        let errbook = dependency("errbook", &root(), "");
        let dependencies = format!(
            "{errbook}serde = {{ version = \"1\", features = [\"derive\"] }}\n\
             strum = {{ version = \"0.28\", features = [\"derive\"] }}\nthiserror = \"2\"\n"
        );
        crate_of(&package, &dependencies, "", "")?;
        let mut command = crate::cargo(&package);
        command
            .args(["build", "--release", "--message-format", "json"])
            .env("CARGO_TARGET_DIR", package.join("target"))
            .stdout(Stdio::piped());
        let artifacts = artifacts(&mut command, |_| 0.0)?;
        let file = |name: &'static str| {
            let of_it = artifacts.iter().find(|artifact| artifact.target == name);
            let file = of_it.and_then(|artifact| artifact.file.clone());
            file.map(|file| (name, file)).ok_or_else(|| format!("cargo built no {name}"))
        };
        let files = NEEDED.into_iter().map(file).collect::<Result<_>>()?;
        Ok(Libraries { folder: package.join("target/release/deps"), files })
    }

    fn rustc(&self, folder: &Path, name: &str, release: bool) -> Command {
        let mut command = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
        command
            .args(["--edition=2024", "--crate-type=lib", "--cap-lints=allow"])
            .args(if release { &["-O", "--emit=metadata,link"][..] } else { &["--emit=metadata"] })
            .arg("-L")
            .arg(format!("dependency={}", self.folder.display()))
            .arg("--out-dir")
            .arg(folder.join("out"))
            .arg(folder.join(name).with_extension("rs"));
        for (name, file) in &self.files {
            command.arg("--extern").arg(format!("{name}={}", file.display()));
        }
        command
    }
}

// A clean build.

fn dependency(name: &str, path: &Path, more: &str) -> String {
    format!("{name} = {{ path = {:?}{more} }}\n", path.display().to_string())
}

/// A package of its own, with the versions that the other benches have.
fn crate_of(package: &Path, dependencies: &str, build_dependencies: &str, code: &str) -> Result {
    let manifest = format!(
        "[workspace]\n\n[package]\nname = \"user\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n{dependencies}\n\
         [build-dependencies]\n{build_dependencies}"
    );
    write(&package.join("Cargo.toml"), &manifest)?;
    write(&package.join("src/lib.rs"), code)?;
    let lock = package.join("Cargo.lock");
    if !lock.exists() {
        let versions = root().join("benches/Cargo.lock");
        fs::copy(&versions, &lock).map_err(|error| format!("{}: {error}", versions.display()))?;
    }
    Ok(())
}

fn clean(page: &mut String, folder: &Path) -> Result<Figure> {
    const BASELINE: &str =
        "serde = { version = \"1\", features = [\"derive\"] }\nserde_json = \"1\"\nthiserror = \"2\"\n";
    let codes = sized::codes(50);
    let generated = "errbook::include_catalog!();\n".to_owned();
    let generator = dependency("errbook-codegen", &root().join("codegen"), "");
    let with = |more: &str| BASELINE.to_owned() + &dependency("errbook", &root(), more);
    let cases = [
        ("baseline", "baseline", BASELINE.to_owned(), "", sized::matches(&codes)),
        ("**errbook**", "errbook", with(""), &*generator, generated.clone()),
        (
            "errbook without default features",
            "errbook-without",
            with(", default-features = false"),
            &generator,
            generated,
        ),
    ];
    let packages = cases.each_ref().map(|(_, name, ..)| folder.join("clean").join(name));
    for ((_, _, dependencies, generator, code), package) in cases.iter().zip(&packages) {
        crate_of(package, dependencies, generator, code)?;
        if !generator.is_empty() {
            write(
                &package.join("build.rs"),
                "fn main() {\n    errbook_codegen::build(\"errors.yaml\");\n}\n",
            )?;
            write(&package.join("errors.yaml"), &sized::yaml(&codes))?;
        }
        // What isn't here yet is fetched before anything is measured.
        crate::step("fetch", crate::cargo(package).args(["fetch", "--quiet"]))?;
    }
    let build = |package: &Path| {
        let target = package.join("target");
        let _ = fs::remove_dir_all(&target);
        let mut command = crate::cargo(package);
        command.args(["build", "--offline"]).env("CARGO_TARGET_DIR", target);
        command
    };
    let mut costs = [const { Vec::new() }; 3];
    for _ in 0..CLEAN_ROUNDS {
        for ((name, package), costs) in cases.iter().map(|case| case.1).zip(&packages).zip(&mut costs) {
            eprintln!("--- a clean build: {name}");
            costs.push(cost(build(package).arg("--quiet"))?);
        }
    }
    let costs = costs.map(|costs| median(costs).map_or(0.0, |cost| cost.cpu));
    page.push_str(CLEAN);
    page.push_str("\n| | crates | CPU, s | × |\n|---|--:|--:|--:|\n");
    let mut parts = Vec::new();
    for (((name, case, ..), package), cpu) in cases.iter().zip(&packages).zip(costs) {
        // One at a time, so that what cargo has spent between two artifacts was spent on the second one.
        let mut command = build(package);
        command.args(["--jobs=1", "--message-format=json"]).stdout(Stdio::piped()).stderr(Stdio::null());
        let of_child =
            |child: &Child| spent(Path::new(&format!("/proc/{}/stat", child.id()))).unwrap_or_default();
        let artifacts = artifacts(&mut command, of_child)?;
        let crates: BTreeSet<&str> = artifacts.iter().map(|artifact| &*artifact.package).collect();
        let _ = writeln!(page, "| {name} | {} | {cpu:.1} | {:.2} |", crates.len(), cpu / costs[0]);
        if *case != "errbook-without" {
            parts.push(artifacts);
        }
    }
    let [baseline, ours] = &parts[..] else { return Err("two builds have parts".to_owned()) };
    most_expensive(page, baseline, ours);
    Ok(("a clean build beside the baseline", 1.6, costs[1] / costs[0], " ×"))
}

/// Crates that the baseline hasn't, or has cheaper.
fn most_expensive(page: &mut String, baseline: &[Artifact], ours: &[Artifact]) {
    let total = |artifacts: &[Artifact], package: &str| {
        artifacts.iter().filter(|at| at.package == package).map(|at| at.cpu).sum::<f64>()
    };
    let packages: BTreeSet<&str> = ours.iter().map(|artifact| &*artifact.package).collect();
    let more = |package: &str| total(ours, package) - total(baseline, package);
    let mut more: Vec<(&str, f64)> = packages.into_iter().map(|package| (package, more(package))).collect();
    more.sort_by(|one, other| other.1.total_cmp(&one.1));
    page.push_str(
        "\nWhere it goes: CPU time of each crate beyond what it costs in the baseline, from one build with one job.\n\n\
         | crate | CPU, s |\n|---|--:|\n",
    );
    for (package, cpu) in more.into_iter().filter(|(_, cpu)| *cpu >= 0.1) {
        let _ = writeln!(page, "| `{package}` | {cpu:.1} |");
    }
}

/// Something that cargo built or ran.
struct Artifact {
    package: String,
    target: String,
    file: Option<PathBuf>,
    /// Spent since the one before, where that is looked at.
    cpu: f64,
}

/// What cargo says with `--message-format=json`.
fn artifacts(command: &mut Command, spent: impl Fn(&Child) -> f64) -> Result<Vec<Artifact>> {
    let mut child = command.spawn().map_err(|error| format!("could not run {command:?}: {error}"))?;
    let output = child.stdout.take().ok_or("cargo has no output")?;
    let (mut artifacts, mut before) = (Vec::new(), 0.0);
    for line in BufReader::new(output).lines() {
        let line = line.map_err(|error| error.to_string())?;
        let Ok(message) = serde_json::from_str::<serde_json::Value>(&line) else { continue };
        let now = spent(&child);
        let reason = message["reason"].as_str().unwrap_or_default();
        if !matches!(reason, "compiler-artifact" | "build-script-executed") {
            continue;
        }
        // `…/errbook/codegen#errbook-codegen@0.1.0`, `…#serde@1.0.0`, `…/user#0.1.0`
        let id = message["package_id"].as_str().unwrap_or_default();
        let (path, name) = id.rsplit_once('#').unwrap_or((id, id));
        let name =
            name.split_once('@').map_or_else(|| path.rsplit('/').next().unwrap_or(path), |name| name.0);
        let files = message["filenames"].as_array().map(Vec::as_slice).unwrap_or_default();
        let library = files.iter().filter_map(|file| file.as_str()).find(|file| file.ends_with(".rlib"));
        artifacts.push(Artifact {
            package: name.to_owned(),
            target: message["target"]["name"].as_str().unwrap_or_default().to_owned(),
            file: library.map(PathBuf::from),
            cpu: now - before,
        });
        before = now;
    }
    let ended = child.wait().map_err(|error| error.to_string())?;
    if ended.success() { Ok(artifacts) } else { Err(format!("failed: {command:?}")) }
}
