//! JSON Schema (draft 2020-12) of codes, payloads and answers, from the same tables that write and read them.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::catalog::{Api, ErrorCode, Payload, row};
use crate::table::{HeaderSource, Kind, Member, Node, Placeholder, Row, Table, Type};
use crate::value::constant;
use crate::{Error, Status, table};

#[doc(hidden)]
#[macro_export]
macro_rules! __schema_impls {
    ($kind:ident $type:ty = $schema:literal) => {
        impl $crate::__private::schemars::JsonSchema for $type {
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                $schema.into()
            }
            fn schema_id() -> ::std::borrow::Cow<'static, str> {
                ::core::concat!(::core::module_path!(), "::", $schema).into()
            }
            fn json_schema(
                _: &mut $crate::__private::schemars::SchemaGenerator,
            ) -> $crate::__private::schemars::Schema {
                $crate::__private::schema::$kind::<$type>()
            }
        }
    };
}

/// One constant per code, each with its title.
pub fn code<C: ErrorCode>() -> Schema {
    let codes =
        C::TABLE.codes.iter().copied().flatten().map(|row| json!({"const": row.code, "title": row.title}));
    json_schema!({ "type": "string", "oneOf": codes.collect::<Vec<_>>() })
}

/// What serde writes of a payload.
pub fn payload<P: Payload>() -> Schema {
    let row = row(P::CODE);
    let mut object = Object::default();
    object.fields(row.fields);
    for header in row.headers {
        match header.value {
            HeaderSource::RetryAfter if header.required => {
                object.add("retry_after", typed(Type::Seconds), true)
            }
            HeaderSource::Slot(_) => object.add(header.name, json!({"type": "string"}), header.required),
            HeaderSource::RetryAfter | HeaderSource::Default(_) => {}
        }
    }
    object.schema().try_into().unwrap_or_default()
}

/// Every answer of the API: one shape per code that it emits.
impl<A: Api> JsonSchema for Answer<'_, A> {
    fn schema_name() -> Cow<'static, str> {
        <Error<A> as JsonSchema>::schema_name()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let shapes: Vec<Value> = A::codes().iter().map(|code| shape::<A>(*code)).collect();
        json_schema!({ "title": format!("An error of the {}", A::INFO.title), "oneOf": shapes })
    }
}

/// The schema of its [`Answer`].
impl<A: Api> JsonSchema for Error<A> {
    fn schema_name() -> Cow<'static, str> {
        let catalog = A::Code::TABLE.name;
        // An API that is the whole catalog has its name.
        let api = if A::INFO.name == catalog { "" } else { A::INFO.name };
        format!("{}{}Error", upper(catalog), upper(api)).into()
    }

    fn schema_id() -> Cow<'static, str> {
        std::any::type_name::<Error<A>>().into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        <Answer<'_, A> as JsonSchema>::json_schema(generator)
    }
}

fn upper(name: &str) -> String {
    let words = name.split(|char: char| !char.is_ascii_alphanumeric());
    let upper = words.map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_ascii_uppercase() + rest
    });
    upper.collect()
}

fn shape<A: Api>(code: A::Code) -> Value {
    let row = row(code);
    let url = || json!({"const": A::doc_url(code)});
    let (table, envelope) = (A::Code::TABLE, A::INFO.envelope);
    let (body, element) = (&envelope.body, &envelope.issue);
    let issue = Shape { row: &ANY, table, issue: None, element, url: &|| json!({"type": "string"}) };
    let issue = issue.node(element);
    let mut schema = Shape { row, table, issue: Some(&issue), element, url: &url }.node(body);
    if let Value::Object(schema) = &mut schema {
        schema.insert("title".to_owned(), row.title.into());
    }
    schema
}

/// An issue's code is one of several, whose fields differ.
static ANY: Row = Row { takes_param: true, ..Row::DEFAULT };

fn statuses(row: &Row) -> impl Iterator<Item = Status> {
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
struct Object {
    properties: Map<String, Value>,
    required: Vec<String>,
}

impl Object {
    fn add(&mut self, name: &str, schema: Value, required: bool) {
        self.properties.insert(name.to_owned(), schema);
        if required {
            self.required.push(name.to_owned());
        }
    }

    fn fields(&mut self, fields: &[table::Field]) {
        for table::Field { name, kind } in fields {
            match *kind {
                Kind::Const(json) => self.add(name, json!({"const": constant(json)}), true),
                Kind::Required(kind) => self.add(name, typed(kind), true),
                Kind::Optional(kind) => self.add(name, typed(kind), false),
            }
        }
    }

    fn schema(self) -> Value {
        let mut schema = Map::new();
        schema.insert("type".to_owned(), "object".into());
        schema.insert("properties".to_owned(), self.properties.into());
        schema.insert("required".to_owned(), self.required.into());
        schema.into()
    }
}

/// What is written; a reader takes more.
fn typed(kind: Type) -> Value {
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
