//! From a tree to a catalog. Each room reads one part of the file and reports what is wrong in it; a part that is
//! wrong is replaced by something harmless, so that the rest of the file is checked in the same run. A [`Catalog`]
//! is made only where nothing was reported.

mod actions;
mod apis;
mod codes;
mod envelopes;
mod faults;
mod fields;
mod headers;
mod limits;
mod load;
mod names;
mod parts;
mod reader;
mod retired;
mod retry;
mod see;
mod suggest;
#[cfg(test)]
mod tests;
mod text;
mod types;
mod urls;
mod wire;

pub use load::load;
pub(crate) use load::watched;

use crate::catalog::Catalog;
use crate::report::{Diagnostic, Mistake, Report, Sink, Span};
use crate::source::Source;
use crate::syntax::{self, Node};
use apis::ApiDraft;
use codes::Known;
use names::{Names, Scope};
use reader::{Context, Map, Spanned};
use types::Types;

/// The largest catalog that is read, in bytes of all its files.
const LARGEST: usize = 8 << 20;

const KEYS: &[&str] = &[
    "errbook",
    "name",
    "role",
    "docs",
    "title",
    "doc",
    "request_id_prefix",
    "envelopes",
    "apis",
    "actions",
    "limits",
    "types",
    "by_status",
    "by_fault",
    "max_body",
    "groups",
    "codes",
    "retired",
];

/// Reads the text of an `errors.yaml` that has no parts. `file` is what reports and generated files call it.
pub fn check(file: &str, text: &str) -> Result<Catalog, Report> {
    if text.len() > LARGEST {
        let mut sink = Sink::default();
        sink.push(too_large(file, 1));
        return Err(Report::new(Source::new(file, ""), sink));
    }
    check_source(Source::new(file, text))
}

fn check_source(source: Source) -> Result<Catalog, Report> {
    let mut sink = Sink::default();
    if let Some(control) = control_character(source.text()) {
        sink.push(control);
        return Err(Report::new(source, sink));
    }
    let Some(roots) = syntax::parse(&source, &mut sink) else { return Err(Report::new(source, sink)) };
    let mut context = Context::new(&source, sink);
    let root = context.merged(roots);
    let catalog = context.catalog(&root);
    let sink = context.into_sink();
    match catalog {
        Some(catalog) if sink.is_empty() => Ok(catalog),
        _ => Err(Report::new(source, sink)),
    }
}

fn too_large(file: &str, files: usize) -> Diagnostic {
    let file = reader::quote(file);
    let title = match files {
        1 => format!("{file} is larger than {LARGEST} bytes"),
        _ => format!("{file} and its parts are larger than {LARGEST} bytes"),
    };
    Diagnostic::new(Mistake::FileTooLarge, title).help("split it into several catalogs")
}

/// The name that was probably meant.
pub(crate) fn nearest<'n>(wrong: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    suggest::Suggest::new().nearest(wrong, names)
}

/// YAML allows none but tabs and line breaks, and an editor shows none.
fn control_character(text: &str) -> Option<Diagnostic> {
    let control = |char: char| char.is_control() && !matches!(char, '\t' | '\n' | '\r' | '\u{85}');
    let (at, char) = text.char_indices().find(|(_, char)| control(*char))?;
    let title = format!("the file holds the control character U+{:04X}", u32::from(char));
    Some(
        Diagnostic::new(Mistake::ControlCharacter, title)
            .at(Span::new(at, at + char.len_utf8()), "invisible")
            .help("remove it; inside double quotes it can be written as an escape"),
    )
}

