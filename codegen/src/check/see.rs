//! `see:` and `examples:` of a code: what only the pages show.

use super::codes::Known;
use super::fields::Fields;
use super::limits::Limits;
use super::reader::{Context, Spanned, quote};
use crate::catalog::{Example, FieldKind, Instance, Presence, See};
use crate::report::{Diagnostic, Mistake, Span};
use crate::syntax::{Entry, Kind, Node};
use std::collections::BTreeMap;

impl<'t> Context<'t> {
    /// Other codes, and pages elsewhere.
    pub(super) fn see(&mut self, node: &'t Node, code: &str, known: &Known<'_, 't>) -> Vec<See> {
        let mut found = Vec::new();
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        for item in self.items(node, "`see`").unwrap_or_default() {
            let (name, see) = if let Kind::Map { .. } = item.kind {
                let Some(map) = self.map(item, item.span, "a page in `see`", &["title", "url"]) else {
                    continue;
                };
                let title = self.required(&map, "title", "a page in `see`", "What it is about");
                let node = self.required(&map, "url", "a page in `see`", "https://example.com/page");
                let title = title.and_then(|node| self.line_of_text(node, "`title`"));
                let Some(((title, node), url)) =
                    title.zip(node).zip(node.and_then(|node| self.url(node, "`url`")))
                else {
                    continue;
                };
                let Some(name) = self.text(node, "`url`") else { continue };
                (name, See::Page { title: title.value.to_owned(), url })
            } else {
                let Some(name) = self.text(item, "a code in `see`") else { continue };
                if name.value == code {
                    self.report(
                        Diagnostic::new(Mistake::OwnReference, format!("{} refers to itself", quote(code)))
                            .at(name.span, "the code itself")
                            .help("name another code, or remove it"),
                    );
                    continue;
                }
                let help = "it names a code of the file; a page is written `{title: …, url: https://…}`";
                let Some(index) = self.index(name, "code", known.codes, help) else { continue };
                (name, See::Code(index.value))
            };
            if let Some(first) = seen.insert(name.value, name.span) {
                self.report(
                    Diagnostic::new(
                        Mistake::DuplicateItem,
                        format!("{} is in the list twice", quote(name.value)),
                    )
                    .at(name.span, "the second")
                    .and(first, "the first")
                    .help("remove one of the two"),
                );
                continue;
            }
            found.push(see);
        }
        found
    }

    /// Answers with the code, with values of their own.
    pub(super) fn examples(
        &mut self,
        node: &'t Node,
        code: &str,
        fields: &Fields,
        param: Presence,
        limits: &Limits<'t>,
    ) -> Vec<Instance> {
        let items = self.items(node, "`examples`").unwrap_or_default();
        items.iter().filter_map(|item| self.instance(item, code, fields, param, limits)).collect()
    }

    fn instance(
        &mut self,
        node: &'t Node,
        code: &str,
        fields: &Fields,
        param: Presence,
        limits: &Limits<'t>,
    ) -> Option<Instance> {
        let map = self.map(node, node.span, "an example", &["title", "param", "message", "fields"])?;
        let title = self.required(&map, "title", "an example", "Too many at once");
        let title = title.and_then(|node| self.line_of_text(node, "`title`"));
        let message = map.get("message").and_then(|node| {
            self.line_of_text(node, "`message`")?;
            self.filled_text(node, "`message`", limits)
        });
        let named = map.entry("param").and_then(|entry| {
            if param == Presence::Never {
                let help = "remove it, or write `param: optional` beside the code's `status`";
                self.not_sent(entry.key.span, format!("{} has no param", quote(code)), help);
            }
            self.line_of_text(&entry.value, "`param`")
        });
        if !self.spend(fields.fields.len()) {
            return None;
        }
        let mut values = vec![None; fields.fields.len()];
        for entry in self.section(&map, "fields").entries {
            let at = fields.fields.iter().position(|field| field.field.name == entry.key.text);
            if !self.spend(fields.fields.len()) {
                return None;
            }
            let value = self.value_of_example(entry, code, fields, at, limits);
            if let Some(slot) = at.and_then(|at| values.get_mut(at)) {
                *slot = value;
            }
        }
        Some(Instance {
            title: title?.value.to_owned(),
            param: named.map(|param| param.value.to_owned()),
            message,
            values,
        })
    }

    /// `at` is the field that the entry names.
    fn value_of_example(
        &mut self,
        entry: &'t Entry,
        code: &str,
        fields: &Fields,
        at: Option<usize>,
        limits: &Limits<'t>,
    ) -> Option<Example> {
        let Some(field) = at.and_then(|at| fields.fields.get(at)) else {
            if fields.complete {
                let names = fields.fields.iter().map(|field| field.field.name.as_str());
                let name = Spanned { value: entry.key.text.as_str(), span: entry.key.span };
                self.unknown(
                    name,
                    &format!("field of {}", quote(code)),
                    names,
                    "fields stand under `fields`",
                );
            }
            return None;
        };
        match &field.field.kind {
            FieldKind::Typed { kind, .. } if !field.doubtful => self.example(&entry.value, kind, limits),
            FieldKind::Typed { .. } => None,
            FieldKind::Const(_) => {
                let title = format!("{} of {} is a constant", quote(&entry.key.text), quote(code));
                self.not_sent(entry.key.span, title, "remove it; a constant is in every answer");
                None
            }
        }
    }

    fn not_sent(&mut self, span: Span, title: String, help: &str) {
        self.report(
            Diagnostic::new(Mistake::ExampleNotSent, title).at(span, "can't be in an answer").help(help),
        );
    }
}
