//! The values of a request, told apart but not yet read as anything.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;

use serde::de::IgnoredAny;

use super::fault::{bounded, push_key};

/// Every value of a text, numbered in the order in which they begin. What is inside a value comes behind it, up to the
/// [`after`](Document::after); in a mapping a key and its value take turns. Sixteen bytes for a value, no recursion.
pub(super) struct Document<'de> {
    text: &'de str,
    entries: Vec<Entry>,
}

#[derive(Clone, Copy)]
pub(super) struct Entry {
    kind: Kind,
    start: u32,
    stop: u32,
    after: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    Bool(bool),
    Number,
    String,
    List,
    Map,
    /// What has no type but the one that is asked for: of a form.
    Text,
    /// Several of them with one key.
    Texts,
}

impl<'de> Document<'de> {
    /// So many values are told apart; what has more is not worth the work.
    pub(super) const MOST: usize = 1 << 16;

    /// `None` where the text is too large to be looked into.
    ///
    /// # Errors
    ///
    /// The text is no JSON (RFC 8259). Serde's reader decides, which needs no recursion for what it ignores: all that is left
    /// to do here is to find where values begin and end.
    pub(super) fn json(text: &'de str) -> Result<Option<Document<'de>>, serde_json::Error> {
        serde_json::from_str::<IgnoredAny>(text)?;
        if u32::try_from(text.len()).is_err() {
            return Ok(None);
        }
        let bytes = text.as_bytes();
        let mut document = Document { text, entries: Vec::new() };
        let mut open = Vec::new();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            let rest = &bytes[at..];
            let (kind, length) = match byte {
                b'{' => (Kind::Map, 1),
                b'[' => (Kind::List, 1),
                b'"' => (Kind::String, string(rest)),
                b't' => (Kind::Bool(true), 4),
                b'f' => (Kind::Bool(false), 5),
                b'n' => (Kind::Null, 4),
                b'-' | b'0'..=b'9' => (Kind::Number, number(rest)),
                _ => {
                    at += 1;
                    if matches!(byte, b'}' | b']') {
                        document.close(open.pop(), at);
                    }
                    continue;
                }
            };
            if document.entries.len() == Self::MOST {
                return Ok(None);
            }
            if matches!(kind, Kind::Map | Kind::List) {
                open.push(document.entries.len());
            }
            document.push(kind, at, at + length);
            at += length;
        }
        Ok(Some(document))
    }

    fn push(&mut self, kind: Kind, start: usize, stop: usize) {
        let after = self.entries.len() + 1;
        self.entries.push(Entry { kind, start: start as u32, stop: stop as u32, after: after as u32 });
    }

    fn close(&mut self, container: Option<usize>, stop: usize) {
        let after = self.entries.len() as u32;
        if let Some(entry) = container.and_then(|container| self.entries.get_mut(container)) {
            (entry.stop, entry.after) = (stop as u32, after);
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// How long the text is.
    pub(super) fn bytes(&self) -> usize {
        self.text.len()
    }

    pub(super) fn kind(&self, value: usize) -> Kind {
        self.entries.get(value).map_or(Kind::Null, |entry| entry.kind)
    }

    /// The first value that is not inside of this one.
    pub(super) fn after(&self, value: usize) -> usize {
        self.entries.get(value).map_or(usize::MAX, |entry| entry.after as usize)
    }

    /// As it is written.
    pub(super) fn raw(&self, value: usize) -> &'de str {
        let range = self.entries.get(value).map(|entry| entry.start as usize..entry.stop as usize);
        range.and_then(|range| self.text.get(range)).unwrap_or_default()
    }

    /// What a key or a string says; `None` where it holds half of a pair of surrogates.
    pub(super) fn text(&self, value: usize) -> Option<Cow<'de, str>> {
        let raw = self.raw(value);
        match self.kind(value) {
            Kind::Text => Some(Cow::Borrowed(raw)),
            _ if raw.contains('\\') => serde_json::from_str(raw).ok().map(Cow::Owned),
            _ => Some(Cow::Borrowed(raw.trim_matches('"'))),
        }
    }

    /// The keys of a mapping, each right before its value.
    pub(super) fn keys(&self, map: usize) -> impl Iterator<Item = usize> {
        let end = if self.kind(map) == Kind::Map { self.after(map) } else { 0 };
        let first = Some(map + 1).filter(|key| *key < end);
        std::iter::successors(first, move |key| Some(self.after(key + 1)).filter(|key| *key < end))
    }

    /// Is it one of [`Pairs`]?
    pub(super) fn is_form(&self) -> bool {
        self.kind(1) == Kind::Text
    }

    /// The value itself, or all that have its key.
    pub(super) fn values(&self, value: usize) -> impl Iterator<Item = usize> {
        let one = (self.kind(value) != Kind::Texts).then_some(value);
        one.into_iter().chain(self.items(value).filter(move |_| one.is_none()))
    }

    /// The values of a list.
    pub(super) fn items(&self, list: usize) -> impl Iterator<Item = usize> {
        let end = if matches!(self.kind(list), Kind::List | Kind::Texts) { self.after(list) } else { 0 };
        let first = Some(list + 1).filter(|item| *item < end);
        std::iter::successors(first, move |item| Some(self.after(*item)).filter(|item| *item < end))
    }
}

