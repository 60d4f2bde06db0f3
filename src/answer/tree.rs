//! An answer along the tree of its envelope: for serde, in any format.

use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::{Answer, Filled, by_param, doc_url};
use crate::catalog::Api;
use crate::raise::Inner;
use crate::table::{Member, Node, Placeholder};
use crate::value::{constant, has_fields, serialize_fields};

impl<A: Api> Answer<'_, A> {
    /// Does anything but constants stand in it?
    fn any_value(&self, node: &Node, inner: &Inner) -> bool {
        match node {
            Node::Const(_) => false,
            Node::Required(place)
            | Node::Optional(place)
            | Node::Nullable(place)
            | Node::Text(_, place, _, _) => !self.filled(*place, inner).is_absent(),
            Node::Map(members) => members.iter().any(|member| match member {
                Member::Key(_, node) => self.any_value(node, inner),
                Member::Fields => has_fields(inner.row().fields, &inner.values),
            }),
            Node::List(elements) => elements.iter().any(|node| self.any_value(node, inner)),
            Node::Errors => true,
            Node::OptionalPart(node) => self.any_value(node, inner),
        }
    }
}

impl<A: Api> Serialize for Answer<'_, A> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Part { answer: self, node: &self.envelope.body, inner: self.error.inner() }.serialize(serializer)
    }
}

/// A part of the tree, filled in.
struct Part<'a, A> {
    answer: &'a Answer<'a, A>,
    node: &'static Node,
    inner: &'a Inner,
}

impl<A: Api> Part<'_, A> {
    /// As a member, or as an element of a list: none where its key is left out.
    fn is_left_out(&self) -> bool {
        let absent = |place: &Placeholder| self.answer.filled(*place, self.inner).is_absent();
        match self.node {
            Node::Optional(place) | Node::Text(_, place, _, true) => absent(place),
            Node::OptionalPart(node) => !self.answer.any_value(node, self.inner),
            _ => false,
        }
    }
}

impl<A: Api> Serialize for Part<'_, A> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Part { answer, node, inner } = *self;
        let part = |node, inner| Part { answer, node, inner };
        match node {
            Node::Const(json) => constant(json).serialize(serializer),
            Node::Required(place) | Node::Optional(place) => {
                Hole { answer, value: answer.filled(*place, inner) }.serialize(serializer)
            }
            Node::Nullable(place) => {
                Hole { answer, value: answer.filled(*place, inner).or_null() }.serialize(serializer)
            }
            Node::Text(before, place, after, _) => {
                let text = answer.text(answer.filled(*place, inner)).unwrap_or_default();
                serializer.collect_str(&format_args!("{before}{text}{after}"))
            }
            Node::OptionalPart(node) => part(node, inner).serialize(serializer),
            Node::Map(members) => {
                let mut map = serializer.serialize_map(None)?;
                for member in *members {
                    match member {
                        Member::Key(key, node) => {
                            let part = part(node, inner);
                            if !part.is_left_out() {
                                map.serialize_entry(key, &part)?;
                            }
                        }
                        Member::Fields => serialize_fields(&mut map, inner.row().fields, &inner.values)?,
                    }
                }
                map.end()
            }
            Node::List(elements) => {
                let there = |node: &&Node| matches!(node, Node::Const(_)) || answer.any_value(node, inner);
                serializer.collect_seq(elements.iter().filter(there).map(|node| part(node, inner)))
            }
            Node::Errors => {
                let issues = inner.issues.iter().map(|issue| &**issue);
                let node = &answer.envelope.issue;
                serializer.collect_seq([inner].into_iter().chain(issues).map(|inner| part(node, inner)))
            }
        }
    }
}

struct Hole<'a, A> {
    answer: &'a Answer<'a, A>,
    value: Filled<'a>,
}

impl<A: Api> Serialize for Hole<'_, A> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.value {
            Filled::Absent => serializer.serialize_none(),
            Filled::Bool(value) => serializer.serialize_bool(*value),
            Filled::Number(number) => serializer.serialize_i64(*number),
            Filled::Digits(number) => serializer.collect_str(number),
            Filled::Text(text) => serializer.serialize_str(text),
            Filled::Own(text) => serializer.serialize_str(text),
            Filled::Message(message) => serializer.collect_str(message),
            Filled::DocUrl(code) => serializer.serialize_str(&doc_url::<A>(self.answer.docs_origin, *code)),
            Filled::Issues(issues) => {
                let answer = self.answer;
                let node = &answer.envelope.issue;
                serializer.collect_seq(issues.iter().map(|inner| Part { answer, node, inner }))
            }
            Filled::ByParam(issues) => {
                let messages = |issues: Vec<&Inner>| {
                    issues.into_iter().map(|issue| issue.message().into_owned()).collect::<Vec<_>>()
                };
                serializer.collect_map(
                    by_param(issues).into_iter().map(|(param, issues)| (param, messages(issues))),
                )
            }
        }
    }
}
