//! The command as it is used: what it prints, what it writes, its exit codes.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../codegen/tests/cases");

fn errbook(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_errbook")).args(arguments).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn case(name: &str) -> String {
    format!("{CASES}/{name}/errors.yaml")
}

/// A new folder of this test's own.
fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn check_is_content_with_good_catalogs() {
    let (one, two) = (case("smallest"), case("everything"));
    let output = errbook(&["check", &one, &two]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(stdout(&output), format!("{one}: 3 codes, no mistakes\n{two}: 13 codes, no mistakes\n"));
    assert_eq!(stderr(&output), "");
}

#[test]
fn check_shows_the_mistakes_of_every_file() {
    let folder = folder("check");
    let bad = folder.join("errors.yaml");
    let text = fs::read_to_string(case("smallest")).unwrap().replace("retryable: false", "retriable: false");
    fs::write(&bad, text).unwrap();
    let (bad, good) = (bad.to_str().unwrap(), case("smallest"));
    let output = errbook(&["check", bad, &good, bad]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stdout(&output), format!("{good}: 3 codes, no mistakes\n"));
    let shown = stderr(&output);
    assert_eq!(shown.matches("`retriable` is no key of the code").count(), 4, "{shown}");
    assert_eq!(shown.matches("did you mean `retryable`?").count(), 4, "{shown}");
    assert!(shown.contains(&format!("--> {bad}:6:33")), "{shown}");
}

#[test]
fn build_writes_what_a_build_script_does() {
    let out = folder("build");
    let output = errbook(&["build", &case("everything"), "--out", out.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    for name in ["errbook.rs", "store.md", "admin.md"] {
        // The header names the file as it was given.
        let written = fs::read_to_string(out.join(name)).unwrap().replace(&case("everything"), "errors.yaml");
        let golden = fs::read_to_string(format!("{CASES}/everything/{name}")).unwrap();
        assert!(written == golden, "{name} differs");
    }

    let check = ["build", &case("everything"), "--out", out.to_str().unwrap(), "--check"];
    assert_eq!(errbook(&check).status.code(), Some(0));
    fs::write(out.join("store.md"), "old").unwrap();
    let output = errbook(&check);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stderr(&output), format!("{} is stale\n", out.join("store.md").display()));
    assert_eq!(fs::read_to_string(out.join("store.md")).unwrap(), "old", "--check writes nothing");
}

#[test]
fn every_command_reads_the_parts() {
    let main = case("parts");
    let output = errbook(&["check", &main]);
    assert_eq!(stdout(&output), format!("{main}: 4 codes, no mistakes\n"));

    let out = folder("parts");
    for command in ["build", "docs"] {
        let output = errbook(&[command, &main, "--out", out.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let page = fs::read_to_string(out.join("parts.md")).unwrap();
        assert!(page.contains("At most 10 items, 3 orders."), "{page}");
    }
    let section = stdout(&errbook(&["explain", "--file", &main, "plan_over"]));
    assert!(section.contains("plan_ended"), "{section}");

    let copy = folder("parts-mistaken");
    let (main, part) = (copy.join("errors.yaml"), copy.join("errors/orders.yaml"));
    fs::create_dir(copy.join("errors")).unwrap();
    fs::copy(case("smallest"), &main).unwrap();
    fs::write(&part, "codes:\n  sold_out: {sttus: 409}\n").unwrap();
    let output = errbook(&["check", main.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains(&format!("--> {}:2:14", part.display())), "{}", stderr(&output));
}

#[test]
fn docs_writes_the_pages_alone() {
    let out = folder("docs");
    let output = errbook(&["docs", &case("smallest"), "--out", out.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let names: Vec<_> = fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["shop.md"]);
}

#[test]
fn explain_shows_the_section_of_a_code() {
    let output = errbook(&["explain", "--file", &case("everything"), "slow"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let section = stdout(&output);
    assert!(section.starts_with("### `slow`\n\n**HTTP 429**"), "{section}");
    assert!(section.contains("> At most 60 a minute."), "{section}");
    assert!(section.ends_with(
        "- Store API: https://every.example/store#slow\n- Admin API: https://every.example/admin#slow\n"
    ));

    let output = errbook(&["explain", "--file", &case("everything"), "slov"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(stderr(&output), "there is no code `slov`; did you mean `slow`?\n");

    let output = errbook(&["explain", "--file", &case("everything"), "old"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(
        stdout(&output).starts_with("### `old`\n\nNo longer sent, since 1.10. Now:"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn what_could_not_run_exits_with_2() {
    let missing = errbook(&["check", "no/such/errors.yaml"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(stderr(&missing).contains("no/such/errors.yaml"), "{}", stderr(&missing));
    assert_eq!(errbook(&["chek"]).status.code(), Some(2));
    assert_eq!(errbook(&[]).status.code(), Some(2));
    let both = errbook(&["check", "no/such/errors.yaml", &case("smallest")]);
    assert_eq!(
        (both.status.code(), stdout(&both).lines().count()),
        (Some(2), 1),
        "the other file is checked, too"
    );

    let file = folder("unwritable").join("file");
    fs::write(&file, "").unwrap();
    let output = errbook(&["docs", &case("smallest"), "--out", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).starts_with("could not write to "), "{}", stderr(&output));
}
