//! The errors of the mail platform over gRPC: `?` on the server, a typed error on the client.
//!
//! Messages and glue are written by hand, so that the example needs no `protoc`; a generator makes the same of a `.proto`.

use std::convert::Infallible;
use std::sync::Arc;

use errbook::mail::{Sending, sending};
use http::uri::PathAndQuery;
use tokio::net::TcpListener;
use tonic::client::Grpc;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Server};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;
use tower::service_fn;

/// What is sent.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Email {
    /// An address.
    #[prost(string, tag = "1")]
    pub to: String,
}

/// That it was.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Sent {
    /// What to ask for later.
    #[prost(string, tag = "1")]
    pub id: String,
}

const SEND: &str = "/mail.Sending/Send";

/// Serves the method `Send` by `deliver`, until the listener fails.
///
/// # Errors
///
/// When it does.
pub async fn serve(
    listener: TcpListener,
    deliver: impl Fn(Email) -> sending::Result<Sent> + Send + Sync + 'static,
) -> Result<(), tonic::transport::Error> {
    let deliver = Arc::new(deliver);
    let service = service_fn(move |request: http::Request<tonic::body::Body>| {
        let deliver = Arc::clone(&deliver);
        async move {
            if request.uri().path() != SEND {
                let error = sending::Error::for_status(404);
                return Ok(Status::from(error).into_http());
            }
            let send = service_fn(move |request| std::future::ready(send(request, &*deliver)));
            let codec = ProstCodec::<Sent, Email>::default();
            Ok::<_, Infallible>(tonic::server::Grpc::new(codec).unary(send, request).await)
        }
    });
    Server::builder().serve_with_incoming(service, TcpIncoming::from(listener)).await
}

/// The method. Where the id of the request isn't needed, `Ok(Response::new(deliver(email)?))` is all.
fn send(
    request: Request<Email>,
    deliver: &dyn Fn(Email) -> sending::Result<Sent>,
) -> Result<Response<Sent>, Status> {
    let id = errbook::tonic::request_id::<Sending>(request.metadata());
    match deliver(request.into_inner()) {
        Ok(sent) => Ok(Response::new(sent)),
        Err(error) => {
            eprintln!("{id} {error}");
            Err(errbook::tonic::status(&error, &id))
        }
    }
}

/// A client of the service.
#[derive(Debug, Clone)]
pub struct Client(Grpc<Channel>);

impl Client {
    /// Connects when the first request is sent.
    pub fn new(channel: Channel) -> Client {
        Client(Grpc::new(channel))
    }

    /// Sends an email.
    ///
    /// # Errors
    ///
    /// What the service answered, or what a failed connection is called in the catalog.
    pub async fn send(&mut self, request: Request<Email>) -> Result<Sent, sending::ErrorResponse> {
        self.call(SEND, request).await
    }

    /// The same of any method.
    ///
    /// # Errors
    ///
    /// As of [`send`](Client::send).
    pub async fn call(
        &mut self,
        path: &'static str,
        request: Request<Email>,
    ) -> Result<Sent, sending::ErrorResponse> {
        self.0.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        let codec = ProstCodec::<Email, Sent>::default();
        Ok(self.0.unary(request, PathAndQuery::from_static(path), codec).await?.into_inner())
    }
}
