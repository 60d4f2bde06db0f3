//! `headers:` of a code or group.

use super::names::{Of, rust_name};
use super::reader::{Context, list, plain, quote};
use crate::catalog::{Header, HeaderRule};
use crate::report::{Diagnostic, Mistake, Span};
use crate::syntax::{Entry, Key, Kind, Node};
use std::collections::BTreeMap;

/// Headers that are set by whoever writes the body or holds the connection.
const OTHERS: &[&str] = &["connection", "content-length", "content-type", "transfer-encoding"];

/// What HTTP wants with a status.
const BY_STATUS: &[(u16, &str, &str)] =
    &[(401, "www-authenticate", "WWW-Authenticate"), (405, "allow", "Allow")];

#[derive(Debug, Clone)]
pub(super) struct HeaderDraft {
    pub(super) header: Header,
    /// False for `never`, which takes back what a group or a status says.
    sent: bool,
    pub(super) span: Span,
}

impl<'t> Context<'t> {
    pub(super) fn headers(&mut self, node: &'t Node) -> Vec<HeaderDraft> {
        let mut headers: Vec<HeaderDraft> = Vec::new();
        let mut seen = BTreeMap::new();
        for entry in self.entries(node, "`headers`").unwrap_or_default() {
            let Some(name) = self.header_name(&entry.key, &mut seen) else { continue };
            let Some((rule, sent)) = self.header_rule(entry, &name) else { continue };
            headers.push(HeaderDraft { header: header(name, rule), sent, span: entry.key.span });
        }
        headers
    }

    /// A valid name, in lower case, that was not `seen` in the same mapping.
    pub(super) fn header_name(&mut self, key: &Key, seen: &mut BTreeMap<String, Span>) -> Option<String> {
        let token = |char: char| char.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(char);
        let name = key.text.to_ascii_lowercase();
        let valid = !name.is_empty() && name.len() <= 100 && name.chars().all(token);
        if !valid || rust_name(&name, Of::Field).is_none() {
            self.report(
                Diagnostic::new(Mistake::BadHeader, format!("{} is no name of a header", quote(&key.text)))
                    .at(key.span, "not a name")
                    .help("write it as in `Retry-After`"),
            );
            return None;
        }
        if OTHERS.contains(&name.as_str()) {
            let title = format!("{} is not set by a catalog", quote(&key.text));
            let help = match name.as_str() {
                "content-type" => "`content_type` of the envelope says it",
                _ => "remove it; whoever writes the answer sets it",
            };
            self.report(
                Diagnostic::new(Mistake::ReservedHeader, title).at(key.span, "set elsewhere").help(help),
            );
            return None;
        }
        if let Some(first) = seen.insert(name.clone(), key.span) {
            let title = format!("the header {} is there twice", quote(&key.text));
            self.report(
                Diagnostic::new(Mistake::DuplicateKey, title)
                    .at(key.span, "the second: large and small letters are the same here")
                    .and(first, "the first")
                    .help("remove one of the two"),
            );
            return None;
        }
        Some(name)
    }

    fn header_rule(&mut self, entry: &'t Entry, name: &str) -> Option<(HeaderRule, bool)> {
        if let Kind::Map { .. } = entry.value.kind {
            let map = self.map(&entry.value, entry.key.span, "a header", &["default"])?;
            let node = self.required(&map, "default", "a header", "VALUE")?;
            let value = self.text(node, "`default`")?.value;
            let visible = value.chars().all(|char| char.is_ascii_graphic() || char == ' ');
            let wait = value.parse::<u32>().is_ok_and(|seconds| seconds > 0);
            if !visible || value.trim() != value || name == "retry-after" && !wait {
                let help = match name {
                    "retry-after" => "it is a number of seconds, at least 1",
                    _ => "it is a line of visible ASCII, without blanks around it",
                };
                let title = format!("{} is no value of {}", quote(value), quote(&entry.key.text));
                self.report(
                    Diagnostic::new(Mistake::BadHeader, title).at(node.span, "can't be sent").help(help),
                );
                return None;
            }
            return Some((HeaderRule::Default(value.to_owned()), true));
        }
        let text = self.text(&entry.value, "a header")?;
        match text.value {
            "required" => Some((HeaderRule::Required, true)),
            "optional" => Some((HeaderRule::Optional, true)),
            "never" => Some((HeaderRule::Optional, false)),
            value => {
                let rules = || ["required", "optional", "never"].into_iter();
                let help = format!("it is one of {}, or `{{default: {}}}`", list(rules()), in_braces(value));
                self.unknown(text, "rule for a header", rules(), &help);
                None
            }
        }
    }

    /// What a code sends: its group's headers, its own, and what its status wants.
    pub(super) fn merged_headers(
        &mut self,
        group: Vec<HeaderDraft>,
        own: Vec<HeaderDraft>,
        statuses: &[u16],
        code: Span,
    ) -> Vec<HeaderDraft> {
        let mut headers = group;
        self.spend(headers.len() * (1 + own.len()));
        let inherited = headers.len();
        for header in own {
            match headers.iter_mut().take(inherited).find(|other| other.header.name == header.header.name) {
                Some(inherited) => *inherited = header,
                None => headers.push(header),
            }
        }
        // What somebody else's API sends, it knows itself.
        let statuses = if self.client { &[] } else { statuses };
        for (status, name, shown) in BY_STATUS.iter().filter(|(wanted, ..)| statuses.contains(wanted)) {
            match headers.iter().find(|header| header.header.name == *name) {
                Some(found) if !found.sent || found.header.rule == HeaderRule::Optional => {
                    let title = format!("an answer with {status} has the header `{shown}`");
                    let diagnostic = Diagnostic::new(Mistake::HeaderOfStatus, title)
                        .at(found.span, "would be missing from some answers")
                        .help("write `required`, or `{default: VALUE}`");
                    self.report(diagnostic);
                }
                Some(_) => {}
                None => {
                    let rule = match *name {
                        "www-authenticate" => HeaderRule::Default("Bearer".to_owned()),
                        _ => HeaderRule::Required,
                    };
                    headers.push(HeaderDraft {
                        header: header((*name).to_owned(), rule),
                        sent: true,
                        span: code,
                    });
                }
            }
        }
        headers.retain(|header| header.sent);
        headers
    }
}

/// A text as it is written in braces, in quotes where it needs them.
fn in_braces(text: &str) -> String {
    let text = plain(text);
    let unquoted =
        |char: char| char.is_alphanumeric() || matches!(char, '-' | '_' | '.' | '/' | ';' | '=' | ' ');
    let letter = text.starts_with(|char: char| char.is_alphanumeric());
    if letter && text.chars().all(unquoted) { text } else { format!("'{}'", text.replace('\'', "''")) }
}

fn header(name: String, rule: HeaderRule) -> Header {
    let rust = rust_name(&name, Of::Field).map(|rust| rust.snake).unwrap_or_default();
    Header { name, rust, rule }
}
