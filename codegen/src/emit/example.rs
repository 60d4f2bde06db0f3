//! An answer as the reference shows it.

use crate::catalog::{
    Absent, Api, Catalog, Code, Envelope, FieldKind, Header, HeaderRule, Hole, Instance, Literal, Member,
    Part, Placeholder, Presence, Template, Type,
};
use crate::emit::json_string;

/// Status line, headers and body of an answer with the code: of `instance`, or one with everything that it may carry.
pub(super) fn answer(catalog: &Catalog, api: &Api, code: &Code, instance: Option<&Instance>) -> String {
    let param = instance.and_then(|instance| instance.param.as_deref());
    let example = Example { catalog, api, code, param: param.unwrap_or("name"), instance };
    let envelope = &catalog.envelopes[api.envelope];
    let status = envelope.status.unwrap_or(code.status);
    let mut text = format!("HTTP/1.1 {status}\nContent-Type: {}\n", envelope.content_type);
    for (name, hole) in &envelope.headers {
        if let Some(json) = example.hole(*hole, &envelope.issue) {
            text.push_str(&format!("{}: {}\n", title_case(name), json.line().trim_matches('"')));
        }
    }
    for Header { name, rule, .. } in &code.headers {
        if instance.is_some() && *rule == HeaderRule::Optional {
            continue;
        }
        let value = match rule {
            HeaderRule::Default(value) => value.as_str(),
            _ if name == "retry-after" => "30",
            _ if name == "allow" => "GET, POST",
            _ => "value",
        };
        text.push_str(&format!("{}: {value}\n", title_case(name)));
    }
    text.push('\n');
    text.push_str(&example.body(envelope).pretty(0));
    text
}

/// `retry-after` as it is usually written.
pub(super) fn title_case(header: &str) -> String {
    let word = |word: &str| match word {
        "www" => "WWW".to_owned(),
        word => {
            let mut chars = word.chars();
            chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
        }
    };
    header.split('-').map(word).collect::<Vec<String>>().join("-")
}

struct Example<'c> {
    catalog: &'c Catalog,
    api: &'c Api,
    code: &'c Code,
    param: &'c str,
    /// Where it is one of the catalog's own examples: what is not said there may be absent.
    instance: Option<&'c Instance>,
}

