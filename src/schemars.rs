//! JSON Schema (draft 2020-12) of codes, payloads and answers, for schemars.

use std::borrow::Cow;

use ::schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::Error;
use crate::answer::Answer;
use crate::catalog::{Api, ErrorCode, Payload, row};
use crate::schema::{self, Object, shape, typed};
use crate::table::{HeaderSource, Type};

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
        let shape =
            |code: &A::Code| shape::<A>(*code, A::INFO.envelope, &|| json!({"const": A::doc_url(*code)}));
        let shapes: Vec<Value> = A::codes().iter().map(shape).collect();
        json_schema!({ "title": format!("An error of the {}", A::INFO.title), "oneOf": shapes })
    }
}

/// The schema of its [`Answer`].
impl<A: Api> JsonSchema for Error<A> {
    fn schema_name() -> Cow<'static, str> {
        schema::name::<A>("Error").into()
    }

    fn schema_id() -> Cow<'static, str> {
        std::any::type_name::<Error<A>>().into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        <Answer<'_, A> as JsonSchema>::json_schema(generator)
    }
}
