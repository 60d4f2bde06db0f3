//! Names: which may be written, and what becomes of them in Rust.
//!
//! The rule. A name is cut into words: everything but ASCII letters and digits separates them, and so does the place
//! where a large letter follows a small one, or stands before a small one (`DBInstance` is `DB` and `Instance`).
//! * `UpperCamelCase`: of each word the first letter large and the rest small. Between two words whose digits would
//!   meet stands `_`.
//! * `snake_case`: all small, joined by `_`.
//! * A name that would begin with a digit gets a word in front: `Code2202E`, `code_2202e`.
//! * A keyword gets a trailing underscore: `type_`, `Self_`.
//! * A name without any ASCII letter or digit, or with letters that are not ASCII, has no Rust name of its own; where
//!   the file has `rust:`, that is the UpperCamelCase, and the snake_case is made of it.

use super::reader::{Context, Section, Spanned, list, quote};
use crate::catalog::RustName;
use crate::report::{Diagnostic, Mistake, Span};
use crate::syntax::{Key, Node};
use std::collections::BTreeMap;

/// The longest name or code.
pub(super) const LONGEST: usize = 200;

/// Rust's keywords of all editions so far, reserved ones too.
const KEYWORDS: &[&str] = &[
    "Self", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do",
    "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual",
    "where", "while", "yield",
];

/// Modules and types that stand beside an API's own in generated code.
const TAKEN_BY_APIS: &[&str] = &[
    "Action",
    "Code",
    "Error",
    "ErrorResponse",
    "Group",
    "Limits",
    "Result",
    "action",
    "alloc",
    "code",
    "core",
    "errbook",
    "group",
    "limits",
    "result",
    "std",
    "types",
];

/// Associated items of the generated `Code`, which a variant would hide.
const TAKEN_BY_VARIANTS: &[&str] = &["ALL"];

/// What a name is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Action,
    Api,
    Code,
    Envelope,
    Field,
    Group,
    Limit,
    Type,
    /// Of an enum.
    Value,
}

impl Of {
    /// With what a name begins that would begin with a digit.
    fn prefix(self) -> &'static str {
        match self {
            Of::Action => "action",
            Of::Api => "api",
            Of::Code => "code",
            Of::Envelope => "envelope",
            Of::Field => "field",
            Of::Group => "group",
            Of::Limit => "limit",
            Of::Type => "type",
            Of::Value => "value",
        }
    }
}

