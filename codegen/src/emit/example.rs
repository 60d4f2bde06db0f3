//! An answer as the reference shows it.

use crate::catalog::{
    Absent, Api, Catalog, Code, Envelope, Example, Field, FieldKind, Header, HeaderRule, Hole, Instance,
    Literal, Member, Part, Placeholder, Presence, Shape, Template, Type,
};
use crate::emit::{json_string, markup};

/// Status line, headers and body of an answer with the code: of `instance`, or one with everything that it may carry.
pub(super) fn answer(catalog: &Catalog, api: &Api, code: &Code, instance: Option<&Instance>) -> String {
    let param = instance.and_then(|instance| instance.param.as_deref()).unwrap_or("name");
    let envelope = &catalog.envelopes[api.envelope];
    let example = Sample { catalog, api, envelope, code, param, instance };
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

struct Sample<'c> {
    catalog: &'c Catalog,
    api: &'c Api,
    envelope: &'c Envelope,
    code: &'c Code,
    param: &'c str,
    /// Where it is one of the catalog's own examples: what is not said there may be absent.
    instance: Option<&'c Instance>,
}

impl Sample<'_> {
    /// `None`: the key is left out.
    fn value(&self, template: &Template) -> Option<Json> {
        match template {
            Template::Const(value) => Some(Json::literal(value)),
            Template::Hole(hole) => self.hole(*hole),
            Template::Text { before, hole, after } => {
                let (before, after) = (json_string(before), json_string(after));
                let value = self.filled(hole.what)?.inside();
                Some(Json::Value([&before[..before.len() - 1], &value, &after[1..]].concat()))
            }
            Template::Map(members) => Some(Json::Map(self.map(members))),
            Template::List(elements) => {
                let is_constant = |element: &Template| matches!(element, Template::Const(_));
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
            Sample { code: &self.catalog.codes[*code], param, ..*self }.value(&self.envelope.issue)
        };
        self.code.items.iter().cycle().zip(["name", "email"]).filter_map(issue).collect()
    }

    fn filled(&self, what: Placeholder) -> Option<Json> {
        let code = self.code;
        let text = |text: &str| Some(Json::Value(json_string(text)));
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
                    let message = Json::Value(json_string(&Sample { code, ..*self }.message()));
                    (param.to_owned(), Json::List(vec![message]))
                };
                Some(Json::Map(code.items.iter().cycle().zip(["name", "email"]).map(message).collect()))
            }
        }
    }

    fn fields(&self) -> Vec<(String, Json)> {
        let typed = |field: &Field| match field.kind {
            FieldKind::Typed { optional, .. } => Some(optional),
            FieldKind::Const(_) => None,
        };
        let fields = self.code.fields.iter().enumerate().filter_map(|(at, field)| {
            let value = match self.given(at) {
                None if self.instance.is_some() && typed(field) == Some(true) => return None,
                Some(given) if typed(field).is_some() => Json::of(given),
                _ => self.field(field),
            };
            Some((field.name.clone(), value))
        });
        fields.collect()
    }

    /// The value that the instance has for a field.
    fn given(&self, at: usize) -> Option<&Example> {
        self.instance?.values.get(at)?.as_ref()
    }

    fn field(&self, field: &Field) -> Json {
        match (&field.kind, &field.example) {
            (FieldKind::Const(value), _) => Json::Value(value.json()),
            (FieldKind::Typed { .. }, Some(example)) => Json::of(example),
            (FieldKind::Typed { kind, .. }, None) => self.of_type(kind, &field.name),
        }
    }

    fn members(&self, fields: &[Field]) -> Vec<(String, Json)> {
        let fields = fields.iter().map(|field| {
            let value = self.field(field);
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
        if let Some(message) = self.instance.and_then(|instance| instance.message.clone()) {
            return message;
        }
        if self.code.message.is_empty() {
            return "…".to_owned();
        }
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Field(at) => {
                let Field { name, kind, example, .. } = &self.code.fields[*at];
                let value = match (self.given(*at).or(example.as_ref()), kind) {
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
                    Literal::Null | Literal::List(_) | Literal::Map(_) => String::new(),
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

/// JSON in which nothing is hidden, or changes the direction of the page's text.
fn visible(json: &str) -> String {
    let mut out = String::new();
    for char in json.chars() {
        match char {
            char if markup::is_bidi(char) || char.is_control() => {
                out.push_str(&format!("\\u{:04x}", u32::from(char)))
            }
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
    fn literal(value: &Literal) -> Json {
        match value {
            Literal::List(list) => Json::List(list.iter().map(Json::literal).collect()),
            Literal::Map(members) => {
                Json::Map(members.iter().map(|(key, value)| (key.clone(), Json::literal(value))).collect())
            }
            single => Json::Value(single.json()),
        }
    }

    fn of(example: &Example) -> Json {
        match example {
            Example::Single(value) => Json::Value(value.json()),
            Example::List(examples) => Json::List(examples.iter().map(Json::of).collect()),
            Example::Map(members) => {
                Json::Map(members.iter().map(|(key, example)| (key.clone(), Json::of(example))).collect())
            }
        }
    }

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
            Json::Value(json) => visible(json),
            Json::Map(map) if map.is_empty() => "{}".to_owned(),
            Json::List(list) if list.is_empty() => "[]".to_owned(),
            Json::Map(map) => {
                let member = |(key, value): &(String, Json)| {
                    format!("{inside}{}: {}", visible(&json_string(key)), value.pretty(depth + 1))
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
