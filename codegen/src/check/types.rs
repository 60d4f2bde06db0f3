//! Types of fields: what stands behind `type:`, and the section `types:`.

use super::fields::{Owner, weight_of};
use super::limits::Limits;
use super::names::{LONGEST, Names, Of, Scope, rust_name};
use super::reader::{Context, Map, Spanned, is_null, list, quote};
use crate::catalog::{NamedType, Shape, Type, Variant};
use crate::report::{Diagnostic, Mistake, Span};
use crate::syntax::{Entry, Kind, Node};
use std::collections::BTreeSet;

const SCALARS: &[(&str, Type)] = &[
    ("string", Type::String),
    ("bool", Type::Bool),
    ("i32", Type::I32),
    ("i64", Type::I64),
    ("u32", Type::U32),
    ("u64", Type::U64),
    ("f64", Type::F64),
    ("bytes", Type::Bytes),
    ("seconds", Type::Seconds),
    ("timestamp", Type::Timestamp),
    ("uuid", Type::Uuid),
    ("url", Type::Url),
    ("json", Type::Json),
];

/// How the others are written.
const OTHERS: &[&str] = &["enum(a|b)", "list<T>", "map<T>"];

/// What people write for a type from elsewhere, and what they mean. In lower case.
const ALIASES: &[(&[&str], &[&str])] = &[
    (&["int", "integer", "number", "long", "num"], &["i64", "u64"]),
    (&["i8", "i16", "short"], &["i32"]),
    (&["int32"], &["i32"]),
    (&["int64", "isize", "i128"], &["i64"]),
    (&["u8", "u16", "byte", "uint32"], &["u32"]),
    (&["uint", "uint64", "usize", "u128", "unsigned"], &["u64"]),
    (&["boolean", "flag"], &["bool"]),
    (&["str", "text", "char", "varchar", "&str", "email"], &["string"]),
    (&["date", "datetime", "date-time", "date_time", "time", "instant", "rfc3339"], &["timestamp"]),
    (&["guid"], &["uuid"]),
    (&["uri", "link", "href"], &["url"]),
    (&["any", "value", "jsonb"], &["json"]),
    (&["object", "record", "struct"], &["map<T>", "json"]),
    (&["dict", "dictionary", "hash", "hashmap", "btreemap", "map"], &["map<T>"]),
    (&["array", "vec", "vector", "set", "seq", "sequence", "list"], &["list<T>"]),
    (&["enum", "choice", "oneof"], &["enum(a|b)"]),
    (&["float", "double", "decimal", "f32", "real"], &["f64"]),
    (&["duration", "second", "sec", "secs", "interval", "timedelta"], &["seconds"]),
    (&["size", "filesize", "bytesize"], &["bytes"]),
];

/// A value nests so deep, and has so many members, those of its types included: an answer, its schema and its page
/// show all of them.
const DEEPEST: usize = 8;
const LARGEST: usize = 1000;

/// What a member takes on a page beside its texts.
const A_MEMBER: usize = 64;

/// The types that have a name in Rust.
#[derive(Debug)]
pub(super) struct Types<'t> {
    /// Of the section `types:`, with the indices of the first ones in `all`.
    names: Names<'t>,
    /// After those, the enums that fields declare on the spot.
    all: Vec<NamedType>,
    sizes: Vec<Size>,
    scope: Scope,
}

#[derive(Debug, Clone, Copy)]
struct Size {
    depth: usize,
    members: usize,
    /// What pages and schemas show of it, roughly.
    bytes: usize,
}

impl Size {
    const ONE: Size = Size { depth: 0, members: 1, bytes: 0 };
}

