//! What can go wrong.

use axum::{Json, http::StatusCode, response::IntoResponse, response::Response};
use serde_json::json;

use crate::store::DiskError;

/// The result of a handler.
pub type Result<T, E = AppError> = std::result::Result<T, E>;

/// Everything that this service answers with when it fails.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum AppError {
    /// 401
    #[error("An API key is needed.")]
    KeyMissing,
    /// 401
    #[error("The API key is unknown.")]
    KeyUnknown,
    /// 401
    #[error("The API key has expired.")]
    KeyExpired,
    /// 403
    #[error("This API key can read only.")]
    KeyIsReadOnly,
    /// 404
    #[error("There is no such room.")]
    RoomNotFound,
    /// 404
    #[error("There is no such booking.")]
    BookingNotFound,
    /// 409
    #[error("There is a room with this name.")]
    NameTaken,
    /// 409
    #[error("The room has bookings.")]
    RoomIsBooked,
    /// 409
    #[error("The room is taken at this time.")]
    SlotTaken,
    /// 409
    #[error("The booking is confirmed already.")]
    AlreadyConfirmed,
    /// 409
    #[error("The booking was cancelled.")]
    BookingCancelled,
    /// 409
    #[error("The team has its 100 rooms.")]
    TooManyRooms,
    /// 422
    #[error("A room has a name.")]
    NameMissing,
    /// 422
    #[error("A name has at most 40 characters.")]
    NameTooLong,
    /// 422
    #[error("A room has a seat at least.")]
    NoSeats,
    /// 422
    #[error("The booking ends before it begins.")]
    EndsBeforeStart,
    /// 422
    #[error("A booking takes at most 8 hours.")]
    BookingTooLong,
    /// 422
    #[error("The room has {seats} seats.")]
    TooManyGuests {
        /// What there are.
        seats: u32,
    },
    /// 503
    #[error("The service is being worked on.")]
    Maintenance,
    /// 500
    #[error("disk: {0}")]
    DiskFailed(#[from] DiskError),
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        use AppError::*;
        let status = match self {
            KeyMissing | KeyUnknown | KeyExpired => 401,
            KeyIsReadOnly => 403,
            RoomNotFound | BookingNotFound => 404,
            NameTaken | RoomIsBooked | SlotTaken | AlreadyConfirmed | BookingCancelled | TooManyRooms => 409,
            Maintenance => 503,
            DiskFailed(_) => 500,
            _ => 422,
        };
        let error = json!({"code": <&str>::from(&self), "message": self.to_string()});
        (StatusCode::from_u16(status).unwrap_or_default(), Json(json!({"error": error}))).into_response()
    }
}
