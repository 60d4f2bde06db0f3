use errbook::ApiError;
use errbook::mail::code;
use thiserror::Error;

#[derive(ApiError, Debug, Error)]
#[api(crate = "errbook")]
enum Quoted {
    #[error("on the variant")]
    #[api(code::NotFound, crate = errbook)]
    OnTheVariant,
}

#[derive(ApiError, Debug, Error)]
#[api(crate = errboook)]
enum Unknown {
    #[error("no such sender")]
    #[api(code::NotFound)]
    NoSender,
}

fn main() {}
