//! The layer by which every error answer of a service is the catalog's, for any [`tower`](tower_service) service that
//! answers with `http` 1.x.
//!
//! It stands outside everything that may answer by itself: routes, limits, timeouts, compression. Inside it nothing has
//! to be set up; outside it stands what has to see all answers, as CORS.
//!
//! ```
//! use std::convert::Infallible;
//! use bytes::Bytes;
//! use errbook::{mail::Sending, tower::ErrorLayer};
//! use http::{Request, Response};
//! use http_body_util::Full;
//! use tower::{ServiceBuilder, ServiceExt as _, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let service = ServiceBuilder::new().layer(ErrorLayer::<Sending>::new()).service(service_fn(
//!     |_: Request<Full<Bytes>>| async {
//!         let nothing = Response::builder().status(404).body(Full::<Bytes>::default()).unwrap();
//!         Ok::<_, Infallible>(nothing)
//!     },
//! ));
//!
//! let response = service.oneshot(Request::new(Full::default())).await.unwrap();
//! assert_eq!(response.headers()["content-type"], "application/json");
//! assert!(response.headers()["x-request-id"].to_str().unwrap().starts_with("req_"));
//! # }
//! ```

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use bytes::{Buf as _, BufMut as _, Bytes};
use http::{Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use crate::catalog::Api;
use crate::handler::{MAX_TEXT, RequestHead, Verdict, panicked, replacement};
use crate::{Error, ErrorHandler};

/// Makes an [`ErrorService`] of a service.
pub struct ErrorLayer<A>(ErrorHandler<A>);

/// A service whose every error answer is one of the API `A`: see [`ErrorHandler::finish`] for what is written and what is
/// left alone.
///
/// The request's id is in the header of the request, as [`ErrorHandler::read`] puts it there, and in that of every
/// answer. A panic of the service is answered as HTTP 500 is, unless the binary is built with `panic = "abort"`. Of a body
/// that is replaced as much is read for the log as is there at once, at most 8 KiB.
pub struct ErrorService<S, A> {
    inner: S,
    handler: ErrorHandler<A>,
}

impl<A: Api> ErrorLayer<A> {
    /// With the usual [`ErrorHandler`].
    pub fn new() -> ErrorLayer<A> {
        ErrorLayer(ErrorHandler::new())
    }
}

impl<A> From<ErrorHandler<A>> for ErrorLayer<A> {
    fn from(handler: ErrorHandler<A>) -> ErrorLayer<A> {
        ErrorLayer(handler)
    }
}

impl<S, A> Layer<S> for ErrorLayer<A> {
    type Service = ErrorService<S, A>;

    fn layer(&self, inner: S) -> ErrorService<S, A> {
        ErrorService { inner, handler: self.0.clone() }
    }
}

impl<S, A, B, R> Service<Request<B>> for ErrorService<S, A>
where
    A: Api,
    S: Service<Request<B>, Response = Response<R>>,
    R: Body + From<Bytes>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = ErrorFuture<S::Future, A>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> ErrorFuture<S::Future, A> {
        let method = request.method().clone();
        let head = self.handler.read(&method, request.headers_mut());
        let state = match catch_unwind(AssertUnwindSafe(|| self.inner.call(request))) {
            Ok(future) => State::Running { future },
            Err(panic) => State::Panicked { error: Some(panicked(&*panic)) },
        };
        ErrorFuture { state, head, handler: self.handler.clone() }
    }
}

pin_project_lite::pin_project! {
    /// The answer of an [`ErrorService`], on its way.
    pub struct ErrorFuture<F, A> {
        #[pin]
        state: State<F, A>,
        head: RequestHead,
        handler: ErrorHandler<A>,
    }
}

pin_project_lite::pin_project! {
    #[project = StateProjection]
    enum State<F, A> {
        Running {
            #[pin]
            future: F,
        },
        /// Before there was a future; taken by the answer.
        Panicked { error: Option<Error<A>> },
    }
}

impl<F, A, R, E> Future for ErrorFuture<F, A>
where
    A: Api,
    F: Future<Output = Result<Response<R>, E>>,
    R: Body + From<Bytes>,
{
    type Output = Result<Response<R>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let polled = match this.state.as_mut().project() {
            StateProjection::Running { future } => {
                match catch_unwind(AssertUnwindSafe(|| future.poll(context))) {
                    Ok(Poll::Pending) => return Poll::Pending,
                    Ok(Poll::Ready(response)) => Ok(response),
                    Err(panic) => Err(panicked(&*panic)),
                }
            }
            StateProjection::Panicked { error } => {
                Err(error.take().unwrap_or_else(|| Error::for_status(500)))
            }
        };
        let (handler, head) = (&*this.handler, &*this.head);
        let response = match polled {
            Ok(Ok(mut response)) => {
                match handler.verdict(&response) {
                    Verdict::Leave => handler.mark(&mut response, head),
                    Verdict::Write(error) => handler.write(&mut response, &error, head),
                    Verdict::Replace => {
                        let body = std::mem::replace(response.body_mut(), R::from(Bytes::new()));
                        // It is the service's, too.
                        let text = catch_unwind(AssertUnwindSafe(|| at_once(body, context)));
                        let error = replacement(&response, text.unwrap_or_default());
                        handler.write(&mut response, &error, head);
                    }
                }
                response
            }
            Ok(Err(error)) => return Poll::Ready(Err(error)),
            Err(error) => handler.answer(&error, head).map(R::from),
        };
        Poll::Ready(Ok(response))
    }
}

/// As much of a body as is there without waiting: a framework's text is there at once, and nobody waits for another.
fn at_once(body: impl Body, context: &mut Context<'_>) -> Vec<u8> {
    // So many frames, for one can be empty.
    const MAX_FRAMES: usize = 64;
    let mut body = pin!(body);
    let mut text = Vec::new();
    for _ in 0..MAX_FRAMES {
        let Poll::Ready(Some(Ok(frame))) = body.as_mut().poll_frame(context) else { break };
        let Ok(data) = frame.into_data() else { break };
        let room = MAX_TEXT - text.len();
        text.put(data.take(room));
        if text.len() == MAX_TEXT {
            break;
        }
    }
    text
}

impl<A: Api> Default for ErrorLayer<A> {
    fn default() -> ErrorLayer<A> {
        ErrorLayer::new()
    }
}

impl<A> Clone for ErrorLayer<A> {
    fn clone(&self) -> ErrorLayer<A> {
        ErrorLayer(self.0.clone())
    }
}

impl<S: Clone, A> Clone for ErrorService<S, A> {
    fn clone(&self) -> ErrorService<S, A> {
        ErrorService { inner: self.inner.clone(), handler: self.handler.clone() }
    }
}

impl<A> fmt::Debug for ErrorLayer<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ErrorLayer").field(&self.0).finish()
    }
}

impl<S: fmt::Debug, A> fmt::Debug for ErrorService<S, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErrorService").field("inner", &self.inner).field("handler", &self.handler).finish()
    }
}

impl<F, A> fmt::Debug for ErrorFuture<F, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErrorFuture").field("head", &self.head).finish_non_exhaustive()
    }
}
