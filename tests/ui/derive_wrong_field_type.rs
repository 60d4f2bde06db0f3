use errbook::ApiError;
use errbook::mail::code;
use thiserror::Error;

#[derive(ApiError, Debug, Error)]
enum SendError {
    #[error("attachment of more than {limit} bytes")]
    #[api(code::AttachmentTooLarge { limit_bytes: limit.to_string() })]
    TooLarge { limit: u64 },

    #[error("part of more than {limit} bytes")]
    #[api(code::AttachmentTooLarge { limit_bytes: limit })]
    PartTooLarge { limit: u64 },
}

fn main() {}
