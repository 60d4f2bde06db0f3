//! A template: what stands on the wire, with places to fill in.

use super::super::reader::{Context, Spanned, list, quote};
use super::{PLACEHOLDERS, Part, Shape};
use crate::catalog::{Absent, Hole, Literal, Member, Placeholder, Template};
use crate::report::{Diagnostic, Mistake, Span};
use crate::syntax::{Entry, Kind, Node, Style};
use std::collections::BTreeMap;
use std::rc::Rc;

impl<'t> Context<'t> {
    /// A mapping.
    pub(super) fn template(
        &mut self,
        node: &'t Node,
        what: &str,
        part: Part,
        shape: &mut Shape,
    ) -> Vec<Member> {
        let mut members = Vec::new();
        let mut spread = None;
        let entries = self.entries(node, what);
        shape.doubtful |= entries.is_none();
        let mut keys = BTreeMap::new();
        for entry in entries.unwrap_or_default() {
            let key = &entry.key;
            if key.text == ".." {
                if self.spread(entry, shape) {
                    spread = Some(key.span);
                    members.push(Member::Fields);
                } else {
                    shape.doubtful = true;
                }
                continue;
            }
            let has_inside = matches!(entry.value.kind, Kind::Map { .. } | Kind::List(_));
            let optional = key.text.strip_suffix('?').filter(|_| has_inside);
            if key.text.starts_with('$') || (key.text.ends_with('?') && optional.is_none()) {
                shape.doubtful = true;
                self.report(
                    Diagnostic::new(
                        Mistake::BadTemplateKey,
                        format!("{} can't be a key here", quote(&key.text)),
                    )
                    .at(key.span, "keys stand on the wire as they are")
                    .help("a placeholder, and the `?` after it, are written as the value; only a mapping or a list has it at its key"),
                );
                continue;
            }
            let on_wire = optional.unwrap_or(&key.text);
            if let Some(first) = keys.insert(on_wire, key.span) {
                self.report(
                    Diagnostic::new(Mistake::DuplicateKey, format!("{} is there twice", quote(on_wire)))
                        .at(key.span, "the second")
                        .and(first, "the first")
                        .help("a `?` is not sent: remove one of the two, or rename it"),
                );
            }
            let value = self.value(&entry.value, &quote(on_wire), part, shape);
            let value = match (optional, value) {
                (Some(_), Some(value)) if constant(&value).is_some() => {
                    self.report(
                        Diagnostic::new(Mistake::BadTemplateKey, format!("{} is never sent", quote(on_wire)))
                            .at(key.span, "has a `?`, and nothing but constants in it")
                            .help("remove the `?`: constants are always sent"),
                    );
                    None
                }
                (Some(_), value) => value.map(|value| Template::Optional(Box::new(value))),
                (None, value) => value,
            };
            match value {
                Some(value) => members.push(Member::Key { key: on_wire.to_owned(), value }),
                None => shape.doubtful = true,
            }
        }
        if let Some(span) = spread {
            shape.fields = Some(span);
            shape.beside = keys.into_iter().map(|(key, span)| (key.to_owned(), span)).collect();
        }
        members
    }

    /// `..: $fields`
    fn spread(&mut self, entry: &'t Entry, shape: &mut Shape) -> bool {
        let Some(text) = self.text(&entry.value, "`..`") else { return false };
        if text.value != "$fields" {
            self.report(
                Diagnostic::new(Mistake::FieldsPlace, "only `$fields` can be spread")
                    .at(text.span, "not `$fields`")
                    .help("write `..: $fields`"),
            );
            return false;
        }
        self.fields_place(entry.key.span, shape)
    }

    fn fields_place(&mut self, span: Span, shape: &mut Shape) -> bool {
        if let Some(first) = shape.fields {
            self.report(
                Diagnostic::new(Mistake::FieldsPlace, "`$fields` is there twice")
                    .at(span, "the second")
                    .and(first, "the first")
                    .help("a code's fields have one place; remove the other"),
            );
            return false;
        }
        shape.fields = Some(span);
        true
    }

    /// `details: $fields`: a mapping of nothing else.
    fn fields_of_their_own(&mut self, span: Span, optional: bool, shape: &mut Shape) -> Option<Template> {
        if !self.fields_place(span, shape) {
            return None;
        }
        let fields = Template::Map(vec![Member::Fields]);
        Some(if optional { Template::Optional(Box::new(fields)) } else { fields })
    }

