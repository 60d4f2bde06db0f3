use std::fmt;

/// The HTTP status of an error: 400 to 599, so that an error can never be sent as a success.
///
/// ```
/// use errbook::Status;
///
/// assert_eq!(Status::new(404).map(Status::as_u16), Some(404));
/// assert_eq!(Status::new(200), None);
/// assert_eq!(http::StatusCode::from(Status::NOT_FOUND), http::StatusCode::NOT_FOUND);
/// ```
///
/// Client errors (RFC 9110 section 15.5) and server errors (section 15.6), nothing else.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Status(u16);

impl Status {
    /// 400
    pub const BAD_REQUEST: Status = Status(400);
    /// 401
    pub const UNAUTHORIZED: Status = Status(401);
    /// 402
    pub const PAYMENT_REQUIRED: Status = Status(402);
    /// 403
    pub const FORBIDDEN: Status = Status(403);
    /// 404
    pub const NOT_FOUND: Status = Status(404);
    /// 405
    pub const METHOD_NOT_ALLOWED: Status = Status(405);
    /// 406
    pub const NOT_ACCEPTABLE: Status = Status(406);
    /// 408
    pub const REQUEST_TIMEOUT: Status = Status(408);
    /// 409
    pub const CONFLICT: Status = Status(409);
    /// 413
    pub const CONTENT_TOO_LARGE: Status = Status(413);
    /// 415
    pub const UNSUPPORTED_MEDIA_TYPE: Status = Status(415);
    /// 422
    pub const UNPROCESSABLE_CONTENT: Status = Status(422);
    /// 429
    pub const TOO_MANY_REQUESTS: Status = Status(429);
    /// 500
    pub const INTERNAL_SERVER_ERROR: Status = Status(500);
    /// 502
    pub const BAD_GATEWAY: Status = Status(502);
    /// 503
    pub const SERVICE_UNAVAILABLE: Status = Status(503);
    /// 504
    pub const GATEWAY_TIMEOUT: Status = Status(504);

    /// `None` for anything but 400 to 599.
    pub const fn new(status: u16) -> Option<Status> {
        match status {
            400..=599 => Some(Status(status)),
            _ => None,
        }
    }

    /// The number.
    pub const fn as_u16(self) -> u16 {
        self.0
    }

    /// 500 to 599: the server failed, not the request.
    pub const fn is_server_error(self) -> bool {
        self.0 >= 500
    }
}

impl From<Status> for http::StatusCode {
    fn from(status: Status) -> http::StatusCode {
        http::StatusCode::from_u16(status.0).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// Fails for a status that is no error.
impl TryFrom<http::StatusCode> for Status {
    type Error = NotAnError;

    fn try_from(status: http::StatusCode) -> Result<Status, NotAnError> {
        Status::new(status.as_u16()).ok_or(NotAnError(status.as_u16()))
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A status outside 400 to 599.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnError(u16);

impl fmt::Display for NotAnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP status {} is no error", self.0)
    }
}

impl std::error::Error for NotAnError {}
