//! What stands in the mapping of a code or a group, and what a code takes over from its group.

use std::collections::BTreeMap;

use super::{ApiList, GroupDraft, Known, PRESENCES, constant};
use crate::catalog::{Applied, HeaderRule, Presence, RetryAdvice};
use crate::check::fields::{FieldDraft, Fields, Owner, weight_of};
use crate::check::headers::HeaderDraft;
use crate::check::limits::Limits;
use crate::check::names::Names;
use crate::check::reader::{Context, Map, Spanned, quote};
use crate::check::types::Types;
use crate::check::urls::is_anchor;
use crate::report::{Diagnostic, Mistake};
use crate::syntax::{Entry, Kind, Node};

/// What stands in the mapping of a code or a group. A key that is there and wrong is reported, and None here.
#[derive(Clone)]
pub(in crate::check) struct Given<'t> {
    pub(super) map: Map<'t>,
    pub(super) apis: Option<ApiList>,
    /// The default one.
    pub(super) status: Option<Spanned<u16>>,
    pub(super) other_statuses: Vec<Spanned<u16>>,
    pub(in crate::check) retryable: Option<Spanned<bool>>,
    pub(super) message: Option<&'t Node>,
    pub(in crate::check) retry: Option<Spanned<RetryAdvice>>,
    pub(in crate::check) retry_note: Option<String>,
    pub(super) applied: Option<Applied>,
    pub(super) action: Option<usize>,
    pub(super) headers: Vec<HeaderDraft>,
    pub(super) param: Option<Presence>,
    pub(super) items: Option<Vec<Spanned<usize>>>,
    pub(super) fields: Fields,
    pub(super) causes: Option<Vec<String>>,
    pub(super) fix: Option<String>,
}

impl<'t> Context<'t> {
    pub(super) fn given(&mut self, map: Map<'t>, owner: &Owner<'_>, known: &Known<'_, 't>) -> Given<'t> {
        let mut statuses = map.get("status").map(|node| self.statuses(node)).unwrap_or_default().into_iter();
        let (status, other_statuses) = (statuses.next(), statuses.collect());
        Given {
            map,
            apis: match map.entry("apis") {
                Some(entry) => Some(self.api_list(entry, known)),
                None => (!map.lacks("apis")).then(ApiList::default),
            },
            status,
            other_statuses,
            retryable: map.get("retryable").and_then(|node| self.bool(node, "`retryable`")),
            message: map.get("message").filter(|node| self.line_of_text(node, "`message`").is_some()),
            retry: map.get("retry").and_then(|node| self.retry(node)),
            retry_note: map
                .get("retry_note")
                .and_then(|node| self.filled_text(node, "`retry_note`", known.limits)),
            applied: map.get("applied").and_then(|node| {
                let words = [("no", Applied::No), ("maybe", Applied::Maybe)];
                self.word(node, "value of `applied`", &words).map(|word| word.value)
            }),
            action: map.get("action").and_then(|node| {
                let text = self.text(node, "`action`")?;
                let help = "actions of your own stand under `actions:`";
                self.index(text, "action", &known.actions.names, help).map(|index| index.value)
            }),
            headers: map.get("headers").map(|node| self.headers(node)).unwrap_or_default(),
            param: map
                .get("param")
                .and_then(|node| self.word(node, "value of `param`", PRESENCES).map(|word| word.value)),
            items: map.get("items").and_then(|node| self.names_in(node, "`items`", "code", known.codes)),
            fields: self.fields(&map, owner, known.limits),
            causes: map.get("causes").and_then(|node| self.causes(node, known.limits)),
            fix: map.get("fix").and_then(|node| self.filled_text(node, "`fix`", known.limits)),
        }
    }

    pub(super) fn merged_fields(&mut self, group: Option<&GroupDraft<'t>>, own: &Given<'t>) -> Fields {
        let Some(group) = group else { return own.fields.clone() };
        let Fields { mut fields, complete } = group.given.fields.clone();
        let inherited = fields.len();
        self.spend(inherited * own.fields.fields.len());
        for field in &own.fields.fields {
            let mut inherited = fields.iter_mut().take(inherited);
            let Some(inherited) = inherited.find(|other| other.field.name == field.field.name) else {
                fields.push(field.clone());
                continue;
            };
            let changed = constant(inherited)
                .is_some_and(|(_, value)| constant(field).is_none_or(|(_, own)| own != value));
            if changed && !inherited.doubtful && !field.doubtful {
                self.report(
                    Diagnostic::new(
                        Mistake::GroupConstant,
                        format!("{} is a constant of the group", quote(&field.field.name)),
                    )
                    .at(field.span, "changed here")
                    .and(inherited.span, "given to all its codes")
                    .help("remove it here; a code that differs is no code of the group"),
                );
            }
            *inherited = field.clone();
        }
        Fields { fields, complete: complete && own.fields.complete }
    }

    /// A status, or a list of those that the code may be sent with. Empty where it could not be read.
    fn statuses(&mut self, node: &'t Node) -> Vec<Spanned<u16>> {
        let Kind::List(items) = &node.kind else { return self.status(node).into_iter().collect() };
        if items.is_empty() {
            self.empty(node.span, "`status`");
        }
        let mut statuses: Vec<Spanned<u16>> = Vec::new();
        let read: Vec<_> = items.iter().filter_map(|item| self.status(item)).collect();
        // At most 200 are different.
        for status in read {
            match statuses.iter().find(|other| other.value == status.value) {
                None => statuses.push(status),
                Some(first) => self.report(
                    Diagnostic::new(
                        Mistake::DuplicateItem,
                        format!("`{}` is in the list twice", status.value),
                    )
                    .at(status.span, "the second")
                    .and(first.span, "the first")
                    .help("remove one of the two"),
                ),
            }
        }
        statuses
    }

    fn status(&mut self, node: &'t Node) -> Option<Spanned<u16>> {
        if let Kind::Scalar { text, .. } = &node.kind
            && let Ok(success @ 200..300) = text.parse::<u16>()
        {
            self.report(
                Diagnostic::new(Mistake::BadNumber, "`status` is a whole number from 400 to 599")
                    .at(node.span, "the status of a success")
                    .help(format!(
                        "an API that answers its errors with it says `status: {success}` at its envelope; the code keeps \
                         the status that it would have"
                    )),
            );
            return None;
        }
        let status = self.integer(node, "`status`", 400..=599)?;
        Some(Spanned { value: u16::try_from(status.value).ok()?, span: status.span })
    }

    pub(in crate::check) fn anchor(&mut self, node: &'t Node) -> Option<String> {
        let anchor = self.text(node, "`anchor`")?;
        if !is_anchor(anchor.value) {
            self.report(
                Diagnostic::new(Mistake::BadAnchor, format!("{} can't be an anchor", quote(anchor.value)))
                    .at(anchor.span, "not after a `#`")
                    .help("an anchor has ASCII letters, digits, `-`, `_` and `.`, without the `#`"),
            );
            return None;
        }
        Some(anchor.value.to_owned())
    }

    fn causes(&mut self, node: &'t Node, limits: &Limits<'t>) -> Option<Vec<String>> {
        let items = self.items(node, "`causes`")?;
        Some(items.iter().filter_map(|item| self.filled_text(item, "a cause", limits)).collect())
    }

    /// A list of names, each once.
    pub(in crate::check) fn names_in(
        &mut self,
        node: &'t Node,
        what: &str,
        kind: &str,
        names: &Names<'t>,
    ) -> Option<Vec<Spanned<usize>>> {
        let mut found: Vec<Spanned<usize>> = Vec::new();
        let mut seen = BTreeMap::new();
        for item in self.items(node, what)? {
            let Some(name) = self.text(item, &format!("a {kind} in {what}")) else { continue };
            let Some(index) = self.index(name, kind, names, &format!("{what} lists names of the file"))
            else {
                continue;
            };
            if let Some(first) = seen.insert(index.value, index.span) {
                self.report(
                    Diagnostic::new(
                        Mistake::DuplicateItem,
                        format!("{} is in the list twice", quote(name.value)),
                    )
                    .at(index.span, "the second")
                    .and(first, "the first")
                    .help("remove one of the two"),
                );
                continue;
            }
            found.push(index);
        }
        Some(found)
    }

    pub(in crate::check) fn api_list(&mut self, entry: &'t Entry, known: &Known<'_, 't>) -> ApiList {
        let Some(found) = self.names_in(&entry.value, "`apis`", "API", known.apis) else {
            return ApiList::default();
        };
        let wanted = match &entry.value.kind {
            Kind::List(items) => items.len(),
            _ => 0,
        };
        if wanted == 0 {
            self.empty(entry.key.span, "`apis`");
        }
        let mut apis: Vec<_> = found.into_iter().map(|api| api.value).collect();
        apis.sort_unstable();
        ApiList { complete: apis.len() == wanted && wanted > 0, apis }
    }
}

