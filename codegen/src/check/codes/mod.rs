//! `groups:` and `codes:`. What a group says is merged into its codes: defaults, then the group, then the code.

mod given;

use super::actions::Actions;
use super::fields::{FieldDraft, Owner};
use super::headers::HeaderDraft;
use super::limits::Limits;
use super::names::{Names, Of, Scope, title, unnamed};
use super::reader::{Context, Map, Spanned, list, quote};
use super::urls::anchor_of;
use crate::catalog::{Applied, Code, Deprecated, FieldKind, Group, HeaderRule, Literal, Presence, Retry};
use crate::report::{Diagnostic, Mistake, Span};
use crate::syntax::Entry;
use std::collections::BTreeMap;

pub(super) use given::Given;
use given::merged;

/// A code is two bytes in Rust.
const MOST: usize = 1 << 16;

/// What a code may have and a group may give it.
const SHARED_KEYS: &[&str] = &[
    "apis",
    "status",
    "retryable",
    "message",
    "retry",
    "retry_note",
    "applied",
    "action",
    "headers",
    "param",
    "items",
    "fields",
    "causes",
    "fix",
];
/// What only a code has.
const CODE_KEYS: &[&str] =
    &["group", "anchor", "title", "number", "doc", "rust", "since", "deprecated", "see", "examples"];
/// What a group has for itself.
const GROUP_KEYS: &[&str] = &["title", "doc", "rust"];

pub(super) const RETRIES: &[(&str, Retry)] = &[
    ("never", Retry::Never),
    ("needs_action", Retry::NeedsAction),
    ("refresh", Retry::Refresh),
    ("backoff", Retry::Backoff),
    ("throttle", Retry::Throttle),
];

const PRESENCES: &[(&str, Presence)] =
    &[("required", Presence::Required), ("optional", Presence::Optional), ("never", Presence::Never)];

/// What codes and groups refer to.
pub(super) struct Known<'c, 't> {
    pub(super) limits: &'c Limits<'t>,
    pub(super) actions: &'c Actions<'t>,
    pub(super) apis: &'c Names<'t>,
    pub(super) groups: &'c Names<'t>,
    pub(super) codes: &'c Names<'t>,
}

/// `apis:` of a code, ascending.
#[derive(Debug, Clone, Default)]
pub(super) struct ApiList {
    pub(super) apis: Vec<usize>,
    /// False where there may be more that could not be read, which is reported.
    complete: bool,
}

pub(super) struct GroupDraft<'t> {
    /// Its action is the one that is written.
    pub(super) group: Group,
    span: Span,
    given: Given<'t>,
    /// How much each of its codes takes over, in bytes of text and entries.
    weight: usize,
}

pub(super) struct CodeDraft {
    /// Where something was wrong, something harmless stands in its place.
    pub(super) code: Code,
    pub(super) span: Span,
    /// The default one. None where it could not be read.
    pub(super) status: Option<Spanned<u16>>,
    other_statuses: Vec<Spanned<u16>>,
    pub(super) fields: Vec<FieldDraft>,
    pub(super) headers: Vec<HeaderDraft>,
    pub(super) items: Vec<Spanned<usize>>,
    /// False where there may be more APIs that emit it.
    pub(super) apis_known: bool,
    /// Neither it nor its group has an `action`.
    lacks_action: bool,
}

/// What a code in one more API costs of what may be multiplied: its anchor is compared, and it is in that API's tables.
pub(super) const IN_AN_API: usize = 16;

