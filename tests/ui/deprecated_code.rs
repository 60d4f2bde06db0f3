#![deny(deprecated)]

#[path = "../../codegen/tests/cases/everything/errbook.rs"]
mod everything;

use errbook::ApiError;
use everything::code;
use thiserror::Error;

#[derive(ApiError, Debug, Error)]
enum OrderError {
    #[error("too fast")]
    #[api(code::Slowly)]
    TooFast,

    #[error("too fast, as ever")]
    #[api(code::Slowly)]
    #[allow(deprecated)]
    AsEver,
}

fn raised() -> everything::store::Result<()> {
    Err(code::Slowly)?
}

fn read(error: &everything::store::ErrorResponse) -> bool {
    error.code() == Some(everything::Code::Slowly)
}

fn main() {}
