//! From whatever a service answers to an answer of its API: the core of the layer and of the frameworks' features.

use std::borrow::Cow;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use http::header::{
    ACCEPT, ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH,
    CONTENT_LOCATION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue,
    LAST_MODIFIED, TRANSFER_ENCODING, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::{Method, StatusCode};

use crate::answer::has_several_types;
use crate::catalog::{Api, ErrorCode as _};
use crate::raise::Inner;
use crate::response::X_REQUEST_ID;
use crate::table::{Node, Placeholder};
use crate::{Error, RequestId, accept, page};

/// What every error answer of a service goes through on its way out: the request's id, its `Accept`, a hook for
/// metrics and, with the feature `tracing`, the log.
///
/// The layer of the feature `tower` is made from one, and so are the calls of the frameworks' features; with any other
/// framework on `http` 1.x it is called by hand:
///
/// ```
/// use bytes::Bytes;
/// use errbook::{ErrorHandler, mail::{Sending, sending}};
/// use http::{Request, Response};
///
/// let handler = ErrorHandler::<Sending>::new();
/// let request = Request::get("/nowhere").header("x-request-id", "req_7").body(()).unwrap();
///
/// let (mut parts, _) = request.into_parts();
/// let head = handler.read(&parts.method, &mut parts.headers);
/// let mut response: Response<Bytes> = Response::builder().status(404).body(Bytes::new()).unwrap();
/// handler.finish(&mut response, &head);
///
/// assert_eq!(response.headers()["x-request-id"], "req_7");
/// assert!(response.body().starts_with(br#"{"ok":false,"error":{"code":"not_found","#));
/// ```
pub struct ErrorHandler<A>(Arc<Settings<A>>);

struct Settings<A> {
    /// The header that carries the request's id, in and out.
    request_id: HeaderName,
    docs_origin: Option<Cow<'static, str>>,
    html: bool,
    hooks: Vec<Hook<A>>,
}

type Hook<A> = Arc<dyn Fn(&Error<A>, &RequestId) + Send + Sync>;

/// What an error's answer depends on of the request that it answers. Made by [`ErrorHandler::read`] before the request is
/// handled.
#[derive(Debug, Clone)]
pub struct RequestHead {
    id: RequestId,
    accept: Option<HeaderValue>,
    is_head: bool,
}

impl RequestHead {
    /// The id of the request, for the log and for requests that are made on its behalf.
    pub fn id(&self) -> &RequestId {
        &self.id
    }

    fn accept(&self) -> &str {
        self.accept.as_ref().and_then(|accept| accept.to_str().ok()).unwrap_or_default()
    }
}

/// In a response's extensions: this answer is somebody else's, an upstream's that is passed on, and stays as it is.
///
/// ```
/// use errbook::{ErrorHandler, Passthrough, mail::Sending};
///
/// let handler = ErrorHandler::<Sending>::new();
/// let head = handler.read(&http::Method::GET, &mut http::HeaderMap::new());
/// let mut response = http::Response::builder().status(502).body(bytes::Bytes::from("upstream's")).unwrap();
/// response.extensions_mut().insert(Passthrough);
/// handler.finish(&mut response, &head);
/// assert_eq!(response.body(), "upstream's");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Passthrough;

/// In a response's extensions: a handler further in wrote it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Written;

/// In a response's extensions: the error that it answers with, beside the [`Error`] for which only who knows its API can
/// ask.
#[derive(Debug, Clone)]
pub(crate) struct OfSomeApi {
    error: Arc<Inner>,
    /// What it was answered with.
    status: StatusCode,
    headers: &'static [(&'static str, Node)],
}

/// A complete answer with a new request id, and the error in its extensions.
#[cfg(any(feature = "actix", feature = "axum"))]
pub(crate) fn response<A: Api>(error: Error<A>) -> http::Response<Bytes> {
    let mut response = error.answer(&RequestId::new::<A>()).into_response();
    let left = OfSomeApi {
        error: Arc::clone(error.inner()),
        status: response.status(),
        headers: A::INFO.envelope.headers,
    };
    response.extensions_mut().insert(left);
    response.extensions_mut().insert(error);
    response
}

/// What is to be done with a response.
#[derive(Debug)]
pub(crate) enum Verdict<A> {
    /// Nothing: it is no error, it was written for its client on purpose, or it is passed on.
    Leave,
    /// It is this error's.
    Write(Error<A>),
    /// It is the framework's, whose text, where it has one, is for the log.
    Replace,
}

