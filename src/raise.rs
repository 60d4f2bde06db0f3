use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;

use crate::catalog::{Api, Codes, ErrorCode, Payload, TakesParam, TakesRetryAfter, TakesStatus};
use crate::table::{HeaderSource, Part, Row, Slots, Table};
use crate::value::Value;
use crate::{Answer, Status, retry_after};

/// What can become an [`Error`] of an API: a payload of the generated module `code`, a payload with more said about it
/// ([`Raising`]), accumulated [`Issues`](crate::Issues), and a service's own error with `#[derive(ApiError)]`.
///
/// Its methods add what the catalog allows a code; what it requires is a field of the payload.
///
/// ```
/// use errbook::{mail::{code, sending}, prelude::*};
///
/// fn check(to: &str) -> sending::Result<()> {
///     if to.is_empty() {
///         return Err(code::MissingParameter.at("to").into());
///     }
///     Ok(())
/// }
///
/// assert_eq!(check("").unwrap_err().param(), Some("to"));
/// ```
#[diagnostic::on_unimplemented(
    label = "`{Self}` is no error of a catalog: give the result a code by `.or_raise(code::X)`, or derive `errbook::ApiError` for a type of your own"
)]
pub trait Raise: Sized {
    /// The codes that this can become.
    #[doc(hidden)]
    type Codes;

    /// The error, not yet of an API.
    fn raise(self) -> Raised;

