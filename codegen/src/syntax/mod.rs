//! YAML to a tree that knows where everything stands. The only module that knows the YAML parser.
//!
//! A scalar stays raw text: what `1.10` or `no` mean is decided by the key that wants it. Duplicate keys, merge keys,
//! tags and aliases are dealt with here, so nobody behind this door meets one. The tree is at most [`DEPTH`] levels
//! deep, aliases included, so recursion over it is bounded.

mod explain;

use crate::report::{Diagnostic, Mistake, Sink, Span};
use crate::source::Source;
use granit_parser::{Event, Parser, ScalarStyle, StructureStyle};
use std::collections::BTreeMap;
use std::rc::Rc;

/// The deepest nesting. A catalog needs about ten.
pub(crate) const DEPTH: usize = 32;
/// How many keys and values all files together may have. As many codes as there may be take eight each.
const NODES: usize = 600_000;
/// How many nodes all aliases together may repeat.
const REPEATED_NODES: usize = 100_000;
/// How many bytes of text all aliases together may repeat.
const REPEATED_BYTES: usize = 8 << 20;

#[derive(Debug)]
pub(crate) struct Node {
    /// Where it stands; of a value that is left out, its key. Of a collection in block style, its first key or item.
    pub(crate) span: Span,
    pub(crate) kind: Kind,
    size: Size,
}

#[derive(Debug)]
pub(crate) enum Kind {
    Scalar {
        text: String,
        style: Style,
    },
    List(Vec<Rc<Node>>),
    Map {
        entries: Vec<Entry>,
        /// Written with braces, where a comma in an unquoted text begins a new key.
        flow: bool,
    },
    /// Already reported.
    Broken,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// The value is left out: `key:`.
    Absent,
    Plain,
    Quoted,
    Block,
}

#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: Key,
    pub(crate) value: Rc<Node>,
}

#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) text: String,
    pub(crate) span: Span,
}

impl Node {
    /// A mapping that stands in no file as it is.
    pub(crate) fn map(span: Span, entries: Vec<Entry>, flow: bool) -> Self {
        Self { span, kind: Kind::Map { entries, flow }, size: Size::default() }
    }
}

/// How much a node is when all its aliases are followed.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    nodes: usize,
    bytes: usize,
    depth: usize,
}

impl Size {
    fn add(&mut self, child: Size) {
        self.nodes = self.nodes.saturating_add(child.nodes);
        self.bytes = self.bytes.saturating_add(child.bytes);
        self.depth = self.depth.max(child.depth + 1);
    }
}

/// Reads the one document of each file. None where nothing can be made of one; the sink says why.
pub(crate) fn parse(source: &Source, sink: &mut Sink) -> Option<Vec<Rc<Node>>> {
    let mut spent = Spent::default();
    let roots: Vec<_> = source.parts().map(|(start, text)| document(text, start, &mut spent, sink)).collect();
    roots.into_iter().collect()
}

/// `start` is where the file begins among the others, `spent` what is counted in all of them.
fn document(text: &str, start: usize, spent: &mut Spent, sink: &mut Sink) -> Option<Rc<Node>> {
    let options = granit_parser::options! {
        strict_indentation: true,
        emit_unresolved_aliases: true,
        emit_comments: false,
        flow_nesting_limit: DEPTH,
        block_nesting_limit: DEPTH,
    };
    let mut builder = Builder::new(spent);
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = match event {
            Ok(event) => event,
            Err(error) => {
                sink.push(explain::explain(&error, text, builder.last).moved(start));
                return None;
            }
        };
        if let Some(tag) = span.tag_span().and_then(|span| span.byte_range()) {
            sink.push(
                Diagnostic::new(Mistake::Tag, "a tag has no meaning here")
                    .at(Span::new(start + tag.start, start + tag.end), "not read")
                    .help("remove it; a key decides how its value is read"),
            );
        }
        let span = span.byte_range().map_or(Span::new(0, 0), |range| Span::new(range.start, range.end));
        if !builder.event(event, Span::new(start + span.start, start + span.end), sink) {
            return None;
        }
        builder.last = span;
    }
    if builder.root.is_none() {
        let diagnostic = Diagnostic::new(Mistake::EmptyFile, "the file is empty");
        let here = Span::new(start, start);
        sink.push(match start {
            0 => diagnostic
                .at(here, "a catalog starts here")
                .help("a catalog starts with `errbook: 1`, `name:` and `codes:`"),
            _ => diagnostic.at(here, "nothing in it").help("remove it, or put codes into it: `codes:`"),
        });
    }
    builder.root
}

