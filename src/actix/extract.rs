//! What the extractors in the modules of APIs do under actix-web.

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::Method;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use actix_web::{FromRequest as _, HttpRequest, HttpResponse, ResponseError as _};
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::accept::essence;
use crate::catalog::Api;
use crate::extract::{broke_off, is_form, is_json, is_packed, json_body};
use crate::{Error, request};

/// Reads the body of a request as JSON, for code that several APIs share; one API's handlers have `sending::Json`.
///
/// The `Content-Type` is `application/json` or ends with `+json` (RFC 6839 section 3.1). What a `Content-Encoding` has packed
/// is read where actix-web unpacks it: its features `compress-…`.
///
/// ```
/// use actix_web::{HttpRequest, web};
/// use errbook::{Api, Error};
///
/// #[derive(serde::Deserialize)]
/// struct Note {
///     text: String,
/// }
///
/// async fn note<A: Api>(request: HttpRequest, body: web::Payload) -> Result<String, Error<A>> {
///     let note: Note = errbook::actix::json(&request, &mut body.into_inner()).await?;
///     Ok(note.text)
/// }
/// ```
///
/// # Errors
///
/// What [`request::json`] finds. Of the transport, the code of `by_status`: 415 for another type or encoding, 413 for a body
/// over the limit of [`PayloadConfig`](actix_web::web::PayloadConfig), 400 for one that breaks off.
pub fn json<A: Api, T: DeserializeOwned>(
    request: &HttpRequest,
    payload: &mut Payload,
) -> impl Future<Output = Result<T, Error<A>>> + use<A, T> {
    let body = body(request, payload, is_json);
    async { request::json(&body.await?) }
}

/// Reads a form: the body, of a GET or HEAD the query. See [`json`].
///
/// # Errors
///
/// What [`request::form`] finds, or as for [`json`].
pub fn form<A: Api, T: DeserializeOwned>(
    request: &HttpRequest,
    payload: &mut Payload,
) -> impl Future<Output = Result<T, Error<A>>> + use<A, T> {
    let form = match *request.method() {
        Method::GET | Method::HEAD => Err(query(request)),
        _ => Ok(body(request, payload, is_form)),
    };
    async {
        match form {
            Ok(body) => request::form(&body.await?),
            Err(of_query) => of_query,
        }
    }
}

/// Reads the query of a request. See [`json`].
///
/// # Errors
///
/// What [`request::query`] finds.
pub fn query<A: Api, T: DeserializeOwned>(request: &HttpRequest) -> Result<T, Error<A>> {
    request::query(request.query_string())
}

/// Reads the parameters of a route, those of its scopes first. See [`json`].
///
/// # Errors
///
/// What [`request::path`] finds. A parameter with U+FFFD counts as no UTF-8, for actix-web puts it in the place of that.
pub fn path<A: Api, T: DeserializeOwned>(request: &HttpRequest) -> Result<T, Error<A>> {
    let params = request.match_info();
    // It has left `%25`, `%2B` and `%2F` as they are; only its own reader unescapes them.
    let values: Vec<String> = params.load().map_err(|error| Error::for_status(500).because(error))?;
    let params = || params.iter().map(|(name, _)| name).zip(values.iter().map(String::as_str));
    match params().find(|(_, value)| value.contains(char::REPLACEMENT_CHARACTER)) {
        Some((name, _)) => Err(request::no_utf8(name)),
        None => request::path(params()),
    }
}

fn body<A: Api>(
    request: &HttpRequest,
    payload: &mut Payload,
    is: fn(&str) -> bool,
) -> impl Future<Output = Result<Bytes, Error<A>>> + use<A> {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_packed = request.headers().get_all(CONTENT_ENCODING).any(|value| is_packed(value.as_bytes()));
    let body =
        content_type.is_some_and(|value| is(essence(value))).then(|| Bytes::from_request(request, payload));
    async move {
        let Some(body) = body else { return Err(Error::for_status(415)) };
        match body.await {
            // Whether it could unpack the body actix-web doesn't say. A text it is only unpacked.
            Ok(body) if is_packed && std::str::from_utf8(&body).is_err() => Err(Error::for_status(415)),
            Ok(body) => Ok(body),
            Err(error) => {
                let answer = match error.as_error::<PayloadError>() {
                    Some(PayloadError::Overflow) => Error::for_status(413),
                    // With an I/O error it is the unpacking that failed.
                    Some(PayloadError::Incomplete(Some(_))) if is_packed => Error::for_status(415),
                    Some(_) => broke_off(),
                    // Not the type of `PayloadConfig::mimetype`.
                    None => Error::for_status(415),
                };
                Err(answer.because(error.to_string()))
            }
        }
    }
}

/// A success as JSON.
pub fn json_response<A: Api>(value: &impl Serialize) -> HttpResponse {
    match json_body::<A>(value) {
        Ok(body) => HttpResponse::Ok().content_type("application/json").body(body),
        Err(error) => error.error_response(),
    }
}

/// actix-web's part of the extractors.
#[doc(hidden)]
#[macro_export]
macro_rules! __extractors_of_actix {
    ($api:path) => {
        const _: () = {
            use ::core::future::{Future, Ready, ready};
            use ::core::pin::Pin;
            use ::core::result::Result;
            use ::errbook::__private::actix::{
                BoxBody, FromRequest, HttpRequest, HttpResponse, Payload, Responder, json_response,
            };
            use ::errbook::__private::serde::{Serialize, de::DeserializeOwned};
            use ::std::boxed::Box;

            impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
                type Error = Error;
                type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

                fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
                    let read = ::errbook::actix::json(request, payload);
                    Box::pin(async { read.await.map(Json) })
                }
            }

            impl<T: Serialize> Responder for Json<T> {
                type Body = BoxBody;

                fn respond_to(self, _: &HttpRequest) -> HttpResponse {
                    json_response::<$api>(&self.0)
                }
            }

            impl<T: DeserializeOwned> FromRequest for Query<T> {
                type Error = Error;
                type Future = Ready<Result<Self, Error>>;

                fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                    ready(::errbook::actix::query(request).map(Query))
                }
            }

            impl<T: DeserializeOwned> FromRequest for Path<T> {
                type Error = Error;
                type Future = Ready<Result<Self, Error>>;

                fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                    ready(::errbook::actix::path(request).map(Path))
                }
            }

            impl<T: DeserializeOwned + 'static> FromRequest for Form<T> {
                type Error = Error;
                type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

                fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
                    let read = ::errbook::actix::form(request, payload);
                    Box::pin(async { read.await.map(Form) })
                }
            }
        };
    };
}
