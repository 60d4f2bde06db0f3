//! What the macros of generated code call: impls that would only repeat themselves there.

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{SerializeMap as _, Serializer};

use crate::catalog::{ErrorCode, Payload, row};
use crate::table::{HeaderSource, Slots, Type};
use crate::value::{self, Typed, Value, values};

/// `Debug`, `Display`, `FromStr`, serde and, with its feature, `JsonSchema` for the enum `Code` of a catalog.
#[doc(hidden)]
#[macro_export]
macro_rules! __code_impls {
    ($code:ty = $schema:literal) => {
        impl ::core::fmt::Debug for $code {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.pad($crate::__private::row(*self).name)
            }
        }

        impl ::core::fmt::Display for $code {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl ::core::str::FromStr for $code {
            type Err = $crate::UnknownCode;

            fn from_str(text: &str) -> ::core::result::Result<Self, $crate::UnknownCode> {
                <$code as $crate::ErrorCode>::from_text(text).ok_or_else(|| $crate::UnknownCode::new(text))
            }
        }

        impl $crate::__private::serde::Serialize for $code {
            fn serialize<S: $crate::__private::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> $crate::__private::serde::Deserialize<'de> for $code {
            fn deserialize<D: $crate::__private::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                $crate::__private::deserialize_code(deserializer)
            }
        }

        $crate::__among_impls!($code);
        $crate::__schema_impls!(code $code = $schema);
    };
}

/// serde and, with its feature, `JsonSchema` for payloads with fields.
#[doc(hidden)]
#[macro_export]
macro_rules! __payload_impls {
    ($($payload:ty = $schema:literal),* $(,)?) => {$(
        impl $crate::__private::serde::Serialize for $payload {
            fn serialize<S: $crate::__private::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                $crate::__private::serialize_payload(self, serializer)
            }
        }

        impl<'de> $crate::__private::serde::Deserialize<'de> for $payload {
            fn deserialize<D: $crate::__private::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                $crate::__private::deserialize_payload(deserializer)
            }
        }

        $crate::__schema_impls!(payload $payload = $schema);
    )*};
}

/// For enums of the module `types`, which are texts on the wire: what `as_str` and `From<&str>` lead to. Two are equal
/// where their texts are, however they were made.
#[doc(hidden)]
#[macro_export]
macro_rules! __enum_impls {
    ($($enum:ty),* $(,)?) => {$(
        impl ::core::cmp::PartialEq for $enum {
            fn eq(&self, other: &Self) -> bool {
                self.as_str() == other.as_str()
            }
        }

        impl ::core::cmp::Eq for $enum {}

        impl ::core::hash::Hash for $enum {
            fn hash<H: ::core::hash::Hasher>(&self, state: &mut H) {
                ::core::hash::Hash::hash(self.as_str(), state)
            }
        }

        impl ::core::convert::From<::std::string::String> for $enum {
            fn from(text: ::std::string::String) -> Self {
                <$enum as ::core::convert::From<&str>>::from(&text)
            }
        }

        impl ::core::str::FromStr for $enum {
            type Err = ::core::convert::Infallible;

            fn from_str(text: &str) -> ::core::result::Result<Self, Self::Err> {
                ::core::result::Result::Ok(::core::convert::From::from(text))
            }
        }

        impl ::core::fmt::Display for $enum {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl $crate::__private::serde::Serialize for $enum {
            fn serialize<S: $crate::__private::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> $crate::__private::serde::Deserialize<'de> for $enum {
            fn deserialize<D: $crate::__private::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                let text = <::std::string::String as $crate::__private::serde::Deserialize>::deserialize(deserializer)?;
                ::core::result::Result::Ok(::core::convert::From::from(text))
            }
        }

        impl $crate::__private::FieldType for $enum {
            fn into_value(self) -> $crate::__private::Value {
                $crate::__private::FieldType::into_value(::std::string::String::from(self.as_str()))
            }

            fn from_value(value: $crate::__private::Value) -> ::core::option::Option<Self> {
                let text: ::std::string::String = $crate::__private::FieldType::from_value(value)?;
                ::core::option::Option::Some(::core::convert::From::from(text))
            }
        }
    )*};
}

#[cfg(not(feature = "schemars"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __schema_impls {
    ($($any:tt)*) => {};
}

/// A text that is no code of the catalog, from `Code::from_str`.
///
/// ```
/// use errbook::mail::Code;
///
/// let unknown = "quota_gone".parse::<Code>().unwrap_err();
/// assert_eq!(unknown.to_string(), "unknown error code `quota_gone`");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownCode(Box<str>);

impl UnknownCode {
    #[doc(hidden)]
    pub fn new(text: &str) -> UnknownCode {
        UnknownCode(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for UnknownCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "unknown error code `{}`", crate::text::OneLine(&self.0))
    }
}

impl std::error::Error for UnknownCode {}

pub fn deserialize_code<'de, C: ErrorCode, D: Deserializer<'de>>(deserializer: D) -> Result<C, D::Error> {
    let text = String::deserialize(deserializer)?;
    C::from_text(&text).ok_or_else(|| D::Error::custom(UnknownCode::new(&text)))
}

/// A payload's members: the fields as they are on the wire, constants included, then what it asks for beside them:
/// `param`, `retry_after` in seconds, other headers.
pub fn serialize_payload<P: Payload + Clone, S: Serializer>(
    payload: &P,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let row = row(P::CODE);
    let slots = payload.clone().into_slots();
    let mut map = serializer.serialize_map(None)?;
    value::serialize_fields(&mut map, row.fields, &slots.values)?;
    if let Some(param) = slots.param {
        map.serialize_entry("param", &param)?;
    }
    for header in row.headers {
        match header.value {
            HeaderSource::RetryAfter => {
                if let Some(wait) = slots.retry_after {
                    map.serialize_entry("retry_after", &Typed(&Value::Seconds(wait), Type::Seconds))?;
                }
            }
            HeaderSource::Slot(slot) => {
                if let Some(Value::String(value)) = slots.values.get(slot) {
                    map.serialize_entry(header.name, value)?;
                }
            }
            HeaderSource::Default(_) => {}
        }
    }
    map.end()
}

/// The reverse. Unknown members are ignored, as a client does.
pub fn deserialize_payload<'de, P: Payload, D: Deserializer<'de>>(deserializer: D) -> Result<P, D::Error> {
    let row = row(P::CODE);
    let members = serde_json::Map::deserialize(deserializer)?;
    let text = |name: &str| members.get(name).and_then(|value| value.as_str()).map(str::to_owned);
    let json = |name: &str| members.get(name).map(|value| value.to_string().into());
    let mut values = values(row.fields, json)
        .map_err(|name| D::Error::custom(format_args!("`{name}` is missing or of another type")))?;
    for header in row.headers {
        if let HeaderSource::Slot(_) = header.value {
            values.push(text(header.name).map_or(Value::Absent, Value::String));
        }
    }
    let retry_after = members.get("retry_after").and_then(|wait| wait.as_f64());
    let mut slots = Slots {
        values,
        param: text("param").map(Into::into),
        retry_after: retry_after.and_then(|wait| std::time::Duration::try_from_secs_f64(wait).ok()),
    };
    P::from_slots(&mut slots)
        .ok_or_else(|| D::Error::custom(format_args!("not all members of `{}` are there", row.code)))
}
