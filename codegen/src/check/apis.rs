//! `apis:`, `by_status:` and the pages of the reference.

use super::codes::CodeDraft;
use super::envelopes::Envelopes;
use super::limits::Limits;
use super::names::{Names, Of, Scope, title, unnamed};
use super::reader::{Context, Map, Spanned, quote};
use crate::catalog::{Api, ByStatus, DocHole, DocUrl};
use crate::report::{Diagnostic, Mistake, Span};
use crate::syntax::{Entry, Node};
use std::collections::BTreeMap;

pub(super) struct ApiDraft {
    pub(super) api: Api,
    pub(super) span: Span,
    /// Its own entries of `by_status`.
    by_status: Vec<StatusEntry>,
}

/// One line of `by_status`.
#[derive(Debug, Clone, Copy)]
pub(super) struct StatusEntry {
    pattern: Pattern,
    /// None where it names no code, which is reported.
    code: Option<usize>,
    span: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Pattern {
    Exact(u16),
    Client,
    Server,
}

impl<'t> Context<'t> {
    pub(super) fn apis(
        &mut self,
        entries: &'t [Entry],
        envelopes: &Envelopes<'t>,
        limits: &Limits<'t>,
        codes: &Names<'t>,
    ) -> Vec<ApiDraft> {
        let keys = ["title", "docs", "doc", "envelope", "by_status"];
        let mut scope = Scope::default();
        let mut apis = Vec::new();
        for entry in entries {
            let name = Spanned { value: entry.key.text.as_str(), span: entry.key.span };
            let named = self.name(name, "an API");
            let Some(map) = self.map(&entry.value, name.span, "an API", &keys) else {
                apis.push(self.api(name, named, &Map::empty(name.span), envelopes, limits, &mut scope));
                continue;
            };
            self.required(&map, "docs", "an API", "https://example.com/errors");
            let mut draft = self.api(name, named, &map, envelopes, limits, &mut scope);
            draft.by_status =
                map.get("by_status").map(|node| self.by_status(node, codes)).unwrap_or_default();
            apis.push(draft);
        }
        apis
    }

    /// The API `name`, with what `map` says of it: its own mapping, or the whole file's.
    pub(super) fn api(
        &mut self,
        name: Spanned<&'t str>,
        named: bool,
        map: &Map<'t>,
        envelopes: &Envelopes<'t>,
        limits: &Limits<'t>,
        scope: &mut Scope,
    ) -> ApiDraft {
        let rust = if named { self.rust_names(name.value, name.span, Of::Api, None, scope) } else { None };
        let heading = map.get("title").and_then(|node| self.line_of_text(node, "`title`"));
        let docs = map.get("docs").and_then(|node| self.docs(node));
        let envelope = map.get("envelope").and_then(|node| {
            let text = self.text(node, "`envelope`")?;
            self.index(text, "envelope", &envelopes.names, "envelopes stand under `envelopes:`")
        });
        let api = Api {
            name: name.value.to_owned(),
            rust: rust.unwrap_or_else(unnamed),
            title: heading.map_or_else(|| title(name.value), |heading| heading.value.to_owned()),
            doc: map.get("doc").and_then(|node| self.filled_text(node, "`doc`", limits)),
            docs: docs.unwrap_or(DocUrl {
                before: String::new(),
                after: String::new(),
                hole: DocHole::Anchor,
            }),
            // The first one, or `problem` where none is declared.
            envelope: envelope.map_or(0, |envelope| envelope.value),
            codes: Vec::new(),
            by_status: ByStatus { exact: Vec::new(), client: 0, server: 0 },
            line: self.line(name.span),
        };
        ApiDraft { api, span: name.span, by_status: Vec::new() }
    }

    pub(super) fn by_status(&mut self, node: &'t Node, codes: &Names<'t>) -> Vec<StatusEntry> {
        let mut table = Vec::new();
        for entry in self.entries(node, "`by_status`").unwrap_or_default() {
            let pattern = match entry.key.text.as_str() {
                "4xx" => Some(Pattern::Client),
                "5xx" => Some(Pattern::Server),
                digits if digits.len() == 3 => {
                    digits.parse().ok().filter(|status| (400..=599).contains(status)).map(Pattern::Exact)
                }
                _ => None,
            };
            if pattern.is_none() {
                let title = format!("{} is no status of an error", quote(&entry.key.text));
                self.report(
                    Diagnostic::new(Mistake::StatusPattern, title)
                        .at(entry.key.span, "not a status")
                        .help("write one from 400 to 599, or `4xx` or `5xx` for all others"),
                );
            }
            let code = self.text(&entry.value, "an entry of `by_status`");
            let code = code.and_then(|code| self.index(code, "code", codes, "it names a code of this file"));
            if let Some(pattern) = pattern {
                table.push(StatusEntry {
                    pattern,
                    code: code.map(|code| code.value),
                    span: entry.value.span,
                });
            }
        }
        table
    }

