//! Something of any type, to stand for a value that is missing or can't be read.

use serde::de::value::{BorrowedStrDeserializer, MapDeserializer, StrDeserializer};
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::fault::{Fail, Wanted, Wrong};
use super::read::{DEPTH, Reading};

/// What the usual types read that are written as texts: times, ids, addresses.
const TEXTS: &[&str] = &[
    "",
    "a",
    "0",
    "2000-01-01T00:00:00Z",
    "2000-01-01",
    "00:00:00",
    "2000-01-01T00:00:00",
    "00000000-0000-0000-0000-000000000000",
    "http://a.example",
    "a@a.example",
    "127.0.0.1",
    "::1",
];

/// A value of the type, if one is found that it takes.
///
/// # Errors
///
/// [`Wrong::Hopeless`]: nothing of it is the caller's fault.
pub(super) fn make<'de, V: Deserialize<'de>>(
    reading: &Reading<'de>,
    shape: Option<Wanted>,
    depth: usize,
) -> Result<V, Fail> {
    for sample in 0..TEXTS.len() {
        reading.spend()?;
        match V::deserialize(Dummy { reading, shape, depth, sample }) {
            Ok(value) => return Ok(value),
            // Something inside of it was tried with everything there is.
            Err(fail) if fail.wrong == Wrong::Hopeless => break,
            Err(_) => {}
        }
    }
    Err(Fail::new(Wrong::Hopeless))
}

/// Whatever is asked for.
#[derive(Clone, Copy)]
pub(super) struct Dummy<'r, 'de> {
    reading: &'r Reading<'de>,
    shape: Option<Wanted>,
    depth: usize,
    /// Which one of several; a type may not like each.
    sample: usize,
}

impl<'r, 'de> Dummy<'r, 'de> {
    pub(super) fn new(reading: &'r Reading<'de>, shape: Option<Wanted>, depth: usize) -> Dummy<'r, 'de> {
        Dummy { reading, shape, depth, sample: 0 }
    }

    fn text(self) -> &'static str {
        TEXTS.get(self.sample).copied().unwrap_or_default()
    }

    /// From zero on.
    fn number(self) -> u8 {
        self.sample as u8
    }

    /// A type that holds itself has no end.
    fn inside(self) -> Result<Self, Fail> {
        self.reading.spend()?;
        if self.depth >= DEPTH {
            Err(Fail::new(Wrong::Hopeless))
        } else {
            Ok(Dummy { depth: self.depth + 1, ..self })
        }
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
            visitor.$visit(self.number().into())
        })*
    };
}

macro_rules! texts {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
            visitor.visit_borrowed_str(self.text())
        })*
    };
}

impl<'de> Deserializer<'de> for Dummy<'_, 'de> {
    type Error = Fail;

    numbers! {
        deserialize_i8 visit_i64 deserialize_i16 visit_i64 deserialize_i32 visit_i64 deserialize_i64 visit_i64
        deserialize_u8 visit_u64 deserialize_u16 visit_u64 deserialize_u32 visit_u64 deserialize_u64 visit_u64
        deserialize_i128 visit_i128 deserialize_u128 visit_u128 deserialize_f32 visit_f64 deserialize_f64 visit_f64
    }

    texts! { deserialize_str deserialize_string deserialize_identifier }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        match (self.shape, self.sample) {
            (Some(Wanted::Text), _) | (None, 1) => self.deserialize_str(visitor),
            (Some(Wanted::Whole(..) | Wanted::Number), _) | (None, 2) => self.deserialize_u64(visitor),
            (Some(Wanted::Bool), _) | (None, 3) => self.deserialize_bool(visitor),
            (Some(Wanted::List), _) | (None, 4) => self.deserialize_seq(visitor),
            (Some(Wanted::Object), _) | (None, 5) => self.deserialize_map(visitor),
            _ => visitor.visit_unit(),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        visitor.visit_bool(false)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        visitor.visit_char('a')
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        visitor.visit_borrowed_bytes(self.text().as_bytes())
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        visitor.visit_none()
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fail> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fail> {
        match name {
            RAW_VALUE => raw_value("null", visitor),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        visitor.visit_seq(Several { each: self.inside()?, left: 0, fields: [].iter() })
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Fail> {
        visitor.visit_seq(Several { each: self.inside()?, left: length, fields: [].iter() })
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Fail> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        visitor.visit_map(Several { each: self.inside()?, left: 0, fields: [].iter() })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fail> {
        // `fields` has other names of a field, too: by their order there are as many as the type wants.
        let several = Several { each: self.inside()?, left: usize::MAX, fields: fields.iter() };
        if self.sample.is_multiple_of(2) { visitor.visit_seq(several) } else { visitor.visit_map(several) }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fail> {
        match variants.get(self.sample % variants.len().max(1)) {
            Some(variant) => visitor.visit_enum(Variant { name: variant, data: self.inside()? }),
            None => Err(Fail::new(Wrong::Value)),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        visitor.visit_unit()
    }
}

/// As many dummies as there are left, or fields.
struct Several<'r, 'de> {
    each: Dummy<'r, 'de>,
    left: usize,
    fields: std::slice::Iter<'static, &'static str>,
}

impl<'de> SeqAccess<'de> for Several<'_, 'de> {
    type Error = Fail;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Fail> {
        let more = self.left.checked_sub(1).map(|left| self.left = left);
        more.map(|()| seed.deserialize(self.each)).transpose()
    }

    fn next_element<V: Deserialize<'de>>(&mut self) -> Result<Option<V>, Fail> {
        let more = self.left.checked_sub(1).map(|left| self.left = left);
        more.map(|()| make(self.each.reading, None, self.each.depth)).transpose()
    }
}

impl<'de> MapAccess<'de> for Several<'_, 'de> {
    type Error = Fail;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Fail> {
        self.fields.next().map(|field| seed.deserialize(StrDeserializer::new(field))).transpose()
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Fail> {
        seed.deserialize(self.each)
    }

    fn next_value<V: Deserialize<'de>>(&mut self) -> Result<V, Fail> {
        make(self.each.reading, None, self.each.depth)
    }
}

struct Variant<'r, 'de> {
    name: &'static str,
    data: Dummy<'r, 'de>,
}

impl<'r, 'de> EnumAccess<'de> for Variant<'r, 'de> {
    type Error = Fail;
    type Variant = Dummy<'r, 'de>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Dummy<'r, 'de>), Fail> {
        Ok((seed.deserialize(StrDeserializer::new(self.name))?, self.data))
    }
}

impl<'de> VariantAccess<'de> for Dummy<'_, 'de> {
    type Error = Fail;

    fn unit_variant(self) -> Result<(), Fail> {
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Fail> {
        seed.deserialize(self)
    }

    fn newtype_variant<V: Deserialize<'de>>(self) -> Result<V, Fail> {
        make(self.reading, None, self.depth)
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Fail> {
        self.deserialize_tuple(length, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fail> {
        self.deserialize_struct("", fields, visitor)
    }
}

/// What serde_json's own reader calls its `RawValue`, and the one key of the mapping that it makes of it.
pub(super) const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// The text of a JSON value, for a `RawValue`.
pub(super) fn raw_value<'de, V: Visitor<'de>>(text: &'de str, visitor: V) -> Result<V::Value, Fail> {
    let member = (BorrowedStrDeserializer::new(RAW_VALUE), BorrowedStrDeserializer::new(text));
    visitor.visit_map(MapDeserializer::new(std::iter::once(member)))
}
