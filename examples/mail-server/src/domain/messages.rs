use errbook::ApiError;
use errbook::mail::code;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};

use super::address;
use super::attachment::Attachment;
use super::inboxes::{Inbox, InboxError};
use super::plan::{Plan, PlanError};

/// A message to be posted from an inbox.
#[derive(Debug, Deserialize)]
pub(crate) struct Message {
    pub(crate) inbox: String,
    #[serde(deserialize_with = "address::emails")]
    pub(crate) to: Vec<String>,
    pub(crate) subject: Option<String>,
    pub(crate) text: String,
    /// The caller's own name for it: a second message with the same one is the first one, repeated.
    pub(crate) client_id: Option<String>,
    #[serde(default)]
    pub(crate) attachments: Vec<Attachment>,
}

/// A message that was posted.
#[derive(Debug, Serialize)]
pub(crate) struct Posted {
    pub(crate) id: String,
    pub(crate) delivered: Vec<String>,
}

/// To whom a message goes, and from where.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
}

#[derive(Debug, thiserror::Error, ApiError)]
pub(crate) enum MessageError {
    #[error("none of the {0} recipients can be delivered to")]
    #[api(code::NoDeliverableRecipients)]
    NoRecipients(usize),
    #[error(transparent)]
    #[api(forward)]
    Inbox(#[from] InboxError),
    #[error(transparent)]
    #[api(forward)]
    Plan(#[from] PlanError),
    #[error("the storage failed")]
    #[api(code::InternalError)]
    Store(#[from] rusqlite::Error),
}

/// Whether the account may post the message now, and to whom it goes. Changes nothing.
pub(crate) fn route(store: &Connection, team: i64, message: &Message) -> Result<Route, MessageError> {
    let inbox = Inbox::by_id(store, team, &message.inbox)?;
    let mut to = Vec::new();
    for address in &message.to {
        if is_deliverable(store, team, address)? {
            to.push(address.clone());
        }
    }
    if to.is_empty() {
        return Err(MessageError::NoRecipients(message.to.len()));
    }
    let more = message
        .attachments
        .iter()
        .map(|attachment| i64::try_from(attachment.content.len()).unwrap_or(i64::MAX))
        .sum();
    let stored = store.query_row(
        "SELECT coalesce(sum(length(content)), 0) FROM attachments WHERE team = ?1",
        [team],
        |row| row.get(0),
    )?;
    Plan::of(store, team)?.allow_storage(stored, more)?;
    Ok(Route { from: inbox.address, to })
}

/// Keeps the message; `None` when there is one with its `client_id`.
pub(crate) fn keep(
    store: &Connection,
    team: i64,
    message: &Message,
    route: &Route,
) -> rusqlite::Result<Option<Posted>> {
    let posted = store
        .query_row(
            "INSERT INTO messages (id, team, inbox, client_id, subject, delivered)
             VALUES ('msg_' || lower(hex(randomblob(10))), ?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (team, client_id) DO NOTHING RETURNING id, delivered",
            params![team, message.inbox, message.client_id, message.subject, route.to.join(" ")],
            Posted::read,
        )
        .optional()?;
    if let Some(posted) = &posted {
        for attachment in &message.attachments {
            store.execute(
                "INSERT INTO attachments (message, team, filename, content) VALUES (?1, ?2, ?3, ?4)",
                params![posted.id, team, attachment.filename, attachment.content],
            )?;
        }
    }
    Ok(posted)
}

/// Writes down to whom mail bounced: the account doesn't send there again.
pub(crate) fn record_bounces(
    store: &Connection,
    team: i64,
    posted: &mut Posted,
    bounced: &[String],
) -> rusqlite::Result<()> {
    for address in bounced {
        set_undeliverable(store, team, address, "bounced")?;
    }
    posted.delivered.retain(|address| !bounced.contains(address));
    store.execute(
        "UPDATE messages SET delivered = ?2 WHERE id = ?1",
        params![posted.id, posted.delivered.join(" ")],
    )?;
    Ok(())
}

pub(crate) fn by_client_id(
    store: &Connection,
    team: i64,
    client_id: &str,
) -> rusqlite::Result<Option<Posted>> {
    store
        .query_row(
            "SELECT id, delivered FROM messages WHERE team = ?1 AND client_id = ?2",
            params![team, client_id],
            Posted::read,
        )
        .optional()
}

pub(crate) fn by_id(store: &Connection, team: i64, id: &str) -> rusqlite::Result<Option<Posted>> {
    store
        .query_row(
            "SELECT id, delivered FROM messages WHERE team = ?1 AND id = ?2",
            params![team, id],
            Posted::read,
        )
        .optional()
}

/// The account's own list of where it doesn't send.
pub(crate) fn block(store: &Connection, team: i64, address: &str) -> rusqlite::Result<()> {
    set_undeliverable(store, team, address, "blocked")
}

pub(crate) fn unblock(store: &Connection, team: i64, address: &str) -> rusqlite::Result<bool> {
    let removed = store.execute(
        "DELETE FROM undeliverable WHERE team = ?1 AND address = ?2 AND reason = 'blocked'",
        params![team, address],
    )?;
    Ok(removed > 0)
}

fn set_undeliverable(store: &Connection, team: i64, address: &str, reason: &str) -> rusqlite::Result<()> {
    store.execute(
        "INSERT INTO undeliverable (team, address, reason) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        params![team, address, reason],
    )?;
    Ok(())
}

fn is_deliverable(store: &Connection, team: i64, address: &str) -> rusqlite::Result<bool> {
    let found = store
        .prepare_cached("SELECT 1 FROM undeliverable WHERE team = ?1 AND address = ?2")?
        .query_row(params![team, address], |_| Ok(()))
        .optional()?;
    Ok(found.is_none())
}

impl Posted {
    fn read(row: &Row<'_>) -> rusqlite::Result<Posted> {
        let delivered: String = row.get(1)?;
        Ok(Posted { id: row.get(0)?, delivered: delivered.split_whitespace().map(str::to_owned).collect() })
    }
}
