use errbook::ApiError;
use errbook::mail::code;

#[derive(ApiError, Debug)]
enum SendError {
    #[api(code::NotFound)]
    NoSender,
}

fn main() {}
