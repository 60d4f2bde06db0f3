use errbook::ApiError;
use errbook::mail::code;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::Serialize;

use super::attachment::Attachment;
use super::billing::{self, BillingError};
use super::keys::{Key, PermissionError};
use super::mailboxes::{Mailbox, MailboxError};
use super::providers::{NoProvider, Provider};

/// An email that may be sent, as far as can be said without the database.
#[derive(Debug)]
pub(crate) struct Email {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) html_body: String,
    pub(crate) text_body: Option<String>,
    pub(crate) attachments: Vec<Attachment>,
    /// Where its sender stands in the request: `from`, `messages[3].from`.
    pub(crate) from_param: String,
}

/// An email that was accepted.
#[derive(Debug, Serialize)]
pub(crate) struct Sent {
    pub(crate) id: String,
    pub(crate) to: String,
    pub(crate) state: String,
}

#[derive(Debug, thiserror::Error, ApiError)]
pub(crate) enum SendError {
    #[error("the team has no mailbox {address}")]
    #[api(code::NotFound, param = param.clone())]
    UnknownSender { address: String, param: String },
    #[error(transparent)]
    #[api(forward)]
    Mailbox(MailboxError),
    #[error(transparent)]
    #[api(forward)]
    Permission(#[from] PermissionError),
    #[error(transparent)]
    #[api(forward)]
    Provider(#[from] NoProvider),
    #[error(transparent)]
    #[api(forward)]
    Billing(#[from] BillingError),
    #[error("the storage failed")]
    #[api(code::InternalError)]
    Store(#[from] rusqlite::Error),
}

/// Whether the key may send these emails now. Changes nothing.
pub(crate) fn check(store: &Connection, key: &Key, emails: &[Email]) -> Result<(), SendError> {
    for email in emails {
        sender(store, key, email)?;
    }
    Provider::active(store, key.team)?;
    billing::require(store, key.team, emails.len())?;
    Ok(())
}

/// Charges the emails and writes them down, all or none.
pub(crate) fn accept(store: &Connection, key: &Key, emails: &[Email]) -> Result<Vec<Sent>, SendError> {
    Provider::active(store, key.team)?;
    billing::charge(store, key.team, emails.len())?;
    emails.iter().map(|email| insert(store, key, email)).collect()
}

pub(crate) fn set_state(store: &Connection, email: &Sent) -> rusqlite::Result<()> {
    store.execute("UPDATE emails SET state = ?2 WHERE id = ?1", params![email.id, email.state])?;
    Ok(())
}

pub(crate) fn by_id(store: &Connection, team: i64, id: &str) -> rusqlite::Result<Option<Sent>> {
    store
        .query_row(
            "SELECT id, recipient, state FROM emails WHERE team = ?1 AND id = ?2",
            params![team, id],
            Sent::read,
        )
        .optional()
}

pub(crate) fn list(store: &Connection, team: i64, limit: u32) -> rusqlite::Result<Vec<Sent>> {
    store
        .prepare_cached(
            "SELECT id, recipient, state FROM emails WHERE team = ?1 ORDER BY rowid DESC LIMIT ?2",
        )?
        .query_map(params![team, limit], Sent::read)?
        .collect()
}

fn sender(store: &Connection, key: &Key, email: &Email) -> Result<Mailbox, SendError> {
    let mailbox = Mailbox::by_address(store, key.team, &email.from).map_err(|error| match error {
        MailboxError::Unknown(address) => {
            SendError::UnknownSender { address, param: email.from_param.clone() }
        }
        error => SendError::Mailbox(error),
    })?;
    key.require_mailbox(&mailbox.id)?;
    mailbox.require_active().map_err(SendError::Mailbox)?;
    Ok(mailbox)
}

fn insert(store: &Connection, key: &Key, email: &Email) -> Result<Sent, SendError> {
    let mailbox = sender(store, key, email)?;
    let sent = store.query_row(
        "INSERT INTO emails (id, team, mailbox, recipient, subject, state)
         VALUES ('eml_' || lower(hex(randomblob(10))), ?1, ?2, ?3, ?4, 'sending')
         RETURNING id, recipient, state",
        params![key.team, mailbox.id, email.to, email.subject],
        Sent::read,
    )?;
    Ok(sent)
}

impl Sent {
    fn read(row: &Row<'_>) -> rusqlite::Result<Sent> {
        Ok(Sent { id: row.get(0)?, to: row.get(1)?, state: row.get(2)? })
    }
}

impl Email {
    /// What is handed to the relay.
    pub(crate) fn content(&self) -> Vec<u8> {
        let text = self.text_body.as_deref().unwrap_or_default();
        let head = format!("Subject: {}\r\n\r\n", self.subject);
        let mut content = [head.as_str(), &self.html_body, text].concat().into_bytes();
        for file in &self.attachments {
            content.extend_from_slice(file.filename.as_bytes());
            content.extend_from_slice(&file.content);
        }
        content
    }
}
