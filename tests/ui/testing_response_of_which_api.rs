use errbook::mail::{code, sending};
use errbook::testing::assert_error;

fn main() {
    let response = http::Response::from(sending::Error::from(code::NotFound));
    assert_error!(response, code::NotFound);
}
