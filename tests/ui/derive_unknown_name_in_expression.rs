use errbook::ApiError;
use errbook::mail::code;
use thiserror::Error;

#[derive(ApiError, Debug, Error)]
enum SendError {
    #[error("attachment of more than {limit} bytes")]
    #[api(code::AttachmentTooLarge { limit_bytes: *limits })]
    TooLarge { limit: u64 },

    #[error("sender {0} is not ours")]
    #[api(code::NotFound, param = _1.clone())]
    UnknownSender(String),
}

fn main() {}
