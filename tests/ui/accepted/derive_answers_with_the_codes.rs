//! What a derived error becomes: code, param, message, wait, fields and source.

use std::error::Error as _;
use std::time::Duration;

use errbook::ApiError;
use errbook::mail::{Code, Inbox, Sending, code, inbox, sending};
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

fn impossible(result: Result<(), Impossible>) -> sending::Result<()> {
    Ok(result?)
}

fn main() {
    let error: errbook::Error<Sending> = SendError::UnknownSender("a@example.com".to_owned()).into();
    assert_eq!(error.code(), Code::NotFound);
    assert_eq!(error.param(), Some("from"));
    assert_eq!(error.source().unwrap().to_string(), "sender a@example.com is not ours");

    let error: errbook::Error<Sending> = SendError::Invalid { name: "to".to_owned() }.into();
    assert_eq!(error.param(), Some("to"));
    assert_eq!(error.message(), "The field `to` is not valid.");

    let error: errbook::Error<Sending> = SendError::Down(Duration::from_secs(5)).into();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(5)));

    let error: errbook::Error<Sending> = SendError::Billing(BillingError { balance: -1 }).into();
    assert_eq!(error.code(), Code::InsufficientCredits);
    assert!(error.source().unwrap().is::<BillingError>());

    let error: errbook::Error<Inbox> = Wrapped(PostError::TooLarge { size: 11, limit: 10 }).into();
    assert_eq!(error.details::<code::AttachmentTooLarge>().unwrap().limit_bytes, 10);
    assert!(error.source().unwrap().is::<PostError<StoreError>>());

    let error: inbox::Error = PostError::Store(StoreError).into();
    assert_eq!(error.code(), Code::InternalError);

    impossible(Ok(())).unwrap();
}