    pub(super) fn value(
        &mut self,
        node: &'t Node,
        what: &str,
        part: Part,
        shape: &mut Shape,
    ) -> Option<Template> {
        if part == Part::Header && matches!(node.kind, Kind::Map { .. } | Kind::List(_)) {
            self.wrong_type(node, what, "a placeholder or a constant");
            return None;
        }
        if let Kind::Map { .. } = node.kind {
            return Some(Template::Map(self.template(node, what, part, shape)));
        }
        if let Kind::Scalar { text, style: Style::Plain } = &node.kind
            && text == "null"
            && part != Part::Header
        {
            return Some(Template::Const(Literal::Null));
        }
        if let Kind::List(list) = &node.kind {
            return self.list(list, part, shape);
        }
        let Spanned { value, span } = self.literal(node, what)?;
        let Literal::Text(text) = &value else { return Some(Template::Const(value)) };
        let place = match Around::of(text) {
            Some(around) if around.is_text() => return self.text_around(around, span, part, shape),
            Some(around) => around.place,
            // A constant; `$$` in it is one dollar.
            None => return Some(Template::Const(Literal::Text(text.replace("$$", "$")))),
        };
        let (name, absent) = match (place.strip_suffix('?'), place.strip_suffix("|null")) {
            (Some(name), _) => (name, Absent::Omit),
            (None, Some(name)) => (name, Absent::Null),
            (None, None) => (place, Absent::Never),
        };
        if name == "fields" && part != Part::Header && absent != Absent::Null {
            return self.fields_of_their_own(span, absent == Absent::Omit, shape);
        }
        let Some((_, what)) = PLACEHOLDERS.iter().find(|(known, _)| *known == name) else {
            // It may be the code that is misspelled.
            shape.code = true;
            if name == "fields" {
                self.report(
                    Diagnostic::new(Mistake::FieldsPlace, "`$fields` is a mapping")
                        .at(span, "can't be a header, or null")
                        .help("write `..: $fields`, and the fields become keys of this mapping, or `key: $fields?`"),
                );
            } else {
                let known = PLACEHOLDERS.iter().map(|(name, _)| *name);
                let help = "a text with a dollar in it is written with `$$`";
                self.unknown(Spanned { value: name, span }, "placeholder", known, help);
            }
            return None;
        };
        self.hole(Hole { what: *what, absent }, name, false, span, part, shape).map(Template::Hole)
    }

    fn issues_place(&mut self, span: Span, shape: &mut Shape) -> bool {
        if let Some(first) = shape.errors {
            self.report(
                Diagnostic::new(Mistake::IssuesPlace, "the issues are there twice")
                    .at(span, "the second")
                    .and(first, "the first")
                    .help("issues have one place, else a client would read each twice; remove the other"),
            );
            return false;
        }
        shape.errors = Some(span);
        true
    }

    /// A constant, a list of the error and its issues, or one of parts which are told apart by their constants.
    fn list(&mut self, nodes: &'t [Rc<Node>], part: Part, shape: &mut Shape) -> Option<Template> {
        let outside = std::mem::take(shape);
        let fields_outside = outside.fields;
        // The fields have one place, in here or out there; so have the issues.
        (shape.fields, shape.errors) = (outside.fields, outside.errors);
        let mut elements = Vec::with_capacity(nodes.len());
        for node in nodes {
            match self.value(node, "an element", part, shape) {
                Some(Template::Hole(hole)) if hole.what.is_issues() => {
                    self.report(
                        Diagnostic::new(Mistake::MisplacedPlaceholder, "the issues are no element of a list")
                            .at(node.span, "a list of its own, or a mapping")
                            .help("write it as the value of a key"),
                    );
                    shape.doubtful = true;
                }
                // What is always the same is compared as a whole.
                Some(element) => {
                    let element = constant(&element).map(Template::Const).unwrap_or(element);
                    elements.push((element, node.span));
                }
                None => shape.doubtful = true,
            }
        }
        let inside = shape.clone();
        shape.add(outside);
        if let [(Template::Map(_), span)] = elements[..]
            && part == Part::Body
            && (inside.code || inside.code_optional)
        {
            let (element, _) = elements.swap_remove(0);
            if !self.issues_place(span, shape) {
                return None;
            }
            let fields = inside.fields.filter(|_| fields_outside.is_none());
            shape.issue = Some(Box::new((element, Shape { fields, ..inside })));
            return Some(Template::Errors);
        }
        let constants = elements.iter().map(|(element, _)| constant(element)).collect::<Option<Vec<_>>>();
        if let Some(constants) = constants {
            return Some(Template::Const(Literal::List(constants)));
        }
        if !self.spend(elements.len() * elements.len()) {
            return None;
        }
        for (at, (one, first)) in elements.iter().enumerate() {
            if let Some((_, second)) =
                elements[at + 1..].iter().find(|(other, _)| !are_told_apart(one, other))
            {
                self.report(
                    Diagnostic::new(Mistake::AmbiguousList, "two elements of a list can't be told apart")
                        .at(*second, "the second")
                        .and(*first, "the first")
                        .help("give both a key with different constants: a client reads an element by them"),
                );
                return None;
            }
        }
        Some(Template::List(elements.into_iter().map(|(element, _)| element).collect()))
    }

