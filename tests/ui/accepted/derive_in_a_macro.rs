//! Names, fields and codes that come from several places, and a renamed errbook.

pub extern crate errbook as renamed;

macro_rules! error {
    ($name:ident, $code:path, $field:ident, $param:expr) => {
        #[derive(Debug, thiserror::Error, renamed::ApiError)]
        #[api(crate = $crate::renamed)]
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

fn main() {
    let error: renamed::Error<renamed::mail::Inbox> = Found::Named { name: "a".to_owned() }.into();
    assert_eq!(error.param(), Some("a"));
}
