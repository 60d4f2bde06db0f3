use errbook::ApiError;
use errbook::mail::code;
use thiserror::Error;

#[derive(Debug, Error, ApiError)]
#[api(codes = code)]
#[error("{self:?}")]
enum AppError {
    NotFound,
    InsufficientCredit,
    AttachmentTooLarge,
    #[api(param = "from")]
    InternalError,
}

fn main() {}
