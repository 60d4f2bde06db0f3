//! An answer as the reference shows it.

use crate::catalog::{
    Absent, Api, Catalog, Code, Envelope, Example, Field, FieldKind, Header, HeaderRule, Hole, Literal,
    Member, Part, Placeholder, Presence, Shape, Template, Type,
};
use crate::emit::{json_string, markup};

/// Status line, headers and body of an answer with the code, with everything that it may carry.
pub(super) fn answer(catalog: &Catalog, api: &Api, code: &Code) -> String {
    let example = Sample { catalog, api, code, param: "name" };
    let envelope = &catalog.envelopes[api.envelope];
    let status = envelope.status.unwrap_or(code.status);
    let mut text = format!("HTTP/1.1 {status}\nContent-Type: {}\n", envelope.content_type);
    for (name, hole) in &envelope.headers {
        if let Some(json) = example.hole(*hole, &envelope.issue) {
            text.push_str(&format!("{}: {}\n", title_case(name), json.line().trim_matches('"')));
        }
    }
    for Header { name, rule, .. } in &code.headers {
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

struct Sample<'c> {
    catalog: &'c Catalog,
    api: &'c Api,
    code: &'c Code,
    param: &'static str,
}

impl Sample<'_> {
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
            Member::Fields => !self.code.fields.is_empty(),
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
                Presence::Optional | Presence::Required => text(self.param),
            },
            Placeholder::RetryAfter => {
                code.headers
                    .iter()
                    .find(|header| header.name == "retry-after" && header.rule == HeaderRule::Required)?;
                Some(Json::Value("30".to_owned()))
            }
            Placeholder::RetryAfterMs => {
                code.headers.iter().find(|header| header.name == "retry-after")?;
                Some(Json::Value("30000".to_owned()))
            }
            Placeholder::Errors if code.items.is_empty() => None,
            Placeholder::Errors => {
                let item = |(code, param): (&usize, &'static str)| {
                    Sample { code: &self.catalog.codes[*code], param, ..*self }.map(issue, &[])
                };
                Some(Json::List(code.items.iter().cycle().zip(["name", "email"]).map(item).collect()))
            }
        }
    }

    fn fields(&self) -> Vec<(String, Json)> {
        self.members(&self.code.fields)
    }

    fn members(&self, fields: &[Field]) -> Vec<(String, Json)> {
        let fields = fields.iter().map(|field| {
            let value = match (&field.kind, &field.example) {
                (FieldKind::Const(value), _) => Json::Value(value.json()),
                (FieldKind::Typed { .. }, Some(example)) => Json::of(example),
                (FieldKind::Typed { kind, .. }, None) => self.of_type(kind, &field.name),
            };
            (field.name.clone(), value)
        });
        fields.collect()
    }

    /// Where the file has no example. As deep as the type is.
    fn of_type(&self, kind: &Type, name: &str) -> Json {
        match kind {
            Type::Json => Json::Map(Vec::new()),
            Type::List(kind) => Json::List(vec![self.of_type(kind, name)]),
            Type::Map(kind) => Json::Map(vec![("name".to_owned(), self.of_type(kind, name))]),
            Type::Named(at) => match &self.catalog.types[*at].shape {
                Shape::Struct(fields) => Json::Map(self.members(fields)),
                Shape::Enum(variants) => {
                    Json::Value(json_string(variants.first().map_or(name, |variant| &variant.text)))
                }
            },
            kind => Json::Value(single(kind, name).json()),
        }
    }

    fn message(&self) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Field(at) => {
                let Field { name, kind, example, .. } = &self.code.fields[*at];
                let value = match (example, kind) {
                    (Some(Example::Single(literal)), _) => literal.clone(),
                    (_, FieldKind::Typed { kind: Type::Named(at), .. }) => {
                        let variant = match &self.catalog.types[*at].shape {
                            Shape::Enum(variants) => variants.first(),
                            Shape::Struct(_) => None,
                        };
                        Literal::Text(variant.map_or(name, |variant| &variant.text).clone())
                    }
                    (_, FieldKind::Typed { kind, .. }) => single(kind, name),
                    (_, FieldKind::Const(value)) => value.clone(),
                };
                match value {
                    Literal::Text(text) | Literal::Number(text) => text,
                    Literal::Bool(value) => value.to_string(),
                    Literal::Null | Literal::EmptyList => String::new(),
                }
            }
        };
        self.code.message.iter().map(part).collect()
    }
}

/// An example of a single value.
fn single(kind: &Type, name: &str) -> Literal {
    let (number, text) =
        (|text: &str| Literal::Number(text.to_owned()), |text: &str| Literal::Text(text.to_owned()));
    match kind {
        Type::Bool => Literal::Bool(true),
        Type::Bytes => number("1048576"),
        Type::F64 => number("0.5"),
        Type::I32 | Type::I64 | Type::U32 | Type::U64 => number("1"),
        Type::Seconds => number("30"),
        Type::Timestamp => text("2031-04-05T06:07:08Z"),
        Type::Url => text("https://example.com/"),
        Type::Uuid => text("7f6ae1b0-3c5d-4e8f-9a2b-1c3d5e7f9a0b"),
        Type::String | Type::Json | Type::List(_) | Type::Map(_) | Type::Named(_) => text(name),
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
    fn of(example: &Example) -> Json {
        match example {
            Example::Single(value) => Json::Value(value.json()),
            Example::List(examples) => Json::List(examples.iter().map(Json::of).collect()),
            Example::Map(members) => {
                Json::Map(members.iter().map(|(key, example)| (key.clone(), Json::of(example))).collect())
            }
        }
    }

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
    pub(super) fn words(&self, catalog: &Catalog) -> String {
        let words = match self {
            Type::Bool => "boolean",
            Type::Bytes => "integer (bytes)",
            Type::F64 => "number",
            Type::I32 | Type::I64 => "integer",
            Type::Json => "any JSON",
            Type::List(kind) => return format!("list of: {}", kind.words(catalog)),
            Type::Map(kind) => return format!("map, each value: {}", kind.words(catalog)),
            Type::Named(at) => match &catalog.types[*at].shape {
                Shape::Struct(_) => "object",
                Shape::Enum(variants) => {
                    let texts: Vec<String> =
                        variants.iter().map(|variant| markup::code(&variant.text)).collect();
                    return format!("string: {}", texts.join(", "));
                }
            },
            Type::Seconds => "number (seconds)",
            Type::String => "string",
            Type::Timestamp => "string (time, RFC 3339)",
            Type::U32 | Type::U64 => "integer ≥ 0",
            Type::Url => "string (URL)",
            Type::Uuid => "string (UUID)",
        };
        words.to_owned()
    }
}
