//! What a client makes of an answer.

use std::fmt::Write as _;

use errbook::mail::{Code, Inbox, Management, Sending, code};
use errbook::{Api, ErrorResponse};
use serde_json::Value;

use crate::case::equal;
use crate::socket::Answer;

/// In the words of a case: a line for each thing that the client found.
pub(crate) fn of(api: &str, answer: &Answer) -> Result<String, String> {
    match api {
        "management" => read::<Management>("https://sendmux.ai/docs/management-api/errors", answer),
        "sending" => read::<Sending>("https://sendmux.ai/docs/sending-api/errors", answer),
        _ => read::<Inbox>("https://sentvia.example/docs/errors", answer),
    }
}

/// As it stands in the body.
pub(crate) fn code(answer: &Answer) -> Option<String> {
    let body: Value = serde_json::from_str(answer.body().ok()?).ok()?;
    let code = if body["error"].is_object() { &body["error"]["code"] } else { &body["error"] };
    code.as_str().map(str::to_owned)
}

fn read<A: Api<Code = Code>>(docs: &str, answer: &Answer) -> Result<String, String> {
    let (status, headers, body) = answer.parts();
    let Err(err) = ErrorResponse::<A>::check(status, &headers, body) else {
        return Ok("success\n".to_owned());
    };
    let Some(code) = err.code() else { return Err(format!("the client reads no code: {err:#}")) };
    equal("id that the client reads", answer.id().unwrap_or_default(), err.request_id().unwrap_or_default())?;
    equal("page", format!("{docs}#{code}"), err.doc_url().unwrap_or_default())?;
    equal("status of the catalog", answer.status, code.status().as_u16())?;
    if err.message().is_none_or(str::is_empty) || !err.from_api() || err.is_truncated() {
        return Err(format!("the client does not read all of it: {err:#}"));
    }

    let mut text = String::new();
    let mut line = |name: &str, value: &str| writeln!(text, "{name}: {value}").unwrap();
    line("code", code.as_str());
    line("status", err.status().as_str());
    if let Some(retryable) = err.retryable() {
        line("retryable", if retryable { "true" } else { "false" });
    }
    if let Some(param) = err.param() {
        line("param", param);
    }
    for issue in err.issues() {
        line(
            "issue",
            &format!("{} {}", issue.code_str().unwrap_or_default(), issue.param().unwrap_or_default()),
        );
    }
    if let Some(wait) = err.retry_after() {
        line("retry after", &format!("{wait:?}"));
    }
    if let (Some(first), Some(repeat)) = (err.retry(), err.retry_on_repeat()) {
        let on_repeat = if first == repeat { String::new() } else { format!(", {repeat:?} on a repeat") };
        line("retry", &format!("{first:?}{on_repeat}"));
    }
    if let Some(group) = err.group() {
        line("group", group.as_str());
    }
    if let Some(action) = err.action() {
        line("action", action.as_str());
    }
    if let Some(url) = err.action_url() {
        line("at", url);
    }
    if let Some(payload) = payload(&err) {
        line("payload", &payload);
    }
    Ok(text)
}

/// The typed value.
fn payload<A: Api<Code = Code>>(err: &ErrorResponse<A>) -> Option<String> {
    macro_rules! payload_of {
        ($($with_fields:ident)*; $($code:ident)*) => {
            match err.code()? {
                $(Code::$with_fields => Some(format!("{:?}", err.details::<code::$with_fields>()?)),)*
                $(Code::$code => err.details().map(|code::$code| stringify!($code).to_owned()),)*
                _ => None,
            }
        };
    }
    payload_of! {
        RateLimitExceeded MethodNotAllowed AttachmentTooLarge;
        AuthenticationRequired InsufficientPermissions InvalidParameter MissingParameter NotFound InternalError
        NotAcceptable RequestTimeout UnsupportedMediaType BodyTooLarge InsufficientCredits ValidationError
        IdempotencyConflict PayloadTooLarge NoActiveProviders ServiceUnavailable AddressTaken NoDeliverableRecipients
        InboxLimitReached CustomDomainsRequirePaidPlan DedicatedSubdomainRequiresScale StorageLimitReached
    }
}
