use errbook::ApiError;
use errbook::mail::code;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::Serialize;

use super::address;

/// From where a team sends.
#[derive(Debug, Serialize)]
pub(crate) struct Mailbox {
    pub(crate) id: String,
    pub(crate) address: String,
    pub(crate) active: bool,
}

#[derive(Debug, Serialize)]
pub(crate) struct Domain {
    pub(crate) id: String,
    pub(crate) name: String,
}

#[derive(Debug, thiserror::Error, ApiError)]
pub(crate) enum MailboxError {
    #[error("the team has no mailbox {0}")]
    #[api(code::NotFound)]
    Unknown(String),
    #[error("the team has no domain for {0}")]
    #[api(code::NotFound, param = "address")]
    ForeignDomain(String),
    #[error("the mailbox {0} is not active")]
    #[api(code::InsufficientPermissions)]
    Inactive(String),
    #[error("the storage failed")]
    #[api(code::InternalError)]
    Store(#[from] rusqlite::Error),
}

impl Mailbox {
    /// Adds one; the one that is there when the address is the team's already.
    pub(crate) fn create(store: &Connection, team: i64, address: &str) -> Result<Mailbox, MailboxError> {
        let name = address::domain_of(address);
        let known = store
            .query_row("SELECT 1 FROM domains WHERE team = ?1 AND name = ?2", params![team, name], |_| Ok(()))
            .optional()?;
        if known.is_none() {
            return Err(MailboxError::ForeignDomain(address.to_owned()));
        }
        store.execute(
            "INSERT INTO mailboxes (id, team, address) VALUES ('mbx_' || lower(hex(randomblob(10))), ?1, ?2)
             ON CONFLICT DO NOTHING",
            params![team, address],
        )?;
        Mailbox::by_address(store, team, address)
    }

    pub(crate) fn by_id(store: &Connection, team: i64, id: &str) -> Result<Mailbox, MailboxError> {
        store
            .query_row(
                "SELECT id, address, active FROM mailboxes WHERE team = ?1 AND id = ?2",
                params![team, id],
                Mailbox::read,
            )
            .optional()?
            .ok_or_else(|| MailboxError::Unknown(id.to_owned()))
    }

    pub(crate) fn by_address(store: &Connection, team: i64, address: &str) -> Result<Mailbox, MailboxError> {
        store
            .query_row(
                "SELECT id, address, active FROM mailboxes WHERE team = ?1 AND address = ?2",
                params![team, address],
                Mailbox::read,
            )
            .optional()?
            .ok_or_else(|| MailboxError::Unknown(address.to_owned()))
    }

    pub(crate) fn list(store: &Connection, team: i64, limit: u32) -> rusqlite::Result<Vec<Mailbox>> {
        store
            .prepare_cached(
                "SELECT id, address, active FROM mailboxes WHERE team = ?1 ORDER BY address LIMIT ?2",
            )?
            .query_map(params![team, limit], Mailbox::read)?
            .collect()
    }

    pub(crate) fn set_active(&mut self, store: &Connection, active: bool) -> rusqlite::Result<()> {
        store.execute("UPDATE mailboxes SET active = ?2 WHERE id = ?1", params![self.id, active])?;
        self.active = active;
        Ok(())
    }

    pub(crate) fn require_active(&self) -> Result<(), MailboxError> {
        if self.active { Ok(()) } else { Err(MailboxError::Inactive(self.id.clone())) }
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Mailbox> {
        Ok(Mailbox { id: row.get(0)?, address: row.get(1)?, active: row.get(2)? })
    }
}

impl Domain {
    /// Adds one; the one that is there when it is the team's already.
    pub(crate) fn create(store: &Connection, team: i64, name: &str) -> rusqlite::Result<Domain> {
        store.query_row(
            "INSERT INTO domains (id, team, name) VALUES ('dom_' || lower(hex(randomblob(10))), ?1, ?2)
             ON CONFLICT DO UPDATE SET name = name RETURNING id, name",
            params![team, name],
            |row| Ok(Domain { id: row.get(0)?, name: row.get(1)? }),
        )
    }
}
