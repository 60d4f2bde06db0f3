use errbook::ApiError;
use errbook::mail::code;
use thiserror::Error;

#[derive(ApiError, Debug, Error)]
enum SendError {
    #[error("an equals sign for the colon")]
    #[api(code::AttachmentTooLarge { limit_bytes = *limit })]
    TooLarge { limit: u64 },
}

fn main() {}
