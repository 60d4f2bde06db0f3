//! The values of a code's fields: how they are kept, written and read.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, SystemTime};

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use crate::answer::push_comma;
use crate::response::{Chars, string};
use crate::table::{Field, Kind, Type};
use crate::text::{push_json, push_number};
use crate::{retry_after, rfc3339};

/// The value of a field.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Value {
    #[default]
    Absent,
    Bool(bool),
    F64(f64),
    I64(i64),
    Json(serde_json::Value),
    List(Vec<Value>),
    Map(Vec<(String, Value)>),
    Seconds(Duration),
    String(String),
    /// The values of its typed fields; their names are in the type.
    Struct(Vec<Value>),
    Time(SystemTime),
    U64(u64),
}

impl Value {
    /// What it takes in an answer, in bytes, where that may be much.
    pub(crate) fn estimate(&self) -> usize {
        match self {
            Value::String(text) => text.len(),
            Value::List(values) | Value::Struct(values) => {
                values.iter().map(|value| 16 + value.estimate()).sum()
            }
            Value::Map(members) => members.iter().map(|(key, value)| 16 + key.len() + value.estimate()).sum(),
            Value::Absent
            | Value::Bool(_)
            | Value::F64(_)
            | Value::I64(_)
            | Value::Json(_)
            | Value::Seconds(_)
            | Value::Time(_)
            | Value::U64(_) => 0,
        }
    }
}

/// As in a message.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // A message names none of the latter.
            Value::Absent | Value::Json(_) | Value::List(_) | Value::Map(_) | Value::Struct(_) => Ok(()),
            Value::Bool(value) => value.fmt(f),
            Value::F64(value) => value.fmt(f),
            Value::I64(value) => value.fmt(f),
            Value::Seconds(value) => value.as_secs_f64().fmt(f),
            Value::String(value) => f.write_str(value),
            Value::Time(value) => f.write_str(&rfc3339::format(*value)),
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
    SystemTime: Time as SystemTime;
    serde_json::Value: Json as serde_json::Value;
}

impl<T: FieldType> FieldType for Option<T> {
    fn into_value(self) -> Value {
        match self.map_or(Value::Absent, T::into_value) {
            // Null is no value.
            Value::Json(serde_json::Value::Null) => Value::Absent,
            value => value,
        }
    }

    fn from_value(value: Value) -> Option<Option<T>> {
        match value {
            Value::Absent => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}

impl<T: FieldType> FieldType for Vec<T> {
    fn into_value(self) -> Value {
        Value::List(self.into_iter().map(T::into_value).collect())
    }

    fn from_value(value: Value) -> Option<Vec<T>> {
        match value {
            Value::List(values) => values.into_iter().map(T::from_value).collect(),
            _ => None,
        }
    }
}

impl<T: FieldType> FieldType for BTreeMap<String, T> {
    fn into_value(self) -> Value {
        Value::Map(self.into_iter().map(|(key, value)| (key, value.into_value())).collect())
    }

    fn from_value(value: Value) -> Option<BTreeMap<String, T>> {
        match value {
            Value::Map(members) => {
                members.into_iter().map(|(key, value)| Some((key, T::from_value(value)?))).collect()
            }
            _ => None,
        }
    }
}

/// Fields as members of a mapping, constants included.
pub(crate) fn serialize_fields<M: SerializeMap>(
    map: &mut M,
    fields: &[Field],
    values: &[Value],
) -> Result<(), M::Error> {
    let mut values = values.iter();
    for field in fields {
        match field.kind {
            Kind::Const(json) => map.serialize_entry(field.name, &constant(json))?,
            Kind::Required(kind) | Kind::Optional(kind) => match values.next() {
                None | Some(Value::Absent) => {}
                Some(value) => map.serialize_entry(field.name, &Typed(value, kind))?,
            },
        }
    }
    Ok(())
}

/// A value of a type.
pub(crate) struct Typed<'v>(pub(crate) &'v Value, pub(crate) Type);

impl Serialize for Typed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.0, self.1) {
            (Value::Bool(value), _) => serializer.serialize_bool(*value),
            (Value::F64(value), _) => serializer.serialize_f64(*value),
            (Value::I64(value), _) => serializer.serialize_i64(*value),
            (Value::Json(value), _) => value.serialize(serializer),
            // As an integer where there is no fraction.
            (Value::Seconds(value), _) => match whole(*value) {
                Some(seconds) => serializer.serialize_u64(seconds),
                None => serializer.serialize_f64(value.as_secs_f64()),
            },
            (Value::String(value), _) => serializer.serialize_str(value),
            (Value::Time(value), _) => serializer.serialize_str(&rfc3339::format(*value)),
            (Value::U64(value), _) => serializer.serialize_u64(*value),
            (Value::List(values), Type::List(kind)) => {
                serializer.collect_seq(values.iter().map(|value| Typed(value, *kind)))
            }
            (Value::Map(members), Type::Map(kind)) => {
                serializer.collect_map(members.iter().map(|(key, value)| (key, Typed(value, *kind))))
            }
            (Value::Struct(values), Type::Struct(fields)) => {
                let mut map = serializer.serialize_map(None)?;
                serialize_fields(&mut map, fields, values)?;
                map.end()
            }
            // Generated code makes no values of other types than it says.
            (Value::Absent | Value::List(_) | Value::Map(_) | Value::Struct(_), _) => {
                serializer.serialize_none()
            }
        }
    }
}

