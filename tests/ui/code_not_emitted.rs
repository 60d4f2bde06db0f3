use errbook::mail::{code, sending};
use errbook::prelude::*;

fn by_question_mark() -> sending::Result<()> {
    Err(code::InboxLimitReached)?
}

fn by_into() -> sending::Result<()> {
    Err(code::InboxLimitReached.into())
}

fn with_param() -> sending::Result<()> {
    Err(code::AddressTaken.at("address").into())
}

fn as_source() -> sending::Result<String> {
    Ok(std::fs::read_to_string("mailboxes").or_raise(code::StorageLimitReached)?)
}

fn main() {}
