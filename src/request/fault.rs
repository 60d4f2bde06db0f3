//! What can be wrong with a value, and how it is said to whoever sent it.

use std::fmt::{self, Write as _};

use serde::de;

/// Why something could not be read. Only this crate makes a sentence of it: what a type says of itself names Rust's
/// types and the caller's values.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Wrong {
    /// It was told already, or there is nothing to tell.
    Told,
    /// Not even a dummy of it can be made.
    Hopeless,
    Missing(&'static str),
    /// It is there, and is null.
    Null,
    Unknown(String),
    Twice(String),
    /// Of a form, where one is wanted.
    Several,
    Wanted(Wanted),
    /// Of the right type, and still not valid.
    Value,
    Length,
    TooDeep,
}

/// What a type asks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Wanted {
    Text,
    Character,
    Bool,
    Whole(i128, i128),
    Whole128,
    Number,
    Null,
    List,
    /// A list of so many.
    Values(usize),
    Object,
    OneOf(&'static [&'static str]),
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// So many names are listed.
        const MOST: usize = 20;
        match self {
            Wanted::Text => f.write_str("a string"),
            Wanted::Character => f.write_str("a single character"),
            Wanted::Bool => f.write_str("`true` or `false`"),
            Wanted::Whole(least, most) => write!(f, "a whole number from {least} to {most}"),
            Wanted::Whole128 => f.write_str("a whole number"),
            Wanted::Number => f.write_str("a number"),
            Wanted::Null => f.write_str("null"),
            Wanted::List => f.write_str("a list"),
            Wanted::Values(1) => f.write_str("a list of 1 value"),
            Wanted::Values(count) => write!(f, "a list of {count} values"),
            Wanted::Object => f.write_str("an object"),
            Wanted::OneOf([]) => f.write_str("another value"),
            Wanted::OneOf([one]) => write!(f, "`{one}`"),
            Wanted::OneOf(names) => {
                f.write_str("one of ")?;
                for (at, name) in names.iter().take(MOST).enumerate() {
                    write!(f, "{}`{name}`", if at == 0 { "" } else { ", " })?;
                }
                match names.len().saturating_sub(MOST) {
                    0 => Ok(()),
                    more => write!(f, " and {more} more"),
                }
            }
        }
    }
}

/// The path of a member.
pub(super) fn member(path: &str, key: &str) -> String {
    let mut path = path.to_owned();
    push_key(&mut path, key);
    bounded(path)
}

/// `.key`, or `["another key"]`, for whoever sends the request chooses it.
pub(super) fn push_key(path: &mut String, key: &str) {
    const LONGEST: usize = 64;
    let plain = |char: char| char.is_alphanumeric() || matches!(char, '_' | '-' | '$' | '@');
    if !key.is_empty() && key.chars().all(plain) && key.chars().nth(LONGEST).is_none() {
        if !path.is_empty() {
            path.push('.');
        }
        return path.push_str(key);
    }
    let mut short: String = key.chars().take(LONGEST).collect();
    if short.len() < key.len() {
        short.push('…');
    }
    let short = crate::text::OneLine(&short).to_string().replace(['`', '"'], "'");
    // Writing to a String can't fail.
    let _ = write!(path, "[\"{short}\"]");
}

/// Of a long path the beginning: there may be a hundred in an answer.
pub(super) fn bounded(mut path: String) -> String {
    const LONGEST: usize = 256;
    if path.len() > LONGEST {
        let whole = (0..=LONGEST).rev().find(|at| path.is_char_boundary(*at));
        path.truncate(whole.unwrap_or_default());
        path.push('…');
    }
    path
}

/// One thing that is wrong with a request.
#[derive(Debug)]
pub(crate) struct Fault {
    /// Empty: the request as a whole.
    pub(crate) path: String,
    pub(super) wrong: Wrong,
    /// The number of the value in the document: of a missing field that of what it is missing from.
    pub(super) value: usize,
    /// What the type said, for the log.
    pub(super) said: Option<String>,
}

impl Fault {
    pub(crate) fn is_missing(&self) -> bool {
        matches!(self.wrong, Wrong::Missing(_) | Wrong::Null)
    }

    /// Another value could do.
    pub(crate) fn is_of_a_value(&self) -> bool {
        matches!(self.wrong, Wrong::Wanted(_) | Wrong::Value)
    }

