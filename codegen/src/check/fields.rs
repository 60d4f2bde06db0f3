//! `fields:` of a code or group.

use super::limits::Limits;
use super::names::{Of, unnamed};
use super::reader::{Context, Map, Spanned, list, quote};
use crate::catalog::{Example, Field, FieldKind, Literal, Shape, Type};
use crate::report::{Diagnostic, Mistake, Span};
use crate::syntax::{Entry, Kind, Node};

/// Who has the fields, as its types are named after it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owner<'o> {
    pub(super) name: &'o str,
    /// `PaymentFailed`; empty where it has none, which is reported.
    pub(super) rust: &'o str,
}

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

    /// Whether it is a field in Rust, too.
    pub(super) fn is_typed(&self) -> bool {
        self.field.kind.typed().is_some()
    }
}

impl<'t> Context<'t> {
    pub(super) fn fields(&mut self, map: &Map<'t>, owner: &Owner<'_>, limits: &Limits<'t>) -> Fields {
        let section = self.section(map, "fields");
        let fields = self.fields_in(section.entries, owner, limits);
        let complete = section.complete && fields.len() == section.entries.len();
        Fields { fields, complete }
    }

    pub(super) fn fields_in(
        &mut self,
        entries: &'t [Entry],
        owner: &Owner<'_>,
        limits: &Limits<'t>,
    ) -> Vec<FieldDraft> {
        entries.iter().filter_map(|entry| self.field(entry, owner, limits)).collect()
    }

    fn field(&mut self, entry: &'t Entry, owner: &Owner<'_>, limits: &Limits<'t>) -> Option<FieldDraft> {
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
        // What a type is called that stands here.
        let name = format!("{}.{}", owner.name, key.text);
        let in_rust = match (&rust, owner.rust) {
            (Some(rust), owner) if !owner.is_empty() => format!("{owner}{}", rust.upper),
            _ => String::new(),
        };
        let place = Owner { name: &name, rust: &in_rust };
        let kind = match &entry.value.kind {
            Kind::Map { .. } => self.field_kind(&map, &place),
            _ => self
                .field_type(&entry.value, &place)
                .map(|(kind, optional)| FieldKind::Typed { kind, optional }),
        };
        let doubtful = kind.is_none();
        let kind = kind.unwrap_or_else(|| match map.get("const") {
            Some(_) => FieldKind::Const(Literal::Bool(true)),
            None => FieldKind::Typed { kind: Type::String, optional: self.is_optional(entry, &map) },
        });
        let example = match (&kind, map.get("example").filter(|_| !doubtful)) {
            (_, None) => None,
            (FieldKind::Const(_), Some(example)) => {
                self.contradiction(example.span, "an example of a constant", "a constant is its own example");
                None
            }
            (FieldKind::Typed { kind, .. }, Some(node)) if self.types.has_struct(kind) => {
                let help = "its fields have examples of their own, under `types:`";
                self.contradiction(node.span, "an example of a type with fields", help);
                None
            }
            (FieldKind::Typed { kind, .. }, Some(node)) => self.example(node, kind, limits),
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
    pub(super) fn example(&mut self, node: &'t Node, kind: &Type, limits: &Limits<'t>) -> Option<Example> {
        match kind {
            Type::Json => return self.example_json(node),
            Type::List(kind) => {
                let items = self.items(node, "`example` of a list")?;
                let examples = items.iter().map(|item| self.example(item, kind, limits));
                return examples.collect::<Option<_>>().map(Example::List);
            }
            Type::Map(kind) => {
                let entries = self.entries(node, "`example` of a map")?;
                let example = |entry: &'t Entry| {
                    Some((entry.key.text.clone(), self.example(&entry.value, kind, limits)?))
                };
                return entries.iter().map(example).collect::<Option<_>>().map(Example::Map);
            }
            _ => {}
        }
        if let Kind::Scalar { text, .. } = &node.kind
            && let Some(name) = text.strip_prefix("{limits.").and_then(|rest| rest.strip_suffix('}'))
            && *kind != Type::String
        {
            let name = Spanned { value: name, span: node.span };
            let literal = Literal::Number(self.limit(name, limits)?.value.to_string());
            return self.fitting(node, "`example`", kind, literal).map(Example::Single);
        }
        self.value_of(node, "`example`", kind).map(Example::Single)
    }

    /// As deep as YAML may be.
    fn example_json(&mut self, node: &'t Node) -> Option<Example> {
        match &node.kind {
            Kind::List(items) => {
                let examples = items.iter().map(|item| self.example_json(item));
                examples.collect::<Option<_>>().map(Example::List)
            }
            Kind::Map { entries, .. } => {
                let example =
                    |entry: &'t Entry| Some((entry.key.text.clone(), self.example_json(&entry.value)?));
                entries.iter().map(example).collect::<Option<_>>().map(Example::Map)
            }
            _ => self.literal(node, "`example`").map(|literal| Example::Single(literal.value)),
        }
    }

    fn field_kind(&mut self, map: &Map<'t>, place: &Owner<'_>) -> Option<FieldKind> {
        let typed = map.get("type").map(|node| self.field_type(node, place));
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
            Some(typed) => {
                let (kind, _) = typed?;
                if !self.types.is_scalar(&kind) {
                    self.contradiction(
                        constant.span,
                        "a constant of a type that is no single value",
                        "remove `type`, or let the server fill the field in",
                    );
                    return None;
                }
                let value = self.value_of(constant, "`const`", &kind).map(FieldKind::Const);
                self.types.forget(&kind);
                value
            }
        }
    }

