use bytes::Bytes;
use errbook::Api;
use errbook::reqwest::{fetch, read_bytes};
use errbook::retry::KeyIn;
use http::{HeaderMap, Method, StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Client, Result};

/// An API and where it is.
pub trait Surface: Api {
    /// What stands before its routes.
    const PATH: &'static str;
}

/// A request as it is written down before a client sends it.
#[derive(Debug)]
pub struct Call {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Option<reqwest::Body>,
    keys: Option<KeyIn>,
}

/// A success.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Call {
    /// A request without a body. The path is the one within the API: `/emails`.
    pub fn new(method: Method, path: impl Into<String>) -> Call {
        Call { method, path: path.into(), headers: HeaderMap::new(), body: None, keys: None }
    }

    /// `GET`
    pub fn get(path: impl Into<String>) -> Call {
        Call::new(Method::GET, path)
    }

    /// `POST` with a body of JSON.
    pub fn post(path: impl Into<String>, body: &impl Serialize) -> Call {
        Call::new(Method::POST, path).json(body)
    }

    /// With a body of JSON. One that can't be written (a map without text as its keys) is null.
    #[must_use]
    pub fn json(self, body: &impl Serialize) -> Call {
        let body = serde_json::to_vec(body).unwrap_or_else(|_| b"null".to_vec());
        self.header(header::CONTENT_TYPE.as_str(), "application/json").body(body)
    }

    /// With this body, and nothing said about it.
    #[must_use]
    pub fn body(mut self, body: impl Into<reqwest::Body>) -> Call {
        self.body = Some(body.into());
        self
    }

    /// With an idempotency key there, if it has none yet.
    #[must_use]
    pub fn keyed(self, place: KeyIn) -> Call {
        Call { keys: Some(place), ..self }
    }

    /// With this header; one that can't be sent is left out.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Call {
        if let (Ok(name), Ok(value)) = (http::HeaderName::try_from(name), http::HeaderValue::try_from(value))
        {
            self.headers.insert(name, value);
        }
        self
    }
}

impl Client {
    /// Sends a request to the API `A`, as it is, and again where that is right.
    ///
    /// # Errors
    ///
    /// The API answered with an error, or nothing did.
    pub async fn call<A: Surface>(&self, call: Call) -> Result<Answer, A> {
        let url = format!("{}{}{}", self.base, A::PATH, call.path);
        let mut request = self.http.request(call.method, url);
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        if let Some(body) = call.body {
            request = request.body(body);
        }
        // Last, so that a header of the call stands in for ours.
        let request = request.headers(call.headers).build()?;
        let response = match (&self.retries, call.keys) {
            (None, _) => self.http.execute(request).await?,
            (Some(retries), None) => fetch(&self.http, request, retries, None).await?,
            (Some(retries), Some(keys)) => {
                fetch(&self.http, request, &retries.clone().keys(keys), None).await?
            }
        };
        let (status, headers) = (response.status(), response.headers().clone());
        let body = read_bytes(response).await?;
        Ok(Answer { status, headers, body })
    }

    /// Sends a request and reads what it is answered with.
    pub(crate) async fn read<A: Surface, T: DeserializeOwned>(&self, call: Call) -> Result<T, A> {
        let answer = self.call::<A>(call).await?;
        Ok(serde_json::from_slice(&answer.body)?)
    }
}