    /// For the caller. `whole` is what the request as a whole is called.
    pub(crate) fn message(&self, whole: &str) -> String {
        let subject = if self.path.is_empty() { whole.to_owned() } else { format!("`{}`", self.path) };
        match &self.wrong {
            Wrong::Missing(_) => format!("{subject} is missing."),
            Wrong::Null => format!("{subject} must not be null."),
            Wrong::Unknown(_) => format!("{subject} is not known."),
            Wrong::Twice(_) | Wrong::Several => format!("{subject} is there more than once."),
            Wrong::Wanted(wanted) => format!("{subject} must be {wanted}."),
            Wrong::TooDeep => format!("{subject} is nested too deeply."),
            Wrong::Told | Wrong::Hopeless | Wrong::Value | Wrong::Length => {
                format!("{subject} has an invalid value.")
            }
        }
    }
}

/// What the reading of a type gives up with.
#[derive(Debug)]
pub(super) struct Fail(Box<Failing>);

#[derive(Debug, PartialEq)]
pub(super) struct Failing {
    pub(super) wrong: Wrong,
    pub(super) said: Option<String>,
    /// What the type says that it wants, where it is one of serde's own.
    pub(super) hint: Option<Wanted>,
    /// The number of the value. `None` as long as only serde and the type know of it.
    pub(super) value: Option<usize>,
    /// The member of it that should not be there.
    pub(super) entry: Option<usize>,
}

impl Fail {
    pub(super) fn new(wrong: Wrong) -> Fail {
        Fail(Box::new(Failing { wrong, said: None, hint: None, value: None, entry: None }))
    }

    pub(super) fn told() -> Fail {
        Fail::new(Wrong::Told)
    }

    /// Of that value, unless it is one inside of it.
    pub(super) fn of(mut self, value: usize) -> Fail {
        self.value.get_or_insert(value);
        self
    }
}

impl std::ops::Deref for Fail {
    type Target = Failing;

    fn deref(&self) -> &Failing {
        &self.0
    }
}

impl std::ops::DerefMut for Fail {
    fn deref_mut(&mut self) -> &mut Failing {
        &mut self.0
    }
}

impl fmt::Display for Fail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.said {
            Some(said) => f.write_str(said),
            None => write!(f, "{:?}", self.wrong),
        }
    }
}

impl std::error::Error for Fail {}

impl de::Error for Fail {
    fn custom<T: fmt::Display>(message: T) -> Fail {
        let mut fail = Fail::new(Wrong::Value);
        fail.said = Some(message.to_string());
        fail
    }

    fn invalid_type(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Fail {
        let mut fail = Fail::custom(format_args!("invalid type: {found}, expected {expected}"));
        fail.hint = hint(&expected.to_string());
        fail
    }

    fn invalid_value(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Fail {
        let mut fail = Fail::custom(format_args!("invalid value: {found}, expected {expected}"));
        fail.hint = hint(&expected.to_string());
        fail
    }

    fn invalid_length(_: usize, _: &dyn de::Expected) -> Fail {
        Fail::new(Wrong::Length)
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Fail {
        Fail::new(Wrong::Wanted(Wanted::OneOf(expected)))
    }

    fn unknown_field(field: &str, _: &'static [&'static str]) -> Fail {
        Fail::new(Wrong::Unknown(field.to_owned()))
    }

    fn missing_field(field: &'static str) -> Fail {
        Fail::new(Wrong::Missing(field))
    }

    fn duplicate_field(field: &'static str) -> Fail {
        Fail::new(Wrong::Twice(field.to_owned()))
    }
}

/// What serde's own types call what they want. Whatever else a type says stays unsaid.
fn hint(expected: &str) -> Option<Wanted> {
    Some(match expected {
        "a string" => Wanted::Text,
        "a boolean" => Wanted::Bool,
        "a sequence" => Wanted::List,
        "a map" => Wanted::Object,
        "i8" => Wanted::whole::<i8>(),
        "i16" => Wanted::whole::<i16>(),
        "i32" => Wanted::whole::<i32>(),
        "i64" | "isize" => Wanted::whole::<i64>(),
        "u8" => Wanted::whole::<u8>(),
        "u16" => Wanted::whole::<u16>(),
        "u32" => Wanted::whole::<u32>(),
        "u64" | "usize" => Wanted::whole::<u64>(),
        "f32" | "f64" => Wanted::Number,
        _ => return None,
    })
}

/// A whole number of at most 64 bits.
pub(super) trait Whole: Into<i128> {
    const RANGE: (Self, Self);
}

macro_rules! whole {
    ($($number:ty)*) => {
        $(impl Whole for $number {
            const RANGE: ($number, $number) = (<$number>::MIN, <$number>::MAX);
        })*
    };
}

whole! { i8 i16 i32 i64 u8 u16 u32 u64 }

impl Wanted {
    pub(super) fn whole<N: Whole>() -> Wanted {
        let (least, most) = N::RANGE;
        Wanted::Whole(least.into(), most.into())
    }
}