/// The words of a name.
pub(super) fn words(name: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for run in name.split(|char: char| !char.is_ascii_alphanumeric()) {
        let bytes = run.as_bytes();
        let mut start = 0;
        for at in 1..bytes.len() {
            let large = bytes.get(at).is_some_and(u8::is_ascii_uppercase);
            let after_small = bytes.get(at - 1).is_some_and(u8::is_ascii_lowercase);
            let before_small = bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase);
            if large && (after_small || before_small) {
                words.extend(run.get(start..at));
                start = at;
            }
        }
        words.extend(run.get(start..));
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The Rust names of a name, by the rule above. None where it leaves nothing.
pub(super) fn rust_name(name: &str, of: Of) -> Option<RustName> {
    if !name.is_ascii() {
        return None;
    }
    let mut words = words(name);
    if words.first()?.starts_with(|char: char| char.is_ascii_digit()) {
        words.insert(0, of.prefix());
    }
    let mut upper = String::new();
    for word in &words {
        let digits_meet = upper.ends_with(|char: char| char.is_ascii_digit())
            && word.starts_with(|char: char| char.is_ascii_digit());
        if digits_meet {
            upper.push('_');
        }
        let first = word.find(|char: char| char.is_ascii_alphabetic()).unwrap_or_default();
        for (at, char) in word.char_indices() {
            upper.push(if at <= first { char.to_ascii_uppercase() } else { char.to_ascii_lowercase() });
        }
    }
    Some(RustName { upper: no_keyword(upper), snake: no_keyword(words.join("_").to_ascii_lowercase()) })
}

fn no_keyword(mut name: String) -> String {
    if KEYWORDS.contains(&name.as_str()) {
        name.push('_');
    }
    name
}

/// What stands in for a Rust name where there is none, which is reported.
pub(super) fn unnamed() -> RustName {
    RustName { upper: String::new(), snake: String::new() }
}

/// A heading from a name: `rate_limit_exceeded` is “Rate limit exceeded”.
pub(super) fn title(name: &str) -> String {
    let small_letters = name.contains(|char: char| char.is_ascii_lowercase());
    let mut title = String::new();
    for word in words(name) {
        // An abbreviation or a number among words stays as it is.
        let keep = word.contains(|char: char| char.is_ascii_digit())
            || small_letters && word.len() > 1 && !word.contains(|char: char| char.is_ascii_lowercase());
        if !title.is_empty() {
            title.push(' ');
        }
        if keep {
            title.push_str(word);
        } else if title.is_empty() {
            let (first, rest) = word.split_at(1);
            title.push_str(&first.to_ascii_uppercase());
            title.push_str(&rest.to_ascii_lowercase());
        } else {
            title.push_str(&word.to_ascii_lowercase());
        }
    }
    if title.is_empty() || !name.is_ascii() { name.to_owned() } else { title }
}

/// The names of one kind in one scope, to find two that are the same in Rust.
#[derive(Debug, Default)]
pub(super) struct Scope {
    upper: BTreeMap<String, (String, Span)>,
    snake: BTreeMap<String, (String, Span)>,
}

impl Scope {
    /// A type's name that isn't used after all.
    pub(super) fn free(&mut self, upper: Option<String>) {
        if let Some(upper) = upper {
            self.upper.remove(&upper);
        }
    }
}

impl<'t> Context<'t> {
    /// The name of a catalog, API, group and so on: a word that can be written everywhere without quotes.
    pub(super) fn name(&mut self, name: Spanned<&'t str>, what: &str) -> bool {
        let letter = name.value.starts_with(|char: char| char.is_ascii_alphabetic());
        let plain = name.value.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-'));
        let good = letter && plain && name.value.len() <= LONGEST;
        if !good {
            self.report(
                Diagnostic::new(
                    Mistake::BadName,
                    format!("{} can't be the name of {what}", quote(name.value)),
                )
                .at(name.span, "not a name")
                .help("a name begins with a letter and has letters, digits, `_` and `-`"),
            );
        }
        good
    }

    /// A code, as an API may have defined it long ago: nearly any text.
    pub(super) fn code_name(&mut self, key: &Key) {
        let code = &key.text;
        let blank = code.trim() != code || code.is_empty();
        if blank || code.len() > LONGEST || code.contains(|char: char| char.is_control()) {
            self.report(
                Diagnostic::new(Mistake::BadName, format!("{} can't be a code", quote(code)))
                    .at(key.span, "not a code")
                    .help(format!(
                        "a code is a text of up to {LONGEST} bytes without line breaks, and without blanks around it"
                    )),
            );
        }
    }

    /// The Rust names of `name`: unique in `scope`, free of what generated code calls its own.
    pub(super) fn rust_names(
        &mut self,
        name: &str,
        span: Span,
        of: Of,
        explicit: Option<&'t Node>,
        scope: &mut Scope,
    ) -> Option<RustName> {
        let span = explicit.map_or(span, |node| node.span);
        let rust = self.unscoped_rust_names(name, span, of, explicit)?;
        let taken: &[&str] = match of {
            Of::Api => TAKEN_BY_APIS,
            Of::Code => TAKEN_BY_VARIANTS,
            _ => &[],
        };
        if let Some(taken) = taken.iter().find(|taken| **taken == rust.upper || **taken == rust.snake) {
            let help = match of {
                Of::Api => format!("name it `{name}_api`, for example"),
                _ => "choose another `rust:`".to_owned(),
            };
            self.report(
                Diagnostic::new(
                    Mistake::ReservedName,
                    format!("{} is a name of the generated code", quote(name)),
                )
                .at(span, format!("would be `{taken}` in Rust"))
                .help(help),
            );
            return None;
        }
        let upper = self.claim(&mut scope.upper, &rust.upper, name, span, of);
        // Where the first collides, the second adds nothing.
        let free = upper && self.claim(&mut scope.snake, &rust.snake, name, span, of);
        free.then_some(rust)
    }

    /// The Rust names of `name`, wherever it will stand.
    pub(super) fn unscoped_rust_names(
        &mut self,
        name: &str,
        span: Span,
        of: Of,
        explicit: Option<&'t Node>,
    ) -> Option<RustName> {
        if let Some(node) = explicit {
            return self.explicit(node, of);
        }
        let rust = rust_name(name, of);
        if rust.is_none() {
            self.report(
                Diagnostic::new(Mistake::NoRustName, format!("{} has no name in Rust", quote(name)))
                    .at(span, "not made of ASCII letters and digits")
                    .help(match of {
                        Of::Field => "add `rust: name_in_rust`",
                        _ => "add `rust: NameInRust`",
                    }),
            );
        }
        rust
    }

    fn explicit(&mut self, node: &'t Node, of: Of) -> Option<RustName> {
        let text = self.text(node, "`rust`")?;
        let first = |char: char| match of {
            Of::Field => char.is_ascii_lowercase(),
            _ => char.is_ascii_uppercase(),
        };
        let rest = |char: char| match of {
            Of::Field => char.is_ascii_lowercase() || char.is_ascii_digit() || char == '_',
            _ => char.is_ascii_alphanumeric() || char == '_',
        };
        let good = text.value.starts_with(first)
            && text.value.chars().all(rest)
            && text.value.len() <= LONGEST
            && !KEYWORDS.contains(&text.value);
        let made = if good { rust_name(text.value, of) } else { None };
        let Some(RustName { upper, snake }) = made else {
            let wanted = match of {
                Of::Field => "a field in Rust, such as `limit_bytes`",
                _ => "a type in Rust, such as `RateLimitExceeded`",
            };
            self.report(
                Diagnostic::new(Mistake::BadRustName, format!("`rust` is the name of {wanted}"))
                    .at(node.span, "is none"),
            );
            return None;
        };
        Some(match of {
            Of::Field => RustName { upper, snake: text.value.to_owned() },
            _ => RustName { upper: text.value.to_owned(), snake },
        })
    }

    /// A field's name in Rust must differ from the others of its code.
    pub(super) fn claim_field(&mut self, scope: &mut Scope, rust: &str, name: &str, span: Span) {
        // Where it has none, that is reported.
        if !rust.is_empty() {
            self.claim(&mut scope.snake, rust, name, span, Of::Field);
        }
    }

    /// A type's name in Rust must differ from the others.
    pub(super) fn claim_type(&mut self, scope: &mut Scope, rust: &str, name: &str, span: Span) -> bool {
        self.claim(&mut scope.upper, rust, name, span, Of::Type)
    }

    /// So must that of an enum's value.
    pub(super) fn claim_value(&mut self, scope: &mut Scope, rust: &str, name: &str, span: Span) -> bool {
        self.claim(&mut scope.upper, rust, name, span, Of::Value)
    }

    fn claim(
        &mut self,
        names: &mut BTreeMap<String, (String, Span)>,
        rust: &str,
        name: &str,
        span: Span,
        of: Of,
    ) -> bool {
        let Some((other, first)) = names.get(rust) else {
            names.insert(rust.to_owned(), (name.to_owned(), span));
            return true;
        };
        let title = if other == name {
            format!("{} is two things with the same name in Rust", quote(name))
        } else {
            format!("{} and {} have the same name in Rust", quote(other), quote(name))
        };
        let diagnostic = Diagnostic::new(Mistake::SameRustName, title);
        let diagnostic = match *first == span {
            true => diagnostic.at(span, format!("`{rust}` in Rust, both")),
            false => diagnostic.at(span, format!("`{rust}` too")).and(*first, format!("`{rust}` in Rust")),
        };
        self.report(match of {
            Of::Code | Of::Group | Of::Action | Of::Api => {
                diagnostic.help("give one of them another: `rust: OtherName`")
            }
            Of::Field => diagnostic.help("give one of them another: `rust: other_name`"),
            Of::Type => diagnostic
                .help("rename one of them; what a field declares can have a name of its own under `types:`"),
            Of::Value => diagnostic.help("use `string`, and list the values in the field's `doc`"),
            _ => diagnostic.help("rename one of them"),
        });
        false
    }

    /// Finds the index of a name, or says which may be meant. Says nothing where names are missing from those known.
    pub(super) fn index(
        &mut self,
        name: Spanned<&str>,
        what: &str,
        names: &Names<'t>,
        help: &str,
    ) -> Option<Spanned<usize>> {
        match names.get(name.value) {
            Some(value) => Some(Spanned { value, span: name.span }),
            None if !names.complete => None,
            None => {
                let help = match names.order.len() {
                    1..=12 => format!("{help}; known here: {}", list(names.order.iter().copied())),
                    _ => help.to_owned(),
                };
                self.unknown(name, what, names.order.iter().copied(), &help);
                None
            }
        }
    }
}

/// What names stand for, as indices in the order of the file.
#[derive(Debug)]
pub(super) struct Names<'t> {
    order: Vec<&'t str>,
    index: BTreeMap<&'t str, usize>,
    /// False where the part of the file that has them could not be read, which is reported.
    complete: bool,
}

