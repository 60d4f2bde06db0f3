//! Every error of the API from a server to a client, over a real connection.
#![allow(clippy::unwrap_used)]

#[path = "../../../tests/answers/mod.rs"]
mod answers;

use std::time::Duration;

use errbook::mail::{Code, Sending, code};
use errbook::testing::assert_error;
use errbook::{ErrorResponse, Retry};
use grpc::{Client, Email, Sent, serve};
use tokio::net::TcpListener;
use tonic::Request;
use tonic::transport::Endpoint;

/// `to` is the place of an error among those of the API; anything else is delivered.
async fn client() -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, |email| match email.to.parse::<usize>() {
        Ok(at) => Err(answers::every_code::<Sending>().swap_remove(at)),
        Err(_) => Ok(Sent { id: format!("to {}", email.to) }),
    }));
    Client::new(Endpoint::from_shared(format!("http://{address}")).unwrap().connect_lazy())
}

fn to(to: impl Into<String>) -> Request<Email> {
    let mut request = Request::new(Email { to: to.into() });
    request.metadata_mut().insert("x-request-id", "req_7".parse().unwrap());
    request
}

#[tokio::test]
async fn every_code_arrives() {
    let mut client = client().await;
    assert_eq!(client.send(to("a@example.com")).await.unwrap().id, "to a@example.com");
    for (at, error) in answers::every_code::<Sending>().iter().enumerate() {
        let read = client.send(to(at.to_string())).await.unwrap_err();
        assert_eq!((read.code(), read.status()), (Some(error.code()), error.status().into()));
        assert_eq!((read.message(), read.param()), (Some(&*error.message()), error.param()));
        assert_eq!(read.issues(), ErrorResponse::<Sending>::from(error.clone()).issues());
        assert_eq!((read.retry_after(), read.request_id()), (error.retry_after(), Some("req_7")));
        if error.is(Code::RateLimitExceeded) {
            let retry_after = Duration::from_millis(1_500);
            assert_error!(read, code::RateLimitExceeded { retry_after });
        }
    }
}

#[tokio::test]
async fn what_no_handler_answered_has_a_name() {
    let mut client = client().await;
    let nowhere = client.call("/mail.Sending/Sned", to("a@example.com")).await;
    assert_error!(nowhere, code::NotFound, status = 404);

    // Nobody listens there.
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let channel = Endpoint::from_shared(format!("http://{closed}")).unwrap().connect_lazy();
    let failed = Client::new(channel).send(to("a@example.com")).await.unwrap_err();
    assert_eq!((failed.code(), failed.inferred()), (None, Code::ServiceUnavailable));
    assert_eq!(failed.inferred().retry(), Retry::Backoff);
}
