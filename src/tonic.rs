//! gRPC: errors of the catalog as [`tonic::Status`] with the details of `google.rpc`, and back.
//!
//! ```
//! use errbook::{ErrorResponse, mail::{Code, Sending, code, sending}};
//! use tonic::{Response, Status};
//!
//! # struct Email; struct Sent;
//! # fn deliver(_: Email) -> sending::Result<Sent> { Err(code::InsufficientCredits.into()) }
//! // A method of a service: `?` makes the `Status`.
//! fn send(email: Email) -> Result<Response<Sent>, Status> {
//!     Ok(Response::new(deliver(email)?))
//! }
//!
//! let status = send(Email).err().unwrap();
//! assert_eq!(status.code(), tonic::Code::FailedPrecondition);
//!
//! // A client reads the catalog's error in it.
//! let err = ErrorResponse::<Sending>::from(&status);
//! assert_eq!(err.code(), Some(Code::InsufficientCredits));
//! assert_eq!(err.action_url(), Some("https://sendmux.ai/billing"));
//! ```
//!
//! # What is sent
//!
//! | detail | |
//! |---|---|
//! | `ErrorInfo` | `reason`: the code, as it is over HTTP. `domain`: the catalog's `name`. `metadata`: the fields by their names and the code's own headers by theirs, texts as they are and anything else as JSON; `retryable` |
//! | `RetryInfo` | the wait |
//! | `BadRequest` | a violation for each issue, or one for the param: `field`, `description`: the message, `reason`: the code |
//! | `RequestInfo` | the request's id |
//! | `Help` | a link to the code in the reference |
//!
//! The fields of issues have no place in it. Many clients refuse headers of more than 8 KiB, so that is what an error takes
//! at most: what doesn't fit is left out, from the end of the table and of each list, and a long message is cut.
//!
//! # Which gRPC code
//!
//! A client branches on the catalog's code; the gRPC code is for what stands between: proxies, meters, and clients that
//! repeat requests by themselves. It is the one that [google.rpc.Code] says, by status and retry advice.
//!
//! | status | gRPC code | |
//! |---|---|---|
//! | 401 | `UNAUTHENTICATED` | |
//! | 403, 451 | `PERMISSION_DENIED` | |
//! | 404, 410 | `NOT_FOUND` | |
//! | 405, 501, 505 | `UNIMPLEMENTED` | |
//! | 408, 504 | `DEADLINE_EXCEEDED` | |
//! | 416 | `OUT_OF_RANGE` | |
//! | 429, 507 | `RESOURCE_EXHAUSTED` | |
//! | 499 | `CANCELLED` | |
//! | 425, 502, 503 | `UNAVAILABLE` | clients repeat it, so without a retry advice it is `FAILED_PRECONDITION` |
//! | 409, 412, 423, 424, 426, 428 | `ABORTED` | where a repeat, or a renewed request, may work |
//! | | `ALREADY_EXISTS` | of the others a 409 that nobody can do anything about |
//! | | `FAILED_PRECONDITION` | the rest |
//! | 402, others below 500 that need an action | `FAILED_PRECONDITION` | |
//! | others below 500 | `INVALID_ARGUMENT` | 413, too: the request has to change, whatever the state of the service |
//! | others | `INTERNAL` | |
//!
//! # What is read
//!
//! A `Status` is the API's where an `ErrorInfo` has the catalog's domain. [`status`](ErrorResponse::status) is then one of
//! the code's that has this gRPC code, and for any other answer the one that google.rpc.Code gives it; so
//! [`inferred`](ErrorResponse::inferred) names what a proxy answers, or a connection that failed.
//! [`body`](ErrorResponse::body) is the `google.rpc.Status`, and [`details`] has what is in it, also what errbook doesn't
//! know.
//!
//! [google.rpc.Code]: https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use ::tonic::metadata::MetadataMap;
use ::tonic::{Code, Status};
use bytes::Bytes;
use http::StatusCode;
use http::header::{HeaderMap, HeaderValue, RETRY_AFTER};
use prost::Message;
use prost_types::Any;
use serde_json::value::RawValue;
use tonic_types::pb::{self, bad_request::FieldViolation, help::Link};