/// What is bounded over all files.
#[derive(Debug, Default)]
struct Spent {
    nodes: usize,
    /// By aliases.
    repeated: Size,
}

struct Builder<'s> {
    stack: Vec<Open>,
    root: Option<Rc<Node>>,
    /// The nodes that carry an anchor and are complete.
    anchors: BTreeMap<usize, Rc<Node>>,
    documents: usize,
    spent: &'s mut Spent,
    /// The last event, in its file.
    last: Span,
}

/// A collection that is not closed yet.
struct Open {
    anchor: usize,
    span: Span,
    flow: bool,
    size: Size,
    inside: Inside,
}

enum Inside {
    List(Vec<Rc<Node>>),
    Map { entries: Vec<Entry>, seen: BTreeMap<String, Span>, key: Pending },
}

enum Pending {
    /// The next node is a key.
    None,
    Key(Key),
    /// The key can't be used; its value is read and forgotten.
    Skip,
}

impl<'s> Builder<'s> {
    fn new(spent: &'s mut Spent) -> Self {
        Self {
            stack: Vec::new(),
            root: None,
            anchors: BTreeMap::new(),
            documents: 0,
            spent,
            last: Span::new(0, 0),
        }
    }

    /// False when reading can't go on.
    fn event(&mut self, event: Event<'_>, span: Span, sink: &mut Sink) -> bool {
        let is_end = matches!(event, Event::SequenceEnd | Event::MappingEnd);
        self.spent.nodes += usize::from(!is_end);
        if self.spent.nodes > NODES {
            sink.push(
                Diagnostic::new(
                    Mistake::CatalogTooLarge,
                    format!("a catalog has at most {NODES} keys and values"),
                )
                .at(span, "one too many")
                .help("make several catalogs of it"),
            );
            return false;
        }
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    sink.push(
                        Diagnostic::new(Mistake::SecondDocument, "a second document starts")
                            .at(span, "starts here")
                            .help("a catalog is one document; remove the `---`"),
                    );
                    return false;
                }
            }
            Event::Scalar(text, style, anchor, _) => {
                let style = match style {
                    ScalarStyle::Plain if span.start == span.end => Style::Absent,
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
                    ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
                };
                let size = Size { nodes: 1, bytes: text.len(), depth: 1 };
                self.close(
                    Node { span, kind: Kind::Scalar { text: text.into_owned(), style }, size },
                    anchor,
                    sink,
                );
            }
            Event::SequenceStart(style, anchor, _) => {
                self.open(anchor, span, style, Inside::List(Vec::new()))
            }
            Event::MappingStart(style, anchor, _) => {
                let inside = Inside::Map { entries: Vec::new(), seen: BTreeMap::new(), key: Pending::None };
                self.open(anchor, span, style, inside);
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span, sink),
            Event::Alias(anchor) => return self.alias(anchor, span, sink),
            Event::UnresolvedAlias(name) => {
                sink.push(
                    Diagnostic::new(Mistake::UnknownAlias, format!("there is no anchor `&{name}` above"))
                        .at(span, "not known here")
                        .help("an anchor stands before its aliases; a text that begins with `*` is put in quotes"),
                );
                self.close(Node { span, kind: Kind::Broken, size: Size::default() }, 0, sink);
            }
            _ => {}
        }
        true
    }

    fn open(&mut self, anchor: usize, span: Span, style: StructureStyle, inside: Inside) {
        let size = Size { nodes: 1, bytes: 0, depth: 1 };
        self.stack.push(Open { anchor, span, flow: style == StructureStyle::Flow, size, inside });
    }

    fn end(&mut self, span: Span, sink: &mut Sink) {
        let Some(Open { anchor, span: start, flow, size, inside }) = self.stack.pop() else { return };
        let first = match &inside {
            Inside::List(items) => items.first().map(|item| item.span),
            Inside::Map { entries, .. } => entries.first().map(|entry| entry.key.span),
        };
        let span = if flow { Span::new(start.start, span.end) } else { first.unwrap_or(start) };
        let kind = match inside {
            Inside::List(items) => Kind::List(items),
            Inside::Map { entries, .. } => Kind::Map { entries, flow },
        };
        self.close(Node { span, kind, size }, anchor, sink);
    }

    fn alias(&mut self, anchor: usize, span: Span, sink: &mut Sink) -> bool {
        let Some(node) = self.anchors.get(&anchor) else {
            sink.push(
                Diagnostic::new(Mistake::AliasToItself, "an alias stands inside what it names")
                    .at(span, "without an end")
                    .help("write the value out here"),
            );
            self.close(Node { span, kind: Kind::Broken, size: Size::default() }, 0, sink);
            return true;
        };
        let node = Rc::clone(node);
        let repeated = &mut self.spent.repeated;
        repeated.add(node.size);
        if repeated.nodes > REPEATED_NODES || repeated.bytes > REPEATED_BYTES {
            sink.push(
                Diagnostic::new(Mistake::TooManyAliases, "the aliases repeat too much")
                    .at(span, "over the bound with this one")
                    .help("groups share keys between codes without aliases"),
            );
            return false;
        }
        let depth = node.size.depth + self.stack.len();
        if depth > DEPTH {
            sink.push(explain::too_deep(span));
            return false;
        }
        self.place(node, Some(span), sink);
        true
    }

    fn close(&mut self, node: Node, anchor: usize, sink: &mut Sink) {
        let node = Rc::new(node);
        if anchor != 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        self.place(node, None, sink);
    }

    /// Puts a complete node where it belongs. `alias` is the place of an alias for it.
    fn place(&mut self, node: Rc<Node>, alias: Option<Span>, sink: &mut Sink) {
        let Some(parent) = self.stack.last_mut() else {
            self.root.get_or_insert(node);
            return;
        };
        parent.size.add(node.size);
        match &mut parent.inside {
            Inside::List(items) => items.push(node),
            Inside::Map { entries, seen, key } => match std::mem::replace(key, Pending::None) {
                Pending::None => *key = read_key(&node, alias.unwrap_or(node.span), seen, sink),
                Pending::Skip => {}
                Pending::Key(key) => {
                    let absent = matches!(node.kind, Kind::Scalar { style: Style::Absent, .. });
                    let value = match Rc::try_unwrap(node) {
                        Ok(node) if absent => Rc::new(Node { span: key.span, ..node }),
                        Ok(node) => Rc::new(node),
                        Err(shared) => shared,
                    };
                    entries.push(Entry { key, value });
                }
            },
        }
    }
}

