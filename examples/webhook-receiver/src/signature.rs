use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::HeaderMap;
use sha2::Sha256;

use crate::{code, limits, receiver};

/// What the platform signs with, as it says when a webhook is set: `whsec_…`.
#[derive(Clone)]
pub struct Secret(Hmac<Sha256>);

/// A text that is no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoSecret;

impl Secret {
    /// Reads `whsec_…`.
    ///
    /// # Errors
    ///
    /// It is something else.
    pub fn read(text: &str) -> Result<Secret, NoSecret> {
        let key = text.strip_prefix("whsec_").and_then(|key| STANDARD.decode(key).ok()).ok_or(NoSecret)?;
        Hmac::new_from_slice(&key).map(Secret).map_err(|_| NoSecret)
    }

    /// The event's id, if it was signed with this secret, and not long ago.
    ///
    /// # Errors
    ///
    /// Of the catalog.
    pub fn verify<'h>(
        &self,
        headers: &'h HeaderMap,
        body: &[u8],
        now: SystemTime,
    ) -> receiver::Result<&'h str> {
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).ok_or(code::NotSigned);
        let (id, timestamp) = (header("webhook-id")?, header("webhook-timestamp")?);
        let signed_at: u64 = timestamp.parse().map_err(|_| code::NotSigned)?;
        let signed = self.0.clone().chain_update(format!("{id}.{timestamp}.")).chain_update(body);
        // Several while a secret is being changed. Each is compared in constant time.
        let is_signature = |signature: &str| {
            let signature = signature.strip_prefix("v1,").and_then(|text| STANDARD.decode(text).ok());
            signature.is_some_and(|signature| signed.clone().verify_slice(&signature).is_ok())
        };
        if !header("webhook-signature")?.split(' ').any(is_signature) {
            return Err(code::WrongSignature.into());
        }
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        if now.abs_diff(signed_at) > limits::TOLERANCE {
            return Err(code::Stale.into());
        }
        Ok(id)
    }
}

/// Without the secret.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl fmt::Display for NoSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no secret: `whsec_` and base64 are wanted")
    }
}

impl std::error::Error for NoSecret {}
