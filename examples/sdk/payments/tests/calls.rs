//! The SDK against a server that answers as the API does.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use payments_sdk::{Client, Refusal};
use tokio::net::TcpListener;

/// A server that gives these answers in turn, and the keys that it was sent.
async fn server(answers: &'static [(u16, &'static str)]) -> (Client, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let keys = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&keys);
    let app = Router::new().fallback(move |headers: HeaderMap| async move {
        let mut keys = log.lock().unwrap();
        let (status, body) = answers[keys.len()];
        keys.push(headers["idempotency-key"].to_str().unwrap().to_owned());
        (StatusCode::from_u16(status).unwrap(), body)
    });
    tokio::spawn(async move { axum::serve(listener, app).await });
    (Client::new(base).unwrap(), keys)
}

#[tokio::test]
async fn a_declined_card_is_a_typed_refusal() {
    const DECLINED: &str =
        r#"{"error":{"type":"card_error","code":"card_declined","message":"No.","decline_code":"lost"}}"#;
    let (client, keys) = server(&[(402, DECLINED)]).await;
    assert_eq!(client.charge("card_1", 900).await.unwrap_err(), Refusal::Card(Some("lost".to_owned())));
    assert_eq!(keys.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_code_of_next_year_is_still_about_the_card() {
    let (client, _) =
        server(&[(402, r#"{"error":{"type":"card_error","code":"card_frozen","message":"Frozen."}}"#)]).await;
    assert_eq!(client.charge("card_1", 900).await.unwrap_err(), Refusal::Card(None));
}

#[tokio::test]
async fn what_may_have_been_charged_is_sent_again_with_its_key() {
    let (client, keys) =
        server(&[(500, r#"{"error":{"code":"api_error","message":"Oops."}}"#), (200, r#"{"id":"ch_1"}"#)])
            .await;
    assert_eq!(client.charge("card_1", 900).await.unwrap().id, "ch_1");
    let keys = keys.lock().unwrap();
    assert!(keys.len() == 2 && keys[0] == keys[1]);
}

#[tokio::test]
async fn anything_else_is_told_in_a_line() {
    let (client, _) =
        server(&[(400, r#"{"error":{"code":"parameter_missing","message":"No amount.","param":"amount"}}"#)])
            .await;
    let refusal = client.charge("card_1", 900).await.unwrap_err();
    assert_eq!(refusal, Refusal::Other("parameter_missing: No amount. (HTTP 400)".to_owned()));
}
