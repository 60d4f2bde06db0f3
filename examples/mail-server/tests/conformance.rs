//! The kit over the server's socket: every API, with a key that may do everything and without one.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::time::Duration;

use errbook::Api;
use errbook::conformance::{Kit, Socket};
use errbook::mail::{Inbox, Management, Sending};
use mail_server::{Config, NewTeam, Operator, Server};

#[tokio::test(flavor = "multi_thread")]
async fn every_error_answer_is_the_catalogs() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let database = folder.join("conformance.sqlite");
    std::fs::remove_file(&database).ok();
    // Nobody delivers: the kit sends nothing that could be.
    let mut config = Config::new(&database, "127.0.0.1:9".parse().unwrap());
    config.body_timeout = Duration::from_millis(300);
    let server = Server::start(config).await.unwrap();
    let key = Operator::open(&database).unwrap().create_team(&NewTeam::named("Kit")).unwrap();

    check::<Sending>(&server, "/sending/v1", "/emails/batch", &key).await;
    check::<Management>(&server, "/management/v1", "/keys", &key).await;
    check::<Inbox>(&server, "/inbox/v1", "/messages", &key).await;
    // What is of no API.
    Kit::<Management>::new().check(Socket::new(server.address())).await.assert();
    server.stop().await;
}

async fn check<A: Api>(server: &Server, prefix: &str, json: &str, key: &str) {
    let kit = || Kit::<A>::new().under(prefix).json(json).patience(Duration::from_secs(10));
    let socket = Socket::new(server.address());
    kit().header("authorization", &format!("Bearer {key}")).check(socket.clone()).await.assert();
    kit().check(socket).await.assert();
}
