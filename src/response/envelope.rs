//! Reads a JSON text along the tree of an envelope. What was found is kept even where the text breaks off.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize as _;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::table::{Member, Node, Placeholder};

/// So many members that the template doesn't name are kept.
const MAX_MEMBERS: usize = 256;

/// The values at the places of an envelope, as JSON. Of duplicate members the first one counts.
#[derive(Default)]
pub(super) struct Found<'b> {
    holes: [Option<&'b RawValue>; Placeholder::COUNT],
    /// Beside the keys of the template, where the code's fields are spread.
    pub(super) members: Vec<(Cow<'b, str>, &'b RawValue)>,
    /// Read to the end.
    pub(super) complete: bool,
}

impl<'b> Found<'b> {
    pub(super) fn get(&self, placeholder: Placeholder) -> Option<&'b RawValue> {
        self.holes[placeholder as usize]
    }

    pub(super) fn member(&self, name: &str) -> Option<&'b RawValue> {
        self.members.iter().find(|(key, _)| key == name).map(|(_, value)| *value)
    }
}

/// `None` where the text doesn't have the shape: it is no mapping, or a constant differs or is missing.
pub(super) fn read<'b>(text: &'b str, members: &'static [Member]) -> Option<Found<'b>> {
    let mut found = Found::default();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    match (Mapping { members, found: &mut found }).deserialize(&mut deserializer) {
        Ok(()) => found.complete = true,
        // Another shape; not one that broke off or isn't JSON further on.
        Err(error) if error.is_data() => return None,
        Err(_) => {}
    }
    Some(found)
}

/// Does the tree hold a constant, by which an answer can be told from anything else?
pub(super) fn has_constants(members: &[Member]) -> bool {
    members.iter().any(|member| match member {
        Member::Key(_, Node::Const(_)) => true,
        Member::Key(_, Node::Map(members)) => has_constants(members),
        Member::Key(_, Node::Required(_) | Node::Optional(_)) | Member::Fields => false,
    })
}

/// The text of a JSON string; lone surrogates are replaced. `None` for any other value.
pub(super) fn string(raw: &RawValue) -> Option<Cow<'_, str>> {
    let json = raw.get();
    let inside = json.strip_prefix('"')?.strip_suffix('"')?;
    if !inside.contains('\\') {
        return Some(Cow::Borrowed(inside));
    }
    let bytes = serde_json::Deserializer::from_str(json).deserialize_bytes(Bytes).ok()?;
    Some(Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()))
}

/// Are the two JSON texts the same value?
pub(super) fn same(raw: &RawValue, json: &str) -> bool {
    raw.get() == json
        || serde_json::from_str(raw.get())
            .is_ok_and(|value: serde_json::Value| value == crate::answer::constant(json))
}

struct Mapping<'f, 'b> {
    members: &'static [Member],
    found: &'f mut Found<'b>,
}

impl<'b> DeserializeSeed<'b> for Mapping<'_, 'b> {
    type Value = ();

    fn deserialize<D: Deserializer<'b>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'b> Visitor<'b> for Mapping<'_, 'b> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the envelope")
    }

    fn visit_map<M: MapAccess<'b>>(self, mut map: M) -> Result<(), M::Error> {
        let spread = self.members.iter().any(|member| matches!(member, Member::Fields));
        // One bit a member; a duplicate of a mapping or a constant is skipped.
        let mut seen = 0_u64;
        while let Some(key) = map.next_key_seed(Key)? {
            let named = self.members.iter().enumerate().find_map(|(at, member)| match member {
                Member::Key(name, node) if *name == key => Some((1_u64 << (at & 63), node)),
                _ => None,
            });
            match named {
                Some((bit, _)) if seen & bit != 0 => {
                    map.next_value::<serde::de::IgnoredAny>()?;
                }
                Some((bit, node)) => {
                    seen |= bit;
                    match node {
                        Node::Map(members) => map.next_value_seed(Mapping { members, found: self.found })?,
                        Node::Const(json) => {
                            if !same(map.next_value()?, json) {
                                return Err(M::Error::custom("another constant"));
                            }
                        }
                        Node::Required(placeholder) | Node::Optional(placeholder) => {
                            let value = map.next_value()?;
                            self.found.holes[*placeholder as usize].get_or_insert(value);
                        }
                    }
                }
                None => {
                    let value = map.next_value()?;
                    if spread && self.found.members.len() < MAX_MEMBERS && self.found.member(&key).is_none() {
                        self.found.members.push((key, value));
                    }
                }
            }
        }
        let missing = self.members.iter().enumerate().any(|(at, member)| {
            seen & 1 << (at & 63) == 0
                && match member {
                    Member::Key(_, Node::Const(_)) => true,
                    Member::Key(_, Node::Map(members)) => has_constants(members),
                    _ => false,
                }
        });
        if missing { Err(M::Error::custom("a constant is missing")) } else { Ok(()) }
    }
}

struct Key;

impl<'b> DeserializeSeed<'b> for Key {
    type Value = Cow<'b, str>;

    fn deserialize<D: Deserializer<'b>>(self, deserializer: D) -> Result<Cow<'b, str>, D::Error> {
        // serde's own impl for Cow never borrows.
        deserializer.deserialize_str(self)
    }
}

impl<'b> Visitor<'b> for Key {
    type Value = Cow<'b, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, key: &'b str) -> Result<Cow<'b, str>, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E>(self, key: &str) -> Result<Cow<'b, str>, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}

/// The bytes of a JSON string, which may hold a lone surrogate.
struct Bytes;

impl Visitor<'_> for Bytes {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
        Ok(bytes.to_owned())
    }
}

/// The elements of a JSON list, at most `max`; those before a break are kept.
pub(super) fn elements(raw: &RawValue, max: usize) -> Vec<&RawValue> {
    struct Elements<'f, 'b>(&'f mut Vec<&'b RawValue>, usize);

    impl<'b> Visitor<'b> for Elements<'_, 'b> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<S: serde::de::SeqAccess<'b>>(self, mut list: S) -> Result<(), S::Error> {
            while self.0.len() < self.1
                && let Some(element) = list.next_element()?
            {
                self.0.push(element);
            }
            Ok(())
        }
    }

    let mut elements = Vec::new();
    // A list that is longer, or none at all, leaves what was read so far.
    let _ = serde_json::Deserializer::from_str(raw.get()).deserialize_seq(Elements(&mut elements, max));
    elements
}

/// An integer or a fraction, as it is written.
pub(super) fn number(raw: &RawValue) -> Option<&str> {
    let text = raw.get();
    let numeric = text.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    numeric.then_some(text)
}

/// The flag, where it is one.
pub(super) fn flag(raw: &RawValue) -> Option<bool> {
    bool::deserialize(&mut serde_json::Deserializer::from_str(raw.get())).ok()
}
