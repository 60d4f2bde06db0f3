use errbook::mail::code;
use errbook::{ApiError, Status};
use thiserror::Error;

#[derive(ApiError, Debug, Error)]
enum SendError {
    #[error("no account to send with")]
    #[api(code::NoActiveProviders, status = Status::BAD_REQUEST)]
    NoAccount,
}

fn main() {}