impl Document<'_> {
    /// Where a value is: `to[1].email`.
    pub(super) fn path(&self, value: usize) -> String {
        let mut path = String::new();
        let mut at = 0;
        while at < value && value < self.after(at) {
            match self.kind(at) {
                Kind::Map => {
                    let Some(key) = self.keys(at).find(|key| value < self.after(key + 1)) else { break };
                    // A key that can't be read is shown as it is written.
                    match self.text(key) {
                        Some(text) => push_key(&mut path, &text),
                        None => push_key(&mut path, self.raw(key).trim_matches('"')),
                    }
                    at = key + 1;
                }
                _ => {
                    let Some((index, item)) =
                        self.items(at).enumerate().find(|(_, item)| value < self.after(*item))
                    else {
                        break;
                    };
                    // Writing to a String can't fail.
                    let _ = write!(path, "[{index}]");
                    at = item;
                }
            }
        }
        bounded(path)
    }
}

/// The length of the string that the text begins with.
fn string(text: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    text.len()
}

/// The length of the number that the text begins with.
fn number(text: &[u8]) -> usize {
    let end = |byte: &u8| !matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9');
    text.iter().position(end).unwrap_or(text.len())
}

/// The decoded pairs of a form, a query or a path, one text for all of them. Those with one key stand together.
pub(super) struct Pairs {
    text: String,
    entries: Vec<Entry>,
}

impl Pairs {
    /// `None` where there are too many.
    pub(super) fn new<'p>(pairs: impl IntoIterator<Item = (Cow<'p, str>, Cow<'p, str>)>) -> Option<Pairs> {
        let mut grouped: Vec<(Cow<'p, str>, Vec<Cow<'p, str>>)> = Vec::new();
        let mut places: HashMap<Cow<'p, str>, usize> = HashMap::new();
        for (count, (key, value)) in pairs.into_iter().enumerate() {
            if count * 3 >= Document::MOST {
                return None;
            }
            let place = *places.entry(key.clone()).or_insert(grouped.len());
            match grouped.get_mut(place) {
                Some((_, values)) => values.push(value),
                None => grouped.push((key, vec![value])),
            }
        }
        let bytes = grouped
            .iter()
            .map(|(key, values)| key.len() + values.iter().map(|value| value.len()).sum::<usize>());
        u32::try_from(bytes.sum::<usize>()).ok()?;

        let mut text = String::new();
        let mut document = Document { text: "", entries: Vec::new() };
        let mut push = |document: &mut Document<'_>, part: &str| {
            document.push(Kind::Text, text.len(), text.len() + part.len());
            text.push_str(part);
        };
        document.push(Kind::Map, 0, 0);
        for (key, values) in grouped {
            push(&mut document, &key);
            let several = (values.len() > 1).then(|| {
                document.push(Kind::Texts, 0, 0);
                document.entries.len() - 1
            });
            values.iter().for_each(|value| push(&mut document, value));
            document.close(several, 0);
        }
        document.close(Some(0), 0);
        Some(Pairs { entries: document.entries, text })
    }

    pub(super) fn document(&self) -> Document<'_> {
        Document { text: &self.text, entries: self.entries.clone() }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn shown(document: &Document<'_>) -> String {
        let entry = |at: usize| format!("{}-{}:{}", at, document.after(at), document.raw(at));
        (0..document.len()).map(entry).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn values_are_told_apart() {
        let document = Document::json(r#" {"a\"b" : [ -1.5e+3, true ,{}],"c":null} "#).unwrap().unwrap();
        assert_eq!(
            shown(&document),
            r#"0-8:{"a\"b" : [ -1.5e+3, true ,{}],"c":null} 1-2:"a\"b" 2-6:[ -1.5e+3, true ,{}] 3-4:-1.5e+3 4-5:true 5-6:{} 6-7:"c" 7-8:null"#
        );
        assert_eq!(document.text(1).unwrap(), "a\"b");
        assert_eq!(document.keys(0).collect::<Vec<_>>(), [1, 6]);
        assert_eq!(document.keys(5).count() + document.keys(2).count(), 0);
    }

    #[test]
    fn half_a_surrogate_is_no_text() {
        let document = Document::json(r#"["\ud800", "\ud83d\ude00", "a"]"#).unwrap().unwrap();
        assert_eq!(document.text(1), None);
        assert_eq!(document.text(2).as_deref(), Some("😀"));
        assert!(matches!(document.text(3), Some(Cow::Borrowed("a"))));
    }

    #[test]
    fn depth_costs_nothing_and_more_values_than_are_worth_it_are_left() {
        let deep = "[".repeat(60_000) + &"]".repeat(60_000);
        assert_eq!(Document::json(&deep).unwrap().unwrap().len(), 60_000);
        let many = format!("[{}0]", "0,".repeat(Document::MOST));
        assert!(Document::json(&many).unwrap().is_none());
        assert!(Document::json("[1,]").is_err());
    }

    #[test]
    fn pairs_with_one_key_stand_together() {
        let pairs = form_urlencoded::parse(b"a=1&b=%C3%A9+x&a=&c");
        let pairs = Pairs::new(pairs).unwrap();
        let document = pairs.document();
        assert_eq!(shown(&document), "0-9: 1-2:a 2-5: 3-4:1 4-5: 5-6:b 6-7:é x 7-8:c 8-9:");
        assert_eq!(
            document.keys(0).map(|key| document.text(key).unwrap()).collect::<Vec<_>>(),
            ["a", "b", "c"]
        );
        assert!(Pairs::new(form_urlencoded::parse("a&".repeat(Document::MOST).as_bytes())).is_none());
    }
}
