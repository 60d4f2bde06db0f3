//! Answers that are always the same but for a few texts in them: the request id, the param, a message of one's own. Their
//! bytes are made once per code and copied from then on.

use std::sync::{Arc, OnceLock};

use crate::answer::Answer;
use crate::catalog::{Api, ErrorCode as _};
use crate::raise::{Error, Inner};
use crate::table::{Kind, Piece, Placeholder};
use crate::text::push_escaped;

/// What was rendered of an API: nothing before the first answer, and never more than a few texts per code.
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

/// Of a body and of an issue, without and with a message of one's own, without and with a param.
type Variants = [[[OnceLock<Parts>; 2]; 2]; 2];

/// What stands in a template that differs from answer to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Template {
    /// Nothing but what is handled here.
    Texts,
    /// The wait, too.
    Wait,
}

/// Copied texts, each but the last before something that is filled in.
#[derive(Debug)]
pub(crate) struct Parts {
    parts: Box<[(Box<str>, Hole)]>,
    end: Box<str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hole {
    Message,
    Param,
    RequestId,
}

/// What the body consists of, where nothing in it has to be rendered anew.
pub(crate) fn body<A: Api>(inner: &Inner) -> Option<&'static Parts> {
    parts::<A>(inner, false)
}

/// The same of an issue; `false` where it has to be rendered.
pub(crate) fn push_issue<A: Api>(out: &mut Vec<u8>, answer: &Answer<'_, A>, issue: &Inner) -> bool {
    let parts = parts::<A>(issue, true);
    if let Some(parts) = parts {
        parts.push(out, answer.request_id, issue);
    }
    parts.is_some()
}

fn parts<A: Api>(inner: &Inner, is_issue: bool) -> Option<&'static Parts> {
    let rendered = A::rendered().0.get_or_init(Codes::new::<A>);
    let template = if is_issue { rendered.issue } else { rendered.body };
    // Values for headers alone are in no body.
    let has_fields = || inner.row().fields.iter().any(|field| !matches!(field.kind, Kind::Const(_)));
    if !inner.issues.is_empty()
        || inner.retry_after.is_some() && template == Template::Wait
        || !inner.values.is_empty() && has_fields()
    {
        return None;
    }
    let variants = rendered.codes.get(usize::from(inner.code))?.get_or_init(Box::default);
    let (message, param) = (inner.message.is_some(), inner.param.is_some());
    let variants = &variants[usize::from(is_issue)][usize::from(message)];
    Some(variants[usize::from(param)].get_or_init(|| Parts::new::<A>(inner.code, is_issue, message, param)))
}

impl Codes {
    fn new<A: Api>() -> Codes {
        let envelope = A::INFO.envelope;
        let count = A::Code::TABLE.codes.iter().map(|chunk| chunk.len()).sum();
        Codes {
            body: Template::of(envelope.body_pieces),
            issue: Template::of(envelope.issue_pieces),
            codes: std::iter::repeat_with(OnceLock::new).take(count).collect(),
        }
    }
}

impl Template {
    fn of(pieces: &[Piece]) -> Template {
        let waits = pieces.iter().any(|piece| match piece {
            Piece::Text(_) | Piece::Comma | Piece::Fields => false,
            Piece::OptionalMap(_, pieces) => Template::of(pieces) == Template::Wait,
            Piece::Value(placeholder)
            | Piece::Optional(_, placeholder)
            | Piece::Nullable(placeholder)
            | Piece::Inside(placeholder)
            | Piece::OptionalText(_, placeholder, _) => match placeholder {
                Placeholder::RetryAfter | Placeholder::RetryAfterMs => true,
                // Holes.
                Placeholder::Message | Placeholder::Param | Placeholder::RequestId => false,
                // An error with issues is none of these.
                Placeholder::Errors => false,
                // Of the code.
                Placeholder::Action
                | Placeholder::Code
                | Placeholder::DocUrl
                | Placeholder::Group
                | Placeholder::Retryable
                | Placeholder::Status
                | Placeholder::StatusText
                | Placeholder::Title => false,
            },
        });
        if waits { Template::Wait } else { Template::Texts }
    }
}

impl Hole {
    const ALL: [Hole; 3] = [Hole::Message, Hole::Param, Hole::RequestId];

    fn text<'t>(self, request_id: &'t str, inner: &'t Inner) -> &'t str {
        match self {
            Hole::Message => inner.message.as_deref().unwrap_or_default(),
            Hole::Param => inner.param.as_deref().unwrap_or_default(),
            Hole::RequestId => request_id,
        }
    }
}

impl Parts {
    fn new<A: Api>(code: u16, is_issue: bool, message: bool, param: bool) -> Parts {
        let render = |texts: [&str; 3]| {
            let mut inner = Inner::new(A::Code::TABLE, code);
            inner.message = message.then(|| texts[0].to_owned().into());
            inner.param = param.then(|| texts[1].to_owned().into());
            let error = Error::<A>::rendering(Arc::new(inner));
            Answer { error: &error, request_id: texts[2] }.render(is_issue)
        };
        // Characters that stand nowhere else show the places. So many of them are in no text of a catalog.
        let plain = render([""; 3]);
        let mut marks = ('\u{F0000}'..='\u{FFFFD}').filter(|mark| !plain.contains(*mark));
        let marks = Hole::ALL.map(|hole| (marks.next().unwrap_or('\u{10FFFD}'), hole));
        let texts = marks.map(|(mark, _)| mark.to_string());
        let marked = render(texts.each_ref().map(String::as_str));

        let (mut parts, mut end) = (Vec::new(), String::new());
        for char in marked.chars() {
            match marks.iter().find(|(mark, _)| *mark == char) {
                Some((_, hole)) => parts.push((std::mem::take(&mut end).into(), *hole)),
                None => end.push(char),
            }
        }
        Parts { parts: parts.into(), end: end.into() }
    }

    /// All of it, in one allocation as long as hardly anything needs an escape.
    pub(crate) fn to_vec(&self, request_id: &str, inner: &Inner) -> Vec<u8> {
        let filled = |(text, hole): &(Box<str>, Hole)| text.len() + hole.text(request_id, inner).len();
        let length = self.parts.iter().map(filled).sum::<usize>() + self.end.len();
        let mut out = Vec::with_capacity(length);
        self.push(&mut out, request_id, inner);
        out
    }

    fn push(&self, out: &mut Vec<u8>, request_id: &str, inner: &Inner) {
        for (text, hole) in &self.parts {
            out.extend_from_slice(text.as_bytes());
            push_escaped(out, hole.text(request_id, inner));
        }
        out.extend_from_slice(self.end.as_bytes());
    }
}
