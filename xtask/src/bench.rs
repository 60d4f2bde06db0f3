use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{Result, cargo, root, step};

mod build;
mod load;
mod sized;

const PAGE: &str = "docs/PERFORMANCE.md";

/// What stands between the parts of the page.
const BUILDS: &str = "<!-- Written by `cargo xtask bench build`. -->\n";
const LOAD: &str = "<!-- Written by `cargo xtask bench load`. -->\n";

/// What runs: measures it, and writes this part of the page.
pub(crate) fn run() -> Result {
    let folder = root().join("benches");
    step("build", cargo(&folder).args(["build", "--release", "--bins"]))?;
    let allocations = Allocations::of(&folder, "allocations")?;
    let times = Times::of(&folder, "times")?;
    let instructions = instructions(&folder)?;
    let [_, builds, load] = parts();
    put([page(&times, &allocations, instructions.as_ref())?, builds, load])
}

/// What is built: the other part.
pub(crate) fn run_build() -> Result {
    let builds = build::section()?;
    let [runs, _, load] = parts();
    put([runs, builds, load])
}

/// What is asked over a socket: the last part.
pub(crate) fn run_load() -> Result {
    let load = load::section()?;
    let [runs, builds, _] = parts();
    put([runs, builds, load])
}

/// The page as it is.
fn parts() -> [String; 3] {
    let page = fs::read_to_string(PAGE).unwrap_or_default();
    let (runs, rest) = page.split_once(BUILDS).unwrap_or((&page, ""));
    let (builds, load) = rest.split_once(LOAD).unwrap_or((rest, ""));
    [runs, builds, load].map(str::to_owned)
}

fn put(parts: [String; 3]) -> Result {
    let [runs, builds, load] = parts.each_ref().map(|part| part.trim());
    let page = format!("{runs}\n\n{BUILDS}\n{builds}\n\n{LOAD}\n{load}\n");
    fs::write(PAGE, page).map_err(|error| format!("{PAGE}: {error}"))?;
    eprintln!("--- written: {PAGE}");
    Ok(())
}

/// What one of the programs in `benches/` printed: group, case, and so many numbers.
struct Lines<const N: usize>(Vec<(String, String, [f64; N])>);

/// Median in nanoseconds, ratio to ours, spread of the ratio.
type Times = Lines<3>;
type Allocations = Lines<1>;
type Instructions = Lines<1>;

/// What valgrind counts, `None` where it isn't installed.
fn instructions(folder: &Path) -> Result<Option<Instructions>> {
    if !Command::new("valgrind").arg("--version").output().is_ok_and(|output| output.status.success()) {
        eprintln!("--- instructions: not counted, valgrind is not installed");
        return Ok(None);
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| folder.join("target"), PathBuf::from);
    let counts = target.join("instructions");
    let _ = fs::remove_dir_all(&counts);
    fs::create_dir_all(&counts).map_err(|error| format!("{}: {error}", counts.display()))?;
    let file = |number: &str| counts.join(format!("counts{number}"));
    let mut command = Command::new("valgrind");
    command
        .args([
            "--quiet",
            "--tool=callgrind",
            "--toggle-collect=instructions::counted",
            "--dump-after=instructions::counted",
        ])
        .arg(format!("--callgrind-out-file={}", file("").display()))
        .arg(target.join("release/instructions"));
    let mut lines = Lines::<1>::printed(&mut command, "instructions")?;
    for (at, (_, _, [count])) in lines.0.iter_mut().enumerate() {
        let path = file(&format!(".{}", at + 1));
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let total = text.lines().find_map(|line| line.strip_prefix("totals: ")?.trim().parse::<f64>().ok());
        // So many were done.
        *count = total.ok_or_else(|| format!("{} has no total", path.display()))? / *count;
    }
    Ok(Some(lines))
}

impl<const N: usize> Lines<N> {
    fn of(folder: &Path, program: &str) -> Result<Lines<N>> {
        Lines::printed(cargo(folder).args(["run", "--quiet", "--release", "--bin", program]), program)
    }

