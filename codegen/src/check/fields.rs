//! `fields:` of a code or group.

use super::limits::Limits;
use super::names::{Of, unnamed};
use super::reader::{Context, Map, Spanned, is_null, list, quote};
use crate::catalog::{Field, FieldKind, Literal, Type};
use crate::report::{Diagnostic, Mistake, Span};
use crate::syntax::{Entry, Kind, Node};

const TYPES: &[(&str, Type)] = &[
    ("string", Type::String),
    ("bool", Type::Bool),
    ("i32", Type::I32),
    ("i64", Type::I64),
    ("u32", Type::U32),
    ("u64", Type::U64),
    ("f64", Type::F64),
    ("bytes", Type::Bytes),
    ("seconds", Type::Seconds),
];

/// What people write for a type from elsewhere, and what they mean. In lower case.
const ALIASES: &[(&[&str], &[&str])] = &[
    (&["int", "integer", "number", "long", "num"], &["i64", "u64"]),
    (&["i8", "i16", "short"], &["i32"]),
    (&["int32"], &["i32"]),
    (&["int64", "isize", "i128"], &["i64"]),
    (&["u8", "u16", "byte", "uint32"], &["u32"]),
    (&["uint", "uint64", "usize", "u128", "unsigned"], &["u64"]),
    (&["boolean", "flag"], &["bool"]),
    (&["str", "text", "char", "varchar", "&str"], &["string"]),
    (
        &["date", "datetime", "date-time", "time", "timestamp", "uuid", "url", "uri", "email", "enum"],
        &["string"],
    ),
    (&["float", "double", "decimal", "f32", "real"], &["f64"]),
    (&["duration", "second", "sec", "secs", "interval", "timedelta"], &["seconds"]),
    (&["size", "filesize", "bytesize"], &["bytes"]),
];

/// The fields of a code or group.
#[derive(Debug, Clone)]
pub(super) struct Fields {
    pub(super) fields: Vec<FieldDraft>,
    /// False where there may be more that could not be read, which is reported.
    pub(super) complete: bool,
}

#[derive(Debug, Clone)]
pub(super) struct FieldDraft {
    pub(super) field: Field,
    pub(super) span: Span,
    /// Its kind could not be read, which is reported; some other one stands for it.
    pub(super) doubtful: bool,
}

impl FieldDraft {
    /// Whether an answer can't be made without a value for it.
    pub(super) fn is_required(&self) -> bool {
        matches!(self.field.kind, FieldKind::Typed { optional: false, .. })
    }
}

impl<'t> Context<'t> {
    pub(super) fn fields(&mut self, map: &Map<'t>, limits: &Limits<'t>) -> Fields {
        let section = self.section(map, "fields");
        let fields: Vec<_> = section.entries.iter().filter_map(|entry| self.field(entry, limits)).collect();
        let complete = section.complete && fields.len() == section.entries.len();
        Fields { fields, complete }
    }

    fn field(&mut self, entry: &'t Entry, limits: &Limits<'t>) -> Option<FieldDraft> {
        let key = &entry.key;
        if key.text.trim().is_empty() || key.text.contains(|char: char| char.is_control()) {
            self.report(
                Diagnostic::new(Mistake::BadName, format!("{} can't be a field", quote(&key.text)))
                    .at(key.span, "not a name")
                    .help("a field is named as its key on the wire"),
            );
            return None;
        }
        let map = match &entry.value.kind {
            Kind::Map { .. } => {
                let keys = ["type", "doc", "example", "optional", "const", "rust"];
                self.map(&entry.value, key.span, "a field", &keys)?
            }
            _ => Map::empty(key.span),
        };
        let rust = self.unscoped_rust_names(&key.text, key.span, Of::Field, map.get("rust"));
        let doc = map.get("doc").and_then(|node| self.filled_text(node, "`doc`", limits));
        let kind = match &entry.value.kind {
            Kind::Map { .. } => self.field_kind(&map),
            _ => self.field_type(&entry.value).map(|(kind, optional)| FieldKind::Typed { kind, optional }),
        };
        let doubtful = kind.is_none();
        let kind = kind.unwrap_or_else(|| match map.get("const") {
            Some(_) => FieldKind::Const(Literal::Bool(true)),
            None => FieldKind::Typed { kind: Type::String, optional: self.is_optional(entry, &map) },
        });
        let example = match (&kind, map.get("example").filter(|_| !doubtful)) {
            (FieldKind::Const(value), None) => value.clone(),
            (FieldKind::Const(value), Some(example)) => {
                self.contradiction(example.span, "an example of a constant", "a constant is its own example");
                value.clone()
            }
            (FieldKind::Typed { kind, .. }, None) => example(*kind, &key.text),
            (FieldKind::Typed { kind, .. }, Some(node)) => {
                self.example(node, *kind, limits).unwrap_or_else(|| example(*kind, &key.text))
            }
        };
        let rust = rust.unwrap_or_else(unnamed).snake;
        let field = Field { name: key.text.clone(), rust, kind, doc, example };
        Some(FieldDraft { field, span: key.span, doubtful })
    }

