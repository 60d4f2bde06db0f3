use errbook::ApiError;
use errbook::mail::code;
use thiserror::Error;

#[derive(ApiError, Debug, Error)]
enum SendError {
    #[error("no value")]
    #[api(code::NotFound, param)]
    NoValue,

    #[error("nothing after the sign")]
    #[api(code::NotFound, param = )]
    EmptyValue,

    #[error("no comma")]
    #[api(code::NotFound param = "from")]
    NoComma,

    #[error("a tuple")]
    #[api(code::AttachmentTooLarge(1024))]
    Tuple,
}

fn main() {}