    fn printed(command: &mut Command, program: &str) -> Result<Lines<N>> {
        eprintln!("--- {program}");
        command.stderr(Stdio::inherit());
        let output = command.output().map_err(|error| format!("could not run {command:?}: {error}"))?;
        if !output.status.success() {
            return Err(format!("failed: {program} ({command:?})"));
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let lines: Option<Vec<_>> = text.lines().map(Lines::line).collect();
        lines.map(Lines).ok_or_else(|| format!("{program} printed\n{text}"))
    }

    fn line(line: &str) -> Option<(String, String, [f64; N])> {
        let mut parts = line.split('\t');
        let (group, case) = (parts.next()?.to_owned(), parts.next()?.to_owned());
        let numbers: Option<Vec<f64>> = parts.map(|number| number.parse().ok()).collect();
        Some((group, case, numbers?.try_into().ok()?))
    }

    fn get(&self, group: &str, case: &str) -> Result<[f64; N]> {
        let found = self.0.iter().find(|line| (&*line.0, &*line.1) == (group, case));
        found.map(|line| line.2).ok_or_else(|| format!("nobody measured `{group}` of `{case}`"))
    }

    fn cases<'l>(&'l self, group: &'l str) -> impl Iterator<Item = &'l str> {
        self.0.iter().filter(move |line| line.0 == group).map(|line| &*line.1)
    }
}

/// What is measured, and the groups that stand side by side in its tables: their names in `benches/` and in the table.
struct Section {
    text: &'static str,
    tables: &'static [&'static [(&'static str, &'static str)]],
    allocations: bool,
}

const INTRODUCTION: &str = "\
<!-- Written by `cargo xtask bench`. -->

# Performance

What the same work costs in errbook and in what one would take instead. To repeat it: `cargo xtask bench`, which builds
the crate in `benches/`, runs it for about fifteen seconds and writes this page down to what building costs; that is
measured by `cargo xtask bench build`, for some minutes.

";

const METHOD: &str = "
In a round each case of a group runs for about 1 ms, in an order that changes; there are 101 rounds, after one that warms
up. The time is the median of the rounds. `×` says how much longer than errbook it takes: the median of the ratios within
the rounds, so that what slows the machine down for a while slows down both sides. `±` says how close together the middle
half of these ratios lies: where two ratios are closer than that, the difference tells nothing. Nanoseconds change from
machine to machine and from hour to hour; the ratios are what to look at.

The allocator is the system's; allocations are counted in a program of their own, since counting takes time. Inputs and
results pass through `black_box`, and dropping a result counts. Before anything is timed, results that should be equal
are compared.
";

