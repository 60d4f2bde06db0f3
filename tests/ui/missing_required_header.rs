use errbook::mail::{code, sending};

fn without_header() -> sending::Result<()> {
    Err(code::RateLimitExceeded {}.into())
}

fn as_unit() -> sending::Result<()> {
    Err(code::RateLimitExceeded)?
}

fn main() {}