use crate::answer::{bounded, doc_url};
use crate::catalog::{Api, ErrorCode as _, row};
use crate::raise::Inner;
use crate::response::{Texts, Told, ToldError, X_REQUEST_ID};
use crate::table::{Field, HeaderSource, Kind, Placeholder, Row, Type};
use crate::text::push_json;
use crate::value::{Typed, Value};
use crate::{Error, ErrorResponse, RequestId, Retry};

const ERROR_INFO: &str = "type.googleapis.com/google.rpc.ErrorInfo";
const RETRY_INFO: &str = "type.googleapis.com/google.rpc.RetryInfo";
const BAD_REQUEST: &str = "type.googleapis.com/google.rpc.BadRequest";
const REQUEST_INFO: &str = "type.googleapis.com/google.rpc.RequestInfo";
const HELP: &str = "type.googleapis.com/google.rpc.Help";

/// The message takes no more, in bytes of its header.
const MAX_MESSAGE: usize = 1_024;

/// The message and the texts of the details take no more, in bytes. Types and marks come to it, and the header has four
/// bytes for three of them.
const MAX_DETAILS: usize = 4_500;

/// With a new request id; [`status`] takes one that is known. The error is the status' source, for the log, and is not
/// sent.
impl<A: Api> From<Error<A>> for Status {
    fn from(error: Error<A>) -> Status {
        status(&error, &RequestId::new::<A>())
    }
}

/// The error as the answer to the request with this id.
///
/// ```
/// use errbook::{ErrorResponse, mail::{Sending, code, sending}, prelude::*};
///
/// let error = sending::Error::from(code::NotFound.at("from"));
/// let status = errbook::tonic::status(&error, "req_7");
///
/// let err = ErrorResponse::<Sending>::from(&status);
/// assert_eq!((err.param(), err.request_id()), (Some("from"), Some("req_7")));
/// ```
pub fn status<A: Api>(error: &Error<A>, request_id: &(impl AsRef<str> + ?Sized)) -> Status {
    let inner = error.inner();
    let code = grpc_code(error.status().as_u16(), inner.row());
    let message = cut(&error.message());
    let details = details_of::<A>(inner, request_id.as_ref(), MAX_DETAILS.saturating_sub(message.len()));
    let details = pb::Status { code: code.into(), message: message.clone(), details };
    let mut status = Status::with_details(code, message, details.encode_to_vec().into());
    status.set_source(Arc::new(error.clone()));
    status
}

/// The id that the request's metadata have as `x-request-id`, if it is [fit to be repeated](RequestId::from_header), else
/// a new one.
///
/// ```
/// use errbook::mail::Sending;
///
/// let mut request = tonic::Request::new(());
/// request.metadata_mut().insert("x-request-id", "req_7".parse().unwrap());
/// assert_eq!(errbook::tonic::request_id::<Sending>(request.metadata()).as_str(), "req_7");
/// ```
pub fn request_id<A: Api>(metadata: &MetadataMap) -> RequestId {
    let given = || RequestId::from_text(metadata.get(X_REQUEST_ID)?.to_str().ok()?);
    given().unwrap_or_else(RequestId::new::<A>)
}

/// The details of an answer as they were received, also those of types that errbook doesn't know.
///
/// ```
/// use errbook::{ErrorResponse, mail::{Sending, code, sending}};
///
/// let status = tonic::Status::from(sending::Error::from(code::NotFound));
/// let details = errbook::tonic::details(&ErrorResponse::<Sending>::from(&status));
/// assert_eq!(details[0].type_url, "type.googleapis.com/google.rpc.ErrorInfo");
/// ```
pub fn details<A: Api>(answer: &ErrorResponse<A>) -> Vec<Any> {
    decoded(answer.body())
}