const SECTIONS: [Section; 6] = [
    Section {
        text: "\
## From an error to the bytes of its answer

The error, or the value that a library writes, is there already; the body is written into a new `Vec`. *Static* is a code
and its message (`insufficient_credits`), *issues* one with three issues, in one of which JSON has quotes to escape.

* `memcpy`: a copy of the finished bytes into a new `Vec`, what it takes at least
* `derive`: structs of the envelope with serde's derive, over borrowed texts, and `serde_json::to_vec`. The same bytes.
* `sonic-rs`: the same structs and `sonic_rs::to_vec`. The same bytes. Built for the target's baseline, as all is here.
* `json!`: a `serde_json::Value` and `to_vec`. The same members, sorted by their keys.
* `problem_details`, `http-api-problem`: another shape, since these crates write problem documents (RFC 9457): type,
  title, status, detail, and code, flag, request id, param and issues beside them
",
        tables: &[&[("written, static", "static"), ("written, issues", "issues")]],
        allocations: true,
    },
    Section {
        text: "\
## From the failure to the bytes

The same two, as a handler has it: the error is raised, or the value made with texts that it owns; then it is written and
dropped.
",
        tables: &[&[("raised, static", "static"), ("raised, issues", "issues")]],
        allocations: true,
    },
    Section {
        text: "\
## From the bytes to a typed error

The same two bodies, for errbook with status and headers.

* `derive`, `sonic-rs`: into structs that own their texts, the code one of them
* `Value`: into a `serde_json::Value`, from which these structs are picked
* `problem_details`: its own shape, as above
* `no value`: `serde_json` reading over it (`IgnoredAny`), what it takes at least with that parser
",
        tables: &[&[("read, static", "static"), ("read, issues", "issues")]],
        allocations: true,
    },
    Section {
        text: "\
## From the text of a code to the code

`Code::from_text` beside a generated `match`, a map of phf, strum's `EnumString` and std's `HashMap` with the same texts.
4,096 texts in random order, none of them the catalog's own static; going over them (`no lookup`) is a part of every
time. *Near* is a code with another letter somewhere, *other* are random letters. Nothing allocates. First this
repository's catalog, then one of 500 codes and one of 5,000.
",
        tables: &[
            &[("codes, mail, hits", "codes"), ("codes, mail, near", "near"), ("codes, mail, misses", "other")],
            &[("codes, medium, hits", "codes"), ("codes, medium, near", "near"), ("codes, medium, misses", "other")],
            &[("codes, large, hits", "codes"), ("codes, large, near", "near"), ("codes, large, misses", "other")],
        ],
        allocations: false,
    },
    Section {
        text: "\
## From a request to a service's answer

A request to a router of axum, in process and without a socket: a body of JSON that succeeds, one for which the handler
raises an error, and one with a wrong type, which the extractor rejects.

* **errbook**: the router after `errbook::axum::finish`: a request id on every answer, errors with it in their body
* no layer: the same handlers; a rejection is axum's text
* `WithRejection`: axum-extra's, into an enum of one's own that writes `json!`; no request id
* `tower-http`: `plain` within its `SetRequestId`, `PropagateRequestId` and `CatchPanic`, the ids from a counter; the id is not
  in the body
* `plain`: the same enum without it; a rejection is axum's text
",
        tables: &[&[
            ("service, success", "success"),
            ("service, error", "error"),
            ("service, rejection", "rejection"),
        ]],
        allocations: true,
    },
    Section {
        text: "\
## From an answer to a decision

What an answer that was read says (its code, flag, wait, what may have happened) weighed by the rules of `errbook::retry`;
then the budget of retries: successes and retries in turn in one thread; two threads that share it, in which everything
succeeds, as it mostly does; and two that do nothing but change it, as no client does.

* `reqwest-retry`: its default strategy, which looks at the status alone
* `tower`: its `TpsBudget`
",
        tables: &[
            &[("decision", "decision")],
            &[
                ("budget", "one thread"),
                ("budget, healthy", "two, successes"),
                ("budget, two threads", "two, in turn"),
            ],
        ],
        allocations: false,
    },
];

/// What we want to reach: the work, and the longest time in nanoseconds.
const LIMITS: [(&str, &str, f64); 4] = [
    ("a decision", "decision", 50.0),
    ("an operation on a budget", "budget", 20.0),
    ("a success, with another thread", "budget, healthy", 20.0),
    ("successes and retries in turn, with another thread", "budget, two threads", 20.0),
];

/// What we want to reach: the work, what it is compared with, and the least ratio.
const FIGURES: [(&str, &str, &str, f64); 12] = [
    ("a static body", "written, static", "memcpy", 0.5),
    ("a static body", "written, static", "derive", 8.0),
    ("a static body", "written, static", "problem_details", 12.0),
    ("a static body, raised", "raised, static", "problem_details", 12.0),
    ("a body with issues", "written, issues", "derive", 4.0),
    ("reading a static body", "read, static", "derive", 1.0 / 0.9),
    ("reading one with issues", "read, issues", "derive", 1.0 / 0.9),
    ("reading a static body", "read, static", "sonic-rs", 1.0),
    ("a code of this catalog", "codes, mail, hits", "phf", 2.0),
    ("another text", "codes, mail, misses", "phf", 2.0),
    ("a code of 5,000", "codes, large, hits", "phf", 2.0),
    ("another text", "codes, large, misses", "phf", 2.0),
];

