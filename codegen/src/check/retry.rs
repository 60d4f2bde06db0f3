//! `retry:` of a code, and whether it goes with the flag on the wire.

use super::codes::{Given, RETRIES};
use super::headers::HeaderDraft;
use super::reader::{Context, Spanned};
use crate::catalog::{HeaderRule, Retry, RetryAdvice};
use crate::report::{Diagnostic, Mistake, Span};
use crate::syntax::{Kind, Node};

impl<'t> Context<'t> {
    /// A word, or one for a first attempt and one for a repeat.
    pub(super) fn retry(&mut self, node: &'t Node) -> Option<Spanned<RetryAdvice>> {
        if let Kind::Map { .. } = node.kind {
            let map = self.map(node, node.span, "`retry`", &["first", "repeat"])?;
            let first = self.required(&map, "first", "`retry`", "never");
            let repeat = self.required(&map, "repeat", "`retry`", "backoff");
            let first = self.word(first?, "value of `first`", RETRIES);
            let repeat = self.word(repeat?, "value of `repeat`", RETRIES);
            return Some(Spanned {
                value: RetryAdvice { first: first?.value, repeat: repeat?.value },
                span: node.span,
            });
        }
        let word = self.word(node, "value of `retry`", RETRIES)?;
        Some(Spanned { value: RetryAdvice { first: word.value, repeat: word.value }, span: word.span })
    }

    /// The advice of a code. Where it is told, it must go with the flag, or a note must say why it does not.
    pub(super) fn retry_advice(
        &mut self,
        given: &Given<'t>,
        status: Option<Spanned<u16>>,
        code: Span,
    ) -> RetryAdvice {
        let retryable = given.retryable.map(|flag| flag.value);
        let default = match (retryable, status.map(|status| status.value)) {
            (Some(true) | None, Some(429)) => Retry::Throttle,
            (Some(true), _) => Retry::Backoff,
            // Nobody promised anything; the status says what usually helps.
            (None, Some(408 | 425 | 500 | 502 | 503 | 504 | 520..=530 | 598 | 599)) => Retry::Backoff,
            _ => Retry::Never,
        };
        let Some(Spanned { value: advice, span }) = given.retry else {
            return RetryAdvice { first: default, repeat: default };
        };
        // An advice with two halves says that the code means two things. One flag can agree with only one of them,
        // which is enough: the other half is the point of writing two.
        let agrees = |flag: bool| flag == repeats(advice.first) || flag == repeats(advice.repeat);
        if let Some(flag) = given.retryable
            && !agrees(flag.value)
            && given.retry_note.is_none()
        {
            let says = if flag.value { "says that a retry helps" } else { "says that a retry does not help" };
            let advises = if flag.value { "advises against one" } else { "advises one" };
            self.report(
                Diagnostic::new(
                    Mistake::RetryContradiction,
                    "`retryable` and `retry` disagree without a word",
                )
                .at(span, advises)
                .and(flag.span, says)
                .and(code, "in this code")
                .help("tell readers of the docs why with `retry_note`, or change one of the two"),
            );
        }
        advice
    }

    /// `Retry-After` says how long to wait before a retry, so it goes only with an advice to retry.
    pub(super) fn retry_after(&mut self, headers: &[HeaderDraft], given: &Given<'t>, advice: RetryAdvice) {
        let Some(header) = headers.iter().find(|header| header.header.name == "retry-after") else { return };
        let wanted = header.header.rule != HeaderRule::Optional;
        if !wanted || given.retryable.is_none() || advice.repeats() {
            return;
        }
        let diagnostic =
            Diagnostic::new(Mistake::RetryAfterWithoutRetry, "`Retry-After` on a code that is not retried")
                .at(header.span, "always sent, though there is nothing to wait for")
                .help("write `Retry-After: optional`, or let the code be retried");
        self.report(match (given.retry, given.retryable) {
            (Some(retry), _) => diagnostic.and(retry.span, "advises against a retry"),
            (None, Some(flag)) => diagnostic.and(flag.span, "says that a retry does not help"),
            (None, None) => diagnostic,
        });
    }
}

impl RetryAdvice {
    /// Does it advise the same request again?
    pub(super) fn repeats(self) -> bool {
        repeats(self.first) || repeats(self.repeat)
    }
}

fn repeats(retry: Retry) -> bool {
    match retry {
        Retry::Backoff | Retry::Throttle => true,
        Retry::Never | Retry::NeedsAction | Retry::Refresh => false,
    }
}