impl OfSomeApi {
    /// `None` where it is of another catalog.
    fn for_api<A: Api>(&self) -> Option<Error<A>> {
        std::ptr::eq(self.error.table, A::Code::TABLE).then(|| Error::of(Arc::clone(&self.error)))
    }
}

impl<A: Api> ErrorHandler<A> {
    /// JSON in the API's envelopes, a page for browsers, `doc_url` as the catalog has it.
    pub fn new() -> ErrorHandler<A> {
        let request_id = request_id_header::<A>();
        ErrorHandler(Arc::new(Settings { request_id, docs_origin: None, html: true, hooks: Vec::new() }))
    }

    /// Links to documentation elsewhere, for staging and local runs; see [`Answer::docs_origin`](crate::Answer).
    #[must_use]
    pub fn docs_origin(mut self, origin: impl Into<Cow<'static, str>>) -> ErrorHandler<A> {
        self.settings().docs_origin = Some(origin.into());
        self
    }

    /// No page for who prefers HTML (as browsers do), but JSON for everyone.
    #[must_use]
    pub fn without_html(mut self) -> ErrorHandler<A> {
        self.settings().html = false;
        self
    }

    /// Calls `hook` once for each error answer, with the error and the id of its request: for metrics, by
    /// `error.code().as_str()`, which is a `&'static str` out of a fixed set. A hook that panics is ignored.
    ///
    /// ```
    /// # use std::sync::{Arc, Mutex};
    /// use errbook::{ErrorHandler, mail::Sending};
    ///
    /// let counted: Arc<Mutex<Vec<&'static str>>> = Arc::default();
    /// let codes = Arc::clone(&counted);
    /// let handler = ErrorHandler::<Sending>::new()
    ///     .on_error(move |error, _| codes.lock().unwrap().push(error.code().as_str()));
    /// # let head = handler.read(&http::Method::GET, &mut http::HeaderMap::new());
    /// # handler.answer(&errbook::Error::for_status(404), &head);
    /// # assert_eq!(*counted.lock().unwrap(), ["not_found"]);
    /// ```
    #[must_use]
    pub fn on_error(
        mut self,
        hook: impl Fn(&Error<A>, &RequestId) + Send + Sync + 'static,
    ) -> ErrorHandler<A> {
        self.settings().hooks.push(Arc::new(hook));
        self
    }

    /// The header that carries the request's id.
    #[cfg(feature = "actix")]
    pub(crate) fn id_header(&self) -> &HeaderName {
        &self.0.request_id
    }

    fn settings(&mut self) -> &mut Settings<A> {
        Arc::make_mut(&mut self.0)
    }

    /// What is to be kept of a request. Its id is the one in its header, if there is one that is
    /// [fit to be repeated](RequestId::from_header), else a new one, which takes its place: whoever handles the request finds
    /// it there.
    pub fn read(&self, method: &Method, headers: &mut HeaderMap) -> RequestHead {
        let mut given = headers.get_all(&self.0.request_id).iter();
        // Of two ids none can be believed.
        let id = match (given.next(), given.next()) {
            (Some(value), None) => RequestId::from_header(value),
            _ => None,
        };
        let id = id.unwrap_or_else(|| {
            let id = RequestId::new::<A>();
            headers.insert(&self.0.request_id, (&id).into());
            id
        });
        let mut accepts = headers.get_all(ACCEPT).iter();
        let accept = match (accepts.next(), accepts.next()) {
            (first, None) => first.cloned(),
            // Several lines are one list (RFC 9110 section 5.3).
            _ => {
                let lines: Vec<_> = headers.get_all(ACCEPT).iter().map(HeaderValue::as_bytes).collect();
                HeaderValue::from_bytes(&lines.join(&b", "[..])).ok()
            }
        };
        RequestHead { id, accept, is_head: method == Method::HEAD }
    }

    /// The answer with this error, as the request's client can read it. It is logged and counted: call it once for an
    /// error.
    pub fn answer(&self, error: &Error<A>, head: &RequestHead) -> http::Response<Bytes> {
        let mut response = http::Response::new(Bytes::new());
        self.write(&mut response, error, head);
        response
    }

