use errbook::mail::{Inbox, Sending, code};
use errbook::{AnsweredBy, Api, ApiError};
use thiserror::Error;

#[derive(ApiError, Debug, Error)]
enum SendError {
    #[error("no such sender")]
    #[api(code::NotFound)]
    NoSender,

    #[error("the balance is below the cost")]
    #[api(code::InsufficientCredits)]
    NoCredits,
}

/// What documentation asks, as `errbook::utoipa::Errors` does.
fn errors<A: Api, E: AnsweredBy<A>>() -> usize {
    E::codes().len()
}

fn main() {
    errors::<Sending, SendError>();
    errors::<Inbox, SendError>();
    errors::<Inbox, (code::NotFound, SendError)>();
    errors::<Inbox, errbook::Error<Sending>>();
    errors::<Sending, std::io::Error>();
}
