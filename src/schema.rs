//! The schema of answers, from the same tables that write and read them: JSON Schema (draft 2020-12), which OpenAPI 3.1
//! has, too.

use serde_json::{Map, Value, json};

use crate::catalog::{Api, ErrorCode as _, row};
use crate::table::{Envelope, HeaderSource, Kind, Member, Node, Placeholder, Row, Table, Type};
use crate::value::constant;
use crate::{Status, table};

/// What something of the API is called beside what other APIs and catalogs have: `MailSendingError`.
pub(crate) fn name<A: Api>(name: &str) -> String {
    let catalog = A::Code::TABLE.name;
    // An API that is the whole catalog has its name.
    let api = if A::INFO.name == catalog { "" } else { A::INFO.name };
    format!("{}{}{name}", upper(catalog), upper(api))
}

pub(crate) fn upper(name: &str) -> String {
    let words = name.split(|char: char| !char.is_ascii_alphanumeric());
    let upper = words.map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_ascii_uppercase() + rest
    });
    upper.collect()
}

/// An answer with the code, in the envelope.
pub(crate) fn shape<A: Api>(code: A::Code, envelope: &'static Envelope, url: &dyn Fn() -> Value) -> Value {
    let row = row(code);
    let table = A::Code::TABLE;
    let (body, element) = (&envelope.body, &envelope.issue);
    let issue = Shape { row: &ANY, table, issue: None, element, url: &|| json!({"type": "string"}) };
    let issue = issue.node(element);
    let mut schema = Shape { row, table, issue: Some(&issue), element, url }.node(body);
    if let Value::Object(schema) = &mut schema {
        schema.insert("title".to_owned(), row.title.into());
    }
    schema
}

/// An issue's code is one of several, whose fields differ.
static ANY: Row = Row { takes_param: true, ..Row::DEFAULT };

/// All that the code may be sent with.
pub(crate) fn statuses(row: &Row) -> impl Iterator<Item = Status> {
    [row.status].into_iter().chain(row.other_statuses.iter().copied())
}

/// What an answer with the code looks like.
struct Shape<'s> {
    row: &'static Row,
    table: &'static Table,
    /// None for an issue itself.
    issue: Option<&'s Value>,
    element: &'static Node,
    url: &'s dyn Fn() -> Value,
}

impl Shape<'_> {
    fn node(&self, node: &'static Node) -> Value {
        match node {
            Node::Const(json) => json!({"const": constant(json)}),
            Node::Required(place) | Node::Optional(place) => self.value(*place),
            Node::Nullable(place) => {
                let absent = json!({"type": "null"});
                match self.may_have(*place) {
                    true => json!({"anyOf": [self.value(*place), absent]}),
                    false => absent,
                }
            }
            Node::Text(before, place, after, _) => match self.value(*place) {
                Value::Object(inside) if inside.contains_key("const") => {
                    let inside = &inside["const"];
                    let inside = inside.as_str().map_or_else(|| inside.to_string(), str::to_owned);
                    json!({"const": format!("{before}{inside}{after}")})
                }
                _ => json!({"type": "string"}),
            },
            Node::Map(members) => self.members(members).schema(),
            // Which elements are there depends on their values.
            Node::List(elements) => {
                let elements: Vec<Value> = elements.iter().map(|node| self.node(node)).collect();
                json!({"type": "array", "items": {"anyOf": elements}})
            }
            Node::Errors => {
                let error = self.node(self.element);
                json!({"type": "array", "prefixItems": [error], "items": self.issue, "minItems": 1})
            }
            Node::OptionalPart(node) => self.node(node),
        }
    }

    fn members(&self, members: &'static [Member]) -> Object {
        let mut object = Object::default();
        for member in members {
            let Member::Key(key, node) = member else {
                object.fields(self.row.fields);
                continue;
            };
            let required = match node {
                Node::Optional(place) | Node::Text(_, place, _, true) => {
                    if !self.may_have(*place) {
                        continue;
                    }
                    false
                }
                Node::OptionalPart(_) => false,
                _ => true,
            };
            object.add(key, self.node(node), required);
        }
        object
    }

    fn value(&self, placeholder: Placeholder) -> Value {
        let Shape { row, table, .. } = *self;
        let text = || json!({"type": "string"});
        // An issue may be of any code.
        let any = self.issue.is_none();
        match placeholder {
            Placeholder::Errors => json!({"type": "array", "items": self.issue}),
            Placeholder::ErrorsByParam => {
                json!({"type": "object", "additionalProperties": {"type": "array", "items": text()}})
            }
            Placeholder::Retryable if any => json!({"type": "boolean"}),
            Placeholder::Status | Placeholder::Number if any => json!({"type": "integer"}),
            Placeholder::Code | Placeholder::Title | Placeholder::Action | Placeholder::StatusText if any => {
                text()
            }
            Placeholder::Code => json!({"const": row.code}),
            Placeholder::Number => json!({"const": row.number}),
            Placeholder::Title => json!({"const": row.title}),
            Placeholder::Status if row.other_statuses.is_empty() => json!({"const": row.status.as_u16()}),
            Placeholder::Status => json!({"enum": statuses(row).map(Status::as_u16).collect::<Vec<_>>()}),
            Placeholder::Retryable => json!({"const": row.retryable}),
            Placeholder::Action => json!({"const": table.actions[usize::from(row.action)].name}),
            Placeholder::Group => match row.group {
                Some(group) => json!({"const": table.groups[usize::from(group)].name}),
                None => text(),
            },
            Placeholder::RetryAfter | Placeholder::RetryAtUnix => json!({"type": "integer", "minimum": 1}),
            Placeholder::RetryAfterMs => json!({"type": "integer", "minimum": 0}),
            Placeholder::RetryAt => json!({"type": "string", "format": "date-time"}),
            Placeholder::StatusText if row.other_statuses.is_empty() => {
                json!({"const": row.status.to_string()})
            }
            Placeholder::StatusText => {
                json!({"enum": statuses(row).map(|status| status.to_string()).collect::<Vec<_>>()})
            }
            Placeholder::DocUrl => (self.url)(),
            Placeholder::Message
            | Placeholder::Param
            | Placeholder::RequestId
            | Placeholder::RetryAfterText => text(),
        }
    }

    /// Does an answer with the code ever have a value for it?
    fn may_have(&self, placeholder: Placeholder) -> bool {
        let row = self.row;
        match placeholder {
            Placeholder::Param => row.takes_param,
            Placeholder::Errors | Placeholder::ErrorsByParam => row.takes_issues,
            Placeholder::Group => row.group.is_some(),
            Placeholder::Number => row.number.is_some() || self.issue.is_none(),
            Placeholder::RetryAfter
            | Placeholder::RetryAfterMs
            | Placeholder::RetryAfterText
            | Placeholder::RetryAt
            | Placeholder::RetryAtUnix => {
                row.headers.iter().any(|header| matches!(header.value, HeaderSource::RetryAfter))
            }
            _ => true,
        }
    }
}

