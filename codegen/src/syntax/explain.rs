//! What the YAML parser says, in the words of someone who writes a catalog, at the place where the mistake is made
//! and not where it is noticed.

use crate::report::{Diagnostic, Mistake, Span};
use granit_parser::{ErrorKind, ScanError};

/// `last_read` is the last thing that could be read.
pub(super) fn explain(error: &ScanError, text: &str, last_read: Span) -> Diagnostic {
    let last = last_read.end;
    let at = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
    let here =
        Span::new(at, at + text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8));
    match error.kind() {
        ErrorKind::RecursionLimitExceeded => too_deep(here),
        ErrorKind::UnclosedQuotedScalar
        | ErrorKind::InvalidQuotedScalarIndent
        | ErrorKind::DocumentIndicatorInQuotedScalar
        | ErrorKind::TabInIndentation => match opening_quote(text, last, at) {
            Some(quote) => unclosed_quote(quote, text),
            None => other(error, here),
        },
        ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar => {
            after_quote(text, last, here)
        }
        ErrorKind::UnknownQuotedScalarEscape
        | ErrorKind::InvalidQuotedScalarHexEscape
        | ErrorKind::InvalidLowSurrogateHexEscape
        | ErrorKind::InvalidLowSurrogate
        | ErrorKind::MissingLowSurrogate
        | ErrorKind::UnpairedLowSurrogate
        | ErrorKind::InvalidUnicodeEscape => bad_escape(text, at),
        ErrorKind::UnclosedFlowCollection { .. }
        | ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping => unclosed_bracket(text, here),
        ErrorKind::InvalidIndentation if open(text, at).is_some() => unclosed_bracket(text, here),
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => {
            Diagnostic::new(Mistake::Bracket, format!("`{open}` is closed with `{close}`"))
                .at(here, "opens here")
                .help("close it with its own kind, or put a text that holds brackets in quotes")
        }
        ErrorKind::MisplacedFlowCollectionEnd => {
            Diagnostic::new(Mistake::Bracket, "a bracket closes what is not open")
                .at(here, "nothing to close")
                .help("remove it, or put a text that holds brackets in quotes")
        }
        ErrorKind::TabInBlockIndentation
        | ErrorKind::TabNotAllowed
        | ErrorKind::TabAtBlockScalarStart
        | ErrorKind::TabInPlainScalar => tab(text, here),
        ErrorKind::MappingValueNotAllowed => colon(text, last_read, here),
        ErrorKind::UnexpectedCharacter { character } => {
            Diagnostic::new(Mistake::UnquotedText, format!("no text begins with {character:?}"))
                .at(here, "has a meaning of its own in YAML")
                .help("put the whole text in quotes")
        }
        ErrorKind::MappingKeyNotAllowed
        | ErrorKind::ExpectedFlowMappingSeparator
        | ErrorKind::ExpectedFlowSequenceSeparator
        | ErrorKind::FlowMappingValueAdjacentCollection
        | ErrorKind::PlainScalarStartsWithDashFlowIndicator
        | ErrorKind::BlockEntryInFlowCollection
        | ErrorKind::InvalidColonPlacement => unquoted(here),
        ErrorKind::ExpectedBlockMappingKey if is_after_bracket(text, at) => unquoted(here),
        ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::ExpectedDocumentStart
        | ErrorKind::InvalidIndentation
        | ErrorKind::InvalidBlockScalarIndent
        | ErrorKind::InvalidFlowScalarIndent
        | ErrorKind::BlockSequenceEntryNotAllowed => indentation(here),
        ErrorKind::SimpleKeyExpected => missing_colon(line_of(text, at)),
        _ => other(error, here),
    }
}

pub(super) fn too_deep(at: Span) -> Diagnostic {
    Diagnostic::new(Mistake::TooDeep, format!("nested deeper than {} levels", super::DEPTH))
        .at(at, "one level too many")
        .help("no catalog needs so many; aliases count with what they stand for")
}