/// See the [table](self#which-grpc-code).
fn grpc_code(status: u16, row: &Row) -> Code {
    let is = |advice: &[Retry]| advice.contains(&row.retry) || advice.contains(&row.retry_on_repeat());
    let repeated = is(&[Retry::Backoff, Retry::Throttle, Retry::Refresh]);
    match status {
        401 => Code::Unauthenticated,
        403 | 451 => Code::PermissionDenied,
        404 | 410 => Code::NotFound,
        405 | 501 | 505 => Code::Unimplemented,
        408 | 504 => Code::DeadlineExceeded,
        416 => Code::OutOfRange,
        429 | 507 => Code::ResourceExhausted,
        499 => Code::Cancelled,
        425 | 502 | 503 if repeated => Code::Unavailable,
        409 | 412 | 423 | 424 | 426 | 428 if repeated => Code::Aborted,
        409 if !is(&[Retry::NeedsAction]) => Code::AlreadyExists,
        402 | 409 | 412 | 423..=426 | 428 | 502 | 503 => Code::FailedPrecondition,
        400..=499 if is(&[Retry::NeedsAction]) => Code::FailedPrecondition,
        400..=499 => Code::InvalidArgument,
        _ => Code::Internal,
    }
}

/// One of the code's that has this gRPC code; for an answer that is not the API's, or has a code that nobody knows here,
/// the one of google.rpc.Code.
fn http_status(code: Code, row: Option<&Row>) -> StatusCode {
    let of_the_row = row.and_then(|row| {
        let mut statuses = [row.status].into_iter().chain(row.other_statuses.iter().copied());
        statuses.find(|status| grpc_code(status.as_u16(), row) == code)
    });
    if let Some(status) = of_the_row {
        return status.into();
    }
    match code {
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => StatusCode::BAD_REQUEST,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::AlreadyExists | Code::Aborted => StatusCode::CONFLICT,
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        // No status of HTTP's own (499 is nginx's), and what google.rpc.Code says.
        Code::Cancelled => StatusCode::from_u16(499).unwrap_or(StatusCode::BAD_REQUEST),
        Code::Unimplemented => StatusCode::NOT_IMPLEMENTED,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
        // An error that says `OK` is none of the client's faults.
        Code::Ok | Code::Unknown | Code::Internal | Code::DataLoss => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The details that find room, the more important ones first.
fn details_of<A: Api>(inner: &Inner, request_id: &str, mut room: usize) -> Vec<Any> {
    let mut fits = |texts: &[&str]| {
        // A text's mark and length take no more.
        let needed = texts.iter().map(|text| text.len() + 4).sum::<usize>();
        let left = room.checked_sub(needed);
        room = left.unwrap_or(room);
        left.is_some()
    };
    let any = |type_url: &str, value: Vec<u8>| Any { type_url: type_url.to_owned(), value };

    let row = inner.row();
    let domain = A::Code::TABLE.name;
    let mut info =
        pb::ErrorInfo { reason: row.code.to_owned(), domain: domain.to_owned(), metadata: HashMap::new() };
    let retry = inner.retry_after().map(bounded).map(|wait| {
        let seconds = i64::try_from(wait.as_secs()).unwrap_or(i64::MAX);
        let nanos = wait.subsec_nanos().cast_signed();
        pb::RetryInfo { retry_delay: Some(prost_types::Duration { seconds, nanos }) }
    });
    let id = fits(&[request_id])
        .then(|| pb::RequestInfo { request_id: request_id.to_owned(), serving_data: String::new() });

    for (name, text) in fields(inner) {
        if fits(&[name, &text]) {
            info.metadata.insert(name.to_owned(), text.into_owned());
        }
    }
    if !info.metadata.contains_key(RETRYABLE) && fits(&[RETRYABLE, "false"]) {
        info.metadata.insert(RETRYABLE.to_owned(), row.retryable.to_string());
    }

    let mut field_violations = Vec::new();
    let itself = inner.issues.is_empty().then_some(inner).filter(|inner| inner.param().is_some());
    for issue in inner.issues.iter().map(|issue| &**issue).chain(itself) {
        let (field, reason) = (issue.param().unwrap_or_default(), issue.row().code);
        let description = issue.message();
        // One after another, so that what is left out is the end of the list.
        if !fits(&[field, reason, &description]) {
            break;
        }
        field_violations.push(FieldViolation {
            field: field.to_owned(),
            description: description.into_owned(),
            reason: reason.to_owned(),
            localized_message: None,
        });
    }
    let url = doc_url::<A>(None, inner.code);
    let help = fits(&[row.title, &url])
        .then(|| pb::Help { links: vec![Link { description: row.title.to_owned(), url: url.clone() }] });

    let mut details = vec![any(ERROR_INFO, info.encode_to_vec())];
    details.extend(retry.map(|retry| any(RETRY_INFO, retry.encode_to_vec())));
    if !field_violations.is_empty() {
        details.push(any(BAD_REQUEST, pb::BadRequest { field_violations }.encode_to_vec()));
    }
    details.extend(id.map(|id| any(REQUEST_INFO, id.encode_to_vec())));
    details.extend(help.map(|help| any(HELP, help.encode_to_vec())));
    details
}

const RETRYABLE: &str = "retryable";

/// The fields, constants included, and the headers that the payload has: names and texts.
fn fields(inner: &Inner) -> Vec<(&'static str, Cow<'_, str>)> {
    let row = inner.row();
    let mut values = inner.values.iter();
    let mut texts = Vec::new();
    for Field { name, kind } in row.fields {
        let text = match *kind {
            Kind::Const(json) => serde_json::from_str::<String>(json).map_or(Cow::Borrowed(json), Cow::Owned),
            Kind::Required(kind) | Kind::Optional(kind) => match values.next() {
                None | Some(Value::Absent) => continue,
                Some(Value::String(text)) => Cow::Borrowed(&**text),
                Some(value) => match serde_json::to_value(Typed(value, kind)) {
                    Ok(serde_json::Value::String(text)) if kind != Type::Json => Cow::Owned(text),
                    Ok(json) => Cow::Owned(json.to_string()),
                    Err(_) => continue,
                },
            },
        };
        texts.push((*name, text));
    }
    for header in row.headers {
        if let HeaderSource::Slot(slot) = header.value
            && let Some(Value::String(text)) = inner.values.get(slot)
        {
            texts.push((header.name, Cow::Borrowed(text)));
        }
    }
    texts
}

/// As much of a message as fits into a header, where it is percent-encoded.
fn cut(message: &str) -> String {
    const END: &str = "…";
    let length = |char: char| match char {
        '%' => 3,
        ' '..='~' => 1,
        char => 3 * char.len_utf8(),
    };
    let (mut left, mut end) = (MAX_MESSAGE, 0);
    for (at, char) in message.char_indices() {
        match left.checked_sub(length(char)) {
            Some(rest) => left = rest,
            None => return format!("{}{END}", &message[..end]),
        }
        if left >= 3 * END.len() {
            end = at + char.len_utf8();
        }
    }
    message.to_owned()
}

/// See [what is read](self#what-is-read).
impl<A: Api> From<&Status> for ErrorResponse<A> {
    fn from(status: &Status) -> ErrorResponse<A> {
        let bytes = status.details();
        let body = bytes.get(..A::max_body()).unwrap_or(bytes);
        let is_truncated = body.len() < bytes.len();
        let details = if is_truncated { Vec::new() } else { decoded(body) };
        let mut headers = HeaderMap::new();
        if let Some(id) = status.metadata().get(X_REQUEST_ID) {
            insert(&mut headers, X_REQUEST_ID, id.as_bytes());
        }
        if let Some(retry) = first::<pb::RetryInfo>(&details, RETRY_INFO)
            && let Some(prost_types::Duration { seconds, nanos: nanos @ 0..1_000_000_000 }) =
                retry.retry_delay
        {
            // A negative one is none.
            insert(&mut headers, RETRY_AFTER.as_str(), format!("{seconds}.{nanos:09}").as_bytes());
        }
        let info = all::<pb::ErrorInfo>(&details, ERROR_INFO).find(|info| info.domain == A::Code::TABLE.name);
        let row = info.as_ref().and_then(|info| Some(row(A::Code::from_text(&info.reason)?)));
        let error = info.as_ref().map(|info| read(info, row, status.message(), &details, &mut headers));
        ErrorResponse::told(&Told {
            status: http_status(status.code(), row),
            headers,
            message: status.message(),
            error,
            body: Bytes::copy_from_slice(body),
            is_truncated,
        })
    }
}

impl<A: Api> From<Status> for ErrorResponse<A> {
    fn from(status: Status) -> ErrorResponse<A> {
        ErrorResponse::from(&status)
    }
}

/// What the details say of an error of the API, whose own headers go to the others.
fn read<'t>(
    info: &'t pb::ErrorInfo,
    row: Option<&'static Row>,
    message: &'t str,
    details: &[Any],
    headers: &mut HeaderMap,
) -> ToldError<'t> {
    let mut texts: Texts<'t> = vec![
        (Placeholder::Code, Cow::Borrowed(&*info.reason)),
        (Placeholder::Message, Cow::Borrowed(message)),
    ];
    let mut members = Vec::new();
    for (name, text) in &info.metadata {
        let field = row.and_then(|row| row.fields.iter().find(|field| field.name == name));
        let header = row.and_then(|row| row.headers.iter().find(|header| header.name == name));
        match (field, header) {
            (None, Some(header)) => insert(headers, header.name, text.as_bytes()),
            (None, None) if name == RETRYABLE => texts.push((Placeholder::Retryable, Cow::Borrowed(text))),
            (field, _) => members.push((&**name, json(text, field))),
        }
    }
    // A map has no order.
    members.sort_unstable();
    if let Some(id) = first::<pb::RequestInfo>(details, REQUEST_INFO) {
        texts.push((Placeholder::RequestId, Cow::Owned(id.request_id)));
    }
    let link = first::<pb::Help>(details, HELP).and_then(|help| help.links.into_iter().next());
    if let Some(link) = link {
        texts.push((Placeholder::DocUrl, Cow::Owned(link.url)));
    }
    let violations = first::<pb::BadRequest>(details, BAD_REQUEST).unwrap_or_default().field_violations;
    let param = violations.first().map(|violation| violation.field.clone()).filter(|param| !param.is_empty());
    texts.extend(param.map(|param| (Placeholder::Param, Cow::Owned(param))));
    // A single one is the error itself.
    let several = if violations.len() > 1 { violations } else { Vec::new() };
    let issue = |violation: FieldViolation| {
        let FieldViolation { field, description, reason, .. } = violation;
        let texts =
            [(Placeholder::Code, reason), (Placeholder::Message, description), (Placeholder::Param, field)];
        let texts = texts.into_iter().filter(|(_, text)| !text.is_empty());
        texts.map(|(place, text)| (place, Cow::Owned(text))).collect()
    };
    ToldError { texts, members, issues: several.into_iter().map(issue).collect() }
}

