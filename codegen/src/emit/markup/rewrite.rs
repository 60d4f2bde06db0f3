//! An author's Markdown is read by a parser, and written anew from what was read: what isn't written here can't be on
//! the page, and what is open gets closed.

use std::mem;

use pulldown_cmark::{Alignment, BrokenLink, CodeBlockKind, Event, LinkType, Options, Parser, Tag, TagEnd};

use super::{Inside, cell, code, escape, in_one_line, longest_ticks, shown, url};

/// What a code in brackets, ``[`code`]``, is on this page.
type Link<'l> = &'l dyn Fn(&str) -> Option<String>;

/// Lists and quotes inside one another, of which deeper ones are left out.
const DEEPEST: usize = 16;

/// Markdown of the YAML as a block: emphasis, lists, tables, links, code and quotes as written; HTML is shown, headings
/// are paragraphs, images are links. ``[`code`]`` becomes what `link` says.
pub(in crate::emit) fn block(text: &str, link: Link<'_>) -> String {
    Writer::new(link, false).write(&clean(text))
}

/// The same for a documentation comment: rustdoc takes code for a Rust test unless it says what it is, and has no
/// anchors to link to.
pub(in crate::emit) fn rustdoc(text: &str, link: Link<'_>) -> String {
    Writer::new(link, true).write(&clean(text))
}

/// The same in one line, for an item of a list.
pub(in crate::emit) fn line(text: &str, link: Link<'_>) -> String {
    let text = in_one_line(text);
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.is_empty() {
        return String::new();
    }
    // What comes after a word in its line can't be a block.
    let lead = Some("x ");
    Writer { lead, ..Writer::new(link, false) }.write(&format!("x {}", words.join(" ")))
}

fn clean(text: &str) -> String {
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    lines.chars().filter(|char| !char.is_control() || matches!(char, '\n' | '\t')).collect()
}

struct Writer<'l> {
    link: Link<'l>,
    rustdoc: bool,
    /// What the text begins with and the page doesn't.
    lead: Option<&'static str>,
    /// The innermost list, item or quote, and those around it.
    frame: Frame,
    outer: Vec<Frame>,
    /// How many more are open, and left out.
    too_deep: usize,
    /// The paragraph or cell so far.
    inline: String,
    /// The text after it, or of the block of code: the parser gives it in pieces.
    text: String,
    /// Emphasis and links. The first so many of them are in `inline`, the others wait for something to stand in them.
    marks: Vec<Mark>,
    written: usize,
    /// Which are written: one inside the same would be read as something else.
    open: [bool; 4],
    /// The next code is in brackets.
    in_brackets: bool,
    /// The next text is a URL in angle brackets.
    in_angles: bool,
    /// Of the block of code.
    info: Option<String>,
    table: Option<Table>,
}

#[derive(Default)]
struct Frame {
    out: String,
    /// An item, or a list, without empty lines.
    tight: bool,
    /// What an item begins with.
    marker: String,
    /// The items of a list, and the number of the next one.
    items: Vec<String>,
    number: Option<u64>,
}

/// Emphasis or a link, without markup where it is left out.
struct Mark {
    kind: Kind,
    open: &'static str,
    close: String,
}

#[derive(Clone, Copy)]
enum Kind {
    Emphasis,
    Strong,
    Strikethrough,
    Link,
}

#[derive(Default)]
struct Table {
    /// The line under the head.
    rule: String,
    lines: Vec<String>,
    cells: Vec<String>,
}

impl<'l> Writer<'l> {
    fn new(link: Link<'l>, rustdoc: bool) -> Self {
        Writer {
            link,
            rustdoc,
            lead: None,
            frame: Frame::default(),
            outer: Vec::new(),
            too_deep: 0,
            inline: String::new(),
            text: String::new(),
            marks: Vec::new(),
            written: 0,
            open: [false; 4],
            in_brackets: false,
            in_angles: false,
            info: None,
            table: None,
        }
    }

