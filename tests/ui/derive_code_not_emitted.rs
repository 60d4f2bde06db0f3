use errbook::ApiError;
use errbook::mail::{code, sending};
use thiserror::Error;

#[derive(ApiError, Debug, Error)]
enum CreateError {
    #[error("no such domain")]
    #[api(code::NotFound)]
    NoDomain,

    #[error("the plan has no mailbox left")]
    #[api(code::InboxLimitReached)]
    NoMailboxLeft,

    #[error("not allowed")]
    #[api(code::InsufficientPermissions)]
    NotAllowed,
}

fn create() -> Result<(), CreateError> {
    Err(CreateError::NoMailboxLeft)
}

fn by_question_mark() -> sending::Result<()> {
    create()?;
    Ok(())
}

fn by_into() -> sending::Error {
    CreateError::NoMailboxLeft.into()
}

fn main() {}
