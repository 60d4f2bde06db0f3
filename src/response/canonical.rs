//! Reads an answer that is written as our own servers write it, key by key along the pieces of the envelope. What differs
//! in one byte is read along the tree, which finds the same in it, if more slowly.

use std::borrow::Cow;

use super::envelope::{Found, MAX_MEMBERS};
use crate::table::{Envelope, Member, Node, Piece, Placeholder};
use crate::text::next_escape;

/// What is in the body, and of each issue what `issue` makes of it. `None` where the text is written otherwise; that says
/// nothing about it.
pub(super) fn read<'b, I>(
    text: &'b str,
    envelope: &'static Envelope,
    max_issues: usize,
    issue: impl Fn(&Found<'b>) -> Option<I>,
) -> Option<(Found<'b>, Vec<I>)> {
    let (mut reader, mut found, mut issues) = (Reader { text, at: 0 }, Found::default(), Vec::new());
    let mut read = 0;
    let mut next = |reader: &mut Reader<'b>| {
        let mut element = Found::default();
        // An issue has none of its own.
        reader.pieces(envelope.issue_pieces, &envelope.issue, &mut |_| None, &mut element)?;
        read += 1;
        (read <= max_issues).then(|| issues.extend(issue(&element)))
    };
    reader.pieces(envelope.body_pieces, &envelope.body, &mut next, &mut found)?;
    // All of them, however many there are, stand in what was compared.
    found.constants = usize::MAX;
    Some((found, issues))
}

struct Reader<'b> {
    text: &'b str,
    at: usize,
}

/// Reads an issue.
type Issue<'i, 'b> = &'i mut dyn FnMut(&mut Reader<'b>) -> Option<()>;

impl<'b> Reader<'b> {
    fn pieces(
        &mut self,
        pieces: &'static [Piece],
        node: &'static Node,
        issue: Issue<'_, 'b>,
        found: &mut Found<'b>,
    ) -> Option<()> {
        for (at, piece) in pieces.iter().enumerate() {
            match piece {
                Piece::Text(text) => self.expect(text).then_some(())?,
                Piece::Comma => (!self.after_member() || self.expect(",")).then_some(())?,
                Piece::Value(placeholder) | Piece::Nullable(placeholder) => {
                    self.hole(*placeholder, issue, found)?;
                }
                Piece::Optional(key, placeholder) => {
                    if self.key(key) {
                        self.hole(*placeholder, issue, found)?;
                    }
                }
                Piece::Inside(placeholder) => {
                    // What follows in the string stands in the next piece, up to its quote.
                    let Some(Piece::Text(after)) = pieces.get(at + 1) else { return None };
                    let after = &after[..after.find('"')?];
                    found.texts.push((*placeholder, Cow::Borrowed(self.inside(after)?)));
                }
                Piece::OptionalText(key, placeholder, after) => {
                    if self.key(key) {
                        let after = after.strip_suffix('"')?;
                        found.texts.push((*placeholder, Cow::Borrowed(self.inside(after)?)));
                        self.expect(after).then_some(())?;
                        self.expect("\"").then_some(())?;
                    }
                }
                Piece::OptionalPart(key, pieces) => {
                    if self.key(key) {
                        self.pieces(pieces, node, issue, found)?;
                    }
                }
                Piece::Fields => self.fields(node, found)?,
                // Their elements stand in any order, and in any number.
                Piece::List(_) | Piece::Errors => return None,
            }
        }
        Some(())
    }

    fn rest(&self) -> &'b str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn expect(&mut self, text: &str) -> bool {
        let there = self.rest().as_bytes().starts_with(text.as_bytes());
        if there {
            self.at += text.len();
        }
        there
    }

    /// Does a member of the mapping stand before?
    fn after_member(&self) -> bool {
        self.at > 0 && self.text.as_bytes().get(self.at - 1) != Some(&b'{')
    }

    /// The key, after a comma where one is needed.
    fn key(&mut self, key: &str) -> bool {
        let start = self.at;
        let there = (!self.after_member() || self.expect(",")) && self.expect(key);
        if !there {
            self.at = start;
        }
        there
    }

    fn hole(&mut self, placeholder: Placeholder, issue: Issue<'_, 'b>, found: &mut Found<'b>) -> Option<()> {
        if placeholder == Placeholder::Errors && !self.expect("null") {
            return self.issues(issue);
        }
        if placeholder != Placeholder::Errors {
            let (json, plain) = self.scalar()?;
            let hole = &mut found.holes[placeholder as usize];
            if json != "null" && hole.is_none() {
                *hole = Some(json);
                found.plain |= u32::from(plain) << placeholder as u32;
            }
        }
        Some(())
    }

    fn issues(&mut self, issue: Issue<'_, 'b>) -> Option<()> {
        self.expect("[").then_some(())?;
        if self.expect("]") {
            return Some(());
        }
        loop {
            issue(self)?;
            if self.expect("]") {
                return Some(());
            }
            self.expect(",").then_some(())?;
        }
    }

    /// What stands before these last characters of a string; they and the quote are still to be read.
    fn inside(&mut self, after: &str) -> Option<&'b str> {
        let rest = self.rest();
        let end = next_escape(rest.as_bytes())?;
        let inside = rest.get(..end).filter(|_| rest.as_bytes()[end] == b'"')?.strip_suffix(after)?;
        self.at += inside.len();
        Some(inside)
    }

    /// What a code has beside the template: scalars whose keys are in no place of the template.
    fn fields(&mut self, node: &'static Node, found: &mut Found<'b>) -> Option<()> {
        loop {
            let start = self.at;
            if self.after_member() && !self.expect(",") || !self.expect("\"") {
                self.at = start;
                return Some(());
            }
            let key = self.inside("")?;
            if names(node, key) {
                self.at = start;
                return Some(());
            }
            if found.members.len() >= MAX_MEMBERS || found.member(key).is_some() || !self.expect("\":") {
                return None;
            }
            let (json, _) = self.scalar()?;
            found.members.push((Cow::Borrowed(key), json));
        }
    }

    /// A string, a number, a flag or null. Is it a string without an escape?
    fn scalar(&mut self) -> Option<(&'b str, bool)> {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        let mut plain = false;
        let end = match bytes.first()? {
            b'"' => {
                let (end, is_plain) = string(bytes)?;
                plain = is_plain;
                end
            }
            b't' if bytes.starts_with(b"true") => 4,
            b'f' if bytes.starts_with(b"false") => 5,
            b'n' if bytes.starts_with(b"null") => 4,
            _ => number(bytes)?,
        };
        self.at += end;
        Some((rest.get(..end)?, plain))
    }
}

