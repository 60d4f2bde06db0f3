use errbook::ApiError;
use errbook::mail::code;
use thiserror::Error;

#[derive(ApiError, Debug, Error)]
enum SendError {
    #[error("sent before")]
    #[api(code::IdempotencyConflict, param = "idempotency_key")]
    SentBefore,
}

fn main() {}
