use errbook::ApiError;
use errbook::mail::code;
use thiserror::Error;

#[derive(ApiError, Debug, Error)]
#[error("no such sender")]
#[api(code::NotFound)]
struct NoSender;

#[derive(ApiError, Debug, Error)]
enum SendError {
    #[error("nothing to forward")]
    #[api(forward)]
    NoField,

    #[error("more than the error")]
    #[api(forward)]
    TwoFields { source: NoSender, sender: String },

    #[error("with a param")]
    #[api(forward, param = "from")]
    WithParam(#[source] NoSender),

    #[error("beside a code")]
    #[api(forward, code::InternalError)]
    WithCode(#[source] NoSender),

    #[error("a slip")]
    #[api(forwrd)]
    Slip(#[source] NoSender),

    #[error("thiserror's word")]
    #[api(transparent)]
    Transparent(#[source] NoSender),
}

fn main() {}
