//! Answers that are always the same but for a few texts in them: the request id, the param, a message of one's own, the
//! issues. Their bytes are made once per code and copied from then on.

use std::sync::{Arc, OnceLock};

use crate::answer::Answer;
use crate::catalog::{Api, ErrorCode as _};
use crate::raise::{Error, Inner};
use crate::table::{Kind, Piece, Placeholder};
use crate::text::push_escaped;

/// What was rendered of an API: nothing before the first answer, and at most twelve texts per code.
#[derive(Debug)]
pub struct Rendered(OnceLock<Codes>);

impl Rendered {
    /// For a static of generated code.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Rendered {
        Rendered(OnceLock::new())
    }
}

#[derive(Debug)]
struct Codes {
    body: Template,
    issue: Template,
    /// By the code's place in the catalog.
    codes: Box<[OnceLock<Box<Variants>>]>,
}

/// By what is rendered, without and with a message of one's own, without and with a param. `None` where the places of what
/// is filled in can't be seen.
type Variants = [[[OnceLock<Option<Parts>>; 2]; 2]; 3];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Body,
    BodyWithIssues,
    Issue,
}

/// What stands in a template that differs from answer to answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Template {
    /// Nothing but what is handled here.
    #[default]
    Texts,
    /// A wait, or issues in groups.
    Differs,
}

