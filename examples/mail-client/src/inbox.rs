use errbook::mail::Inbox;
use errbook::retry::KeyIn;
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{Attachment, Call, Client, Result};

/// The Inbox API.
#[derive(Debug, Clone, Copy)]
pub struct InboxClient<'c>(pub(crate) &'c Client);

/// An inbox.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct InboxInfo {
    /// Its id.
    pub id: String,
    /// Its address.
    pub address: String,
}

/// Where the events of an inbox go.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Webhook {
    /// The URL.
    pub url: String,
    /// What they are signed with: `whsec_…`.
    pub secret: String,
}

/// A message to be posted from an inbox.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Message {
    /// The id of the inbox.
    pub inbox: String,
    /// To whom.
    pub to: Vec<String>,
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
    /// A name of your own for it; under one name a message is delivered once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Files that go along.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
}

/// A message that was posted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Posted {
    /// Its id.
    pub id: String,
    /// To whom it went: without those that are suppressed, blocked, or that it bounced from.
    pub delivered: Vec<String>,
}

/// What the API answered instead, or why it did not, is each method's error.
#[allow(clippy::missing_errors_doc)]
impl InboxClient<'_> {
    /// Adds an inbox.
    pub async fn create_inbox(&self, address: &str) -> Result<InboxInfo, Inbox> {
        self.0.read(Call::post("/inboxes", &json!({ "address": address }))).await
    }

    /// The inbox with this id.
    pub async fn inbox(&self, id: &str) -> Result<InboxInfo, Inbox> {
        self.0.read(Call::get(format!("/inboxes/{id}"))).await
    }

    /// The account's inboxes.
    pub async fn inboxes(&self, limit: u32) -> Result<Vec<InboxInfo>, Inbox> {
        self.0.read(Call::get(format!("/inboxes?limit={limit}"))).await
    }

    /// Removes an inbox with its messages.
    pub async fn delete_inbox(&self, id: &str) -> Result<(), Inbox> {
        self.0.call::<Inbox>(Call::new(Method::DELETE, format!("/inboxes/{id}"))).await?;
        Ok(())
    }

    /// Has the events of an inbox sent to a URL.
    pub async fn set_webhook(&self, id: &str, url: &str) -> Result<Webhook, Inbox> {
        let path = format!("/inboxes/{id}/webhook");
        self.0.read(Call::new(Method::PUT, path).json(&json!({ "url": url }))).await
    }

    /// Adds a domain of the account's own.
    pub async fn add_domain(&self, name: &str) -> Result<(), Inbox> {
        self.0.call::<Inbox>(Call::post("/domains", &json!({ "name": name }))).await?;
        Ok(())
    }

    /// Adds a subdomain that nobody else sends from.
    pub async fn add_subdomain(&self, name: &str) -> Result<(), Inbox> {
        self.0.call::<Inbox>(Call::post("/subdomains", &json!({ "name": name }))).await?;
        Ok(())
    }

    /// Posts a message.
    pub async fn post(&self, message: &Message) -> Result<Posted, Inbox> {
        self.0.read(Call::post("/messages", message).keyed(KeyIn::member("client_id"))).await
    }

    /// The message with this id.
    pub async fn message(&self, id: &str) -> Result<Posted, Inbox> {
        self.0.read(Call::get(format!("/messages/{id}"))).await
    }

    /// Sends nothing more to an address.
    pub async fn block(&self, address: &str) -> Result<(), Inbox> {
        self.0.call::<Inbox>(Call::post("/blocks", &json!({ "address": address }))).await?;
        Ok(())
    }

    /// Sends to a blocked address again.
    pub async fn unblock(&self, address: &str) -> Result<(), Inbox> {
        self.0.call::<Inbox>(Call::new(Method::DELETE, format!("/blocks/{address}"))).await?;
        Ok(())
    }
}
