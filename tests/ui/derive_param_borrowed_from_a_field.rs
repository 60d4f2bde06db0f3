use errbook::ApiError;
use errbook::mail::code;
use thiserror::Error;

#[derive(ApiError, Debug, Error)]
enum SendError {
    #[error("{name} is not valid")]
    #[api(code::InvalidParameter, param = name)]
    Invalid { name: String },

    #[error("{name} is not valid")]
    #[api(code::InvalidParameter, param = name.as_str())]
    AlsoInvalid { name: String },
}

fn main() {}
