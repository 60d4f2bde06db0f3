//! An answer is read as far as a decision needs it, and given on as it was.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use http::Response;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use tokio::time::{Instant, timeout_at};

use crate::ErrorResponse;
use crate::catalog::Api;

pin_project_lite::pin_project! {
    /// A body of which the beginning was read already. Its data, trailers and error are those of the body itself.
    pub struct Peeked<B: Body> {
        front: VecDeque<Frame<Bytes>>,
        error: Option<B::Error>,
        #[pin]
        rest: B,
    }
}

impl<B: Body> Peeked<B> {
    /// Nothing was read yet.
    pub(crate) fn unread(body: B) -> Peeked<B> {
        Peeked { front: VecDeque::new(), error: None, rest: body }
    }
}

/// So long an error answer is waited for, after which it is read as far as it came.
const PATIENCE: Duration = Duration::from_secs(10);

/// What an answer says, if it is an error, and the answer. What is none by its status is not read, unless the API sends its
/// errors with the status of a success.
pub(crate) async fn peek<A: Api, B: Body + Unpin>(
    response: Response<B>,
) -> (Option<ErrorResponse<A>>, Response<Peeked<B>>) {
    let (mut parts, body) = response.into_parts();
    if let Some(known) = parts.extensions.get::<ErrorResponse<A>>().cloned() {
        return (Some(known), Response::from_parts(parts, Peeked::unread(body)));
    }
    let is_error = parts.status.is_client_error() || parts.status.is_server_error();
    if !is_error && !(parts.status.is_success() && ErrorResponse::<A>::fails_with_success()) {
        return (None, Response::from_parts(parts, Peeked::unread(body)));
    }
    let mut body = Peeked::unread(body);
    let mut text = Vec::new();
    let until = Instant::now() + PATIENCE;
    // One byte more says that there is more.
    while text.len() <= ErrorResponse::<A>::MAX_BODY {
        let frame = match timeout_at(until, body.rest.frame()).await {
            Ok(Some(Ok(frame))) => frame.map_data(whole),
            Ok(Some(Err(error))) => {
                body.error = Some(error);
                break;
            }
            Ok(None) | Err(_) => break,
        };
        if let Some(data) = frame.data_ref() {
            text.extend_from_slice(data);
        }
        body.front.push_back(frame);
    }
    let err = ErrorResponse::<A>::check(parts.status, &parts.headers, text).err();
    if let Some(err) = &err {
        parts.extensions.insert(err.clone());
    }
    (err, Response::from_parts(parts, body))
}

fn whole(mut data: impl Buf) -> Bytes {
    data.copy_to_bytes(data.remaining())
}

impl<B: Body> Body for Peeked<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.project();
        if let Some(frame) = this.front.pop_front() {
            return Poll::Ready(Some(Ok(frame)));
        }
        if let Some(error) = this.error.take() {
            return Poll::Ready(Some(Err(error)));
        }
        let frame = ready!(this.rest.poll_frame(context));
        Poll::Ready(frame.map(|frame| frame.map(|frame| frame.map_data(whole))))
    }

    fn is_end_stream(&self) -> bool {
        self.front.is_empty() && self.error.is_none() && self.rest.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let read: u64 = self.front.iter().filter_map(Frame::data_ref).map(|data| data.len() as u64).sum();
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
        f.debug_struct("Peeked").field("frames", &self.front.len()).finish_non_exhaustive()
    }
}
