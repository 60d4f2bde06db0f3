use errbook::ApiError;
use errbook::mail::code;
use thiserror::Error;

#[derive(ApiError, Debug, Error)]
enum SendError {
    #[error("no attribute")]
    NoAttribute,

    #[error("an empty attribute")]
    #[api]
    Empty,

    #[error("an attribute with a text")]
    #[api = "not_found"]
    Text,

    #[error("a string in the place of a path")]
    #[api("not_found")]
    String,

    #[error("a setting without a code")]
    #[api(param = "from")]
    OnlyParam,

    #[error("the code in the form of the wire")]
    #[api(not_found)]
    OnTheWire,

    #[error("complete")]
    #[api(code::NotFound)]
    Complete,
}

#[derive(ApiError, Debug, Error)]
#[error("a struct")]
struct NoSender;

fn main() {}
