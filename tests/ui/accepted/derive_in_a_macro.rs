//! Names, fields and codes that come from several places, and a renamed errbook.

#![allow(dead_code, unreachable_pub)]

pub extern crate errbook as renamed;

macro_rules! error {
    ($name:ident, $code:path, $field:ident, $param:expr) => {
        #[derive(Debug, thiserror::Error, renamed::ApiError)]
        #[api(crate = $crate::derive_in_a_macro::renamed)]
        pub enum $name {
            #[error("{}", $field)]
            #[api($code, param = $param, message = "as the macro has it")]
            Named { $field: String },

            #[error("{0}")]
            #[api($code, param = _0)]
            Unnamed(String),

            #[error("of {size} bytes")]
            #[api(renamed::mail::code::AttachmentTooLarge { limit_bytes: *size })]
            TooLarge { size: u64 },
        }
    };
}

error!(Found, renamed::mail::code::NotFound, name, name.clone());

#[test]
fn names_resolve_where_they_were_written() {
    let error = renamed::mail::inbox::Error::from(Found::Named { name: "a".to_owned() });
    assert_eq!(error.param(), Some("a"));

    let error = renamed::mail::inbox::Error::from(Found::Unnamed("b".to_owned()));
    assert_eq!(error.param(), Some("b"));
}
