use std::str::FromStr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use errbook::ApiError;
use errbook::mail::code;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::store::now;

/// What an API key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) enum Permission {
    SendEmail,
    ReadEmail,
    ManageMailboxes,
    ManageKeys,
    ManageProviders,
    ReadCredits,
}

/// An API key that is in force.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) team: i64,
    pub(crate) permissions: Vec<Permission>,
    /// The only mailbox that it may use.
    pub(crate) mailbox: Option<String>,
}

/// A key, the one time that it can be seen.
#[derive(Debug)]
pub(crate) struct NewKey {
    pub(crate) id: String,
    pub(crate) secret: String,
}

/// What every API checks of a caller, so its codes are those that every API emits.
#[derive(Debug, thiserror::Error, ApiError)]
pub(crate) enum AuthError {
    #[error("the request has no bearer key")]
    #[api(code::AuthenticationRequired)]
    Missing,
    #[error("the key is unknown")]
    #[api(code::AuthenticationRequired)]
    Unknown,
    #[error("the key {0} has expired")]
    #[api(code::AuthenticationRequired)]
    Expired(String),
    #[error("the key {0} was revoked")]
    #[api(code::AuthenticationRequired)]
    Revoked(String),
    #[error("the key {key} is over its limit for another {wait:?}")]
    #[api(code::RateLimitExceeded { retry_after: *wait })]
    TooFast { key: String, wait: Duration },
    #[error("the storage failed")]
    #[api(code::InternalError)]
    Store(#[from] rusqlite::Error),
}

/// What a key that is in force may not do.
#[derive(Debug, thiserror::Error, ApiError)]
pub(crate) enum PermissionError {
    #[error("the key {key} lacks {}", permission.as_str())]
    #[api(code::InsufficientPermissions)]
    Lacks { key: String, permission: Permission },
    #[error("the key {0} is bound to another mailbox")]
    #[api(code::InsufficientPermissions)]
    BoundElsewhere(String),
}

/// A key could not be made.
#[derive(Debug, thiserror::Error, ApiError)]
pub(crate) enum KeyError {
    #[error("no randomness")]
    #[api(code::InternalError)]
    Random(#[from] getrandom::Error),
    #[error("the storage failed")]
    #[api(code::InternalError)]
    Store(#[from] rusqlite::Error),
}

impl Key {
    pub(crate) fn authenticate(store: &Connection, secret: &str) -> Result<Key, AuthError> {
        let found = store
            .prepare_cached(
                "SELECT id, team, permissions, mailbox, expires_at, revoked FROM keys WHERE hash = ?1",
            )?
            .query_row([hash(secret)], |row| {
                Ok((Key::read(row)?, row.get::<_, Option<i64>>(4)?, row.get(5)?))
            })
            .optional()?;
        match found {
            None => Err(AuthError::Unknown),
            Some((key, _, true)) => Err(AuthError::Revoked(key.id)),
            Some((key, Some(expires_at), _)) if expires_at <= now() => Err(AuthError::Expired(key.id)),
            Some((key, _, false)) => Ok(key),
        }
    }

    pub(crate) fn require(&self, permission: Permission) -> Result<(), PermissionError> {
        if self.permissions.contains(&permission) {
            return Ok(());
        }
        Err(PermissionError::Lacks { key: self.id.clone(), permission })
    }

    pub(crate) fn require_mailbox(&self, mailbox: &str) -> Result<(), PermissionError> {
        match &self.mailbox {
            Some(bound) if bound != mailbox => Err(PermissionError::BoundElsewhere(self.id.clone())),
            _ => Ok(()),
        }
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Key> {
        let permissions: String = row.get(2)?;
        Ok(Key {
            id: row.get(0)?,
            team: row.get(1)?,
            permissions: permissions.split(' ').filter_map(|name| name.parse().ok()).collect(),
            mailbox: row.get(3)?,
        })
    }
}

pub(crate) fn create(
    store: &Connection,
    team: i64,
    permissions: &[Permission],
    mailbox: Option<&str>,
    valid_for: Option<Duration>,
) -> Result<NewKey, KeyError> {
    let mut random = [0; 32];
    getrandom::fill(&mut random)?;
    let secret = format!("mk_{}", URL_SAFE_NO_PAD.encode(random));
    let names: Vec<_> = permissions.iter().map(|permission| permission.as_str()).collect();
    let expires_at = valid_for.map(|wait| now().saturating_add_unsigned(wait.as_secs()));
    let id = store.query_row(
        "INSERT INTO keys (id, team, hash, permissions, mailbox, expires_at)
         VALUES ('key_' || lower(hex(randomblob(10))), ?1, ?2, ?3, ?4, ?5) RETURNING id",
        params![team, hash(&secret), names.join(" "), mailbox, expires_at],
        |row| row.get(0),
    )?;
    Ok(NewKey { id, secret })
}

/// False when the team has no such key.
pub(crate) fn revoke(store: &Connection, team: i64, id: &str) -> rusqlite::Result<bool> {
    Ok(store.execute("UPDATE keys SET revoked = 1 WHERE team = ?1 AND id = ?2", params![team, id])? > 0)
}

impl Permission {
    pub(crate) const ALL: [Permission; 6] = [
        Permission::SendEmail,
        Permission::ReadEmail,
        Permission::ManageMailboxes,
        Permission::ManageKeys,
        Permission::ManageProviders,
        Permission::ReadCredits,
    ];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Permission::SendEmail => "email.send",
            Permission::ReadEmail => "email.read",
            Permission::ManageMailboxes => "mailbox.manage",
            Permission::ManageKeys => "key.manage",
            Permission::ManageProviders => "provider.manage",
            Permission::ReadCredits => "credit.read",
        }
    }
}

impl TryFrom<String> for Permission {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Permission, &'static str> {
        name.parse().map_err(|()| "no permission")
    }
}

impl FromStr for Permission {
    type Err = ();

    fn from_str(name: &str) -> Result<Permission, ()> {
        Permission::ALL.into_iter().find(|permission| permission.as_str() == name).ok_or(())
    }
}

fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}
