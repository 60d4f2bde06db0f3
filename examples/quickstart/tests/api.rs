//! What the API answers with when something fails.
#![allow(clippy::unwrap_used)]

use axum::body::Body;
use axum::http::Request;
use errbook::conformance::Kit;
use errbook::testing::{Received, assert_error, receive};
use quickstart::{Parcels, app, code, depot::Depot};
use tower::ServiceExt as _;

async fn send(parcel: &'static str) -> Received<Parcels> {
    let request = Request::post("/parcels").header("content-type", "application/json");
    let app = app(Depot::new("/nowhere/ledger"));
    receive(app.oneshot(request.body(Body::from(parcel)).unwrap()).await.unwrap()).await
}

#[tokio::test]
async fn a_parcel_has_a_limit() {
    let answer = send(r#"{"to": "Ada", "grams": 30001}"#).await;
    assert_error!(answer, code::TooHeavy { grams: 30001 }, param = "grams");
}

#[tokio::test]
async fn all_faults_are_told_at_once() {
    let answer = send(r#"{"to": 5}"#).await;
    assert_error!(answer, code::BadRequest, issues = [code::BadRequest => "to", code::BadRequest => "grams"]);
}

#[tokio::test]
async fn whatever_is_asked_the_answer_is_the_catalogs() {
    let app = app(Depot::new("/nowhere/ledger"));
    let kit = Kit::<Parcels>::new().json("/parcels").secret("ledger").without_slow_bodies();
    kit.check(app).await.assert();
}
