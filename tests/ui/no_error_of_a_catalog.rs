use errbook::mail::sending;

fn load() -> sending::Result<String> {
    Ok(std::fs::read_to_string("mailboxes")?)
}

fn into() -> sending::Error {
    "not found".into()
}

fn main() {}
