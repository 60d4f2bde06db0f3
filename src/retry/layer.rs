use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::header::HOST;
use http::request::Parts;
use http::uri::Scheme;
use http::{Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use super::peek::Peeked;
use super::{Failure, Outcome, Retries, Timer as _, Tokio};
use crate::catalog::Api;

/// Sends requests to the API `A` again, around any client that is a [`tower`](tower_service) service on `http` 1.x.
///
/// A request whose body can be cloned can be sent again: `Full<Bytes>` can, axum's `Body` can't. What is known of it beside
/// its method (that it is idempotent, how much time is left) stands in its extensions, as an [`Attempt`](super::Attempt).
///
/// An error answer is read as far as the decision needs it, for ten seconds at most, and given on whole; the last one has its
/// [`ErrorResponse`](crate::ErrorResponse), with the [`Outcome`], in its extensions. A success is not read, unless the
/// catalog says that errors have its status (`status: 200` at an envelope). An error of the client itself has no place for
/// an outcome: two layers around each other multiply it, unless its type [makes one](RetryLayer::outcomes).
///
/// To wait until the inner service is ready is a part of an attempt, which no deadline ends. What follows redirects stands around
/// the layer: inside, what it is led to counts as an answer to the request itself.
///
/// A key goes into a header; into a [member](super::KeyIn::member) of the body only the caller can put it. What unpacks bodies stands
/// inside: of a packed one nothing can be read. Nothing here renews a token: an answer that asks for it is given on.
///
/// ```
/// use errbook::mail::Sending;
/// use errbook::retry::{Failure, KeyIn, Policy, Retries, RetryLayer};
/// use http::{Request, Response};
/// use http_body_util::Full;
/// use bytes::Bytes;
/// use tower::{ServiceBuilder, ServiceExt as _, service_fn};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// # let api = service_fn(|_: Request<Full<Bytes>>| async { Ok::<_, std::io::Error>(Response::new(Full::<Bytes>::default())) });
/// let retries = Retries::new(Policy::default()).keys(KeyIn::header("idempotency-key"));
/// let retry = RetryLayer::<Sending, std::io::Error>::new(retries).failures(|error| match error.kind() {
///     std::io::ErrorKind::ConnectionRefused => Failure::not_sent(),
///     _ => Failure::no_answer(),
/// });
/// let api = ServiceBuilder::new().layer(retry).service(api);
///
/// let request = Request::post("https://api.example/emails").body(Full::<Bytes>::from("{}")).unwrap();
/// assert_eq!(api.oneshot(request).await.unwrap().status(), 200);
/// # }
/// ```
pub struct RetryLayer<A, E> {
    retries: Retries,
    failure: fn(&E) -> Failure,
    ended: fn(E, Outcome) -> E,
    api: PhantomData<fn() -> A>,
}

/// What [`RetryLayer`] makes of a client.
pub struct RetryService<S, A, E> {
    inner: S,
    layer: RetryLayer<A, E>,
}

impl<A: Api, E> RetryLayer<A, E> {
    /// An error of the client itself leaves open whether the request was sent.
    pub fn new(retries: Retries) -> RetryLayer<A, E> {
        RetryLayer { retries, failure: |_| Failure::no_answer(), ended: |error, _| error, api: PhantomData }
    }

    /// What an error of the client itself says of the request.
    #[must_use]
    pub fn failures(self, failure: fn(&E) -> Failure) -> RetryLayer<A, E> {
        RetryLayer { failure, ..self }
    }

    /// How an error of the client itself keeps what came of its retries, for its reader and for whoever retries further out
    /// (there a [`Failure`] says that it is [`exhausted`](Failure::exhausted)). Without this nobody learns it: an error of another's
    /// has no place for it. One that is [`AsFailure`](super::AsFailure) has.
    ///
    /// ```
    /// use errbook::mail::Sending;
    /// use errbook::reqwest::Error;
    /// use errbook::retry::{AsFailure, Retries, RetryLayer};
    ///
    /// let retry = RetryLayer::<Sending, Error<Sending>>::new(Retries::default())
    ///     .failures(Error::as_failure)
    ///     .outcomes(Error::with_outcome);
    /// ```
    #[must_use]
    pub fn outcomes(self, ended: fn(E, Outcome) -> E) -> RetryLayer<A, E> {
        RetryLayer { ended, ..self }
    }
}

impl<S, A: Api, E> Layer<S> for RetryLayer<A, E> {
    type Service = RetryService<S, A, E>;

    fn layer(&self, inner: S) -> RetryService<S, A, E> {
        RetryService { inner, layer: self.clone() }
    }
}

impl<S, A, E, B, R> Service<Request<B>> for RetryService<S, A, E>
where
    A: Api,
    S: Service<Request<B>, Response = Response<R>, Error = E> + Clone + Send + 'static,
    S::Future: Send,
    E: Send + 'static,
    B: Clone + Send + 'static,
    R: Body + Unpin + Send + 'static,
    R::Data: Send,
    R::Error: Send,
{
    type Response = Response<Peeked<R>>;
    type Error = E;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Peeked<R>>, E>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), E>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The one that is ready goes along.
        let next = self.inner.clone();
        let inner = std::mem::replace(&mut self.inner, next);
        Box::pin(run(inner, self.layer.clone(), request))
    }
}

