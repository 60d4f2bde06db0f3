//! What is wrong with an answer.

use std::fmt;
use std::future::poll_fn;
use std::pin::pin;

use bytes::{BufMut as _, Bytes};
use http::{HeaderMap, HeaderName, Method, Request, StatusCode, header};
use http_body::Body;

use super::body::RequestBody;
use super::cases::{Case, Expected};
use crate::catalog::{Api, ErrorCode as _};
use crate::handler::{request_id_header, varies_by_accept};
use crate::text::OneLine;
use crate::{ErrorResponse, RequestId, accept};

/// What of the request decides about its answer.
pub(super) struct Asked {
    method: Method,
    accept: Option<String>,
    ids: Vec<http::HeaderValue>,
    expected: Expected,
}

impl Asked {
    pub(super) fn of<A: Api>(request: &Request<RequestBody>, case: &Case) -> Asked {
        let headers = request.headers();
        let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        Asked {
            method: request.method().clone(),
            accept: headers.get(header::ACCEPT).map(text),
            ids: headers.get_all(request_id_header::<A>()).iter().cloned().collect(),
            expected: case.expected,
        }
    }
}

pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// The body, or as much of it as an answer can be judged by.
pub(super) async fn read<B: Body>(body: B) -> Result<Bytes, String>
where
    B::Error: fmt::Debug,
{
    const ENOUGH: usize = 1 << 20;
    let mut body = pin!(body);
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
        let frame = frame.map_err(|error| format!("its body broke off: {error:?}"))?;
        let Ok(data) = frame.into_data() else { continue };
        bytes.put(data);
        if bytes.len() > ENOUGH {
            break;
        }
    }
    Ok(bytes.into())
}

pub(super) fn problems<A: Api>(asked: &Asked, answer: &Answer, secrets: &[String]) -> Vec<String> {
    let mut problems = Vec::new();
    for secret in secrets {
        let leaks = |bytes: &[u8]| String::from_utf8_lossy(bytes).contains(secret.as_str());
        if leaks(&answer.body) || answer.headers.values().any(|value| leaks(value.as_bytes())) {
            problems.push(format!("it says {secret:?}"));
        }
    }
    if asked.expected == Expected::Anything && answer.status.as_u16() < 400 {
        return problems;
    }
    problems.extend(status_problem::<A>(asked, answer));
    problems.extend(id_problem::<A>(asked, &answer.headers));
    let allow = answer.headers.get(header::ALLOW);
    if answer.status == StatusCode::METHOD_NOT_ALLOWED && allow.is_none() {
        problems.push("it has no Allow (RFC 9110 section 15.5.6)".to_owned());
    }
    if answer.status == StatusCode::UNAUTHORIZED && !answer.headers.contains_key(header::WWW_AUTHENTICATE) {
        problems.push("it has no WWW-Authenticate (RFC 9110 section 15.5.2)".to_owned());
    }
    if let Some(wait) = answer.headers.get(header::RETRY_AFTER) {
        let wait = wait.to_str().unwrap_or_default();
        let is_number = !wait.is_empty() && wait.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number && httpdate::parse_http_date(wait).is_err() {
            problems.push(format!("its Retry-After is {wait:?} (RFC 9110 section 10.2.3)"));
        }
    }
    match asked.method == Method::HEAD {
        true if !answer.body.is_empty() => problems.push("HEAD has a body".to_owned()),
        true => {}
        false => problems.extend(body_problem::<A>(asked, answer)),
    }
    problems
}

fn status_problem<A: Api>(asked: &Asked, answer: &Answer) -> Option<String> {
    let status = answer.status;
    // An API may send errors with a status of its own.
    if let Some(fixed) = A::INFO.envelope.status {
        return (status.as_u16() != fixed).then(|| format!("its status is {status}, not {fixed}"));
    }
    let expected = match asked.expected {
        Expected::Anything => return None,
        Expected::ClientError if status.is_client_error() => return None,
        Expected::ClientError => "4xx".to_owned(),
        // A caller's request timed out, or the service's work.
        Expected::ServerError if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT => {
            return None;
        }
        Expected::ServerError => "5xx".to_owned(),
        Expected::Status(expected) => {
            let expected = crate::Error::<A>::for_status(expected).status();
            // Who must show a key first learns nothing of routes.
            if status_is_refusal(status) || status == expected.as_u16() {
                return None;
            }
            expected.to_string()
        }
    };
    Some(format!("its status is {}, not {expected}", status.as_u16()))
}