    /// Decides for each API which code stands for which status: its own table over the shared one, and of both only
    /// the entries whose code it emits.
    pub(super) fn resolve_by_status(
        &mut self,
        apis: &mut [ApiDraft],
        shared: &[StatusEntry],
        codes: &[CodeDraft],
        place: Span,
    ) {
        let one_api = apis.len() == 1;
        for (index, draft) in apis.iter_mut().enumerate() {
            let emits = |entry: &StatusEntry| match entry.code.and_then(|code| codes.get(code)) {
                Some(code) => code.code.apis.binary_search(&index).is_ok(),
                // Reported already; taken as if it were right.
                None => true,
            };
            for entry in draft.by_status.iter().filter(|entry| !emits(entry)) {
                self.not_emitted(entry, codes, &draft.api.name, draft.span);
            }
            let table: BTreeMap<Pattern, &StatusEntry> = shared
                .iter()
                .chain(&draft.by_status)
                .filter(|entry| emits(entry))
                .map(|entry| (entry.pattern, entry))
                .collect();
            for (pattern, text, example) in [
                (Pattern::Client, "4xx", "4xx: bad_request"),
                (Pattern::Server, "5xx", "5xx: internal_error"),
            ] {
                if table.contains_key(&pattern) {
                    continue;
                }
                let title = format!("the API {} has no code for `{text}`", quote(&draft.api.name));
                let span = if one_api { place } else { draft.span };
                let diagnostic = Diagnostic::new(Mistake::ByStatusMissing, title)
                    .at(span, format!("nothing stands for the other {text}"))
                    .help(format!("add `{example}` to `by_status`, with a code that the API emits"));
                self.report(match shared.iter().find(|entry| entry.pattern == pattern) {
                    Some(entry) => diagnostic.and(entry.span, "not emitted by this API"),
                    None => diagnostic,
                });
            }
            let code = |pattern| table.get(&pattern).and_then(|entry| entry.code).unwrap_or_default();
            let exact = table.iter().filter_map(|(pattern, entry)| match pattern {
                Pattern::Exact(status) => entry.code.map(|code| (*status, code)),
                Pattern::Client | Pattern::Server => None,
            });
            draft.api.by_status = ByStatus {
                exact: exact.collect(),
                client: code(Pattern::Client),
                server: code(Pattern::Server),
            };
            for entry in table.values() {
                self.needs_nothing(entry, codes);
            }
        }
    }

    fn not_emitted(&mut self, entry: &StatusEntry, codes: &[CodeDraft], api: &str, api_span: Span) {
        let Some(code) = entry.code.and_then(|code| codes.get(code)) else { return };
        let title = format!("the API {} does not emit {}", quote(api), quote(&code.code.code));
        self.report(
            Diagnostic::new(Mistake::ByStatusNotEmitted, title)
                .at(entry.span, "in its own `by_status`")
                .and(api_span, "this API")
                .and(code.span, "its `apis` say who emits it")
                .help("name a code that the API emits, or add the API to the code's `apis`"),
        );
    }

    /// A code that answers where no handler did has nobody to give it values.
    fn needs_nothing(&mut self, entry: &StatusEntry, codes: &[CodeDraft]) {
        let Some(draft) = entry.code.and_then(|code| codes.get(code)) else { return };
        let Some(asked) = draft.asks_for() else { return };
        let title = format!("{} can't stand in `by_status`", quote(&draft.code.code));
        self.report(
            Diagnostic::new(Mistake::ByStatusNeedsValues, title)
                .at(entry.span, "answers where no handler did")
                .and(draft.span, format!("needs {asked}"))
                .help("name a code without required values, or make them optional"),
        );
    }

    /// Anchors are unique on each page, and no retired one comes back.
    pub(super) fn anchors<'a>(
        &mut self,
        apis: &[ApiDraft],
        anchors: impl Iterator<Item = (&'a str, &'a [usize], Span)>,
    ) {
        let mut pages = BTreeMap::new();
        let page_of: Vec<usize> = apis
            .iter()
            .enumerate()
            .map(|(index, draft)| {
                *pages.entry((&draft.api.docs.before, &draft.api.docs.after)).or_insert(index)
            })
            .collect();
        let mut seen: BTreeMap<(usize, &str), Span> = BTreeMap::new();
        for (anchor, apis, span) in anchors {
            for page in apis.iter().filter_map(|api| page_of.get(*api)) {
                let first = *seen.entry((*page, anchor)).or_insert(span);
                if first != span {
                    self.report(
                        Diagnostic::new(
                            Mistake::DuplicateAnchor,
                            format!("the anchor {} is there twice", quote(anchor)),
                        )
                        .at(span, "the second on the same page")
                        .and(first, "the first")
                        .help("give one of them another: `anchor: other-anchor`"),
                    );
                }
            }
        }
    }
}
