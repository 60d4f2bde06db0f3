//! `apis:`, `by_status:` and the pages of the reference.

use super::codes::CodeDraft;
use super::envelopes::Envelopes;
use super::faults::FaultTable;
use super::limits::Limits;
use super::names::{Names, Of, Scope, title, unnamed};
use super::reader::{Context, Map, Spanned, quote};
use crate::catalog::{Api, ByFault, ByStatus, DocHole, DocUrl};
use crate::report::{Diagnostic, Mistake, Span};
use crate::syntax::{Entry, Kind, Node};
use std::collections::BTreeMap;
use std::fmt;

pub(super) struct ApiDraft {
    pub(super) api: Api,
    pub(super) span: Span,
    /// False where its envelope could not be read, which is reported; some other one stands for it.
    pub(super) envelope_known: bool,
    /// Its own entries of `by_status`.
    by_status: StatusTable,
    /// Its own `by_fault`.
    pub(super) by_fault: FaultTable,
}

/// A `by_status`.
#[derive(Debug)]
pub(super) struct StatusTable {
    entries: Vec<StatusEntry>,
    /// False where there may be more that could not be read, which is reported.
    complete: bool,
}

/// One line of `by_status`.
#[derive(Debug, Clone, Copy)]
pub(super) struct StatusEntry {
    pattern: Pattern,
    /// None where it names no code, or one of another class, which is reported.
    code: Option<usize>,
    span: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Pattern {
    Exact(u16),
    Client,
    Server,
}

impl Pattern {
    fn of(status: u16) -> Self {
        if status < 500 { Self::Client } else { Self::Server }
    }

    /// `Client` or `Server`.
    fn class(self) -> Self {
        match self {
            Self::Exact(status) => Self::of(status),
            class => class,
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(status) => write!(f, "{status}"),
            Self::Client => f.write_str("4xx"),
            Self::Server => f.write_str("5xx"),
        }
    }
}

/// The best code for each class.
#[derive(Debug, Clone, Copy, Default)]
struct Best {
    client: Option<usize>,
    server: Option<usize>,
}

impl Best {
    fn of(&self, class: Pattern) -> Option<usize> {
        match class {
            Pattern::Server => self.server,
            Pattern::Client | Pattern::Exact(_) => self.client,
        }
    }

    /// 400 and 500 say least of what is wrong, so they fit best; of others the first.
    fn offer(&mut self, code: usize, status: u16, codes: &[CodeDraft]) {
        let best = if status < 500 { &mut self.client } else { &mut self.server };
        let general = |status: u16| matches!(status, 400 | 500);
        let has_general =
            best.and_then(|best| codes.get(best)).is_some_and(|draft| general(draft.code.status));
        if best.is_none() || general(status) && !has_general {
            *best = Some(code);
        }
    }
}

/// The codes that could stand for the statuses of a class.
#[derive(Debug)]
struct Fallbacks {
    any: Best,
    of_api: Vec<Best>,
}

impl Fallbacks {
    /// `values`: also those that need values.
    fn new(codes: &[CodeDraft], apis: usize, values: bool) -> Self {
        let mut fallbacks = Self { any: Best::default(), of_api: vec![Best::default(); apis] };
        for (code, draft) in codes.iter().enumerate() {
            let Some(status) = draft.status.filter(|_| values || draft.asks_for().is_none()) else {
                continue;
            };
            fallbacks.any.offer(code, status.value, codes);
            for api in &draft.code.apis {
                if let Some(best) = fallbacks.of_api.get_mut(*api) {
                    best.offer(code, status.value, codes);
                }
            }
        }
        fallbacks
    }

    fn of_api(&self, api: usize, class: Pattern) -> Option<usize> {
        self.of_api.get(api).and_then(|best| best.of(class))
    }

