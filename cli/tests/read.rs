//! `errbook read` as it is used: each file of `read` ending in `txt` is a command and what it prints.
//! `ERRBOOK_BLESS=1` writes the outputs anew: read them.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// `errbook read`, where the catalog of this repository is.
fn read(arguments: &[&str], input: impl AsRef<[u8]>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_errbook"));
    command.arg("read").args(arguments).current_dir(ROOT);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Who is not interested in it closes the pipe.
    let _ = child.stdin.take().unwrap().write_all(input.as_ref());
    child.wait_with_output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Not read: why.
fn refused(arguments: &[&str], input: impl AsRef<[u8]>) -> String {
    let output = read(arguments, input);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""));
    stderr(&output)
}

#[test]
fn as_much_is_read_as_the_catalog_says() {
    let error = r#"{"message":"Not an address.","field":"to"}"#;
    let body = format!(r#"{{"errors":[{}]}}"#, vec![error; 4_000].join(","));
    let answer = format!("HTTP/1.1 400 Bad Request\ncontent-type: application/json\n\n{body}");
    assert!((128 * 1024..256 * 1024).contains(&answer.len()));
    let file = "tests/formats/apis/sendgrid/errors.yaml";
    let shown = stdout(&read(&["--file", file], &answer));
    assert!(!shown.contains("the body is longer") && shown.contains("and 980 more"), "{shown}");
    let shown = stdout(&read(&["--file", file], answer.repeat(2)));
    assert!(shown.contains("the body is longer than the 256 KiB that were read"), "{shown}");
}

#[test]
fn outputs() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/read");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "txt")).collect();
    assert!(files.len() >= 12, "{}", files.len());
    let mut wrong = String::new();
    for file in files {
        let expected = fs::read_to_string(&file).unwrap();
        let command = expected.lines().next().unwrap();
        let arguments: Vec<&str> = command.strip_prefix("$ errbook read ").unwrap().split(' ').collect();
        let output = read(&arguments, "");
        assert_eq!(output.status.code(), Some(0), "{command}: {}", stderr(&output));
        let shown = format!("{command}\n{}", stdout(&output));
        let harmless = |char: char| char == '\n' || !char.is_control() && char != '\u{202e}';
        assert!(shown.chars().all(harmless), "{shown:?}");
        if shown == expected {
            continue;
        }
        if std::env::var_os("ERRBOOK_BLESS").is_some() {
            fs::write(&file, shown).unwrap();
        } else {
            wrong += &shown;
        }
    }
    assert!(wrong.is_empty(), "not what stands in the files:\n{wrong}");
}

#[test]
fn standard_input_is_read_as_a_file_is() {
    let file = "cli/tests/read/rate-limited.http";
    let piped = read(&["--api", "sending"], fs::read(Path::new(ROOT).join(file)).unwrap());
    assert_eq!(piped.status.code(), Some(0));
    assert_eq!(stdout(&piped), stdout(&read(&["--api", "sending", file], "")));
}

#[test]
fn json_is_json() {
    let input = "HTTP/1.1 200\n\n{}";
    assert_eq!(stdout(&read(&["--api", "inbox", "--json"], input)), "{\"status\":200,\"success\":true}\n");
    let output = stdout(&read(&["--api", "inbox", "--json", "cli/tests/read/hostile.http"], ""));
    let json: serde_json::Value = serde_json::from_str(&output).unwrap();
    assert_eq!(json["code"], "\u{1b}[31mgone\u{1b}[0m");
    assert_eq!(json["members"]["\u{9b}2J"], "\u{9b}2J");
    assert_eq!(json["members"]["n"], "1e999", "what no number of serde_json holds is text");
}

