//! Text of the YAML in its place: it may look as it likes, and can't break out.

mod rewrite;
#[cfg(test)]
mod tests;

pub(super) use rewrite::{block, line, rustdoc};

/// A plain text inside a line of Markdown, or at its beginning: nothing in it is markup.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    escape(&mut out, in_one_line(text).trim(), true, Inside::Plain);
    out
}

/// A cell of a table, from markup that may hold a pipe: a table takes one backslash from before every pipe, in code
/// and elsewhere, before it reads the cell.
pub(super) fn cell(markup: &str) -> String {
    markup.replace('|', "\\|")
}

/// A text as a code span, whatever backticks it holds.
pub(super) fn code(text: &str) -> String {
    let text: String = in_one_line(text).chars().map(shown).collect();
    if text.is_empty() {
        return "` `".to_owned();
    }
    let fence = "`".repeat(longest_ticks(&text) + 1);
    // One blank is taken from both ends, but from blanks alone.
    let padded = text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']);
    let pad = if padded && !text.trim_matches(' ').is_empty() { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A URL as the target of a link, in parentheses or angle brackets.
pub(super) fn url(url: &str) -> String {
    let mut out = String::with_capacity(url.len());
    for (at, byte) in url.bytes().enumerate() {
        // `&copy;` would be read as one character.
        let entity = byte == b';' && url[..at].rsplit_once('&').is_some_and(|(_, name)| is_entity_name(name));
        match in_url(char::from(byte)) && !entity {
            true => out.push(char::from(byte)),
            false => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// A part of a URL: what may stand in a fragment or path as it is, and the rest percent-encoded, as the runtime does it.
pub(super) fn component(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

/// Where a text stands that is escaped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    /// URLs become links.
    Paragraph,
    /// In the text of a link, where there can't be another.
    Link,
    /// Nothing becomes a link, and it may stand in the text of one.
    Plain,
}

/// Appends `text` so that it is read as it is. What can't be markup where it stands is not escaped: people read the
/// pages as they are, and their diffs. Nothing is known of what follows, and a blank at the end may yet be dropped.
fn escape(out: &mut String, text: &str, starts_line: bool, inside: Inside) {
    let (text, end) = text.split_at(text.trim_end().len());
    let opener = if starts_line { block_opener(text) } else { None };
    let mut before = None;
    let mut at = 0;
    while let Some(char) = text[at..].chars().next() {
        let rest = &text[at..];
        let next = rest[char.len_utf8()..].chars().next();
        let mut length = char.len_utf8();
        match char {
            _ if opener == Some(at) => out.extend(['\\', char]),
            '*' | '_' | '~' => {
                length = run(rest, char);
                let blank = rest[length..].starts_with(char::is_whitespace)
                    && before.is_some_and(char::is_whitespace);
                let in_word = is_word(&rest[length..]) && before.is_some_and(char::is_alphanumeric);
                let is_text = blank || char == '_' && in_word;
                out.push_str(&if is_text {
                    rest[..length].to_owned()
                } else {
                    format!("\\{char}").repeat(length)
                });
            }
            '`' | '[' => out.extend(['\\', char]),
            ']' if inside != Inside::Paragraph => out.push_str("\\]"),
            '\\' if next != Some(' ') && !is_word(&rest[1..]) => out.push_str("\\\\"),
            '<' if !next.is_some_and(|next| next.is_whitespace() || matches!(next, '=' | '0'..='9')) => {
                out.push_str("&lt;")
            }
            '&' if rest[1..].split_once(';').is_some_and(|(name, _)| is_entity_name(name)) => {
                out.push_str("&amp;");
            }
            // At the end of a heading they would be part of its markup.
            '#' if before == Some(' ') && run(rest, '#') == rest.len() => out.push_str("\\#"),
            'h' if inside != Inside::Link
                && (rest.starts_with("http://") || rest.starts_with("https://")) =>
            {
                let scheme = rest.find(':').unwrap_or(0);
                let end = rest.find(|char| !in_url(char)).unwrap_or(rest.len());
                let target =
                    rest[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '*', '_', '~']);
                if inside == Inside::Paragraph && target.len() > scheme + "://".len() {
                    out.push_str(&format!("<{}>", url(target)));
                    length = target.len();
                } else {
                    // GitHub makes a link of it otherwise, and rustdoc warns that it is none.
                    out.push_str(&format!("{}\\:", &rest[..scheme]));
                    length = scheme + 1;
                }
            }
            char if is_bidi(char) => out.push_str(&format!("&#x{:X};", u32::from(char))),
            char => out.push(char),
        }
        at += length;
        before = Some(char);
    }
    out.push_str(end);
}

/// Where a backslash keeps the text of a line from beginning a block, or from making one of the line before.
fn block_opener(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    let ends = |at: usize| text[at..].chars().next().is_none_or(char::is_whitespace);
    let opens = match first {
        '>' => true,
        '#' => ends(run(text, '#')),
        '+' => ends(1),
        '=' => run(text, '=') == text.trim_end().len(),
        '-' => !text[run(text, '-')..].starts_with(char::is_alphanumeric),
        '|' | ':' => text.chars().all(|char| matches!(char, '|' | ':' | '-' | ' ')),
        '0'..='9' => {
            let digits = text.len() - text.trim_start_matches(|char: char| char.is_ascii_digit()).len();
            let is_item = digits <= 9 && text[digits..].starts_with(['.', ')']) && ends(digits + 1);
            return is_item.then_some(digits);
        }
        _ => false,
    };
    opens.then_some(0)
}

/// How many bytes `text` has of `char` at its beginning.
fn run(text: &str, char: char) -> usize {
    text.len() - text.trim_start_matches(char).len()
}

/// Begins with what is written as it is: a URL gets a bracket.
fn is_word(text: &str) -> bool {
    text.starts_with(char::is_alphanumeric) && !text.starts_with("http")
}

fn longest_ticks(text: &str) -> usize {
    text.split(|char| char != '`').map(str::len).max().unwrap_or(0)
}

fn is_entity_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte == b'#' || byte.is_ascii_alphanumeric())
}

/// What stands for itself in a URL, and means nothing to Markdown there.
fn in_url(char: char) -> bool {
    matches!(char, '!' | '#'..='\'' | '*'..=';' | '=' | '?'..='Z' | '_' | 'a'..='z' | '~')
}

/// What changes the direction of the text after it, and thereby hides what is written: rustc takes none of them in a
/// documentation comment.
pub(super) fn is_bidi(char: char) -> bool {
    matches!(
        char,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

fn in_one_line(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
}

/// A character of code, where no entity can stand.
fn shown(char: char) -> char {
    if is_bidi(char) { char::REPLACEMENT_CHARACTER } else { char }
}
