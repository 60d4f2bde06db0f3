//! Reads a JSON text along the tree of an envelope. What was found is kept even where the text breaks off.

use std::borrow::Cow;
use std::fmt;
use std::string::FromUtf8Error;

use serde::de::{Deserialize as _, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::table::{Envelope, Member, Node, Placeholder};
use crate::text::next_escape;

/// So many members that the template doesn't name are kept.
pub(super) const MAX_MEMBERS: usize = 256;

/// The values at the places of an envelope, as JSON. Of duplicate members the first one counts.
#[derive(Debug, Default)]
pub(super) struct Found<'b> {
    pub(super) holes: [Option<&'b str>; Placeholder::COUNT],
    /// A bit for each of them that is known to be a string without an escape.
    pub(super) plain: u32,
    /// What stood between constant texts, and in headers.
    pub(super) texts: Vec<(Placeholder, Cow<'b, str>)>,
    /// So many of these stood in the body.
    texts_of_body: usize,
    /// The elements of `$errors`, as far as they were read.
    pub(super) issues: Vec<&'b str>,
    /// The members of `$errors_by_param`, as far as they were read.
    pub(super) by_param: Vec<(Cow<'b, str>, &'b str)>,
    /// Beside the keys of the template, where the code's fields are spread.
    pub(super) members: Vec<(Cow<'b, str>, &'b str)>,
    pub(super) constants: usize,
    /// So many parts that may be absent are around what is read now.
    optional: usize,
    /// One of them has another constant.
    differs: bool,
}

const _: () = assert!(Placeholder::COUNT <= u32::BITS as usize);

/// What was found before a part that may be absent.
struct Mark<'b> {
    holes: [Option<&'b str>; Placeholder::COUNT],
    texts: usize,
    issues: usize,
    by_param: usize,
    members: usize,
    constants: usize,
}

impl<'b> Found<'b> {
    /// What stood in no body.
    #[cfg(feature = "tonic")]
    pub(super) fn of(
        texts: Vec<(Placeholder, Cow<'b, str>)>,
        members: Vec<(Cow<'b, str>, &'b str)>,
    ) -> Found<'b> {
        Found { texts, members, ..Found::default() }
    }

    pub(super) fn get(&self, placeholder: Placeholder) -> Option<&'b str> {
        self.holes[placeholder as usize]
    }

    /// The value as a text: a JSON string, or what stood in one, or in a header.
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

    /// The value as a text, whatever its JSON is.
    pub(super) fn scalar(&self, placeholder: Placeholder) -> Option<Cow<'b, str>> {
        self.text(placeholder).or_else(|| self.get(placeholder).map(Cow::Borrowed))
    }

    /// The same, of the body alone.
    pub(super) fn scalar_of_body(&self, placeholder: Placeholder) -> Option<Cow<'b, str>> {
        let of_body = self.texts.iter().take(self.texts_of_body);
        let text = || of_body.clone().find(|(known, _)| *known == placeholder).map(|(_, text)| text.clone());
        let raw = || self.get(placeholder).map(|json| string(json).unwrap_or(Cow::Borrowed(json)));
        raw().or_else(text)
    }

    pub(super) fn member(&self, name: &str) -> Option<&'b str> {
        self.members.iter().find(|(key, _)| key == name).map(|(_, value)| *value)
    }

    /// Are all constants of the template there?
    pub(super) fn has_all_constants(&self, node: &Node) -> bool {
        self.constants >= count(node, &|_| true)
    }

    /// What stands in the headers of the envelope, each where the body has none.
    pub(super) fn take_headers<'h: 'b>(
        &mut self,
        envelope: &Envelope,
        header: impl Fn(&str) -> Option<&'h str>,
    ) {
        self.texts_of_body = self.texts.len();
        for (name, node) in envelope.headers {
            let (place, before, after) = match node {
                Node::Required(place) | Node::Optional(place) | Node::Nullable(place) => (place, "", ""),
                Node::Text(before, place, after, _) => (place, *before, *after),
                Node::Const(_) | Node::Map(_) | Node::List(_) | Node::Errors | Node::OptionalPart(_) => {
                    continue;
                }
            };
            // Looking a header up takes longer than reading a member.
            if self.get(*place).is_none()
                && let Some(text) = header(name).and_then(|text| between(Cow::Borrowed(text), before, after))
            {
                self.texts.push((*place, text));
            }
        }
    }

    /// What an element of a list had, beside what is known.
    fn merge(&mut self, other: Found<'b>) {
        for (known, value) in self.holes.iter_mut().zip(other.holes) {
            *known = known.or(value);
        }
        self.texts.extend(other.texts);
        self.issues.extend(other.issues);
        self.by_param.extend(other.by_param);
        for (key, value) in other.members {
            if self.members.len() < MAX_MEMBERS && self.member(&key).is_none() {
                self.members.push((key, value));
            }
        }
    }
}

