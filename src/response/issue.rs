use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

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
    /// The code and the message, then of each member the name and the JSON: in one text, since a body of small members
    /// would take many times its own room.
    text: Box<str>,
    code_len: Option<u32>,
    message_len: Option<u32>,
    /// Where each of the members' texts ends.
    ends: Box<[u32]>,
}

impl<C> Issue<C> {
    pub(super) fn new(
        code: Option<C>,
        code_str: Option<&str>,
        message: Option<&str>,
        param: Option<Arc<str>>,
        members: &[(Cow<'_, str>, &str)],
    ) -> Issue<C> {
        let len = |text: &str| u32::try_from(text.len()).unwrap_or(u32::MAX);
        let texts = || members.iter().flat_map(|(name, json)| [&**name, *json]);
        let parts = || code_str.into_iter().chain(message).chain(texts());
        let mut text = String::with_capacity(parts().map(str::len).sum());
        text.extend(parts());
        let (code_len, message_len) = (code_str.map(len), message.map(len));
        let mut end = code_len.unwrap_or(0).saturating_add(message_len.unwrap_or(0));
        let mut ends = Vec::with_capacity(2 * members.len());
        ends.extend(texts().map(|text| {
            end = end.saturating_add(len(text));
            end
        }));
        Issue { code, param, text: text.into(), code_len, message_len, ends: ends.into() }
    }

    /// The code as it was received.
    pub fn code_str(&self) -> Option<&str> {
        self.piece(0, self.code_len?)
    }

    /// What is wrong.
    pub fn message(&self) -> Option<&str> {
        let start = self.code_len.unwrap_or(0);
        self.piece(start, start.saturating_add(self.message_len?))
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
        let mut start = self.code_len.unwrap_or(0).saturating_add(self.message_len.unwrap_or(0));
        let (pairs, _) = self.ends.as_chunks();
        pairs.iter().map_while(move |[name, json]| {
            let pair = (self.piece(start, *name)?, self.piece(*name, *json)?);
            start = *json;
            Some(pair)
        })
    }

    fn piece(&self, start: u32, end: u32) -> Option<&str> {
        self.text.get(start as usize..end as usize)
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