/// Copied texts, each but the last before something that is filled in.
#[derive(Debug)]
pub(crate) struct Parts {
    parts: Box<[(Box<str>, Hole)]>,
    end: Box<str>,
    /// Of the copied texts together.
    len: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hole {
    Message,
    Param,
    RequestId,
    /// What stands between the brackets.
    Issues,
}

/// What the body consists of, where nothing but holes has to be rendered anew.
pub(crate) fn body<A: Api>(answer: &Answer<'_, A>, inner: &Inner) -> Option<&'static Parts> {
    parts(answer, inner, if inner.issues.is_empty() { What::Body } else { What::BodyWithIssues })
}

/// The same of an issue.
pub(crate) fn issue<A: Api>(answer: &Answer<'_, A>, issue: &Inner) -> Option<&'static Parts> {
    // An issue shows none of its own.
    parts(answer, issue, What::Issue).filter(|_| issue.issues.is_empty())
}

fn parts<A: Api>(answer: &Answer<'_, A>, inner: &Inner, what: What) -> Option<&'static Parts> {
    if !std::ptr::eq(answer.envelope, A::INFO.envelope)
        || answer.docs_origin.is_some()
        || inner.status.is_some_and(|status| status != inner.row().status)
    {
        return None;
    }
    let rendered = A::rendered().0.get_or_init(Codes::new::<A>);
    let template = if what == What::Issue { rendered.issue } else { rendered.body };
    // Values for headers alone are in no body.
    let has_fields = || inner.row().fields.iter().any(|field| !matches!(field.kind, Kind::Const(_)));
    let differs = || inner.retry_after().is_some() || !inner.issues.is_empty();
    if template == Template::Differs && differs() || !inner.values.is_empty() && has_fields() {
        return None;
    }
    let variants = rendered.codes.get(usize::from(inner.code))?.get_or_init(Box::default);
    let (message, param) = (inner.message.is_some(), inner.param().is_some());
    let part = &variants[what as usize][usize::from(message)][usize::from(param)];
    part.get_or_init(|| Parts::new::<A>(inner.code, what, message, param)).as_ref()
}

impl Codes {
    fn new<A: Api>() -> Codes {
        let envelope = A::INFO.envelope;
        let count = A::Code::TABLE.codes.iter().map(|chunk| chunk.len()).sum();
        Codes {
            body: Template::of(envelope.body_pieces, envelope.issue_pieces),
            issue: Template::of(envelope.issue_pieces, &[]),
            codes: std::iter::repeat_with(OnceLock::new).take(count).collect(),
        }
    }
}

impl Template {
    /// `element` is what the error itself looks like in a list.
    fn of(pieces: &[Piece], element: &[Piece]) -> Template {
        let pieces = pieces.iter().map(|piece| match piece {
            Piece::Text(_) | Piece::Comma | Piece::Fields => Template::Texts,
            Piece::Errors => Template::of(element, &[]),
            Piece::OptionalPart(_, pieces) => Template::of(pieces, element),
            Piece::List(elements) => {
                elements.iter().map(|pieces| Template::of(pieces, element)).max().unwrap_or_default()
            }
            Piece::Value(placeholder)
            | Piece::Optional(_, placeholder)
            | Piece::Nullable(placeholder)
            | Piece::Inside(placeholder)
            | Piece::OptionalText(_, placeholder, _) => match placeholder {
                Placeholder::RetryAfter
                | Placeholder::RetryAfterMs
                | Placeholder::RetryAfterText
                | Placeholder::RetryAt
                | Placeholder::RetryAtUnix => Template::Differs,
                Placeholder::ErrorsByParam => Template::Differs,
                // Holes.
                Placeholder::Errors | Placeholder::Message | Placeholder::Param | Placeholder::RequestId => {
                    Template::Texts
                }
                // Of the code.
                Placeholder::Action
                | Placeholder::Code
                | Placeholder::DocUrl
                | Placeholder::Group
                | Placeholder::Number
                | Placeholder::Retryable
                | Placeholder::Status
                | Placeholder::StatusText
                | Placeholder::Title => Template::Texts,
            },
        });
        pieces.max().unwrap_or_default()
    }
}

impl Hole {
    fn text<'t>(self, request_id: &'t str, inner: &'t Inner) -> &'t str {
        match self {
            Hole::Message => inner.message.as_deref().unwrap_or_default(),
            Hole::Param => inner.param().unwrap_or_default(),
            Hole::RequestId => request_id,
            Hole::Issues => "",
        }
    }
}

impl Parts {
    fn new<A: Api>(code: u16, what: What, message: bool, param: bool) -> Option<Parts> {
        let table = A::Code::TABLE;
        let issue = |mark: &str| {
            let mut issue = Inner::new(table, code);
            issue.message = Some(mark.to_owned().into());
            issue
        };
        let render = |inner: Inner, request_id: &str| {
            let error = Error::<A>::rendering(Arc::new(inner));
            error.answer(request_id).render(what == What::Issue)
        };
        let rendered = |[in_message, in_param, request_id, in_issue]: [&str; 4]| {
            let mut inner = Inner::new(table, code);
            inner.message = message.then(|| in_message.to_owned().into());
            inner.param = param.then(|| in_param.to_owned().into());
            if what == What::BodyWithIssues {
                inner.issues.push(Arc::new(issue(in_issue)));
            }
            render(inner, request_id)
        };
        // Characters that stand nowhere else show the places.
        let without = rendered([""; 4]);
        let mut marks = ('\u{F0000}'..='\u{FFFFD}').filter(|mark| !without.contains(*mark));
        let marks = [marks.next()?, marks.next()?, marks.next()?, marks.next()?];
        let texts = marks.map(String::from);
        let mut marked = rendered(texts.each_ref().map(String::as_str));
        if what == What::BodyWithIssues {
            // The one issue as it is alone, or a list of another kind.
            let alone = Error::<A>::rendering(Arc::new(issue(&texts[3])));
            let alone = alone.answer(&texts[2]).render(true);
            if !alone.contains(marks[3]) || marked.matches(&*alone).count() != 1 {
                return None;
            }
            marked = marked.replace(&*alone, &texts[3]);
        }

        let holes = [Hole::Message, Hole::Param, Hole::RequestId, Hole::Issues];
        let (mut parts, mut end, mut len) = (Vec::new(), String::new(), 0);
        for char in marked.chars() {
            match marks.iter().position(|mark| *mark == char) {
                Some(at) => parts.push((std::mem::take(&mut end).into(), holes[at])),
                None => {
                    end.push(char);
                    len += char.len_utf8();
                }
            }
        }
        Some(Parts { parts: parts.into(), end: end.into(), len })
    }

    /// All of it, in one allocation as long as hardly anything needs an escape.
    pub(crate) fn to_vec<A: Api>(&self, answer: &Answer<'_, A>, inner: &Inner) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.len(answer, inner));
        self.push(&mut out, answer, inner);
        out
    }

    #[inline]
    fn push<A: Api>(&self, out: &mut Vec<u8>, answer: &Answer<'_, A>, inner: &Inner) {
        for (text, hole) in &self.parts {
            out.extend_from_slice(text.as_bytes());
            match hole {
                Hole::Issues => answer.push_issues(out, &inner.issues),
                hole => push_escaped(out, hole.text(answer.request_id, inner)),
            }
        }
        out.extend_from_slice(self.end.as_bytes());
    }

    /// The same of an issue, which has none of its own.
    pub(crate) fn push_issue(&self, out: &mut Vec<u8>, request_id: &str, issue: &Inner) {
        for (text, hole) in &self.parts {
            out.extend_from_slice(text.as_bytes());
            push_escaped(out, hole.text(request_id, issue));
        }
        out.extend_from_slice(self.end.as_bytes());
    }

    /// In bytes, if hardly anything needs an escape.
    pub(crate) fn len<A: Api>(&self, answer: &Answer<'_, A>, inner: &Inner) -> usize {
        let mut len = self.len;
        for (_, hole) in &self.parts {
            len += match hole {
                Hole::Issues => inner.issues.iter().map(|issue| answer.issue_len(issue) + 1).sum(),
                // In one's own words a quote is likely.
                Hole::Message => inner.message.as_ref().map_or(0, |message| message.len() + 8),
                Hole::Param | Hole::RequestId => hole.text(answer.request_id, inner).len(),
            };
        }
        len
    }
}