/// Is there such a key, in whatever mapping?
fn names(node: &Node, key: &str) -> bool {
    match node {
        Node::Map(members) => members.iter().any(|member| match member {
            Member::Key(name, node) => *name == key || names(node, key),
            Member::Fields => false,
        }),
        Node::List(elements) => elements.iter().any(|node| names(node, key)),
        Node::OptionalPart(node) => names(node, key),
        Node::Const(_)
        | Node::Required(_)
        | Node::Optional(_)
        | Node::Nullable(_)
        | Node::Text(..)
        | Node::Errors => false,
    }
}

/// Where a JSON string ends. Is it without an escape?
pub(super) fn string(bytes: &[u8]) -> Option<(usize, bool)> {
    let (mut at, mut plain) = (1, true);
    loop {
        let rest = bytes.get(at..)?;
        let escape = next_escape(rest)?;
        at += escape;
        match rest[escape..] {
            [b'"', ..] => return Some((at + 1, plain)),
            [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => at += 2,
            [b'\\', b'u', a, b, c, d, ..] if [a, b, c, d].iter().all(u8::is_ascii_hexdigit) => at += 6,
            _ => return None,
        }
        plain = false;
    }
}

/// Where a JSON number ends.
fn number(bytes: &[u8]) -> Option<usize> {
    let digits = |at: usize| bytes.iter().skip(at).take_while(|byte| byte.is_ascii_digit()).count();
    let mut at = usize::from(bytes.first() == Some(&b'-'));
    at += match digits(at) {
        0 => return None,
        1 => 1,
        _ if bytes[at] == b'0' => return None,
        more => more,
    };
    if bytes.get(at) == Some(&b'.') {
        at += 1 + some(digits(at + 1))?;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        at += 1;
        at += usize::from(matches!(bytes.get(at), Some(b'+' | b'-')));
        at += some(digits(at))?;
    }
    Some(at)
}

fn some(count: usize) -> Option<usize> {
    (count > 0).then_some(count)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::response::envelope;

    static ENVELOPE: Envelope = Envelope {
        content_type: "application/json",
        status: None,
        needs_code: true,
        headers: &[],
        body: Node::Map(&[
            Member::Key("ok", Node::Const("false")),
            Member::Key("type", Node::Text("urn:", Placeholder::Group, "!", false)),
            Member::Key("where", Node::Text("at ", Placeholder::Param, "", true)),
            Member::Key("code", Node::Required(Placeholder::Code)),
            Member::Key("wait", Node::Optional(Placeholder::RetryAfter)),
            Member::Key(
                "extra",
                Node::OptionalPart(&Node::Map(&[Member::Key("url", Node::Optional(Placeholder::DocUrl))])),
            ),
            Member::Fields,
            Member::Key("message", Node::Nullable(Placeholder::Message)),
            Member::Key("all", Node::Required(Placeholder::Errors)),
        ]),
        issue: Node::Map(&[Member::Fields, Member::Key("code", Node::Required(Placeholder::Code))]),
        body_pieces: &[
            Piece::Text("{\"ok\":false,\"type\":\"urn:"),
            Piece::Inside(Placeholder::Group),
            Piece::Text("!\""),
            Piece::OptionalText("\"where\":\"at ", Placeholder::Param, "\""),
            Piece::Text(",\"code\":"),
            Piece::Value(Placeholder::Code),
            Piece::Optional("\"wait\":", Placeholder::RetryAfter),
            Piece::OptionalPart(
                "\"extra\":",
                &[Piece::Text("{"), Piece::Optional("\"url\":", Placeholder::DocUrl), Piece::Text("}")],
            ),
            Piece::Fields,
            Piece::Text(",\"message\":"),
            Piece::Nullable(Placeholder::Message),
            Piece::Text(",\"all\":"),
            Piece::Value(Placeholder::Errors),
            Piece::Text("}"),
        ],
        issue_pieces: &[
            Piece::Text("{"),
            Piece::Fields,
            Piece::Comma,
            Piece::Text("\"code\":"),
            Piece::Value(Placeholder::Code),
            Piece::Text("}"),
        ],
    };

    const FULL: &str = concat!(
        r#"{"ok":false,"type":"urn:a!","where":"at b","code":"c","wait":3,"extra":{"url":"u"},"size":-1.5e3,"#,
        r#""text":"\u00e9\"\\","flag":true,"message":"m","all":[{"x":0,"code":"d"},{"code":1}]} rest"#
    );
    const LEAST: &str = r#"{"ok":false,"type":"urn:!","code":"","message":null,"all":[]}"#;

    /// Is it read here? Then the tree finds the same.
    fn is_read(text: &str) -> bool {
        let Some((found, issues)) = read(text, &ENVELOPE, 5, |found| Some(show(found))) else { return false };
        let tree = envelope::read(text, &ENVELOPE.body, &ENVELOPE.issue, 5).expect(text);
        assert_eq!(show(&found), show(&tree));
        assert!(tree.has_all_constants(&ENVELOPE.body));
        let issue =
            |json: &&str| show(&envelope::read(json, &ENVELOPE.issue, &ENVELOPE.issue, 0).expect(json));
        assert_eq!(issues, tree.issues.iter().map(issue).collect::<Vec<_>>(), "{text}");
        true
    }

    fn show(found: &Found<'_>) -> String {
        let Found { holes, texts, members, .. } = found;
        let code = (found.text(Placeholder::Code), found.text(Placeholder::Message));
        format!("{holes:?} {texts:?} {members:?} {code:?}")
    }

    #[test]
    fn what_is_written_is_read() {
        assert!(is_read(FULL) && is_read(LEAST));
    }

    /// Whatever is changed, nothing is found that the tree doesn't find.
    #[test]
    fn every_change_is_seen() {
        let parts: Vec<&str> = FULL.split_inclusive([',', '{', '}', ':', '"']).collect();
        let mut read = 0;
        for start in 0..parts.len() {
            for end in start..(start + 12).min(parts.len() + 1) {
                let (before, cut, after) =
                    (parts[..start].concat(), parts[start..end].concat(), parts[end..].concat());
                read += usize::from(is_read(&format!("{before}{after}")));
                for at in 0..parts.len() {
                    // Once more, at another place.
                    let (before, after) = (parts[..at].concat(), parts[at..].concat());
                    read += usize::from(is_read(&format!("{before}{cut}{after}")));
                }
            }
        }
        assert!(read > 100, "{read}");
        for at in 0..FULL.len() {
            for byte in 0..0x80_u8 {
                let mut text = FULL.to_owned();
                text.replace_range(at..=at, char::from(byte).encode_utf8(&mut [0; 4]));
                is_read(&text);
                text = FULL.to_owned();
                text.insert(at, char::from(byte));
                is_read(&text);
            }
            assert!(!is_read(&FULL[..at]) || at >= FULL.len() - " rest".len());
        }
    }

    #[test]
    fn values_are_those_of_json() {
        let values = [
            "0",
            "-0",
            "01",
            "-",
            "1.",
            ".5",
            "1.0",
            "1e5",
            "1E+05",
            "1e",
            "1e+",
            "+1",
            "00",
            "-01",
            "1.5e-3",
            "1x",
            "\"\"",
            "\"\\",
            "\"\\\"",
            "\"\\u12\"",
            "\"\\u12aF\"",
            "\"\\ud800\"",
            "\"\\x\"",
            "\"\t\"",
            "\"\u{7f}\u{e9}\"",
            "true",
            "truex",
            "tru",
            "false",
            "null",
            "nul",
            "NaN",
            "[]",
            "{}",
            "[1]",
            "",
            " ",
        ];
        for value in values {
            for place in ["\"c\"", "3", "-1.5e3", "\"m\"", "0,", "1}"] {
                let rest = place.trim_matches(|char: char| !matches!(char, ',' | '}'));
                is_read(&FULL.replace(place, &format!("{value}{rest}")));
            }
            is_read(&LEAST.replace("null", value));
            is_read(&LEAST.replace("[]", value));
        }
    }

    #[test]
    fn no_more_than_the_bounds() {
        let list = |count| format!("[{}]", vec![r#"{"code":1}"#; count].join(","));
        assert!(is_read(&LEAST.replace("[]", &list(5))) && !is_read(&LEAST.replace("[]", &list(6))));
        let fields = |count: usize| -> String { (0..count).map(|at| format!(r#","f{at}":1"#)).collect() };
        let with = |count| LEAST.replace(r#","message""#, &format!(r#"{},"message""#, fields(count)));
        assert!(is_read(&with(MAX_MEMBERS)) && !is_read(&with(MAX_MEMBERS + 1)));
    }
}
