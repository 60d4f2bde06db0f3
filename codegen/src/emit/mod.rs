//! What is made from a catalog. Each emitter is a pure function of it.

mod example;
pub(crate) mod markdown;
mod markup;
pub(crate) mod rust;

use crate::catalog::{Code, DocHole, DocUrl, Example, Literal, Part, Retry};

impl Code {
    /// What it says: the message with its fields in braces, or the title where no message is known.
    fn message_template(&self) -> String {
        if self.message.is_empty() {
            return self.title.clone();
        }
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Field(at) => format!("{{{}}}", self.fields[*at].name),
        };
        self.message.iter().map(part).collect()
    }

    /// `400`, `400 or 422`
    fn statuses_said(&self) -> String {
        let mut said = self.status.to_string();
        for (at, status) in self.other_statuses.iter().enumerate() {
            said.push_str(if at + 1 < self.other_statuses.len() { ", " } else { " or " });
            said.push_str(&status.to_string());
        }
        said
    }
}

impl DocUrl {
    /// The URL of the code's section.
    fn of(&self, code: &Code) -> String {
        match self.hole {
            DocHole::Anchor => self.with(&markup::component(&code.anchor)),
            DocHole::Code => self.with(&markup::component(&code.code)),
            DocHole::Number => self.with(&code.number.unwrap_or_default().to_string()),
        }
    }

    fn with(&self, filling: &str) -> String {
        format!("{}{filling}{}", self.before, self.after)
    }
}

impl Retry {
    /// As in the YAML.
    fn word(self) -> &'static str {
        match self {
            Retry::Never => "never",
            Retry::NeedsAction => "needs_action",
            Retry::Refresh => "refresh",
            Retry::Backoff => "backoff",
            Retry::Throttle => "throttle",
        }
    }
}

impl Literal {
    /// As it stands in an answer.
    pub fn json(&self) -> String {
        match self {
            Literal::Null => "null".to_owned(),
            Literal::List(list) => {
                format!("[{}]", list.iter().map(Literal::json).collect::<Vec<_>>().join(","))
            }
            Literal::Map(members) => {
                let member =
                    |(key, value): &(String, Literal)| format!("{}:{}", json_string(key), value.json());
                format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(","))
            }
            Literal::Bool(value) => value.to_string(),
            Literal::Number(number) => canonical(number),
            Literal::Text(text) => json_string(text),
        }
    }
}

impl Example {
    fn json(&self) -> String {
        match self {
            Example::Single(value) => value.json(),
            Example::List(list) => {
                format!("[{}]", list.iter().map(Example::json).collect::<Vec<_>>().join(","))
            }
            Example::Map(members) => {
                let member =
                    |(key, value): &(String, Example)| format!("{}:{}", json_string(key), value.json());
                format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(","))
            }
        }
    }
}

/// A number as serde_json writes it: what is copied into an answer and what serde writes are the same bytes.
fn canonical(number: &str) -> String {
    match (number.parse::<i64>(), number.parse::<u64>(), number.parse::<f64>()) {
        (Ok(number), ..) => number.to_string(),
        (_, Ok(number), _) => number.to_string(),
        (_, _, Ok(number)) => format!("{number:?}"),
        _ => number.to_owned(),
    }
}

/// A JSON string (RFC 8259 section 7), escaped as serde_json does.
fn json_string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            char if char < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(char))),
            char => out.push(char),
        }
    }
    out.push('"');
    out
}