fn read_key(node: &Node, span: Span, seen: &mut BTreeMap<String, Span>, sink: &mut Sink) -> Pending {
    let text = match &node.kind {
        Kind::Scalar { text, style } if *style != Style::Absent => text,
        Kind::Broken => return Pending::Skip,
        _ => {
            sink.push(
                Diagnostic::new(Mistake::KeyNotText, "a key is a text")
                    .at(span, "not a text")
                    .help("a text that begins with `{`, `[` or `?` is put in quotes"),
            );
            return Pending::Skip;
        }
    };
    if text == "<<" {
        sink.push(
            Diagnostic::new(Mistake::MergeKey, "merge keys are not read")
                .at(span, "a merge key")
                .help("what several codes share goes into a group: `groups:` and `group:`"),
        );
        return Pending::Skip;
    }
    if let Some(first) = seen.get(text) {
        if sink.skip_if_full() {
            return Pending::Skip;
        }
        sink.push(
            Diagnostic::new(Mistake::DuplicateKey, format!("`{text}` is there twice"))
                .at(span, "the second")
                .and(*first, "the first")
                .help("remove one of the two, or rename it"),
        );
        return Pending::Skip;
    }
    seen.insert(text.clone(), span);
    Pending::Key(Key { text: text.clone(), span })
}