    fn contradiction(&mut self, span: Span, title: &str, help: &str) {
        self.report(
            Diagnostic::new(Mistake::FieldContradiction, title).at(span, "says otherwise").help(help),
        );
    }

    /// A constant of a type.
    fn value_of(&mut self, node: &'t Node, what: &str, kind: &Type) -> Option<Literal> {
        let literal = match kind {
            // A text needs no quotes here: the type says that it is one.
            Type::String | Type::Timestamp | Type::Url | Type::Uuid | Type::Named(_) => {
                self.text(node, what).map(|text| Literal::Text(text.value.to_owned()))?
            }
            _ => self.literal(node, what)?.value,
        };
        self.fitting(node, what, kind, literal)
    }

    fn fitting(&mut self, node: &Node, what: &str, kind: &Type, literal: Literal) -> Option<Literal> {
        let variants = match kind {
            Type::Named(at) => match self.types.get(*at).map(|named| &named.shape) {
                Some(Shape::Enum(variants)) => variants.as_slice(),
                _ => &[],
            },
            _ => &[],
        };
        let known = |text: &str| variants.iter().any(|variant| variant.text == text);
        let fits = match (&literal, kind) {
            // One of none: that they can't be read is reported.
            (Literal::Text(text), Type::Named(_)) => variants.is_empty() || known(text),
            _ => fits(&literal, kind),
        };
        if !fits {
            let label = match kind {
                Type::Named(_) => {
                    format!("not one of {}", list(variants.iter().map(|variant| variant.text.as_str())))
                }
                kind => format!("not {}", describe(kind)),
            };
            self.report(
                Diagnostic::new(Mistake::WrongValue, format!("{what} is no value of the field's type"))
                    .at(node.span, label)
                    .help("change the value or the type"),
            );
            return None;
        }
        Some(literal)
    }
}

fn fits(literal: &Literal, kind: &Type) -> bool {
    match (literal, kind) {
        (Literal::Bool(_), Type::Bool) | (Literal::Text(_), Type::String) => true,
        (Literal::Text(text), Type::Timestamp) => is_timestamp(text),
        (Literal::Text(text), Type::Url) => is_url(text),
        (Literal::Text(text), Type::Uuid) => is_uuid(text),
        (Literal::Number(number), _) => match kind {
            Type::I32 => number.parse::<i32>().is_ok(),
            Type::I64 => number.parse::<i64>().is_ok(),
            Type::U32 => number.parse::<u32>().is_ok(),
            Type::U64 | Type::Bytes => number.parse::<u64>().is_ok(),
            Type::F64 => number.parse::<f64>().is_ok_and(f64::is_finite),
            // A Duration holds no more.
            Type::Seconds => number.parse::<f64>().is_ok_and(|seconds| (0.0..1e15).contains(&seconds)),
            _ => false,
        },
        _ => false,
    }
}

