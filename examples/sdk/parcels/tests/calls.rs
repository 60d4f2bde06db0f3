//! The SDK against the depot itself.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::response::{Html, Redirect};
use axum::routing::{get, post};
use parcels_sdk::{Depot, Kind, Parcel};
use tokio::net::TcpListener;
use tokio::time::Instant;

/// The depot of the quickstart, over loopback.
async fn depot() -> Depot {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let ledger = std::env::temp_dir().join(format!("ledger-{}", listener.local_addr().unwrap().port()));
    let app = quickstart::app(quickstart::depot::Depot::new(ledger));
    tokio::spawn(async move { axum::serve(listener, app.into_make_service()).await });
    Depot::new(base).unwrap()
}

fn parcel(grams: u32) -> Parcel {
    Parcel { to: "Zoe".to_owned(), grams }
}

#[tokio::test]
async fn a_parcel_is_left_and_found() {
    let depot = depot().await;
    let number = depot.leave(&parcel(500)).await.unwrap();
    assert_eq!(depot.parcel(number).await.unwrap(), parcel(500));
    assert_eq!(depot.parcel(number + 1).await.unwrap_err().kind(), Kind::NotFound);
}

#[tokio::test]
async fn errors_have_a_kind_and_a_text() {
    let depot = depot().await;
    let error = depot.leave(&parcel(31_000)).await.unwrap_err();
    assert_eq!(error.kind(), Kind::TooHeavy { grams: 31_000 });
    let text = error.to_string();
    assert!(
        text.starts_with("too_heavy: A parcel weighs at most 30000 grams, and this one 31000. (HTTP 422, ")
    );
}

#[tokio::test]
async fn a_full_depot_is_not_waited_for() {
    let depot = depot().await;
    for _ in 0..1_000 {
        depot.leave(&parcel(1)).await.unwrap();
    }
    let error = depot.leave(&parcel(1)).await.unwrap_err();
    assert_eq!((error.kind(), error.retry_after()), (Kind::Full, Some(Duration::from_secs(600))));
}

#[tokio::test]
async fn a_proxy_is_not_the_depot() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let page = || async { (StatusCode::NOT_FOUND, Html("<html><title>No such site</title>")) };
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(page)).await });
    let error = Depot::new(base).unwrap().parcel(1).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable);
    assert_eq!(error.to_string(), "not an answer of the API: No such site (HTTP 404)");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    // Followed, the POST would be a GET, and seem to have left parcel 1.
    let app = Router::new()
        .route("/parcels", post(|| async { Redirect::to("/elsewhere") }))
        .route("/elsewhere", get(|| async { "1" }));
    tokio::spawn(async move { axum::serve(listener, app).await });
    let error = Depot::new(base).unwrap().leave(&parcel(1)).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable);
    assert!(error.to_string().contains("(HTTP 303"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn silence_is_not_waited_for_for_ever() {
    // Connections are made, and nobody reads of them.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let depot = Depot::new(format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let start = Instant::now();
    let error = depot.leave(&parcel(1)).await.unwrap_err();
    assert_eq!((error.kind(), start.elapsed().as_secs()), (Kind::Unavailable, 30));
}

#[tokio::test]
async fn nobody_there_is_a_kind_too() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = Depot::new(format!("http://{nobody}")).unwrap().parcel(1).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable);
    assert!(std::error::Error::source(&error).is_some());
}
