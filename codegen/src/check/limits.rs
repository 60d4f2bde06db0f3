//! `limits:`, the numbers that messages, docs and server code agree on.

use super::names::{Names, Of, Scope};
use super::reader::{Context, Map, Spanned, quote};
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
#[derive(Debug)]
pub(super) struct Limits<'t> {
    pub(super) names: Names<'t>,
    pub(super) limits: Vec<Limit>,
}

impl<'t> Context<'t> {
    pub(super) fn limits(&mut self, map: &Map<'t>) -> Limits<'t> {
        let section = self.section(map, "limits");
        let mut scope = Scope::default();
        let mut limits = Vec::new();
        for entry in section.entries {
            let name = Spanned { value: entry.key.text.as_str(), span: entry.key.span };
            let rust = if self.name(name, "a limit") {
                self.rust_names(name.value, name.span, Of::Limit, None, &mut scope)
            } else {
                None
            };
            let (value, text) = self.bytes(&entry.value, "a limit").unwrap_or_default();
            limits.push(Limit {
                name: name.value.to_owned(),
                rust: rust.map(|rust| rust.snake.to_ascii_uppercase()).unwrap_or_default(),
                value,
                text,
                line: self.line(name.span),
            });
        }
        Limits { names: Names::of(&section), limits }
    }

    /// A whole number, or one of bytes with a unit; and how it is written.
    pub(super) fn bytes(&mut self, node: &'t Node, what: &str) -> Option<(u64, String)> {
        let text = self.text(node, what)?;
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
                    Diagnostic::new(Mistake::QuotedNumber, format!("{what} is a number, not a text"))
                        .at(node.span, "a text")
                        .help(format!("remove the quotes: `{value}`")),
                );
                None
            }
            Some(value) => Some((value, text.value.to_owned())),
            None => {
                self.report(
                    Diagnostic::new(
                        Mistake::BadLimit,
                        format!("{what} is a whole number, or a number of bytes"),
                    )
                    .at(node.span, "is neither")
                    .help(advice(text.value)),
                );
                None
            }
        }
    }
}

/// What to write instead of a limit that can't be read.
fn advice(text: &str) -> String {
    const UNKNOWN: &str = "write `1800`, or `25 MB` with one of the units kB, MB, GB, KiB, MiB and GiB";
    let number_end = text.trim_end_matches(|char: char| char.is_ascii_alphabetic()).len();
    let (written, unit) = text.split_at(number_end);
    let written = written.trim_end();
    let Some(units) = meant_units(unit) else { return UNKNOWN.to_owned() };
    let whole = |digits: &str| digits.parse::<u64>().ok().filter(|_| !digits.starts_with('+'));
    let separated = |char: char| matches!(char, '_' | ',' | '\'' | ' ');
    let known_unit = units.contains(&unit);
    if whole(written).is_some() && known_unit && !written.starts_with('0') {
        return "that is more than 64 bits hold".to_owned();
    }
    // `1,5` and `1.5` are none of thousands.
    let mut groups = written.split(separated).skip(1).peekable();
    let thousands = groups.peek().is_none() || groups.all(|group| group.len() == 3);
    let Some(number) = whole(&written.replace(separated, "")).filter(|_| thousands) else {
        return match written.parse::<f64>() {
            Ok(number) if number > 0.0 && !unit.is_empty() => {
                format!("write a whole number of a smaller unit than in {}", quote(text))
            }
            _ => UNKNOWN.to_owned(),
        };
    };
    let meant = |unit: &&str| match *unit {
        "" => format!("`{number}`"),
        unit => format!("`{number} {unit}`"),
    };
    let meant: Vec<_> = units.iter().filter(|meant| !known_unit || **meant == unit).map(meant).collect();
    format!("write {}", meant.join(" or "))
}

/// The units that a text was probably meant to be.
fn meant_units(unit: &str) -> Option<&'static [&'static str]> {
    Some(match unit.to_ascii_lowercase().as_str() {
        "" | "b" | "byte" | "bytes" => &[""],
        "k" | "kb" => &["kB", "KiB"],
        "m" | "mb" => &["MB", "MiB"],
        "g" | "gb" => &["GB", "GiB"],
        "ki" | "kib" => &["KiB"],
        "mi" | "mib" => &["MiB"],
        "gi" | "gib" => &["GiB"],
        _ => return None,
    })
}
