//! Texts with places to fill in: `{limits.x}` in all of them, `{field}` in messages.

use super::fields::Fields;
use super::limits::Limits;
use super::reader::{Context, Spanned, quote};
use crate::catalog::{FieldKind, Limit, Part};
use crate::report::{Diagnostic, Mistake};
use crate::syntax::Node;

/// With what a limit begins in a text.
const LIMIT: &str = "{limits.";

impl<'t> Context<'t> {
    /// A text, Markdown or not, in which exactly `{limits.x}` is filled in. Other braces stay: they are code.
    pub(super) fn filled_text(&mut self, node: &'t Node, what: &str, limits: &Limits<'t>) -> Option<String> {
        let text = self.text(node, what)?;
        let braces = self.braces(node, text.value);
        let mut filled = String::with_capacity(text.value.len());
        let mut rest = text.value;
        while let Some((before, after)) = rest.split_once(LIMIT) {
            filled.push_str(before);
            let open = text.value.len() - after.len() - LIMIT.len();
            let name_end =
                after.find(|char: char| !char.is_ascii_alphanumeric() && !matches!(char, '_' | '-'));
            let (name, after_name) = after.split_at(name_end.unwrap_or(after.len()));
            let Some(after_place) = after_name.strip_prefix('}') else {
                self.report(
                    Diagnostic::new(Mistake::LoneBrace, format!("a limit in {what} has no closing brace"))
                        .at(braces.span(open, open), "begins a limit")
                        .help(format!("write {}", quote(&format!("{LIMIT}{name}}}")))),
                );
                return None;
            };
            let span = braces.span(open, text.value.len() - after_place.len() - 1);
            filled
                .push_str(self.limit(Spanned { value: name, span }, limits).map_or("", |limit| &limit.text));
            rest = after_place;
        }
        filled.push_str(rest);
        Some(filled)
    }

    /// The parts of a message. Every place in it names a required field of the code, or a limit. Where not all fields
    /// are known, those that are not are passed over.
    pub(super) fn message(
        &mut self,
        node: &'t Node,
        code: &str,
        fields: &Fields,
        limits: &Limits<'t>,
    ) -> Vec<Part> {
        let Some(text) = self.line_of_text(node, "`message`") else { return Vec::new() };
        let braces = self.braces(node, text.value);
        let mut parts = Parts::default();
        let mut rest = text.value;
        while let Some(at) = rest.find(['{', '}']) {
            if !self.spend(fields.fields.len()) {
                break;
            }
            let (before, brace) = rest.split_at(at);
            let open = text.value.len() - brace.len();
            parts.text(before);
            if let Some(after) = brace.strip_prefix("{{") {
                parts.text("{");
                rest = after;
            } else if let Some(after) = brace.strip_prefix("}}") {
                parts.text("}");
                rest = after;
            } else if let Some((name, after)) = place(brace) {
                let span = braces.span(open, text.value.len() - after.len() - 1);
                match name.strip_prefix("limits.") {
                    Some(value) => parts
                        .text(self.limit(Spanned { value, span }, limits).map_or("", |limit| &limit.text)),
                    None => {
                        let name = Spanned { value: name, span };
                        parts.0.extend(self.field_place(name, code, fields).map(Part::Field));
                    }
                }
                rest = after;
            } else {
                self.report(
                    Diagnostic::new(Mistake::LoneBrace, "a brace in a message has no other half")
                        .at(braces.span(open, open), "begins or ends nothing")
                        .help("a brace itself is written `{{` or `}}`"),
                );
                return parts.0;
            }
        }
        parts.text(rest);
        parts.0
    }

    fn field_place(&mut self, name: Spanned<&str>, code: &str, fields: &Fields) -> Option<usize> {
        let Fields { fields, complete } = fields;
        let Some(index) = fields.iter().position(|field| field.field.name == name.value) else {
            if !complete {
                return None;
            }
            let help = match fields.as_slice() {
                [] => "declare it under `fields`; a brace itself is written `{{`",
                _ => {
                    "it is a field of the code, or a limit as `{limits.name}`; a brace itself is written `{{`"
                }
            };
            let names = fields.iter().map(|field| field.field.name.as_str());
            self.unknown(name, &format!("field of {}", quote(code)), names, help);
            return None;
        };
        let field = fields.get(index)?;
        if !matches!(field.field.kind, FieldKind::Typed { optional: false, .. }) {
            let is = match field.field.kind {
                FieldKind::Const(_) => "a constant",
                FieldKind::Typed { .. } => "optional",
            };
            self.report(
                Diagnostic::new(
                    Mistake::PlaceNotRequired,
                    format!("a message can't name {}", quote(name.value)),
                )
                .at(name.span, "has no value of its own in every answer")
                .and(field.span, format!("is {is}"))
                .help("a message names required fields only"),
            );
            return None;
        }
        if field.field.kind.typed().is_some_and(|kind| !self.types.is_scalar(kind)) && !field.doubtful {
            self.report(
                Diagnostic::new(
                    Mistake::PlaceNotSingle,
                    format!("a message can't name {}", quote(name.value)),
                )
                .at(name.span, "is more than a single value")
                .and(field.span, "its type is here")
                .help("leave it out of the message: who needs it reads the field"),
            );
            return None;
        }
        Some(index)
    }

    pub(super) fn limit<'l>(&mut self, name: Spanned<&str>, limits: &'l Limits<'t>) -> Option<&'l Limit> {
        let index = self.index(name, "limit", &limits.names, "limits stand under `limits:`")?;
        limits.limits.get(index.value)
    }
}

/// What a text that begins with `{` names, and what follows.
fn place(text: &str) -> Option<(&str, &str)> {
    let (name, after) = text.strip_prefix('{')?.split_once('}')?;
    (!name.is_empty() && !name.contains('{')).then_some((name, after))
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