/// The texts of a field but its name, in bytes.
pub(super) fn weight_of(Field { kind, doc, example, .. }: &Field) -> usize {
    let constant = match kind {
        FieldKind::Const(value) => weight_of_literal(value),
        FieldKind::Typed { .. } => 0,
    };
    let example = example.as_ref().map_or(0, weight_of_example);
    constant + example + doc.as_ref().map_or(0, String::len)
}

fn weight_of_literal(value: &Literal) -> usize {
    match value {
        Literal::Null | Literal::List(_) | Literal::Map(_) | Literal::Bool(_) => 1,
        Literal::Number(text) | Literal::Text(text) => text.len(),
    }
}

fn weight_of_example(example: &Example) -> usize {
    match example {
        Example::Single(value) => weight_of_literal(value),
        Example::List(examples) => 1 + examples.iter().map(weight_of_example).sum::<usize>(),
        Example::Map(members) => {
            1 + members.iter().map(|(key, example)| key.len() + weight_of_example(example)).sum::<usize>()
        }
    }
}

/// The shape of RFC 3339 in UTC, as a server writes it.
fn is_timestamp(text: &str) -> bool {
    let Some((time, zone)) = text.split_at_checked(19) else { return false };
    let shaped = time.bytes().zip("0000-00-00T00:00:00".bytes()).all(|(byte, shape)| match shape {
        b'0' => byte.is_ascii_digit(),
        shape => byte == shape,
    });
    let part =
        |from: usize| time.get(from..from + 2).and_then(|digits| digits.parse::<u8>().ok()).unwrap_or(99);
    let in_range = (1..=12).contains(&part(5))
        && (1..=31).contains(&part(8))
        && part(11) <= 23
        && part(14) <= 59
        && part(17) <= 59;
    let fraction = zone.strip_suffix('Z').map(|rest| rest.strip_prefix('.').unwrap_or("0"));
    let plain = zone == "Z" || zone.starts_with('.');
    let digits = |text: &str| (1..=9).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    shaped && in_range && plain && fraction.is_some_and(digits)
}

/// A scheme and something behind it (RFC 3986 section 3).
fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let in_scheme = |char: char| char.is_ascii_alphanumeric() || matches!(char, '+' | '-' | '.');
    scheme.starts_with(|char: char| char.is_ascii_alphabetic())
        && scheme.chars().all(in_scheme)
        && !rest.is_empty()
        && !rest
            .contains(|char: char| char.is_whitespace() || char.is_control() || "<>\"\\^`{|}".contains(char))
}

fn is_uuid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

fn describe(kind: &Type) -> &'static str {
    match kind {
        Type::Bool => "`true` or `false`",
        Type::Bytes => "a whole number of bytes",
        Type::F64 => "a number",
        Type::I32 => "a whole number of 32 bits",
        Type::I64 => "a whole number of 64 bits",
        Type::Json => "JSON",
        Type::List(_) => "a list",
        Type::Map(_) => "a mapping",
        Type::Named(_) => "one of its values",
        Type::Seconds => "a number of seconds",
        Type::String => "a text",
        Type::Timestamp => "a time such as `2031-04-05T06:07:08Z`",
        Type::U32 => "a whole number of 32 bits, not negative",
        Type::U64 => "a whole number of 64 bits, not negative",
        Type::Url => "a URL such as `https://example.com/`",
        Type::Uuid => "a UUID such as `7f6ae1b0-3c5d-4e8f-9a2b-1c3d5e7f9a0b`",
    }
}
