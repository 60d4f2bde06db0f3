//! What is wrong with a file, and how it is shown: all mistakes of one run, in the order of the file, each with the
//! source line, the token and the fix.

mod mistake;
mod render;

pub use mistake::Mistake;

use crate::source::Source;
use annotate_snippets::normalize_untrusted_str;
use std::fmt;

/// So many mistakes are shown; of more, the number is told.
const SHOWN: usize = 100;
/// So many are kept while a file is read. A file of nothing but mistakes must not fill the memory.
const KEPT: usize = 10_000;

/// A piece of the source, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Span {
    pub(crate) fn new(start: usize, end: usize) -> Self {
        Self { start, end: end.max(start) }
    }
}

/// Text of the file in our words: a blank for what breaks a line, moves a cursor or turns the direction of a line.
fn visible(text: &str) -> String {
    let hidden =
        |char: char| char.is_control() || matches!(char, '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    text.replace(hidden, " ")
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    mistake: Mistake,
    title: String,
    /// None where the mistake is not at a place inside the file.
    span: Option<Span>,
    label: String,
    others: Vec<(Span, String)>,
    help: Vec<String>,
    /// The file that `span` is in, and where that begins.
    file: (String, usize),
}

impl Diagnostic {
    pub(crate) fn new(mistake: Mistake, title: impl Into<String>) -> Self {
        Self {
            mistake,
            title: visible(&title.into()),
            span: None,
            label: String::new(),
            others: Vec::new(),
            help: Vec::new(),
            file: Default::default(),
        }
    }

    pub(crate) fn at(mut self, span: Span, label: impl Into<String>) -> Self {
        self.span = Some(span);
        self.label = visible(&label.into());
        self
    }

    pub(crate) fn and(mut self, span: Span, label: impl Into<String>) -> Self {
        self.others.push((span, visible(&label.into())));
        self
    }

    pub(crate) fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(visible(&text.into()));
        self
    }

    /// With its places so much further on.
    pub(crate) fn moved(mut self, by: usize) -> Self {
        let others = self.others.iter_mut().map(|(span, _)| span);
        for span in self.span.iter_mut().chain(others) {
            *span = Span::new(span.start + by, span.end + by);
        }
        self
    }

    /// Which mistake it is.
    pub fn mistake(&self) -> Mistake {
        self.mistake
    }

    /// What is wrong, in a few words.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The file that it is in: the main one, or a part.
    pub fn file(&self) -> &str {
        &self.file.0
    }

    /// The bytes of that file that it is about.
    pub fn range(&self) -> Option<std::ops::Range<usize>> {
        let start = self.file.1;
        self.span.map(|span| span.start - start..span.end - start)
    }
}

/// Collects what is wrong while a file is read.
#[derive(Debug, Default)]
pub(crate) struct Sink {
    diagnostics: Vec<Diagnostic>,
    dropped: usize,
}

impl Sink {
    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        if !self.skip_if_full() {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Counts a mistake that is not kept, before anyone takes the trouble to describe it.
    pub(crate) fn skip_if_full(&mut self) -> bool {
        let full = self.diagnostics.len() >= KEPT;
        self.dropped += usize::from(full);
        full
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.diagnostics.is_empty()
    }
}

/// Everything that is wrong with a file. Displayed as text for a terminal, without colours.
#[derive(Debug)]
pub struct Report {
    source: Source,
    diagnostics: Vec<Diagnostic>,
    /// How many more there are.
    more: usize,
}

impl Report {
    pub(crate) fn new(source: Source, sink: Sink) -> Self {
        let Sink { mut diagnostics, dropped } = sink;
        diagnostics.sort_by_key(|diagnostic| diagnostic.span);
        // A node behind several aliases, or a group's message in each of its codes, is read more than once.
        diagnostics.dedup();
        let more = dropped + diagnostics.len().saturating_sub(SHOWN);
        diagnostics.truncate(SHOWN);
        let text = source.text();
        // A place is whole characters, where one that marks "the first" is one byte.
        let whole = |span: &mut Span| {
            while span.end < text.len() && !text.is_char_boundary(span.end) {
                span.end += 1;
            }
        };
        for diagnostic in &mut diagnostics {
            diagnostic
                .span
                .iter_mut()
                .chain(diagnostic.others.iter_mut().map(|(span, _)| span))
                .for_each(whole);
            let (file, start) = source.file_of(diagnostic.span.map_or(0, |span| span.start));
            diagnostic.file = (file.to_owned(), start);
        }
        Self { source, diagnostics, more }
    }

    /// The mistakes in the order of the file, the first hundred of them.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// The main file as it was named to the generator.
    pub fn file(&self) -> &str {
        self.source.main()
    }
}

impl std::error::Error for Report {}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for diagnostic in &self.diagnostics {
            writeln!(f, "{}\n", render::render(diagnostic, &self.source))?;
        }
        let mistakes = match self.diagnostics.len() + self.more {
            1 => "1 mistake".to_owned(),
            number => format!("{number} mistakes"),
        };
        write!(f, "{}: {mistakes}", normalize_untrusted_str(self.file()))?;
        if self.more > 0 {
            write!(f, ", {} of them not shown", self.more)?;
        }
        Ok(())
    }
}
