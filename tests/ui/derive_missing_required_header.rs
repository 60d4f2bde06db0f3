use errbook::ApiError;
use errbook::mail::code;
use thiserror::Error;

#[derive(ApiError, Debug, Error)]
enum SendError {
    #[error("more than {per_minute} requests")]
    #[api(code::RateLimitExceeded)]
    TooMany { per_minute: u64 },
}

fn main() {}