/// A schema of an object under construction. Unknown members are allowed: an answer may grow.
#[derive(Default)]
pub(crate) struct Object {
    properties: Map<String, Value>,
    required: Vec<String>,
}

impl Object {
    pub(crate) fn add(&mut self, name: &str, schema: Value, required: bool) {
        self.properties.insert(name.to_owned(), schema);
        if required {
            self.required.push(name.to_owned());
        }
    }

    pub(crate) fn fields(&mut self, fields: &[table::Field]) {
        for table::Field { name, kind } in fields {
            match *kind {
                Kind::Const(json) => self.add(name, json!({"const": constant(json)}), true),
                Kind::Required(kind) => self.add(name, typed(kind), true),
                Kind::Optional(kind) => self.add(name, typed(kind), false),
            }
        }
    }

    pub(crate) fn schema(self) -> Value {
        let mut schema = Map::new();
        schema.insert("type".to_owned(), "object".into());
        schema.insert("properties".to_owned(), self.properties.into());
        schema.insert("required".to_owned(), self.required.into());
        schema.into()
    }
}

/// What is written; a reader takes more.
pub(crate) fn typed(kind: Type) -> Value {
    match kind {
        Type::Bool => json!({"type": "boolean"}),
        // A later catalog may have more.
        Type::Enum(known) => json!({"anyOf": [{"enum": known}, {"type": "string"}]}),
        Type::F64 => json!({"type": "number"}),
        Type::I32 => json!({"type": "integer", "minimum": i32::MIN, "maximum": i32::MAX}),
        Type::I64 => json!({"type": "integer", "format": "int64"}),
        Type::Json => json!(true),
        Type::List(kind) => json!({"type": "array", "items": typed(*kind)}),
        Type::Map(kind) => json!({"type": "object", "additionalProperties": typed(*kind)}),
        Type::Seconds => json!({"type": "number", "minimum": 0}),
        Type::String => json!({"type": "string"}),
        Type::Struct(fields) => {
            let mut object = Object::default();
            object.fields(fields);
            object.schema()
        }
        Type::Time => json!({"type": "string", "format": "date-time"}),
        Type::U32 => json!({"type": "integer", "minimum": 0, "maximum": u32::MAX}),
        Type::U64 => json!({"type": "integer", "format": "uint64", "minimum": 0}),
        Type::Url => json!({"type": "string", "format": "uri"}),
        Type::Uuid => json!({"type": "string", "format": "uuid"}),
    }
}