    /// Names the request's field that the error is about: `to[1].email`.
    fn at(self, param: impl Into<Cow<'static, str>>) -> Raising<Self>
    where
        Self: Payload + TakesParam,
    {
        Raising::new(self).at(param)
    }

    /// Says it in other words than the catalog. The text is sent: no internals.
    fn message(self, message: impl Into<Cow<'static, str>>) -> Raising<Self>
    where
        Self: Payload,
    {
        Raising::new(self).message(message)
    }

    /// Asks the client to wait: the header `Retry-After`, rounded up to whole seconds, at least one
    /// (RFC 9110 section 10.2.3).
    fn retry_after(self, wait: Duration) -> Raising<Self>
    where
        Self: Payload + TakesRetryAfter,
    {
        Raising::new(self).retry_after(wait)
    }

    /// Keeps what led to this, for the log. It is never sent.
    fn because(self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Raising<Self>
    where
        Self: Payload,
    {
        Raising::new(self).because(source)
    }
}

#[diagnostic::do_not_recommend]
impl<P: Payload> Raise for P {
    type Codes = (P,);

    fn raise(self) -> Raised {
        Raising::new(self).raise()
    }
}

// Only a payload gets into a `Raising`: asking for it again, rustc would say twice that something is none.
#[diagnostic::do_not_recommend]
impl<P> Raise for Raising<P> {
    type Codes = (P,);

    fn raise(self) -> Raised {
        Raised(self.0)
    }
}

/// Turns a failed result into an error of the catalog, and keeps the failure as its source: logged, never sent.
///
/// ```
/// use errbook::{mail::{code, sending}, prelude::*};
///
/// fn load() -> sending::Result<String> {
///     Ok(std::fs::read_to_string("/no/such/file").or_raise(code::InternalError)?)
/// }
///
/// let error = load().unwrap_err();
/// assert!(std::error::Error::source(&error).is_some());
/// assert!(!String::from_utf8(error.answer("req_1").body()).unwrap().contains("such"));
/// ```
pub trait OrRaise<T> {
    /// The value, or `payload` because of the failure.
    fn or_raise<P: Payload>(self, payload: P) -> Result<T, Raising<P>>;
}

impl<T, E: Into<Box<dyn StdError + Send + Sync>>> OrRaise<T> for Result<T, E> {
    fn or_raise<P: Payload>(self, payload: P) -> Result<T, Raising<P>> {
        self.map_err(|source| Raising::new(payload).because(source))
    }
}

/// A payload with more said about it: a param, a wait, a source, other words.
#[must_use]
pub struct Raising<P>(Arc<Inner>, PhantomData<fn() -> P>);

impl<P: Payload> Raising<P> {
    /// The payload alone.
    pub fn new(payload: P) -> Raising<P> {
        let Slots { values, param, retry_after } = payload.into_slots();
        let inner = Inner { values, param, retry_after, ..Inner::new(P::Code::TABLE, P::CODE.index()) };
        Raising(Arc::new(inner), PhantomData)
    }

    /// See [`Raise::at`].
    pub fn at(mut self, param: impl Into<Cow<'static, str>>) -> Raising<P>
    where
        P: TakesParam,
    {
        Arc::make_mut(&mut self.0).param = Some(param.into());
        self
    }

    /// See [`Raise::message`].
    pub fn message(mut self, message: impl Into<Cow<'static, str>>) -> Raising<P> {
        Arc::make_mut(&mut self.0).message = Some(message.into());
        self
    }

    /// See [`Raise::retry_after`].
    pub fn retry_after(mut self, wait: Duration) -> Raising<P>
    where
        P: TakesRetryAfter,
    {
        Arc::make_mut(&mut self.0).retry_after = Some(wait);
        self
    }

    /// See [`Payload::status`].
    pub fn status(mut self, status: Status) -> Raising<P>
    where
        P: TakesStatus,
    {
        let known = self.0.row().status(status.as_u16());
        debug_assert!(known.is_some(), "`{}` is not sent with HTTP {status}", self.0.row().code);
        Arc::make_mut(&mut self.0).status = known;
        self
    }

    /// See [`Raise::because`].
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Raising<P> {
        Arc::make_mut(&mut self.0).source = Some(Arc::from(source.into()));
        self
    }

    pub(crate) fn into_inner(self) -> Arc<Inner> {
        self.0
    }
}

impl<P> fmt::Debug for Raising<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An error of a catalog that is not yet of an API. What `#[derive(ApiError)]` returns.
#[derive(Debug)]
#[must_use]
pub struct Raised(pub(crate) Arc<Inner>);

impl Raised {
    /// Keeps what led to this, for the log. It is never sent.
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Raised {
        Arc::make_mut(&mut self.0).source = Some(Arc::from(source.into()));
        self
    }
}

/// An error that the API `A` answers with. One pointer wide.
///
/// Made by `?` or `.into()` from whatever implements [`Raise`], if `A` emits its codes; else it's a compile error.
/// [`answer`](Error::answer) writes it; features do so for their framework. `Display` and
/// [`source`](std::error::Error::source) are for the log.
///
/// ```
/// use std::time::Duration;
/// use errbook::mail::{Code, code, sending};
///
/// let error: sending::Error = code::RateLimitExceeded { retry_after: Duration::from_secs(30) }.into();
/// assert_eq!(error.code(), Code::RateLimitExceeded);
/// assert_eq!(error.status().as_u16(), 429);
/// assert_eq!(error.retry_after(), Some(Duration::from_secs(30)));
/// ```
#[must_use]
pub struct Error<A>(Arc<Inner>, PhantomData<fn() -> A>);

impl<A: Api> Error<A> {
    /// What the API answers with a status where no handler did (no route, wrong method, a panic): the code that
    /// `by_status` in the catalog gives it. The answer has the status of that code; of several the one asked for, where
    /// it is among them.
    ///
    /// ```
    /// use errbook::mail::{Code, sending};
    ///
    /// assert_eq!(sending::Error::for_status(405).code(), Code::MethodNotAllowed);
    /// ```
    pub fn for_status(status: u16) -> Error<A> {
        Error(Arc::new(Inner::bare::<A>(status)), PhantomData)
    }

    /// The same for an answer that is replaced: its Retry-After, Allow and WWW-Authenticate are taken over where the
    /// code has them.
    ///
    /// ```
    /// use errbook::mail::sending;
    /// use http::HeaderMap;
    ///
    /// let mut headers = HeaderMap::new();
    /// headers.insert("allow", "GET".parse().unwrap());
    /// let error = sending::Error::for_response(405, &headers);
    /// assert_eq!(error.answer("req_1").headers()["allow"], "GET");
    /// ```
    pub fn for_response(status: u16, headers: &HeaderMap) -> Error<A> {
        let mut inner = Inner::bare::<A>(status);
        inner.retry_after = retry_after::from_headers(headers, retry_after::clock);
        for header in inner.row().headers {
            let text = crate::response::header(headers, header.name);
            if let (HeaderSource::Slot(slot), Some(text)) = (header.value, text) {
                inner.values.resize(inner.values.len().max(slot + 1), Value::Absent);
                inner.values[slot] = Value::String(text.to_owned());
            }
        }
        Error(Arc::new(inner), PhantomData)
    }

    /// What was raised, as this API can say it.
    pub(crate) fn of(raised: Arc<Inner>) -> Error<A> {
        let code = A::Code::from_index(raised.code).filter(|_| std::ptr::eq(raised.table, A::Code::TABLE));
        if !code.is_some_and(A::emits) {
            // Of another API, or of another catalog, which only a hand-written `Raise` can make.
            let mut inner = Inner::bare::<A>(raised.status().as_u16());
            inner.retry_after = raised.retry_after;
            inner.source = raised.source.clone();
            return Error(Arc::new(inner), PhantomData);
        }
        // An envelope without a list has room for the first issue.
        match raised.issues.first() {
            Some(first) if !A::INFO.envelope.lists_issues() => Error::of(Arc::clone(first)),
            _ => Error(raised, PhantomData),
        }
    }

    /// The error as it is, to see what is written of it.
    pub(crate) fn rendering(inner: Arc<Inner>) -> Error<A> {
        Error(inner, PhantomData)
    }

    /// The code.
    pub fn code(&self) -> A::Code {
        A::Code::from_index(self.0.code).unwrap_or_else(|| A::code_for(500))
    }

    /// The HTTP status of the answer.
    pub fn status(&self) -> Status {
        self.0.status()
    }

    /// Is it this code?
    pub fn is(&self, code: A::Code) -> bool {
        self.code() == code
    }

    /// The text that is sent.
    pub fn message(&self) -> Cow<'_, str> {
        self.0.message()
    }

    /// The field of the request that it is about: of the first issue where there are several.
    pub fn param(&self) -> Option<&str> {
        self.0.param()
    }

    /// The wait that is asked of the client.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after()
    }

    /// The payload, where `P` is the one of this code.
    pub fn details<P: Payload<Code = A::Code>>(&self) -> Option<P> {
        if P::CODE != self.code() {
            return None;
        }
        let mut slots = Slots {
            values: self.0.values.clone(),
            param: self.0.param.clone(),
            retry_after: self.0.retry_after,
        };
        P::from_slots(&mut slots)
    }

    /// Asks the client to wait, where the code takes a `Retry-After`; for answers made by
    /// [`for_status`](Error::for_status). A code raised by its payload says it there.
    pub fn with_retry_after(mut self, wait: impl Into<Option<Duration>>) -> Error<A> {
        Arc::make_mut(&mut self.0).retry_after = wait.into();
        self
    }

    /// Says it in other words than the catalog.
    #[cfg(feature = "request")]
    pub(crate) fn with_message(mut self, message: impl Into<Cow<'static, str>>) -> Error<A> {
        Arc::make_mut(&mut self.0).message = Some(message.into());
        self
    }

    /// Keeps what led to this, for the log. It is never sent.
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Error<A> {
        Arc::make_mut(&mut self.0).source = Some(Arc::from(source.into()));
        self
    }

    /// The same error of another API of the catalog: itself where `B` emits its code, else what `B` answers with its
    /// status. Source and wait are kept.
    pub fn for_api<B: Api<Code = A::Code>>(self) -> Error<B> {
        Error::of(self.0)
    }

    /// The answer to the request with this id.
    pub fn answer<'e>(&'e self, request_id: &'e (impl AsRef<str> + ?Sized)) -> Answer<'e, A> {
        Answer {
            error: self,
            request_id: request_id.as_ref(),
            envelope: A::INFO.envelope,
            docs_origin: None,
            clock: retry_after::clock,
        }
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.0
    }
}

impl<A: Api, R: Raise> From<R> for Error<A>
where
    R::Codes: Codes<A>,
{
    fn from(error: R) -> Error<A> {
        Error::of(error.raise().0)
    }
}

impl<A> Clone for Error<A> {
    fn clone(&self) -> Error<A> {
        Error(Arc::clone(&self.0), PhantomData)
    }
}

/// `not_found: The resource does not exist. (HTTP 404, param=from)`, for the log; the source is
/// [`source`](std::error::Error::source).
impl<A: Api> fmt::Display for Error<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = self.0.row();
        write!(f, "{}: {} (HTTP {}", row.code, crate::text::OneLine(&self.message()), self.status())?;
        if let Some(param) = self.param() {
            write!(f, ", param={}", crate::text::OneLine(param))?;
        }
        f.write_str(")")
    }
}