/// `None` where the text doesn't have the shape: a constant differs, or is missing from a text that doesn't break off.
pub(super) fn read<'b>(
    text: &'b str,
    node: &'static Node,
    issue: &'static Node,
    max_issues: usize,
) -> Option<Found<'b>> {
    let mut found = Found::default();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    match (Part { node, issue, found: &mut found, max_issues }).deserialize(&mut deserializer) {
        Err(error) if error.is_data() => None,
        Err(error) if error.is_eof() => Some(found),
        Ok(()) | Err(_) => found.has_all_constants(node).then_some(found),
    }
}

/// Does a constant tell a failure from a success, as `ok: false` and `status: error` do? A number is a version or so.
pub(super) fn declares_failure(node: &Node) -> bool {
    count(node, &|json| json.starts_with('"') || json == "true" || json == "false") > 0
}

/// Is one of the constants a flag?
pub(super) fn has_flag(node: &Node) -> bool {
    count(node, &|json| json == "true" || json == "false") > 0
}

/// The constants that are of a kind.
fn count(node: &Node, of_kind: &dyn Fn(&str) -> bool) -> usize {
    match node {
        Node::Const(json) => usize::from(of_kind(json)),
        Node::Map(members) => members
            .iter()
            .map(|member| match member {
                Member::Key(_, node) => count(node, of_kind),
                Member::Fields => 0,
            })
            .sum(),
        // What may be absent can't be asked for.
        Node::OptionalPart(_) | Node::List(_) | Node::Text(..) => 0,
        Node::Required(_) | Node::Optional(_) | Node::Nullable(_) | Node::Errors => 0,
    }
}

/// The elements of a list, as far as it can be read, and no more than so many.
pub(super) fn elements(json: &str, max: usize) -> Vec<&str> {
    let mut issues = Vec::new();
    // What was read before a fault is there.
    let _ = Issues { issues: &mut issues, max }.deserialize(&mut serde_json::Deserializer::from_str(json));
    issues
}

/// The text of a JSON string; lone surrogates are replaced. `None` for any other value.
pub(crate) fn string(json: &str) -> Option<Cow<'_, str>> {
    let inside = json.strip_prefix('"')?.strip_suffix('"')?;
    // Between the quotes nothing else can be one.
    if next_escape(inside.as_bytes()).is_none() {
        return Some(Cow::Borrowed(inside));
    }
    Chars.deserialize(&mut serde_json::Deserializer::from_str(json)).ok()
}

/// The first byte of what the template of an element writes, where it is a mapping or a list.
fn kind(node: &Node) -> Option<u8> {
    match node {
        Node::Map(_) => Some(b'{'),
        Node::List(_) | Node::Errors => Some(b'['),
        Node::Const(json) => json.bytes().next().filter(|first| b"{[".contains(first)),
        Node::OptionalPart(node) => kind(node),
        Node::Required(_) | Node::Optional(_) | Node::Nullable(_) | Node::Text(..) => None,
    }
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
    let whole = |first| json.starts_with(first) && one.starts_with(first);
    one == json
        || string(one).is_some_and(|text| *text == crate::value::constant(json))
        || (whole('[') || whole('{'))
            && serde_json::from_str(one)
                .is_ok_and(|one: serde_json::Value| one == crate::value::constant(json))
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

/// A value at the place of a node.
struct Part<'f, 'b> {
    node: &'static Node,
    issue: &'static Node,
    found: &'f mut Found<'b>,
    max_issues: usize,
}

impl<'b> DeserializeSeed<'b> for Part<'_, 'b> {
    type Value = ();

    fn deserialize<D: Deserializer<'b>>(self, deserializer: D) -> Result<(), D::Error> {
        let Part { node, issue, found, max_issues } = self;
        match node {
            Node::Map(members) => deserializer
                .deserialize_any(Mapping { members, part: Part { node, issue, found, max_issues } }),
            Node::OptionalPart(node) => {
                // Its constants say nothing about the whole: with others it is another part, and as good as absent.
                let (mark, outside) = (found.mark(), std::mem::take(&mut found.differs));
                found.optional += 1;
                let end = Part { node, issue, found: &mut *found, max_issues }.deserialize(deserializer);
                found.optional -= 1;
                // In a part that breaks off a constant may still have come.
                found.differs |= end.is_ok() && found.constants - mark.constants < count(node, &|_| true);
                found.constants = mark.constants;
                if std::mem::replace(&mut found.differs, outside) {
                    found.back_to(&mark);
                }
                end
            }
            Node::Errors if count(issue, &|_| true) == 0 => {
                deserializer.deserialize_any(Errors(Part { node: issue, issue, found, max_issues }))
            }
            Node::List(_) | Node::Errors => {
                let mut elements = Vec::new();
                let max = max_issues.saturating_add(1);
                let end = Issues { issues: &mut elements, max }.deserialize(deserializer);
                found.elements(node, issue, elements, max_issues);
                end
            }
            Node::Required(Placeholder::Errors)
            | Node::Optional(Placeholder::Errors)
            | Node::Nullable(Placeholder::Errors) => {
                Issues { issues: &mut found.issues, max: max_issues }.deserialize(deserializer)
            }
            Node::Required(Placeholder::ErrorsByParam)
            | Node::Optional(Placeholder::ErrorsByParam)
            | Node::Nullable(Placeholder::ErrorsByParam) => {
                Members { members: &mut found.by_param, max: max_issues }.deserialize(deserializer)
            }
            Node::Const(_) | Node::Required(_) | Node::Optional(_) | Node::Nullable(_) | Node::Text(..) => {
                let value = <&RawValue>::deserialize(deserializer)?;
                match found.take(node, value.get()) {
                    true => Ok(()),
                    false => found.is_another("another constant"),
                }
            }
        }
    }
}

