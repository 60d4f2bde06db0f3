use errbook::ApiError;
use errbook::mail::code;
use thiserror::Error;

#[derive(ApiError, Debug, Error)]
enum SendError<'a> {
    #[error("sender {0} is not ours")]
    #[api(code::NotFound)]
    UnknownSender(&'a str),
}

fn main() {}
