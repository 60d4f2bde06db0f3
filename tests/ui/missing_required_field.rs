use errbook::mail::{Inbox, code};

fn without_field() -> errbook::Error<Inbox> {
    code::AttachmentTooLarge {}.into()
}

fn as_unit() -> errbook::Error<Inbox> {
    code::AttachmentTooLarge.into()
}

fn main() {}
