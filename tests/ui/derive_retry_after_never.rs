use errbook::ApiError;
use errbook::mail::code;
use thiserror::Error;

#[derive(ApiError, Debug, Error)]
enum SendError {
    #[error("no account to send with")]
    #[api(code::NoActiveProviders, retry_after = std::time::Duration::from_secs(5))]
    NoAccount,
}

fn main() {}
