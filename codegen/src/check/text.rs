//! Texts with places to fill in: `{limits.x}` in all of them, `{field}` in messages.

use super::fields::FieldDraft;
use super::limits::Limits;
use super::reader::{Context, Spanned, quote};
use crate::catalog::{FieldKind, Limit, Part};
use crate::report::{Diagnostic, Mistake};
use crate::syntax::Node;

impl<'t> Context<'t> {
    /// A text, Markdown or not, in which exactly `{limits.x}` is filled in. Other braces stay: they are code.
    pub(super) fn filled_text(&mut self, node: &'t Node, what: &str, limits: &Limits<'t>) -> Option<String> {
        let text = self.text(node, what)?;
        let mut filled = String::with_capacity(text.value.len());
        let mut rest = text.value;
        while let Some((before, after)) = rest.split_once("{limits.") {
            filled.push_str(before);
            let name_end =
                after.find(|char: char| !char.is_ascii_alphanumeric() && !matches!(char, '_' | '-'));
            let (name, after_name) = after.split_at(name_end.unwrap_or(after.len()));
            rest = match after_name.strip_prefix('}') {
                Some(rest) => {
                    filled.push_str(self.limit(node, name, limits).map_or("", |limit| &limit.text));
                    rest
                }
                None => {
                    filled.push_str("{limits.");
                    after
                }
            };
        }
        filled.push_str(rest);
        Some(filled)
    }

    /// The parts of a message. Every place in it names a required field of the code, or a limit.
    pub(super) fn message(
        &mut self,
        node: &'t Node,
        code: &str,
        fields: &[FieldDraft],
        limits: &Limits<'t>,
    ) -> Vec<Part> {
        let Some(text) = self.line_of_text(node, "`message`") else { return Vec::new() };
        let mut parts = Parts::default();
        let mut rest = text.value;
        while let Some(at) = rest.find(['{', '}']) {
            if !self.spend(fields.len()) {
                break;
            }
            let (before, brace) = rest.split_at(at);
            parts.text(before);
            if let Some(after) = brace.strip_prefix("{{") {
                parts.text("{");
                rest = after;
            } else if let Some(after) = brace.strip_prefix("}}") {
                parts.text("}");
                rest = after;
            } else if let Some(end) = brace.find('}').filter(|end| *end > 1) {
                let (place, after) = brace.split_at(end + 1);
                let name = place.trim_start_matches('{').trim_end_matches('}');
                match name.strip_prefix("limits.") {
                    Some(limit) => {
                        parts.text(self.limit(node, limit, limits).map_or("", |limit| &limit.text))
                    }
                    None => parts.0.extend(self.field_place(node, name, code, fields).map(Part::Field)),
                }
                rest = after;
            } else {
                self.report(
                    Diagnostic::new(Mistake::LoneBrace, "a brace in a message has no other half")
                        .at(self.part(node, brace.get(..1).unwrap_or_default()), "begins or ends nothing")
                        .help("a brace itself is written `{{` or `}}`"),
                );
                return parts.0;
            }
        }
        parts.text(rest);
        parts.0
    }

    fn field_place(
        &mut self,
        node: &'t Node,
        name: &str,
        code: &str,
        fields: &[FieldDraft],
    ) -> Option<usize> {
        let span = self.part(node, &format!("{{{name}}}"));
        let Some(index) = fields.iter().position(|field| field.field.name == name) else {
            let help = match fields {
                [] => "declare it under `fields`; a brace itself is written `{{`",
                _ => {
                    "it is a field of the code, or a limit as `{limits.name}`; a brace itself is written `{{`"
                }
            };
            let names = fields.iter().map(|field| field.field.name.as_str());
            self.unknown(Spanned { value: name, span }, &format!("field of {}", quote(code)), names, help);
            return None;
        };
        let field = fields.get(index)?;
        if !matches!(field.field.kind, FieldKind::Typed { optional: false, .. }) {
            let is = match field.field.kind {
                FieldKind::Const(_) => "a constant",
                FieldKind::Typed { .. } => "optional",
            };
            self.report(
                Diagnostic::new(Mistake::PlaceNotRequired, format!("a message can't name {}", quote(name)))
                    .at(span, "has no value of its own in every answer")
                    .and(field.span, format!("is {is}"))
                    .help("a message names required fields only"),
            );
            return None;
        }
        Some(index)
    }

    pub(super) fn limit<'l>(&mut self, node: &Node, name: &str, limits: &'l Limits<'t>) -> Option<&'l Limit> {
        let span = self.part(node, &format!("{{limits.{name}}}"));
        let index = self.index(
            Spanned { value: name, span },
            "limit",
            &limits.names,
            "limits stand under `limits:`",
        )?;
        limits.limits.get(index.value)
    }
}

/// Puts adjacent texts together.
#[derive(Default)]
struct Parts(Vec<Part>);

impl Parts {
    fn text(&mut self, text: &str) {
        match self.0.last_mut() {
            _ if text.is_empty() => {}
            Some(Part::Text(last)) => last.push_str(text),
            _ => self.0.push(Part::Text(text.to_owned())),
        }
    }
}
