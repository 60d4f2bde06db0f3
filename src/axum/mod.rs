mod extract;

use ::axum::body::Body;
use ::axum::response::{IntoResponse, Response};

use crate::catalog::Api;
use crate::{Error, RequestId};

/// A complete answer with a new request id. A clone of the error is left in the response's extensions, for a middleware
/// that knows the request's id and writes the [`answer`](Error::answer) anew.
impl<A: Api> IntoResponse for Error<A> {
    fn into_response(self) -> Response {
        let mut response = self.answer(&RequestId::new::<A>()).into_response().map(Body::from);
        response.extensions_mut().insert(self);
        response
    }
}
