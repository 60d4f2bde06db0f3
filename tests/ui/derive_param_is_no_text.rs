use errbook::ApiError;
use errbook::mail::code;
use thiserror::Error;

#[derive(ApiError, Debug, Error)]
enum SendError {
    #[error("recipient {index} is not valid")]
    #[api(code::InvalidParameter, param = index)]
    Recipient { index: usize },

    #[error("not stored")]
    #[api(code::InvalidParameter, message = _0)]
    Store(std::io::Error),
}

fn main() {}