fn id_problem<A: Api>(asked: &Asked, headers: &HeaderMap) -> Option<String> {
    let name = request_id_header::<A>();
    let mut values = headers.get_all(&name).iter();
    let Some(value) = values.next() else { return Some(format!("it has no {}", Title(&name))) };
    if values.next().is_some() {
        return Some(format!("it has {} twice", Title(&name)));
    }
    let fit = |value| RequestId::from_header(value).is_some();
    match &asked.ids[..] {
        _ if !fit(value) => Some(format!("its {} is not fit to be repeated: {value:?}", Title(&name))),
        [given] if fit(given) && given != value => {
            Some(format!("the request's {} was not kept", Title(&name)))
        }
        [_, _, ..] if asked.ids.contains(value) => Some(format!("of two {} one was kept", Title(&name))),
        _ => None,
    }
}

fn body_problem<A: Api>(asked: &Asked, answer: &Answer) -> Option<String> {
    let Answer { status, headers, body } = answer;
    let content_type =
        headers.get(header::CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let essence = accept::essence(content_type.as_deref().unwrap_or_default());
    if essence.eq_ignore_ascii_case("text/html") {
        return html_problem::<A>(asked, headers, body);
    }
    let read = ErrorResponse::<A>::parse(*status, headers, body.clone());
    if !read.from_api() {
        return Some("it is not in the API's envelope".to_owned());
    }
    let mut known = [A::INFO.envelope].into_iter().chain(A::INFO.also_read.iter().copied());
    if !known.any(|envelope| accept::essence(envelope.content_type).eq_ignore_ascii_case(essence)) {
        return Some(format!("its content type is {essence:?}"));
    }
    let Some(code) = read.code() else {
        return Some(format!("its code is none of the catalog: {:?}", read.code_str()));
    };
    if !A::emits(code) {
        return Some(format!("its code is another API's: {}", code.as_str()));
    }
    if let Some(expected) = read.expected_status() {
        return Some(format!("{} has status {expected}, not {}", code.as_str(), status.as_u16()));
    }
    if let Expected::Status(asked) = asked.expected {
        let expected = A::code_for(asked);
        if code != expected && !status_is_refusal(*status) {
            return Some(format!("its code is {}, not {}", code.as_str(), expected.as_str()));
        }
    }
    let header = headers.get(request_id_header::<A>()).and_then(|value| value.to_str().ok());
    if read.request_id() != header {
        return Some(format!("its body has the request id {:?}, its header {header:?}", read.request_id()));
    }
    None
}

fn status_is_refusal(status: StatusCode) -> bool {
    [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&status)
}

/// A page is for who prefers one, and names the code.
fn html_problem<A: Api>(asked: &Asked, headers: &HeaderMap, body: &[u8]) -> Option<String> {
    let page = String::from_utf8_lossy(body);
    let wanted = asked.accept.as_deref().unwrap_or("*/*;q=0");
    if accept::quality(wanted, "text/html") == 0 {
        return Some("it is HTML, which nobody asked for".to_owned());
    }
    if !A::codes().iter().any(|code| page.contains(code.as_str())) {
        return Some("it is a page that names no code of the API".to_owned());
    }
    (!varies_by_accept(headers))
        .then(|| "it is a page without `Vary: Accept` (RFC 9110 section 12.5.5)".to_owned())
}

/// `X-Request-Id`.
struct Title<'n>(&'n HeaderName);

impl fmt::Display for Title<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, word) in self.0.as_str().split('-').enumerate() {
            let (first, rest) = word.split_at(word.len().min(1));
            let dash = if at == 0 { "" } else { "-" };
            write!(f, "{dash}{}{rest}", first.to_ascii_uppercase())?;
        }
        Ok(())
    }
}

/// As it was received, as far as it fits.
impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.status)?;
        for (name, value) in &self.headers {
            writeln!(f, "{name}: {}", OneLine(&String::from_utf8_lossy(value.as_bytes())))?;
        }
        let body = String::from_utf8_lossy(&self.body[..self.body.len().min(400)]);
        write!(f, "{}", OneLine(&body))
    }
}