fn other(error: &ScanError, here: Span) -> Diagnostic {
    Diagnostic::new(Mistake::Syntax, "this is not YAML").at(here, error.kind().to_string())
}

/// A colon where no value can begin: after a line without one, on a line that goes on with the value above, or inside
/// a text.
fn colon(text: &str, last: Span, here: Span) -> Diagnostic {
    let key = text.get(last.end..here.start).unwrap_or_default();
    let key_start = last.end + key.len() - key.trim_start().len();
    let value = text.get(last.start..last.end).unwrap_or_default();
    if key.trim().contains('\n') {
        missing_colon(line_of(text, key_start))
    } else if let Some(line) = value.rfind('\n').filter(|_| last.end == here.start) {
        let before = text.get(..last.start).unwrap_or_default();
        if before.trim_end_matches(' ').ends_with('\n') {
            return missing_colon(line_of(text, last.start));
        }
        let start = last.start + line + 1;
        let indent = value.get(line + 1..).map_or(0, |line| line.len() - line.trim_start().len());
        indentation(Span::new(start + indent, start + indent + 1))
    } else {
        unquoted(here)
    }
}

fn missing_colon(line: Span) -> Diagnostic {
    Diagnostic::new(Mistake::MissingColon, "a key needs a colon and a space after it")
        .at(line, "not a key")
        .help("write `key: value`")
}

fn indentation(here: Span) -> Diagnostic {
    Diagnostic::new(Mistake::Indentation, "the line does not stand under anything")
        .at(here, "indented differently from the lines above")
        .help("keys of one mapping stand exactly below each other")
}

fn unquoted(here: Span) -> Diagnostic {
    Diagnostic::new(Mistake::UnquotedText, "the text ends before this, and something else begins")
        .at(here, "has a meaning of its own in YAML")
        .help("put the whole text in quotes: a text with `: `, ` #`, `{`, `}`, `[`, `]` or `,` in it needs them")
}

fn tab(text: &str, here: Span) -> Diagnostic {
    let bytes = text.as_bytes();
    let is_tab = |at: usize| bytes.get(at) == Some(&b'\t');
    let start = if here.start > 0 && is_tab(here.start - 1) { here.start - 1 } else { here.start };
    Diagnostic::new(Mistake::Tab, "a tab can't indent")
        .at(Span::new(start, start + 1), "a tab")
        .help("use spaces")
}

fn unclosed_quote(quote: usize, text: &str) -> Diagnostic {
    let sign = text.get(quote..quote + 1).unwrap_or("\"");
    Diagnostic::new(Mistake::UnclosedQuote, "a quoted text is not closed")
        .at(Span::new(quote, quote + 1), "opens here")
        .help(format!("close it with `{sign}`"))
}

/// Something follows a quoted text: either the text was meant to go on, or an earlier one was left open.
fn after_quote(text: &str, last: usize, here: Span) -> Diagnostic {
    let quote = opening_quote(text, last, here.start);
    if let Some(quote) = quote
        && text.get(quote..here.start).is_some_and(|quoted| quoted.contains('\n'))
    {
        return unclosed_quote(quote, text);
    }
    let diagnostic = Diagnostic::new(Mistake::AfterQuote, "something follows a quoted text");
    let diagnostic = diagnostic.at(here, "outside the quotes");
    match quote {
        Some(quote) if text.as_bytes().get(quote) == Some(&b'\'') => diagnostic
            .and(Span::new(quote, quote + 1), "opens here")
            .help("inside single quotes, `''` is one quote"),
        Some(quote) => diagnostic
            .and(Span::new(quote, quote + 1), "opens here")
            .help("inside double quotes, `\\\"` is one quote"),
        None => diagnostic.help("put the whole text inside the quotes"),
    }
}

