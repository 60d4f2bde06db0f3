use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

/// Events that have arrived. They stay when they are handled, so that one which comes again is known.
#[derive(Debug)]
pub struct Queue(Mutex<Connection>);

/// An event as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its name, on each delivery the same.
    pub id: String,
    /// JSON, as it was signed.
    pub body: Vec<u8>,
}

#[allow(clippy::missing_errors_doc)]
impl Queue {
    /// In this file.
    pub fn open(path: &Path) -> rusqlite::Result<Queue> {
        let connection = Connection::open(path)?;
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS events (
                number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body BLOB NOT NULL, handled INTEGER NOT NULL
            ) STRICT",
        )?;
        Ok(Queue(Mutex::new(connection)))
    }

    /// Keeps an event, unless it is there.
    pub fn put(&self, id: &str, body: &[u8]) -> rusqlite::Result<()> {
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        connection.execute(
            "INSERT INTO events (id, body, handled) VALUES (?1, ?2, 0) ON CONFLICT DO NOTHING",
            params![id, body],
        )?;
        Ok(())
    }

    /// Handles the oldest event that is not handled yet; false if there is none. What `handle` writes through the transaction
    /// is written with the mark, or not at all.
    pub fn handle_next<E: From<rusqlite::Error>>(
        &self,
        handle: impl FnOnce(&Transaction<'_>, Event) -> Result<(), E>,
    ) -> Result<bool, E> {
        let mut connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = connection.transaction()?;
        let next = "SELECT number, id, body FROM events WHERE handled = 0 ORDER BY number LIMIT 1";
        let next = transaction
            .query_row(next, [], |row| {
                Ok((row.get::<_, i64>(0)?, Event { id: row.get(1)?, body: row.get(2)? }))
            })
            .optional()?;
        let Some((number, event)) = next else { return Ok(false) };
        handle(&transaction, event)?;
        transaction.execute("UPDATE events SET handled = 1 WHERE number = ?1", [number])?;
        transaction.commit()?;
        Ok(true)
    }
}
