//! `retired:`, codes that are never used again.

use super::codes::{IN_AN_API, Known};
use super::reader::{Context, Map, Spanned, quote};
use super::urls::anchor_of;
use crate::catalog::Retired;
use crate::report::{Diagnostic, Mistake, Span};
use crate::syntax::{Entry, Node};

impl<'t> Context<'t> {
    pub(super) fn retired(
        &mut self,
        node: Option<&'t Node>,
        known: &Known<'_, 't>,
        codes: &'t [Entry],
    ) -> Vec<(Retired, Span)> {
        let mut retired = Vec::new();
        for entry in node.and_then(|node| self.entries(node, "`retired`")).unwrap_or_default() {
            let (code, span) = (entry.key.text.as_str(), entry.key.span);
            self.code_name(&entry.key);
            if let Some(alive) = known.codes.get(code).and_then(|index| codes.get(index)) {
                self.report(
                    Diagnostic::new(
                        Mistake::RetiredCode,
                        format!("{} is both retired and in use", quote(code)),
                    )
                    .at(span, "retired here")
                    .and(alive.key.span, "in use here")
                    .help(
                        "a retired code never comes back: choose another code, or remove it from `retired`",
                    ),
                );
                continue;
            }
            let keys = ["since", "use", "anchor", "apis"];
            let map = self.map(&entry.value, span, "a retired code", &keys).unwrap_or(Map::empty(span));
            let since = map.get("since").and_then(|node| self.line_of_text(node, "`since`"));
            let replacement = map.get("use").and_then(|node| {
                let name = self.text(node, "`use`")?;
                self.replacement(name, known)
            });
            let anchor = map.get("anchor").and_then(|node| self.anchor(node));
            let apis = map.entry("apis").map(|entry| self.api_list(entry, known).apis);
            let apis = apis.unwrap_or_else(|| (0..known.apis.len()).collect());
            self.spend(apis.len() * IN_AN_API);
            let since = since.map(|since| since.value.to_owned());
            let anchor = anchor.unwrap_or_else(|| anchor_of(code));
            retired.push((Retired { code: code.to_owned(), anchor, since, replacement, apis }, span));
        }
        retired
    }

    pub(super) fn replacement(&mut self, name: Spanned<&'t str>, known: &Known<'_, 't>) -> Option<usize> {
        self.index(name, "code", known.codes, "it names a code in use").map(|index| index.value)
    }
}
