//! An error with each code of an API, made as a server makes it.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use errbook::mail::{Code, code};
use errbook::{Api, Error, Issues, Raise, Raised};

/// At least one error with each code that the API emits; with a param, a wait, issues where the code takes them.
pub(crate) fn every_code<A: Api<Code = Code>>() -> Vec<Error<A>> {
    let emitted = every_raised().into_iter().filter(|(code, _)| A::emits(*code));
    emitted.map(|(_, raised)| Any(raised).into()).collect()
}

fn every_raised() -> Vec<(Code, Raised)> {
    let mut issues = Issues::of(code::InvalidParameter);
    issues.push(code::MissingParameter.at("from"));
    issues.push(code::InvalidParameter.at("to[1].email").message("\"nobody\" is no address.\n"));
    let mut invalid = Issues::of(code::ValidationError);
    invalid.push(code::ValidationError.at("subject"));
    invalid.push(code::ValidationError.at("to"));
    vec![
        (Code::AuthenticationRequired, code::AuthenticationRequired.raise()),
        (Code::InsufficientPermissions, code::InsufficientPermissions.raise()),
        (Code::InvalidParameter, code::InvalidParameter.raise()),
        (Code::InvalidParameter, code::InvalidParameter.at("page").raise()),
        (Code::InvalidParameter, issues.finish().unwrap_err().raise()),
        (Code::MissingParameter, code::MissingParameter.at("to").raise()),
        (Code::NotFound, code::NotFound.raise()),
        (Code::NotFound, code::NotFound.at("from").raise()),
        (
            Code::RateLimitExceeded,
            code::RateLimitExceeded { retry_after: Duration::from_millis(1500) }.raise(),
        ),
        (Code::InternalError, code::InternalError.because("a secret").raise()),
        (Code::MethodNotAllowed, code::MethodNotAllowed { allow: "GET, POST".into() }.raise()),
        (Code::NotAcceptable, code::NotAcceptable.raise()),
        (Code::RequestTimeout, code::RequestTimeout.raise()),
        (Code::UnsupportedMediaType, code::UnsupportedMediaType.raise()),
        (Code::BodyTooLarge, code::BodyTooLarge.raise()),
        (Code::InsufficientCredits, code::InsufficientCredits.raise()),
        (Code::ValidationError, code::ValidationError.at("messages[3].to").raise()),
        (Code::ValidationError, invalid.finish().unwrap_err().raise()),
        (Code::IdempotencyConflict, code::IdempotencyConflict.raise()),
        (Code::PayloadTooLarge, code::PayloadTooLarge.at("html_body").raise()),
        (Code::NoActiveProviders, code::NoActiveProviders.raise()),
        (Code::ServiceUnavailable, code::ServiceUnavailable.raise()),
        (Code::ServiceUnavailable, code::ServiceUnavailable.retry_after(Duration::from_secs(7)).raise()),
        (Code::AddressTaken, code::AddressTaken.at("address").raise()),
        (Code::AttachmentTooLarge, code::AttachmentTooLarge { limit_bytes: 25_000_000 }.raise()),
        (Code::NoDeliverableRecipients, code::NoDeliverableRecipients.raise()),
        (Code::InboxLimitReached, code::InboxLimitReached.raise()),
        (Code::CustomDomainsRequirePaidPlan, code::CustomDomainsRequirePaidPlan.raise()),
        (Code::DedicatedSubdomainRequiresScale, code::DedicatedSubdomainRequiresScale.raise()),
        (Code::StorageLimitReached, code::StorageLimitReached.raise()),
    ]
}

/// An error of the catalog, whatever APIs emit it.
struct Any(Raised);

impl Raise for Any {
    type Codes = ();

    fn raise(self) -> Raised {
        self.0
    }
}