    /// What to do where an API has no code for a class. `shared` is the one that stands for it elsewhere.
    fn advice(
        &self,
        api: (usize, &str),
        class: Pattern,
        shared: Option<usize>,
        codes: &[CodeDraft],
    ) -> String {
        let name = |code: usize| codes.get(code).map_or("", |draft| draft.code.code.as_str());
        let entry = |code: usize| quote(&format!("{class}: {}", name(code)));
        let emit = |code: usize| format!("{} to the `apis` of {}", quote(api.1), quote(name(code)));
        let own = self.of_api(api.0, class);
        match (own, shared, self.any.of(class)) {
            (Some(own), Some(shared), _) => {
                format!("add {} to its own `by_status`, or {}", entry(own), emit(shared))
            }
            (Some(own), None, _) => format!("add {} to `by_status`", entry(own)),
            (None, Some(shared), _) => format!("add {}", emit(shared)),
            (None, None, Some(other)) => format!("add {}, and {} to `by_status`", emit(other), entry(other)),
            (None, None, None) => {
                let example = if class == Pattern::Client { "bad_request" } else { "internal_error" };
                format!("add a code whose status is a {class}, and `{class}: {example}` to `by_status`")
            }
        }
    }
}

impl<'t> Context<'t> {
    pub(super) fn apis(
        &mut self,
        entries: &'t [Entry],
        envelopes: &Envelopes<'t>,
        limits: &Limits<'t>,
        codes: &Names<'t>,
    ) -> Vec<ApiDraft> {
        let keys = ["title", "docs", "doc", "envelope", "by_status", "by_fault", "max_body", "rust"];
        let mut scope = Scope::default();
        let mut apis = Vec::new();
        for entry in entries {
            let name = Spanned { value: entry.key.text.as_str(), span: entry.key.span };
            let named = self.name(name, "an API");
            let Some(map) = self.map(&entry.value, name.span, "an API", &keys) else {
                let mut draft = self.api(name, named, &Map::empty(name.span), limits, &mut scope);
                draft.by_status.complete = false;
                apis.push(draft);
                continue;
            };
            self.required(&map, "docs", "an API", "https://example.com/errors");
            let mut draft = self.api(name, named, &map, limits, &mut scope);
            let read = map.get("envelope").map(|node| match node.kind {
                Kind::List(_) => {
                    self.names_in(node, "`envelope`", "envelope", &envelopes.names).unwrap_or_default()
                }
                _ => {
                    let text = self.text(node, "`envelope`");
                    let help = "envelopes stand under `envelopes:`";
                    text.and_then(|text| self.index(text, "envelope", &envelopes.names, help))
                        .into_iter()
                        .collect()
                }
            });
            let mut read = read.unwrap_or_default().into_iter().map(|envelope| envelope.value);
            let written = read.next();
            draft.api.envelope = written.unwrap_or(0);
            draft.api.also_read = read.collect();
            draft.envelope_known =
                envelopes.names.is_complete() && (written.is_some() || map.lacks("envelope"));
            draft.by_status = self.by_status(&map, codes);
            draft.by_fault = self.by_fault(&map, codes);
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
        limits: &Limits<'t>,
        scope: &mut Scope,
    ) -> ApiDraft {
        let explicit = map.get("rust");
        let rust =
            if named { self.rust_names(name.value, name.span, Of::Api, explicit, scope) } else { None };
        let heading = map.get("title").and_then(|node| self.line_of_text(node, "`title`"));
        let docs = map.get("docs").and_then(|node| self.docs(node));
        let max_body = map.get("max_body").and_then(|node| self.max_body(node));
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
            envelope: 0,
            also_read: Vec::new(),
            codes: Vec::new(),
            by_status: ByStatus { exact: Vec::new(), client: 0, server: 0 },
            by_fault: ByFault::default(),
            max_body,
            line: self.line(name.span),
        };
        let by_status = StatusTable { entries: Vec::new(), complete: true };
        ApiDraft { api, span: name.span, envelope_known: false, by_status, by_fault: FaultTable::default() }
    }

    fn max_body(&mut self, node: &'t Node) -> Option<u32> {
        let (bytes, _) = self.bytes(node, "`max_body`")?;
        let fits = u32::try_from(bytes).ok().filter(|bytes| (64 << 10..=16 << 20).contains(bytes));
        if fits.is_none() {
            self.report(
                Diagnostic::new(Mistake::BadNumber, "`max_body` is from 64 KiB to 16 MiB")
                    .at(node.span, "is outside of that")
                    .help("without it 64 KiB of a body is read"),
            );
        }
        fits
    }