impl Given<'_> {
    pub(super) fn weight(&self, types: &Types<'_>) -> usize {
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let field = |draft: &FieldDraft| {
            let kind = draft.field.kind.typed().map_or(1, |kind| 1 + types.weight(kind));
            draft.field.name.len() + weight_of(&draft.field) + kind
        };
        let header = |header: &HeaderDraft| {
            let value = match &header.header.rule {
                HeaderRule::Default(value) => value.len(),
                HeaderRule::Required | HeaderRule::Optional => 1,
            };
            header.header.name.len() + value
        };
        let message = match self.message.map(|node| &node.kind) {
            Some(Kind::Scalar { text, .. }) => text.len(),
            _ => 0,
        };
        message
            + text(&self.fix)
            + text(&self.retry_note)
            + self.causes.iter().flatten().map(String::len).sum::<usize>()
            + self.items.as_ref().map_or(0, Vec::len)
            + self.fields.fields.iter().map(field).sum::<usize>()
            + self.headers.iter().map(header).sum::<usize>()
    }
}

/// The group's, and over it the code's own. Lists and single values replace; `fields` and `headers`, being mappings,
/// are merged elsewhere.
pub(super) fn merged<'t>(group: Option<&GroupDraft<'t>>, own: Given<'t>) -> Given<'t> {
    let Some(GroupDraft { given: group, .. }) = group else { return own };
    let group = group.clone();
    Given {
        map: own.map,
        apis: own.apis.or(group.apis),
        other_statuses: if own.status.is_some() { own.other_statuses } else { group.other_statuses },
        status: own.status.or(group.status),
        retryable: own.retryable.or(group.retryable),
        message: own.message.or(group.message),
        retry: own.retry.or(group.retry),
        retry_note: own.retry_note.or(group.retry_note),
        applied: own.applied.or(group.applied),
        action: own.action.or(group.action),
        headers: Vec::new(),
        param: own.param.or(group.param),
        items: own.items.or(group.items),
        fields: own.fields,
        causes: own.causes.or(group.causes),
        fix: own.fix.or(group.fix),
    }
}
