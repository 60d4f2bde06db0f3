//! `fields:` of a code or group.

use super::limits::Limits;
use super::names::{Of, unnamed};
use super::reader::{Context, Map, Spanned, list, quote};
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

#[derive(Debug, Clone)]
pub(super) struct FieldDraft {
    pub(super) field: Field,
    pub(super) span: Span,
}

impl FieldDraft {
    /// Whether an answer can't be made without a value for it.
    pub(super) fn is_required(&self) -> bool {
        matches!(self.field.kind, FieldKind::Typed { optional: false, .. })
    }
}

impl<'t> Context<'t> {
    pub(super) fn fields(&mut self, node: &'t Node, limits: &Limits<'t>) -> Vec<FieldDraft> {
        let entries = self.entries(node, "`fields`").unwrap_or_default();
        entries.iter().filter_map(|entry| self.field(entry, limits)).collect()
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
        let kind = kind?;
        let example = match (&kind, map.get("example")) {
            (FieldKind::Const(value), None) => value.clone(),
            (FieldKind::Const(value), Some(example)) => {
                self.contradiction(example.span, "an example of a constant", "a constant is its own example");
                value.clone()
            }
            (FieldKind::Typed { kind, .. }, None) => example(*kind, &key.text),
            (FieldKind::Typed { kind, .. }, Some(node)) => self.example(node, *kind, limits)?,
        };
        let rust = rust.unwrap_or_else(unnamed).snake;
        Some(FieldDraft { field: Field { name: key.text.clone(), rust, kind, doc, example }, span: key.span })
    }

    /// A value of the type, or a limit: `"{limits.body}"`.
    fn example(&mut self, node: &'t Node, kind: Type, limits: &Limits<'t>) -> Option<Literal> {
        if let Kind::Scalar { text, .. } = &node.kind
            && let Some(name) = text.strip_prefix("{limits.").and_then(|rest| rest.strip_suffix('}'))
            && kind != Type::String
        {
            let literal = Literal::Number(self.limit(node, name, limits)?.value.to_string());
            return self.fitting(node, "`example`", kind, literal);
        }
        self.value_of(node, "`example`", kind)
    }

    fn field_kind(&mut self, map: &Map<'t>) -> Option<FieldKind> {
        let typed = map.get("type").map(|node| self.field_type(node));
        let optional = map.get("optional").and_then(|node| self.bool(node, "`optional`"));
        let Some(constant) = map.get("const") else {
            let Some(typed) = typed else {
                self.required(map, "type", "a field", "string");
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
        let text = self.text(node, "a type")?;
        let (name, optional) = match text.value.strip_suffix('?') {
            Some(name) => (name, true),
            None => (text.value, false),
        };
        let Some((_, kind)) = TYPES.iter().find(|(known, _)| *known == name) else {
            let names = || TYPES.iter().map(|(name, _)| *name);
            let help = format!("the types are {}, each with a `?` where it may be left out", list(names()));
            self.unknown(Spanned { value: name, span: text.span }, "type of a field", names(), &help);
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
