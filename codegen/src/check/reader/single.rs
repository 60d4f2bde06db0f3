//! Single values: texts, words, flags, numbers, constants.

use std::ops::RangeInclusive;

use super::{Context, Spanned, is_null, list};
use crate::catalog::Literal;
use crate::report::{Diagnostic, Mistake};
use crate::syntax::{Kind, Node, Style};

impl<'t> Context<'t> {
    /// A text of any style. Numbers and booleans are texts too, as they are written.
    pub(in crate::check) fn text(&mut self, node: &'t Node, what: &str) -> Option<Spanned<&'t str>> {
        match &node.kind {
            Kind::Scalar { text, style } if !is_null(text, *style) => {
                // The line break at the end of a block belongs to YAML.
                let text = if *style == Style::Block { text.trim_end_matches('\n') } else { text };
                if text.trim().is_empty() {
                    self.empty(node.span, what);
                    return None;
                }
                Some(Spanned { value: text, span: node.span })
            }
            _ => {
                self.wrong_type(node, what, "a text");
                None
            }
        }
    }

    /// A text on one line.
    pub(in crate::check) fn line_of_text(&mut self, node: &'t Node, what: &str) -> Option<Spanned<&'t str>> {
        let text = self.text(node, what)?;
        if let Some(control) = text.value.chars().find(|char| char.is_control()) {
            let help = match control {
                '\n' => "write it as one line, or fold it with `>-`",
                _ => "remove it",
            };
            self.report(
                Diagnostic::new(Mistake::ControlCharacter, format!("{what} holds a control character"))
                    .at(node.span, format!("has U+{:04X} in it", u32::from(control)))
                    .help(help),
            );
            return None;
        }
        Some(text)
    }

    /// One of a few words.
    pub(in crate::check) fn word<T: Copy>(
        &mut self,
        node: &'t Node,
        what: &str,
        words: &[(&str, T)],
    ) -> Option<Spanned<T>> {
        let text = self.text(node, what)?;
        match words.iter().find(|(word, _)| *word == text.value) {
            Some((_, value)) => Some(Spanned { value: *value, span: node.span }),
            None => {
                let names = || words.iter().map(|(word, _)| *word);
                self.unknown(text, what, names(), &format!("it is one of {}", list(names())));
                None
            }
        }
    }

    pub(in crate::check) fn bool(&mut self, node: &'t Node, what: &str) -> Option<Spanned<bool>> {
        let text = self.text(node, what)?;
        let plain = matches!(node.kind, Kind::Scalar { style: Style::Plain, .. });
        let value = match text.value {
            "true" if plain => true,
            "false" if plain => false,
            other => {
                let help = match meant_bool(other) {
                    Some(meant) => format!("write `{meant}`, without quotes"),
                    None => "write `true` or `false`".to_owned(),
                };
                self.report(
                    Diagnostic::new(Mistake::NotABool, format!("{what} is `true` or `false`"))
                        .at(node.span, "is neither")
                        .help(help),
                );
                return None;
            }
        };
        Some(Spanned { value, span: node.span })
    }

    /// A whole number, written in digits.
    pub(in crate::check) fn integer(
        &mut self,
        node: &'t Node,
        what: &str,
        range: RangeInclusive<u64>,
    ) -> Option<Spanned<u64>> {
        let (low, high) = range.into_inner();
        let Spanned { value, span } = self.whole(node, what, low.into()..=high.into())?;
        Some(Spanned { value: u64::try_from(value).ok()?, span })
    }

    /// The same with a sign.
    pub(in crate::check) fn signed(&mut self, node: &'t Node, what: &str) -> Option<Spanned<i64>> {
        let Spanned { value, span } = self.whole(node, what, i64::MIN.into()..=i64::MAX.into())?;
        Some(Spanned { value: i64::try_from(value).ok()?, span })
    }

    fn whole(&mut self, node: &'t Node, what: &str, range: RangeInclusive<i128>) -> Option<Spanned<i128>> {
        let Kind::Scalar { text, style } = &node.kind else {
            self.wrong_type(node, what, "a number");
            return None;
        };
        if is_null(text, *style) {
            self.wrong_type(node, what, "a number");
            return None;
        }
        // As JSON has them: no sign but a minus, no zero in front.
        let value = text.parse().ok().filter(|value: &i128| value.to_string() == *text);
        match value {
            Some(value) if *style == Style::Plain && range.contains(&value) => {
                Some(Spanned { value, span: node.span })
            }
            Some(value) if range.contains(&value) => {
                self.report(
                    Diagnostic::new(Mistake::QuotedNumber, format!("{what} is a number, not a text"))
                        .at(node.span, "a text")
                        .help(format!("remove the quotes: `{value}`")),
                );
                None
            }
            _ => {
                let (low, high) = range.into_inner();
                self.report(
                    Diagnostic::new(
                        Mistake::BadNumber,
                        format!("{what} is a whole number from {low} to {high}"),
                    )
                    .at(node.span, "is none of these"),
                );
                None
            }
        }
    }

    /// A constant: boolean, number or text. `what` is where it stands.
    pub(in crate::check) fn literal(&mut self, node: &'t Node, what: &str) -> Option<Spanned<Literal>> {
        let (text, style) = match &node.kind {
            Kind::Scalar { text, style } if !is_null(text, *style) => (text, *style),
            _ => {
                self.wrong_type(node, what, "a constant");
                return None;
            }
        };
        let value = match text.as_str() {
            _ if style != Style::Plain => Literal::Text(text.clone()),
            "true" => Literal::Bool(true),
            "false" => Literal::Bool(false),
            number if is_json_number(number) => Literal::Number(number.to_owned()),
            other => {
                let meaning = match meant_bool(other) {
                    Some(meant) => Some(format!("write `{meant}`, or `\"{other}\"` for the text")),
                    None if looks_like_number(other) => {
                        Some(format!("write the number as JSON does, or `\"{other}\"` for the text"))
                    }
                    None => None,
                };
                if let Some(help) = meaning {
                    self.report(
                        Diagnostic::new(
                            Mistake::AmbiguousConstant,
                            format!("`{other}` can be read in two ways"),
                        )
                        .at(node.span, "a text, or something else")
                        .help(help),
                    );
                    return None;
                }
                Literal::Text(other.to_owned())
            }
        };
        Some(Spanned { value, span: node.span })
    }
}

/// What YAML 1.1 and people read as a boolean.
fn meant_bool(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "y" | "on" => Some(true),
        "false" | "no" | "n" | "off" => Some(false),
        _ => None,
    }
}

fn is_json_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole)
        && (whole.len() == 1 || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}

/// A number of YAML's that is none of JSON's: `+1`, `010`, `.5`, `0x1F`, `.inf`.
fn looks_like_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let based = |prefix: &str, radix: u32| {
        unsigned
            .strip_prefix(prefix)
            .is_some_and(|digits| !digits.is_empty() && digits.chars().all(|char| char.is_digit(radix)))
    };
    let decimal = unsigned.starts_with(|char: char| char.is_ascii_digit() || char == '.')
        && unsigned.contains(|char: char| char.is_ascii_digit())
        && unsigned.parse::<f64>().is_ok();
    decimal
        || based("0x", 16)
        || based("0o", 8)
        || matches!(unsigned.to_ascii_lowercase().as_str(), ".inf" | ".nan")
}
