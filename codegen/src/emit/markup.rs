//! Text of the YAML in its place: it may look as it likes, and can't break out.

/// A plain text inside a line of Markdown: nothing in it is markup.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' => out.extend(['\\', char]),
            char if char.is_whitespace() || char.is_control() => out.push(' '),
            char => out.push(char),
        }
    }
    out
}

/// A cell of a table, from markup that may hold a pipe.
pub(super) fn cell(markup: &str) -> String {
    let mut out = String::with_capacity(markup.len());
    for char in markup.chars() {
        if char == '|' && !out.ends_with('\\') {
            out.push('\\');
        }
        out.push(char);
    }
    out
}

/// A text as a code span, whatever backticks it holds.
pub(super) fn code(text: &str) -> String {
    let text: String = text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
    if text.is_empty() {
        return "` `".to_owned();
    }
    let longest = text.split(|char| char != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A URL as the target of a link.
pub(super) fn url(url: &str) -> String {
    let mut out = String::with_capacity(url.len());
    for byte in url.bytes() {
        match byte {
            b'!' | b'#'..=b'\'' | b'*'..=b';' | b'=' | b'?'..=b'Z' | b'_' | b'a'..=b'z' | b'~' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
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

/// Markdown of the YAML as a block: emphasis, lists, links, code and quotes as written; HTML is shown, headings are
/// text, an open fence is closed. ``[`code`]`` becomes what `link` says.
pub(super) fn block(text: &str, link: &dyn Fn(&str) -> Option<String>) -> String {
    render(text, link, false)
}

/// The same for a documentation comment: rustdoc takes code for a Rust test unless it says what it is.
pub(super) fn rustdoc(text: &str, link: &dyn Fn(&str) -> Option<String>) -> String {
    render(text, link, true)
}

fn render(text: &str, link: &dyn Fn(&str) -> Option<String>, rustdoc: bool) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    // The fence that is open: its character and length.
    let mut fence: Option<(char, usize)> = None;
    let mut paragraph = String::new();
    let mut in_list = false;
    for line in text.trim_end().lines() {
        let line: String = line.chars().filter(|char| !char.is_control() || *char == '\t').collect();
        let start = line.trim_start();
        let opener = start.chars().next().unwrap_or(' ');
        let run = start.chars().take_while(|char| *char == opener).count();
        let is_fence = matches!(opener, '`' | '~') && run >= 3;
        match fence {
            Some((char, length)) => {
                if is_fence && opener == char && run >= length && start[run..].trim().is_empty() {
                    fence = None;
                }
                out.push_str(&line);
                out.push('\n');
            }
            None if is_fence && !(opener == '`' && start[run..].contains('`')) => {
                flush(&mut out, &mut paragraph, link);
                fence = Some((opener, run));
                let info = start[run..].trim();
                if rustdoc
                    && (info.is_empty()
                        || info.starts_with("rust")
                        || !info.chars().all(char::is_alphanumeric))
                {
                    out.push_str(&line[..line.len() - start.len() + run]);
                    out.push_str("text");
                } else {
                    out.push_str(&line);
                }
                out.push('\n');
            }
            None if start.is_empty() => {
                flush(&mut out, &mut paragraph, link);
                out.push('\n');
            }
            None => {
                // Code by indentation has no place for a language.
                let indented =
                    rustdoc && paragraph.is_empty() && (line.starts_with("    ") || line.starts_with('\t'));
                paragraph.push_str(if indented && !in_list { start } else { &line });
                paragraph.push('\n');
                in_list |= start.starts_with(['-', '*', '+'])
                    || start.starts_with(|first: char| first.is_ascii_digit());
            }
        }
    }
    flush(&mut out, &mut paragraph, link);
    if let Some((char, length)) = fence {
        out.extend(std::iter::repeat_n(char, length));
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out
}

/// The same in one line, for an item of a list.
pub(super) fn line(text: &str, link: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
    joined.push('\n');
    flush(&mut out, &mut joined, link);
    out.truncate(out.trim_end().len());
    out
}

/// Lines that can't be cut by a fence; code spans may go over several of them.
fn flush(out: &mut String, paragraph: &mut String, link: &dyn Fn(&str) -> Option<String>) {
    let text = std::mem::take(paragraph);
    let mut rest = text.as_str();
    let mut line_start = true;
    while let Some(char) = rest.chars().next() {
        let tail = &rest[char.len_utf8()..];
        if line_start {
            // What would be a heading, a rule under a line (a heading, too), or a definition of a link.
            let blank = rest.len() - rest.trim_start_matches([' ', '\t']).len();
            out.push_str(&rest[..blank]);
            rest = &rest[blank..];
            line_start = false;
            let line = rest.split('\n').next().unwrap_or_default().trim_end();
            let ruler = |mark: char| !line.is_empty() && line.chars().all(|char| char == mark);
            if rest.starts_with('#') || rest.starts_with("~~~") || ruler('=') || ruler('-') {
                out.push('\\');
                out.extend(rest.chars().next());
                rest = &rest[1..];
            }
            continue;
        }
        match char {
            '`' => {
                let run = rest.len() - rest.trim_start_matches('`').len();
                match closing(&rest[run..], run) {
                    Some(end) => {
                        out.push_str(&rest[..run + end + run]);
                        rest = &rest[run + end + run..];
                    }
                    None => {
                        out.push_str(&"\\`".repeat(run));
                        rest = &rest[run..];
                    }
                }
                continue;
            }
            '[' => {
                if let Some((name, after)) = tail.strip_prefix('`').and_then(|tail| tail.split_once("`]"))
                    && !after.starts_with('(')
                    && !name.contains('`')
                {
                    out.push_str(&link(name).unwrap_or_else(|| code(name)));
                    rest = after;
                    continue;
                }
                // A link to a page stays one; anything else in brackets is text.
                let target = tail.find(']').and_then(|end| tail[end..].strip_prefix("]("));
                let pages = ["https://", "http://", "mailto:", "#", "/"];
                let is_link = target.is_some_and(|target| pages.iter().any(|page| target.starts_with(page)));
                out.push_str(if is_link { "[" } else { "\\[" });
            }
            '<' => match tail.split_once('>') {
                Some((target, after)) if is_url(target) => {
                    out.push_str(&format!("<{target}>"));
                    rest = after;
                    continue;
                }
                _ => out.push_str("&lt;"),
            },
            'h' if rest.starts_with("https://") && !out.ends_with(['(', '<']) => {
                let end = rest.find(|char: char| char.is_whitespace() || "<>()[]`\"".contains(char));
                let target =
                    rest[..end.unwrap_or(rest.len())].trim_end_matches(['.', ',', ';', ':', '!', '?']);
                out.push_str(&format!("<{target}>"));
                rest = &rest[target.len()..];
                continue;
            }
            '\n' => {
                out.push('\n');
                line_start = true;
            }
            char => out.push(char),
        }
        rest = tail;
    }
}

/// Where the closing run of exactly `run` backticks begins.
fn closing(text: &str, run: usize) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = text[at..].find('`') {
        let start = at + found;
        let length = text[start..].len() - text[start..].trim_start_matches('`').len();
        if length == run {
            return Some(start);
        }
        at = start + length;
    }
    None
}

fn is_url(text: &str) -> bool {
    text.strip_prefix("https://").is_some_and(|rest| {
        !rest.is_empty()
            && !rest.contains(|char: char| char.is_whitespace() || char.is_control() || "<\"'".contains(char))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_out_of_a_block() {
        let link = |name: &str| (name == "not_found").then(|| "[link](#not_found)".to_owned());
        for (text, expected) in [
            (
                "plain *text* with `a < b` and [a link](https://x.example)",
                "plain *text* with `a < b` and [a link](https://x.example)",
            ),
            ("<script>alert(1)</script>", "&lt;script>alert(1)&lt;/script>"),
            ("<https://x.example/a?b>", "<https://x.example/a?b>"),
            ("see https://x.example/a.", "see <https://x.example/a>."),
            ("# heading\ntext\n===\nmore\n---", "\\# heading\ntext\n\\===\nmore\n\\---"),
            ("```\nopen\n# inside", "```\nopen\n# inside\n```"),
            ("a ` stray tick\n\nand `code`", "a \\` stray tick\n\nand `code`"),
            (
                "see [`not_found`], [`other`], [x] and [1]: y",
                "see [link](#not_found), `other`, \\[x] and \\[1]: y",
            ),
            ("- a\n  - <b>", "- a\n  - &lt;b>"),
            ("[x](javascript:alert(1))", "\\[x](javascript:alert(1))"),
        ] {
            assert_eq!(block(text, &link), expected);
        }
        assert_eq!(line("~~~ open", &link), "\\~~~ open");
    }

    #[test]
    fn rustdoc_finds_no_tests() {
        for (text, expected) in [
            ("```\ncode\n```", "```text\ncode\n```"),
            ("~~~ rust,ignore\ncode\n~~~", "~~~text\ncode\n~~~"),
            ("```json\n{}\n```", "```json\n{}\n```"),
            ("text\n\n    code", "text\n\ncode"),
            ("- a\n\n    more of a", "- a\n\n    more of a"),
        ] {
            assert_eq!(rustdoc(text, &|_| None), expected);
        }
    }

    #[test]
    fn nothing_breaks_out_of_a_line() {
        assert_eq!(plain("a|b <i>`c`</i>\n*d*"), "a\\|b &lt;i&gt;\\`c\\`&lt;/i&gt; \\*d\\*");
        assert_eq!(code("a`|``b"), "```a`|``b```");
        assert_eq!(cell("a | `b|c` \\| d"), "a \\| `b\\|c` \\| d");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(url("https://x.example/a(b) c\"<"), "https://x.example/a%28b%29%20c%22%3C");
        assert_eq!(line("one\ntwo  # three", &|_| None), "one two  # three".replace("  ", " "));
    }
}
