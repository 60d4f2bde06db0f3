//! Generated code reaches everything through `::errbook`; a crate that calls it otherwise says so once.

extern crate our_errors as errbook;

/// A catalog.
pub mod catalog {
    include!("../../../../codegen/tests/cases/smallest/errbook.rs");
}

/// What goes wrong in this service.
#[derive(Debug, thiserror::Error, our_errors::ApiError)]
#[api(crate = our_errors)]
pub enum Failure {
    /// Sold.
    #[error("{0} left")]
    #[api(catalog::code::OutOfStock { left: *_0 })]
    Sold(u32),
}

#[cfg(test)]
mod tests {
    use crate::catalog::{Code, shop};

    #[test]
    fn it_is_raised() {
        assert_eq!(shop::Error::from(crate::Failure::Sold(1)).code(), Code::OutOfStock);
    }
}
