use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

/// A success.
#[derive(Debug)]
pub(crate) struct Reply {
    status: StatusCode,
    body: Result<String, serde_json::Error>,
}

/// The envelope of a success, beside the catalog's of an error.
#[derive(Serialize)]
struct Data<T> {
    ok: bool,
    data: T,
}

impl Reply {
    pub(crate) fn data(status: StatusCode, data: impl Serialize) -> Reply {
        Reply::plain(status, Data { ok: true, data })
    }

    pub(crate) fn plain(status: StatusCode, body: impl Serialize) -> Reply {
        Reply { status, body: serde_json::to_string(&body) }
    }

    /// One that was sent before.
    pub(crate) fn again(status: StatusCode, body: String) -> Reply {
        Reply { status, body: Ok(body) }
    }

    pub(crate) fn body(&self) -> Option<&str> {
        self.body.as_deref().ok()
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        match self.body {
            Ok(body) => {
                let json = HeaderValue::from_static("application/json");
                (self.status, [(header::CONTENT_TYPE, json)], body).into_response()
            }
            // Becomes an answer of the catalog on its way out.
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }
}
