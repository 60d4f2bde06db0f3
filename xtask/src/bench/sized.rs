//! Catalogs of any size, and the same codes as one would write them without errbook.

use std::fmt::Write as _;

/// What all of them share: each code has a status, a flag, a message, two lines of documentation; every fourth one has
/// two fields.
pub(super) struct Code {
    text: String,
    rust: String,
    status: u16,
    apis: &'static str,
    fields: bool,
}

const APIS: [&str; 3] = ["orders", "billing", "admin"];

pub(super) fn codes(count: usize) -> Vec<Code> {
    const SUBJECTS: [&str; 10] = [
        "account", "address", "batch", "bucket", "card", "contract", "customer", "domain", "invoice",
        "member",
    ];
    const FAULTS: [&str; 10] = [
        "missing",
        "invalid",
        "not_found",
        "expired",
        "too_long",
        "too_large",
        "locked",
        "suspended",
        "in_use",
        "rejected",
    ];
    const STATUSES: [u16; 5] = [400, 404, 409, 422, 503];
    const EMITTING: [&str; 7] = [
        "orders",
        "billing",
        "admin",
        "orders, billing",
        "orders, admin",
        "billing, admin",
        "orders, billing, admin",
    ];
    let code = |at: usize| {
        let text = format!("{}_{}_{at}", SUBJECTS[at % 10], FAULTS[at / 10 % 10]);
        let rust = text.split('_').map(|word| word[..1].to_ascii_uppercase() + &word[1..]).collect();
        let (status, apis) = (STATUSES[at % STATUSES.len()], EMITTING[at % EMITTING.len()]);
        Code { text, rust, status, apis, fields: at % 4 == 3 }
    };
    (0..count).map(code).collect()
}

impl Code {
    fn message(&self) -> &'static str {
        match self.fields {
            true => "The {kind} is over the limit of {limit}.",
            false => "That can't be done as things are.",
        }
    }

    fn retryable(&self) -> bool {
        self.status == 503
    }

    fn doc(&self) -> String {
        format!("What the caller asked for isn't possible: `{}` says why.", self.text)
    }

    fn docs(&self) -> String {
        format!("    /// {}\n    ///\n    /// {}\n", self.message(), self.doc())
    }
}

/// As errors.yaml.
pub(super) fn yaml(codes: &[Code]) -> String {
    let mut yaml = "errbook: 1\nname: sized\napis:\n".to_owned();
    for api in APIS {
        let _ = writeln!(yaml, "  {api}: {{docs: https://sized.example/{api}/errors}}");
    }
    // The two codes are emitted by every API, so they are codes of their own.
    yaml.push_str("by_status: {4xx: bad_request, 5xx: internal_error}\ncodes:\n");
    for (text, status) in [("bad_request", 400), ("internal_error", 500)] {
        let _ = writeln!(yaml, "  {text}: {{status: {status}, retryable: false, message: That went wrong.}}");
    }
    for code in &codes[..codes.len().saturating_sub(2)] {
        let Code { text, status, apis, .. } = code;
        let (retryable, message, doc) = (code.retryable(), code.message(), code.doc());
        let _ = writeln!(
            yaml,
            "  {text}:\n    status: {status}\n    retryable: {retryable}\n    apis: [{apis}]\n    \
             message: \"{message}\"\n    doc: \"{doc}\""
        );
        if code.fields {
            yaml.push_str("    fields: {kind: string, limit: u64}\n");
        }
    }
    yaml
}

/// As an enum with thiserror, strum and serde: messages, texts both ways, JSON both ways, all codes.
pub(super) fn derives(codes: &[Code]) -> String {
    let mut rust =
        "#[derive(Clone, Debug, PartialEq, thiserror::Error, strum::EnumString, strum::IntoStaticStr, \
                    strum::EnumIter, serde::Serialize, serde::Deserialize)]\n#[serde(tag = \"code\")]\n\
                    pub enum Error {\n"
            .to_owned();
    for code in codes {
        let Code { text, rust: name, .. } = code;
        let fields = if code.fields { " { kind: String, limit: u64 }" } else { "" };
        let _ = writeln!(
            rust,
            "{}    #[error(\"{}\")]\n    #[strum(serialize = \"{text}\")]\n    #[serde(rename = \"{text}\")]\n    \
             {name}{fields},",
            code.docs(),
            code.message(),
        );
    }
    rust.push_str("}\n\nimpl Error {\n");
    let pattern = |code: &Code| format!("Error::{} {{ .. }}", code.rust);
    accessor(&mut rust, codes, "status(&self) -> u16", pattern, |code| code.status.to_string());
    accessor(&mut rust, codes, "retryable(&self) -> bool", pattern, |code| code.retryable().to_string());
    rust.push_str("}\n");
    rust
}

/// As an enum without fields, and a `match` for each thing that one wants to know of it.
pub(super) fn matches(codes: &[Code]) -> String {
    let mut rust = "#[derive(Clone, Copy, Debug, PartialEq, Eq)]\npub enum Code {\n".to_owned();
    for code in codes {
        let _ = writeln!(rust, "{}    {},", code.docs(), code.rust);
    }
    rust.push_str("}\n\nimpl Code {\n");
    let pattern = |code: &Code| format!("Code::{}", code.rust);
    let text = |code: &Code| format!("{:?}", code.text);
    accessor(&mut rust, codes, "as_str(self) -> &'static str", pattern, text);
    accessor(&mut rust, codes, "status(self) -> u16", pattern, |code| code.status.to_string());
    accessor(&mut rust, codes, "retryable(self) -> bool", pattern, |code| code.retryable().to_string());
    accessor(&mut rust, codes, "message(self) -> &'static str", pattern, |code| {
        format!("{:?}", code.message())
    });
    rust.push_str("    pub fn from_text(text: &str) -> Option<Code> {\n        Some(match text {\n");
    for code in codes {
        let _ = writeln!(rust, "            {} => {},", text(code), pattern(code));
    }
    rust.push_str("            _ => return None,\n        })\n    }\n}\n");
    rust
}

fn accessor(
    rust: &mut String,
    codes: &[Code],
    head: &str,
    pattern: impl Fn(&Code) -> String,
    value: impl Fn(&Code) -> String,
) {
    let _ = writeln!(rust, "    pub fn {head} {{\n        match self {{");
    for code in codes {
        let _ = writeln!(rust, "            {} => {},", pattern(code), value(code));
    }
    rust.push_str("        }\n    }\n\n");
}
