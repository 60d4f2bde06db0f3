//! Something of any type, to stand for a value that is missing or can't be read.

use serde::de::Visitor;
use serde::de::value::{BorrowedStrDeserializer, MapDeserializer};

use super::fault::{Fail, Wanted, Wrong};
use super::read::{DEPTH, Reading};
use super::source::{Access, Inside, Source, Variant};

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

/// Whatever is asked for.
#[derive(Clone, Copy)]
pub(super) struct Dummy<'r, 'de> {
    reading: &'r Reading<'de>,
    shape: Option<Wanted>,
    depth: usize,
    /// Which one of several; a type may not like each.
    sample: usize,
    /// The text, where it is not one of several.
    name: Option<&'static str>,
}

impl<'r, 'de> Dummy<'r, 'de> {
    pub(super) fn new(reading: &'r Reading<'de>, shape: Option<Wanted>, depth: usize) -> Dummy<'r, 'de> {
        Dummy { reading, shape, depth, sample: 0, name: None }
    }

    /// One that says this.
    pub(super) fn named(reading: &'r Reading<'de>, name: &'static str) -> Dummy<'r, 'de> {
        Dummy { name: Some(name), ..Dummy::new(reading, None, 0) }
    }

    /// Tries one after the other, until there is one that the type takes.
    ///
    /// # Errors
    ///
    /// [`Wrong::Hopeless`]: nothing of it is the caller's fault.
    pub(super) fn attempt(
        self,
        read: &mut dyn FnMut(Source<'r, 'de>) -> Result<(), Fail>,
    ) -> Result<(), Fail> {
        for sample in 0..TEXTS.len() {
            self.reading.spend()?;
            match read(Source::Dummy(Dummy { sample, ..self })) {
                Ok(()) => return Ok(()),
                // Something inside of it was tried with everything there is.
                Err(fail) if fail.wrong == Wrong::Hopeless => break,
                Err(_) => {}
            }
        }
        Err(Fail::new(Wrong::Hopeless))
    }

    fn text(self) -> &'static str {
        self.name.or_else(|| TEXTS.get(self.sample).copied()).unwrap_or_default()
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
            Ok(Dummy { depth: self.depth + 1, shape: None, ..self })
        }
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident)*) => {
        $(pub(super) fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
            visitor.$visit(self.number().into())
        })*
    };
}

macro_rules! texts {
    ($($method:ident)*) => {
        $(pub(super) fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
            visitor.visit_borrowed_str(self.text())
        })*
    };
}

impl<'r, 'de> Dummy<'r, 'de> {
    fn several(self, left: usize, fields: &'static [&'static str]) -> Result<Several<'r, 'de>, Fail> {
        Ok(Several { each: self.inside()?, left, fields: fields.iter() })
    }
}

/// What serde asks for.
impl<'r, 'de> Dummy<'r, 'de> {
    numbers! {
        deserialize_i8 visit_i64 deserialize_i16 visit_i64 deserialize_i32 visit_i64 deserialize_i64 visit_i64
        deserialize_u8 visit_u64 deserialize_u16 visit_u64 deserialize_u32 visit_u64 deserialize_u64 visit_u64
        deserialize_i128 visit_i128 deserialize_u128 visit_u128 deserialize_f32 visit_f64 deserialize_f64 visit_f64
    }

    texts! { deserialize_str deserialize_string deserialize_identifier }

    pub(super) fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        match (self.shape, self.sample) {
            _ if self.name.is_some() => self.deserialize_str(visitor),
            (Some(Wanted::Text), _) | (None, 1) => self.deserialize_str(visitor),
            (Some(Wanted::Whole(..) | Wanted::Number), _) | (None, 2) => self.deserialize_u64(visitor),
            (Some(Wanted::Bool), _) | (None, 3) => self.deserialize_bool(visitor),
            (Some(Wanted::List), _) | (None, 4) => self.deserialize_seq(visitor),
            (Some(Wanted::Object), _) | (None, 5) => self.deserialize_map(visitor),
            _ => visitor.visit_unit(),
        }
    }

    pub(super) fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        visitor.visit_bool(false)
    }

    pub(super) fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        visitor.visit_char('a')
    }

    pub(super) fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        visitor.visit_borrowed_bytes(self.text().as_bytes())
    }

    pub(super) fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        self.deserialize_bytes(visitor)
    }

    pub(super) fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        visitor.visit_none()
    }

    pub(super) fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        visitor.visit_unit()
    }

    pub(super) fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fail> {
        visitor.visit_unit()
    }

    pub(super) fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fail> {
        match name {
            RAW_VALUE => raw_value("null", visitor),
            _ => visitor.visit_newtype_struct(Source::Dummy(self)),
        }
    }

    pub(super) fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        visitor.visit_seq(Access(&mut self.several(0, &[])?))
    }

    pub(super) fn deserialize_tuple<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Fail> {
        visitor.visit_seq(Access(&mut self.several(length, &[])?))
    }

    pub(super) fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Fail> {
        self.deserialize_tuple(length, visitor)
    }

    pub(super) fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        visitor.visit_map(Access(&mut self.several(0, &[])?))
    }

    pub(super) fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fail> {
        // `fields` has other names of a field, too: by their order there are as many as the type wants.
        let mut several = self.several(usize::MAX, fields)?;
        let several = Access(&mut several);
        if self.sample.is_multiple_of(2) { visitor.visit_seq(several) } else { visitor.visit_map(several) }
    }

    pub(super) fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fail> {
        match variants.get(self.sample % variants.len().max(1)) {
            Some(variant) => visitor.visit_enum(Variant {
                of: None,
                name: Source::Dummy(Dummy::named(self.reading, variant)),
                data: Some(Source::Dummy(self.inside()?)),
            }),
            None => Err(Fail::new(Wrong::Value)),
        }
    }

    pub(super) fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        visitor.visit_unit()
    }
}

/// As many dummies as there are left, or fields.
struct Several<'r, 'de> {
    each: Dummy<'r, 'de>,
    left: usize,
    fields: std::slice::Iter<'static, &'static str>,
}

impl<'r, 'de> Inside<'r, 'de> for Several<'r, 'de> {
    fn next_key(&mut self) -> Result<Option<Source<'r, 'de>>, Fail> {
        let name = |field| Source::Dummy(Dummy::named(self.each.reading, field));
        Ok(self.fields.next().copied().map(name))
    }

    fn next_value(&mut self) -> Result<Option<Source<'r, 'de>>, Fail> {
        let more = self.left.checked_sub(1);
        self.left = more.unwrap_or_default();
        Ok(more.map(|_| Source::Dummy(self.each)))
    }

    fn key_failed(&self, fail: Fail) -> Fail {
        fail
    }
}

/// What serde_json's own reader calls its `RawValue`, and the one key of the mapping that it makes of it.
pub(super) const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// The text of a JSON value, for a `RawValue`.
pub(super) fn raw_value<'de, V: Visitor<'de>>(text: &'de str, visitor: V) -> Result<V::Value, Fail> {
    let member = (BorrowedStrDeserializer::new(RAW_VALUE), BorrowedStrDeserializer::new(text));
    visitor.visit_map(MapDeserializer::new(std::iter::once(member)))
}
