//! Typed access to the tree. Every reader takes a node and what it is called in messages, and either returns the
//! value or reports what is there instead and returns None; the caller goes on with the rest of the file.

mod single;

use super::suggest::Suggest;
use super::types::Types;
use crate::report::{Diagnostic, Mistake, Sink, Span};
use crate::source::{Line, Source};
use crate::syntax::{Entry, Kind, Node, Style};
use std::rc::Rc;

/// What the checks of one file share.
pub(super) struct Context<'t> {
    source: &'t Source,
    sink: Sink,
    suggest: Suggest,
    /// Is it the catalog of somebody else's API? What only a server has to say is not asked for.
    pub(super) client: bool,
    /// What may still be multiplied.
    budget: usize,
    pub(super) types: Types<'t>,
}

/// A group's text in each of its codes, every code in every API: what a file says once can be much when it is
/// resolved. So many bytes, entries or comparisons are enough for any catalog.
const BUDGET: usize = 64 << 20;

/// What a name of the file costs of that: it has names in Rust, too, and is looked for by all of them.
const NAMED: usize = 400;

/// A value and where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spanned<T> {
    pub(super) value: T,
    pub(super) span: Span,
}

/// A part of the file: a mapping whose keys are names.
#[derive(Debug, Clone, Copy)]
pub(super) struct Section<'t> {
    pub(super) entries: &'t [Entry],
    /// False where it could not be read, or its key is misspelt, which is reported. What refers to a name of it may be
    /// right then.
    pub(super) complete: bool,
}

/// Where the braces of a text stand in the file.
#[derive(Debug)]
pub(super) struct Braces {
    /// In the text as it is read.
    read: Vec<usize>,
    /// In the file, the same ones in the same order; empty where they can't be told apart.
    written: Vec<usize>,
    whole: Span,
}

impl Braces {
    /// From the brace that is `first` in the text as it is read to the one that is `last`; the whole text where they are
    /// not written as they are read.
    pub(super) fn span(&self, first: usize, last: usize) -> Span {
        let written =
            |at: usize| self.read.binary_search(&at).ok().and_then(|index| self.written.get(index)).copied();
        match (written(first), written(last)) {
            (Some(first), Some(last)) => Span::new(first, last + 1),
            _ => self.whole,
        }
    }
}

/// Keys that are known in another place: those, a key that stands beside where they don't belong, and the place.
const ELSEWHERE: &[(&[&str], &str, &str)] =
    &[(&["retired"], "retryable", "retired codes stand under the top-level `retired:`")];

/// So many misspelt keys of one mapping are told from missing ones.
const MISSPELT: usize = 8;

/// A mapping with known keys.
#[derive(Debug, Clone, Copy)]
pub(super) struct Map<'t> {
    entries: &'t [Entry],
    /// The key whose value it is, or the mapping itself.
    pub(super) owner: Span,
    /// The known keys that unknown ones were probably meant to be, the first few.
    meant: [&'static str; MISSPELT],
}

impl<'t> Map<'t> {
    /// What stands in for a mapping that could not be read.
    pub(super) fn empty(owner: Span) -> Self {
        Self { entries: &[], owner, meant: [""; MISSPELT] }
    }

    pub(super) fn entry(&self, key: &str) -> Option<&'t Entry> {
        self.entries.iter().find(|entry| entry.key.text == key)
    }

    pub(super) fn get(&self, key: &str) -> Option<&'t Node> {
        self.entry(key).map(|entry| &*entry.value)
    }

    /// Is the key neither there nor misspelt? One mistake is told once.
    pub(super) fn lacks(&self, key: &str) -> bool {
        self.entry(key).is_none() && !self.meant.contains(&key)
    }
}

impl<'t> Context<'t> {
    pub(super) fn new(source: &'t Source, sink: Sink) -> Self {
        let (suggest, types) = (Suggest::new(), Types::none());
        Self { source, sink, suggest, client: false, budget: BUDGET, types }
    }

