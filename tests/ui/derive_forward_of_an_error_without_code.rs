use errbook::ApiError;
use errbook::mail::code;
use thiserror::Error;

#[derive(Debug, Error)]
#[error("no money")]
struct BillingError;

#[derive(ApiError, Debug, Error)]
enum SendError {
    #[error("no such sender")]
    #[api(code::NotFound)]
    NoSender,

    #[error(transparent)]
    #[api(forward)]
    Billing(#[from] BillingError),
}

fn main() {}
