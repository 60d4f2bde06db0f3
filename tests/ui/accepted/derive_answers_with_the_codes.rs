//! What a derived error becomes: code, param, message, wait, fields and source.

use std::error::Error as _;
use std::time::Duration;

use errbook::mail::{Code, code, inbox, sending};
use errbook::prelude::*;
use errbook::{ApiError, Issues};
use thiserror::Error;

#[derive(ApiError, Debug, Error)]
enum SendError {
    #[error("sender {0} is not ours")]
    #[api(code::NotFound, param = "from")]
    UnknownSender(String),

    #[error("{name} is not valid")]
    #[api(code::InvalidParameter, param = name, message = format!("The field `{name}` is not valid."))]
    Invalid { name: String },

    #[error("the queue is down")]
    #[api(code::ServiceUnavailable, retry_after = *_0)]
    Down(Duration),

    #[error(transparent)]
    #[api(forward)]
    Billing(#[from] BillingError),
}

#[derive(ApiError, Debug, Error)]
#[error("balance {balance} is below the cost")]
#[api(code::InsufficientCredits)]
struct BillingError {
    balance: i64,
}

#[derive(ApiError, Debug, Error)]
enum PostError<S> {
    #[error("message of {size} bytes")]
    #[api(code::AttachmentTooLarge { limit_bytes: *limit })]
    TooLarge { size: u64, limit: u64 },

    #[error(transparent)]
    #[api(forward)]
    Store(S),
}

#[derive(Debug, Error, ApiError)]
#[api(forward)]
#[error(transparent)]
struct Wrapped(Box<PostError<StoreError>>);

#[derive(ApiError, Debug, Error)]
#[error("disk full")]
#[api(code::InternalError)]
struct StoreError;

#[derive(ApiError, Debug, Error)]
enum Impossible {}

#[test]
fn the_attribute_decides() {
    let error = sending::Error::from(SendError::UnknownSender("a@example.com".to_owned()));
    assert_eq!((error.code(), error.param()), (Code::NotFound, Some("from")));

    let error = sending::Error::from(SendError::Invalid { name: "to".to_owned() });
    assert_eq!((error.code(), error.param()), (Code::InvalidParameter, Some("to")));
    assert_eq!(error.message(), "The field `to` is not valid.");

    let error = sending::Error::from(SendError::Down(Duration::from_secs(5)));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(5)));

    let error = inbox::Error::from(PostError::<StoreError>::TooLarge { size: 11, limit: 10 });
    assert_eq!(error.details::<code::AttachmentTooLarge>().unwrap().limit_bytes, 10);
}

#[test]
fn a_forwarded_error_answers_for_itself() {
    let error = sending::Error::from(SendError::Billing(BillingError { balance: -1 }));
    assert_eq!(error.code(), Code::InsufficientCredits);

    let error = inbox::Error::from(Wrapped(Box::new(PostError::Store(StoreError))));
    assert_eq!(error.code(), Code::InternalError);
}

#[test]
fn the_error_with_the_code_is_the_source() {
    let error = sending::Error::from(SendError::UnknownSender("a@example.com".to_owned()));
    assert_eq!(error.source().unwrap().to_string(), "sender a@example.com is not ours");

    let error = sending::Error::from(SendError::Billing(BillingError { balance: -1 }));
    assert!(error.source().unwrap().is::<BillingError>());
}

#[test]
fn an_enum_without_variants_has_no_codes() {
    let result: Result<(), Impossible> = Ok(());
    let answer = || -> sending::Result<()> { Ok(result?) };
    assert!(answer().is_ok());
}

#[test]
fn the_codes_are_known() {
    use Code::{
        AttachmentTooLarge, InsufficientCredits, InternalError, InvalidParameter, MissingParameter, NotFound,
        ServiceUnavailable,
    };

    assert_eq!(SendError::CODES, [InvalidParameter, NotFound, InsufficientCredits, ServiceUnavailable]);
    assert_eq!(BillingError::CODES, [InsufficientCredits]);
    assert_eq!(PostError::<SendError>::CODES.len(), 5);
    assert_eq!(Wrapped::CODES, [InternalError, AttachmentTooLarge]);
    assert_eq!(Impossible::CODES.len(), 0);
    assert_eq!(PostError::<Impossible>::CODES, [AttachmentTooLarge]);

    assert_eq!(code::NotFound::CODES, [NotFound]);
    fn of<E: errbook::HasCodes>(_: impl FnOnce() -> Result<(), E>) -> &'static [E::Code] {
        E::CODES
    }
    assert_eq!(of(|| Err(code::NotFound.at("from"))), [NotFound]);
    assert_eq!(of(|| Issues::of(code::InvalidParameter).finish()), [InvalidParameter, MissingParameter]);
    assert_eq!(inbox::Error::CODES, <errbook::mail::Inbox as errbook::Api>::codes());
}

/// Each of them forwards and repeats what the others have: a code is there once, in the order of the catalog.
#[test]
fn codes_of_forwarded_errors_are_there_once() {
    #[expect(dead_code, reason = "only its codes count")]
    #[derive(ApiError, Debug, Error)]
    enum Outer {
        #[error(transparent)]
        #[api(forward)]
        Never(Impossible),
        #[error(transparent)]
        #[api(forward)]
        Post(PostError<SendError>),
        #[error(transparent)]
        #[api(forward)]
        Send(SendError),
        #[error("disk full")]
        #[api(code::InternalError)]
        Disk,
        #[error("disk gone")]
        #[api(code::InternalError, message = "Gone.")]
        DiskGone,
    }

    let mut sorted = Outer::CODES.to_vec();
    sorted.sort();
    sorted.dedup();
    assert_eq!((sorted.as_slice(), sorted.len()), (Outer::CODES, 6));
}

/// `codes = …`: a variant is called as its code.
#[test]
fn variants_are_called_as_their_codes() {
    #[derive(ApiError, Debug, Error)]
    #[api(codes = errbook::mail::code)]
    #[error("{self:?}")]
    enum AppError {
        InsufficientCredits,
        #[api(param = _0)]
        NotFound(String),
        RateLimitExceeded {
            retry_after: Duration,
        },
        #[api(code::InternalError)]
        Store {
            path: String,
        },
    }

    assert_eq!(AppError::CODES.len(), 4);
    let wait = Duration::from_secs(3);
    let error = sending::Error::from(AppError::RateLimitExceeded { retry_after: wait });
    assert_eq!((error.code(), error.retry_after()), (Code::RateLimitExceeded, Some(wait)));
    let error = sending::Error::from(AppError::NotFound("from".into()));
    assert_eq!((error.code(), error.param()), (Code::NotFound, Some("from")));
    assert_eq!(sending::Error::from(AppError::InsufficientCredits).status().as_u16(), 402);
    assert!(sending::Error::from(AppError::Store { path: "/".into() }).is(Code::InternalError));
}
