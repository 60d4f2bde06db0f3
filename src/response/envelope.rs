//! Reads a JSON text along the tree of an envelope. What was found is kept even where the text breaks off.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::table::{Member, Node, Placeholder};
use crate::text::next_escape;

/// So many members that the template doesn't name are kept.
pub(super) const MAX_MEMBERS: usize = 256;

/// The values at the places of an envelope, as JSON. Of duplicate members the first one counts.
#[derive(Debug, Default)]
pub(super) struct Found<'b> {
    pub(super) holes: [Option<&'b str>; Placeholder::COUNT],
    /// A bit for each of them that is known to be a string without an escape.
    pub(super) plain: u32,
    /// What stood between constant texts.
    pub(super) texts: Vec<(Placeholder, Cow<'b, str>)>,
    /// The elements of `$errors`, as far as they were read.
    pub(super) issues: Vec<&'b str>,
    /// Beside the keys of the template, where the code's fields are spread.
    pub(super) members: Vec<(Cow<'b, str>, &'b str)>,
    pub(super) constants: usize,
}

const _: () = assert!(Placeholder::COUNT <= u32::BITS as usize);

impl<'b> Found<'b> {
    pub(super) fn get(&self, placeholder: Placeholder) -> Option<&'b str> {
        self.holes[placeholder as usize]
    }

    /// The value as a text: a JSON string, or what stood in one.
    pub(super) fn text(&self, placeholder: Placeholder) -> Option<Cow<'b, str>> {
        if self.plain & (1 << placeholder as u32) != 0 {
            let inside = self.get(placeholder)?.strip_prefix('"')?.strip_suffix('"')?;
            return Some(Cow::Borrowed(inside));
        }
        let (_, text) = match self.get(placeholder).and_then(string) {
            Some(text) => return Some(text),
            None => self.texts.iter().find(|(known, _)| *known == placeholder)?,
        };
        Some(text.clone())
    }

    pub(super) fn member(&self, name: &str) -> Option<&'b str> {
        self.members.iter().find(|(key, _)| key == name).map(|(_, value)| *value)
    }

    /// Are all constants of the template there?
    pub(super) fn has_all_constants(&self, members: &[Member]) -> bool {
        self.constants >= count(members, &|_| true)
    }
}

/// `None` where the text doesn't have the shape: a constant differs, or is missing from a text that doesn't break off.
pub(super) fn read<'b>(text: &'b str, members: &'static [Member], max_issues: usize) -> Option<Found<'b>> {
    let mut found = Found::default();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    match (Mapping { members, found: &mut found, max_issues }).deserialize(&mut deserializer) {
        Err(error) if error.is_data() => None,
        Err(error) if error.is_eof() => Some(found),
        Ok(()) | Err(_) => found.has_all_constants(members).then_some(found),
    }
}

/// Does a constant tell a failure from a success, as `ok: false` and `status: error` do? A number is a version or so.
pub(super) fn declares_failure(members: &[Member]) -> bool {
    count(members, &|json| json.starts_with('"') || json == "true" || json == "false") > 0
}

/// The constants that are of a kind.
fn count(members: &[Member], of_kind: &dyn Fn(&str) -> bool) -> usize {
    let constants = |member: &Member| match member {
        Member::Key(_, Node::Const(json)) => usize::from(of_kind(json)),
        Member::Key(_, Node::Map(members)) => count(members, of_kind),
        // What may be absent can't be asked for.
        Member::Key(_, Node::OptionalMap(_) | Node::Text(..)) => 0,
        Member::Key(_, Node::Required(_) | Node::Optional(_) | Node::Nullable(_)) | Member::Fields => 0,
    };
    members.iter().map(constants).sum()
}

/// The text of a JSON string; lone surrogates are replaced. `None` for any other value.
pub(super) fn string(json: &str) -> Option<Cow<'_, str>> {
    let inside = json.strip_prefix('"')?.strip_suffix('"')?;
    // Between the quotes nothing else can be one.
    if next_escape(inside.as_bytes()).is_none() {
        return Some(Cow::Borrowed(inside));
    }
    let bytes = serde_json::Deserializer::from_str(json).deserialize_bytes(Bytes).ok()?;
    Some(Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()))
}

/// What stands between two texts.
fn between<'b>(text: Cow<'b, str>, before: &str, after: &str) -> Option<Cow<'b, str>> {
    let inside = |text: &str| Some(before.len()..text.strip_suffix(after)?.len());
    let place = inside(&text).filter(|place| place.start <= place.end && text.starts_with(before))?;
    Some(match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[place]),
        Cow::Owned(text) => Cow::Owned(text[place].to_owned()),
    })
}

/// Are the two JSON texts the same value?
pub(super) fn same(one: &str, json: &str) -> bool {
    let number = |text: &str| text.parse::<f64>().ok();
    one == json
        || string(one).is_some_and(|text| *text == crate::answer::constant(json))
        || json == "[]" && one.strip_prefix('[').is_some_and(|rest| rest.trim_ascii_start() == "]")
        || number(json).is_some_and(|expected| number(one) == Some(expected))
}

