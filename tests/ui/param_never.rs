use errbook::mail::{code, sending};
use errbook::prelude::*;

fn send() -> sending::Result<()> {
    Err(code::IdempotencyConflict.at("idempotency_key").into())
}

fn send_in_other_words() -> sending::Result<()> {
    Err(code::IdempotencyConflict.message("Sent before.").at("idempotency_key").into())
}

fn main() {}
