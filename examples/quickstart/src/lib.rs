//! Parcels, and where they go.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use errbook::tower::ErrorService;

use crate::depot::{Depot, Parcel};
use crate::parcels::{Json, Path, Result};

pub mod depot;

errbook::include_catalog!();

/// The API with all its routes.
pub fn app(depot: Depot) -> ErrorService<Router, Parcels> {
    let routes =
        Router::new().route("/parcels", post(take)).route("/parcels/{number}", get(show)).with_state(depot);
    errbook::axum::finish(routes)
}

async fn take(State(depot): State<Depot>, Json(parcel): Json<Parcel>) -> Result<(StatusCode, Json<usize>)> {
    let number = depot.take(parcel)?;
    Ok((StatusCode::CREATED, Json(number)))
}

async fn show(State(depot): State<Depot>, Path(number): Path<usize>) -> Result<Json<Parcel>> {
    let parcel = depot.parcel(number).ok_or(code::ParcelNotFound)?;
    Ok(Json(parcel))
}
