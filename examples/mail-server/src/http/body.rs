use axum::extract::Request;
use errbook::mail::{code, limits};
use errbook::{Api, ApiError, Error};
use http::{HeaderMap, header};
use http_body_util::BodyExt as _;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use crate::server::App;

/// A body that has arrived, as far as it was kept.
#[derive(Debug)]
pub(crate) struct Received {
    bytes: Vec<u8>,
    /// How long it was in all.
    size: u64,
}

/// A body that can't be taken. Of transport, so its codes are those that every API emits; what a body's length means
/// is for the API to say.
#[derive(Debug, thiserror::Error, ApiError)]
pub(crate) enum BodyError {
    #[error("the content type is not application/json")]
    #[api(code::UnsupportedMediaType)]
    NotJson,
    #[error("the body has a content encoding")]
    #[api(code::UnsupportedMediaType)]
    Encoded,
    #[error("the body did not arrive in time")]
    #[api(code::RequestTimeout)]
    TooSlow,
    #[error("the body broke off")]
    #[api(code::InvalidParameter, message = "The body broke off.")]
    BrokeOff(#[source] axum::Error),
}

/// Reads a body of JSON. What is over `keep` is read too, and dropped: a caller who is answered in the middle of
/// sending sees a broken connection instead of the answer. Nobody is listened to beyond [`PATIENCE`].
pub(crate) async fn receive(app: &App, request: Request, keep: u64) -> Result<Received, BodyError> {
    check_headers(request.headers())?;
    let mut body = request.into_body();
    let reading = async {
        let mut received = Received { bytes: Vec::new(), size: 0 };
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(BodyError::BrokeOff)?.into_data() else { continue };
            received.size += data.len() as u64;
            if received.size <= keep {
                received.bytes.extend_from_slice(&data);
            } else if received.size > PATIENCE {
                break;
            }
        }
        Ok(received)
    };
    timeout(app.body_timeout, reading).await.map_err(|_| BodyError::TooSlow)?
}

/// The JSON of a body within the limit of requests that carry no mail.
pub(crate) async fn plain<A: Api, T: DeserializeOwned>(app: &App, request: Request) -> Result<T, Error<A>>
where
    Error<A>: From<BodyError> + From<code::BodyTooLarge>,
{
    let received = receive(app, request, limits::PLAIN_BODY).await?;
    if received.size() > limits::PLAIN_BODY {
        return Err(code::BodyTooLarge.into());
    }
    errbook::request::json(received.bytes())
}

/// More than any limit of the catalog.
const PATIENCE: u64 = 64 * 1024 * 1024;

impl Received {
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// As it arrived.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

fn check_headers(headers: &HeaderMap) -> Result<(), BodyError> {
    let content_type =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = content_type.split(';').next().unwrap_or_default().trim();
    if !media.eq_ignore_ascii_case("application/json") {
        return Err(BodyError::NotJson);
    }
    match headers.get(header::CONTENT_ENCODING) {
        Some(encoding) if !encoding.as_bytes().eq_ignore_ascii_case(b"identity") => Err(BodyError::Encoded),
        _ => Ok(()),
    }
}
