use std::borrow::Cow;
use std::sync::Arc;
use std::{fmt, iter};

use crate::catalog::{ErrorCode, Payload, row};
use crate::raise;
use crate::table::Slots;
use crate::text::OneLine;
use crate::value::values;

/// One of several issues of a request.
#[derive(Clone, PartialEq, Eq)]
pub struct Issue<C> {
    code: Option<C>,
    /// In a mapping of params many issues have the same one, however long it is.
    param: Option<Arc<str>>,
    /// The code and the message, then of each member the name and the JSON, each with [`END`] behind it: a body of small
    /// members would take many times its own room.
    pieces: Box<[u8]>,
}

/// No text has these bytes.
const END: u8 = 0xFF;
const ABSENT: &[u8] = &[0xFE];

impl<C> Issue<C> {
    pub(super) fn new(
        code: Option<C>,
        code_str: Option<&str>,
        message: Option<&str>,
        param: Option<Arc<str>>,
        members: &[(Cow<'_, str>, &str)],
    ) -> Issue<C> {
        let texts = || {
            let members = members.iter().flat_map(|(name, json)| [name.as_bytes(), json.as_bytes()]);
            [code_str, message].map(|text| text.map_or(ABSENT, str::as_bytes)).into_iter().chain(members)
        };
        let mut pieces = Vec::with_capacity(texts().map(|text| text.len() + 1).sum());
        for text in texts() {
            pieces.extend_from_slice(text);
            pieces.push(END);
        }
        Issue { code, param, pieces: pieces.into() }
    }

    fn pieces(&self) -> impl Iterator<Item = Option<&str>> {
        self.pieces.split(|byte| *byte == END).map(|piece| str::from_utf8(piece).ok())
    }

    /// The code as it was received.
    pub fn code_str(&self) -> Option<&str> {
        self.pieces().next()?
    }

    /// What is wrong.
    pub fn message(&self) -> Option<&str> {
        self.pieces().nth(1)?
    }

    /// The field of the request.
    pub fn param(&self) -> Option<&str> {
        self.param.as_deref()
    }

    /// A member beside the template's own.
    pub fn member(&self, name: &str) -> Option<serde_json::Value> {
        serde_json::from_str(self.raw(name)?).ok()
    }

    /// The names of these members.
    pub fn members(&self) -> impl Iterator<Item = &str> {
        self.pairs().map(|(name, _)| name)
    }

    fn raw(&self, name: &str) -> Option<&str> {
        self.pairs().find(|(key, _)| *key == name).map(|(_, json)| json)
    }

    /// The members' names and JSON.
    fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut pieces = self.pieces().skip(2);
        iter::from_fn(move || Some((pieces.next()??, pieces.next()??)))
    }
}

impl<C: ErrorCode> Issue<C> {
    /// The code; `None` for one that this build doesn't know.
    pub fn code(&self) -> Option<C> {
        self.code
    }

    /// The payload of its code with the typed fields, where the API sends them in its issues. Headers are the answer's.
    pub fn details<P: Payload<Code = C>>(&self) -> Option<P> {
        if self.code != Some(P::CODE) {
            return None;
        }
        let values = values(row(P::CODE).fields, |name| self.raw(name).map(Cow::Borrowed)).ok()?;
        let param = self.param().map(|param| param.to_owned().into());
        P::from_slots(&mut Slots { values, param, retry_after: None })
    }

    pub(super) fn raised(&self) -> Option<raise::Inner> {
        let code = self.code?;
        let mut inner = raise::Inner::new(C::table(), code.index());
        inner.values = values(row(code).fields, |name| self.raw(name).map(Cow::Borrowed)).ok()?;
        inner.param = self.param().map(|param| param.to_owned().into());
        inner.message = self.message().map(|message| message.to_owned().into());
        Some(inner)
    }
}

/// `to.email: invalid_parameter: No email address.`
impl<C> fmt::Display for Issue<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [self.param(), self.code_str(), self.message()];
        for (at, part) in parts.into_iter().flatten().enumerate() {
            if at > 0 {
                f.write_str(": ")?;
            }
            write!(f, "{:.200}", OneLine(part))?;
        }
        Ok(())
    }
}

impl<C: fmt::Debug> fmt::Debug for Issue<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issue")
            .field("code", &self.code)
            .field("code_str", &self.code_str())
            .field("message", &self.message())
            .field("param", &self.param())
            .field("members", &self.pairs().collect::<Vec<_>>())
            .finish()
    }
}