    /// Whether a field whose type is wrong is said to be optional.
    fn is_optional(&self, entry: &Entry, map: &Map<'t>) -> bool {
        let is = |node: &Node, wanted: fn(&str) -> bool| match &node.kind {
            Kind::Scalar { text, .. } => wanted(text),
            _ => false,
        };
        is(map.get("type").unwrap_or(&entry.value), |text| text.ends_with('?'))
            || map.get("optional").is_some_and(|node| is(node, |text| text == "true"))
    }

    /// A value of the type, or a limit: `"{limits.body}"`.
    pub(super) fn example(&mut self, node: &'t Node, kind: Type, limits: &Limits<'t>) -> Option<Literal> {
        if let Kind::Scalar { text, .. } = &node.kind
            && let Some(name) = text.strip_prefix("{limits.").and_then(|rest| rest.strip_suffix('}'))
            && kind != Type::String
        {
            let name = Spanned { value: name, span: node.span };
            let literal = Literal::Number(self.limit(name, limits)?.value.to_string());
            return self.fitting(node, "`example`", kind, literal);
        }
        self.value_of(node, "`example`", kind)
    }

    fn field_kind(&mut self, map: &Map<'t>) -> Option<FieldKind> {
        let typed = map.get("type").map(|node| self.field_type(node));
        let optional = map.get("optional").and_then(|node| self.bool(node, "`optional`"));
        let Some(constant) = map.get("const") else {
            let Some(typed) = typed else {
                if map.lacks("const") {
                    self.required(map, "type", "a field", "string");
                }
                return None;
            };
            let (kind, optional_type) = typed?;
            return Some(FieldKind::Typed {
                kind,
                optional: optional_type || optional.is_some_and(|value| value.value),
            });
        };
        let is_optional = optional.is_some_and(|value| value.value) || matches!(typed, Some(Some((_, true))));
        if is_optional {
            self.contradiction(
                constant.span,
                "a constant is never left out",
                "remove `optional`, or the `?` of its type",
            );
        }
        match typed {
            None => self.literal(constant, "`const`").map(|value| FieldKind::Const(value.value)),
            Some(typed) => self.value_of(constant, "`const`", typed?.0).map(FieldKind::Const),
        }
    }

    fn contradiction(&mut self, span: Span, title: &str, help: &str) {
        self.report(
            Diagnostic::new(Mistake::FieldContradiction, title).at(span, "says otherwise").help(help),
        );
    }

