//! A mistake as text: the lines it is about, marked as rustc does.

use super::{Diagnostic, Span};
use crate::source::{Line, Source};
use annotate_snippets::{AnnotationKind, Element, Level, Origin, Renderer, Snippet, normalize_untrusted_str};

/// Two places further apart than this are shown apart: the renderer reads everything between two places that it shows
/// together.
const NEAR: usize = 64 << 10;
/// A line longer than this is not shown: nobody could find anything in it, and the renderer takes its time.
const LONG_LINE: usize = 4 << 10;

pub(super) fn render(diagnostic: &Diagnostic, source: &Source) -> String {
    let title = Level::ERROR.primary_title(&diagnostic.title).id(diagnostic.mistake.id());
    let help = diagnostic.help.iter().map(|text| Level::HELP.message(normalize_untrusted_str(text)));
    let places = places(diagnostic, source).into_iter().flat_map(|places| show(&places, source));
    let text = Renderer::plain().render(&[title.elements(places).elements(help)]);
    // The renderer lets the second block of control characters through, which some terminals obey.
    let text = text.replace(|char| matches!(char, '\u{80}'..='\u{9F}'), "\u{FFFD}");
    // An empty line of source leaves spaces behind.
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// A place, what is said about it, and how it is marked.
type Place<'a> = (Span, &'a str, AnnotationKind);

/// The places, those together that are shown together.
fn places<'a>(diagnostic: &'a Diagnostic, source: &Source) -> Vec<Vec<Place<'a>>> {
    let primary = diagnostic.span.map(|span| (span, diagnostic.label.as_str(), AnnotationKind::Primary));
    let others =
        diagnostic.others.iter().map(|(span, label)| (*span, label.as_str(), AnnotationKind::Context));
    let places: Vec<_> = primary.into_iter().chain(others).collect();
    let (first, last) = ends(&places);
    if last - first > NEAR || source.line(first).file != source.line(last).file {
        places.into_iter().map(|place| vec![place]).collect()
    } else {
        vec![places]
    }
}

fn show<'a>(places: &[Place<'a>], source: &'a Source) -> Vec<Element<'a>> {
    let Some((span, label, _)) = places.first() else { return Vec::new() };
    let (first, last) = ends(places);
    let (file, _) = source.file_of(first);
    let text = source.text();
    let Line { number: line, start, .. } = source.line(first);
    let last = floor(text, last);
    let end = text.get(last..).and_then(|text| text.find('\n')).map_or(text.len(), |at| last + at);
    let excerpt = text.get(start..end).unwrap_or_default();
    let excerpt = excerpt.strip_suffix('\r').unwrap_or(excerpt);
    // Of a place that is a part of the file, its first line.
    let excerpt = match excerpt.lines().next() {
        Some(first) if excerpt.len() > NEAR && places.len() == 1 => first,
        _ => excerpt,
    };

    if excerpt.lines().any(|line| line.len() > LONG_LINE) {
        let Line { number: line, start, .. } = source.line(span.start);
        let before = text.get(start..floor(text, span.start)).unwrap_or_default();
        let origin = Origin::path(file).line(line).char_column(before.chars().count() + 1);
        return vec![origin.into(), Level::NOTE.message(normalize_untrusted_str(label)).into()];
    }
    let mut snippet = Snippet::source(excerpt).line_start(line).path(file);
    for (span, label, kind) in places {
        let marked = floor(excerpt, span.start - start)..floor(excerpt, span.end - start);
        snippet = snippet.annotation(kind.span(marked).label(*label));
    }
    vec![snippet.into()]
}

/// Where the first begins and the last ends.
fn ends(places: &[Place<'_>]) -> (usize, usize) {
    let first = places.iter().map(|(span, ..)| span.start).min().unwrap_or_default();
    let last = places.iter().map(|(span, ..)| span.end).max().unwrap_or_default();
    (first, last)
}

/// The next character boundary at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