impl<'t> Context<'t> {
    pub(super) fn groups(&mut self, entries: &'t [Entry], known: &Known<'_, 't>) -> Vec<GroupDraft<'t>> {
        let keys = [GROUP_KEYS, SHARED_KEYS].concat();
        let mut scope = Scope::default();
        let mut groups = Vec::new();
        for entry in entries {
            let (name, span) = (entry.key.text.as_str(), entry.key.span);
            let map = self.map(&entry.value, span, "a group", &keys).unwrap_or(Map::empty(span));
            let rust = if self.name(Spanned { value: name, span }, "a group") {
                self.rust_names(name, span, Of::Group, map.get("rust"), &mut scope)
            } else {
                None
            };
            let in_rust = rust.as_ref().map_or("", |rust| &rust.upper);
            let given = self.given(map, &Owner { name, rust: in_rust }, known);
            let constants = given
                .fields
                .fields
                .iter()
                .filter_map(constant)
                .map(|(name, value)| (name.to_owned(), value.clone()));
            let heading = map.get("title").and_then(|node| self.line_of_text(node, "`title`"));
            let group = Group {
                name: name.to_owned(),
                rust: rust.unwrap_or_else(unnamed),
                title: heading.map_or_else(|| title(name), |heading| heading.value.to_owned()),
                doc: map.get("doc").and_then(|node| self.filled_text(node, "`doc`", known.limits)),
                statuses: Vec::new(),
                constants: constants.collect(),
                action: given.action,
                retry: None,
                applied: None,
                line: self.line(span),
            };
            let weight = given.weight(&self.types);
            groups.push(GroupDraft { group, span, given, weight });
        }
        groups
    }

    pub(super) fn codes(
        &mut self,
        entries: &'t [Entry],
        groups: &[GroupDraft<'t>],
        known: &Known<'_, 't>,
    ) -> Vec<CodeDraft> {
        let keys = [SHARED_KEYS, CODE_KEYS].concat();
        let mut scope = Scope::default();
        let mut codes = Vec::new();
        for entry in entries {
            if !self.is_within_budget() {
                break;
            }
            if codes.len() == MOST {
                self.report(
                    Diagnostic::new(Mistake::CatalogTooLarge, format!("a catalog has at most {MOST} codes"))
                        .at(entry.key.span, "one too many")
                        .help("make several catalogs of it"),
                );
                break;
            }
            codes.push(self.code(entry, &keys, groups, known, &mut scope));
        }
        self.actions_of_payment(&codes, known);
        self.distinct_numbers(&codes);
        codes
    }

    /// What helps against a 402, only the author knows. Codes that have it from one group are one mistake.
    fn actions_of_payment(&mut self, codes: &[CodeDraft], known: &Known<'_, 't>) {
        let mut lacking: BTreeMap<Span, Vec<&str>> = BTreeMap::new();
        for draft in codes.iter().filter(|draft| draft.lacks_action) {
            let mut statuses = draft.status.iter().chain(&draft.other_statuses);
            if let Some(status) = statuses.find(|status| status.value == 402) {
                lacking.entry(status.span).or_default().push(&draft.code.code);
            }
        }
        for (span, names) in lacking {
            let has = if names.len() == 1 { "has" } else { "have" };
            let title = format!("{} {has} status 402 and no `action`", list(names));
            self.report(
                Diagnostic::new(Mistake::MissingAction, title)
                    .at(span, "does not say what helps")
                    .help(format!("write {}", known.actions.of_payment())),
            );
        }
    }

    fn distinct_numbers(&mut self, codes: &[CodeDraft]) {
        let mut first: BTreeMap<i64, &CodeDraft> = BTreeMap::new();
        for draft in codes {
            let Some(number) = draft.code.number else { continue };
            if let Some(first) = first.get(&number) {
                self.report(
                    Diagnostic::new(Mistake::DuplicateNumber, format!("{number} is the number of two codes"))
                        .at(draft.span, "the second")
                        .and(first.span, "the first")
                        .help("a number tells a client which code it is: give one of them another `number`"),
                );
            } else {
                first.insert(number, draft);
            }
        }
    }

    fn code(
        &mut self,
        entry: &'t Entry,
        keys: &[&'static str],
        groups: &[GroupDraft<'t>],
        known: &Known<'_, 't>,
        scope: &mut Scope,
    ) -> CodeDraft {
        let (name, span) = (entry.key.text.as_str(), entry.key.span);
        self.code_name(&entry.key);
        let read = self.map(&entry.value, span, &format!("the code {}", quote(name)), keys);
        let map = read.unwrap_or(Map::empty(span));
        let rust = self.rust_names(name, span, Of::Code, map.get("rust"), scope);
        let in_rust = rust.as_ref().map_or("", |rust| &rust.upper);
        let own = self.given(map, &Owner { name, rust: in_rust }, known);
        let group = map.get("group").and_then(|node| {
            let text = self.text(node, "`group`")?;
            self.index(text, "group", known.groups, "groups stand under `groups:`")
        });
        let inherited = group.and_then(|group| groups.get(group.value));
        let group_known = group.is_some() || map.lacks("group");
        if read.is_some() && group_known {
            self.required_keys(&map, name, inherited);
        }
        let lacks = |key| map.lacks(key) && inherited.is_none_or(|group| group.given.map.lacks(key));
        let lacks_action = group_known && lacks("action");
        let group = group.map(|group| group.value);
        let heading = map.get("title").and_then(|node| self.line_of_text(node, "`title`"));
        let anchor = map.get("anchor").and_then(|node| self.anchor(node));
        let doc = map.get("doc").and_then(|node| self.filled_text(node, "`doc`", known.limits));

        if let Some(group) = inherited {
            self.spend(group.weight);
        }
        let mut fields = self.merged_fields(inherited, &own);
        fields.complete &= group_known;
        let inherited_statuses = inherited.map(|group| (group.given.status, &group.given.other_statuses));
        let (status, other_statuses) = match (own.status, inherited_statuses) {
            (None, Some((status, others))) => (status, others.clone()),
            (status, _) => (status, own.other_statuses.clone()),
        };
        let statuses: Vec<u16> = status.iter().chain(&other_statuses).map(|status| status.value).collect();
        let inherited_headers = inherited.map(|group| group.given.headers.clone()).unwrap_or_default();
        let headers = self.merged_headers(inherited_headers, own.headers.clone(), &statuses, span);
        let given = merged(inherited, own);

        let message = given.message.map(|node| self.message(node, name, &fields, known.limits));
        let param = given.param.unwrap_or(match status.map(|status| status.value) {
            Some(400 | 404 | 409 | 413 | 422) => Presence::Optional,
            _ => Presence::Never,
        });
        let retry = self.retry_advice(&given, status, span);
        self.retry_after(&headers, &given, retry);
        let see = map.get("see").map(|node| self.see(node, name, known)).unwrap_or_default();
        let examples =
            map.get("examples").map(|node| self.examples(node, name, &fields, param, known.limits));
        let examples = examples.unwrap_or_default();
        let fields = fields.fields;
        self.distinct_fields(&fields, &headers, param, span);

        let known_status = status;
        let status = status.map_or(500, |status| status.value);
        let items = given.items.unwrap_or_default();
        let all_apis = 0..known.apis.len();
        let list = given.apis.unwrap_or_else(|| ApiList { apis: all_apis.collect(), complete: group_known });
        let ApiList { apis, complete: apis_known } = list;
        let types = fields.iter().filter_map(|draft| draft.field.kind.typed());
        let types: usize = types.map(|kind| self.types.weight(kind)).sum();
        let shown = examples.len() * (IN_AN_API + fields.len());
        self.spend(apis.len() * (IN_AN_API + items.len() + types + shown));
        let code = Code {
            code: name.to_owned(),
            rust: rust.unwrap_or_else(unnamed),
            title: heading.map_or_else(|| title(name), |heading| heading.value.to_owned()),
            status,
            other_statuses: other_statuses.iter().map(|status| status.value).collect(),
            retryable: given.retryable.map_or_else(|| retry.repeats(), |flag| flag.value),
            flag_known: given.retryable.is_some(),
            number: match map.get("number") {
                Some(node) => self.signed(node, "`number`").map(|number| number.value),
                // A code of digits is its own number.
                None => name.parse().ok().filter(|number: &i64| number.to_string() == name),
            },
            message: message.unwrap_or_default(),
            anchor: anchor.unwrap_or_else(|| anchor_of(name)),
            group,
            apis,
            retry,
            retry_note: given.retry_note,
            // `no` has to hold for every status.
            applied: given.applied.unwrap_or(
                match statuses.iter().all(|status| matches!(status, 400..=499 | 503)) && !statuses.is_empty()
                {
                    true => Applied::No,
                    false => Applied::Maybe,
                },
            ),
            action: given.action.unwrap_or_else(|| known.actions.by_status(status)),
            headers: headers.iter().map(|header| header.header.clone()).collect(),
            param,
            items: items.iter().map(|item| item.value).collect(),
            fields: fields.iter().map(|field| field.field.clone()).collect(),
            doc,
            causes: given.causes.unwrap_or_default(),
            fix: given.fix,
            see,
            examples,
            since: map.get("since").and_then(|node| self.line_of_text(node, "`since`")).map(owned),
            deprecated: map.entry("deprecated").and_then(|entry| self.deprecated(entry, name, known)),
            line: self.line(span),
        };
        CodeDraft {
            code,
            span,
            status: known_status,
            other_statuses,
            fields,
            headers,
            items,
            apis_known,
            lacks_action,
        }
    }

    fn deprecated(&mut self, entry: &'t Entry, code: &str, known: &Known<'_, 't>) -> Option<Deprecated> {
        let keys = ["since", "use", "note"];
        let map = self.map(&entry.value, entry.key.span, "`deprecated`", &keys)?;
        let replacement = map.get("use").and_then(|node| {
            let name = self.text(node, "`use`")?;
            if name.value == code {
                self.report(
                    Diagnostic::new(
                        Mistake::OwnReplacement,
                        format!("{} is to be used instead of itself", quote(code)),
                    )
                    .at(name.span, "the code itself")
                    .help("name another code, or leave `use` out"),
                );
                return None;
            }
            self.replacement(name, known)
        });
        Some(Deprecated {
            since: map.get("since").and_then(|node| self.line_of_text(node, "`since`")).map(owned),
            replacement,
            note: map.get("note").and_then(|node| self.line_of_text(node, "`note`")).map(owned),
        })
    }

    fn required_keys(&mut self, map: &Map<'t>, name: &str, group: Option<&GroupDraft<'t>>) {
        let missing: Vec<_> = [("status", "400"), ("retryable", "false"), ("message", "What went wrong.")]
            .into_iter()
            .filter(|(key, _)| !self.client || *key == "status")
            .filter(|(key, _)| map.lacks(key) && group.is_none_or(|group| group.given.map.lacks(key)))
            .collect();
        if missing.is_empty() {
            return;
        }
        let keys = list(missing.iter().map(|(key, _)| *key));
        let examples: Vec<_> = missing.iter().map(|(key, example)| format!("`{key}: {example}`")).collect();
        let diagnostic =
            Diagnostic::new(Mistake::MissingKey, format!("the code {} has no {keys}", quote(name)))
                .at(map.owner, format!("needs {keys}"))
                .help(format!("add {}", examples.join(", ")));
        self.report(match group {
            Some(group) => diagnostic.and(group.span, "its group has none either"),
            None => diagnostic,
        });
    }

    /// What a server fills in are fields of one Rust struct.
    fn distinct_fields(
        &mut self,
        fields: &[FieldDraft],
        headers: &[HeaderDraft],
        param: Presence,
        code: Span,
    ) {
        let mut scope = Scope::default();
        if param == Presence::Required {
            self.claim_field(&mut scope, "param", "param", code);
        }
        for header in headers.iter().filter(|header| header.header.rule == HeaderRule::Required) {
            self.claim_field(&mut scope, &header.header.rust, &header.header.name, header.span);
        }
        for field in fields.iter().filter(|field| constant(field).is_none()) {
            self.claim_field(&mut scope, &field.field.rust, &field.field.name, field.span);
        }
    }
}

impl CodeDraft {
    /// What an answer with this code can't do without, in words; of headers only those which an answer that is
    /// replaced does not have either.
    pub(super) fn asks_for(&self) -> Option<String> {
        let param = || (self.code.param == Presence::Required).then(|| "a param".to_owned());
        self.asks_for_fields()
            .or_else(param)
            .or_else(|| self.asks_for_header(&["retry-after", "allow", "www-authenticate"]))
    }

    /// What it can't do without beside a param, where there is no answer to take a header from.
    pub(super) fn asks_for_more_than_a_param(&self) -> Option<String> {
        self.asks_for_fields().or_else(|| self.asks_for_header(&[]))
    }

    fn asks_for_fields(&self) -> Option<String> {
        let fields: Vec<_> = self.fields.iter().filter(|field| field.is_required()).collect();
        let names = || list(fields.iter().map(|field| field.field.name.as_str()));
        (!fields.is_empty()).then(|| format!("a value for {}", names()))
    }

    /// Of those that aren't `known`.
    fn asks_for_header(&self, known: &[&str]) -> Option<String> {
        let header = self.headers.iter().map(|header| &header.header);
        let mut asking = header.filter(|header| header.rule == HeaderRule::Required);
        let header = asking.find(|header| !known.contains(&header.name.as_str()))?;
        Some(format!("the header {}", quote(&header.name)))
    }
}

/// The groups with what an unknown code of theirs is: what is written at the group, else what all its codes share. Of
/// statuses it is the other way round, since a code is told by them.
pub(super) fn settled(groups: Vec<GroupDraft<'_>>, codes: &[Code]) -> Vec<Group> {
    let mut members: Vec<Vec<&Code>> = vec![Vec::new(); groups.len()];
    for code in codes {
        if let Some(members) = code.group.and_then(|group| members.get_mut(group)) {
            members.push(code);
        }
    }
    let settled = |(GroupDraft { group, given, .. }, codes): (GroupDraft<'_>, Vec<&Code>)| {
        let statuses = match codes.as_slice() {
            [] => given.status.iter().chain(&given.other_statuses).map(|status| status.value).collect(),
            codes => shared(codes.iter().map(|code| code.statuses().collect())).unwrap_or_default(),
        };
        let advice = given.retry.map(|retry| retry.value);
        let advice = advice.or_else(|| shared(codes.iter().map(|code| code.retry)));
        Group {
            statuses,
            action: group.action.or_else(|| shared(codes.iter().map(|code| code.action))),
            retry: advice.filter(|advice| advice.first == advice.repeat).map(|advice| advice.first),
            applied: given
                .applied
                .or_else(|| codes.iter().map(|code| code.applied).find(|applied| *applied == Applied::Maybe)),
            ..group
        }
    };
    groups.into_iter().zip(members).map(settled).collect()
}

/// What all of them are, where there are some.
fn shared<T: PartialEq>(mut values: impl Iterator<Item = T>) -> Option<T> {
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
}

/// The name and the value of a constant field.
fn constant(field: &FieldDraft) -> Option<(&str, &Literal)> {
    match &field.field.kind {
        FieldKind::Const(value) => Some((&field.field.name, value)),
        FieldKind::Typed { .. } => None,
    }
}

fn owned(text: Spanned<&str>) -> String {
    text.value.to_owned()
}
