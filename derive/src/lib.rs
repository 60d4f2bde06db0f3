//! `#[derive(ApiError)]` of [errbook](https://docs.rs/errbook), which re-exports it and documents it.
//!
//! The derive knows syntax only. It opens no file and names no catalog: it emits the path and the fields that the
//! user wrote, with the user's spans, and leaves it to rustc to say what is wrong with them.

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

mod ast;
mod attr;
mod expand;
mod findings;

/// Gives each variant of an error enum, or an error struct, its code in the API's error catalog.
///
/// ```ignore
/// #[derive(Debug, thiserror::Error, errbook::ApiError)]
/// pub enum SendError {
///     #[error("sender {0} is not ours")]
///     #[api(code::NotFound, param = "from")]
///     UnknownSender(String),
///
///     #[error("attachment of {size} bytes, {limit} allowed")]
///     #[api(code::AttachmentTooLarge { limit_bytes: *limit })]
///     TooLarge { size: u64, limit: u64 },
///
///     #[error(transparent)]
///     #[api(forward)]
///     Billing(#[from] BillingError),
/// }
/// ```
///
/// | `#[api(..)]` | on | meaning |
/// |---|---|---|
/// | `code::Name` | variant, struct | answer with this code |
/// | `code::Name { field: expr }` | variant, struct | the same, with the fields that the code requires |
/// | `param = expr` | after a code | the parameter at fault |
/// | `message = expr` | after a code | instead of the catalog's message |
/// | `retry_after = expr` | after a code | how long to wait, a `Duration` |
/// | `status = expr` | after a code with several | which `errbook::Status` |
/// | `forward` | variant or struct of one field | answer as the error in that field does, boxed or not |
/// | `codes = path` | enum | each variant without a code of its own has the one of its own name in this module, and the variant's named fields are the code's |
/// | `crate = path` | enum, struct | where errbook is, when `errbook` is not in scope |
///
/// In an `expr` the fields are in scope by reference, under their names; those of a tuple as `_0`, `_1` and so on. A
/// param and a message can be any text, borrowed ones too: `param = name`. They are sent, so that an inner error is no
/// such text.
///
/// Except for `forward`, the error itself becomes the private source of the answer: it is logged and never sent. So it
/// has to be `Error + Send + Sync + 'static`.
#[proc_macro_derive(ApiError, attributes(api))]
pub fn derive_api_error(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand::derive(&input).into()
}
