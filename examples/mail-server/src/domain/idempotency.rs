use errbook::ApiError;
use errbook::mail::code;
use rusqlite::{Connection, OptionalExtension as _, params};
use sha2::{Digest as _, Sha256};

use crate::store::now;

/// Where a request with this key stands.
#[derive(Debug)]
pub(crate) enum Begun {
    /// This is the first one: run it, then [`finish`] or [`release`].
    New,
    /// It was answered with this; so is its repeat.
    Answered(String),
}

#[derive(Debug, thiserror::Error, ApiError)]
pub(crate) enum IdempotencyError {
    #[error("the first request with the key is still running")]
    #[api(
        code::IdempotencyConflict,
        message = "The first request with this Idempotency-Key is still running."
    )]
    Running,
    #[error("the key was used with another body")]
    #[api(
        code::IdempotencyConflict,
        message = "This Idempotency-Key was used for a request with another body."
    )]
    OtherBody,
    #[error("the storage failed")]
    #[api(code::InternalError)]
    Store(#[from] rusqlite::Error),
}

const DAY: i64 = 24 * 60 * 60;
/// A request that panicked or died with the process must not hold its key for a day.
const LONGEST_REQUEST: i64 = 5 * 60;

pub(crate) fn fingerprint(route: &str, body: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(route).chain_update([0]).chain_update(body).finalize().into()
}

/// Takes the key, for the team alone.
pub(crate) fn begin(
    store: &Connection,
    team: i64,
    key: &str,
    fingerprint: &[u8; 32],
) -> Result<Begun, IdempotencyError> {
    let now = now();
    store.execute("DELETE FROM idempotency WHERE expires_at <= ?1", [now])?;
    let known = store
        .query_row(
            "SELECT fingerprint, answer FROM idempotency WHERE team = ?1 AND key = ?2",
            params![team, key],
            |row| Ok((row.get::<_, [u8; 32]>(0)?, row.get::<_, Option<String>>(1)?)),
        )
        .optional()?;
    match known {
        Some((of_first, _)) if of_first != *fingerprint => Err(IdempotencyError::OtherBody),
        Some((_, None)) => Err(IdempotencyError::Running),
        Some((_, Some(answer))) => Ok(Begun::Answered(answer)),
        None => {
            store.execute(
                "INSERT INTO idempotency (team, key, fingerprint, expires_at) VALUES (?1, ?2, ?3, ?4)",
                params![team, key, fingerprint, now + LONGEST_REQUEST],
            )?;
            Ok(Begun::New)
        }
    }
}

/// Keeps the answer for repeats.
pub(crate) fn finish(store: &Connection, team: i64, key: &str, answer: &str) -> rusqlite::Result<()> {
    store.execute(
        "UPDATE idempotency SET answer = ?3, expires_at = ?4 WHERE team = ?1 AND key = ?2",
        params![team, key, answer, now() + DAY],
    )?;
    Ok(())
}

/// Gives the key back: the request failed, so its repeat is to be run.
pub(crate) fn release(store: &Connection, team: i64, key: &str) -> rusqlite::Result<()> {
    store.execute("DELETE FROM idempotency WHERE team = ?1 AND key = ?2", params![team, key])?;
    Ok(())
}

/// At the start of the server no request is running.
pub(crate) fn release_all(store: &Connection) -> rusqlite::Result<()> {
    store.execute("DELETE FROM idempotency WHERE answer IS NULL", [])?;
    Ok(())
}
