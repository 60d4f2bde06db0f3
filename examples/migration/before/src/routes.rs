//! A function per route.

use axum::Json;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::Deserialize;

use crate::error::Result;
use crate::store::{Booking, Room, Slot, Store};

/// A caller whose key may do what the method says.
#[derive(Debug)]
pub struct Caller;

impl FromRequestParts<Store> for Caller {
    type Rejection = crate::error::AppError;

    async fn from_request_parts(parts: &mut Parts, store: &Store) -> Result<Caller, Self::Rejection> {
        let key = parts.headers.get("x-api-key").and_then(|key| key.to_str().ok());
        store.authorize(key, !parts.method.is_safe())?;
        Ok(Caller)
    }
}

/// A room to be.
#[derive(Debug, Deserialize)]
pub struct NewRoom {
    name: String,
    seats: u32,
}

/// `GET /rooms`
pub async fn list_rooms(_: Caller, State(store): State<Store>) -> Json<Vec<Room>> {
    Json(store.rooms())
}

/// `POST /rooms`
pub async fn create_room(
    _: Caller,
    State(store): State<Store>,
    Json(room): Json<NewRoom>,
) -> Result<(StatusCode, Json<Room>)> {
    Ok((StatusCode::CREATED, Json(store.create_room(room.name, room.seats)?)))
}

/// `GET /rooms/{room}`
pub async fn show_room(_: Caller, State(store): State<Store>, Path(room): Path<u32>) -> Result<Json<Room>> {
    Ok(Json(store.room(room)?))
}

/// `DELETE /rooms/{room}`
pub async fn delete_room(_: Caller, State(store): State<Store>, Path(room): Path<u32>) -> Result<StatusCode> {
    store.delete_room(room)?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /rooms/{room}/bookings`
pub async fn list_bookings(
    _: Caller,
    State(store): State<Store>,
    Path(room): Path<u32>,
) -> Result<Json<Vec<Booking>>> {
    Ok(Json(store.bookings(room)?))
}

/// `POST /rooms/{room}/bookings`
pub async fn book(
    _: Caller,
    State(store): State<Store>,
    Path(room): Path<u32>,
    Json(slot): Json<Slot>,
) -> Result<(StatusCode, Json<Booking>)> {
    Ok((StatusCode::CREATED, Json(store.book(room, slot)?)))
}

/// `DELETE /bookings/{booking}`
pub async fn cancel(_: Caller, State(store): State<Store>, Path(booking): Path<u32>) -> Result<StatusCode> {
    store.cancel(booking)?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /bookings/{booking}/confirm`
pub async fn confirm(
    _: Caller,
    State(store): State<Store>,
    Path(booking): Path<u32>,
) -> Result<Json<Booking>> {
    Ok(Json(store.confirm(booking)?))
}
