//! A mail platform on one machine: it sends email for teams, lets them manage their mailboxes and keys, and gives
//! agents inboxes. Three APIs, one `errors.yaml`: every answer that is no success is of the catalog `errbook::mail`.
//!
//! Where to look for what:
//!
//! * `routes/`: a file per API. What a handler answers is in its types: `sending::Result`, `inbox::Result`, …
//! * `domain/`: what the platform knows and decides. Its errors are plain `thiserror` enums which say with
//!   `#[derive(ApiError)]` as which code they are answered, and may be used by every API that emits it.
//! * `relay.rs` and `webhook.rs`: whom the platform talks to, the delivery service and the callers' own servers.
//! * `http/`: what all routes share: request ids, the caller, bodies, answers to what no handler answered.
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use mail_server::{Config, NewTeam, Operator, Server};
//!
//! let config = Config::new("mail.sqlite", "127.0.0.1:2525".parse()?);
//! let server = Server::start(config).await?;
//! let key = Operator::open("mail.sqlite")?.create_team(&NewTeam::named("Team A"))?;
//! println!("http://{} takes {key}", server.address());
//! # server.stop().await;
//! # Ok(())
//! # }
//! ```

mod domain;
mod http;
mod operator;
pub mod relay;
mod routes;
mod server;
mod store;
mod webhook;

pub use domain::plan::Plan;
pub use operator::{NewTeam, Operator, OperatorError};
pub use server::{Config, Server};