impl Types<'_> {
    pub(super) fn none() -> Self {
        Types { names: Names::new([], true), all: Vec::new(), sizes: Vec::new(), scope: Scope::default() }
    }

    pub(super) fn into_all(self) -> Vec<NamedType> {
        self.all
    }

    /// The type was that of a constant. If it was declared there, it is the last one, and nothing in Rust is of it.
    pub(super) fn forget(&mut self, kind: &Type) {
        let in_place = self.all.len() > self.names.len();
        if let Type::Named(at) = kind
            && in_place
            && at + 1 == self.all.len()
        {
            self.scope.free(self.all.pop().map(|named| named.rust));
            self.sizes.pop();
        }
    }

    pub(super) fn get(&self, at: usize) -> Option<&NamedType> {
        self.all.get(at)
    }

    /// Is a struct in it? What those look like, their fields say.
    pub(super) fn has_struct(&self, kind: &Type) -> bool {
        match kind {
            Type::List(inside) | Type::Map(inside) => self.has_struct(inside),
            Type::Named(at) => self.get(*at).is_some_and(|named| matches!(named.shape, Shape::Struct(_))),
            _ => false,
        }
    }

    /// A single value, which can stand in a text.
    pub(super) fn is_scalar(&self, kind: &Type) -> bool {
        match kind {
            Type::List(_) | Type::Map(_) | Type::Json => false,
            kind => !self.has_struct(kind),
        }
    }

    /// Of what may be multiplied: the texts of a type are repeated wherever a field is of it.
    pub(super) fn weight(&self, kind: &Type) -> usize {
        self.size(kind).bytes
    }

    fn size(&self, kind: &Type) -> Size {
        match kind {
            Type::List(inside) | Type::Map(inside) => {
                let Size { depth, members, bytes } = self.size(inside);
                Size { depth: depth + 1, members: members.saturating_add(1), bytes }
            }
            Type::Named(at) => self.sizes.get(*at).copied().unwrap_or(Size::ONE),
            _ => Size::ONE,
        }
    }
}

impl<'t> Context<'t> {
    /// The section `types:`. Types may stand in any order, so names come first, then enums, which examples refer to,
    /// then structs.
    pub(super) fn types(&mut self, map: &Map<'t>, limits: &Limits<'t>) {
        let section = self.some_section(map, "types");
        self.types.names = Names::of(&section);
        let mut scope = Scope::default();
        for entry in section.entries {
            let rust = self.type_name(entry, &mut scope);
            let (name, line) = (entry.key.text.clone(), self.line(entry.key.span));
            // Until it is read, and where it can't be.
            let shape = Shape::Struct(Vec::new());
            self.types.all.push(NamedType { name, rust: rust.unwrap_or_default(), shape, line });
            self.types.sizes.push(Size::ONE);
        }
        self.types.scope = scope;
        for (at, entry) in section.entries.iter().enumerate() {
            if !matches!(entry.value.kind, Kind::Map { .. }) {
                self.enum_type(at, entry);
            }
        }
        for (at, entry) in section.entries.iter().enumerate() {
            let Kind::Map { entries, .. } = &entry.value.kind else { continue };
            if entries.is_empty() {
                self.empty(entry.key.span, &format!("the type {}", quote(&entry.key.text)));
            }
            let name = entry.key.text.as_str();
            let rust = self.types.get(at).map(|named| named.rust.clone()).unwrap_or_default();
            let fields = self.fields_in(entries, &Owner { name, rust: &rust }, limits);
            let mut in_rust = Scope::default();
            for field in fields.iter().filter(|field| field.is_typed()) {
                self.claim_field(&mut in_rust, &field.field.rust, &field.field.name, field.span);
            }
            let fields = fields.into_iter().map(|draft| draft.field).collect();
            if let Some(named) = self.types.all.get_mut(at) {
                named.shape = Shape::Struct(fields);
            }
        }
        self.type_sizes(section.entries);
    }

    fn type_name(&mut self, entry: &'t Entry, scope: &mut Scope) -> Option<String> {
        let (name, span) = (entry.key.text.as_str(), entry.key.span);
        if !self.name(Spanned { value: name, span }, "a type") {
            return None;
        }
        let built_in = SCALARS.iter().map(|(name, _)| *name).chain(["enum", "list", "map"]);
        if built_in.into_iter().any(|known| known == name) {
            self.report(
                Diagnostic::new(Mistake::ReservedName, format!("{} is a built-in type", quote(name)))
                    .at(span, "already a type")
                    .help("choose another name"),
            );
            return None;
        }
        self.rust_names(name, span, Of::Type, None, scope).map(|rust| rust.upper)
    }