impl<'t> Context<'t> {
    fn catalog(&mut self, root: &'t Node) -> Option<Catalog> {
        let map = self.map(root, start_of(root), "a catalog", KEYS)?;
        self.edition(&map);
        self.role(&map);
        if !["apis", "envelopes", "groups"].iter().all(|key| self.spend_on_large(&map, key)) {
            return None;
        }
        let name =
            self.required(&map, "name", "a catalog", "shop").and_then(|node| self.text(node, "`name`"));
        let named = name.is_some_and(|name| self.name(name, "a catalog"));
        let request_id_prefix = map.get("request_id_prefix").and_then(|node| self.request_id_prefix(node));
        let limits = self.limits(&map);
        let actions = self.actions(&map);
        self.types(&map, &limits);
        let envelopes = self.envelopes(&map);

        self.required(&map, "codes", "a catalog", "{bad_request: {status: 400, …}}");
        let mut code_section = self.some_section(&map, "codes");
        code_section.complete &= map.get("codes").is_some();
        let code_entries = code_section.entries;
        let group_section = self.section(&map, "groups");
        let code_names = Names::of(&code_section);
        let group_names = Names::of(&group_section);

        let (api_names, mut apis) = if map.lacks("apis") {
            let name = name.unwrap_or(Spanned { value: "", span: map.owner });
            self.required(&map, "docs", "a catalog without `apis`", "https://example.com/errors");
            let mut api = self.api(name, named, &map, &limits, &mut Scope::default());
            api.envelope_known = envelopes.names.is_complete();
            (Names::new([name.value], named), vec![api])
        } else {
            self.keys_of_apis(&map);
            let section = self.some_section(&map, "apis");
            (Names::of(&section), self.apis(section.entries, &envelopes, &limits, &code_names))
        };

        let known = Known {
            limits: &limits,
            actions: &actions,
            apis: &api_names,
            groups: &group_names,
            codes: &code_names,
        };
        let mut groups = self.groups(group_section.entries, &known);
        let codes = self.codes(code_entries, &groups, &known);
        let retired = self.retired(map.get("retired"), &known, code_entries);
        if !self.is_within_budget() {
            return None;
        }

        let by_status = self.by_status(&map, &code_names);
        let by_fault = self.by_fault(&map, &code_names);
        // With no code that could be read, every API would lack one.
        if !codes.is_empty() {
            let place = map.entry("by_status").map_or(map.owner, |entry| entry.key.span);
            self.resolve_by_status(&mut apis, by_status, &codes, place);
            self.resolve_by_fault(&mut apis, by_fault, &codes);
        }
        let anchors =
            codes.iter().map(|draft| (draft.code.anchor.as_str(), draft.code.apis.as_slice(), draft.span));
        let old_anchors = retired.iter().map(|(old, span)| (old.anchor.as_str(), old.apis.as_slice(), *span));
        self.anchors(&apis, anchors.chain(old_anchors));
        self.wire(&codes, &apis, &envelopes.envelopes);

        let mut codes: Vec<_> = codes.into_iter().map(|draft| draft.code).collect();
        let mut apis: Vec<_> = apis.into_iter().map(|ApiDraft { api, .. }| api).collect();
        for (index, code) in codes.iter().enumerate() {
            for api in &code.apis {
                if let Some(api) = apis.get_mut(*api) {
                    api.codes.push(index);
                }
            }
        }
        let of_groups = groups.iter().filter_map(|draft| draft.group.action);
        let (actions, indices) = actions.into_used(codes.iter().map(|code| code.action).chain(of_groups));
        let index = |action: usize| indices.get(action).copied().unwrap_or_default();
        for code in &mut codes {
            code.action = index(code.action);
        }
        for draft in &mut groups {
            draft.group.action = draft.group.action.map(index);
        }
        Some(Catalog {
            sources: self.sources(),
            client: self.client,
            name: name?.value.to_owned(),
            request_id_prefix: request_id_prefix.unwrap_or_else(|| "req_".to_owned()),
            limits: limits.limits,
            types: std::mem::replace(&mut self.types, Types::none()).into_all(),
            actions,
            envelopes: envelopes.into_kept(
                apis.iter().flat_map(|api| [api.envelope].into_iter().chain(api.also_read.iter().copied())),
            ),
            groups: codes::settled(groups, &codes),
            apis,
            codes,
            retired: retired.into_iter().map(|(retired, _)| retired).collect(),
        })
    }

    fn edition(&mut self, map: &Map<'t>) {
        let Some(node) = self.required(map, "errbook", "a catalog", "1") else { return };
        let Some(edition) = self.integer(node, "`errbook`", 0..=u64::MAX) else { return };
        if edition.value != 1 {
            self.report(
                Diagnostic::new(
                    Mistake::Edition,
                    format!("the edition {} of the format is not known", edition.value),
                )
                .at(edition.span, "not known to this version")
                .help("write `errbook: 1`, or use a newer errbook"),
            );
        }
    }

    /// Is it the catalog of somebody else's API? One with another role was meant to be one.
    fn role(&mut self, map: &Map<'t>) {
        self.client = !map.lacks("role");
        let role = map.get("role").and_then(|node| self.text(node, "`role`"));
        if let Some(role) = role.filter(|role| role.value != "client") {
            let help =
                "write `role: client` in the catalog of somebody else's API, and no `role` in your own";
            self.unknown(role, "role", ["client"], help);
        }
    }

    fn request_id_prefix(&mut self, node: &'t Node) -> Option<String> {
        let prefix = self.text(node, "`request_id_prefix`")?;
        let plain = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-' | '.');
        if prefix.value.len() > 32 || !prefix.value.chars().all(plain) {
            self.report(
                Diagnostic::new(
                    Mistake::BadName,
                    format!("{} can't begin a request id", reader::quote(prefix.value)),
                )
                .at(prefix.span, "has other characters, or too many")
                .help("up to 32 ASCII letters, digits, `_`, `-` and `.`, as in `req_`"),
            );
            return None;
        }
        Some(prefix.value.to_owned())
    }

    /// Where there are `apis`, each has its own.
    fn keys_of_apis(&mut self, map: &Map<'t>) {
        let Some(apis) = map.entry("apis") else { return };
        for entry in ["docs", "title", "doc", "max_body"].into_iter().filter_map(|key| map.entry(key)) {
            let key = &entry.key.text;
            self.report(
                Diagnostic::new(Mistake::MisplacedKey, format!("each API has its own `{key}`"))
                    .at(entry.key.span, "for a catalog without `apis`")
                    .and(apis.key.span, "this one has them")
                    .help(format!("move `{key}` into the APIs")),
            );
        }
    }
}

/// Where what is missing from the whole file is shown.
fn start_of(root: &Node) -> Span {
    Span::new(root.span.start, root.span.end.min(root.span.start + 1))
}