const COUNTED: &str = "
Instructions are counted by valgrind (callgrind): they say nothing of caches and branches, but are the same at every hour.
";

const NOT_COUNTED: &str = "
Instructions are not counted here: valgrind is not installed where this page was made.
";

fn page(times: &Times, allocations: &Allocations, instructions: Option<&Instructions>) -> Result<String> {
    let mut page = INTRODUCTION.to_owned();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let _ = writeln!(
        page,
        "This page comes from a shared machine with {cores} cores ({} {}), {}; release, thin LTO, one codegen unit.",
        std::env::consts::ARCH,
        std::env::consts::OS,
        rustc()?,
    );
    page.push_str(METHOD);
    page.push_str(if instructions.is_some() { COUNTED } else { NOT_COUNTED });
    for section in &SECTIONS {
        page.push('\n');
        page.push_str(section.text);
        for groups in section.tables {
            let allocations = section.allocations.then_some(allocations);
            page.push('\n');
            table(&mut page, groups, times, [(instructions, "instructions"), (allocations, "allocations")])?;
        }
    }
    figures(&mut page, times)?;
    Ok(page)
}

fn table(
    page: &mut String,
    groups: &[(&str, &str)],
    times: &Times,
    counts: [(Option<&Lines<1>>, &str); 2],
) -> Result {
    let (mut head, mut rule) = ("| |".to_owned(), "|---|".to_owned());
    for (_, name) in groups {
        let _ = write!(head, " {name}, ns | × | ± |");
        rule.push_str("--:|--:|--:|");
        for (_, name) in counts.iter().filter(|counts| counts.0.is_some()) {
            let _ = write!(head, " {name} |");
            rule.push_str("--:|");
        }
    }
    let _ = writeln!(page, "{head}\n{rule}");
    // The groups of a table have the same cases, but for those that make no sense in one.
    for case in times.cases(groups[0].0) {
        let _ = write!(page, "| {} |", if case == "errbook" { "**errbook**".to_owned() } else { code(case) });
        for (group, _) in groups {
            let [median, ratio, spread] = times.get(group, case)?;
            let _ = write!(page, " {} | {ratio:.2} |", number(median));
            match case {
                "errbook" => page.push_str(" |"),
                _ => _ = write!(page, " {:.0} % |", spread * 100.0),
            }
            for counts in counts.iter().filter_map(|counts| counts.0) {
                let _ = write!(page, " {:.0} |", counts.get(group, case)?[0]);
            }
        }
        page.push('\n');
    }
    Ok(())
}

fn figures(page: &mut String, times: &Times) -> Result {
    page.push_str(
        "\n## What we want to reach\n\n| | beside | at least × | measured × | |\n|---|---|--:|--:|---|\n",
    );
    for (work, group, case, least) in FIGURES {
        let [_, ratio, _] = times.get(group, case)?;
        let reached = if ratio >= least { "yes" } else { "not yet" };
        let _ = writeln!(page, "| {work} | {} | {least:.2} | {ratio:.2} | {reached} |", code(case));
    }
    page.push_str("\n| | at most, ns | measured, ns | |\n|---|--:|--:|---|\n");
    for (work, group, most) in LIMITS {
        let [median, ..] = times.get(group, "errbook")?;
        let reached = if median <= most { "yes" } else { "not yet" };
        let _ = writeln!(page, "| {work} | {most:.0} | {} | {reached} |", number(median));
    }
    Ok(())
}

/// Three digits.
fn number(nanoseconds: f64) -> String {
    if nanoseconds < 100.0 { format!("{nanoseconds:.1}") } else { format!("{nanoseconds:.0}") }
}

fn code(case: &str) -> String {
    match case.contains(' ') {
        true => case.to_owned(),
        false => format!("`{case}`"),
    }
}

/// `rustc 1.88.0`
fn rustc() -> Result<String> {
    let output = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .arg("--version")
        .output()
        .map_err(|error| format!("could not run rustc: {error}"))?;
    let version = String::from_utf8_lossy(&output.stdout);
    Ok(version.split(" (").next().unwrap_or_default().trim().to_owned())
}
