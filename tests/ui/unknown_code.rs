use errbook::mail::{code, sending};

fn find() -> sending::Result<()> {
    Err(code::NotFund.into())
}

fn main() {}
