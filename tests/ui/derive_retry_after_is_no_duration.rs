use std::time::Duration;

use errbook::ApiError;
use errbook::mail::code;
use thiserror::Error;

#[derive(ApiError, Debug, Error)]
enum SendError {
    #[error("the fields are references")]
    #[api(code::ServiceUnavailable, retry_after = wait)]
    Reference { wait: Duration },

    #[error("a number")]
    #[api(code::ServiceUnavailable, retry_after = 30)]
    Number,
}

fn main() {}
