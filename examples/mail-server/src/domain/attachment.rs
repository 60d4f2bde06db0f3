use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{Deserialize, Deserializer, Error as _};

/// A file that travels with an email or a message.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct Attachment {
    pub(crate) filename: String,
    #[serde(deserialize_with = "decode")]
    pub(crate) content: Vec<u8>,
}

/// The bytes behind base64.
fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    STANDARD.decode(String::deserialize(deserializer)?).map_err(D::Error::custom)
}

/// What mail systems let through.
pub(crate) fn is_allowed(filename: &str) -> bool {
    const ALLOWED: [&str; 9] = ["csv", "gif", "ics", "jpeg", "jpg", "pdf", "png", "txt", "zip"];
    let Some((_, extension)) = filename.rsplit_once('.') else { return false };
    ALLOWED.iter().any(|allowed| extension.eq_ignore_ascii_case(allowed))
}