async fn run<S, A, E, B, R>(
    mut inner: S,
    layer: RetryLayer<A, E>,
    request: Request<B>,
) -> Result<Response<Peeked<R>>, E>
where
    A: Api,
    S: Service<Request<B>, Response = Response<R>, Error = E>,
    B: Clone,
    R: Body + Unpin,
{
    let (mut parts, body) = request.into_parts();
    let first = layer.retries.prepare(&parts.method, &mut parts.headers, &parts.extensions, None).attempt;
    let mut operation = layer.retries.begin(&host(&parts), first, Tokio.now());
    let mut ready = Ok(());
    loop {
        let sent = match ready {
            Ok(()) => inner.call(Request::from_parts(parts.clone(), body.clone())).await,
            Err(error) => Err(error),
        };
        let failure = |error: &E| Some((layer.failure)(error));
        if let ControlFlow::Break((result, outcome)) =
            operation.after::<A, R, E, ()>(sent, Some(()), failure).await
        {
            return result.map_err(|error| match outcome {
                Some(outcome) => (layer.ended)(error, outcome),
                None => error,
            });
        }
        ready = std::future::poll_fn(|context| inner.poll_ready(context)).await;
    }
}

/// In one form, so that it has one budget: in lower case, with the port where it isn't the scheme's (RFC 9110 section 4.2.3).
fn host(request: &Parts) -> String {
    let in_header = || request.headers.get(HOST)?.to_str().ok()?.parse().ok();
    let Some(authority) = request.uri.authority().cloned().or_else(in_header) else { return String::new() };
    let usual = if request.uri.scheme() == Some(&Scheme::HTTPS) { 443 } else { 80 };
    let host = authority.host().to_ascii_lowercase();
    match authority.port_u16().filter(|port| *port != usual) {
        Some(port) => format!("{host}:{port}"),
        None => host,
    }
}

impl<A, E> Clone for RetryLayer<A, E> {
    fn clone(&self) -> RetryLayer<A, E> {
        let RetryLayer { ref retries, failure, ended, api } = *self;
        RetryLayer { retries: retries.clone(), failure, ended, api }
    }
}

impl<S: Clone, A, E> Clone for RetryService<S, A, E> {
    fn clone(&self) -> RetryService<S, A, E> {
        RetryService { inner: self.inner.clone(), layer: self.layer.clone() }
    }
}

impl<A, E> fmt::Debug for RetryLayer<A, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RetryLayer").field(&self.retries).finish()
    }
}

impl<S: fmt::Debug, A, E> fmt::Debug for RetryService<S, A, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryService").field("inner", &self.inner).field("layer", &self.layer).finish()
    }
}
