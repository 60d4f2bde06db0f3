use errbook::mail::{code, sending};

fn without_header() -> sending::Error {
    code::RateLimitExceeded {}.into()
}

fn as_unit() -> sending::Error {
    code::RateLimitExceeded.into()
}

fn main() {}