/// The visits of what is neither list nor mapping.
macro_rules! scalars {
    ($self:ident, $result:expr) => {
        scalars!($self, $result; visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);

        fn visit_unit<E: serde::de::Error>($self) -> Result<(), E> {
            $result
        }
    };
    ($self:ident, $result:expr; $($visit:ident: $type:ty),*) => {$(
        fn $visit<E: serde::de::Error>($self, _: $type) -> Result<(), E> {
            $result
        }
    )*};
}

struct Mapping<'f, 'b> {
    members: &'static [Member],
    found: &'f mut Found<'b>,
    max_issues: usize,
}

impl Mapping<'_, '_> {
    /// Something else stands where a mapping is expected: another shape where the mapping holds constants, else nothing.
    fn is_absent<E: serde::de::Error>(&self) -> Result<(), E> {
        match count(self.members, &|_| true) {
            0 => Ok(()),
            _ => Err(E::custom("no mapping")),
        }
    }
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
        let Mapping { members, found, max_issues } = self;
        let spread = members.iter().any(|member| matches!(member, Member::Fields));
        // A bit for each of the first members: of duplicates the first one counts.
        let mut seen = 0_u64;
        while let Some(key) = map.next_key_seed(Key)? {
            let named = members.iter().enumerate().find_map(|(at, member)| match member {
                Member::Key(name, node) if *name == key => {
                    Some((1_u64.checked_shl(at as u32).unwrap_or(0), node))
                }
                _ => None,
            });
            let Some((bit, node)) = named else {
                let value: &RawValue = map.next_value()?;
                if spread && found.members.len() < MAX_MEMBERS && found.member(&key).is_none() {
                    found.members.push((key, value.get()));
                }
                continue;
            };
            if seen & bit != 0 {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            seen |= bit;
            match node {
                Node::Map(members) => {
                    map.next_value_seed(Mapping { members, found: &mut *found, max_issues })?;
                }
                Node::OptionalMap(members) => {
                    // Its constants say nothing about the whole.
                    let constants = found.constants;
                    map.next_value_seed(Mapping { members, found: &mut *found, max_issues })?;
                    found.constants = constants;
                }
                Node::Const(json) => {
                    let value: &RawValue = map.next_value()?;
                    if !same(value.get(), json) {
                        return Err(M::Error::custom("another constant"));
                    }
                    found.constants += 1;
                }
                Node::Text(before, placeholder, after, optional) => {
                    let value = map.next_value::<&RawValue>()?.get();
                    let inside = string(value).and_then(|text| between(text, before, after));
                    match inside {
                        Some(text) => found.texts.push((*placeholder, text)),
                        None if *optional && value == "null" => {}
                        None => return Err(M::Error::custom("another constant")),
                    }
                }
                Node::Required(Placeholder::Errors)
                | Node::Optional(Placeholder::Errors)
                | Node::Nullable(Placeholder::Errors) => {
                    map.next_value_seed(Issues { issues: &mut found.issues, max: max_issues })?;
                }
                Node::Required(placeholder) | Node::Optional(placeholder) | Node::Nullable(placeholder) => {
                    let value = map.next_value::<&RawValue>()?.get();
                    // Null is no value: the placeholder may stand in another place, too.
                    if value != "null" {
                        found.holes[*placeholder as usize].get_or_insert(value);
                    }
                }
            }
        }
        Ok(())
    }

    fn visit_seq<S: SeqAccess<'b>>(self, mut list: S) -> Result<(), S::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        self.is_absent()
    }

    scalars!(self, self.is_absent());
}

/// The elements of a list, kept one by one: those before a break are there.
struct Issues<'f, 'b> {
    issues: &'f mut Vec<&'b str>,
    max: usize,
}

impl<'b> DeserializeSeed<'b> for Issues<'_, 'b> {
    type Value = ();

    fn deserialize<D: Deserializer<'b>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'b> Visitor<'b> for Issues<'_, 'b> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("issues")
    }

    fn visit_seq<S: SeqAccess<'b>>(self, mut list: S) -> Result<(), S::Error> {
        while self.issues.len() < self.max {
            match list.next_element::<&RawValue>()? {
                Some(issue) => self.issues.push(issue.get()),
                None => return Ok(()),
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<M: MapAccess<'b>>(self, mut map: M) -> Result<(), M::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }

    scalars!(self, Ok(()));
}

struct Key;

impl<'b> DeserializeSeed<'b> for Key {
    type Value = Cow<'b, str>;

    fn deserialize<D: Deserializer<'b>>(self, deserializer: D) -> Result<Cow<'b, str>, D::Error> {
        // As bytes, for a key may hold a lone surrogate, too; serde's own impl for Cow never borrows.
        deserializer.deserialize_bytes(self)
    }
}

impl<'b> Visitor<'b> for Key {
    type Value = Cow<'b, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_bytes<E>(self, key: &'b [u8]) -> Result<Cow<'b, str>, E> {
        Ok(String::from_utf8_lossy(key))
    }

    fn visit_bytes<E>(self, key: &[u8]) -> Result<Cow<'b, str>, E> {
        Ok(Cow::Owned(String::from_utf8_lossy(key).into_owned()))
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

/// An integer, as it is written.
pub(super) fn integer(json: &str) -> Option<&str> {
    let digits = json.strip_prefix('-').unwrap_or(json);
    digits.bytes().all(|byte| byte.is_ascii_digit()).then_some(json)
}

/// The flag, where it is one.
pub(super) fn flag(json: &str) -> Option<bool> {
    match json {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}