pub(crate) fn has_fields(fields: &[Field], values: &[Value]) -> bool {
    let constants = fields.iter().filter(|field| matches!(field.kind, Kind::Const(_))).count();
    // Behind the values of the fields stand those of headers.
    let mut typed = values.iter().take(fields.len() - constants);
    constants > 0 || typed.any(|value| *value != Value::Absent)
}

/// The same members as bytes of JSON.
pub(crate) fn push_fields(out: &mut Vec<u8>, fields: &[Field], values: &[Value]) {
    let mut values = values.iter();
    for field in fields {
        match field.kind {
            Kind::Const(json) => {
                push_key(out, field.name);
                out.extend_from_slice(json.as_bytes());
            }
            Kind::Required(kind) | Kind::Optional(kind) => match values.next() {
                None | Some(Value::Absent) => {}
                Some(value) => {
                    push_key(out, field.name);
                    push_value(out, value, kind);
                }
            },
        }
    }
}

fn push_value(out: &mut Vec<u8>, value: &Value, kind: Type) {
    match (value, kind) {
        (Value::Bool(value), _) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
        (Value::F64(value), _) => push_number(out, *value),
        (Value::I64(value), _) => push_number(out, *value),
        // Writing JSON to a Vec can't fail.
        (Value::Json(value), _) => _ = serde_json::to_writer(out, value),
        (Value::Seconds(value), _) => match whole(*value) {
            Some(seconds) => push_number(out, seconds),
            None => push_number(out, value.as_secs_f64()),
        },
        (Value::String(value), _) => push_json(out, value),
        (Value::Time(value), _) => push_json(out, &rfc3339::format(*value)),
        (Value::U64(value), _) => push_number(out, *value),
        (Value::List(values), Type::List(kind)) => {
            out.push(b'[');
            for (at, value) in values.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                push_value(out, value, *kind);
            }
            out.push(b']');
        }
        (Value::Map(members), Type::Map(kind)) => {
            out.push(b'{');
            for (key, value) in members {
                push_key(out, key);
                push_value(out, value, *kind);
            }
            out.push(b'}');
        }
        (Value::Struct(values), Type::Struct(fields)) => {
            out.push(b'{');
            push_fields(out, fields, values);
            out.push(b'}');
        }
        (Value::Absent | Value::List(_) | Value::Map(_) | Value::Struct(_), _) => {
            out.extend_from_slice(b"null");
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

/// The values of typed fields, each from the JSON of a member.
///
/// # Errors
///
/// The name of a required field that is missing, or of one of another type.
pub(crate) fn values<'j>(
    fields: &[Field],
    json: impl Fn(&str) -> Option<Cow<'j, str>>,
) -> Result<Vec<Value>, &'static str> {
    Room(MAX_VALUES).values(fields, json)
}

/// The value of one field, as JSON: from the JSON of its member, as `values` reads it. `None` where there is none.
///
/// # Errors
///
/// Where a required one is missing, and where it is of another type.
pub fn member_of(field: &Field, json: Option<&str>) -> Result<Option<serde_json::Value>, &'static str> {
    if let Kind::Const(json) = field.kind {
        return Ok(Some(constant(json)));
    }
    let values = values(std::slice::from_ref(field), |_| json.map(Cow::Borrowed))?;
    match (values.first(), field.kind) {
        (None | Some(Value::Absent), _) | (_, Kind::Const(_)) => Ok(None),
        (Some(value), Kind::Required(kind) | Kind::Optional(kind)) => {
            serde_json::to_value(Typed(value, kind)).map(Some).map_err(|_| field.name)
        }
    }
}

/// So many values a payload has at most, absent ones included: an element of two bytes may be a struct of 1,000 of them.
const MAX_VALUES: usize = 10_000;

/// So many more there may be.
struct Room(usize);

