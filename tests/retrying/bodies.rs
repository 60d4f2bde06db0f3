//! Bodies that end badly, late, or never.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;

/// A body that breaks off after its first piece, once that was sent.
pub(crate) struct Broken {
    start: Option<Bytes>,
    is_sent: bool,
}

impl Broken {
    pub(crate) fn after(start: &'static str) -> Broken {
        Broken { start: Some(start.into()), is_sent: false }
    }
}

impl http_body::Body for Broken {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<http_body::Frame<Bytes>>>> {
        if let Some(start) = self.start.take() {
            return Poll::Ready(Some(Ok(http_body::Frame::data(start))));
        }
        if std::mem::replace(&mut self.is_sent, true) {
            return Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())));
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

/// A body of which nothing more comes.
pub(crate) struct Stalled;

impl http_body::Body for Stalled {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }
}

/// A body that comes after a while.
pub(crate) struct Slow(pub(crate) Pin<Box<tokio::time::Sleep>>, pub(crate) Option<Bytes>);

impl http_body::Body for Slow {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        std::task::ready!(self.0.as_mut().poll(context));
        Poll::Ready(self.1.take().map(|body| Ok(http_body::Frame::data(body))))
    }
}

/// So many frames without data, then trailers.
pub(crate) struct Empty(pub(crate) usize);

impl http_body::Body for Empty {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        let frame = match self.0 {
            0 => return Poll::Ready(None),
            1 => http_body::Frame::trailers(HeaderMap::from_iter([(
                "x-sum".parse().unwrap(),
                "1".parse().unwrap(),
            )])),
            _ => http_body::Frame::data(Bytes::new()),
        };
        self.0 -= 1;
        Poll::Ready(Some(Ok(frame)))
    }
}
