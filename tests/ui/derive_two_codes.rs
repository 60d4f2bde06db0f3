use errbook::ApiError;
use errbook::mail::code;
use thiserror::Error;

#[derive(ApiError, Debug, Error)]
enum SendError {
    #[error("in one attribute")]
    #[api(code::NotFound, code::InternalError)]
    OneAttribute,

    #[error("in two attributes")]
    #[api(code::NotFound)]
    #[api(code::InternalError)]
    TwoAttributes,
}

fn main() {}