/// The JSON of a field: a text where the field is one, or is unknown and the text is no JSON.
fn json(text: &str, field: Option<&Field>) -> String {
    let is_text = field.is_some_and(|field| match field.kind {
        Kind::Const(json) => json.starts_with('"'),
        Kind::Required(kind) | Kind::Optional(kind) => {
            matches!(kind, Type::Enum(_) | Type::String | Type::Time | Type::Url | Type::Uuid)
        }
    });
    if !is_text && serde_json::from_str::<&RawValue>(text).is_ok() {
        return text.to_owned();
    }
    let mut json = Vec::new();
    push_json(&mut json, text);
    String::from_utf8(json).unwrap_or_default()
}

fn insert(headers: &mut HeaderMap, name: &'static str, value: &[u8]) {
    if let Ok(value) = HeaderValue::from_bytes(value) {
        headers.insert(name, value);
    }
}

fn decoded(bytes: &[u8]) -> Vec<Any> {
    pb::Status::decode(bytes).map(|status| status.details).unwrap_or_default()
}

/// The details of a type, as far as they can be read.
fn all<M: Message + Default>(details: &[Any], type_url: &'static str) -> impl Iterator<Item = M> {
    details.iter().filter(move |any| any.type_url == type_url).filter_map(|any| M::decode(&*any.value).ok())
}

fn first<M: Message + Default>(details: &[Any], type_url: &'static str) -> Option<M> {
    all(details, type_url).next()
}
