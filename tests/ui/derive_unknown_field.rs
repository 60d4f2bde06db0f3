use errbook::ApiError;
use errbook::mail::code;
use thiserror::Error;

#[derive(ApiError, Debug, Error)]
enum SendError {
    #[error("attachment of more than {limit} bytes")]
    #[api(code::AttachmentTooLarge { limit_byte: *limit })]
    TooLarge { limit: u64 },
}

fn main() {}