    fn write(mut self, source: &str) -> String {
        let code = |broken: BrokenLink<'_>| {
            let name = broken.reference.strip_prefix('`')?.strip_suffix('`')?;
            let is_code = broken.link_type == LinkType::Shortcut && !name.is_empty() && !name.contains('`');
            is_code.then(|| ("".into(), "".into()))
        };
        let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
        let parser = Parser::new_with_broken_link_callback(source, options, Some(code));
        for (event, range) in parser.into_offset_iter() {
            self.event(event, &source[range.start..]);
        }
        self.end_paragraph();
        self.frame.out
    }

    /// `source` is the text from the event on.
    fn event(&mut self, event: Event<'_>, source: &str) {
        match event {
            Event::Start(tag) => self.start(tag, source),
            Event::End(tag) => self.end(tag),
            Event::Text(text) if self.info.is_some() => self.text.push_str(&text),
            Event::Text(text) if mem::take(&mut self.in_angles) => {
                self.write_marks();
                match self.open[Kind::Link as usize] {
                    true => self.text.push_str(&text),
                    false => self.push(&format!("<{}>", url(&text))),
                }
            }
            Event::Text(text) => {
                let text = self.lead.take().and_then(|lead| text.strip_prefix(lead)).unwrap_or(&text);
                self.push_text(text);
            }
            Event::InlineHtml(html) => self.push_text(&html),
            Event::Html(html) => {
                self.push_text(&html);
                if html.ends_with('\n') {
                    self.line_break("\n");
                }
            }
            Event::Code(text) => {
                self.write_marks();
                let linked = mem::take(&mut self.in_brackets) && !self.open[Kind::Link as usize];
                let link = if linked { (self.link)(&text) } else { None };
                self.push(&link.unwrap_or_else(|| code(&text)));
            }
            Event::SoftBreak => self.line_break("\n"),
            Event::HardBreak => self.line_break("  \n"),
            Event::Rule => {
                self.end_paragraph();
                // The only one that is none together with the marker of an item, or a line above.
                self.add("___");
            }
            // Of options that are off.
            Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_)
            | Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>, source: &str) {
        match tag {
            Tag::Emphasis => self.mark(Kind::Emphasis, if source.starts_with('_') { "_" } else { "*" }),
            Tag::Strong => self.mark(Kind::Strong, if source.starts_with("__") { "__" } else { "**" }),
            Tag::Strikethrough => {
                self.mark(Kind::Strikethrough, if source.starts_with("~~") { "~~" } else { "~" });
            }
            Tag::Link { link_type, dest_url, .. } | Tag::Image { link_type, dest_url, .. } => {
                let goes = link_type == LinkType::Email || self.may_link(&dest_url);
                self.in_brackets = link_type == LinkType::ShortcutUnknown;
                self.in_angles = goes && matches!(link_type, LinkType::Autolink | LinkType::Email);
                let open = if goes && !self.in_angles { "[" } else { "" };
                self.marks.push(Mark { kind: Kind::Link, open, close: format!("]({})", url(&dest_url)) });
            }
            Tag::TableHead | Tag::TableRow | Tag::TableCell => {}
            tag => {
                self.end_paragraph();
                self.start_block(tag, source);
            }
        }
    }

    fn start_block(&mut self, tag: Tag<'_>, source: &str) {
        match tag {
            Tag::Paragraph => self.frame.tight = false,
            Tag::Heading { .. } => self.mark(Kind::Strong, "**"),
            Tag::CodeBlock(kind) => self.info = Some(self.info_string(&kind)),
            Tag::Table(alignments) => {
                let rules = alignments.iter().map(|alignment| match alignment {
                    Alignment::None => "---|",
                    Alignment::Left => ":--|",
                    Alignment::Center => ":-:|",
                    Alignment::Right => "--:|",
                });
                self.table = Some(Table { rule: rules.collect(), ..Table::default() });
            }
            Tag::Item if self.too_deep == 0 => {
                let marker = match &mut self.frame.number {
                    None => source.chars().next().filter(|char| "*+-".contains(*char)).unwrap_or('-').into(),
                    Some(number) => {
                        let end = source.trim_start_matches(|char: char| char.is_ascii_digit());
                        let marker = format!("{number}{}", if end.starts_with(')') { ')' } else { '.' });
                        // With more digits it isn't a list.
                        *number = (*number + 1).min(999_999_999);
                        marker
                    }
                };
                self.enter(Frame { tight: true, marker: marker + " ", ..Frame::default() });
            }
            Tag::List(number) if self.too_deep == 0 && self.outer.len() < DEEPEST => {
                self.enter(Frame { tight: true, number, ..Frame::default() });
            }
            Tag::BlockQuote(_) if self.too_deep == 0 && self.outer.len() < DEEPEST => {
                self.enter(Frame::default());
            }
            Tag::Item | Tag::List(_) | Tag::BlockQuote(_) => self.too_deep += 1,
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Link | TagEnd::Image => {
                self.end_mark();
            }
            TagEnd::Heading(_) => {
                self.end_mark();
                self.end_paragraph();
            }
            TagEnd::CodeBlock => {
                let text = mem::take(&mut self.text);
                let text: String = text.trim_end_matches('\n').chars().map(shown).collect();
                let fence = "`".repeat(longest_ticks(&text).max(2) + 1);
                let end = if text.is_empty() { "" } else { "\n" };
                let info = self.info.take().unwrap_or_default();
                self.add(&format!("{fence}{info}\n{text}{end}{fence}"));
            }
            TagEnd::TableCell => {
                self.end_text();
                let text = mem::take(&mut self.inline);
                if let Some(table) = &mut self.table {
                    table.cells.push(cell(text.trim()));
                }
            }
            TagEnd::TableHead | TagEnd::TableRow => {
                let Some(table) = &mut self.table else { return };
                table.lines.push(format!("| {} |", mem::take(&mut table.cells).join(" | ")));
                if tag == TagEnd::TableHead {
                    table.lines.push(format!("|{}", table.rule));
                }
            }
            TagEnd::Table => {
                let table = self.table.take().unwrap_or_default();
                self.add(&table.lines.join("\n"));
            }
            TagEnd::Item | TagEnd::List(_) | TagEnd::BlockQuote(_) => {
                self.end_paragraph();
                self.leave(tag);
            }
            _ => self.end_paragraph(),
        }
    }

    fn enter(&mut self, frame: Frame) {
        self.outer.push(mem::replace(&mut self.frame, frame));
    }

    fn leave(&mut self, tag: TagEnd) {
        if self.too_deep > 0 {
            self.too_deep -= 1;
            return;
        }
        let Some(outer) = self.outer.pop() else { return };
        let inner = mem::replace(&mut self.frame, outer);
        match tag {
            TagEnd::Item => {
                self.frame.tight &= inner.tight;
                let blank = " ".repeat(inner.marker.len());
                self.frame.items.extend(indented(&inner.out, &inner.marker, &blank));
            }
            TagEnd::List(_) => self.add(&inner.items.join(if inner.tight { "\n" } else { "\n\n" })),
            _ => self.add(&indented(&inner.out, "> ", "> ").unwrap_or_default()),
        }
    }

    /// A block after those before it.
    fn add(&mut self, block: &str) {
        if block.is_empty() {
            return;
        }
        if !self.frame.out.is_empty() {
            let interrupts = ["- ", "* ", "+ ", "1. ", "1) ", "> ", "```"];
            self.frame.tight &= interrupts.iter().any(|start| block.starts_with(start));
            self.frame.out.push_str(if self.frame.tight { "\n" } else { "\n\n" });
        }
        self.frame.out.push_str(block);
    }

    fn end_paragraph(&mut self) {
        self.end_text();
        let text = mem::take(&mut self.inline);
        self.add(text.trim());
    }

    fn end_text(&mut self) {
        let text = mem::take(&mut self.text);
        let starts_line = self.inline.is_empty() || self.inline.ends_with('\n');
        let text = if starts_line { text.trim_start() } else { &text };
        let inside = if self.open[Kind::Link as usize] { Inside::Link } else { Inside::Paragraph };
        escape(&mut self.inline, text, starts_line && self.table.is_none(), inside);
    }

    fn line_break(&mut self, markup: &str) {
        self.end_text();
        self.inline.truncate(self.inline.trim_end_matches(' ').len());
        if !self.inline.is_empty() && !self.inline.ends_with('\n') {
            self.inline.push_str(markup);
        }
    }

    fn push_text(&mut self, text: &str) {
        // An entity can be any character.
        let text = in_one_line(text);
        let start = text.trim_start();
        // After a blank, a mark would not begin.
        self.text.push_str(&text[..text.len() - start.len()]);
        if !start.is_empty() {
            self.write_marks();
            self.text.push_str(start);
        }
    }

    /// Appends markup that must not be read together with what is before it.
    fn push(&mut self, markup: &str) {
        self.end_text();
        if markup.starts_with('[') && self.inline.ends_with('!') {
            self.inline.pop();
            self.inline.push_str("&#33;");
        } else if markup.starts_with('`') && self.inline.ends_with('`') {
            self.inline.push(' ');
        }
        self.inline.push_str(markup);
    }

    fn mark(&mut self, kind: Kind, markup: &'static str) {
        self.marks.push(Mark { kind, open: markup, close: markup.to_owned() });
    }

    fn write_marks(&mut self) {
        while let Some(mark) = self.marks.get_mut(self.written) {
            self.written += 1;
            let (kind, open) = (mark.kind, mark.open);
            if open.is_empty() || self.open[kind as usize] {
                mark.close.clear();
            } else {
                self.push(open);
                self.open[kind as usize] = true;
            }
        }
    }

    fn end_mark(&mut self) {
        let Some(mark) = self.marks.pop() else { return };
        if self.written > self.marks.len() && !mark.close.is_empty() {
            self.end_text();
            self.open[mark.kind as usize] = false;
            // After a blank, it would not end.
            self.inline.insert_str(self.inline.trim_end().len(), &mark.close);
        }
        self.written = self.written.min(self.marks.len());
    }

    fn may_link(&self, target: &str) -> bool {
        let is = |scheme: &&str| target.get(..scheme.len()).is_some_and(|at| at.eq_ignore_ascii_case(scheme));
        target.starts_with('/')
            || target.starts_with('#') && !self.rustdoc
            || ["https://", "http://"].iter().any(is)
            // Rustdoc takes `mailto:a@b` for an item, in a line, too.
            || is(&"mailto:") && target.contains('.')
    }

    fn info_string(&self, kind: &CodeBlockKind<'_>) -> String {
        let info = match kind {
            CodeBlockKind::Fenced(info) => info.split([' ', ',']).next().unwrap_or_default(),
            CodeBlockKind::Indented => "",
        };
        let is_word = |in_word: fn(char) -> bool| !info.is_empty() && info.chars().all(in_word);
        if !self.rustdoc {
            let known = is_word(|char| char.is_ascii_alphanumeric() || "+-_.#".contains(char));
            return if known { info.to_owned() } else { String::new() };
        }
        // What rustdoc knows, or takes for a misspelling of it.
        let rust =
            ["rust", "edition", "ignore", "custom", "compile", "should", "norun", "test", "standalone"];
        let foreign = is_word(|char| char.is_ascii_lowercase() || char.is_ascii_digit())
            && !rust.iter().any(|word| info.starts_with(word));
        if foreign { info.to_owned() } else { "text".to_owned() }
    }
}

/// The lines of a block in a list or quote, if it has any.
fn indented(block: &str, first: &str, others: &str) -> Option<String> {
    let lines = block.lines().enumerate().map(|(at, line)| {
        let prefix = if at == 0 { first } else { others };
        if line.is_empty() { prefix.trim_end().to_owned() } else { format!("{prefix}{line}") }
    });
    (!block.is_empty()).then(|| lines.collect::<Vec<_>>().join("\n"))
}