#[test]
fn what_is_no_answer() {
    let inbox = ["--api", "inbox"];
    let cases: [(&[u8], &str); 9] = [
        (b"", "there is no answer: nothing stands in it"),
        (b"\xEF\xBB\xBF\r\n \n", "there is no answer: nothing stands in it"),
        (
            b"{\"error\":\"gone\"}",
            "the answer begins with `{\"error\":\"gone\"}`, and not with a status as `HTTP/1.1 404 Not Found`: `curl -i` prints it",
        ),
        (
            b"\x1b[2J\xff and so on, and so on, and so on, and so on",
            "the answer begins with `\\u{1b}[2J\u{fffd} and so on, and so on, and so on, a…`, and not with a status as `HTTP/1.1 404 Not Found`: `curl -i` prints it",
        ),
        (
            b"HTTP/1.1 99999 Many",
            "the answer begins with `HTTP/1.1 99999 Many`, and not with a status as `HTTP/1.1 404 Not Found`: `curl -i` prints it",
        ),
        (
            b"HTTP/1.1 404 Not Found\r\ncontent-type: text/html\r\n{\"a\": 1}\r\n",
            "line 3 is no header: `{\"a\": 1}`; an empty line stands between headers and body",
        ),
        (
            b"HTTP/1.1 100 Continue\n\nHTTP/2 404\nx: \x00\n",
            "line 4 is no header: `x: \\u{0}`; an empty line stands between headers and body",
        ),
        (
            b"HTTP/1.1 404\n\x1bfolded\n",
            "line 2 is no header: `\\u{1b}folded`; an empty line stands between headers and body",
        ),
        (
            &[b"HTTP/1.1 404\n", &b"a: b\n".repeat(20_000)[..]].concat(),
            "the headers are longer than 65536 bytes",
        ),
    ];
    for (input, problem) in cases {
        assert_eq!(refused(&inbox, input), format!("could not read standard input: {problem}\n"));
    }
    let missing = refused(&["--api", "inbox", "no/such.http"], "");
    assert!(missing.starts_with("could not read no/such.http: "), "{missing}");
}

#[test]
fn what_can_not_be_asked() {
    let answer = "HTTP/1.1 404\n\n";
    assert_eq!(
        refused(&[], answer),
        "which API was asked? Say so with `--api`: management, sending, inbox\n"
    );
    assert_eq!(
        refused(&["--api", "sendin"], answer),
        "there is no API `sendin`; the catalog has management, sending, inbox\n"
    );
    for (argument, value, problem) in [
        ("--method", "GE T", "no HTTP method"),
        ("--left", "10", "no time as 10s, 500ms or 2m"),
        ("--left", "-1s", "no time as 10s, 500ms or 2m"),
        ("--left", "infs", "no time as 10s, 500ms or 2m"),
        ("--left", "9999999999999999999999m", "no time as 10s, 500ms or 2m"),
        ("--attempt", "0", "0 is not in 1..=100"),
        ("--attempt", "101", "101 is not in 1..=100"),
    ] {
        let said = refused(&["--api", "inbox", &format!("{argument}={value}")], answer);
        assert!(said.contains(&format!("invalid value '{value}' for '{argument} ")), "{said}");
        assert!(said.contains(&format!(": {problem}\n")), "{said}");
    }
    assert!(refused(&["--keyed"], answer).contains("--method <METHOD>"));
    assert!(refused(&["--file", "no/errors.yaml"], answer).contains("no/errors.yaml"));
    let mistaken = read(&["--file", "README.md"], answer);
    assert_eq!(mistaken.status.code(), Some(1), "a catalog with mistakes is a finding, as everywhere");
}

#[test]
fn whatever_comes_is_bounded() {
    let long = |body: &[u8]| [b"HTTP/1.1 500\n\n", body].concat();
    let output = read(&["--api", "inbox"], long(&b"x".repeat(10_000_000)));
    assert_eq!(output.status.code(), Some(0));
    let shown = stdout(&output);
    assert!(shown.contains("\nnote          the body is longer than the 64 KiB that were read\n"), "{shown}");
    assert!(shown.len() < 1_000, "{shown}");

    let issues = r#"{"code":"invalid_parameter","message":"No."},"#.repeat(1_000);
    let body = format!(
        r#"{{"ok":false,"error":{{"code":"invalid_parameter","message":"No.","errors":[{issues}]}}}}"#
    );
    let shown = stdout(&read(&["--api", "sending"], long(body.as_bytes())));
    assert!(shown.contains("              and 980 more\n"), "{shown}");
    assert_eq!(shown.matches("invalid_parameter: No.").count(), 20, "{shown}");

    // Any bytes at all, cut anywhere.
    let noise: Vec<u8> = (0..=255).cycle().take(3_000).map(|byte: u8| byte.wrapping_mul(73)).collect();
    for length in [1, 2, 3, 17, 255, 3_000] {
        let shown = read(&["--api", "inbox"], long(&noise[..length]));
        assert_eq!(shown.status.code(), Some(0), "{}", stderr(&shown));
        assert!(stdout(&shown).chars().all(|char| char == '\n' || !char.is_control()));
    }
}
