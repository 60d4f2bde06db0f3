use errbook::ApiError;
use errbook::mail::code;
use thiserror::Error;

#[derive(ApiError, Debug, Error)]
enum SendError {
    #[error("two strings")]
    #[api(code::NotFound, param = "from" "to")]
    TwoStrings,
}

fn main() {}
