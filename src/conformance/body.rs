use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// The body of a request of the kit.
#[derive(Debug)]
pub struct RequestBody(Kind);

#[derive(Debug)]
enum Kind {
    Whole(Bytes),
    /// So many bytes more, in pieces, of which nobody was told the number.
    Long(usize),
    /// A first piece, and then nothing, without an end.
    Slow(Bytes),
}

const PIECE: &[u8] = &[b' '; 64 * 1024];

impl RequestBody {
    pub(super) fn whole(bytes: impl Into<Bytes>) -> RequestBody {
        RequestBody(Kind::Whole(bytes.into()))
    }

    pub(super) fn long(len: usize) -> RequestBody {
        RequestBody(Kind::Long(len))
    }

    pub(super) fn slow(begin: impl Into<Bytes>) -> RequestBody {
        RequestBody(Kind::Slow(begin.into()))
    }

    /// Whether there will be an end.
    pub(super) fn is_slow(&self) -> bool {
        matches!(self.0, Kind::Slow(_))
    }

    /// The next piece; empty where there is none, or none yet.
    pub(super) fn next(&mut self) -> Bytes {
        match &mut self.0 {
            Kind::Whole(bytes) | Kind::Slow(bytes) => std::mem::take(bytes),
            Kind::Long(left) => {
                let piece = PIECE.get(..*left).unwrap_or(PIECE);
                *left -= piece.len();
                Bytes::from_static(piece)
            }
        }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = self.next();
        match piece.is_empty() {
            false => Poll::Ready(Some(Ok(Frame::data(piece)))),
            true if self.is_slow() => Poll::Pending,
            true => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(&self.0, Kind::Whole(bytes) if bytes.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Kind::Long(_) | Kind::Slow(_) => SizeHint::default(),
        }
    }
}