    /// `reason: enum(a|b)`
    fn enum_type(&mut self, at: usize, entry: &'t Entry) {
        // What stands for one that can't be read.
        self.define(at, Shape::Enum(Vec::new()));
        let what = format!("the type {}", quote(&entry.key.text));
        let wanted = "a mapping of fields, or an `enum(a|b)`";
        if !matches!(&entry.value.kind, Kind::Scalar { text, style } if !is_null(text, *style)) {
            self.wrong_type(&entry.value, &what, wanted);
            return;
        }
        let Some(text) = self.text(&entry.value, &what) else { return };
        let Some(values) = enum_values(text.value) else {
            self.report(
                Diagnostic::new(Mistake::WrongType, format!("{what} is {wanted}"))
                    .at(text.span, "found a single value")
                    .help("built-in types need no name: write them where they are used"),
            );
            return;
        };
        let variants = self.variants(values, text.span);
        self.define(at, Shape::Enum(variants));
    }

    fn define(&mut self, at: usize, shape: Shape) {
        let variants = match &shape {
            Shape::Enum(variants) => variants.as_slice(),
            Shape::Struct(_) => &[],
        };
        let bytes = variants.iter().map(|variant| A_MEMBER + variant.text.len()).sum();
        let size = Size { depth: 0, members: variants.len(), bytes };
        if let Some((named, known)) = self.types.all.get_mut(at).zip(self.types.sizes.get_mut(at)) {
            named.shape = shape;
            *known = size;
        }
    }

    /// The values of an enum, with their names in Rust.
    fn variants(&mut self, values: &str, span: Span) -> Vec<Variant> {
        let mut scope = Scope::default();
        let mut seen = BTreeSet::new();
        let mut variants = Vec::new();
        for text in values.split('|').map(str::trim) {
            if text.is_empty()
                || text.len() > LONGEST
                || text.contains(|char: char| char.is_control() || "()".contains(char))
            {
                let title = match text {
                    "" => "an `enum` has a value without a name".to_owned(),
                    text => format!("{} can't be a value of an `enum`", quote(text)),
                };
                self.report(
                    Diagnostic::new(Mistake::BadName, title)
                        .at(span, "in this list")
                        .help("the values stand between `|`, as in `enum(too_short|too_long)`"),
                );
            } else if !seen.insert(text) {
                self.report(
                    Diagnostic::new(Mistake::DuplicateItem, format!("{} is in the list twice", quote(text)))
                        .at(span, "in this list")
                        .help("remove one of the two"),
                );
            } else if let Some(mut name) = rust_name(text, Of::Value) {
                // That one is for what a later catalog adds.
                if name.upper == "Other" {
                    name.upper.push('_');
                }
                if self.claim_value(&mut scope, &name.upper, text, span) {
                    variants.push(Variant { text: text.to_owned(), rust: name.upper });
                }
            } else {
                self.report(
                    Diagnostic::new(Mistake::NoRustName, format!("{} has no name in Rust", quote(text)))
                        .at(span, "not made of ASCII letters and digits")
                        .help("use `string`, and list the values in the field's `doc`"),
                );
            }
        }
        variants
    }

    /// `u64`, or `u64?` for one that may be left out.
    pub(super) fn field_type(&mut self, node: &'t Node, owner: &Owner<'_>) -> Option<(Type, bool)> {
        if !matches!(&node.kind, Kind::Scalar { text, style } if !is_null(text, *style)) {
            if let Some(diagnostic) = self.of_wrong_type(node, "a type", "a text") {
                let help = self.types_known();
                self.report(diagnostic.help(help));
            }
            return None;
        }
        let text = self.text(node, "a type")?;
        let (name, optional) = match text.value.trim().strip_suffix('?') {
            Some(name) => (name, true),
            None => (text.value.trim(), false),
        };
        let kind = self.type_in(Spanned { value: name, span: text.span }, owner, 0)?;
        let size = self.types.size(&kind);
        self.type_is_bounded(size, text.span, "a field").then_some((kind, optional))
    }

