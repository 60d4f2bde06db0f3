//! Tokens expire, and the letters are sent.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use axum::{Json, Router};
use letters_client::api::Code;
use letters_client::{Client, Letter, Sent};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// What the API knows, and what it was asked.
#[derive(Default)]
struct Office {
    secret: &'static str,
    /// The number of the token that is good.
    token: u64,
    /// So many times it says that it is busy before it gives another one.
    busy: u64,
    /// Of each request for a token or a letter its path and, of a letter's, the key.
    log: Vec<(&'static str, String)>,
}

type Shared = Arc<Mutex<Office>>;

fn error(code: &str) -> Json<Value> {
    Json(json!({"ok": false, "error": {"code": code, "message": "No."}}))
}

async fn tokens(State(office): State<Shared>, Json(secret): Json<String>) -> Json<Value> {
    let mut office = office.lock().unwrap();
    office.log.push(("tokens", String::new()));
    if office.busy > 0 {
        office.busy -= 1;
        return error("busy");
    }
    if secret != office.secret {
        return error("secret_unknown");
    }
    Json(json!(office.token.to_string()))
}

async fn letters(State(office): State<Shared>, headers: HeaderMap) -> Json<Value> {
    let mut office = office.lock().unwrap();
    let key = headers["idempotency-key"].to_str().unwrap().to_owned();
    office.log.push(("letters", key));
    match headers["authorization"] == format!("Bearer {}", office.token) {
        true => Json(json!({"number": 17})),
        false => error("token_expired"),
    }
}

async fn office() -> (Arc<Client>, Shared) {
    let office = Shared::new(Mutex::new(Office { secret: "sesame", ..Office::default() }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let app = Router::new().route("/tokens", post(tokens)).route("/letters", post(letters));
    let app = app.with_state(Arc::clone(&office));
    tokio::spawn(async move { axum::serve(listener, app).await });
    let client = Arc::new(Client::new(base, "sesame").unwrap());
    client.send(&letter()).await.unwrap();
    assert_eq!(asked(&office), ["tokens", "letters"]);
    (client, office)
}

fn letter() -> Letter {
    Letter { to: "Zoe".to_owned(), text: "Dear Zoe".to_owned() }
}

/// Of what since the last time.
fn asked(office: &Shared) -> Vec<&'static str> {
    office.lock().unwrap().log.drain(..).map(|(path, _)| path).collect()
}

#[tokio::test]
async fn an_expired_token_is_renewed_once() {
    let (client, office) = office().await;
    office.lock().unwrap().token += 1;
    assert_eq!(client.send(&letter()).await.unwrap(), Sent { number: 17 });
    let log = office.lock().unwrap().log.clone();
    let [("letters", first), ("tokens", _), ("letters", second)] = &log[..] else { panic!("{log:?}") };
    assert_eq!(first, second);
}

#[tokio::test]
async fn a_wrong_secret_costs_one_request_and_one_renewal() {
    let (client, office) = office().await;
    office.lock().unwrap().token += 1;
    office.lock().unwrap().secret = "another";
    let error = client.send(&letter()).await.unwrap_err();
    assert_eq!((error.code(), asked(&office)), (Some(Code::SecretUnknown), vec!["letters", "tokens"]));
}

#[tokio::test]
async fn ten_letters_renew_it_once() {
    let (client, office) = office().await;
    office.lock().unwrap().token += 1;
    let send = || {
        tokio::spawn({
            let client = Arc::clone(&client);
            async move { client.send(&letter()).await }
        })
    };
    for sent in (0..10).map(|_| send()).collect::<Vec<_>>() {
        sent.await.unwrap().unwrap();
    }
    assert_eq!(asked(&office).iter().filter(|path| **path == "tokens").count(), 1);
}

#[tokio::test]
async fn what_gives_tokens_may_be_busy() {
    let (client, office) = office().await;
    office.lock().unwrap().token += 1;
    office.lock().unwrap().busy = 1;
    client.send(&letter()).await.unwrap();
    assert_eq!(asked(&office), ["letters", "tokens", "tokens", "letters"]);
}
