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
    ServiceUnavailable {
        host: String,
    },
    #[api(param = "from")]
    InternalError,
}

fn main() {}
