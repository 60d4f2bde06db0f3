use errbook::mail::{code, sending};
use errbook::testing::assert_error;

fn main() {
    let error = sending::Error::from(code::NotFound);
    assert_error!(error, code::NotFound.at("from"));
}
