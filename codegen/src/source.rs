//! The text of a catalog. Several files stand one after the other in one text, as if they were one file: a place is a
//! range of bytes in it, wherever it is.

/// One file or more, the main one first.
#[derive(Debug, Default)]
pub(crate) struct Source {
    text: String,
    files: Vec<File>,
    /// Where each line but the first begins.
    lines: Vec<usize>,
}

#[derive(Debug)]
struct File {
    name: String,
    start: usize,
    /// The lines before it.
    lines: usize,
}

/// A place that is shown: a line of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line {
    /// Index of the file.
    pub(crate) file: usize,
    /// From 1.
    pub(crate) number: usize,
    /// Where it begins.
    pub(crate) start: usize,
}

impl Source {
    pub(crate) fn new(name: &str, text: &str) -> Self {
        let mut source = Self::default();
        source.push(name, text);
        source
    }

    /// Puts a file behind the others, without its byte order mark, and returns where it begins.
    pub(crate) fn push(&mut self, name: &str, text: &str) -> usize {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if !self.files.is_empty() {
            self.text.push('\n');
            self.lines.push(self.text.len());
        }
        let start = self.text.len();
        self.files.push(File { name: name.to_owned(), start, lines: self.lines.len() });
        self.text.push_str(text);
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        self.lines.extend(breaks.map(|(at, _)| start + at + 1));
        start
    }

    /// Of all files.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The name of the main file.
    pub(crate) fn main(&self) -> &str {
        self.files.first().map_or("", |file| &file.name)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| file.name.as_str())
    }

    /// Where each file begins, and its text.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (usize, &str)> {
        let ends = self.files.iter().skip(1).map(|next| next.start - 1).chain([self.text.len()]);
        let part =
            |(file, end): (&File, usize)| (file.start, self.text.get(file.start..end).unwrap_or_default());
        self.files.iter().zip(ends).map(part)
    }

    /// The name of the file in which a place is, and where that file begins.
    pub(crate) fn file_of(&self, at: usize) -> (&str, usize) {
        self.files.get(self.index(at)).map_or(("", 0), |file| (&file.name, file.start))
    }

    pub(crate) fn line(&self, at: usize) -> Line {
        let line = self.lines.partition_point(|start| *start <= at);
        let file = self.index(at);
        let before = self.files.get(file).map_or(0, |file| file.lines);
        let start = line.checked_sub(1).and_then(|line| self.lines.get(line)).copied().unwrap_or_default();
        Line { file, number: line - before.min(line) + 1, start }
    }

    fn index(&self, at: usize) -> usize {
        self.files.partition_point(|file| file.start <= at).saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_their_file() {
        let mut source = Source::new("a", "\u{feff}1\n2");
        source.push("b", "1\n2\n");
        source.push("c", "");
        assert_eq!(source.text(), "1\n2\n1\n2\n\n");
        assert_eq!(source.parts().collect::<Vec<_>>(), [(0, "1\n2"), (4, "1\n2\n"), (9, "")]);
        let lines = [(0, 0, 1), (2, 0, 2), (3, 0, 2), (4, 1, 1), (6, 1, 2), (8, 1, 3), (9, 2, 1)];
        for (at, file, number) in lines {
            let line = source.line(at);
            assert_eq!((line.file, line.number), (file, number), "at {at}");
        }
        assert_eq!(source.line(7).start, 6);
        assert_eq!(source.file_of(9), ("c", 9));
    }
}
