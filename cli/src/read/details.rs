//! The typed values that the payload of a code has: `err.details()`, where no type of that payload was compiled.

use std::fmt;

use errbook::__private::{Field, Kind, Row, Type, member_of, row};
use errbook::ErrorResponse;
use errbook_codegen::model::{Header, HeaderRule, Presence};
use http::HeaderMap;
use serde_json::Value;

use super::tables::Loaded;

/// A value that the payload asks for.
pub(crate) struct Detail {
    pub(crate) name: &'static str,
    pub(crate) source: Source,
    pub(crate) found: Found,
}

/// Where it comes from.
#[derive(PartialEq, Eq)]
pub(crate) enum Source {
    /// The catalog.
    Constant,
    /// A member; its type, as errors.yaml writes it.
    Member(String),
    /// The answer's param, or its wait: each has a line of its own.
    Param,
    RetryAfter,
    /// Another header.
    Header,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Source::Constant => "constant",
            Source::Member(kind) => kind,
            Source::Param => "the code requires one",
            Source::RetryAfter | Source::Header => "header",
        })
    }
}

pub(crate) enum Found {
    Value(Value),
    /// It is optional.
    Absent,
    Missing,
    /// Of another type; as it was received.
    Wrong(String),
}

/// What the payload of the answer's code consists of, in the order in which it is serialized. None where the code is
/// unknown.
pub(crate) fn details(err: &ErrorResponse<Loaded>, headers: &HeaderMap) -> Vec<Detail> {
    let Some((row, model)) = err.code().and_then(|code| Some((row(code), code.model()?))) else {
        return Vec::new();
    };
    let mut details = fields(err, row);
    let mut add = |name, source, required, value: Option<Value>| {
        let found = match value {
            Some(value) => Found::Value(value),
            None if required => Found::Missing,
            None => Found::Absent,
        };
        details.push(Detail { name, source, found });
    };
    if model.param == Presence::Required {
        add("param", Source::Param, true, err.param().map(Value::from));
    }
    for Header { name, rule, .. } in &model.headers {
        let required = *rule == HeaderRule::Required;
        match (name.as_str(), rule) {
            (_, HeaderRule::Default(_)) | ("retry-after", HeaderRule::Optional) => {}
            ("retry-after", HeaderRule::Required) => {
                let seconds = err.retry_after().map(|wait| match wait.subsec_nanos() {
                    0 => Value::from(wait.as_secs()),
                    _ => Value::from(wait.as_secs_f64()),
                });
                add("retry_after", Source::RetryAfter, true, seconds);
            }
            (name, _) => {
                let value = headers.get(name).and_then(|value| std::str::from_utf8(value.as_bytes()).ok());
                add(name, Source::Header, required, value.map(Value::from));
            }
        }
    }
    details
}

fn fields(err: &ErrorResponse<Loaded>, row: &'static Row) -> Vec<Detail> {
    let detail = |field: &'static Field| {
        let json = err.member_json(field.name);
        let found = match member_of(field, json) {
            Ok(Some(value)) => Found::Value(value),
            Ok(None) => Found::Absent,
            Err(_) => json.map_or(Found::Missing, |json| Found::Wrong(json.to_owned())),
        };
        let source = match field.kind {
            Kind::Const(_) => Source::Constant,
            Kind::Required(kind) => Source::Member(name(kind)),
            Kind::Optional(kind) => Source::Member(format!("{}?", name(kind))),
        };
        Detail { name: field.name, source, found }
    };
    row.fields.iter().map(detail).collect()
}

/// A type as errors.yaml writes it.
fn name(kind: Type) -> String {
    match kind {
        Type::Bool => "bool".to_owned(),
        Type::Enum(texts) => format!("enum({})", texts.join("|")),
        Type::F64 => "f64".to_owned(),
        Type::I32 => "i32".to_owned(),
        Type::I64 => "i64".to_owned(),
        Type::Json => "json".to_owned(),
        Type::List(kind) => format!("list<{}>", name(*kind)),
        Type::Map(kind) => format!("map<{}>", name(*kind)),
        Type::Seconds => "seconds".to_owned(),
        Type::String => "string".to_owned(),
        Type::Struct(_) => "struct".to_owned(),
        Type::Time => "timestamp".to_owned(),
        Type::U32 => "u32".to_owned(),
        Type::U64 => "u64".to_owned(),
        Type::Url => "url".to_owned(),
        Type::Uuid => "uuid".to_owned(),
    }
}