    /// Makes a response an answer of the API, where it isn't one:
    ///
    /// * of an [`Error`] in its extensions, where the features' `IntoResponse` leaves it: written anew, with the request's
    ///   id. One of another API of the catalog is what [`for_api`](Error::for_api) makes of it, one of another catalog
    ///   stays as it is;
    /// * of anything else from 400 to 599 whose body has no content type or is plain text: replaced by what
    ///   [`Error::for_response`] says. The text is the source of the error, for the log, and is never sent;
    /// * everything else, and what is marked by [`Passthrough`], stays as it is.
    ///
    /// Headers stay, but for those that describe a replaced body.
    pub fn finish<B: AsRef<[u8]> + From<Bytes>>(&self, response: &mut http::Response<B>, head: &RequestHead) {
        let error = match self.verdict(response) {
            Verdict::Leave => return self.mark(response, head),
            Verdict::Write(error) => error,
            Verdict::Replace => {
                let body = response.body().as_ref();
                let text = body.get(..MAX_TEXT).unwrap_or(body).to_vec();
                replacement(response, text)
            }
        };
        self.write(response, &error, head);
    }

    pub(crate) fn verdict<B>(&self, response: &http::Response<B>) -> Verdict<A> {
        let (status, extensions) = (response.status(), response.extensions());
        if extensions.get::<Passthrough>().is_some() || extensions.get::<Written>().is_some() {
            return Verdict::Leave;
        }
        // Another status: somebody answered something else after all.
        let own = extensions.get::<Error<A>>().filter(|error| error.answer("").status() == status);
        let other = || extensions.get::<OfSomeApi>().filter(|other| other.status == status)?.for_api();
        if let Some(error) = own.cloned().or_else(other) {
            return Verdict::Write(error);
        }
        if !status.is_client_error() && !status.is_server_error() {
            return Verdict::Leave;
        }
        let Some(content_type) = response.headers().get(CONTENT_TYPE) else { return Verdict::Replace };
        let content_type = String::from_utf8_lossy(content_type.as_bytes());
        match accept::essence(&content_type).eq_ignore_ascii_case("text/plain") {
            true => Verdict::Replace,
            false => Verdict::Leave,
        }
    }

    /// The request's id on an answer that is not written here.
    pub(crate) fn mark<B>(&self, response: &mut http::Response<B>, head: &RequestHead) {
        if response.extensions().get::<Passthrough>().is_none() {
            response.headers_mut().entry(&self.0.request_id).or_insert_with(|| head.id().into());
        }
    }

    /// Writes the error over what the response was.
    pub(crate) fn write<B: From<Bytes>>(
        &self,
        response: &mut http::Response<B>,
        error: &Error<A>,
        head: &RequestHead,
    ) {
        let docs_origin = self.0.docs_origin.as_deref();
        let mut answer = error.answer(head.id());
        answer.docs_origin = docs_origin;
        let (answer, quality) = answer.preferred(head.accept());
        let is_page = self.0.html && accept::quality(head.accept(), "text/html") > quality;

        // Of several envelopes each may have a status of its own.
        *response.status_mut() = answer.status();
        let own = answer.headers();
        let envelope: &[(&str, Node)] = answer.envelope.headers;
        let is_of_the_envelope = |name: &str| envelope.iter().any(|(known, _)| name == *known);
        let replaced = response.extensions().get::<OfSomeApi>().map_or(&[][..], |replaced| replaced.headers);
        let headers = response.headers_mut();
        for name in OF_THE_BODY {
            headers.remove(name);
        }
        // Those of another envelope: a code that isn't the answer's, another id.
        for (name, _) in replaced.iter().filter(|(name, _)| !is_of_the_envelope(name)) {
            headers.remove(*name);
        }
        for (name, value) in &own {
            // What the response says of itself (how long to wait, which methods there are) is nearer to the cause.
            if is_of_the_envelope(name.as_str())
                || name == CONTENT_TYPE
                || !headers.contains_key(name) && name != VARY
            {
                headers.insert(name.clone(), value.clone());
            }
        }
        headers.insert(self.0.request_id.clone(), head.id().into());
        if self.0.html || has_several_types::<A>() {
            vary_by_accept(headers);
        }
        let body = match is_page {
            true => {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static(page::CONTENT_TYPE));
                headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(page::SECURITY_POLICY));
                headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
                page::html(error, head.id(), docs_origin).into_bytes()
            }
            false => answer.body(),
        };
        // The length of what GET would have been answered with (RFC 9110 section 9.3.2).
        if head.is_head {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        }
        *response.body_mut() = B::from(if head.is_head { Bytes::new() } else { body.into() });
        let extensions = response.extensions_mut();
        // For who stands further out.
        extensions.insert(error.clone());
        extensions.insert(Written);
        self.observe(error, head.id());
    }

    fn observe(&self, error: &Error<A>, id: &RequestId) {
        // The answer is more important than its being logged and counted.
        let ignored = |observe: &dyn Fn()| drop(catch_unwind(AssertUnwindSafe(observe)));
        #[cfg(feature = "tracing")]
        ignored(&|| crate::trace::event(error, id));
        for hook in &self.0.hooks {
            ignored(&|| hook(error, id));
        }
    }
}

