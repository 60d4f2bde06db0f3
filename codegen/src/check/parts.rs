//! A catalog in several files. What stands in a part is read as if it were written below the main file.

use super::KEYS;
use super::reader::{Context, list, quote};
use crate::report::{Diagnostic, Mistake, Span};
use crate::syntax::{Entry, Kind, Node};
use std::collections::BTreeMap;
use std::rc::Rc;

/// The sections that grow, and that a part may have.
const SECTIONS: &[&str] = &["envelopes", "actions", "limits", "types", "groups", "codes", "retired"];

impl Context<'_> {
    /// The main file's mapping with the sections of the parts behind its own.
    pub(super) fn merged(&mut self, roots: Vec<Rc<Node>>) -> Rc<Node> {
        let mut roots = roots.into_iter();
        let main = roots.next().unwrap_or_else(|| Rc::new(Node::map(Span::new(0, 0), Vec::new(), false)));
        if roots.len() == 0 {
            return main;
        }
        // What is there instead is reported with the main file.
        let Kind::Map { entries, flow } = &main.kind else { return main };
        let mut sections = Sections { order: entries.clone(), parts: BTreeMap::new() };
        for root in roots {
            let Kind::Map { entries, .. } = &root.kind else {
                self.wrong_type(&root, "a part of a catalog", "a mapping");
                continue;
            };
            for entry in entries {
                let key = entry.key.text.as_str();
                if KEYS.contains(&key) && !SECTIONS.contains(&key) {
                    let main = quote(self.main());
                    let diagnostic =
                        Diagnostic::new(Mistake::PartKey, format!("`{key}` stands in the main file"))
                            .at(entry.key.span, "in a part of the catalog")
                            .help(format!(
                                "move it to {main}; a part has {}",
                                list(SECTIONS.iter().copied())
                            ));
                    self.report(diagnostic);
                    continue;
                }
                sections.add(entry);
            }
        }
        for (at, more) in std::mem::take(&mut sections.parts) {
            if let Some(entry) = sections.order.get_mut(at) {
                entry.value = self.section_of(&entry.value, more);
            }
        }
        Rc::new(Node::map(main.span, sections.order, *flow))
    }

    /// The entries of a section and of the same one in other files.
    fn section_of(&mut self, first: &Rc<Node>, more: Vec<Rc<Node>>) -> Rc<Node> {
        // A section that is none is reported where sections are read.
        let Kind::Map { entries, flow } = &first.kind else { return Rc::clone(first) };
        let mut all = entries.clone();
        let mut seen: BTreeMap<String, Span> =
            entries.iter().map(|entry| (entry.key.text.clone(), entry.key.span)).collect();
        for node in more {
            let Kind::Map { entries, .. } = &node.kind else { return node };
            for entry in entries {
                let key = &entry.key;
                match seen.get(&key.text) {
                    Some(first) => self.report(
                        Diagnostic::new(
                            Mistake::DuplicateKey,
                            format!("{} is there twice", quote(&key.text)),
                        )
                        .at(key.span, "the second")
                        .and(*first, "the first")
                        .help("remove one of the two, or rename it"),
                    ),
                    None => {
                        seen.insert(key.text.clone(), key.span);
                        all.push(entry.clone());
                    }
                }
            }
        }
        Rc::new(Node::map(first.span, all, *flow))
    }
}

/// The keys of the merged mapping.
struct Sections {
    /// With the value that each has in the first file that has it.
    order: Vec<Entry>,
    /// The values in the files after that, by the place in `order`.
    parts: BTreeMap<usize, Vec<Rc<Node>>>,
}

impl Sections {
    fn add(&mut self, entry: &Entry) {
        let known = KEYS.contains(&entry.key.text.as_str());
        // A key that means nothing is reported in each file that has it.
        match self.order.iter().position(|there| known && there.key.text == entry.key.text) {
            Some(at) => self.parts.entry(at).or_default().push(Rc::clone(&entry.value)),
            None => self.order.push(entry.clone()),
        }
    }
}
