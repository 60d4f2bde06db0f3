//! The files.
//!
//! ```text
//! What it is about, for people.
//! given: the state of the platform that it needs, where it needs one
//! same as: inbox/another_case          (the answers have the same bytes, but for the id and the date)
//! --- request
//! POST /inbox/v1/messages HTTP/1.1
//! Authorization: Bearer {key}
//! Content-Type: application/json
//!
//! {"inbox": "{inbox}", "to": [«9 times "a@b.example", »"c@d.example"], "text": "«fill 1000001»"}
//! --- answer
//! HTTP/1.1 413
//! content-type: application/json
//! x-request-id: <request id>
//!
//! {"error": "attachment_too_large", "message": "<any text>", "limit_bytes": 10000000}
//! --- client
//! code: attachment_too_large
//! ```
//!
//! A name in braces is a value of `scene.rs`. `«9 times x»` stands for nine x, `«fill 1000001»` for as many as make the
//! body so many bytes long. The answer has these headers and members and no others, but for `<any text>`; `<request id>`
//! is one and the same wherever it stands, `<seconds>` a number up to 60.

use std::fmt::Display;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::reading;
use crate::scene::Values;
use crate::socket::Answer;

#[derive(Debug, Clone)]
pub(crate) struct Case {
    /// `sending/not_found`
    pub(crate) name: String,
    pub(crate) given: String,
    pub(crate) same_as: Option<String>,
    request: String,
    answer: String,
    client: String,
}

/// Every file of the folders; whatever else lies there is a mistake.
pub(crate) fn all() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire");
    let mut cases = Vec::new();
    for api in ["management", "sending", "inbox"] {
        for file in fs::read_dir(folder.join(api)).unwrap() {
            let path = file.unwrap().path();
            let file = path.file_name().unwrap().to_str().unwrap();
            let name = format!("{api}/{}", file.strip_suffix(".http").expect(file));
            let text = fs::read_to_string(&path).unwrap();
            cases.push(Case::parse(name, &text).unwrap_or_else(|| panic!("{file} is no case")));
        }
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
}

impl Case {
    fn parse(name: String, text: &str) -> Option<Case> {
        let (about, rest) = text.split_once("--- request\n")?;
        let (request, rest) = rest.split_once("\n--- answer\n")?;
        let (answer, client) = rest.split_once("\n--- client\n")?;
        let said = |key: &str| about.lines().find_map(|line| line.strip_prefix(key)).map(str::to_owned);
        Some(Case {
            name,
            given: said("given: ").unwrap_or_default(),
            same_as: said("same as: "),
            request: request.to_owned(),
            answer: answer.to_owned(),
            client: client.to_owned(),
        })
    }

    pub(crate) fn api(&self) -> &str {
        self.name.split('/').next().unwrap()
    }

    pub(crate) fn request(&self, values: &Values) -> String {
        filled(&repeated(&named(&self.request, values)))
    }

    /// Whether the answer is the written one, and read as it's written.
    pub(crate) fn check(&self, answer: &Answer) -> Result<(), String> {
        let wait = answer.header("retry-after").unwrap_or_default();
        let is_wait = wait.parse().is_ok_and(|seconds: u8| (1..=60).contains(&seconds));
        let known = |text: &str| {
            let text = if is_wait { text.replace("<seconds>", wait) } else { text.to_owned() };
            // A new id, which is what the mask stands for, begins with the prefix of the catalog.
            let id = answer.id().filter(|id| id.starts_with("req_"));
            id.map_or(text.clone(), |id| text.replace("<request id>", id))
        };
        let expected = repeated(&known(&self.answer));
        let (head, body) = expected.split_once("\n\n").ok_or("the written answer has no body")?;
        equal("head", head, answer.head())?;

        let written: Value =
            serde_json::from_str(body).map_err(|error| format!("the written body: {error}"))?;
        let received: Value = serde_json::from_str(answer.body()?).map_err(|error| error.to_string())?;
        if !fits(&written, &received) {
            equal("body", format!("{written:#}"), format!("{received:#}"))?;
        }
        // A member that stands there twice is not seen above.
        equal("length", received.to_string().len(), answer.body()?.len())?;
        equal("reading", known(&self.client), reading::of(self.api(), answer)?)
    }
}

fn fits(written: &Value, received: &Value) -> bool {
    match (written, received) {
        (Value::String(mask), Value::String(text)) if mask == "<any text>" => !text.is_empty(),
        (Value::Array(written), Value::Array(received)) => {
            written.len() == received.len() && written.iter().zip(received).all(|(w, r)| fits(w, r))
        }
        (Value::Object(written), Value::Object(received)) => {
            written.len() == received.len()
                && written.iter().all(|(name, w)| received.get(name).is_some_and(|r| fits(w, r)))
        }
        _ => written == received,
    }
}

pub(crate) fn equal(what: &str, written: impl Display, received: impl Display) -> Result<(), String> {
    let (written, received) = (written.to_string(), received.to_string());
    if written == received {
        return Ok(());
    }
    Err(format!("the {what} is\n{received}\nand should be\n{written}\n"))
}

/// With the values in the places of their names.
fn named(text: &str, values: &Values) -> String {
    let mut named = text.to_owned();
    for (name, value) in values {
        named = named.replace(&format!("{{{name}}}"), value);
    }
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    for (name, _) in named.split('{').filter_map(|rest| rest.split_once('}')) {
        assert!(!is_name(name), "no value is called {name:?}");
    }
    named
}

fn repeated(text: &str) -> String {
    let mut text = text.to_owned();
    while let Some((whole, mark)) = marked(&text) {
        let Some((times, what)) = mark.split_once(" times ") else { break };
        text = text.replace(whole, &what.repeat(times.parse().expect(mark)));
    }
    text
}

fn filled(text: &str) -> String {
    let Some((whole, mark)) = marked(text) else { return text.to_owned() };
    let size: usize = mark.strip_prefix("fill ").expect(mark).parse().expect(mark);
    let (_, body) = text.split_once("\n\n").expect("a body");
    text.replace(whole, &"x".repeat(size - (body.len() - whole.len())))
}

/// The first `«…»`, with its signs and without.
fn marked(text: &str) -> Option<(&str, &str)> {
    let (_, rest) = text.split_once('«')?;
    let (mark, _) = rest.split_once('»')?;
    let start = text.len() - rest.len();
    Some((&text[start - '«'.len_utf8()..start + mark.len() + '»'.len_utf8()], mark))
}