    /// Text with one placeholder in it.
    fn text_around(
        &mut self,
        around: Around<'_>,
        span: Span,
        part: Part,
        shape: &mut Shape,
    ) -> Option<Template> {
        let Around { before, place, after } = around;
        let (place, absent) = match place.strip_suffix('?') {
            Some(name) => (name, Absent::Omit),
            None => (place, Absent::Never),
        };
        let what = PLACEHOLDERS.iter().find(|(known, _)| *known == place).map(|(_, what)| *what);
        let is_text = |what: &Placeholder| !what.is_issues();
        let Some(what) = what.filter(is_text) else {
            shape.code = true;
            let known = PLACEHOLDERS.iter().filter(|(_, what)| is_text(what)).map(|(name, _)| *name);
            let help = format!("a dollar is written as `$$`; in a text can stand {}", list(known.clone()));
            self.unknown(Spanned { value: place, span }, "placeholder in a text", known, &help);
            return None;
        };
        if after.replace("$$", "").contains('$') {
            self.report(
                Diagnostic::new(Mistake::DollarInText, "a text has one placeholder")
                    .at(span, "has more")
                    .help("what stands between two could not be told when it is read; a dollar is written as `$$`"),
            );
            return None;
        }
        let hole = self.hole(Hole { what, absent }, place, true, span, part, shape)?;
        let text = |text: &str| text.replace("$$", "$");
        Some(Template::Text { before: text(before), hole, after: text(after) })
    }

    fn hole(
        &mut self,
        hole: Hole,
        name: &str,
        in_text: bool,
        span: Span,
        part: Part,
        shape: &mut Shape,
    ) -> Option<Hole> {
        use Placeholder::{Code, ErrorsByParam, Message, Number, Param, RequestId};
        let misplaced = match part {
            Part::Body => false,
            Part::Issue => hole.what.is_issues() || hole.what.is_wait() || hole.what == RequestId,
            Part::Header => hole.what.is_issues(),
        };
        if misplaced {
            let title = format!(
                "`${name}` has no place in {}",
                if part == Part::Issue { "an issue" } else { "a header" }
            );
            self.report(
                Diagnostic::new(Mistake::MisplacedPlaceholder, title)
                    .at(span, "can't be filled in here")
                    .help("move it into `body`"),
            );
            return None;
        }
        let may_be_absent = hole.what.is_issues() || hole.what.may_be_absent();
        if hole.what.may_be_absent() && hole.absent == Absent::Never {
            let or_null = if in_text { String::new() } else { format!("; or `${name}|null`") };
            let optional = match in_text {
                true => format!("${{{name}?}}"),
                false => format!("${name}?"),
            };
            let (label, help) = match self.client {
                true => (
                    "an answer may lack it",
                    format!("write `{optional}`: an answer without it is theirs, too"),
                ),
                false => (
                    "nothing to write then",
                    format!("write `{optional}`: the key is left out when there is no value{or_null}"),
                ),
            };
            let title = format!("`${name}` does not always have a value");
            self.report(Diagnostic::new(Mistake::NeedsQuestionMark, title).at(span, label).help(help));
            return None;
        }
        if hole.what.is_issues() && !self.issues_place(span, shape) {
            return None;
        }
        match hole.what {
            Code if hole.absent == Absent::Never => shape.code = true,
            Code => shape.code_optional = true,
            // A code without a number is the business of the codes.
            Number => {
                if hole.absent == Absent::Never {
                    shape.code = true;
                    shape.number.get_or_insert(span);
                } else {
                    shape.code_optional = true;
                }
                return Some(hole);
            }
            Message => shape.message = true,
            Param => shape.param = true,
            ErrorsByParam => (shape.param, shape.by_param) = (true, true),
            _ => {}
        }
        // What always has a value is never left out.
        Some(if may_be_absent { hole } else { Hole { absent: Absent::Never, ..hole } })
    }
}