/// So much of the text of an answer that is replaced is kept for the log, in bytes.
pub(crate) const MAX_TEXT: usize = 8 * 1024;

/// The error that takes the place of a framework's answer with this text.
pub(crate) fn replacement<A: Api, B>(response: &http::Response<B>, text: Vec<u8>) -> Error<A> {
    let error = Error::<A>::for_response(response.status().as_u16(), response.headers());
    match text.is_empty() {
        true => error,
        false => error.because(String::from_utf8_lossy(&text).into_owned()),
    }
}

/// A panic is a fault of the service's, whatever its text says.
#[cfg(any(feature = "actix", feature = "tower"))]
pub(crate) fn panicked<A: Api>(panic: &(dyn std::any::Any + Send)) -> Error<A> {
    Error::for_status(500).because(format!("panicked: {}", panic_text(panic).unwrap_or("no text")))
}

/// What `panic!` was told.
#[cfg(any(feature = "actix", feature = "tower"))]
pub(crate) fn panic_text(panic: &(dyn std::any::Any + Send)) -> Option<&str> {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
}

/// Headers that describe a body, and go with it.
const OF_THE_BODY: [HeaderName; 12] = [
    ACCEPT_RANGES,
    CONTENT_DISPOSITION,
    CONTENT_ENCODING,
    CONTENT_LANGUAGE,
    CONTENT_LENGTH,
    CONTENT_LOCATION,
    CONTENT_TYPE,
    ETAG,
    LAST_MODIFIED,
    TRANSFER_ENCODING,
    // RFC 9530.
    HeaderName::from_static("content-digest"),
    HeaderName::from_static("repr-digest"),
];

/// The header in which the API's envelope has the request's id.
pub(crate) fn request_id_header<A: Api>() -> HeaderName {
    let mut headers = A::INFO.envelope.headers.iter();
    let named = headers.find_map(|(name, node)| match node {
        Node::Required(Placeholder::RequestId) | Node::Optional(Placeholder::RequestId) => Some(*name),
        _ => None,
    });
    HeaderName::from_static(named.unwrap_or(X_REQUEST_ID))
}

fn vary_by_accept(headers: &mut HeaderMap) {
    if !varies_by_accept(headers) {
        headers.append(VARY, HeaderValue::from_static("accept"));
    }
}

/// RFC 9110 section 12.5.5.
pub(crate) fn varies_by_accept(headers: &HeaderMap) -> bool {
    headers.get_all(VARY).iter().any(|value| {
        let mut names = value.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        names.any(|name| name == b"*" || name.eq_ignore_ascii_case(b"accept"))
    })
}

impl<A: Api> Default for ErrorHandler<A> {
    fn default() -> ErrorHandler<A> {
        ErrorHandler::new()
    }
}

impl<A> Clone for ErrorHandler<A> {
    fn clone(&self) -> ErrorHandler<A> {
        ErrorHandler(Arc::clone(&self.0))
    }
}

impl<A> Clone for Settings<A> {
    fn clone(&self) -> Settings<A> {
        let Settings { request_id, docs_origin, html, hooks } = self;
        Settings {
            request_id: request_id.clone(),
            docs_origin: docs_origin.clone(),
            html: *html,
            hooks: hooks.clone(),
        }
    }
}

impl<A> fmt::Debug for ErrorHandler<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Settings { request_id, docs_origin, html, hooks } = &*self.0;
        f.debug_struct("ErrorHandler")
            .field("request_id", request_id)
            .field("docs_origin", docs_origin)
            .field("html", html)
            .field("hooks", &hooks.len())
            .finish()
    }
}
