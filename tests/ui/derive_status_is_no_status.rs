#[path = "../../codegen/tests/cases/everything/errbook.rs"]
mod everything;

use errbook::ApiError;
use everything::code;
use thiserror::Error;

#[derive(ApiError, Debug, Error)]
enum PlanError {
    #[error("a number")]
    #[api(code::Several { allow: "GET".into() }, status = 422)]
    Number,

    #[error("the fields are references")]
    #[api(code::Several { allow: "GET".into() }, status = status)]
    Reference { status: errbook::Status },
}

fn main() {}
