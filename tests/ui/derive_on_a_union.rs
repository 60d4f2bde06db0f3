use errbook::ApiError;
use errbook::mail::sending;

#[derive(ApiError)]
union SendError {
    not_found: (),
}

fn send() -> sending::Error {
    SendError { not_found: () }.into()
}

fn main() {}
