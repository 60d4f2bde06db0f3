//! The pages of docs/guide say what is: what they quote stands in the files, what they show is what comes.
//!
//! A block is quoted from the file that the line before it names: `src/lib.rs`. One in `diff` goes from migration/before to
//! migration/after. In `console` and `text` is what a server or the compiler says.
#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::fs;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::{Method, Request};
use quickstart::{app, depot::Depot};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt as _;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What stands between two fences.
struct Block {
    language: String,
    /// The line before it that isn't empty.
    label: String,
    text: String,
}

fn blocks(page: &str) -> Vec<Block> {
    let page = read(format!("docs/guide/{page}.md"));
    let mut lines = page.lines();
    let (mut blocks, mut label) = (Vec::new(), "");
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let text: String =
                lines.by_ref().take_while(|line| *line != "```").map(|line| format!("{line}\n")).collect();
            blocks.push(Block { language: language.to_owned(), label: label.to_owned(), text });
        } else if !line.is_empty() {
            label = line;
        }
    }
    blocks
}

/// Its last word, a path in backticks and a colon.
fn file(label: &str) -> &str {
    let path = label.strip_suffix("`:").and_then(|label| label.rsplit('`').next());
    path.unwrap_or_else(|| panic!("the line before a block names no file: {label}"))
}

