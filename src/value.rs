//! The values of a code's fields: how they are kept, written and read.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use serde::ser::SerializeMap;

use crate::answer::push_comma;
use crate::response::string;
use crate::retry_after;
use crate::table::{Field, Kind, Type};
use crate::text::{push_json, push_number};

/// The value of a field.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Value {
    #[default]
    Absent,
    Bool(bool),
    F64(f64),
    I64(i64),
    Seconds(Duration),
    String(String),
    U64(u64),
}

impl Value {
    /// What it takes in an answer, in bytes, where that may be much.
    pub(crate) fn estimate(&self) -> usize {
        match self {
            Value::String(text) => text.len(),
            _ => 0,
        }
    }
}

/// As in a message.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Absent => Ok(()),
            Value::Bool(value) => value.fmt(f),
            Value::F64(value) => value.fmt(f),
            Value::I64(value) => value.fmt(f),
            Value::Seconds(value) => value.as_secs_f64().fmt(f),
            Value::String(value) => f.write_str(value),
            Value::U64(value) => value.fmt(f),
        }
    }
}

/// A Rust type that a field of the YAML can have.
pub trait FieldType: Sized {
    fn into_value(self) -> Value;
    fn from_value(value: Value) -> Option<Self>;
}

macro_rules! field_types {
    ($($rust:ty: $variant:ident as $wide:ty;)*) => {$(
        impl FieldType for $rust {
            fn into_value(self) -> Value {
                Value::$variant(<$wide>::from(self))
            }
            fn from_value(value: Value) -> Option<$rust> {
                match value {
                    Value::$variant(value) => value.try_into().ok(),
                    _ => None,
                }
            }
        }
    )*};
}

field_types! {
    bool: Bool as bool;
    f64: F64 as f64;
    i32: I64 as i64;
    i64: I64 as i64;
    u32: U64 as u64;
    u64: U64 as u64;
    Duration: Seconds as Duration;
    String: String as String;
}

impl<T: FieldType> FieldType for Option<T> {
    fn into_value(self) -> Value {
        self.map_or(Value::Absent, T::into_value)
    }

    fn from_value(value: Value) -> Option<Option<T>> {
        match value {
            Value::Absent => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}

/// The code's fields as members of a mapping, constants included.
pub(crate) fn serialize_fields<M: SerializeMap>(
    map: &mut M,
    fields: &[Field],
    values: &[Value],
) -> Result<(), M::Error> {
    let mut values = values.iter();
    for field in fields {
        match field.kind {
            Kind::Const(json) => map.serialize_entry(field.name, &constant(json))?,
            Kind::Required(_) | Kind::Optional(_) => match values.next() {
                None | Some(Value::Absent) => {}
                Some(Value::Bool(value)) => map.serialize_entry(field.name, value)?,
                Some(Value::F64(value)) => map.serialize_entry(field.name, value)?,
                Some(Value::I64(value)) => map.serialize_entry(field.name, value)?,
                Some(Value::Seconds(value)) => serialize_seconds(map, field.name, *value)?,
                Some(Value::String(value)) => map.serialize_entry(field.name, value)?,
                Some(Value::U64(value)) => map.serialize_entry(field.name, value)?,
            },
        }
    }
    Ok(())
}

/// As an integer where there is no fraction.
pub(crate) fn serialize_seconds<M: SerializeMap>(
    map: &mut M,
    name: &str,
    value: Duration,
) -> Result<(), M::Error> {
    match whole(value) {
        Some(seconds) => map.serialize_entry(name, &seconds),
        None => map.serialize_entry(name, &value.as_secs_f64()),
    }
}

pub(crate) fn has_fields(fields: &[Field], values: &[Value]) -> bool {
    let constants = fields.iter().filter(|field| matches!(field.kind, Kind::Const(_))).count();
    // Behind the values of the fields stand those of headers.
    let mut typed = values.iter().take(fields.len() - constants);
    constants > 0 || typed.any(|value| *value != Value::Absent)
}

pub(crate) fn push_fields(out: &mut Vec<u8>, fields: &[Field], values: &[Value]) {
    let mut values = values.iter();
    for field in fields {
        let value = match field.kind {
            Kind::Const(json) => {
                push_key(out, field.name);
                out.extend_from_slice(json.as_bytes());
                continue;
            }
            Kind::Required(_) | Kind::Optional(_) => values.next(),
        };
        let Some(value) = value.filter(|value| **value != Value::Absent) else { continue };
        push_key(out, field.name);
        match value {
            Value::Absent => {}
            Value::Bool(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
            Value::F64(value) => push_number(out, *value),
            Value::I64(value) => push_number(out, *value),
            Value::Seconds(value) => match whole(*value) {
                Some(seconds) => push_number(out, seconds),
                None => push_number(out, value.as_secs_f64()),
            },
            Value::String(value) => push_json(out, value),
            Value::U64(value) => push_number(out, *value),
        }
    }
}

pub(crate) fn push_key(out: &mut Vec<u8>, key: &str) {
    push_comma(out);
    push_json(out, key);
    out.push(b':');
}

/// A constant of the YAML. The generator wrote it, so it is JSON.
pub(crate) fn constant(json: &str) -> serde_json::Value {
    serde_json::from_str(json).unwrap_or_default()
}

fn whole(duration: Duration) -> Option<u64> {
    (duration.subsec_nanos() == 0).then_some(duration.as_secs())
}

/// The values of a code's typed fields, each from the JSON of a member.
///
/// # Errors
///
/// The name of a required field that is missing, or of one of another type.
pub(crate) fn values<'j>(
    fields: &[Field],
    json: impl Fn(&str) -> Option<Cow<'j, str>>,
) -> Result<Vec<Value>, &'static str> {
    let mut values = Vec::new();
    for field in fields {
        let (kind, required) = match field.kind {
            Kind::Const(_) => continue,
            Kind::Required(kind) => (kind, true),
            Kind::Optional(kind) => (kind, false),
        };
        // Null is no value.
        values.push(match json(field.name).filter(|json| json != "null") {
            Some(json) => value(&json, kind).ok_or(field.name)?,
            None if required => return Err(field.name),
            None => Value::Absent,
        });
    }
    Ok(values)
}

/// A member as a value of its field's type.
fn value(json: &str, kind: Type) -> Option<Value> {
    match kind {
        Type::Bool => json.parse().ok().map(Value::Bool),
        Type::F64 => number(json).map(Value::F64),
        Type::I32 => json.parse::<i32>().ok().map(|number| Value::I64(number.into())),
        Type::I64 => json.parse().ok().map(Value::I64),
        Type::Seconds => {
            let exact = retry_after::seconds(json);
            exact.or_else(|| Duration::try_from_secs_f64(number(json)?).ok()).map(Value::Seconds)
        }
        Type::String => string(serde_json::from_str(json).ok()?).map(|text| Value::String(text.into())),
        Type::U32 => json.parse::<u32>().ok().map(|number| Value::U64(number.into())),
        Type::U64 => json.parse().ok().map(Value::U64),
    }
}

/// A JSON number. Not by serde_json, which rounds unless a feature says otherwise; and std takes `inf` and `+1`, too.
fn number(json: &str) -> Option<f64> {
    let is_json = json.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    json.parse().ok().filter(|number: &f64| is_json && number.is_finite())
}
