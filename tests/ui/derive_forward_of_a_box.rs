use errbook::ApiError;
use errbook::mail::code;
use thiserror::Error;

#[derive(ApiError, Debug, Error)]
enum Boxed {
    #[error("of an error without a code")]
    #[api(forward)]
    WithoutCode(#[from] Box<std::io::Error>),

    #[error("of any error")]
    #[api(forward)]
    Any(Box<dyn std::error::Error + Send + Sync>),

    #[error("of a code")]
    #[api(forward)]
    Fine(Box<NoSender>),
}

#[derive(ApiError, Debug, Error)]
#[error("no such sender")]
#[api(code::NotFound)]
struct NoSender;

mod own {
    #[derive(Debug)]
    pub struct Box<T>(pub T);
}

#[derive(ApiError, Debug, Error)]
#[error("another box")]
#[api(forward)]
struct Other(own::Box<NoSender>);

fn main() {}
