//! `limits:`, the numbers that messages, docs and server code agree on.

use super::names::{Names, Of, Scope};
use super::reader::{Context, Spanned};
use crate::catalog::Limit;
use crate::report::{Diagnostic, Mistake};
use crate::syntax::{Kind, Node, Style};

/// Decimal and binary multiples of a byte.
const UNITS: &[(&str, u64)] = &[
    ("", 1),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
];

/// All limits; one that could not be read is there by its name.
#[derive(Debug, Default)]
pub(super) struct Limits<'t> {
    pub(super) names: Names<'t>,
    pub(super) limits: Vec<Limit>,
}

impl<'t> Context<'t> {
    pub(super) fn limits(&mut self, node: Option<&'t Node>) -> Limits<'t> {
        let Some(entries) = node.and_then(|node| self.entries(node, "`limits`")) else {
            return Limits::default();
        };
        let mut scope = Scope::default();
        let mut limits = Vec::new();
        for entry in entries {
            let name = Spanned { value: entry.key.text.as_str(), span: entry.key.span };
            let rust = if self.name(name, "a limit") {
                self.rust_names(name.value, name.span, Of::Limit, None, &mut scope)
            } else {
                None
            };
            let (value, text) = self.limit_value(&entry.value).unwrap_or_default();
            limits.push(Limit {
                name: name.value.to_owned(),
                rust: rust.map(|rust| rust.snake.to_ascii_uppercase()).unwrap_or_default(),
                value,
                text,
                line: self.line(name.span),
            });
        }
        Limits { names: Names::new(entries.iter().map(|entry| entry.key.text.as_str())), limits }
    }

    fn limit_value(&mut self, node: &'t Node) -> Option<(u64, String)> {
        let text = self.text(node, "a limit")?;
        let unit_start = text.value.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.value.len());
        let (digits, unit) = text.value.split_at(unit_start);
        let unit = unit.strip_prefix(' ').unwrap_or(unit);
        let factor = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, factor)| *factor);
        let number: Option<u64> = digits.parse().ok().filter(|_| digits == "0" || !digits.starts_with('0'));
        let value = number.zip(factor).and_then(|(number, factor)| number.checked_mul(factor));
        match value {
            Some(value)
                if unit.is_empty() && matches!(node.kind, Kind::Scalar { style: Style::Quoted, .. }) =>
            {
                self.report(
                    Diagnostic::new(Mistake::QuotedNumber, "a limit is a number, not a text")
                        .at(node.span, "a text")
                        .help(format!("remove the quotes: `{value}`")),
                );
                None
            }
            Some(value) => Some((value, text.value.to_owned())),
            None => {
                self.report(
                    Diagnostic::new(Mistake::BadLimit, "a limit is a whole number, or a number of bytes")
                        .at(node.span, "is neither")
                        .help("write `1800`, or `25 MB` with one of the units kB, MB, GB, KiB, MiB and GiB"),
                );
                None
            }
        }
    }
}
