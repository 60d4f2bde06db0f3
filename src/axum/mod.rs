//! axum: errors as responses, and the one call after which every error answer of a router is the catalog's.

pub(crate) mod extract;

use ::axum::body::Body;
use ::axum::extract::Request;
use ::axum::response::{IntoResponse, Response};
use ::axum::routing::IntoMakeService;
use ::axum::{Router, ServiceExt};
use tower_layer::Layer as _;

use crate::catalog::Api;
use crate::tower::{ErrorLayer, ErrorService};
use crate::{Error, ErrorHandler};

pub use self::extract::{form, json, path, query};

/// The last thing to be done to the routes of an API: whatever axum, a middleware or a panic answers is then an answer of
/// the API. In the order of routes, fallbacks and layers nothing is to be minded, and a route can't be added any more.
///
/// The result is a service: `axum::serve` takes its [`into_make_service`](ErrorService::into_make_service), and a router
/// of several APIs `nest_service("/sending/v1", finish::<Sending>(routes))`.
///
/// ```
/// use axum::{Router, routing::post};
/// use errbook::mail::{Sending, code, sending};
///
/// async fn send() -> sending::Result<()> {
///     Err(code::InsufficientCredits.into())
/// }
///
/// # async fn serve(listener: tokio::net::TcpListener) -> std::io::Result<()> {
/// let routes = Router::new().route("/emails", post(send));
/// let app = errbook::axum::finish::<Sending>(routes);
/// axum::serve(listener, app.into_make_service()).await
/// # }
/// ```
///
/// CORS, which has to be seen on answers of panics, too, goes around it: `cors_layer.layer(app)`.
pub fn finish<A: Api>(routes: Router) -> ErrorService<Router, A> {
    finish_with(routes, ErrorHandler::new())
}

/// The same with an [`ErrorHandler`] that has settings: the documentation's origin, a hook for metrics.
pub fn finish_with<A: Api>(routes: Router, handler: ErrorHandler<A>) -> ErrorService<Router, A> {
    ErrorLayer::from(handler).layer(routes)
}

impl<A: Api> ErrorService<Router, A> {
    /// For `axum::serve`. Of a service that stands around this one it is `axum::ServiceExt::<Request>::into_make_service`.
    pub fn into_make_service(self) -> IntoMakeService<ErrorService<Router, A>> {
        ServiceExt::<Request>::into_make_service(self)
    }
}

/// A complete answer with a new request id. A clone of the error is left in the response's extensions, for
/// [`ErrorHandler`], which knows the request.
impl<A: Api> IntoResponse for Error<A> {
    fn into_response(self) -> Response {
        crate::handler::response(self).map(Body::from)
    }
}
