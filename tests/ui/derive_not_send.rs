use std::rc::Rc;

use errbook::ApiError;
use errbook::mail::code;
use thiserror::Error;

#[derive(ApiError, Debug, Error)]
enum SendError {
    #[error("sender {0} is not ours")]
    #[api(code::NotFound)]
    UnknownSender(Rc<str>),
}

fn main() {}