impl<'b> Found<'b> {
    fn mark(&self) -> Mark<'b> {
        Mark {
            holes: self.holes,
            texts: self.texts.len(),
            issues: self.issues.len(),
            by_param: self.by_param.len(),
            members: self.members.len(),
            constants: self.constants,
        }
    }

    fn back_to(&mut self, mark: &Mark<'b>) {
        self.holes = mark.holes;
        self.texts.truncate(mark.texts);
        self.issues.truncate(mark.issues);
        self.by_param.truncate(mark.by_param);
        self.members.truncate(mark.members);
    }

    /// A constant differs: of the whole, or of a part that may be absent.
    fn is_another<E: serde::de::Error>(&mut self, why: &str) -> Result<(), E> {
        if self.optional == 0 {
            return Err(E::custom(why));
        }
        self.differs = true;
        Ok(())
    }

    /// A value that is no mapping and no list. Does it have the shape?
    fn take(&mut self, node: &'static Node, value: &'b str) -> bool {
        match node {
            Node::Const(json) => {
                let same = same(value, json);
                self.constants += usize::from(same);
                same
            }
            Node::Text(before, placeholder, after, optional) => {
                match string(value).and_then(|text| between(text, before, after)) {
                    Some(text) => self.texts.push((*placeholder, text)),
                    None => return *optional && value == "null",
                }
                true
            }
            Node::Required(placeholder) | Node::Optional(placeholder) | Node::Nullable(placeholder) => {
                // Null is no value: the placeholder may stand in another place, too.
                if value != "null" {
                    self.holes[*placeholder as usize].get_or_insert(value);
                }
                true
            }
            Node::Map(_) | Node::List(_) | Node::Errors | Node::OptionalPart(_) => false,
        }
    }

    /// Each element goes to the first template that it fits.
    fn elements(
        &mut self,
        node: &'static Node,
        issue: &'static Node,
        elements: Vec<&'b str>,
        max_issues: usize,
    ) {
        let fits = |element: &'b str, node: &'static Node| {
            let found = kind(node) == element.bytes().next().filter(|first| b"{[".contains(first));
            found.then(|| read(element, node, issue, max_issues))?
        };
        if let Node::List(templates) = node {
            for element in elements {
                if let Some(found) = templates.iter().find_map(|template| fits(element, template)) {
                    self.merge(found);
                }
            }
            return;
        }
        // The error is the first that has the constants; the others are its issues.
        let error = elements.iter().enumerate().find_map(|(at, element)| Some((at, fits(element, issue)?)));
        let (at, found) = error.map_or((0, None), |(at, found)| (at, Some(found)));
        if let Some(found) = found {
            self.merge(found);
        }
        let issues = elements.into_iter().enumerate().filter(|(place, _)| *place != at);
        self.issues.extend(issues.map(|(_, element)| element).take(max_issues));
    }
}

struct Mapping<'f, 'b> {
    members: &'static [Member],
    part: Part<'f, 'b>,
}

impl Mapping<'_, '_> {
    /// Something else stands where a mapping is expected: another shape where the mapping holds constants, else nothing.
    fn absent<E: serde::de::Error>(self) -> Result<(), E> {
        match count(self.part.node, &|_| true) {
            0 => Ok(()),
            _ => self.part.found.is_another("no mapping"),
        }
    }
}