impl Room {
    fn values<'j>(
        &mut self,
        fields: &[Field],
        json: impl Fn(&str) -> Option<Cow<'j, str>>,
    ) -> Result<Vec<Value>, &'static str> {
        let mut values = Vec::new();
        for field in fields {
            self.0 = self.0.checked_sub(1).ok_or(field.name)?;
            let (kind, required) = match field.kind {
                Kind::Const(_) => continue,
                Kind::Required(kind) => (kind, true),
                Kind::Optional(kind) => (kind, false),
            };
            // Null is no value, unless any JSON is one that has to be there.
            let any = required && kind == Type::Json;
            values.push(match json(field.name).filter(|json| any || json != "null") {
                Some(json) => self.value(&json, kind).ok_or(field.name)?,
                None if required => return Err(field.name),
                None => Value::Absent,
            });
        }
        Ok(values)
    }

    /// A member as a value of its field's type. As deep as the type is; within a value of any JSON, as deep as serde_json goes.
    fn value(&mut self, json: &str, kind: Type) -> Option<Value> {
        self.0 = self.0.checked_sub(1)?;
        match kind {
            Type::Bool => json.parse().ok().map(Value::Bool),
            Type::F64 => number(json).map(Value::F64),
            Type::I32 => json.parse::<i32>().ok().map(|number| Value::I64(number.into())),
            Type::I64 => json.parse().ok().map(Value::I64),
            Type::Json => serde_json::from_str(json).ok().map(Value::Json),
            Type::List(kind) => {
                let elements: Vec<&RawValue> = serde_json::from_str(json).ok()?;
                let values = elements.into_iter().map(|element| self.value(element.get(), *kind));
                values.collect::<Option<_>>().map(Value::List)
            }
            Type::Map(kind) => {
                let mut members = members(json)?;
                members.retain(|(_, json)| *kind == Type::Json || json.get() != "null");
                let members =
                    members.into_iter().map(|(key, json)| Some((key.into(), self.value(json.get(), *kind)?)));
                members.collect::<Option<_>>().map(Value::Map)
            }
            Type::Seconds => distance(json).map(Value::Seconds),
            Type::Enum(_) | Type::String | Type::Url | Type::Uuid => {
                text(json).map(|text| Value::String(text.into()))
            }
            Type::Struct(fields) => {
                let members = members(json)?;
                let json = |name: &str| {
                    let (_, json) = members.iter().find(|(key, _)| key == name)?;
                    Some(Cow::Borrowed(json.get()))
                };
                self.values(fields, json).ok().map(Value::Struct)
            }
            Type::Time => time(json).map(Value::Time),
            Type::U32 => json.parse::<u32>().ok().map(|number| Value::U64(number.into())),
            Type::U64 => json.parse().ok().map(Value::U64),
        }
    }
}

fn text(json: &str) -> Option<Cow<'_, str>> {
    string(serde_json::from_str::<&RawValue>(json).ok()?.get())
}

/// RFC 3339, or seconds since 1970.
fn time(json: &str) -> Option<SystemTime> {
    if let Some(text) = text(json) {
        return rfc3339::parse(&text);
    }
    match json.strip_prefix('-') {
        Some(before) => rfc3339::from_unix(distance(before)?, true),
        None => rfc3339::from_unix(distance(json)?, false),
    }
}

/// A number of seconds, not negative.
fn distance(json: &str) -> Option<Duration> {
    let exact = retry_after::seconds(json);
    exact.or_else(|| Duration::try_from_secs_f64(number(json)?).ok())
}

/// The members of a JSON object, sorted. Of duplicates the first one counts.
fn members(json: &str) -> Option<Vec<(Cow<'_, str>, &RawValue)>> {
    struct Members;

    impl<'j> Visitor<'j> for Members {
        type Value = Vec<(Cow<'j, str>, &'j RawValue)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<M: MapAccess<'j>>(self, mut map: M) -> Result<Self::Value, M::Error> {
            let mut members = Vec::new();
            while let Some(key) = map.next_key_seed(Chars)? {
                members.push((key, map.next_value()?));
            }
            // Stable, so that the first one of duplicates stays.
            members.sort_by(|(one, _), (other, _)| one.cmp(other));
            members.dedup_by(|(later, _), (first, _)| later == first);
            Ok(members)
        }
    }

    serde_json::Deserializer::from_str(json).deserialize_map(Members).ok()
}

/// A JSON number. Not by serde_json, which rounds unless a feature says otherwise; and std takes `inf` and `+1`, too.
fn number(json: &str) -> Option<f64> {
    let is_json = json.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    json.parse().ok().filter(|number: &f64| is_json && number.is_finite())
}