#[test]
fn blocks_stand_in_the_files_they_name() {
    for (page, folder) in [
        ("server", "examples/quickstart"),
        ("migrating", "examples/migration"),
        ("sent-and-logged", "."),
        ("client", "examples/sdk"),
        ("client-more", "examples/sdk"),
        ("retrying", "."),
        ("comparing", "."),
    ] {
        let folder = Path::new(folder);
        for Block { language, label, text } in blocks(page) {
            let side = |side: &str, gone: char| {
                let lines = text.lines().filter(|line| !line.starts_with(gone));
                let quoted: String =
                    lines.map(|line| format!("{}\n", line.get(1..).unwrap_or_default())).collect();
                (folder.join(side).join(file(&label)), quoted)
            };
            let quotes = match &*language {
                "console" | "text" => continue,
                "diff" => vec![side("before", '+'), side("after", '-')],
                _ => vec![(folder.join(file(&label)), text)],
            };
            for (path, quoted) in quotes {
                let is_new = path.starts_with(folder.join("before")) && !root().join(&path).exists();
                assert!(
                    is_new && quoted.is_empty() || read(&path).contains(&quoted),
                    "{page}: not in {}:\n{quoted}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn links_lead_somewhere() {
    for page in fs::read_dir(root().join("docs/guide")).unwrap() {
        let page = page.unwrap().path();
        for link in read(&page).split("](").skip(1) {
            let link = link.split([')', '#']).next().unwrap_or_default();
            if !link.is_empty() && !link.starts_with("https://") {
                assert!(page.with_file_name(link).exists(), "{}: {link}", page.display());
            }
        }
    }
}

/// Follows the page: `cargo run` starts a server, `curl` asks it.
#[tokio::test]
async fn answers_are_the_ones_shown() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).without_time();
    let writer = log.clone();
    let _guard = tracing::subscriber::set_default(subscriber.with_writer(move || writer.clone()).finish());
    let ledger = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ledger");
    let mut server = None;
    let mut asked = 0;
    for Block { text, .. } in
        blocks("server").into_iter().filter(|block| ["console", "text"].contains(&&*block.language))
    {
        let (command, shown) = text.split_once('\n').unwrap();
        if let Some(arguments) = command.strip_prefix("$ cargo run") {
            let ledger = arguments.strip_prefix(" -- ").map_or(ledger.clone(), PathBuf::from);
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            server = Some(listener.local_addr().unwrap());
            tokio::spawn(
                async move { axum::serve(listener, app(Depot::new(ledger)).into_make_service()).await },
            );
        } else if let Some(arguments) = command.strip_prefix("$ curl -i ") {
            let answer = curl(server.expect("`cargo run` comes first"), arguments).await;
            assert_eq!(parts(&answer), parts(shown), "{command}");
            asked += 1;
        } else if command.starts_with("20") {
            let line = without_ids(command.split_once('Z').unwrap().1.trim_start());
            let log = without_ids(&String::from_utf8(log.0.lock().unwrap().clone()).unwrap());
            assert!(log.contains(&line), "{line}\nis not in\n{log}");
            asked += 1;
        }
    }
    assert!(asked > 5, "the page shows {asked} answers");
}

/// As much of curl as the page needs.
async fn curl(server: SocketAddr, arguments: &str) -> String {
    let (mut method, mut headers, mut body, mut path) = ("GET", String::new(), "", "");
    // No word of the page has a quote in it.
    let mut words = arguments.split('\'').enumerate().flat_map(|(at, part)| match at % 2 {
        1 => vec![part],
        _ => part.split_whitespace().collect(),
    });
    while let Some(word) = words.next() {
        match word {
            "-X" => method = words.next().unwrap(),
            "-H" => headers += &format!("{}\r\n", words.next().unwrap()),
            "--json" => {
                (method, body) = ("POST", words.next().unwrap());
                headers += "content-type: application/json\r\naccept: application/json\r\n";
            }
            url => path = url.strip_prefix("localhost:3000").unwrap(),
        }
    }
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost:3000\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    );
    let mut stream = TcpStream::connect(server).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.replace("\r\n", "\n").replace("connection: close\n", "")
}

/// The head without what differs each time, and the body, which the page may show over several lines.
fn parts(answer: &str) -> (String, Value) {
    let answer = without_ids(answer);
    let (head, body) = answer.split_once("\n\n").unwrap_or((&answer, ""));
    let head = head.lines().filter(|line| !line.starts_with("date: ")).collect::<Vec<_>>().join("\n");
    (head, serde_json::from_str(body).unwrap_or_default())
}

/// With one id in the place of all.
fn without_ids(text: &str) -> String {
    let mut parts = text.split("req_");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        text + "req_" + part.trim_start_matches(|char: char| char.is_ascii_alphanumeric())
    })
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is asked of migration/before and migration/after, as the page calls it.
const REQUESTS: [(&str, Method, &str, &str); 5] = [
    ("`POST /rooms`, the disk is full", Method::POST, "/rooms", r#"{"name": "Attic", "seats": 4}"#),
    ("`GET /nowhere`", Method::GET, "/nowhere", ""),
    ("`PUT /rooms`", Method::PUT, "/rooms", ""),
    ("`POST /rooms` with `{`", Method::POST, "/rooms", "{"),
    ("`POST /rooms` with `{\"name\": 5}`", Method::POST, "/rooms", r#"{"name": 5}"#),
];

#[tokio::test]
async fn what_changes_is_what_the_table_says() {
    let (old, new) = (rooms_before::store::Store::default(), rooms_after::store::Store::default());
    old.fill_disk();
    new.fill_disk();
    let page = read("docs/guide/migrating.md");
    let mut rows = String::new();
    for (label, method, path, body) in REQUESTS {
        rows += &format!("| {label} ");
        for app in [rooms_before::app(old.clone()), rooms_after::app(new.clone())] {
            let request = Request::builder().method(&method).uri(path).header("x-api-key", "writer");
            let request = request.header("content-type", "application/json").body(Body::from(body)).unwrap();
            let answer = app.oneshot(request).await.unwrap();
            let status = answer.status().as_u16();
            match &*axum::body::to_bytes(answer.into_body(), 1000).await.unwrap() {
                b"" => rows += &format!("| {status}, nothing "),
                body => {
                    let text = String::from_utf8_lossy(body);
                    let ticks = if text.contains('`') { "``" } else { "`" };
                    rows += &format!("| {status} {ticks}{text}{ticks} ");
                }
            }
        }
        rows += "|\n";
    }
    assert!(page.contains(&rows), "{rows}");
}

/// What can be forgotten on the way from migration/before to migration/after: a file, what stands there, and what would.
const MISTAKES: [(&str, &str, &str); 5] = [
    ("errors.yaml", "name_taken: {group: rooms, ", "name_taken: {status: 409, "),
    ("errors.yaml", "slot_taken:", "slot_in_use:"),
    (
        "errors.yaml",
        "{seats: u32}\n    message: The room has {seats}",
        "{limit: u32}\n    message: The room has {limit}",
    ),
    ("src/error.rs", "E = crate::rooms::Error>", "E = AppError>"),
    ("src/routes.rs", "type Rejection = crate::rooms::Error", "type Rejection = crate::error::AppError"),
];

const MANIFEST: &str = r#"
[workspace]

[package]
name = "rooms"
edition = "2024"

[dependencies]
axum = { version = "0.8", default-features = false, features = ["http1", "json", "query", "tokio"] }
errbook = { path = "ROOT", features = ["axum"] }
serde = { version = "1", features = ["derive"] }
thiserror = "2"

[build-dependencies]
errbook-codegen = { path = "ROOT/codegen" }
"#;

/// Other versions of rustc say the same in other words.
const WRITTEN_WITH: &str = "rustc 1.95.";

#[test]
fn mistakes_are_refused_as_shown() {
    let rustc =
        Command::new(std::env::var_os("RUSTC").unwrap_or("rustc".into())).arg("--version").output().unwrap();
    let is_the_same = rustc.stdout.starts_with(WRITTEN_WITH.as_bytes());
    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rooms");
    fs::create_dir_all(copy.join("src")).unwrap();
    let root = fs::canonicalize(root()).unwrap();
    fs::write(copy.join("Cargo.toml"), MANIFEST.replace("ROOT", root.to_str().unwrap())).unwrap();
    fs::write(copy.join("Cargo.lock"), read("Cargo.lock")).unwrap();
    let files = ["build.rs", "errors.yaml", "src/lib.rs", "src/error.rs", "src/routes.rs", "src/store.rs"];
    let files = HashMap::from(files.map(|file| (file, read(format!("examples/migration/after/{file}")))));
    let shown: Vec<String> = blocks("migrating")
        .into_iter()
        .filter(|block| block.language == "text")
        .map(|block| block.text)
        .collect();
    assert_eq!(shown.len(), MISTAKES.len());
    for (shown, (file, right, wrong)) in shown.iter().zip(MISTAKES) {
        for (path, text) in &files {
            let mistaken = text.replace(right, wrong);
            assert!(path != &file || &mistaken != text, "{right} is not in {file}");
            fs::write(copy.join(path), if path == &file { &mistaken } else { text }).unwrap();
        }
        let mut cargo = Command::new(env!("CARGO"));
        let cargo = cargo.args(["check", "--offline", "--color", "never"]).current_dir(&copy);
        let output = cargo.env("CARGO_TARGET_DIR", copy.join("target")).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        let said: String = said
            .lines()
            .map(|line| format!("{}\n", line.trim_start_matches("error: rooms@0.0.0: ")))
            .collect();
        let expected = if is_the_same { shown } else { shown.lines().next().unwrap_or_default() };
        assert!(
            !output.status.success() && said.contains(expected),
            "{wrong}:\n{said}\ndoes not say\n{expected}"
        );
    }
}