impl<'t> Names<'t> {
    pub(super) fn new(names: impl IntoIterator<Item = &'t str>, complete: bool) -> Self {
        let order: Vec<_> = names.into_iter().collect();
        let index = order.iter().enumerate().map(|(index, name)| (*name, index)).collect();
        Self { order, index, complete }
    }

    /// The names that are keys of a part of the file.
    pub(super) fn of(section: &Section<'t>) -> Self {
        Self::new(section.entries.iter().map(|entry| entry.key.text.as_str()), section.complete)
    }

    pub(super) fn get(&self, name: &str) -> Option<usize> {
        self.index.get(name).copied()
    }

    pub(super) fn is_complete(&self) -> bool {
        self.complete
    }

    pub(super) fn len(&self) -> usize {
        self.order.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rust_names_follow_the_rule() {
        let cases = [
            ("rate_limit_exceeded", "RateLimitExceeded", "rate_limit_exceeded"),
            ("card-declined", "CardDeclined", "card_declined"),
            ("2202E", "Code2202E", "code_2202e"),
            ("40001", "Code40001", "code_40001"),
            ("-32001", "Code32001", "code_32001"),
            ("1.10", "Code1_10", "code_1_10"),
            ("InvalidParameterValue", "InvalidParameterValue", "invalid_parameter_value"),
            ("QuotaExceeded.DBInstance", "QuotaExceededDbInstance", "quota_exceeded_db_instance"),
            ("urn:x:y:rateLimited", "UrnXYRateLimited", "urn_x_y_rate_limited"),
            ("DCP stream-ID invalid", "DcpStreamIdInvalid", "dcp_stream_id_invalid"),
            ("ERROR - [05]", "Error05", "error_05"),
            ("oauth2Token", "Oauth2Token", "oauth2_token"),
            ("TIMEOUT", "Timeout", "timeout"),
            ("type", "Type", "type_"),
            ("Self", "Self_", "self_"),
            ("crate", "Crate", "crate_"),
        ];
        for (name, upper, snake) in cases {
            let rust = rust_name(name, Of::Code).expect(name);
            assert_eq!((rust.upper.as_str(), rust.snake.as_str()), (upper, snake), "{name}");
        }
        assert_eq!(rust_name("größe", Of::Code), None);
        assert_eq!(rust_name("--", Of::Code), None);
        assert_eq!(rust_name("", Of::Code), None);
    }

    #[test]
    fn titles_keep_abbreviations() {
        let cases = [
            ("rate_limit_exceeded", "Rate limit exceeded"),
            ("QuotaExceeded.DBInstance", "Quota exceeded DB instance"),
            ("2202E", "2202E"),
            ("RATE_LIMIT", "Rate limit"),
            ("größe", "größe"),
            ("--", "--"),
        ];
        for (name, expected) in cases {
            assert_eq!(title(name), expected);
        }
    }
}
