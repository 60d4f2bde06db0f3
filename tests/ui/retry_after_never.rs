use std::time::Duration;

use errbook::mail::{code, sending};
use errbook::prelude::*;

fn send() -> sending::Result<()> {
    Err(code::NoActiveProviders.retry_after(Duration::from_secs(5)).into())
}

fn send_in_other_words() -> sending::Result<()> {
    Err(code::NoActiveProviders.message("No account.").retry_after(Duration::from_secs(5)).into())
}

fn main() {}