impl<A> fmt::Debug for Error<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<A: Api> StdError for Error<A> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// What stands behind the one pointer. Codes and APIs are the business of the types around it.
#[derive(Clone)]
pub(crate) struct Inner {
    pub(crate) table: &'static Table,
    pub(crate) code: u16,
    /// One of the code's, where it isn't the default one.
    pub(crate) status: Option<Status>,
    pub(crate) values: Vec<Value>,
    pub(crate) param: Option<Cow<'static, str>>,
    /// Where it differs from the catalog's.
    pub(crate) message: Option<Cow<'static, str>>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) issues: Vec<Arc<Inner>>,
    pub(crate) source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Inner {
    pub(crate) fn new(table: &'static Table, code: u16) -> Inner {
        Inner {
            table,
            code,
            status: None,
            values: Vec::new(),
            param: None,
            message: None,
            retry_after: None,
            issues: Vec::new(),
            source: None,
        }
    }

    fn bare<A: Api>(status: u16) -> Inner {
        let inner = Inner::new(A::Code::TABLE, A::code_for(status).index());
        Inner { status: inner.row().status(status), ..inner }
    }

    pub(crate) fn row(&self) -> &'static Row {
        self.table.row(self.code)
    }

    pub(crate) fn status(&self) -> Status {
        self.status.unwrap_or(self.row().status)
    }

