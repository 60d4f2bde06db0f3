//! What comes of an attempt over HTTP: the answer is read as far as a decision needs it, and given on as it was.

use std::fmt;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, BufMut as _, Bytes};
use http::{HeaderMap, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use tokio::time::{Instant, timeout_at};

use super::{Failure, Next, Operation, Outcome, Timer as _, Tokio};
use crate::catalog::Api;
use crate::{ErrorResponse, accept};

pin_project_lite::pin_project! {
    /// A body of which the beginning was read already. Its data, trailers and error are those of the body itself.
    pub struct Peeked<B: Body> {
        front: Bytes,
        trailers: Option<HeaderMap>,
        error: Option<B::Error>,
        #[pin]
        rest: B,
    }
}

impl<B: Body> Peeked<B> {
    /// Nothing was read yet.
    fn unread(body: B) -> Peeked<B> {
        Peeked { front: Bytes::new(), trailers: None, error: None, rest: body }
    }
}

/// So long an error answer is waited for, after which it is read as far as it came.
const PATIENCE: Duration = Duration::from_secs(10);

/// And so long where no time is left: to say what failed is worth that.
const LEAST: Duration = Duration::from_secs(1);

/// In so many pieces: one may be empty, and another one always there.
const MAX_FRAMES: usize = 100_000;

/// In the extensions of a response: it doesn't answer the request itself, but what another answer led to.
#[derive(Clone)]
pub(crate) struct Later;

/// What an attempt came to, and how retrying ended, where it was no success.
pub(crate) type End<B, E> = (Result<Response<Peeked<B>>, E>, Option<Outcome>);

impl Operation<'_> {
    /// After an attempt: the copy of the request, when it is time to send it, or the end. Without a copy, and after an error that
    /// says nothing of the request (`None`), it is the end. The last error answer is in its response's extensions.
    pub(crate) async fn after<A: Api, B: Body + Unpin, E, C>(
        &mut self,
        sent: Result<Response<B>, E>,
        copy: Option<C>,
        failure: impl Fn(&E) -> Option<Failure>,
    ) -> ControlFlow<End<B, E>, C> {
        let (failure, result) = match sent {
            Ok(response) => match peek::<A, B>(response, self.left(Tokio.now())).await {
                (None, response) => {
                    self.succeeded(Tokio.now());
                    return ControlFlow::Break((Ok(response), None));
                }
                (Some(err), response) => {
                    // A client further in may be of another API.
                    let further_in = response.extensions().get::<Outcome>();
                    (Failure::from(&err).exhausted_by(further_in), Ok((err, response)))
                }
            },
            Err(error) => match failure(&error) {
                Some(failure) => (failure, Err(error)),
                None => return ControlFlow::Break((Err(error), None)),
            },
        };
        let outcome = match (self.failed(&failure, Tokio.now(), Tokio.random()), copy) {
            (Next::Repeat { after }, Some(copy)) => {
                // Its connection is of use to others meanwhile.
                drop(result);
                Tokio.sleep(after).await;
                return ControlFlow::Continue(copy);
            }
            (Next::Repeat { .. }, None) => None,
            // Further in it ended, and there it is known how.
            (Next::Stop(_), _) if failure.exhausted => None,
            (Next::Stop(outcome), _) => Some(outcome),
        };
        let result = result.map(|(err, mut response)| {
            if let Some(outcome) = outcome {
                response.extensions_mut().insert(err.with_outcome(outcome));
                // For who reads it as another API's.
                response.extensions_mut().insert(outcome);
            }
            response
        });
        ControlFlow::Break((result, outcome))
    }
}

/// What an answer says, if it is an error, and the answer. What is none by its status is not read, unless it is JSON from an API
/// that sends its errors with the status of a success. It takes no more time than is left, but for the least.
async fn peek<A: Api, B: Body + Unpin>(
    response: Response<B>,
    left: Option<Duration>,
) -> (Option<ErrorResponse<A>>, Response<Peeked<B>>) {
    let (mut parts, body) = response.into_parts();
    let mut body = Peeked::unread(body);
    let is_error = parts.status.is_client_error() || parts.status.is_server_error();
    let may_be_one = parts.status.is_success() && ErrorResponse::<A>::fails_with_success();
    let err = match parts.extensions.remove::<ErrorResponse<A>>() {
        Some(known) => Some(known),
        // Anything but JSON may be a stream that never ends.
        None if is_error || may_be_one && accept::is_json(&parts.headers) != Some(false) => {
            let until = Instant::now() + left.map_or(PATIENCE, |left| left.clamp(LEAST, PATIENCE));
            let is_whole = body.read(A::max_body(), until).await;
            let err = ErrorResponse::check(parts.status, &parts.headers, body.front.clone()).err();
            if is_whole { err } else { err.map(ErrorResponse::cut_off) }
        }
        None => None,
    };
    let is_late = parts.extensions.remove::<Later>().is_some();
    let err = if is_late { err.map(ErrorResponse::late) } else { err };
    if let Some(err) = &err {
        parts.extensions.insert(err.clone());
    }
    (err, Response::from_parts(parts, body))
}

impl<B: Body + Unpin> Peeked<B> {
    /// Reads so many bytes of the body at least, until then at most. Was that all?
    async fn read(&mut self, bytes: usize, until: Instant) -> bool {
        let (mut front, mut is_whole) = (Vec::new(), false);
        for _ in 0..MAX_FRAMES {
            // One byte more says that there is more.
            if front.len() > bytes {
                break;
            }
            match timeout_at(until, self.rest.frame()).await {
                Ok(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => front.put(data),
                    Err(frame) => self.trailers = frame.into_trailers().ok(),
                },
                end => {
                    is_whole = matches!(end, Ok(None));
                    self.error = end.ok().flatten().and_then(Result::err);
                    break;
                }
            }
        }
        self.front = front.into();
        is_whole
    }
}

impl<B: Body> Body for Peeked<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.project();
        if !this.front.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(this.front)))));
        }
        if let Some(trailers) = this.trailers.take() {
            return Poll::Ready(Some(Ok(Frame::trailers(trailers))));
        }
        if let Some(error) = this.error.take() {
            return Poll::Ready(Some(Err(error)));
        }
        let frame = ready!(this.rest.poll_frame(context));
        let whole = |mut data: B::Data| data.copy_to_bytes(data.remaining());
        Poll::Ready(frame.map(|frame| frame.map(|frame| frame.map_data(whole))))
    }

    fn is_end_stream(&self) -> bool {
        self.front.is_empty() && self.trailers.is_none() && self.error.is_none() && self.rest.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let read = self.front.len() as u64;
        let rest = self.rest.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(read));
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper.saturating_add(read));
        }
        hint
    }
}

impl<B: Body> fmt::Debug for Peeked<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peeked").field("front", &self.front.len()).finish_non_exhaustive()
    }
}
