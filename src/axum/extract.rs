//! What the extractors in the modules of APIs do under axum.

use std::error::Error as StdError;
use std::io;

use ::axum::body::Bytes;
use ::axum::extract::path::ErrorKind;
use ::axum::extract::rejection::{BytesRejection, PathRejection, RawPathParamsRejection};
use ::axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use ::axum::response::{IntoResponse, Response};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, Method};
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::accept::essence;
use crate::catalog::Api;
use crate::extract::{broke_off, is_form, is_json, is_packed, json_body};
use crate::{Error, request};

/// Reads the body of a request as JSON, for code that several APIs share; one API's handlers have `sending::Json`.
///
/// The `Content-Type` is `application/json` or ends with `+json` (RFC 6839 section 3.1), and there is no
/// `Content-Encoding`.
///
/// ```
/// use axum::{extract::Request, response::IntoResponse};
/// use errbook::{Api, Error};
///
/// #[derive(serde::Deserialize)]
/// struct Note {
///     text: String,
/// }
///
/// async fn note<A: Api>(request: Request) -> Result<impl IntoResponse, Error<A>> {
///     let note: Note = errbook::axum::json(request).await?;
///     Ok(note.text)
/// }
/// ```
///
/// # Errors
///
/// What [`request::json`] finds. Of the transport, the code of `by_status`: 415 for another type, 413 for a body over the
/// limit (`DefaultBodyLimit`), 408 for one that stays away, 400 for one that breaks off.
pub async fn json<A: Api, T: DeserializeOwned>(request: Request) -> Result<T, Error<A>> {
    if !is_type(request.headers(), is_json) {
        return Err(Error::for_status(415));
    }
    request::json(&body(request).await?)
}

/// Reads a form: the body, of a GET or HEAD the query. See [`json`].
///
/// # Errors
///
/// What [`request::form`] finds, or as for [`json`].
pub async fn form<A: Api, T: DeserializeOwned>(request: Request) -> Result<T, Error<A>> {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return request::query(request.uri().query().unwrap_or_default());
    }
    if !is_type(request.headers(), is_form) {
        return Err(Error::for_status(415));
    }
    request::form(&body(request).await?)
}

/// Reads the query of a request. See [`json`].
///
/// # Errors
///
/// What [`request::query`] finds.
pub fn query<A: Api, T: DeserializeOwned>(parts: &Parts) -> Result<T, Error<A>> {
    request::query(parts.uri.query().unwrap_or_default())
}

/// Reads the parameters of a route: one as itself, several as a tuple or by their names. See [`json`].
///
/// # Errors
///
/// What can't be read, each by its name in the route. Where the route has no parameters, others or another number of them
/// than the type, that is a mistake in the server, which answers 500.
pub async fn path<A: Api, T: DeserializeOwned>(parts: &mut Parts) -> Result<T, Error<A>> {
    match RawPathParams::from_request_parts(parts, &()).await {
        Ok(params) => request::path(&params),
        Err(RawPathParamsRejection::InvalidUtf8InPathParam(_)) => {
            // Only the other extractor says which.
            match ::axum::extract::Path::<IgnoredAny>::from_request_parts(parts, &()).await {
                Err(PathRejection::FailedToDeserializePathParams(failed)) => match failed.into_kind() {
                    ErrorKind::InvalidUtf8InPathParam { key } => Err(request::no_utf8(&key)),
                    _ => Err(Error::for_status(400)),
                },
                _ => Err(Error::for_status(400)),
            }
        }
        Err(rejection) => Err(Error::for_status(500).because(rejection)),
    }
}

async fn body<A: Api>(request: Request) -> Result<Bytes, Error<A>> {
    Bytes::from_request(request, &()).await.map_err(|rejection: BytesRejection| {
        let error = match rejection.status().as_u16() {
            400 if is_timeout(&rejection) => Error::for_status(408),
            400 => broke_off(),
            status => Error::for_status(status),
        };
        error.because(rejection)
    })
}

/// The body stayed away for too long.
fn is_timeout(error: &(dyn StdError + 'static)) -> bool {
    std::iter::successors(Some(error), |&error| error.source()).any(|error| {
        let io = error.downcast_ref::<io::Error>().map(io::Error::kind);
        // What tower_http's `RequestBodyTimeoutLayer` says; its type is another crate's.
        io == Some(io::ErrorKind::TimedOut)
            || error.to_string() == "data was not received within the designated timeout"
    })
}

/// Is the body of a type, and nothing packed (RFC 9110 section 8.4)?
fn is_type(headers: &HeaderMap, is: fn(&str) -> bool) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type.is_some_and(|value| is(essence(value)))
        && !headers.get_all(CONTENT_ENCODING).iter().any(|value| is_packed(value.as_bytes()))
}

/// For an extractor that may be absent: has the request a body with a type?
pub async fn json_or_none<A: Api, T: DeserializeOwned>(request: Request) -> Result<Option<T>, Error<A>> {
    match request.headers().contains_key(CONTENT_TYPE) {
        true => json(request).await.map(Some),
        false => Ok(None),
    }
}

/// The same for a route with or without parameters.
pub async fn path_or_none<A: Api, T: DeserializeOwned>(parts: &mut Parts) -> Result<Option<T>, Error<A>> {
    match RawPathParams::from_request_parts(parts, &()).await {
        Err(RawPathParamsRejection::MissingPathParams(_)) => Ok(None),
        Ok(params) if params.iter().next().is_none() => Ok(None),
        _ => path(parts).await.map(Some),
    }
}

/// A success as JSON.
pub fn json_response<A: Api>(value: &impl Serialize) -> Response {
    json_body::<A>(value).map(|body| ([(CONTENT_TYPE, "application/json")], body)).into_response()
}

/// axum's part of the extractors.
#[doc(hidden)]
#[macro_export]
macro_rules! __extractors_of_axum {
    ($api:path) => {
        const _: () = {
            use ::core::option::Option;
            use ::core::result::Result;
            use ::errbook::__private::axum::{
                FromRequest, FromRequestParts, IntoResponse, OptionalFromRequest, OptionalFromRequestParts,
                Parts, Request, Response, json_or_none, json_response, path_or_none,
            };
            use ::errbook::__private::serde::{Serialize, de::DeserializeOwned};

            impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
                type Rejection = Error;

                async fn from_request(request: Request, _: &S) -> Result<Self, Error> {
                    ::errbook::axum::json(request).await.map(Json)
                }
            }

            impl<T: DeserializeOwned, S: Send + Sync> OptionalFromRequest<S> for Json<T> {
                type Rejection = Error;

                async fn from_request(request: Request, _: &S) -> Result<Option<Self>, Error> {
                    Ok(json_or_none(request).await?.map(Json))
                }
            }

            impl<T: Serialize> IntoResponse for Json<T> {
                fn into_response(self) -> Response {
                    json_response::<$api>(&self.0)
                }
            }

            impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
                type Rejection = Error;

                async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
                    ::errbook::axum::query(parts).map(Query)
                }
            }

            impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
                type Rejection = Error;

                async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
                    ::errbook::axum::path(parts).await.map(Path)
                }
            }

            impl<T: DeserializeOwned + Send, S: Send + Sync> OptionalFromRequestParts<S> for Path<T> {
                type Rejection = Error;

                async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Error> {
                    Ok(path_or_none(parts).await?.map(Path))
                }
            }

            impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Form<T> {
                type Rejection = Error;

                async fn from_request(request: Request, _: &S) -> Result<Self, Error> {
                    ::errbook::axum::form(request).await.map(Form)
                }
            }
        };
    };
}
