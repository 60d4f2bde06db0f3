//! A typed client of the mail platform's three APIs.
//!
//! A call returns what was asked for, or a [`ClientError`] of the API that was called: its errors are those of the
//! catalog, typed, with the advice on what to do about them.
//!
//! ```no_run
//! # async fn run(to: &str) -> Result<(), Box<dyn std::error::Error>> {
//! use errbook::mail::Code;
//! use mail_client::{Client, Email};
//!
//! let client = Client::new("http://127.0.0.1:8080", "mk_…");
//! let email = Email::new("news@team-a.example", to, "Hello", "<p>Hello</p>");
//! match client.sending().send(&email, Some("order-17")).await {
//!     Ok(sent) => println!("{} is {}", sent.id, sent.state),
//!     Err(error) => match error.code() {
//!         Some(Code::InsufficientCredits) => println!("top up: {:?}", error.api().and_then(|e| e.action_url())),
//!         Some(Code::RateLimitExceeded) => println!("wait {:?}", error.api().and_then(|e| e.retry_after())),
//!         _ => return Err(error.into()),
//!     },
//! }
//! # Ok(())
//! # }
//! ```
//!
//! [`Client::call`] is the door for what has no method.

mod call;
mod inbox;
mod management;
mod sending;

use std::sync::Arc;

use errbook::mail::{Inbox, Management, Sending};

pub use call::{Answer, Call, Surface};
pub use errbook::reqwest::Error as ClientError;
use errbook::retry::{Policy, Retries};
pub use inbox::{InboxClient, InboxInfo, Message, Posted, Webhook};
pub use management::{Domain, Key, Mailbox, ManagementClient, NewKey, Provider};
pub use reqwest::Body;
pub use sending::{Attachment, Email, Party, SendingClient, Sent};

/// The result of a call to the API `A`.
pub type Result<T, A> = std::result::Result<T, ClientError<A>>;

/// A connection to the platform, with the API key that it uses. Clones share it.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Arc<str>,
    key: Option<Arc<str>>,
    retries: Option<Retries>,
}

impl Client {
    /// A client of the platform at `base`: `https://…`, without a path. It sends again what may be, on the usual terms.
    pub fn new(base: impl Into<Arc<str>>, key: impl Into<Arc<str>>) -> Client {
        let retries = Some(Retries::new(Policy::default()));
        Client { http: reqwest::Client::new(), base: base.into(), key: Some(key.into()), retries }
    }

    /// The same client on other terms.
    pub fn with_retries(&self, retries: Retries) -> Client {
        Client { retries: Some(retries), ..self.clone() }
    }

    /// The same client, which sends everything once.
    pub fn without_retries(&self) -> Client {
        Client { retries: None, ..self.clone() }
    }

    /// The same client with another key.
    pub fn with_key(&self, key: impl Into<Arc<str>>) -> Client {
        Client { key: Some(key.into()), ..self.clone() }
    }

    /// The same client without a key. Nothing but errors is to be had that way.
    pub fn without_key(&self) -> Client {
        Client { key: None, ..self.clone() }
    }

    /// The Sending API.
    pub fn sending(&self) -> SendingClient<'_> {
        SendingClient(self)
    }

    /// The Management API.
    pub fn management(&self) -> ManagementClient<'_> {
        ManagementClient(self)
    }

    /// The Inbox API.
    pub fn inbox(&self) -> InboxClient<'_> {
        InboxClient(self)
    }
}

impl Surface for Sending {
    const PATH: &'static str = "/sending/v1";
}

impl Surface for Management {
    const PATH: &'static str = "/management/v1";
}

impl Surface for Inbox {
    const PATH: &'static str = "/inbox/v1";
}
