#![doc = include_str!("../README.md")]

extern crate self as errbook;

mod accept;
#[cfg(feature = "actix")]
pub mod actix;
mod advice;
mod answer;
mod catalog;
#[expect(missing_docs, reason = "for generated code alone, but for two traits")]
mod codes;
mod handler;
#[expect(missing_docs, reason = "for generated code alone")]
mod impls;
mod issues;
mod page;
mod raise;
mod rendered;
mod request_id;
mod response;
pub mod retry;
mod retry_after;
mod rfc3339;
mod status;
#[expect(missing_docs, reason = "for generated code alone")]
mod table;
pub mod testing;
mod text;
#[expect(missing_docs, reason = "for generated code alone")]
mod value;

#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "conformance")]
pub mod conformance;
#[cfg(any(feature = "actix", feature = "axum"))]
mod extract;
#[cfg(feature = "request")]
pub mod request;
#[cfg(feature = "reqwest")]
pub mod reqwest;
#[cfg(any(feature = "schemars", feature = "utoipa"))]
mod schema;
#[cfg(feature = "schemars")]
mod schemars;
#[cfg(feature = "tonic")]
pub mod tonic;
#[cfg(feature = "tower")]
pub mod tower;
#[cfg(feature = "tracing")]
mod trace;
#[cfg(feature = "utoipa")]
pub mod utoipa;

pub use crate::advice::{Applied, Retry};
pub use crate::answer::Answer;
pub use crate::catalog::{
    Api, Codes, Emits, ErrorCode, Named, Payload, TakesIssue, TakesIssues, TakesParam, TakesRetryAfter,
    TakesStatus,
};
pub use crate::codes::{AnsweredBy, HasCodes};
pub use crate::handler::{ErrorHandler, Passthrough, RequestHead};
pub use crate::impls::UnknownCode;
pub use crate::issues::{Accumulated, Issues};
pub use crate::raise::{Error, OrRaise, Raise, Raised, Raising};
pub use crate::request_id::RequestId;
pub use crate::response::{ErrorResponse, Issue};
pub use crate::status::{NotAnError, Status};

/// Makes a service's own error enum one that an API can answer with: beside `thiserror`, a code per variant.
///
/// ```
/// use errbook::mail::{Code, code, sending};
///
/// #[derive(Debug, thiserror::Error, errbook::ApiError)]
/// enum SendError {
///     #[error("balance {balance} is below the cost")]
///     #[api(code::InsufficientCredits)]
///     NoCredits { balance: i64 },
///     #[error("sender {0} is not ours")]
///     #[api(code::NotFound, param = "from")]
///     UnknownSender(String),
/// }
///
/// let error = sending::Error::from(SendError::UnknownSender("a@example.com".into()));
/// assert_eq!((error.code(), error.param()), (Code::NotFound, Some("from")));
/// // What the enum itself says is the private source: for the log, never sent.
/// assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "sender a@example.com is not ours");
/// ```
#[cfg(feature = "derive")]
pub use errbook_derive::ApiError;

/// The traits whose methods raise errors: `use errbook::prelude::*;`.
pub mod prelude {
    pub use crate::{HasCodes as _, OrRaise as _, Payload as _, Raise as _};
}

/// This repository's own catalog: the errors of a mail platform with three APIs, from `errors.yaml` at its root.
///
/// What a catalog crate contains; the examples and tests are built on it.
#[cfg(feature = "mail")]
pub mod mail {
    crate::include_catalog!();
}

/// Brings in what the build script generated from `errors.yaml`: `Code`, the payloads in `code`, `types`, `limits`, and a marker
/// type and a module for each API.
///
/// ```ignore
/// // build.rs
/// fn main() {
///     errbook_codegen::build("errors.yaml");
/// }
///
/// // src/lib.rs
/// errbook::include_catalog!();
/// ```
#[macro_export]
macro_rules! include_catalog {
    () => {
        include!(concat!(
            env!(
                "OUT_DIR",
                "there is no build script: put `errbook_codegen::build(\"errors.yaml\")` into build.rs"
            ),
            "/errbook.rs"
        ));
    };
}

/// The extractors in the module of an API: none, without a framework.
#[cfg(not(any(feature = "actix", feature = "axum")))]
#[doc(hidden)]
#[macro_export]
macro_rules! __extractors {
    ($api:path) => {};
}

#[cfg(not(feature = "actix"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __extractors_of_actix {
    ($api:path) => {};
}

#[cfg(not(feature = "axum"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __extractors_of_axum {
    ($api:path) => {};
}

/// For generated code and the derive alone; no part of the public API.
#[doc(hidden)]
pub mod __private {
    pub use crate::advice::{Applied, Retry};
    pub use crate::catalog::{Has, HasParam, HasRetryAfter, HasStatuses, row};
    pub use crate::codes::{Among, IndexOf, Indexes, pick};
    pub use crate::impls::{deserialize_code, deserialize_payload, serialize_payload};
    pub use crate::raise::Raising;
    pub use crate::rendered::Rendered;
    pub use crate::table::*;
    pub use crate::text::OneLine;
    pub use crate::value::{FieldType, Value, member_of};
    pub use serde;
    pub use serde_json;

    /// What the extractors of an API are made of.
    #[cfg(any(feature = "actix", feature = "axum"))]
    pub mod extract {
        pub use crate::extract::codes_of_faults;
    }

    #[cfg(feature = "actix")]
    pub mod actix {
        pub use crate::actix::extract::json_response;
        pub use ::actix_web::body::BoxBody;
        pub use ::actix_web::dev::Payload;
        pub use ::actix_web::{FromRequest, HttpRequest, HttpResponse, Responder};
    }

    #[cfg(feature = "axum")]
    pub mod axum {
        pub use crate::axum::extract::{json_or_none, json_response, path_or_none};
        pub use ::axum::extract::{
            FromRequest, FromRequestParts, OptionalFromRequest, OptionalFromRequestParts, Request,
        };
        pub use ::axum::response::{IntoResponse, Response};
        pub use http::request::Parts;
    }

    #[cfg(feature = "schemars")]
    pub mod schema {
        pub use crate::schemars::{code, payload};
    }
    #[cfg(feature = "schemars")]
    pub use ::schemars;
}