    /// Where the code has a Retry-After.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        let header = self.row().headers.iter().find(|header| header.name == "retry-after")?;
        match header.value {
            HeaderSource::Default(value) => retry_after::seconds(value),
            HeaderSource::RetryAfter | HeaderSource::Slot(_) => self.retry_after,
        }
    }

    pub(crate) fn param(&self) -> Option<&str> {
        self.param.as_deref().or_else(|| self.issues.first()?.param())
    }

    /// The text, where it is one piece.
    pub(crate) fn static_message(&self) -> Option<&str> {
        match (&self.message, self.row().message) {
            (Some(message), _) => Some(message),
            (None, [Part::Text(text)]) => Some(text),
            (None, _) => None,
        }
    }

    pub(crate) fn message(&self) -> Cow<'_, str> {
        match self.static_message() {
            Some(message) => Cow::Borrowed(message),
            None => Cow::Owned(Message(self).to_string()),
        }
    }
}

/// A message whose fields are filled in.
pub(crate) struct Message<'e>(pub(crate) &'e Inner);

impl Message<'_> {
    /// In bytes, roughly.
    pub(crate) fn len(&self) -> usize {
        let part = |part: &Part| match part {
            Part::Text(text) => text.len(),
            Part::Field(slot) => match self.0.values.get(*slot) {
                Some(Value::String(text)) => text.len(),
                _ => 20,
            },
        };
        self.0.static_message().map_or_else(|| self.0.row().message.iter().map(part).sum(), str::len)
    }
}

impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(message) = self.0.static_message() {
            return f.write_str(message);
        }
        for part in self.0.row().message {
            match part {
                Part::Text(text) => f.write_str(text)?,
                Part::Field(slot) => self.0.values.get(*slot).map_or(Ok(()), |value| value.fmt(f))?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Error");
        debug.field("code", &self.row().code).field("message", &self.message());
        if let Some(param) = self.param() {
            debug.field("param", &param);
        }
        if let Some(wait) = self.retry_after() {
            debug.field("retry_after", &wait);
        }
        if !self.issues.is_empty() {
            debug.field("issues", &self.issues);
        }
        if let Some(source) = &self.source {
            debug.field("source", source);
        }
        debug.finish()
    }
}
