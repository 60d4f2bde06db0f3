//! A service on a free port of this machine, for `cargo xtask bench load`: `serve layer` is what `finish` makes of the
//! routes, `serve plain` the routes alone. Prints its address.

use axum::routing::{get, post};
use axum::{Json, Router};
use errbook::mail::{Sending, code, sending};
use errbook::{Issues, prelude::*};
use serde::{Deserialize, Serialize};

#[derive(Deserialize, Serialize)]
struct Mail {
    to: String,
}

async fn send(Json(mail): Json<Mail>) -> sending::Result<Json<Mail>> {
    match mail.to.as_str() {
        "" => Err(code::InsufficientCredits.into()),
        "issues" => {
            let mut issues = Issues::of(code::InvalidParameter);
            for param in ["to", "from", "subject"] {
                issues.push(code::MissingParameter.at(param));
            }
            issues.finish()?;
            Ok(Json(mail))
        }
        _ => Ok(Json(mail)),
    }
}

#[derive(Serialize)]
struct Sent {
    id: String,
    to: String,
    subject: String,
    state: &'static str,
}

async fn list() -> sending::Result<Json<Vec<Sent>>> {
    let sent = |number| Sent {
        id: format!("email_{number:08}"),
        to: format!("reader-{number}@example.com"),
        subject: "What came in this week".to_owned(),
        state: "sent",
    };
    Ok(Json((0..100).map(sent).collect()))
}

async fn fails() -> sending::Result<()> {
    std::fs::read("/no/such/file").or_raise(code::InternalError)?;
    Ok(())
}

async fn panics() {
    panic!("on purpose");
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    // A panic is an answer here; at full speed its lines would be what is measured.
    std::panic::set_hook(Box::new(|_| {}));
    let routes =
        Router::new().route("/emails", post(send))
        .route("/list", get(list)).route("/fails", get(fails)).route("/panics", get(panics));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    match std::env::args().nth(1).as_deref() {
        Some("plain") => axum::serve(listener, routes).await,
        _ => axum::serve(listener, errbook::axum::finish::<Sending>(routes).into_make_service()).await,
    }
}
