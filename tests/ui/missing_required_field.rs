use errbook::mail::{code, inbox};

fn without_field() -> inbox::Result<()> {
    Err(code::AttachmentTooLarge {}.into())
}

fn as_unit() -> inbox::Result<()> {
    Err(code::AttachmentTooLarge.into())
}

fn main() {}
