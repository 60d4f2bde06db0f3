//! Receives the webhooks of the mail platform: checks the signature, keeps the event in a queue of its own, and answers. What
//! is to be done about it is done later, and once, however often the platform delivers it.
//!
//! ```no_run
//! use std::{path::Path, sync::Arc, thread, time::Duration};
//! use webhook_receiver::{Queue, Secret};
//!
//! fn work(queue: &Queue) -> rusqlite::Result<()> {
//!     while let Some(event) = queue.next()? {
//!         println!("{}: {}", event.id, String::from_utf8_lossy(&event.body));
//!         queue.finish(&event, |_database| Ok(()))?;
//!     }
//!     Ok(())
//! }
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let queue = Arc::new(Queue::open(Path::new("events.sqlite"))?);
//! let app = webhook_receiver::app(Secret::read("whsec_…")?, Arc::clone(&queue));
//! thread::spawn(move || {
//!     loop {
//!         if let Err(error) = work(&queue) {
//!             eprintln!("{error}"); // the event stays, and is next again
//!         }
//!         thread::sleep(Duration::from_secs(1));
//!     }
//! });
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8081").await?;
//! axum::serve(listener, app.into_make_service()).await?;
//! # Ok(())
//! # }
//! ```

mod queue;
mod signature;

use std::sync::Arc;
use std::time::SystemTime;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use bytes::Bytes;
use errbook::prelude::*;
use errbook::tower::ErrorService;
use http::{HeaderMap, StatusCode};

pub use queue::{Event, Queue};
pub use signature::{NoSecret, Secret};

errbook::include_catalog!();

/// The receiver, at `POST /webhook`.
pub fn app(secret: Secret, queue: Arc<Queue>) -> ErrorService<Router, Receiver> {
    let state = (Arc::new(secret), queue);
    errbook::axum::finish(Router::new().route("/webhook", post(receive)).with_state(state))
}

async fn receive(
    State((secret, queue)): State<(Arc<Secret>, Arc<Queue>)>,
    headers: HeaderMap,
    body: Bytes,
) -> receiver::Result<StatusCode> {
    let id = secret.verify(&headers, &body, SystemTime::now())?;
    queue.put(id, &body).or_raise(code::InternalError)?;
    Ok(StatusCode::NO_CONTENT)
}