impl Example<'_> {
    fn body(&self, envelope: &Envelope) -> Json {
        self.map(&envelope.body, &envelope.issue)
    }

    fn map(&self, members: &[Member], issue: &[Member]) -> Json {
        let mut map = Vec::new();
        for member in members {
            match member {
                Member::Fields => map.extend(self.fields()),
                Member::Key { key, value } => {
                    let value = match value {
                        Template::Const(value) => Some(Json::Value(value.json())),
                        Template::Map { members, optional } => {
                            let map = self.map(members, issue);
                            (!optional || self.has_value(members)).then_some(map)
                        }
                        Template::Hole(hole) => self.hole(*hole, issue),
                        Template::Text { before, hole, after } => self.filled(*hole, issue).map(|value| {
                            // A text inside its quotes, where it is escaped already.
                            let json = value.line();
                            let inside = json.strip_prefix('"').and_then(|json| json.strip_suffix('"'));
                            let (before, after) = (visible(before), visible(after));
                            let around = [&before[..before.len() - 1], inside.unwrap_or(&json), &after[1..]];
                            Json::Value(around.concat())
                        }),
                    };
                    map.extend(value.map(|value| (key.clone(), value)));
                }
            }
        }
        Json::Map(map)
    }

    /// Does anything but constants stand in the mapping?
    fn has_value(&self, members: &[Member]) -> bool {
        members.iter().any(|member| match member {
            Member::Fields => !self.fields().is_empty(),
            Member::Key { value: Template::Hole(hole) | Template::Text { hole, .. }, .. } => {
                self.filled(*hole, &[]).is_some()
            }
            Member::Key { value: Template::Map { members, .. }, .. } => self.has_value(members),
            Member::Key { value: Template::Const(_), .. } => false,
        })
    }

    /// `None`: the key is left out.
    fn hole(&self, hole: Hole, issue: &[Member]) -> Option<Json> {
        self.filled(hole, issue).or(match hole.absent {
            Absent::Omit => None,
            Absent::Null => Some(Json::Value("null".to_owned())),
            Absent::Never => Some(Json::List(Vec::new())),
        })
    }

    fn filled(&self, hole: Hole, issue: &[Member]) -> Option<Json> {
        let code = self.code;
        let text = |text: &str| Some(Json::Value(visible(text)));
        match hole.what {
            Placeholder::Action => text(&self.catalog.actions[code.action].name),
            Placeholder::Code => text(&code.code),
            Placeholder::DocUrl => text(&self.api.docs.of(code)),
            Placeholder::Message => text(&self.message()),
            Placeholder::RequestId => {
                text(&format!("{}06evm0zv3r0123456789abc", self.catalog.request_id_prefix))
            }
            Placeholder::Retryable => Some(Json::Value(code.retryable.to_string())),
            Placeholder::Status => Some(Json::Value(code.status.to_string())),
            Placeholder::StatusText => text(&code.status.to_string()),
            Placeholder::Title => text(&code.title),
            Placeholder::Group => text(&self.catalog.groups[code.group?].name),
            Placeholder::Param => match code.param {
                Presence::Never => None,
                Presence::Optional if self.instance.is_some_and(|instance| instance.param.is_none()) => None,
                Presence::Optional | Presence::Required => text(self.param),
            },
            Placeholder::RetryAfter => {
                code.headers
                    .iter()
                    .find(|header| header.name == "retry-after" && header.rule == HeaderRule::Required)?;
                Some(Json::Value("30".to_owned()))
            }
            Placeholder::RetryAfterMs => {
                let sent = |header: &&Header| {
                    header.name == "retry-after"
                        && (self.instance.is_none() || header.rule == HeaderRule::Required)
                };
                code.headers.iter().find(sent)?;
                Some(Json::Value("30000".to_owned()))
            }
            Placeholder::Errors if code.items.is_empty() || self.instance.is_some() => None,
            Placeholder::Errors => {
                let item = |(code, param): (&usize, &'static str)| {
                    Example { code: &self.catalog.codes[*code], param, ..*self }.map(issue, &[])
                };
                Some(Json::List(code.items.iter().cycle().zip(["name", "email"]).map(item).collect()))
            }
        }
    }

    fn fields(&self) -> Vec<(String, Json)> {
        let fields = self.code.fields.iter().enumerate().filter_map(|(at, field)| {
            let value = match &field.kind {
                FieldKind::Const(value) => value,
                FieldKind::Typed { optional, .. } => match self.given(at) {
                    None if *optional && self.instance.is_some() => return None,
                    given => given.unwrap_or(&field.example),
                },
            };
            Some((field.name.clone(), Json::Value(value.json())))
        });
        fields.collect()
    }

    /// The value that the instance has for a field.
    fn given(&self, at: usize) -> Option<&Literal> {
        self.instance?.values.get(at)?.as_ref()
    }

    fn message(&self) -> String {
        if let Some(message) = self.instance.and_then(|instance| instance.message.clone()) {
            return message;
        }
        if self.code.message.is_empty() {
            return "…".to_owned();
        }
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Field(at) => match self.given(*at).unwrap_or(&self.code.fields[*at].example) {
                Literal::Text(text) | Literal::Number(text) => text.clone(),
                Literal::Bool(value) => value.to_string(),
                Literal::Null | Literal::EmptyList => String::new(),
            },
        };
        self.code.message.iter().map(part).collect()
    }
}

/// A JSON string in which nothing changes the direction of the page's text.
fn visible(text: &str) -> String {
    let is_mark = |char: char| matches!(char, '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let mut out = String::new();
    for char in json_string(text).chars() {
        match char {
            char if is_mark(char) => out.push_str(&format!("\\u{:04x}", u32::from(char))),
            char => out.push(char),
        }
    }
    out
}

enum Json {
    /// A text of JSON.
    Value(String),
    Map(Vec<(String, Json)>),
    List(Vec<Json>),
}

impl Json {
    fn line(&self) -> String {
        match self {
            Json::Value(json) => json.clone(),
            other => other.pretty(0),
        }
    }

    fn pretty(&self, depth: usize) -> String {
        let inside = "  ".repeat(depth + 1);
        let outside = "  ".repeat(depth);
        match self {
            Json::Value(json) => json.clone(),
            Json::Map(map) if map.is_empty() => "{}".to_owned(),
            Json::List(list) if list.is_empty() => "[]".to_owned(),
            Json::Map(map) => {
                let member = |(key, value): &(String, Json)| {
                    format!("{inside}{}: {}", json_string(key), value.pretty(depth + 1))
                };
                format!("{{\n{}\n{outside}}}", map.iter().map(member).collect::<Vec<_>>().join(",\n"))
            }
            Json::List(list) => {
                let element = |value: &Json| format!("{inside}{}", value.pretty(depth + 1));
                format!("[\n{}\n{outside}]", list.iter().map(element).collect::<Vec<_>>().join(",\n"))
            }
        }
    }
}

impl Type {
    /// In the words of the reference.
    pub(super) fn word(self) -> &'static str {
        match self {
            Type::Bool => "boolean",
            Type::Bytes => "integer (bytes)",
            Type::F64 => "number",
            Type::I32 | Type::I64 => "integer",
            Type::Seconds => "number (seconds)",
            Type::String => "string",
            Type::U32 | Type::U64 => "integer ≥ 0",
        }
    }
}
