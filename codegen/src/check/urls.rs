//! Addresses of documentation.

use super::reader::{Context, Spanned, quote};
use crate::catalog::{DocHole, DocUrl};
use crate::report::{Diagnostic, Mistake};
use crate::syntax::Node;

impl<'t> Context<'t> {
    /// The address of a reference, cut where the codes differ. A page gets `#` and the anchor appended.
    pub(super) fn docs(&mut self, node: &'t Node) -> Option<DocUrl> {
        let url = self.text(node, "`docs`")?;
        let places: Vec<_> =
            [("{anchor}", DocHole::Anchor), ("{code}", DocHole::Code), ("{number}", DocHole::Number)]
                .into_iter()
                .flat_map(|(place, hole)| {
                    url.value.match_indices(place).map(move |(at, _)| (at, place, hole))
                })
                .collect();
        let (before, after, hole) = match places.as_slice() {
            [] => (format!("{}#", url.value), String::new(), DocHole::Anchor),
            [(at, place, hole)] => {
                let (before, rest) = url.value.split_at(*at);
                (before.to_owned(), rest.trim_start_matches(place).to_owned(), *hole)
            }
            _ => {
                self.report(
                    Diagnostic::new(Mistake::BadUrl, "`docs` has more than one place to fill in")
                        .at(node.span, "holds several")
                        .help("`{anchor}`, `{code}` or `{number}` stands in it once"),
                );
                return None;
            }
        };
        let whole = format!("{before}x{after}");
        let hashes = whole.matches('#').count();
        if !is_http_url(&whole) || hashes > 1 || before.find('#').is_some_and(|_| hashes > 1) {
            self.bad_url(url, "`docs`");
            return None;
        }
        Some(DocUrl { before, after, hole })
    }

    pub(super) fn bad_url(&mut self, url: Spanned<&str>, what: &str) {
        let title = format!("{} is no address that {what} can have", quote(url.value));
        self.report(Diagnostic::new(Mistake::BadUrl, title).at(url.span, "not an http or https address").help(
            match what {
                "`docs`" => "write the page, as in `https://example.com/errors`, or where each code has a page of its own, `https://example.com/errors/{code}`",
                _ => "write `https://example.com/page`",
            },
        ));
    }
}

/// Whether a text is an absolute http or https address of visible ASCII, with a host.
pub(super) fn is_http_url(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let Some(rest) = rest else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host_char =
        |char: char| char.is_ascii_alphanumeric() || matches!(char, '.' | '-' | ':' | '[' | ']' | '_');
    let starts_well = host.starts_with(|char: char| char.is_ascii_alphanumeric() || char == '[');
    let visible = |char: char| {
        char.is_ascii_graphic() && !matches!(char, '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}')
    };
    starts_well && host.chars().all(host_char) && rest.chars().all(visible)
}

/// Whether a text can stand after the `#` of an address as it is.
pub(super) fn is_anchor(anchor: &str) -> bool {
    !anchor.is_empty() && anchor.chars().all(anchor_char)
}

/// The anchor of a code that has none of its own: the code, each run of other characters being one `-`.
pub(super) fn anchor_of(code: &str) -> String {
    if is_anchor(code) {
        return code.to_owned();
    }
    let mut anchor = String::new();
    for char in code.chars() {
        if anchor_char(char) && char != '-' {
            anchor.push(char);
        } else if !anchor.ends_with('-') {
            anchor.push('-');
        }
    }
    match anchor.trim_matches('-') {
        "" => anchor,
        trimmed => trimmed.to_owned(),
    }
}

fn anchor_char(char: char) -> bool {
    char.is_ascii_alphanumeric()
        || matches!(char, '-' | '_' | '.' | '~' | ':' | '@' | '!' | '$' | '*' | '+' | ',' | ';' | '=')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_come_from_codes() {
        let cases = [
            ("not_found", "not_found"),
            ("-32001", "-32001"),
            ("DCP stream-ID invalid", "DCP-stream-ID-invalid"),
            ("ERROR - [05]", "ERROR-05"),
            ("urn:x:y:rateLimited", "urn:x:y:rateLimited"),
        ];
        for (code, anchor) in cases {
            assert_eq!(anchor_of(code), anchor);
        }
    }

    #[test]
    fn addresses_are_http() {
        for good in ["https://a.example", "http://localhost:8080/x?y#z", "https://[::1]/"] {
            assert!(is_http_url(good), "{good}");
        }
        for bad in [
            "",
            "https://",
            "ftp://a",
            "https:// a",
            "//a",
            "https://a/{x}",
            "javascript:alert(1)",
            "https://é",
        ] {
            assert!(!is_http_url(bad), "{bad}");
        }
    }
}
