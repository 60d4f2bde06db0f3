//! Whatever the names around it mean, and with every lint.

#![deny(warnings, missing_docs, trivial_casts, unused, unused_qualifications)]

/// Nothing of the standard library is in scope.
pub mod shadowed {
    #![allow(dead_code, non_camel_case_types)]

    use ::errbook::mail::code;

    mod core {}
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
    pub enum E {
        /// A variant.
        #[api(code::NotFound, param = raised)]
        Codes {
            /// A field.
            raised: ::std::string::String,
            /// A field.
            source: u8,
        },
        /// A variant.
        #[api(code::AttachmentTooLarge { limit_bytes: *r#type }, message = "too large")]
        Raise {
            /// A field.
            r#type: u64,
        },
        /// A variant.
        #[api(code::RateLimitExceeded { retry_after: *_0 })]
        r#fn(::core::time::Duration),
        /// A variant.
        #[api(forward)]
        Forward {
            /// A field.
            r#try: super::imported::E,
        },
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

    /// An enum.
    #[derive(ApiError, Debug, Error)]
    pub enum E {
        /// A variant.
        #[error("{name}")]
        #[api(NotFound, param = name)]
        #[deprecated]
        Old {
            /// A field.
            name: String,
        },
    }

    /// A generic struct.
    #[derive(Debug, Error, ApiError)]
    #[error("{text}")]
    #[api(code::InternalError, message = text)]
    pub struct S<'a: 'static, T: Debug, const N: usize>
    where
        T: Clone,
    {
        /// A field.
        pub text: &'a str,
        /// A field.
        pub rest: [T; N],
    }

    /// Uses them.
    pub fn raise(error: S<'static, u8, 2>) -> (Raised, Raising<NotFound>) {
        (error.raise(), NotFound.at("from"))
    }
}

fn main() {}
