use errbook::Status;
use errbook::mail::{code, sending};
use errbook::prelude::*;

fn send() -> sending::Result<()> {
    Err(code::NoActiveProviders.status(Status::BAD_REQUEST).into())
}

fn send_in_other_words() -> sending::Result<()> {
    Err(code::NoActiveProviders.message("No account.").status(Status::BAD_REQUEST).into())
}

fn main() {}
