use errbook::ApiError;
use errbook::mail::code;
use thiserror::Error;

#[derive(ApiError, Debug, Error)]
enum SendError {
    #[error("a slip")]
    #[api(code::NotFound, parameter = "from")]
    Slip,

    #[error("a field outside of the braces")]
    #[api(code::AttachmentTooLarge, limit_bytes = *limit)]
    Field { limit: u64 },
}

fn main() {}