    pub(super) fn by_status(&mut self, map: &Map<'t>, codes: &Names<'t>) -> StatusTable {
        let section = self.section(map, "by_status");
        let mut table = StatusTable { entries: Vec::new(), complete: section.complete };
        for entry in section.entries {
            let key = entry.key.text.as_str();
            let pattern = match key {
                "4xx" => Some(Pattern::Client),
                "5xx" => Some(Pattern::Server),
                digits if digits.len() == 3 => {
                    digits.parse().ok().filter(|status| (400..=599).contains(status)).map(Pattern::Exact)
                }
                _ => None,
            };
            if pattern.is_none() {
                // `4XX`, `40x`, `5**`
                table.complete &= !key.starts_with(['4', '5']);
                let title = format!("{} is no status of an error", quote(key));
                let meant = ["4xx", "5xx"].into_iter().find(|meant| meant.eq_ignore_ascii_case(key));
                let label =
                    meant.map_or("not a status".to_owned(), |meant| format!("did you mean `{meant}`?"));
                self.report(
                    Diagnostic::new(Mistake::StatusPattern, title)
                        .at(entry.key.span, label)
                        .help("write one from 400 to 599, or `4xx` or `5xx` for all others"),
                );
            }
            let code = self.text(&entry.value, "an entry of `by_status`");
            let code = code.and_then(|code| self.index(code, "code", codes, "it names a code of this file"));
            if let Some(pattern) = pattern {
                table.entries.push(StatusEntry {
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
        mut shared: StatusTable,
        codes: &[CodeDraft],
        place: Span,
    ) {
        let one_api = apis.len() == 1;
        let fallbacks = Fallbacks::new(codes, apis.len(), self.client);
        for entry in &mut shared.entries {
            self.of_class(entry, codes, fallbacks.any.of(entry.pattern.class()));
        }
        for (index, draft) in apis.iter_mut().enumerate() {
            let emits = |entry: &StatusEntry| match entry.code.and_then(|code| codes.get(code)) {
                Some(code) => !code.apis_known || code.code.apis.binary_search(&index).is_ok(),
                // Reported already; taken as if it were right.
                None => true,
            };
            for entry in &mut draft.by_status.entries {
                let class = entry.pattern.class();
                let fallback = fallbacks.of_api(index, class).or(fallbacks.any.of(class));
                self.of_class(entry, codes, fallback);
            }
            for entry in draft.by_status.entries.iter().filter(|entry| !emits(entry)) {
                self.not_emitted(entry, codes, &draft.api.name, draft.span);
            }
            let complete = shared.complete && draft.by_status.complete;
            let table: BTreeMap<Pattern, &StatusEntry> = shared
                .entries
                .iter()
                .chain(&draft.by_status.entries)
                .filter(|entry| emits(entry))
                .map(|entry| (entry.pattern, entry))
                .collect();
            for pattern in [Pattern::Client, Pattern::Server] {
                // For a client it is a name and no more.
                let named = self.client && fallbacks.of_api(index, pattern).is_some();
                if table.contains_key(&pattern) || named || !complete {
                    continue;
                }
                let title = format!("the API {} has no code for `{pattern}`", quote(&draft.api.name));
                let span = if one_api { place } else { draft.span };
                let elsewhere = shared.entries.iter().find(|entry| entry.pattern == pattern);
                let shared = elsewhere.and_then(|entry| entry.code);
                let diagnostic = Diagnostic::new(Mistake::ByStatusMissing, title)
                    .at(span, format!("nothing stands for the other {pattern}"))
                    .help(fallbacks.advice((index, &draft.api.name), pattern, shared, codes));
                self.report(match elsewhere {
                    Some(entry) => diagnostic.and(entry.span, "not emitted by this API"),
                    None => diagnostic,
                });
            }
            let code = |pattern| match table.get(&pattern) {
                Some(entry) => entry.code.unwrap_or_default(),
                None => fallbacks.of_api(index, pattern).unwrap_or_default(),
            };
            let exact = table.iter().filter_map(|(pattern, entry)| match pattern {
                Pattern::Exact(status) => entry.code.map(|code| (*status, code)),
                Pattern::Client | Pattern::Server => None,
            });
            draft.api.by_status = ByStatus {
                exact: exact.collect(),
                client: code(Pattern::Client),
                server: code(Pattern::Server),
            };
            let client = self.client;
            for entry in table.values().filter(|_| !client) {
                self.needs_nothing(entry, codes);
            }
        }
    }

    /// Takes the code from an entry where its status is of another class: a 5xx is no 400.
    fn of_class(&mut self, entry: &mut StatusEntry, codes: &[CodeDraft], fallback: Option<usize>) {
        let Some(draft) = entry.code.and_then(|code| codes.get(code)) else { return };
        let class = entry.pattern.class();
        if let Pattern::Exact(status) = entry.pattern
            && draft.code.other_statuses.contains(&status)
        {
            return;
        }
        let Some(status) = draft.status.filter(|status| Pattern::of(status.value) != class) else { return };
        let title =
            format!("{} answers a {} with HTTP {}", quote(&draft.code.code), entry.pattern, status.value);
        let help = match fallback.and_then(|code| codes.get(code)) {
            Some(meant) => {
                format!("name a code whose status is a {class}, such as {}", quote(&meant.code.code))
            }
            None => format!("name a code whose status is a {class}; there is none yet"),
        };
        self.report(
            Diagnostic::new(Mistake::ByStatusClass, title)
                .at(entry.span, format!("its status is no {class}"))
                .and(draft.span, format!("has status {}", status.value))
                .help(help),
        );
        entry.code = None;
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
