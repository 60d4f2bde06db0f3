#[path = "../../codegen/tests/cases/client/errbook.rs"]
mod payments;

use errbook::mail::sending;
use errbook::prelude::*;
use payments::{Payments, code};

fn from_our_own_api() -> sending::Result<()> {
    Err(code::CardDeclined { decline_code: None })?
}

fn from_theirs() -> Result<(), errbook::Error<Payments>> {
    Err(code::ApiError.into())
}

fn with_param() -> sending::Result<()> {
    Err(code::AmountTooLarge { limit: 7 }.at("amount").into())
}

fn main() {}
