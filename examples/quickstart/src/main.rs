//! The depot's server; its argument is the file for the ledger.

use quickstart::{app, depot::Depot};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    tracing_subscriber::fmt().init();
    let ledger = std::env::args_os().nth(1).unwrap_or("ledger".into());
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    axum::serve(listener, app(Depot::new(ledger)).into_make_service()).await
}