fn bad_escape(text: &str, quote: usize) -> Diagnostic {
    let mut escape = Span::new(quote, quote + 1);
    let mut rest = text.get(quote..).unwrap_or_default().char_indices();
    while let Some((offset, char)) = rest.next() {
        if char != '\\' {
            continue;
        }
        let at = quote + offset;
        match rest.next() {
            Some((
                _,
                '0' | 'a' | 'b' | 't' | '\t' | 'n' | 'v' | 'f' | 'r' | 'e' | ' ' | '"' | '/' | '\\',
            )) => {}
            Some((_, 'N' | '_' | 'L' | 'P' | '\n' | '\r')) => {}
            // An escape with digits is wrong only if the digits are, and the first such one is as good as any.
            Some((_, char)) => {
                escape = Span::new(at, at + 1 + char.len_utf8());
                break;
            }
            // The file ends in the quote.
            None => return unclosed_quote(quote, text),
        }
    }
    Diagnostic::new(Mistake::BadEscape, "an escape that YAML does not know")
        .at(escape, "after a backslash")
        .help("`\\\\` is a backslash; inside single quotes a backslash is just one")
}

fn unclosed_bracket(text: &str, here: Span) -> Diagnostic {
    let (at, close) = match open(text, here.start) {
        // What would close the bracket may stand in the text.
        Some(Opening::Quote(quote)) => return unclosed_quote(quote, text),
        Some(Opening::Bracket(at, close)) => (at, close),
        None => (here.start, '}'),
    };
    Diagnostic::new(Mistake::UnclosedBracket, "a bracket is not closed")
        .at(Span::new(at, at + 1), "opens here")
        .help(format!("close it with `{close}`"))
}

/// Where something opens that is not closed.
enum Opening {
    Quote(usize),
    /// And what closes it.
    Bracket(usize, char),
}

/// The quote or the innermost bracket that is open at `end`. Quotes and comments are told apart only roughly, which is
/// enough to point at a line.
fn open(text: &str, end: usize) -> Option<Opening> {
    let mut open = Vec::new();
    let mut quote = None;
    let mut before = '\n';
    // The last one that is no space: in the middle of a text a quote begins nothing.
    let mut last = '\n';
    let mut comment = false;
    for (at, char) in text.get(..end)?.char_indices() {
        let starts_token = matches!(before, ' ' | '\n' | '\t' | '[' | '{' | ',' | ':');
        match (quote, char) {
            _ if comment => comment = char != '\n',
            (Some((_, sign)), _) if sign == char => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') if starts_token && matches!(last, '\n' | '[' | '{' | ',' | ':' | '-') => {
                quote = Some((at, char));
            }
            (None, '#') if matches!(before, ' ' | '\n' | '\t') => comment = true,
            (None, '{') if starts_token => open.push((at, '}')),
            (None, '[') if starts_token => open.push((at, ']')),
            (None, '}' | ']') => {
                open.pop();
            }
            _ => {}
        }
        before = char;
        if !matches!(char, ' ' | '\t' | '\r') {
            last = char;
        }
    }
    match quote {
        Some((at, _)) => Some(Opening::Quote(at)),
        None => open.pop().map(|(at, close)| Opening::Bracket(at, close)),
    }
}

/// Where the quoted text begins that holds or ends right before `end`, looking from `start`.
fn opening_quote(text: &str, start: usize, end: usize) -> Option<usize> {
    let before = text.get(start..end)?.find(['"', '\'']).map(|offset| start + offset);
    // Of a text that ends with the file, the parser names the quote itself.
    before.or_else(|| text.get(end..)?.starts_with(['"', '\'']).then_some(end))
}

fn is_after_bracket(text: &str, at: usize) -> bool {
    text.get(..at).is_some_and(|before| before.trim_end_matches(' ').ends_with(['}', ']']))
}

fn line_of(text: &str, at: usize) -> Span {
    let end =
        text.get(at..).and_then(|rest| rest.find(['\n', '\r'])).map_or(text.len(), |offset| at + offset);
    Span::new(at, end)
}
