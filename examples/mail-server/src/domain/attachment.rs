use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A file that travels with an email or a message.
#[derive(Debug)]
pub(crate) struct Attachment {
    pub(crate) filename: String,
    pub(crate) content: Vec<u8>,
}

/// The bytes behind base64, `None` when it is none.
pub(crate) fn decode(content: &str) -> Option<Vec<u8>> {
    STANDARD.decode(content).ok()
}

/// What mail systems let through.
pub(crate) fn is_allowed(filename: &str) -> bool {
    const ALLOWED: [&str; 9] = ["csv", "gif", "ics", "jpeg", "jpg", "pdf", "png", "txt", "zip"];
    let Some((_, extension)) = filename.rsplit_once('.') else { return false };
    ALLOWED.iter().any(|allowed| extension.eq_ignore_ascii_case(allowed))
}