    fn type_in(&mut self, text: Spanned<&str>, owner: &Owner<'_>, depth: usize) -> Option<Type> {
        let name = text.value.trim();
        let within = |value| Spanned { value, span: text.span };
        if depth > DEEPEST {
            self.type_is_bounded(Size { depth, ..Size::ONE }, text.span, "a field");
            return None;
        }
        if let Some((_, kind)) = SCALARS.iter().find(|(known, _)| *known == name) {
            return Some(kind.clone());
        }
        if let Some(at) = self.types.names.get(name) {
            return Some(Type::Named(at));
        }
        for (begin, kind) in
            [("list<", Type::List as fn(Box<Type>) -> Type), ("map<", Type::Map as fn(Box<Type>) -> Type)]
        {
            let Some(inside) = name.strip_prefix(begin).and_then(|rest| rest.strip_suffix('>')) else {
                continue;
            };
            let inside = inside.trim();
            if inside.is_empty() {
                continue;
            }
            if let Some(always) = inside.strip_suffix('?') {
                self.report(
                    Diagnostic::new(
                        Mistake::FieldContradiction,
                        format!("a value in a {} is always there", begin.trim_end_matches('<')),
                    )
                    .at(text.span, format!("{} may be left out", quote(inside)))
                    .help(format!(
                        "write {}, and a `?` at the end where all of it may be left out",
                        quote(&format!("{begin}{always}>"))
                    )),
                );
                return None;
            }
            return self.type_in(within(inside), owner, depth + 1).map(|inside| kind(Box::new(inside)));
        }
        if let Some(values) = enum_values(name) {
            return self.enum_in_place(values, text.span, owner);
        }
        self.unknown_type(within(name));
        None
    }

    /// An enum that a field declares on the spot is named after the two: `types::PaymentFailedReason`.
    fn enum_in_place(&mut self, values: &str, span: Span, owner: &Owner<'_>) -> Option<Type> {
        let variants = self.variants(values, span);
        let rust = owner.rust.to_owned();
        if !rust.is_empty() {
            let mut scope = std::mem::take(&mut self.types.scope);
            let free = self.claim_type(&mut scope, &rust, owner.name, span);
            self.types.scope = scope;
            if !free {
                return None;
            }
        }
        let at = self.types.all.len();
        let line = self.line(span);
        let (name, shape) = (owner.name.to_owned(), Shape::Enum(Vec::new()));
        self.types.all.push(NamedType { name, rust, shape, line });
        self.types.sizes.push(Size::ONE);
        self.define(at, Shape::Enum(variants));
        Some(Type::Named(at))
    }

    fn types_known(&self) -> String {
        let built_in = SCALARS.iter().map(|(name, _)| *name).chain(OTHERS.iter().copied());
        format!(
            "the types are {}, and those of `types`, each with a `?` where it may be left out",
            list(built_in)
        )
    }

    fn unknown_type(&mut self, name: Spanned<&str>) {
        let help = self.types_known();
        if let Some(meant) = meant_type(name.value, 0) {
            let title = format!("{} is no type of a field", quote(name.value));
            let label = format!("did you mean {meant}?");
            self.report(Diagnostic::new(Mistake::UnknownName, title).at(name.span, label).help(help));
            return;
        }
        // Where not all types could be read, it may be one of those.
        if self.types.names.is_complete() {
            let types = std::mem::replace(&mut self.types, Types::none());
            let own = types.all.iter().take(types.names.len()).map(|named| named.name.as_str());
            let known = SCALARS.iter().map(|(name, _)| *name).chain(own);
            self.unknown(name, "type of a field", known, &help);
            self.types = types;
        }
    }

