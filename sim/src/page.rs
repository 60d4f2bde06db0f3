//! docs/retry: what the scenarios show, as a page and its diagrams.

use std::fmt::Write as _;

use crate::client::{ALL, BUDGETS, Candidate, Code, OURS};
use crate::plot::Plot;
use crate::scenario::nested::Nested;
use crate::scenario::overload::{self, FLEETS, Overload};
use crate::scenario::random::{FAILURES, Failing};
use crate::scenario::{each, effects, reset, tenant};

/// A file of docs/retry.
pub struct File {
    /// Its name.
    pub name: &'static str,
    /// Its text.
    pub text: String,
}

/// All files. Twice the same.
pub fn files() -> Vec<File> {
    let mut page = Page { text: String::new(), plots: Vec::new() };
    page.intro();
    page.overload();
    page.budgets();
    page.reset();
    page.tenant();
    page.nested();
    page.random();
    page.effects();
    let mut files = vec![File { name: "README.md", text: page.text }];
    files.extend(page.plots);
    files
}

struct Page {
    text: String,
    plots: Vec<File>,
}

impl Page {
    fn text(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// A table: the head, and rows of cells.
    fn table(&mut self, head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
        let _ = writeln!(self.text, "\n| {} |\n|{}", head.join(" | "), "---|".repeat(head.len()));
        for row in rows {
            let _ = writeln!(self.text, "| {} |", row.join(" | "));
        }
    }

    fn plot(&mut self, name: &'static str, plot: &Plot<'_>) {
        let _ = writeln!(self.text, "\n![{}]({name})", plot.title);
        self.plots.push(File { name, text: plot.svg() });
    }

    fn intro(&mut self) {
        self.text(
            "# How retrying behaves

What becomes of a service and of its clients under one way of retrying and another. This page and its diagrams are what
`cargo run --release -p errbook-sim` writes: a simulation ([`sim/`](../../sim)) in virtual time with fixed seeds, in which
nothing is measured, so that it says the same on every machine. CI compares. The same scenarios are tests of `sim/`, with
bounds.

Clients run the code that they are named after, as far as it can be run. Servers answer with errors of this repository's
catalog, and each client reads of them what it reads.
",
        );
        let row = |candidate: &Candidate| {
            let code = match candidate.code {
                Code::Run => "its code",
                Code::Part => "its code, in part",
                Code::Model => "modelled",
            };
            vec![candidate.name.to_owned(), code.to_owned(), candidate.note.to_owned()]
        };
        self.table(&["client", "what runs", ""], ALL.iter().map(row));
    }

    fn overload(&mut self) {
        self.text(
            "
## S1: overload, and recovery from it

All clients together send 700 operations a second to a service that can do 1,000, in the order in which they come, for as long
as they take. For ten seconds each takes three times as long. A client waits one second for an answer, and the service doesn't
hear that it has gone. Seconds from the end of the ten until five seconds follow each other in which 95 % of the operations
succeed; of a fleet whose clients have just been started, and of one that was healthy before, so that its budgets are full.
–: not within a minute. The middle one of three seeds.
",
        );
        let heads: Vec<String> = FLEETS.map(|clients| format!("{} clients", thousands(clients))).into();
        let mut head = vec!["new / seasoned"];
        head.extend(heads.iter().map(String::as_str));
        head.push("attempts per operation meanwhile (100 seasoned)");
        let recovery = recoveries(&ALL);
        let meanwhile = each(&ALL, |candidate| {
            Overload { candidate: *candidate, clients: 100, seasoned: true, seed: 1 }.run().amplification()
        });
        let rows = ALL.iter().zip(recovery).zip(meanwhile).map(|((candidate, recovery), meanwhile)| {
            let mut row = vec![candidate.name.to_owned()];
            row.extend(recovery);
            row.push(format!("{meanwhile:.2}"));
            row
        });
        self.table(&head, rows);
        self.text(
            "
A wait, however long and however jittered, only moves the load: three retries keep the service down for good, and so does an
allowance for each client as soon as there are many. What counts is how many retries the whole fleet has when everything fails
at once, which is what each may keep times the number of clients, unless time takes it away.
",
        );

        let names = ["no retries", "3 retries, full jitter", "AWS standard 2.1", "gRPC A6"];
        let is_shown = |candidate: &Candidate| {
            names.contains(&candidate.name)
                || candidate.name.ends_with("default budget")
                || candidate.name == OURS.name
        };
        let shown: Vec<Candidate> = ALL.into_iter().filter(is_shown).collect();
        let seen = each(&shown, |candidate| {
            Overload { candidate: *candidate, clients: 1_000, seasoned: true, seed: 1 }.run()
        });
        let lines = |of: &dyn Fn(&overload::Seen, usize) -> f64| {
            let points = |seen| (0..60).map(|second| (second as f64, of(seen, second))).collect();
            shown.iter().map(|candidate| plain(candidate.name)).zip(seen.iter().map(points)).collect()
        };
        self.plot(
            "overload-goodput.svg",
            &Plot {
                title: "Operations that succeed, 1,000 clients; slow from 10 to 20 s",
                x: "begun in second",
                y: "%",
                logarithmic: false,
                lines: lines(&|seen, second| 100.0 * seen.goodput[second]),
            },
        );
        self.plot(
            "overload-load.svg",
            &Plot {
                title: "Attempts per second, 1,000 clients; the service can do 1,000, and 333 from 10 to 20 s",
                x: "second",
                y: "attempts",
                logarithmic: false,
                lines: lines(&|seen, second| seen.load[second] as f64),
            },
        );
    }

    fn budgets(&mut self) {
        self.text(
            "
### Which budget

The same for other budgets of our own decision, and what each saves where 5 % of the attempts fail at random (S5): of the
operations that three plain retries save, the share that it saves, for a client that sends ten times a second, once, and once
in seven seconds, which is what each of 5,000 does here; and where 1 % and 5 % of the attempts time out.
",
        );
        let paces = [
            (0.1, 0.05, false),
            (1.0, 0.05, false),
            (7.0, 0.05, false),
            (0.1, 0.01, true),
            (0.1, 0.05, true),
        ];
        let failing = |candidate: Candidate| {
            paces.map(|(pace, failures, unanswered)| Failing { candidate, failures, pace, unanswered })
        };
        let runs: Vec<Failing> = BUDGETS.into_iter().flat_map(failing).collect();
        let saved = each(&runs, Failing::saved);
        let recovery = recoveries(&BUDGETS);
        let heads: Vec<String> = FLEETS.map(|clients| format!("{} clients", thousands(clients))).into();
        let mut head = vec!["new / seasoned"];
        head.extend(heads.iter().map(String::as_str));
        head.extend(["saved at 10/s", "at 1/s", "at 1 in 7 s", "of 1 % timeouts", "of 5 % timeouts"]);
        let rows = BUDGETS.iter().zip(recovery).zip(saved.chunks(paces.len()));
        let rows = rows.map(|((candidate, recovery), saved)| {
            let mut row = vec![candidate.name.to_owned()];
            row.extend(recovery);
            row.extend(saved.iter().map(|saved| percent(*saved, 0)));
            row
        });
        self.table(&head, rows);
        self.text(
            "
Each retry that a client has is, in an outage, one request more of each client: what lasts is therefore too much for some size
of a fleet, and what fades bounds what all clients hold by what all of them sent in the last minute. What a client starts with
doesn't fade, so that one that calls rarely has it, too; but it is too little for a retry after a timeout, which costs three,
because it is work on top of work that may go on. That is the price: who calls rarely doesn't repeat what timed out.
",
        );
    }

    fn reset(&mut self) {
        self.text(
            "
## S2: a limit that is reset

Within 30 seconds 20,000 clients send one request each and are told `rate_limit_exceeded`, with the seconds until the reset in
`Retry-After`. From the reset on everything succeeds.
",
        );
        let seen = each(&ALL, reset::run);
        let rows = ALL.iter().zip(&seen).map(|(candidate, seen)| {
            let early = if seen.retries == 0 { "–".to_owned() } else { percent(seen.early, 0) };
            let p99 = match seen.success {
                0.0 => "–".to_owned(),
                _ => format!("{:.1} s", seen.p99.as_secs_f64()),
            };
            vec![candidate.name.to_owned(), early, thousands(seen.peak()), percent(seen.success, 1), p99]
        });
        let head = [
            "",
            "retries before the reset",
            "most attempts in a second after it",
            "succeeded",
            "99 of 100 of them within",
        ];
        self.table(&head, rows);
        self.text(
            "
Who doesn't read `Retry-After` comes back too early and gives up, who clamps it comes back too early and pays for it, and who
takes it to the letter comes back with all others in the same second. errbook takes it as the earliest moment, and spreads the
retries over half as long again.
",
        );
        let shown = ["AWS standard 2.0", "AWS standard 2.1", "gRPC A6", OURS.name];
        let lines = ALL.iter().zip(&seen).filter(|(candidate, _)| shown.contains(&candidate.name));
        let lines = lines.map(|(candidate, seen)| {
            let points = seen.load.iter().take(20).enumerate();
            (plain(candidate.name), points.map(|(second, load)| (second as f64, *load as f64)).collect())
        });
        let lines = lines.collect();
        self.plot(
            "reset-load.svg",
            &Plot {
                title: "Attempts per second after the reset",
                x: "seconds after the reset",
                y: "attempts",
                logarithmic: false,
                lines,
            },
        );
    }

    fn tenant(&mut self) {
        self.text(
            "
## S3: one tenant that is not set up

A platform sends for 100 tenants by one client. One of them, which makes a fifth of the calls, has no sending account, so that
each of its calls is answered with `no_active_providers`: a 503 whose flag says `retryable: true`, and whose advice in the
catalog is `needs_action`. Of the others' attempts 5 % fail with `service_unavailable`.
",
        );
        let seen = each(&ALL, tenant::run);
        let rows = ALL.iter().zip(seen).map(|(candidate, seen)| {
            let others = [percent(seen.alone, 2), percent(seen.others, 2)];
            let [alone, others] = others;
            vec![candidate.name.to_owned(), alone, others, format!("{:.2}", seen.attempts)]
        });
        let head =
            ["", "others succeed without it", "others succeed with it", "attempts per call of that tenant"];
        self.table(&head, rows);
        self.text(
            "
Without a budget that tenant costs three useless calls each time; with one it takes the retries from all others, whose failures
then come through. errbook knows of the code that nobody can wait it out: it is sent once and costs the budget nothing.
",
        );
    }

    fn nested(&mut self) {
        self.text(
            "
## S4: a client in a client in a client

Three layers of the same client, each seasoned: a job that calls a service that calls an SDK, and begins ten operations a second,
as long as they succeed, one after the other. The last server fails 10 % of the requests, and then all of them.
",
        );
        let run = |exhausted: bool, failures| {
            move |candidate: &Candidate| Nested { candidate: *candidate, exhausted, failures }.run()
        };
        let mut rows = Vec::new();
        let row = |name: String, some: crate::scenario::nested::Seen, all: crate::scenario::nested::Seen| {
            let per = |seen: crate::scenario::nested::Seen| format!("{:.2}", seen.amplification);
            vec![name, percent(some.success, 1), per(some), per(all), all.most.to_string()]
        };
        let (some, all) = (each(&ALL, run(false, 0.1)), each(&ALL, run(false, 1.0)));
        for ((candidate, some), all) in ALL.iter().zip(some).zip(all) {
            let what = if candidate.name == OURS.name { ", without `exhausted`" } else { "" };
            rows.push(row(format!("{}{what}", candidate.name), some, all));
        }
        rows.push(row(OURS.name.to_owned(), run(true, 0.1)(&OURS), run(true, 1.0)(&OURS)));
        let head = [
            "",
            "succeed at 10 %",
            "requests per operation",
            "requests per operation in an outage",
            "most of one operation",
        ];
        self.table(&head, rows);
        self.text(
            "
Attempts multiply: of four each, three layers make 64. An error of errbook that was retried to the end says so, and an outer
client doesn't begin anew; what that costs is the little that the outer retries would have saved.
",
        );
    }

    fn random(&mut self) {
        self.text(
            "
## S5: failures at random

100 clients send ten operations a second each, and this share of the attempts fails with `internal_error`, whatever the load.
Operations that succeed, and attempts per operation.
",
        );
        let runs: Vec<Failing> = ALL
            .iter()
            .flat_map(|candidate| FAILURES.map(|failures| Failing::new(*candidate, failures)))
            .collect();
        let seen = each(&runs, |run| {
            let trace = run.run();
            (trace.success(), trace.amplification())
        });
        let heads: Vec<String> = FAILURES.map(|failures| percent(failures, 0)).into();
        let mut head = vec![""];
        head.extend(heads.iter().map(String::as_str));
        let rows = ALL.iter().zip(seen.chunks(FAILURES.len())).map(|(candidate, seen)| {
            let mut row = vec![candidate.name.to_owned()];
            row.extend(
                seen.iter().map(|(success, attempts)| format!("{} {attempts:.2}", percent(*success, 2))),
            );
            row
        });
        self.table(&head, rows);
        self.text(
            "
As long as few fail all are saved, by three plain retries and by errbook's budget alike, for a load that is larger by what
fails. From about 10 % on the budget gives way: what fails that often is not saved by sending it more often.
",
        );
        let shown = ["no retries", "3 retries, full jitter", "AWS standard 2.1", "gRPC A6", OURS.name];
        let of = |pick: &dyn Fn(&(f64, f64)) -> f64| {
            let lines = ALL.iter().zip(seen.chunks(FAILURES.len()));
            let lines = lines.filter(|(candidate, _)| shown.contains(&candidate.name));
            let points = |seen: &[(f64, f64)]| {
                FAILURES.iter().zip(seen).map(|(failures, seen)| (100.0 * failures, pick(seen))).collect()
            };
            lines.map(|(candidate, seen)| (plain(candidate.name), points(seen))).collect()
        };
        self.plot(
            "random-attempts.svg",
            &Plot {
                title: "Attempts per operation where attempts fail at random",
                x: "% of attempts that fail",
                y: "attempts",
                logarithmic: true,
                lines: of(&|(_, attempts)| *attempts),
            },
        );
    }

    fn effects(&mut self) {
        self.text(&format!(
            "
## S6: effects that happen twice

{} times something is sent with POST. 5 % of the attempts take effect and are never answered; 5 % are refused with
`service_unavailable` before anything happens. With an idempotency key the server does the same thing once.
",
            thousands(effects::OPERATIONS)
        ));
        let seen = each(&ALL, |candidate| [false, true].map(|keyed| effects::run(candidate, keyed)));
        let rows = ALL.iter().zip(seen).map(|(candidate, [bare, keyed])| {
            let mut row = vec![candidate.name.to_owned()];
            row.extend([bare, keyed].map(|seen| [seen.twice.to_string(), percent(seen.success, 1)]).concat());
            row
        });
        let head = [
            "",
            "done twice, without keys",
            "succeed, without keys",
            "done twice, with keys",
            "succeed, with keys",
        ];
        self.table(&head, rows);
        self.text(
            "
Whoever repeats a POST whose answer is lost does it twice. errbook repeats without a key only what was certainly not done, and
its error says that a key would make it safe; with one it repeats both, as far as its budget goes.
",
        );
    }
}

/// Of each candidate the cells of a row, one for each size of a fleet: `new / seasoned`.
fn recoveries(candidates: &[Candidate]) -> Vec<Vec<String>> {
    let runs: Vec<(Candidate, usize, bool)> = candidates
        .iter()
        .flat_map(|candidate| {
            FLEETS.map(|clients| [false, true].map(|seasoned| (*candidate, clients, seasoned)))
        })
        .flatten()
        .collect();
    let seconds =
        each(&runs, |(candidate, clients, seasoned)| overload::recovery(candidate, *clients, *seasoned));
    let cell = |seconds: Option<usize>| seconds.map_or("–".to_owned(), |seconds| seconds.to_string());
    let cells: Vec<String> =
        seconds.chunks(2).map(|both| format!("{} / {}", cell(both[0]), cell(both[1]))).collect();
    cells.chunks(FLEETS.len()).map(<[String]>::to_vec).collect()
}

/// Without what Markdown makes of it.
fn plain(name: &str) -> &str {
    name.trim_matches('*')
}

fn percent(share: f64, digits: usize) -> String {
    format!("{:.digits$} %", 100.0 * share)
}

fn thousands(number: usize) -> String {
    match number {
        0..1_000 => number.to_string(),
        _ => format!("{},{:03}", number / 1_000, number % 1_000),
    }
}
