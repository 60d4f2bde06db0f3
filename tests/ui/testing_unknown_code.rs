use errbook::mail::{code, inbox};
use errbook::testing::assert_error;

fn main() {
    let error = inbox::Error::from(code::NotFound);
    assert_error!(error, code::NotFund);
    assert_error!(error, code::AttachmentTooLarge { limit: 5 });
}
