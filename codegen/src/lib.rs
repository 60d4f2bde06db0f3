//! The generator of [errbook](https://docs.rs/errbook): reads an `errors.yaml`, shows every mistake in it, and makes from
//! it the Rust that servers and clients share, and the reference.
//!
//! A `build.rs` needs one function, [`build`]. The command `errbook` and the tests use [`load`] and what a [`Catalog`]
//! offers.

#[expect(missing_docs, reason = "for the command alone, but for the catalog")]
mod catalog;
mod check;
mod emit;
mod output;
mod report;
mod source;
mod syntax;

pub use catalog::Catalog;
pub use check::{check, load};
pub use output::{File, build, stale, write};
pub use report::{Diagnostic, Mistake, Report};

/// What a catalog consists of, for the command `errbook` alone; no part of the public API.
#[doc(hidden)]
pub mod model {
    pub use crate::catalog::{
        Absent, Action, Api, Applied, ByStatus, Code, DocHole, DocUrl, Envelope, Field, FieldKind, Group,
        Header, HeaderRule, Hole, Literal, Member, NamedType, Placeholder, Presence, Retry, RetryAdvice,
        RustName, Shape, Template, Type, Variant,
    };
}
