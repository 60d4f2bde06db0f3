//! A server of poem behind a socket: whatever it answers is the catalog's.
#![allow(clippy::unwrap_used)]

use errbook::conformance::{Kit, Socket};
use errbook::mail::{Sending, code};
use errbook::testing::{Received, assert_error, read};
use poem::http::{Method, Uri};
use poem::listener::{Acceptor as _, Listener as _, TcpListener};
use poem::{Endpoint as _, Request, Server};
use poem_server::app;

async fn ask(method: Method, path: &'static str, body: &'static str) -> Received<Sending> {
    let request = Request::builder().method(method).uri(Uri::from_static(path));
    let request = request.content_type("application/json").header("x-request-id", "req_7").body(body);
    let (parts, body) = app().call(request).await.unwrap().into_parts();
    let mut response = http::Response::new(body.into_bytes().await.unwrap());
    *response.status_mut() = parts.status;
    *response.headers_mut() = parts.headers;
    read(response)
}

#[tokio::test]
async fn what_it_answers_is_the_catalogs() {
    let sent = ask(Method::POST, "/emails", r#"{"to":"a@example.com"}"#).await;
    assert_eq!((sent.status().as_u16(), &**sent.body()), (200, &b"sent"[..]));

    let refused = ask(Method::POST, "/emails", r#"{"to":"a"}"#).await;
    assert_error!(refused, code::ValidationError, param = "to", request_id = "req_7");
    assert_error!(ask(Method::POST, "/emails", "{").await, code::InvalidParameter, status = 400);
    assert_error!(ask(Method::GET, "/nowhere", "").await, code::NotFound, status = 404);
    let wrong = ask(Method::DELETE, "/emails", "").await;
    assert_error!(wrong, code::MethodNotAllowed { allow: "POST".into() }, status = 405);
    assert_error!(ask(Method::GET, "/panic", "").await, code::InternalError, status = 500);
}

#[tokio::test]
async fn it_conforms() {
    let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await.unwrap();
    let address = *acceptor.local_addr()[0].as_socket_addr().unwrap();
    tokio::spawn(Server::new_with_acceptor(acceptor).run(app()));
    let kit = Kit::<Sending>::new().json("/emails").panics("/panic").secret("a secret").without_slow_bodies();
    kit.check(Socket::new(address)).await.assert();
}
