//! What serde reads: a value that is there, or a dummy of one. One type for both, and one for what is inside of them, whose
//! generic parts are small: rustc compiles them again for each type that is read.

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::dummy::Dummy;
use super::fault::{Fail, Wanted, Wrong};
use super::read::Reader;

#[derive(Clone, Copy)]
pub(super) enum Source<'r, 'de> {
    There(Reader<'r, 'de>),
    Dummy(Dummy<'r, 'de>),
}

impl<'r, 'de> Source<'r, 'de> {
    /// Reads the value, as often as is needed.
    pub(super) fn read<V: Deserialize<'de>>(self) -> Result<V, Fail> {
        let mut read = None;
        self.attempt(&mut |source| V::deserialize(source).map(|value| read = Some(value)))?;
        read.ok_or_else(Fail::told)
    }

    fn attempt(self, read: &mut dyn FnMut(Source<'r, 'de>) -> Result<(), Fail>) -> Result<(), Fail> {
        match self {
            Source::There(reader) => reader.attempt(read),
            Source::Dummy(dummy) => dummy.attempt(read),
        }
    }

    /// Reads the value once, for a type that only a seed knows.
    pub(super) fn seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Fail> {
        let source = self.once()?;
        seed.deserialize(source).map_err(|fail| self.failed(fail))
    }

    fn once(self) -> Result<Source<'r, 'de>, Fail> {
        match self {
            Source::There(reader) => reader.once(),
            Source::Dummy(_) => Ok(self),
        }
    }

    /// Says where it was.
    fn failed(self, fail: Fail) -> Fail {
        match self {
            Source::There(reader) => reader.failed(fail),
            Source::Dummy(_) => fail,
        }
    }
}

macro_rules! forward {
    ($($method:ident($($arg:ident: $kind:ty),*))*) => {
        $(fn $method<V: Visitor<'de>>(self, $($arg: $kind,)* visitor: V) -> Result<V::Value, Fail> {
            match self {
                Source::There(reader) => reader.$method($($arg,)* visitor),
                Source::Dummy(dummy) => dummy.$method($($arg,)* visitor),
            }
        })*
    };
}

impl<'de> Deserializer<'de> for Source<'_, 'de> {
    type Error = Fail;

    forward! {
        deserialize_any() deserialize_bool() deserialize_char() deserialize_str() deserialize_string()
        deserialize_bytes() deserialize_byte_buf() deserialize_option() deserialize_unit() deserialize_seq()
        deserialize_map() deserialize_identifier() deserialize_ignored_any()
        deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64() deserialize_i128()
        deserialize_u8() deserialize_u16() deserialize_u32() deserialize_u64() deserialize_u128()
        deserialize_f32() deserialize_f64()
        deserialize_unit_struct(name: &'static str)
        deserialize_newtype_struct(name: &'static str)
        deserialize_tuple(length: usize)
        deserialize_tuple_struct(name: &'static str, length: usize)
        deserialize_struct(name: &'static str, fields: &'static [&'static str])
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
    }
}

/// What is inside of a list or a mapping, one after the other.
pub(super) trait Inside<'r, 'de> {
    fn next_key(&mut self) -> Result<Option<Source<'r, 'de>>, Fail>;

    fn next_value(&mut self) -> Result<Option<Source<'r, 'de>>, Fail>;

    /// What it means that the last key could not be read.
    fn key_failed(&self, fail: Fail) -> Fail;
}

pub(super) struct Access<'a, 'r, 'de>(pub(super) &'a mut dyn Inside<'r, 'de>);

impl<'r, 'de> Access<'_, 'r, 'de> {
    /// Behind a key there is one.
    fn value(&mut self) -> Result<Source<'r, 'de>, Fail> {
        self.0.next_value()?.ok_or_else(|| Fail::new(Wrong::Value))
    }
}

impl<'r, 'de: 'r> SeqAccess<'de> for Access<'_, 'r, 'de> {
    type Error = Fail;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Fail> {
        self.0.next_value()?.map(|value| value.seed(seed)).transpose()
    }

    fn next_element<V: Deserialize<'de>>(&mut self) -> Result<Option<V>, Fail> {
        self.0.next_value()?.map(Source::read).transpose()
    }
}

impl<'r, 'de: 'r> MapAccess<'de> for Access<'_, 'r, 'de> {
    type Error = Fail;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Fail> {
        let Some(key) = self.0.next_key()? else { return Ok(None) };
        seed.deserialize(key).map(Some).map_err(|fail| self.0.key_failed(fail))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Fail> {
        self.value()?.seed(seed)
    }

    fn next_value<V: Deserialize<'de>>(&mut self) -> Result<V, Fail> {
        self.value()?.read()
    }

    fn next_entry<K: Deserialize<'de>, V: Deserialize<'de>>(&mut self) -> Result<Option<(K, V)>, Fail> {
        let Some(key) = self.next_key()? else { return Ok(None) };
        Ok(Some((key, self.next_value()?)))
    }
}

/// `"name"`, or `{"name": data}`.
pub(super) struct Variant<'r, 'de> {
    /// The number of the value.
    pub(super) of: Option<usize>,
    pub(super) name: Source<'r, 'de>,
    pub(super) data: Option<Source<'r, 'de>>,
}

impl<'r, 'de> Variant<'r, 'de> {
    fn failed(&self, mut fail: Fail) -> Fail {
        fail.value = self.of;
        fail
    }

    /// Where there is none, that is what is wrong.
    fn data(&self) -> Result<Source<'r, 'de>, Fail> {
        self.data.ok_or_else(|| self.failed(Fail::new(Wrong::Wanted(Wanted::Object))))
    }
}

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = Fail;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Fail> {
        let name = seed.deserialize(self.name).map_err(|fail| self.failed(fail))?;
        Ok((name, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = Fail;

    fn unit_variant(self) -> Result<(), Fail> {
        self.data.map_or(Ok(()), Source::read)
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Fail> {
        self.data()?.seed(seed)
    }

    fn newtype_variant<V: Deserialize<'de>>(self) -> Result<V, Fail> {
        self.data()?.read()
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Fail> {
        self.data()?.deserialize_tuple(length, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fail> {
        self.data()?.deserialize_struct("", fields, visitor)
    }
}
