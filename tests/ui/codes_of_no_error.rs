use errbook::mail::code::NotFound;
use errbook::{ApiError, HasCodes};
use thiserror::Error;

#[path = "../../codegen/tests/cases/smallest/errbook.rs"]
mod shop;

#[derive(ApiError, Debug, Error)]
enum OfTwoCatalogs {
    #[error("no such sender")]
    #[api(NotFound)]
    NoSender,

    #[error("sold")]
    #[api(shop::code::OutOfStock { left: 0 })]
    Sold,
}

fn codes<E: HasCodes>() -> usize {
    E::CODES.len()
}

fn main() {
    codes::<std::io::Error>();
    codes::<OfTwoCatalogs>();
}