impl<'b> Visitor<'b> for Mapping<'_, 'b> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the envelope")
    }

    fn visit_map<M: MapAccess<'b>>(self, mut map: M) -> Result<(), M::Error> {
        let Mapping { members, part: Part { issue, found, max_issues, .. } } = self;
        let spread = members.iter().any(|member| matches!(member, Member::Fields));
        // A bit for each of the template's members, as many as anybody writes: of duplicates the first one counts.
        let mut seen = [0_u64; 4];
        while let Some(key) = map.next_key_seed(Chars)? {
            let named = members.iter().enumerate().find_map(|(at, member)| match member {
                Member::Key(name, node) if *name == key => Some((at, node)),
                _ => None,
            });
            let Some((at, node)) = named else {
                let value: &RawValue = map.next_value()?;
                if spread && found.members.len() < MAX_MEMBERS && found.member(&key).is_none() {
                    found.members.push((key, value.get()));
                }
                continue;
            };
            let (bit, mut none) = (1_u64 << (at % 64), 0);
            let seen = seen.get_mut(at / 64).unwrap_or(&mut none);
            if *seen & bit != 0 {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            *seen |= bit;
            map.next_value_seed(Part { node, issue, found: &mut *found, max_issues })?;
        }
        Ok(())
    }

    fn visit_seq<S: SeqAccess<'b>>(self, mut list: S) -> Result<(), S::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        self.absent()
    }

    scalars!(self, self.absent());
}

/// A list of the error, read at once so that what stands before a break counts, and its issues.
struct Errors<'f, 'b>(Part<'f, 'b>);

impl<'b> Visitor<'b> for Errors<'_, 'b> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("errors")
    }

    fn visit_seq<S: SeqAccess<'b>>(self, mut list: S) -> Result<(), S::Error> {
        let Errors(Part { node, issue, found, max_issues }) = self;
        if list.next_element_seed(Part { node, issue, found: &mut *found, max_issues })?.is_none() {
            return Ok(());
        }
        Issues { issues: &mut found.issues, max: max_issues }.visit_seq(list)
    }

    fn visit_map<M: MapAccess<'b>>(self, mut map: M) -> Result<(), M::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }

    scalars!(self, Ok(()));
}

/// The members of a mapping in their order: those before a break are there.
struct Members<'f, 'b> {
    members: &'f mut Vec<(Cow<'b, str>, &'b str)>,
    max: usize,
}

impl<'b> DeserializeSeed<'b> for Members<'_, 'b> {
    type Value = ();

    fn deserialize<D: Deserializer<'b>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'b> Visitor<'b> for Members<'_, 'b> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping")
    }

    fn visit_map<M: MapAccess<'b>>(self, mut map: M) -> Result<(), M::Error> {
        while self.members.len() < self.max {
            match map.next_key_seed(Chars)? {
                Some(key) => self.members.push((key, map.next_value::<&RawValue>()?.get())),
                None => return Ok(()),
            }
        }
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_seq<S: SeqAccess<'b>>(self, mut list: S) -> Result<(), S::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    scalars!(self, Ok(()));
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

/// A string: what stands in it, with a replacement for each lone surrogate.
pub(crate) struct Chars;

impl<'b> DeserializeSeed<'b> for Chars {
    type Value = Cow<'b, str>;

    fn deserialize<D: Deserializer<'b>>(self, deserializer: D) -> Result<Cow<'b, str>, D::Error> {
        // As bytes: a `str` holds no lone surrogate, and serde's own impl for Cow never borrows.
        deserializer.deserialize_bytes(self)
    }
}

impl<'b> Visitor<'b> for Chars {
    type Value = Cow<'b, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_bytes<E: serde::de::Error>(self, bytes: &'b [u8]) -> Result<Cow<'b, str>, E> {
        str::from_utf8(bytes).map_or_else(|_| self.visit_bytes(bytes), |text| Ok(Cow::Borrowed(text)))
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Cow<'b, str>, E> {
        let replaced = |error: FromUtf8Error| {
            let mut bytes = error.into_bytes();
            // A lone surrogate has three bytes, as its replacement has, and nothing else in a string is no UTF-8.
            for at in 2..bytes.len() {
                if let part @ [0xED, 0xA0..=0xBF, _] = &mut bytes[at - 2..=at] {
                    part.copy_from_slice("\u{fffd}".as_bytes());
                }
            }
            String::from_utf8(bytes).unwrap_or_default()
        };
        Ok(Cow::Owned(String::from_utf8(bytes.to_owned()).unwrap_or_else(replaced)))
    }
}

/// An integer, as it is written.
pub(super) fn integer(json: &str) -> Option<&str> {
    let digits = json.strip_prefix('-').unwrap_or(json);
    digits.bytes().all(|byte| byte.is_ascii_digit()).then_some(json)
}
