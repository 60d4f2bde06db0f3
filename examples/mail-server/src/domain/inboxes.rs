use errbook::ApiError;
use errbook::mail::code;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::Serialize;

use super::address;
use super::plan::{Plan, PlanError};

/// Under this domain everybody may have inboxes.
pub(crate) const OPEN_DOMAIN: &str = "inbox.example";

#[derive(Debug, Serialize)]
pub(crate) struct Inbox {
    pub(crate) id: String,
    pub(crate) address: String,
}

#[derive(Debug, thiserror::Error, ApiError)]
pub(crate) enum InboxError {
    #[error("the account has no inbox {0}")]
    #[api(code::NotFound)]
    Unknown(String),
    #[error("the account has no domain {0}")]
    #[api(code::NotFound)]
    UnknownDomain(String),
    #[error("another inbox has the address {0}")]
    #[api(code::AddressTaken)]
    Taken(String),
    #[error(transparent)]
    #[api(forward)]
    Plan(#[from] PlanError),
    #[error("the storage failed")]
    #[api(code::InternalError)]
    Store(#[from] rusqlite::Error),
}

impl Inbox {
    pub(crate) fn create(store: &Connection, team: i64, address: &str) -> Result<Inbox, InboxError> {
        let domain = address::domain_of(address);
        if domain != OPEN_DOMAIN && !has_domain(store, team, domain)? {
            return Err(InboxError::UnknownDomain(domain.to_owned()));
        }
        let in_use =
            store.query_row("SELECT count(*) FROM inboxes WHERE team = ?1", [team], |row| row.get(0))?;
        Plan::of(store, team)?.allow_inbox(in_use)?;
        store
            .query_row(
                "INSERT INTO inboxes (id, team, address) VALUES ('ibx_' || lower(hex(randomblob(10))), ?1, ?2)
                 ON CONFLICT DO NOTHING RETURNING id, address",
                params![team, address],
                Inbox::read,
            )
            .optional()?
            .ok_or_else(|| InboxError::Taken(address.to_owned()))
    }

    pub(crate) fn by_id(store: &Connection, team: i64, id: &str) -> Result<Inbox, InboxError> {
        store
            .query_row(
                "SELECT id, address FROM inboxes WHERE team = ?1 AND id = ?2",
                params![team, id],
                Inbox::read,
            )
            .optional()?
            .ok_or_else(|| InboxError::Unknown(id.to_owned()))
    }

    pub(crate) fn list(store: &Connection, team: i64, limit: u32) -> rusqlite::Result<Vec<Inbox>> {
        store
            .prepare_cached("SELECT id, address FROM inboxes WHERE team = ?1 ORDER BY address LIMIT ?2")?
            .query_map(params![team, limit], Inbox::read)?
            .collect()
    }

    /// With its messages and their attachments.
    pub(crate) fn delete(self, store: &Connection) -> rusqlite::Result<()> {
        store.execute("DELETE FROM inboxes WHERE id = ?1", [self.id])?;
        Ok(())
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Inbox> {
        Ok(Inbox { id: row.get(0)?, address: row.get(1)? })
    }
}

/// A domain of the account's own, for its inboxes.
pub(crate) fn add_domain(store: &Connection, team: i64, name: &str) -> Result<(), InboxError> {
    Plan::of(store, team)?.allow_custom_domain()?;
    Ok(insert_domain(store, team, name, false)?)
}

/// A subdomain from which nobody else sends.
pub(crate) fn add_subdomain(store: &Connection, team: i64, name: &str) -> Result<(), InboxError> {
    Plan::of(store, team)?.allow_dedicated_subdomain()?;
    Ok(insert_domain(store, team, name, true)?)
}

fn insert_domain(store: &Connection, team: i64, name: &str, dedicated: bool) -> rusqlite::Result<()> {
    store.execute(
        "INSERT INTO inbox_domains (team, name, dedicated) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        params![team, name, dedicated],
    )?;
    Ok(())
}

fn has_domain(store: &Connection, team: i64, name: &str) -> rusqlite::Result<bool> {
    let found = store
        .query_row("SELECT 1 FROM inbox_domains WHERE team = ?1 AND name = ?2", params![team, name], |_| {
            Ok(())
        })
        .optional()?;
    Ok(found.is_some())
}
