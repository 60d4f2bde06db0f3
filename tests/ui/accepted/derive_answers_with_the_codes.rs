//! What a derived error becomes: code, param, message, wait, fields and source.

use std::error::Error as _;
use std::time::Duration;

use errbook::ApiError;
use errbook::mail::{Code, code, inbox, sending};
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

#[derive(ApiError, Debug, Error)]
#[error(transparent)]
#[api(forward)]
struct Wrapped(PostError<StoreError>);

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

    let error = inbox::Error::from(Wrapped(PostError::Store(StoreError)));
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
