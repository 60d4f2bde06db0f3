//! What no handler answers: methods, media types, bodies that are too long or too slow.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use errbook::mail::{Code, Inbox, Management, Sending, limits};
use http::Method;
use http_body::Frame;
use mail_client::{Answer, Body, Call, Client, ClientError};
use serde_json::json;

use super::Door;
use crate::BoxError;
use crate::meet::Tour;

pub(crate) async fn run(tour: &mut Tour) -> Result<(), BoxError> {
    tour.step("methods and media types that are not taken");
    headers::<Management>(tour).await;
    headers::<Sending>(tour).await;
    headers::<Inbox>(tour).await;
    too_large::<Management>(tour, "/domains").await;
    too_large::<Inbox>(tour, "/inboxes").await;

    tour.step("bodies that never arrive in full");
    let client = tour.stage.team.client.clone();
    // All at once, since each takes as long as the server waits.
    let (management, sending, inbox) =
        tokio::join!(stalled::<Management>(&client), stalled::<Sending>(&client), stalled::<Inbox>(&client));
    let cause = "The body had not arrived in full when the time for it was over.";
    tour.meet(Code::RequestTimeout, cause, management);
    tour.meet(Code::RequestTimeout, cause, sending);
    tour.meet(Code::RequestTimeout, cause, inbox);
    Ok(())
}

async fn headers<A: Door>(tour: &mut Tour) {
    let client = tour.stage.team.client.clone();
    let put = client.call::<A>(Call::new(Method::PUT, A::LIST)).await;
    tour.meet(Code::MethodNotAllowed, "The URL exists, but not with this method.", put);

    let page = client.call::<A>(Call::get(A::LIST).header("Accept", "application/xml")).await;
    tour.meet(Code::NotAcceptable, "The `Accept` header rules out `application/json`.", page);

    let cause = "The `Content-Type` is absent or another than `application/json`.";
    let body = A::good(&tour.stage.team);
    let form = Call::new(Method::POST, A::POST).header("Content-Type", "text/plain").body(body.to_string());
    tour.meet(Code::UnsupportedMediaType, cause, client.call::<A>(form).await);
    let untyped = Call::new(Method::POST, A::POST).body(body.to_string());
    tour.meet(Code::UnsupportedMediaType, cause, client.call::<A>(untyped).await);

    let encoded = Call::post(A::POST, &body).header("Content-Encoding", "gzip");
    tour.meet(
        Code::UnsupportedMediaType,
        "The body has a `Content-Encoding`.",
        client.call::<A>(encoded).await,
    );
}

async fn too_large<A: Door>(tour: &mut Tour, path: &str) {
    let client = tour.stage.team.client.clone();
    let body = json!({ "name": "x".repeat(limits::PLAIN_BODY as usize) });
    let cause = "The body of a request that carries no mail is over its limit.";
    tour.meet(Code::BodyTooLarge, cause, client.call::<A>(Call::post(path, &body)).await);
}

async fn stalled<A: Door>(client: &Client) -> Result<Answer, ClientError<A>> {
    let call = Call::new(Method::POST, A::POST).header("Content-Type", "application/json");
    client.call::<A>(call.body(Body::wrap(Stalled { begun: false }))).await
}

/// The beginning of a body, and never the rest.
struct Stalled {
    begun: bool,
}

impl http_body::Body for Stalled {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match std::mem::replace(&mut self.begun, true) {
            false => Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"{"))))),
            true => Poll::Pending,
        }
    }
}
