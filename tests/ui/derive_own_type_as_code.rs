use errbook::ApiError;
use thiserror::Error;

struct NotFound;

#[derive(ApiError, Debug, Error)]
enum SendError {
    #[error("no such sender")]
    #[api(NotFound)]
    NoSender,
}

fn main() {}
