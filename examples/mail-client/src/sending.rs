use errbook::mail::Sending;
use errbook::retry::KeyIn;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::management::Data;
use crate::{Call, Client, Result};

/// The Sending API.
#[derive(Debug, Clone, Copy)]
pub struct SendingClient<'c>(pub(crate) &'c Client);

/// An email to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Email {
    /// A mailbox of the team.
    pub from: Party,
    /// To whom.
    pub to: Party,
    /// The subject.
    pub subject: String,
    /// The text, as HTML.
    pub html_body: String,
    /// The text, without any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_body: Option<String>,
    /// Files that go along.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub attachments: Vec<Attachment>,
}

/// Who sends or receives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// The address.
    pub email: String,
}

/// A file that goes along.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its name; the extension says what it is.
    pub filename: String,
    /// What is in it, in base64.
    pub content: String,
}

/// An email that was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Sent {
    /// Its id.
    pub id: String,
    /// To whom it goes.
    pub to: String,
    /// `sending`, `sent` or `bounced`.
    pub state: String,
}

#[derive(Deserialize)]
struct Batch {
    emails: Vec<Sent>,
}

impl Email {
    /// An email of HTML, without attachments.
    pub fn new(from: &str, to: &str, subject: &str, html_body: impl Into<String>) -> Email {
        Email {
            from: Party { email: from.to_owned() },
            to: Party { email: to.to_owned() },
            subject: subject.to_owned(),
            html_body: html_body.into(),
            text_body: None,
            attachments: Vec::new(),
        }
    }
}

impl SendingClient<'_> {
    /// Sends an email. With an idempotency key it is sent once, however often it's repeated.
    ///
    /// # Errors
    ///
    /// What the API answered instead, or why it did not.
    pub async fn send(&self, email: &Email, idempotency_key: Option<&str>) -> Result<Sent, Sending> {
        let call = with_key(Call::post("/emails", email), idempotency_key);
        Ok(self.0.read::<_, Data<_>>(call).await?.data)
    }

    /// Sends emails, all or none. With an idempotency key they are sent once, however often they're repeated.
    ///
    /// # Errors
    ///
    /// What the API answered instead, or why it did not.
    pub async fn send_batch(
        &self,
        emails: &[Email],
        idempotency_key: Option<&str>,
    ) -> Result<Vec<Sent>, Sending> {
        let call = with_key(Call::post("/emails/batch", &json!({ "messages": emails })), idempotency_key);
        Ok(self.0.read::<_, Data<Batch>>(call).await?.data.emails)
    }

    /// The email with this id.
    ///
    /// # Errors
    ///
    /// What the API answered instead, or why it did not.
    pub async fn email(&self, id: &str) -> Result<Sent, Sending> {
        Ok(self.0.read::<_, Data<_>>(Call::get(format!("/emails/{id}"))).await?.data)
    }

    /// The last emails.
    ///
    /// # Errors
    ///
    /// What the API answered instead, or why it did not.
    pub async fn emails(&self, limit: u32) -> Result<Vec<Sent>, Sending> {
        Ok(self.0.read::<_, Data<_>>(Call::get(format!("/emails?limit={limit}"))).await?.data)
    }
}

/// The caller's key, or else one of the call's own.
fn with_key(call: Call, idempotency_key: Option<&str>) -> Call {
    let call = call.keyed(KeyIn::header("idempotency-key"));
    match idempotency_key {
        Some(key) => call.header("idempotency-key", key),
        None => call,
    }
}
