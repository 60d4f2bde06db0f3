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
    let mut object = members(A::INFO.envelope.body, row, &|placeholder| match placeholder {
        Placeholder::DocUrl => json!({"const": A::doc_url(code)}),
        Placeholder::Errors => {
            let issue = members(A::INFO.envelope.issue, &ANY, &|placeholder| match placeholder {
                Placeholder::Retryable => json!({"type": "boolean"}),
                Placeholder::Status => json!({"type": "integer"}),
                _ => json!({"type": "string"}),
            });
            json!({"type": "array", "items": issue.schema()})
        }
        placeholder => value(placeholder, row, A::Code::TABLE),
    });
    object.title = Some(row.title);
    object.schema()
}

/// An issue's code is one of several, whose fields differ.
const ANY: Row = Row { takes_param: true, ..Row::DEFAULT };

fn value(placeholder: Placeholder, row: &Row, table: &Table) -> Value {
    match placeholder {
        Placeholder::Code => json!({"const": row.code}),
        Placeholder::Title => json!({"const": row.title}),
        Placeholder::Status if row.other_statuses.is_empty() => json!({"const": row.status.as_u16()}),
        Placeholder::Status => json!({"enum": statuses(row).map(Status::as_u16).collect::<Vec<_>>()}),
        Placeholder::Retryable => json!({"const": row.retryable}),
        Placeholder::Action => json!({"const": table.actions[usize::from(row.action)].name}),
        Placeholder::Group => match row.group {
            Some(group) => json!({"const": table.groups[usize::from(group)].name}),
            None => json!({"type": "string"}),
        },
        Placeholder::RetryAfter => json!({"type": "integer", "minimum": 1}),
        Placeholder::RetryAfterMs => json!({"type": "integer", "minimum": 0}),
        Placeholder::StatusText if row.other_statuses.is_empty() => {
            json!({"const": row.status.to_string()})
        }
        Placeholder::StatusText => {
            json!({"enum": statuses(row).map(|status| status.to_string()).collect::<Vec<_>>()})
        }
        Placeholder::DocUrl
        | Placeholder::Errors
        | Placeholder::Message
        | Placeholder::Param
        | Placeholder::RequestId => {
            json!({"type": "string"})
        }
    }
}

fn statuses(row: &Row) -> impl Iterator<Item = Status> {
    [row.status].into_iter().chain(row.other_statuses.iter().copied())
}

fn members(members: &'static [Member], row: &Row, value: &dyn Fn(Placeholder) -> Value) -> Object {
    let mut object = Object::default();
    for member in members {
        match member {
            Member::Key(key, Node::Const(json)) => object.add(key, json!({"const": constant(json)}), true),
            Member::Key(key, Node::Required(placeholder)) => object.add(key, value(*placeholder), true),
            Member::Key(key, Node::Optional(placeholder)) => {
                if may_have(row, *placeholder) {
                    object.add(key, value(*placeholder), false);
                }
            }
            Member::Key(key, Node::Nullable(placeholder)) => {
                let absent = json!({"type": "null"});
                let schema = match may_have(row, *placeholder) {
                    true => json!({"anyOf": [value(*placeholder), absent]}),
                    false => absent,
                };
                object.add(key, schema, true);
            }
            Member::Key(key, Node::Text(before, placeholder, after, optional)) => {
                if may_have(row, *placeholder) {
                    let schema = match value(*placeholder) {
                        Value::Object(inside) if inside.contains_key("const") => {
                            let inside = inside["const"].as_str().unwrap_or_default();
                            json!({"const": format!("{before}{inside}{after}")})
                        }
                        _ => json!({"type": "string"}),
                    };
                    object.add(key, schema, !optional);
                }
            }
            Member::Key(key, Node::OptionalMap(inside)) => {
                object.add(key, self::members(inside, row, value).schema(), false);
            }
            Member::Key(key, Node::Map(inside)) => {
                object.add(key, self::members(inside, row, value).schema(), true);
            }
            Member::Fields => object.fields(row.fields),
        }
    }
    object
}

/// Does an answer with the code ever have a value for it?
fn may_have(row: &Row, placeholder: Placeholder) -> bool {
    match placeholder {
        Placeholder::Param => row.takes_param,
        Placeholder::Errors => row.takes_issues,
        Placeholder::Group => row.group.is_some(),
        Placeholder::RetryAfter | Placeholder::RetryAfterMs => {
            row.headers.iter().any(|header| matches!(header.value, HeaderSource::RetryAfter))
        }
        _ => true,
    }
}

/// A schema of an object under construction. Unknown members are allowed: an answer may grow.
#[derive(Default)]
struct Object {
    title: Option<&'static str>,
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
        if let Some(title) = self.title {
            schema.insert("title".to_owned(), title.into());
        }
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
