use errbook::ApiError;
use errbook::mail::code;
use thiserror::Error;

#[derive(ApiError, Debug, Error)]
#[api(code::NotFound)]
enum SendError {
    #[error("a variant without a code")]
    WithoutCode,

    #[error("a slip in the name of a setting")]
    #[api(code::NotFound, parm = "from")]
    Slip,

    #[error("a setting twice")]
    #[api(code::InvalidParameter, param = "from", param = "to")]
    Twice,

    #[error("the attribute at the field")]
    #[api(code::InternalError)]
    AtField(#[api(param = "from")] String),
}

fn main() {}
