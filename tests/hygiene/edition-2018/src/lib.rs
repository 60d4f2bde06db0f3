//! The goldens of the generator under the strictest lints. The other editions include this file.

#![deny(warnings, missing_docs, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
#![forbid(unsafe_code)]

macro_rules! goldens {
    ($($module:ident = $case:literal;)*) => {$(
        #[doc = concat!("The case `", $case, "`.")]
        pub mod $module {
            include!(concat!("../../../../codegen/tests/cases/", $case, "/errbook.rs"));
        }
    )*};
}

goldens! {
    client = "client";
    envelopes = "envelopes";
    everything = "everything";
    hostile_text = "hostile-text";
    names = "names";
    parts = "parts";
    shop = "shop";
    smallest = "smallest";
}

/// Generated code between items with the names that it uses itself.
#[allow(dead_code, missing_docs, clippy::pedantic)]
pub mod shadowed {
    pub mod std {}
    pub mod core {}
    pub mod alloc {}
    pub struct Option;
    pub struct Some;
    pub struct None;
    pub struct Result;
    pub struct String;
    pub struct Vec;
    pub struct Duration;
    pub struct Self_;
    pub trait Into {}
    pub trait Default {}
    include!("../../../../codegen/tests/cases/everything/errbook.rs");
}

/// A service's own errors between the same names.
#[allow(dead_code, missing_docs)]
pub mod derived {
    mod std {}
    mod core {}
    mod alloc {}
    struct Box;
    struct Err;
    struct None;
    struct Ok;
    struct Option;
    struct Result;
    struct Some;
    struct String;
    struct Vec;

    use super::everything::code;

    #[derive(Debug, thiserror::Error, errbook::ApiError)]
    pub enum Failure<'a, T: ::std::fmt::Debug + Send + Sync + 'static>
    where
        'a: 'static,
    {
        #[error("busy")]
        #[api(code::Busy)]
        Busy(&'a str),
        #[error("slow: {type:?}")]
        #[api(code::Slow { retry_after: *wait }, param = "type")]
        Slow { r#type: T, wait: ::std::time::Duration },
        #[error(transparent)]
        #[api(forward)]
        Inner(#[from] Inner),
        #[error("several, {status}")]
        #[api(code::Several { allow: "GET".into() }, status = *status)]
        r#Type { status: errbook::Status },
    }

    #[derive(errbook::ApiError, Debug, thiserror::Error)]
    pub enum Inner {
        #[error("missing {0}")]
        #[api(code::Missing { param: ::std::string::ToString::to_string(_0) })]
        Missing(u32),
    }
}

/// A service's own errors under every lint, with names that are keywords.
#[allow(non_camel_case_types)]
pub mod strict {
    use super::everything::code;

    /// What goes wrong.
    #[derive(Debug, thiserror::Error, errbook::ApiError)]
    #[non_exhaustive]
    pub enum r#struct {
        /// Sent before.
        #[error("busy")]
        #[api(code::Busy)]
        r#loop,
        /// Missing.
        #[error("missing {type}")]
        #[api(code::Missing { param: r#type.clone() }, message = "Not there.")]
        r#fn {
            /// What is missing.
            r#type: String,
        },
        /// Of another kind.
        #[error(transparent)]
        #[api(forward)]
        r#dyn(#[from] Box<Full>),
    }

    /// The plan is full.
    #[derive(Debug, errbook::ApiError, thiserror::Error)]
    #[api(code::Several { allow: r#match.to_string() }, status = errbook::Status::UNPROCESSABLE_CONTENT)]
    #[error("full at {match}")]
    pub struct Full {
        /// How many.
        pub r#match: u32,
    }
}

#[cfg(test)]
mod tests {
    use errbook::{Error, ErrorCode, ErrorResponse};

    fn finds_every_code<C: ErrorCode + std::str::FromStr>(all: &[C]) {
        for code in all {
            assert_eq!(C::from_text(&code.to_string()), Some(*code));
            assert_eq!(C::from_text(&format!("{code}x")), None);
        }
        assert_eq!(C::from_text(""), None);
    }

    #[test]
    fn the_index_finds_every_code() {
        finds_every_code(super::client::Code::ALL);
        finds_every_code(super::envelopes::Code::ALL);
        finds_every_code(super::everything::Code::ALL);
        finds_every_code(super::hostile_text::Code::ALL);
        finds_every_code(super::names::Code::ALL);
        finds_every_code(super::parts::Code::ALL);
        finds_every_code(super::smallest::Code::ALL);
    }

    #[test]
    fn the_derive_gives_codes() {
        use super::derived::{Failure, Inner};
        use super::everything::{code, store, Code, Store};

        let error = store::Error::from(Failure::<u8>::Inner(Inner::Missing(7)));
        assert_eq!((error.code(), error.param()), (Code::Missing, Some("7")));

        let wait = std::time::Duration::from_secs(9);
        let error = store::Error::from(Failure::Slow { r#type: 1, wait });
        let err: ErrorResponse<Store> = error.into();
        assert_eq!(err.details(), Some(code::Slow { retry_after: wait }));
        assert_eq!(err.param(), Some("type"));
    }

    #[test]
    fn the_derive_knows_its_codes_and_picks_a_status() {
        use super::everything::{code, store, Code};
        use super::strict::{r#struct, Full};
        use errbook::prelude::*;

        assert_eq!(r#struct::CODES, [Code::Missing, Code::Busy, Code::Several]);

        let error = store::Error::from(r#struct::from(Box::new(Full { r#match: 7 })));
        assert_eq!((error.code(), error.status().as_u16()), (Code::Several, 422));
        assert_eq!(error.details::<code::Several>().map(|several| several.allow), Some("7".to_string()));
        let error = store::Error::from(r#struct::r#fn { r#type: "x".to_string() });
        assert_eq!(error.message(), "Not there.");
    }

    #[test]
    fn texts_that_need_escapes_arrive() {
        use super::hostile_text::{code, Hostile};

        let value = "\"\\\n\u{0}</script>".to_string();
        let error = Error::<Hostile>::from(code::Bad { value: value.clone() });
        let message = error.message().into_owned();
        let err: ErrorResponse<Hostile> = error.into();
        assert_eq!(err.message(), Some(&*message));
        assert_eq!(err.details(), Some(code::Bad { value }));
    }
}
