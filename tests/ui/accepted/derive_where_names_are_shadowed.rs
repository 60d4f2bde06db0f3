//! Whatever the names around it mean, and with every lint.

#![deny(warnings, trivial_casts, unused, unused_qualifications)]
#![allow(dead_code, unreachable_pub)]

/// Nothing of the standard library is in scope.
pub mod shadowed {
    #![allow(non_camel_case_types)]

    use ::errbook::mail::code;

    mod core {}
    // A module of this name asks for `crate = ::errbook`.
    mod errbook {}
    mod std {}
    struct And;
    struct Box;
    struct Err;
    struct Error;
    struct Ok;
    struct One;
    struct Option;
    struct Raise;
    struct Raised;
    struct Raising;
    struct Result;
    struct Some;
    struct String;
    struct str;
    trait AsRef {}
    trait Drop {}
    trait From {}
    trait Into {}
    trait Send {}
    trait Sync {}

    /// Its variants have the names of the trait's items, its fields those of the expansion.
    #[derive(::core::fmt::Debug, ::errbook::ApiError)]
    #[api(crate = ::errbook)]
    pub enum E {
        #[api(code::NotFound, param = raised)]
        Codes { raised: ::std::string::String, source: u8 },
        #[api(code::AttachmentTooLarge { limit_bytes: *r#type }, message = "too large")]
        Raise { r#type: u64 },
        #[api(code::RateLimitExceeded { retry_after: *_0 })]
        r#fn(::core::time::Duration),
        #[api(forward)]
        Forward { r#try: super::imported::E },
    }

    impl ::core::fmt::Display for E {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            f.write_str("shadowed")
        }
    }

    impl ::core::error::Error for E {}
}

/// What the expansion names is in scope, and deprecated.
pub mod imported {
    use std::fmt::Debug;
    use std::string::String;

    use errbook::mail::code::{self, NotFound};
    use errbook::{ApiError, Raise, Raised, Raising};
    use thiserror::Error;

    #[derive(ApiError, Debug, Error)]
    pub enum E {
        #[error("{name}")]
        #[api(NotFound, param = name)]
        #[deprecated]
        Old { name: String },
    }

    #[derive(Debug, Error, ApiError)]
    #[error("{text}")]
    #[api(code::InternalError, message = text)]
    pub struct S<'a: 'static, T: Debug, const N: usize>
    where
        T: Clone,
    {
        pub text: &'a str,
        pub rest: [T; N],
    }

    pub fn raise(error: S<'static, u8, 2>) -> (Raised, Raising<NotFound>) {
        (error.raise(), NotFound.at("from"))
    }
}