    /// What each type of the section holds all in all; none holds itself.
    fn type_sizes(&mut self, entries: &'t [Entry]) {
        let uses: Vec<Vec<usize>> = self.types.all.iter().take(entries.len()).map(uses).collect();
        let mut waiting: Vec<usize> =
            uses.iter().map(|used| used.iter().filter(|used| **used < entries.len()).count()).collect();
        let mut users = vec![Vec::new(); entries.len()];
        for (at, used) in uses.iter().enumerate() {
            for used in used {
                if let Some(users) = users.get_mut(*used) {
                    users.push(at);
                }
            }
        }
        let mut done = vec![false; entries.len()];
        let mut ready: Vec<usize> = (0..entries.len()).filter(|at| waiting.get(*at) == Some(&0)).collect();
        let mut first = 0;
        loop {
            while let Some(at) = ready.pop() {
                match done.get_mut(at) {
                    Some(done) if !*done => *done = true,
                    _ => continue,
                }
                self.type_size(at, entries);
                for user in users.get(at).into_iter().flatten() {
                    if let Some(waiting) = waiting.get_mut(*user) {
                        *waiting = waiting.saturating_sub(1);
                        if *waiting == 0 {
                            ready.push(*user);
                        }
                    }
                }
            }
            // What still waits is in a cycle, or holds what is. A cycle that is told counts as done.
            let Some(stuck) = (first..entries.len()).find(|at| done.get(*at) == Some(&false)) else { return };
            first = stuck;
            ready = cycle(stuck, &uses, &done);
            if !self.spend(entries.len()) {
                return;
            }
            self.cycle(&ready, entries);
        }
    }

    fn type_size(&mut self, at: usize, entries: &'t [Entry]) {
        let Some(NamedType { shape: Shape::Struct(fields), name, .. }) = self.types.get(at) else { return };
        let mut whole = Size::ONE;
        for field in fields {
            let Size { depth, members, bytes } =
                field.kind.typed().map_or(Size::ONE, |kind| self.types.size(kind));
            whole.depth = whole.depth.max(depth);
            whole.members = whole.members.saturating_add(members);
            // The path of a member has the names of all around it.
            let names = members.saturating_mul(A_MEMBER + field.name.len());
            whole.bytes =
                whole.bytes.saturating_add(names).saturating_add(bytes).saturating_add(weight_of(field));
        }
        whole.depth += 1;
        let what = format!("the type {}", quote(name));
        let Some(span) = entries.get(at).map(|entry| entry.key.span) else { return };
        // What is told once isn't told of all that use it.
        let size = if self.type_is_bounded(whole, span, &what) { whole } else { Size::ONE };
        if let Some(known) = self.types.sizes.get_mut(at) {
            *known = size;
        }
    }

    fn type_is_bounded(&mut self, size: Size, span: Span, what: &str) -> bool {
        let (title, label) = if size.depth > DEEPEST {
            (format!("{what} is nested too deep"), format!("more than {DEEPEST} levels"))
        } else if size.members > LARGEST {
            (format!("{what} has too many members, all in all"), format!("more than {LARGEST}"))
        } else {
            return true;
        };
        self.report(
            Diagnostic::new(Mistake::TypeTooLarge, title)
                .at(span, label)
                .help("use `json` for what is larger"),
        );
        false
    }

    fn cycle(&mut self, cycle: &[usize], entries: &'t [Entry]) {
        let cycle: Vec<&Entry> = cycle.iter().filter_map(|at| entries.get(*at)).collect();
        let Some(first) = cycle.first() else { return };
        let title = match cycle.as_slice() {
            [only] => format!("the type {} holds itself", quote(&only.key.text)),
            _ => {
                format!("{} hold each other", list(cycle.iter().map(|entry| entry.key.text.as_str())))
            }
        };
        self.report(
            Diagnostic::new(Mistake::TypeCycle, title)
                .at(first.key.span, "has no end")
                .help("use `json` for what may be nested at will"),
        );
    }
}

