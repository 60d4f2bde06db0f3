use errbook::ApiError;
use errbook::mail::{code, sending};
use thiserror::Error;

#[derive(ApiError, Debug, Error)]
#[error("the plan has no mailbox left")]
#[api(code::InboxLimitReached)]
struct NoMailboxLeft;

#[derive(ApiError, Debug, Error)]
enum SendError {
    #[error("no such sender")]
    #[api(code::NotFound)]
    NoSender,

    #[error(transparent)]
    #[api(forward)]
    Mailbox(#[from] NoMailboxLeft),
}

fn send() -> sending::Result<()> {
    Err(SendError::Mailbox(NoMailboxLeft))?
}

fn main() {}
