//! What isn't one answer to one request.
#![allow(clippy::unwrap_used)]

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use futures_util::stream;
use letters_client::Client;
use letters_client::api::Code;
use tokio::net::TcpListener;

const JSON: &str = "application/json";
const LINES: &str = "application/x-ndjson";

/// A client of a server that answers with these in turn, each piece by piece, and how often it was asked.
async fn client(answers: &'static [(&'static str, &'static [&'static str])]) -> (Client, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let app = Router::new().fallback(move || async move {
        let (content_type, pieces) = answers[count.fetch_add(1, Ordering::Relaxed)];
        let pieces = stream::iter(pieces.iter().map(|piece| Ok::<_, Infallible>(*piece)));
        Response::builder().header("content-type", content_type).body(Body::from_stream(pieces)).unwrap()
    });
    tokio::spawn(async move { axum::serve(listener, app).await });
    (Client::new(base, "sesame").unwrap(), asked)
}

#[tokio::test]
async fn events_are_told_as_they_come() {
    let (client, _) = client(&[(LINES, &["{\"at\":\"Ro", "me\"}\n{\"at\":", "\"Bari\"}\n"])]).await;
    let mut places = Vec::new();
    client.watch(17, |event| places.push(event.at)).await.unwrap();
    assert_eq!(places, ["Rome", "Bari"]);
}

#[tokio::test]
async fn an_error_ends_a_stream() {
    const LOST: &str = r#"{"ok":false,"error":{"code":"letter_lost","message":"It fell into the sea."}}"#;
    let (client, asked) =
        client(&[(LINES, &["{\"at\":\"Rome\"}\n", LOST, "\n{\"at\":\"Bari\"}\n"]), (LINES, &[LOST])]).await;
    let mut places = Vec::new();
    let error = client.watch(17, |event| places.push(event.at)).await.unwrap_err();
    assert_eq!((error.code(), places), (Some(Code::LetterLost), vec!["Rome".to_owned()]));
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    assert_eq!(client.watch(17, |_| {}).await.unwrap_err().code(), Some(Code::LetterLost));
}

#[tokio::test]
async fn a_line_has_an_end() {
    const ENDLESS: &[&str] = &["................................................................"; 1025];
    let (client, _) = client(&[(LINES, ENDLESS)]).await;
    let error = client.watch(17, |_| {}).await.unwrap_err();
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "a line has no end");
}

#[tokio::test]
async fn what_failed_of_a_batch_has_its_position() {
    const RESULTS: &str =
        r#"{"ok":true,"results":[{"ok":true},{"code":"no_such_address","message":"No such street."}]}"#;
    let (client, _) = client(&[(JSON, &[RESULTS])]).await;
    let refused = client.refused(&["Via Appia 1", "Via Apia 1"]).await.unwrap();
    let [(1, why)] = &refused[..] else { panic!("{refused:?}") };
    assert_eq!((why.code(), why.message()), (Some(Code::NoSuchAddress), Some("No such street.")));
}

#[tokio::test]
async fn an_error_with_200_is_one() {
    const BUSY: &str = r#"{"ok":false,"error":{"code":"busy","message":"Later."}}"#;
    let (client, asked) = client(&[(JSON, &[BUSY]), (JSON, &[r#"{"ok":true,"results":[]}"#])]).await;
    assert!(client.refused(&[]).await.unwrap().is_empty());
    assert_eq!(asked.load(Ordering::Relaxed), 2);
}
