//! Meeting rooms, and who has booked them.

pub mod error;
pub mod routes;
pub mod store;

use axum::Router;
use axum::routing::{delete, get, post};

use crate::store::Store;

errbook::include_catalog!();

/// The whole service.
pub fn app(store: Store) -> Router {
    Router::new().fallback_service(errbook::axum::finish::<Rooms>(routes().with_state(store)))
}

fn routes() -> Router<Store> {
    Router::new()
        .route("/rooms", get(routes::list_rooms).post(routes::create_room))
        .route("/rooms/{room}", get(routes::show_room).delete(routes::delete_room))
        .route("/rooms/{room}/bookings", get(routes::list_bookings).post(routes::book))
        .route("/bookings/{booking}", delete(routes::cancel))
        .route("/bookings/{booking}/confirm", post(routes::confirm))
}
