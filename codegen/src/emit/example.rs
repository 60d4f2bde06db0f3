//! An answer as the reference shows it.

use crate::catalog::{
    Absent, Api, Catalog, Code, Envelope, FieldKind, Header, HeaderRule, Hole, Instance, Literal, Member,
    Part, Placeholder, Presence, Template, Type,
};
use crate::emit::json_string;

/// Status line, headers and body of an answer with the code: of `instance`, or one with everything that it may carry.
pub(super) fn answer(catalog: &Catalog, api: &Api, code: &Code, instance: Option<&Instance>) -> String {
    let param = instance.and_then(|instance| instance.param.as_deref()).unwrap_or("name");
    let envelope = &catalog.envelopes[api.envelope];
    let example = Example { catalog, api, envelope, code, param, instance };
    let status = envelope.status.unwrap_or(code.status);
    let mut text = format!("HTTP/1.1 {status}\nContent-Type: {}\n", envelope.content_type);
    for (name, value) in &envelope.headers {
        if let Some(json) = example.value(value) {
            text.push_str(&format!("{}: {}\n", title_case(name), json.inside()));
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
    text.push_str(&example.value(&envelope.body).map(|body| body.pretty(0)).unwrap_or_default());
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
    envelope: &'c Envelope,
    code: &'c Code,
    param: &'c str,
    /// Where it is one of the catalog's own examples: what is not said there may be absent.
    instance: Option<&'c Instance>,
}

impl Example<'_> {
    /// `None`: the key is left out.
    fn value(&self, template: &Template) -> Option<Json> {
        match template {
            Template::Const(value) => Some(Json::Value(value.json())),
            Template::Hole(hole) => self.hole(*hole),
            Template::Text { before, hole, after } => {
                let (before, after) = (visible(before), visible(after));
                let value = self.filled(hole.what)?.inside();
                Some(Json::Value([&before[..before.len() - 1], &value, &after[1..]].concat()))
            }
            Template::Map(members) => Some(Json::Map(self.map(members))),
            Template::List(elements) => {
                let there = elements.iter().filter(|element| is_constant(element) || self.has_value(element));
                Some(Json::List(there.filter_map(|element| self.value(element)).collect()))
            }
            Template::Errors => {
                let error = self.value(&self.envelope.issue);
                let issues = if self.instance.is_none() { self.issues() } else { Vec::new() };
                Some(Json::List(error.into_iter().chain(issues).collect()))
            }
            Template::Optional(part) => self.has_value(part).then(|| self.value(part)).flatten(),
        }
    }

    fn map(&self, members: &[Member]) -> Vec<(String, Json)> {
        let mut map = Vec::new();
        for member in members {
            match member {
                Member::Fields => map.extend(self.fields()),
                Member::Key { key, value } => {
                    map.extend(self.value(value).map(|value| (key.clone(), value)));
                }
            }
        }
        map
    }

    /// Does anything but constants stand in it?
    fn has_value(&self, template: &Template) -> bool {
        match template {
            Template::Const(_) => false,
            Template::Hole(hole) | Template::Text { hole, .. } => self.filled(hole.what).is_some(),
            Template::Map(members) => members.iter().any(|member| match member {
                Member::Fields => !self.fields().is_empty(),
                Member::Key { value, .. } => self.has_value(value),
            }),
            Template::List(elements) => elements.iter().any(|element| self.has_value(element)),
            Template::Errors => true,
            Template::Optional(part) => self.has_value(part),
        }
    }

    /// `None`: the key is left out.
    fn hole(&self, hole: Hole) -> Option<Json> {
        self.filled(hole.what).or(match (hole.absent, hole.what) {
            (Absent::Omit, _) => None,
            (Absent::Null, _) => Some(Json::Value("null".to_owned())),
            (Absent::Never, Placeholder::ErrorsByParam) => Some(Json::Map(Vec::new())),
            (Absent::Never, _) => Some(Json::List(Vec::new())),
        })
    }

    fn issues(&self) -> Vec<Json> {
        let issue = |(code, param): (&usize, &'static str)| {
            Example { code: &self.catalog.codes[*code], param, ..*self }.value(&self.envelope.issue)
        };
        self.code.items.iter().cycle().zip(["name", "email"]).filter_map(issue).collect()
    }

    fn filled(&self, what: Placeholder) -> Option<Json> {
        let code = self.code;
        let text = |text: &str| Some(Json::Value(visible(text)));
        let sent = |header: &Header| {
            header.name == "retry-after" && (self.instance.is_none() || header.rule != HeaderRule::Optional)
        };
        let wait = |json: &str| code.headers.iter().any(sent).then(|| Json::Value(json.to_owned()));
        match what {
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
            Placeholder::RetryAfter => wait("30"),
            Placeholder::RetryAfterMs => wait("30000"),
            Placeholder::RetryAfterText => wait("\"30s\""),
            Placeholder::RetryAt => wait("\"2030-01-01T00:00:00Z\""),
            Placeholder::RetryAtUnix => wait("1893456000"),
            Placeholder::Number => Some(Json::Value(code.number?.to_string())),
            Placeholder::Errors | Placeholder::ErrorsByParam
                if code.items.is_empty() || self.instance.is_some() =>
            {
                None
            }
            Placeholder::Errors => Some(Json::List(self.issues())),
            Placeholder::ErrorsByParam => {
                let message = |(code, param): (&usize, &str)| {
                    let code = &self.catalog.codes[*code];
                    let message = Json::Value(visible(&Example { code, ..*self }.message()));
                    (param.to_owned(), Json::List(vec![message]))
                };
                Some(Json::Map(code.items.iter().cycle().zip(["name", "email"]).map(message).collect()))
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
                Literal::Null | Literal::List(_) => String::new(),
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

/// Is there no placeholder in it?
fn is_constant(template: &Template) -> bool {
    match template {
        Template::Const(_) => true,
        Template::Map(members) => members.iter().all(|member| match member {
            Member::Fields => false,
            Member::Key { value, .. } => is_constant(value),
        }),
        Template::List(elements) => elements.iter().all(is_constant),
        Template::Optional(part) => is_constant(part),
        Template::Hole(_) | Template::Text { .. } | Template::Errors => false,
    }
}

impl Json {
    /// Without the quotes of a text.
    fn inside(&self) -> String {
        let json = self.pretty(0);
        let inside = json.strip_prefix('"').and_then(|json| json.strip_suffix('"'));
        inside.map(str::to_owned).unwrap_or(json)
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
