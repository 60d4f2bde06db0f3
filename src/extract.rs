//! The extractors in the module of an API, and what every framework's do alike. They are types of generated code, for a
//! pattern names a type and no alias: `Json(email): sending::Json<Email>`. One type serves all frameworks: a feature that
//! somebody else turns on may add to it, and takes nothing away.

use serde::Serialize;

use crate::catalog::Api;
use crate::{Error, request};

/// The extractors in the module of an API. Here and not in the generator: whether there are any is decided by the features
/// of this crate.
#[doc(hidden)]
#[macro_export]
macro_rules! __extractors {
    ($api:path) => {
        /// Reads a JSON body, or writes one. What is wrong with a request is an [`Error`], each fault by its path.
        ///
        /// `async fn send(Json(email): Json<Email>) -> Result<…>`; see [`errbook::request`](::errbook::request).
        #[derive(Clone, Copy, Debug, Default)]
        #[must_use]
        pub struct Json<T>(pub T);

        /// Reads the query of the URL.
        #[derive(Clone, Copy, Debug, Default)]
        pub struct Query<T>(pub T);

        /// Reads the parameters of the route.
        #[derive(Debug)]
        pub struct Path<T>(pub T);

        /// Reads a form, of a GET or HEAD the query.
        #[derive(Clone, Copy, Debug, Default)]
        #[must_use]
        pub struct Form<T>(pub T);

        $crate::__wrappers!(Json, Query, Path, Form);
        $crate::__answered_by!($api: Json [400, 408, 413, 415], Query [400], Path [400], Form [400, 408, 413, 415]);
        $crate::__extractors_of_actix!($api);
        $crate::__extractors_of_axum!($api);
    };
}

/// What the frameworks' own extractors implement, too.
#[doc(hidden)]
#[macro_export]
macro_rules! __wrappers {
    ($($name:ident),*) => {
        $(
            impl<T> ::core::ops::Deref for $name<T> {
                type Target = T;

                fn deref(&self) -> &T {
                    &self.0
                }
            }

            impl<T> ::core::ops::DerefMut for $name<T> {
                fn deref_mut(&mut self) -> &mut T {
                    &mut self.0
                }
            }

            impl<T> ::core::convert::From<T> for $name<T> {
                fn from(inner: T) -> Self {
                    $name(inner)
                }
            }
        )*
    };
}

/// What an operation answers where one of its extractors fails.
#[doc(hidden)]
#[macro_export]
macro_rules! __answered_by {
    ($api:path: $($name:ident [$($status:literal),*]),*) => {
        $(
            impl<T> ::errbook::AnsweredBy<$api> for $name<T> {
                fn codes() -> ::std::vec::Vec<<$api as ::errbook::Api>::Code> {
                    ::errbook::__private::extract::codes_of_faults::<$api>(&[$($status),*])
                }
            }
        )*
    };
}

/// The codes of `by_fault`, and those of `by_status` for what can happen on the way.
pub fn codes_of_faults<A: Api>(statuses: &[u16]) -> Vec<A::Code> {
    let by_fault = &A::INFO.by_fault;
    let mut codes = vec![by_fault.missing, by_fault.invalid];
    codes.extend(statuses.iter().map(|status| A::code_for(*status)));
    codes.sort();
    codes.dedup();
    codes
}

/// `application/json`, or what ends with `+json` (RFC 6839 section 3.1).
pub(crate) fn is_json(media_type: &str) -> bool {
    let Some((kind, sub)) = media_type.split_once('/') else { return false };
    let suffix = sub.len().checked_sub("+json".len()).and_then(|at| sub.get(at..));
    kind.eq_ignore_ascii_case("application")
        && (sub.eq_ignore_ascii_case("json")
            || suffix.is_some_and(|suffix| suffix.eq_ignore_ascii_case("+json")))
}

pub(crate) fn is_form(media_type: &str) -> bool {
    media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// Is a `Content-Encoding` one (RFC 9110 section 8.4)? Codings have no case.
pub(crate) fn is_packed(content_encoding: &[u8]) -> bool {
    !content_encoding.is_empty() && !content_encoding.eq_ignore_ascii_case(b"identity")
}

/// A success as JSON. What can't be written is our mistake.
pub(crate) fn json_body<A: Api>(value: &impl Serialize) -> Result<Vec<u8>, Error<A>> {
    serde_json::to_vec(value).map_err(|error| Error::for_status(500).because(error))
}

pub(crate) fn broke_off<A: Api>() -> Error<A> {
    request::unreadable("The body broke off.".to_owned())
}
