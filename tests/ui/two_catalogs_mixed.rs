#[path = "../../codegen/tests/cases/shop/errbook.rs"]
mod shop;

use errbook::ApiError;
use errbook::mail::{self, sending};
use thiserror::Error;

#[derive(ApiError, Debug, Error)]
enum OrderError {
    #[error("sold out")]
    #[api(shop::code::OutOfStock)]
    SoldOut,

    #[error("the receipt was not sent")]
    #[api(mail::code::InsufficientCredits)]
    NoReceipt,
}

fn derived(error: OrderError) -> shop::shop::Result<()> {
    Err(error)?
}

fn raised() -> sending::Result<()> {
    Err(shop::code::OutOfStock.into())
}

fn passed_on(error: sending::Error) -> shop::shop::Error {
    error.for_api()
}

fn looked_at(error: &sending::Error) -> bool {
    error.is(shop::Code::OutOfStock) || error.details::<shop::code::OutOfStock>().is_some()
}

fn main() {}
