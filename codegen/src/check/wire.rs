//! Whether what a code carries has a place in the envelopes that it is sent in.

use super::apis::ApiDraft;
use super::codes::CodeDraft;
use super::envelopes::{EnvelopeDraft, Shape};
use super::reader::{Context, list, quote};
use crate::catalog::{DocHole, Presence};
use crate::report::{Diagnostic, Mistake};

impl Context<'_> {
    pub(super) fn wire(&mut self, codes: &[CodeDraft], apis: &[ApiDraft], envelopes: &[EnvelopeDraft]) {
        for draft in codes {
            self.numbers_in_docs(draft, apis);
            let emitting = draft.code.apis.iter().filter_map(|api| apis.get(*api));
            let mut used: Vec<usize> =
                emitting.filter(|api| api.envelope_known).flat_map(|api| written(api, envelopes)).collect();
            used.sort_unstable();
            used.dedup();
            let used: Vec<_> = used.into_iter().filter_map(|envelope| envelopes.get(envelope)).collect();
            for envelope in &used {
                self.fits(draft, envelope, &envelope.body, "");
                for item in draft.items.iter().filter(|_| envelope.body.errors.is_some()) {
                    if let Some(item) = codes.get(item.value) {
                        self.fits(item, envelope, &envelope.issue, "the `issue` of ");
                    }
                }
                self.headers_meet(draft, envelope);
            }
            self.items_fit(draft, codes, &used);
        }
    }

    fn numbers_in_docs(&mut self, draft: &CodeDraft, apis: &[ApiDraft]) {
        let emitting = draft.code.apis.iter().filter_map(|api| apis.get(*api));
        let mut numbered = emitting.filter(|api| api.api.docs.hole == DocHole::Number);
        if let (None, Some(api)) = (draft.code.number, numbered.next()) {
            let title = format!("{} has no number", quote(&draft.code.code));
            self.report(
                Diagnostic::new(Mistake::NumberMissing, title)
                    .at(draft.span, "its page is found by one")
                    .and(api.span, "`docs` has `{number}` in it")
                    .help("add `number: 1`, or write `{code}` in `docs`"),
            );
        }
    }

    fn fits(&mut self, draft: &CodeDraft, envelope: &EnvelopeDraft, shape: &Shape, part: &str) {
        if shape.doubtful {
            return;
        }
        let code = quote(&draft.code.code);
        let name = quote(&envelope.envelope.name);
        if draft.code.param == Presence::Required && !shape.param {
            let title = format!("{code} has a param, and {part}the envelope {name} has no place for it");
            let diagnostic = Diagnostic::new(Mistake::ParamNotSent, title)
                .at(draft.span, "its `param` is required")
                .help("add a key with `$param?` to the envelope, or write `param: never`");
            self.report(with_envelope(diagnostic, envelope));
        }
        if let (Some(place), None) = (shape.number, draft.code.number) {
            self.report(
                Diagnostic::new(Mistake::NumberMissing, format!("{code} has no number"))
                    .at(draft.span, format!("{part}the envelope {name} sends one"))
                    .and(place, "as `$number`")
                    .help("add `number: 1`, or write `$number?` in the envelope"),
            );
        }
        let Some(first) = draft.fields.first() else { return };
        if shape.fields.is_none() {
            let title = format!("{code} has fields, and {part}the envelope {name} has no place for them");
            let diagnostic = Diagnostic::new(Mistake::FieldsNotSent, title)
                .at(first.span, "would not be sent")
                .help("add `..: $fields` to the envelope, or keep the code to APIs with another one");
            self.report(with_envelope(diagnostic, envelope));
            return;
        }
        if !self.spend(draft.fields.len() * shape.beside.len()) {
            return;
        }
        for field in &draft.fields {
            let Some((key, span)) = shape.beside.iter().find(|(key, _)| *key == field.field.name) else {
                continue;
            };
            let title = format!(
                "the field {} of {code} is named like a key of {part}the envelope {name}",
                quote(key)
            );
            let diagnostic = Diagnostic::new(Mistake::FieldHidesKey, title)
                .at(field.span, "spread beside that key")
                .help("rename the field: a mapping can't have a key twice");
            self.report(match envelope.span {
                Some(_) => diagnostic.and(*span, "the key"),
                None => diagnostic,
            });
        }
    }

    fn headers_meet(&mut self, draft: &CodeDraft, envelope: &EnvelopeDraft) {
        if !self.spend(draft.headers.len() * envelope.envelope.headers.len()) {
            return;
        }
        for header in &draft.headers {
            if envelope.envelope.headers.iter().any(|(name, _)| *name == header.header.name) {
                let title = format!(
                    "the header {} of {} is one of the envelope {}",
                    quote(&header.header.name),
                    quote(&draft.code.code),
                    quote(&envelope.envelope.name)
                );
                let diagnostic = Diagnostic::new(Mistake::ReservedHeader, title)
                    .at(header.span, "would be sent twice")
                    .help("remove it here or there");
                self.report(with_envelope(diagnostic, envelope));
            }
        }
    }

    fn items_fit(&mut self, draft: &CodeDraft, codes: &[CodeDraft], used: &[&EnvelopeDraft]) {
        let Some(first) = draft.items.first() else { return };
        // An API whose answers name one error only may share a code with one that lists them all.
        if !used.is_empty()
            && used.iter().all(|envelope| envelope.body.errors.is_none() && !envelope.body.doubtful)
        {
            let names = list(used.iter().map(|envelope| envelope.envelope.name.as_str()));
            let title = format!("{} takes issues, and no envelope of it lists them", quote(&draft.code.code));
            let diagnostic = Diagnostic::new(Mistake::IssuesNotSent, title)
                .at(first.span, format!("sent as {names}"))
                .help("add a key with `$errors?` to the envelope, or remove `items`");
            self.report(
                used.iter().fold(diagnostic, |diagnostic, envelope| with_envelope(diagnostic, envelope)),
            );
        }
        for item in &draft.items {
            let Some(code) = codes.get(item.value) else { continue };
            if code.apis_known && draft.code.apis.iter().any(|api| code.code.apis.binary_search(api).is_err())
            {
                let title = format!("{} is an issue where it is not emitted", quote(&code.code.code));
                self.report(
                    Diagnostic::new(Mistake::ItemNotEmitted, title)
                        .at(item.span, format!("{} has more `apis` than it", quote(&draft.code.code)))
                        .and(code.span, "its `apis` say who emits it")
                        .help("an issue is a code of the API: add the API to its `apis`, or remove it from `items`"),
                );
            }
        }
    }
}

/// What the API's server writes: the first envelope, and those of other content types where a client prefers them.
fn written<'a>(api: &'a ApiDraft, envelopes: &'a [EnvelopeDraft]) -> impl Iterator<Item = usize> + 'a {
    let content_type = |at: usize| envelopes.get(at).map(|draft| &draft.envelope.content_type);
    let first = api.api.envelope;
    let others = api.api.also_read.iter().copied();
    [first].into_iter().chain(others.filter(move |at| content_type(*at) != content_type(first)))
}

fn with_envelope(diagnostic: Diagnostic, envelope: &EnvelopeDraft) -> Diagnostic {
    match envelope.span {
        Some(span) => diagnostic.and(span, "this envelope"),
        None => diagnostic,
    }
}