/// From a type that waits, along types that wait, until one comes again.
fn cycle(start: usize, uses: &[Vec<usize>], done: &[bool]) -> Vec<usize> {
    let mut path = vec![start];
    let mut places = vec![None; done.len()];
    let mut at = start;
    loop {
        if let Some(place) = places.get_mut(at) {
            *place = Some(path.len() - 1);
        }
        let mut used = uses.get(at).into_iter().flatten();
        // It waits, so there is one.
        let Some(next) = used.find(|used| done.get(**used) == Some(&false)) else { return path };
        if let Some(Some(first)) = places.get(*next) {
            return path.split_off(*first);
        }
        path.push(*next);
        at = *next;
    }
}

/// The types of the section that a type's fields are made of, each once.
fn uses(named: &NamedType) -> Vec<usize> {
    let Shape::Struct(fields) = &named.shape else { return Vec::new() };
    let mut used = BTreeSet::new();
    for mut kind in fields.iter().filter_map(|field| field.kind.typed()) {
        while let Type::List(inside) | Type::Map(inside) = kind {
            kind = inside;
        }
        if let Type::Named(at) = kind {
            used.insert(*at);
        }
    }
    used.into_iter().collect()
}

/// `a|b` of `enum(a|b)`.
fn enum_values(text: &str) -> Option<&str> {
    text.trim().strip_prefix("enum(")?.strip_suffix(')')
}

/// What is meant by a type that has another name here, in ticks. `string[]`, `Vec<String>`, `HashMap<K, V>` and
/// `Option<T>` are known, too.
fn meant_type(name: &str, depth: usize) -> Option<String> {
    let name = name.trim();
    let lower = name.to_ascii_lowercase();
    if let Some((_, meant)) = ALIASES.iter().find(|(aliases, _)| aliases.contains(&lower.as_str())) {
        let meant: Vec<_> = meant.iter().map(|name| quote(name)).collect();
        return Some(meant.join(" or "));
    }
    if let Some((known, _)) = SCALARS.iter().find(|(known, _)| *known == lower) {
        return Some(quote(known));
    }
    if depth > DEEPEST {
        return None;
    }
    // What stands inside, as one type; `T` where that isn't clear.
    let inside = |text: &str| {
        let meant = meant_type(text, depth + 1).unwrap_or_else(|| "`T`".to_owned());
        meant.split('`').nth(1).unwrap_or("T").to_owned()
    };
    if let Some(element) = name.strip_suffix("[]").or_else(|| name.strip_prefix("[]")) {
        return Some(quote(&format!("list<{}>", inside(element))));
    }
    if let Some((outer, arguments)) = generic(name) {
        let last = arguments.rsplit(',').next().unwrap_or(arguments);
        let outer = outer.trim().to_ascii_lowercase();
        return match outer.as_str() {
            "option" | "optional" | "maybe" | "nullable" => Some(quote(&format!("{}?", inside(last)))),
            "enum" => Some(quote(&format!("enum({})", arguments.replace(',', "|").replace(' ', "")))),
            outer => {
                let (_, meant) = ALIASES.iter().find(|(aliases, _)| aliases.contains(&outer))?;
                let kind = meant.iter().find_map(|meant| meant.strip_suffix("<T>"))?;
                Some(quote(&format!("{kind}<{}>", inside(last))))
            }
        };
    }
    let words = name.contains('|') && !name.contains(['(', ')', '<', '>']);
    words.then(|| quote(&format!("enum({})", name.replace(' ', ""))))
}

/// `Vec` and `String` of `Vec<String>`, of `Vec[String]`, and of one whose bracket isn't closed.
fn generic(name: &str) -> Option<(&str, &str)> {
    let (outer, rest) = name.split_once(['<', '[', '('])?;
    Some((outer, rest.trim_end_matches(['>', ']', ')'])))
}