    /// `u64`, or `u64?` for one that may be left out.
    fn field_type(&mut self, node: &'t Node) -> Option<(Type, bool)> {
        let types = || TYPES.iter().map(|(name, _)| *name);
        let help = format!("the types are {}, each with a `?` where it may be left out", list(types()));
        if !matches!(&node.kind, Kind::Scalar { text, style } if !is_null(text, *style)) {
            if let Some(diagnostic) = self.of_wrong_type(node, "a type", "a text") {
                self.report(diagnostic.help(help));
            }
            return None;
        }
        let text = self.text(node, "a type")?;
        let (name, optional) = match text.value.strip_suffix('?') {
            Some(name) => (name, true),
            None => (text.value, false),
        };
        let Some((_, kind)) = TYPES.iter().find(|(known, _)| *known == name) else {
            let name = Spanned { value: name, span: text.span };
            match meant_type(name.value) {
                Some(label) => {
                    let title = format!("{} is no type of a field", quote(name.value));
                    self.report(Diagnostic::new(Mistake::UnknownName, title).at(name.span, label).help(help));
                }
                None => self.unknown(name, "type of a field", types(), &help),
            }
            return None;
        };
        Some((*kind, optional))
    }

    /// A constant of a type.
    fn value_of(&mut self, node: &'t Node, what: &str, kind: Type) -> Option<Literal> {
        // A text needs no quotes here: the type says that it is one.
        if kind == Type::String {
            return self.text(node, what).map(|text| Literal::Text(text.value.to_owned()));
        }
        let literal = self.literal(node, what)?.value;
        self.fitting(node, what, kind, literal)
    }

    fn fitting(&mut self, node: &Node, what: &str, kind: Type, literal: Literal) -> Option<Literal> {
        if !fits(&literal, kind) {
            self.report(
                Diagnostic::new(Mistake::WrongValue, format!("{what} is no value of the field's type"))
                    .at(node.span, format!("not {}", describe(kind)))
                    .help("change the value or the type"),
            );
            return None;
        }
        Some(literal)
    }
}

/// What is said of a type that has another name here, or none.
fn meant_type(name: &str) -> Option<String> {
    let name = name.trim().to_ascii_lowercase();
    let list_or_map = name.ends_with("[]")
        || name.contains('<')
        || matches!(name.as_str(), "list" | "array" | "vec" | "set" | "map" | "object" | "json" | "any");
    if list_or_map {
        return Some("a field holds a single value".to_owned());
    }
    let (_, meant) = ALIASES.iter().find(|(aliases, _)| aliases.contains(&name.as_str()))?;
    let meant: Vec<_> = meant.iter().map(|name| quote(name)).collect();
    Some(format!("did you mean {}?", meant.join(" or ")))
}

fn fits(literal: &Literal, kind: Type) -> bool {
    match (literal, kind) {
        (Literal::Bool(_), Type::Bool) | (Literal::Text(_), Type::String) => true,
        (Literal::Number(number), _) => match kind {
            Type::I32 => number.parse::<i32>().is_ok(),
            Type::I64 => number.parse::<i64>().is_ok(),
            Type::U32 => number.parse::<u32>().is_ok(),
            Type::U64 | Type::Bytes => number.parse::<u64>().is_ok(),
            Type::F64 => number.parse::<f64>().is_ok_and(f64::is_finite),
            // A Duration holds no more.
            Type::Seconds => number.parse::<f64>().is_ok_and(|seconds| (0.0..1e15).contains(&seconds)),
            Type::Bool | Type::String => false,
        },
        _ => false,
    }
}

fn describe(kind: Type) -> &'static str {
    match kind {
        Type::Bool => "`true` or `false`",
        Type::Bytes => "a whole number of bytes",
        Type::F64 => "a number",
        Type::I32 => "a whole number of 32 bits",
        Type::I64 => "a whole number of 64 bits",
        Type::Seconds => "a number of seconds",
        Type::String => "a text",
        Type::U32 => "a whole number of 32 bits, not negative",
        Type::U64 => "a whole number of 64 bits, not negative",
    }
}

fn example(kind: Type, name: &str) -> Literal {
    let number = |text: &str| Literal::Number(text.to_owned());
    match kind {
        Type::Bool => Literal::Bool(true),
        Type::Bytes => number("1048576"),
        Type::F64 => number("0.5"),
        Type::I32 | Type::I64 | Type::U32 | Type::U64 => number("1"),
        Type::Seconds => number("30"),
        Type::String => Literal::Text(name.to_owned()),
    }
}