/// What is always the same, whatever the error is.
fn constant(template: &Template) -> Option<Literal> {
    match template {
        Template::Const(value) => Some(value.clone()),
        Template::Map(members) => {
            let member = |member: &Member| match member {
                Member::Key { key, value } => Some((key.clone(), constant(value)?)),
                Member::Fields => None,
            };
            let mut members: Vec<_> = members.iter().map(member).collect::<Option<_>>()?;
            // As serde_json orders them: what is copied into an answer and what serde writes are the same bytes.
            members.sort_by(|(one, _), (other, _)| one.cmp(other));
            Some(Literal::Map(members))
        }
        Template::Hole(_)
        | Template::Text { .. }
        | Template::List(_)
        | Template::Errors
        | Template::Optional(_) => None,
    }
}

/// Does a client know which of the two an element is?
fn are_told_apart(one: &Template, other: &Template) -> bool {
    use Template::{Const, Hole, List, Map, Text};
    match (one, other) {
        (Const(one), Const(other)) => !one.is_same(other),
        (Map(_) | Const(Literal::Map(_)), Map(_) | Const(Literal::Map(_))) => {
            let others = constants(other);
            constants(one)
                .iter()
                .any(|(key, one)| others.iter().any(|(same, other)| same == key && !one.is_same(other)))
        }
        (Text { before: one, .. }, Text { before: other, .. }) => {
            !one.starts_with(other) && !other.starts_with(one)
        }
        (Text { before, after, .. }, Const(constant)) | (Const(constant), Text { before, after, .. }) => {
            !matches!(constant, Literal::Text(text) if text.starts_with(before) && text.ends_with(after))
        }
        // A mapping, a list and a scalar are of different kinds.
        (Map(_), Const(_) | Hole(_) | Text { .. } | List(_)) => true,
        (Const(_) | Hole(_) | Text { .. } | List(_), Map(_)) => true,
        (Hole(_) | Text { .. }, List(_) | Const(Literal::Map(_) | Literal::List(_))) => true,
        (List(_) | Const(Literal::Map(_) | Literal::List(_)), Hole(_) | Text { .. }) => true,
        _ => false,
    }
}

/// The constants of a mapping that is an element, each with its key.
fn constants(template: &Template) -> Vec<(&str, &Literal)> {
    match template {
        Template::Const(Literal::Map(members)) => {
            members.iter().map(|(key, value)| (key.as_str(), value)).collect()
        }
        Template::Map(members) => members
            .iter()
            .filter_map(|member| match member {
                Member::Key { key, value: Template::Const(value) } => Some((key.as_str(), value)),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

impl Literal {
    /// Does a client take one for the other? 1 is 1.0 in JSON.
    fn is_same(&self, other: &Literal) -> bool {
        match (self, other) {
            (Literal::Number(one), Literal::Number(other)) => one.parse::<f64>() == other.parse::<f64>(),
            (one, other) => one == other,
        }
    }
}

/// A text, cut around its first placeholder: `before$place?after` or `before${place}after`.
struct Around<'s> {
    before: &'s str,
    place: &'s str,
    after: &'s str,
}

impl<'s> Around<'s> {
    /// None where no placeholder is in it.
    fn of(text: &'s str) -> Option<Around<'s>> {
        let mut at = 0;
        let dollar = loop {
            let dollar = at + text.get(at..)?.find('$')?;
            if !text[dollar + 1..].starts_with('$') {
                break dollar;
            }
            at = dollar + 2;
        };
        let (before, rest) = (&text[..dollar], &text[dollar + 1..]);
        if let Some((place, after)) = rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            return Some(Around { before, place, after });
        }
        let name = |char: char| char.is_ascii_alphanumeric() || char == '_';
        let end = rest.find(|char| !name(char)).unwrap_or(rest.len());
        let end = if rest[end..] == *"?" || rest[end..] == *"|null" { rest.len() } else { end };
        Some(Around { before, place: &rest[..end], after: &rest[end..] })
    }

    fn is_text(&self) -> bool {
        !self.before.is_empty() || !self.after.is_empty()
    }
}
