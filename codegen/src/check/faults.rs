//! `by_fault:`, which code a fault of a request's fields is.

use super::apis::ApiDraft;
use super::codes::CodeDraft;
use super::names::Names;
use super::reader::{Context, Map, Spanned, quote};
use crate::catalog::{ByFault, Presence};
use crate::report::{Diagnostic, Mistake};
use std::collections::BTreeSet;

/// A `by_fault`: its three entries, as far as they name codes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct FaultTable {
    missing: Option<Spanned<usize>>,
    invalid: Option<Spanned<usize>>,
    rule: Option<Spanned<usize>>,
}

impl FaultTable {
    fn entries(&self) -> impl Iterator<Item = Spanned<usize>> {
        [self.missing, self.invalid, self.rule].into_iter().flatten()
    }

    fn filtered(self, keep: impl Fn(&Spanned<usize>) -> bool) -> Self {
        let Self { missing, invalid, rule } = self;
        Self { missing: missing.filter(&keep), invalid: invalid.filter(&keep), rule: rule.filter(&keep) }
    }

    fn over(self, shared: Self) -> Self {
        Self {
            missing: self.missing.or(shared.missing),
            invalid: self.invalid.or(shared.invalid),
            rule: self.rule.or(shared.rule),
        }
    }
}

impl<'t> Context<'t> {
    pub(super) fn by_fault(&mut self, map: &Map<'t>, codes: &Names<'t>) -> FaultTable {
        let Some(entry) = map.entry("by_fault") else { return FaultTable::default() };
        if self.client {
            self.report(
                Diagnostic::new(Mistake::MisplacedKey, "`by_fault` is for an API of your own")
                    .at(entry.key.span, "a client gets no requests")
                    .help("remove `by_fault`"),
            );
            return FaultTable::default();
        }
        let keys = ["missing", "invalid", "rule"];
        let Some(map) = self.map(&entry.value, entry.key.span, "`by_fault`", &keys) else {
            return FaultTable::default();
        };
        let mut code = |key| {
            let code = self.text(map.get(key)?, "an entry of `by_fault`")?;
            self.index(code, "code", codes, "it names a code of this file")
        };
        FaultTable { missing: code("missing"), invalid: code("invalid"), rule: code("rule") }
    }

    /// Decides for each API which code stands for which fault: its own table over the shared one, of which only the
    /// entries whose code it emits, and for the others what `by_status` has.
    pub(super) fn resolve_by_fault(
        &mut self,
        apis: &mut [ApiDraft],
        shared: FaultTable,
        codes: &[CodeDraft],
    ) {
        for entry in shared.entries() {
            self.is_a_fault(entry, codes);
        }
        let mut told = BTreeSet::new();
        for (index, draft) in apis.iter_mut().enumerate() {
            let emits = |entry: &Spanned<usize>| {
                codes
                    .get(entry.value)
                    .is_none_or(|code| !code.apis_known || code.code.apis.binary_search(&index).is_ok())
            };
            for entry in draft.by_fault.entries() {
                self.is_a_fault(entry, codes);
                if let Some(code) = codes.get(entry.value).filter(|_| !emits(&entry)) {
                    let code_name = quote(&code.code.code);
                    let title = format!("the API {} does not emit {code_name}", quote(&draft.api.name));
                    self.report(
                        Diagnostic::new(Mistake::ByFaultNotEmitted, title)
                            .at(entry.span, "in its own `by_fault`")
                            .and(draft.span, "this API")
                            .and(code.span, "its `apis` say who emits it")
                            .help("name a code that the API emits, or add the API to the code's `apis`"),
                    );
                }
            }
            let table = draft.by_fault.filtered(emits).over(shared.filtered(emits));
            let by_status = &draft.api.by_status;
            let exact = |status| by_status.exact.iter().find(|(exact, _)| *exact == status);
            let unread = exact(422).or_else(|| exact(400)).map_or(by_status.client, |(_, code)| *code);
            let invalid = table.invalid.map_or(unread, |entry| entry.value);
            let missing = table.missing.map_or(invalid, |entry| entry.value);
            let rule = table.rule.map_or(invalid, |entry| entry.value);
            let takes =
                |whole: usize, issue| codes.get(whole).is_some_and(|code| code.code.items.contains(&issue));
            // Several faults are the issues of one answer.
            for (issue, whole, entry) in [
                (missing, invalid, table.missing.or(table.invalid)),
                (invalid, invalid, table.invalid),
                (rule, rule, table.rule),
            ] {
                let Some(entry) = entry.filter(|_| !takes(whole, issue)) else { continue };
                let (Some(whole), Some(issue)) = (codes.get(whole), codes.get(issue)) else { continue };
                let Some(first) = whole.items.first() else { continue };
                if !told.insert((first.span, issue.span)) {
                    continue;
                }
                let (whole, issue) = (quote(&whole.code.code), quote(&issue.code.code));
                self.report(
                    Diagnostic::new(Mistake::ByFaultItems, format!("{issue} is no issue of {whole}"))
                        .at(entry.span, "may be one of several faults")
                        .and(first.span, format!("the `items` of {whole}"))
                        .help(format!("add {issue} to the `items` of {whole}")),
                );
            }
            draft.api.by_fault = ByFault {
                missing,
                invalid,
                rule,
                invalid_lists: takes(invalid, missing) && takes(invalid, invalid),
                rule_lists: takes(rule, rule),
                rule_needs_param: codes.get(rule).is_some_and(|code| code.code.param == Presence::Required),
            };
        }
    }

    /// A fault is the caller's, and knows no more than where it is.
    fn is_a_fault(&mut self, entry: Spanned<usize>, codes: &[CodeDraft]) {
        let Some(draft) = codes.get(entry.value) else { return };
        let name = quote(&draft.code.code);
        if let Some(status) = draft.status.filter(|status| status.value >= 500) {
            let title = format!("{name} answers a fault of a request with HTTP {}", status.value);
            self.report(
                Diagnostic::new(Mistake::ByFaultClass, title)
                    .at(entry.span, "its status is no 4xx")
                    .and(draft.span, format!("has status {}", status.value))
                    .help("name a code whose status is a 4xx: the fault is the caller's"),
            );
        }
        if let Some(asked) = draft.asks_for_more_than_a_param() {
            self.report(
                Diagnostic::new(Mistake::ByFaultNeedsValues, format!("{name} can't stand in `by_fault`"))
                    .at(entry.span, "of a fault only its place is known")
                    .and(draft.span, format!("needs {asked}"))
                    .help("name a code without required values but a param, or make them optional"),
            );
        }
    }
}