    pub(super) fn into_sink(self) -> Sink {
        self.sink
    }

    /// The name of the main file.
    pub(super) fn main(&self) -> &'t str {
        self.source.main()
    }

    /// The names of all files.
    pub(super) fn sources(&self) -> Vec<String> {
        self.source.names().map(str::to_owned).collect()
    }

    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        // After that not everything is read, and what is found may be a mistake of ours.
        if self.is_within_budget() {
            self.sink.push(diagnostic);
        }
    }

    /// Takes `amount` from what may be multiplied; false when that is used up.
    pub(super) fn spend(&mut self, amount: usize) -> bool {
        if self.budget > 0 && self.budget <= amount {
            self.report(
                Diagnostic::new(
                    Mistake::CatalogTooLarge,
                    "the catalog is too large when groups and lists are resolved",
                )
                .help("repeat less: shorter texts in groups, fewer fields, items and APIs"),
            );
        }
        self.budget = self.budget.saturating_sub(amount);
        self.budget > 0
    }

    /// Takes what a section costs whose entries take more than others. The rest is taken where it is read.
    pub(super) fn spend_on_large(&mut self, map: &Map<'t>, key: &str) -> bool {
        const LARGE: usize = 2_000;
        match map.get(key).map(|node| &node.kind) {
            Some(Kind::Map { entries, .. }) => self.spend(entries.len() * LARGE),
            _ => true,
        }
    }

    pub(super) fn is_within_budget(&self) -> bool {
        self.budget > 0
    }

    pub(super) fn line(&self, span: Span) -> Line {
        self.source.line(span.start)
    }

    /// Where the braces of `text` stand in the file, `text` being what is read from `node`. Lines are folded, quotes and
    /// backslashes are gone, but braces are the same unless one is written as an escape.
    pub(super) fn braces(&self, node: &Node, text: &str) -> Braces {
        let all = |text: &str, start: usize| -> Vec<usize> {
            text.bytes()
                .enumerate()
                .filter(|(_, byte)| matches!(byte, b'{' | b'}'))
                .map(|(at, _)| start + at)
                .collect()
        };
        let read = all(text, 0);
        let mut written = Vec::new();
        if !read.is_empty() {
            // The span of a block begins after its header.
            let source = self.source.text().get(node.span.start..node.span.end).unwrap_or_default();
            written = all(source, node.span.start);
            if written.len() != read.len() {
                written.clear();
            }
        }
        Braces { read, written, whole: node.span }
    }

    /// A mapping which has only these keys.
    pub(super) fn map(
        &mut self,
        node: &'t Node,
        owner: Span,
        what: &str,
        keys: &[&'static str],
    ) -> Option<Map<'t>> {
        let (entries, flow) = match &node.kind {
            Kind::Map { entries, flow } => (entries, *flow),
            _ => {
                self.wrong_type(node, what, "a mapping");
                return None;
            }
        };
        let mut meant = [""; MISSPELT];
        let mut misspelt = 0;
        for entry in entries.iter().filter(|entry| !keys.contains(&entry.key.text.as_str())) {
            let near = self.unknown_key(entry, what, keys, flow);
            if let Some((near, slot)) = near.zip(meant.get_mut(misspelt)) {
                *slot = near;
                misspelt += 1;
            }
        }
        Some(Map { entries, owner, meant })
    }

    /// Returns the key that was probably meant.
    fn unknown_key(
        &mut self,
        entry: &Entry,
        what: &str,
        keys: &[&'static str],
        flow: bool,
    ) -> Option<&'static str> {
        if self.sink.skip_if_full() {
            return None;
        }
        let key = &entry.key;
        let absent = matches!(entry.value.kind, Kind::Scalar { style: Style::Absent, .. });
        let elsewhere = ELSEWHERE
            .iter()
            .find(|(known, beside, _)| known.contains(&key.text.as_str()) && keys.contains(beside));
        let near = match elsewhere {
            None => self.suggest.nearest(&key.text, keys.iter().copied()),
            Some(_) => None,
        };
        let diagnostic = if flow && absent && near.is_none() && elsewhere.is_none() {
            Diagnostic::new(Mistake::UnquotedComma, "a comma ends a text inside braces")
                .at(key.span, "so this is a key without a value")
                .help("put the text in quotes, from its beginning to here")
        } else {
            let diagnostic =
                Diagnostic::new(Mistake::UnknownKey, format!("{} is no key of {what}", quote(&key.text)));
            match near {
                Some(near) => diagnostic.at(key.span, format!("did you mean `{near}`?")),
                None => diagnostic.at(key.span, "not known here"),
            }
            .help(match elsewhere {
                Some((.., place)) => (*place).to_owned(),
                None => format!("the keys are {}", list(keys.iter().copied())),
            })
        };
        self.report(diagnostic);
        near
    }

    /// A mapping whose keys are names.
    pub(super) fn entries(&mut self, node: &'t Node, what: &str) -> Option<&'t [Entry]> {
        match &node.kind {
            Kind::Map { entries, .. } => self.spend(entries.len() * NAMED).then_some(entries.as_slice()),
            _ => {
                self.wrong_type(node, what, "a mapping");
                None
            }
        }
    }

    /// The part of the file behind `key`.
    pub(super) fn section(&mut self, map: &Map<'t>, key: &str) -> Section<'t> {
        let Some(node) = map.get(key) else { return Section { entries: &[], complete: map.lacks(key) } };
        match self.entries(node, &format!("`{key}`")) {
            Some(entries) => Section { entries, complete: !map.meant.contains(&key) },
            None => Section { entries: &[], complete: false },
        }
    }

    /// As [`Self::section`]; if it is there, then with something in it.
    pub(super) fn some_section(&mut self, map: &Map<'t>, key: &str) -> Section<'t> {
        let section = self.section(map, key);
        match map.entry(key) {
            Some(entry) if section.complete && section.entries.is_empty() => {
                self.empty(entry.key.span, &format!("`{key}`"));
                Section { complete: false, ..section }
            }
            _ => section,
        }
    }

    pub(super) fn items(&mut self, node: &'t Node, what: &str) -> Option<&'t [Rc<Node>]> {
        match &node.kind {
            Kind::List(items) => Some(items),
            Kind::Scalar { text, style } if *style != Style::Absent => {
                self.report(
                    Diagnostic::new(Mistake::WrongType, format!("{what} is a list"))
                        .at(node.span, "found a single value")
                        .help(format!("write `[{}]`", plain(text))),
                );
                None
            }
            _ => {
                self.wrong_type(node, what, "a list");
                None
            }
        }
    }

    pub(super) fn empty(&mut self, span: Span, what: &str) {
        self.report(
            Diagnostic::new(Mistake::Empty, format!("{what} is empty"))
                .at(span, "nothing in it")
                .help("fill it in, or remove the key where it may be left out"),
        );
    }

    /// The value of a key which must be there.
    pub(super) fn required(
        &mut self,
        map: &Map<'t>,
        key: &str,
        what: &str,
        example: &str,
    ) -> Option<&'t Node> {
        if map.lacks(key) {
            self.report(
                Diagnostic::new(Mistake::MissingKey, format!("{what} has no `{key}`"))
                    .at(map.owner, format!("needs `{key}`"))
                    .help(format!("add `{key}: {example}`")),
            );
        }
        map.get(key)
    }

    /// Says that a name is not known, and which may be meant.
    pub(super) fn unknown<'a>(
        &mut self,
        name: Spanned<&str>,
        what: &str,
        names: impl IntoIterator<Item = &'a str>,
        help: &str,
    ) {
        if self.sink.skip_if_full() {
            return;
        }
        let near = self.suggest.nearest(name.value, names);
        let title = format!("{} is no {what}", quote(name.value));
        let diagnostic = Diagnostic::new(Mistake::UnknownName, title);
        let diagnostic = match near {
            Some(near) => diagnostic.at(name.span, format!("did you mean `{near}`?")),
            None => diagnostic.at(name.span, "not known here"),
        };
        self.report(diagnostic.help(help));
    }

    pub(super) fn wrong_type(&mut self, node: &Node, what: &str, wanted: &str) {
        if let Some(diagnostic) = self.of_wrong_type(node, what, wanted) {
            self.report(diagnostic);
        }
    }

    /// What [`Self::wrong_type`] reports. None where that was reported already.
    pub(super) fn of_wrong_type(&self, node: &Node, what: &str, wanted: &str) -> Option<Diagnostic> {
        let found = match &node.kind {
            Kind::Broken => return None,
            Kind::List(_) => "found a list",
            Kind::Map { .. } => "found a mapping",
            Kind::Scalar { text, style } if is_null(text, *style) => {
                return Some(
                    Diagnostic::new(Mistake::NullValue, format!("{what} has no value"))
                        .at(node.span, "null, or nothing at all")
                        .help(format!("give it {wanted}, or remove the key")),
                );
            }
            Kind::Scalar { .. } => "found a single value",
        };
        let diagnostic =
            Diagnostic::new(Mistake::WrongType, format!("{what} is {wanted}")).at(node.span, found);
        Some(match &node.kind {
            Kind::Map { flow: true, .. } if wanted == "a text" => {
                diagnostic.help("put a text that begins with a brace in quotes")
            }
            Kind::List(items) if wanted == "a mapping" => match first_name(items) {
                // The span of a list in block style begins with its first item.
                Some(name)
                    if self
                        .source
                        .text()
                        .get(node.span.start..)
                        .is_some_and(|text| text.starts_with('[')) =>
                {
                    diagnostic.help(format!("write `{{{name}: …}}`, without brackets"))
                }
                Some(name) => diagnostic.help(format!("write `{name}:` without `-`")),
                None => diagnostic,
            },
            _ => diagnostic,
        })
    }
}

/// What the first of several mappings would be called, were they no list: by its only key, or by what `code` or `name`
/// says.
fn first_name(items: &[Rc<Node>]) -> Option<String> {
    let scalar = |node: &Node| match &node.kind {
        Kind::Scalar { text, style } if !is_null(text, *style) => Some(plain(text)),
        _ => None,
    };
    let first = items.first()?;
    let Kind::Map { entries, .. } = &first.kind else { return scalar(first) };
    let named =
        entries.iter().find(|entry| matches!(entry.key.text.as_str(), "code" | "id" | "key" | "name"));
    named.and_then(|entry| scalar(&entry.value)).or_else(|| Some(plain(&entries.first()?.key.text)))
}

/// `a`, `b` and `c`; of very many only the first.
pub(super) fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const MOST: usize = 30;
    let mut names = names.into_iter();
    let mut quoted: Vec<String> = names.by_ref().take(MOST).map(quote).collect();
    let more = names.count();
    if more > 0 {
        return format!("{} and {more} more", quoted.join(", "));
    }
    match quoted.pop() {
        Some(last) if !quoted.is_empty() => format!("{} and {last}", quoted.join(", ")),
        Some(only) => only,
        None => "none".to_owned(),
    }
}

/// A text of the file inside a message: bounded, on one line.
pub(super) fn quote(text: &str) -> String {
    format!("`{}`", plain(text))
}

/// As [`quote`], without the ticks.
pub(super) fn plain(text: &str) -> String {
    const LONGEST: usize = 80;
    let mut plain: String =
        text.chars().take(LONGEST).map(|char| if char.is_control() { ' ' } else { char }).collect();
    if text.chars().nth(LONGEST).is_some() {
        plain.push('…');
    }
    plain
}

pub(super) fn is_null(text: &str, style: Style) -> bool {
    style == Style::Absent || style == Style::Plain && matches!(text, "" | "~" | "null" | "Null" | "NULL")
}
