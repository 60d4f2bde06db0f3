use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension as _, Row, params};

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
        self.lock().execute(
            "INSERT INTO events (id, body, handled) VALUES (?1, ?2, 0) ON CONFLICT DO NOTHING",
            params![id, body],
        )?;
        Ok(())
    }

    /// The oldest event that is not handled yet, for one worker.
    pub fn next(&self) -> rusqlite::Result<Option<Event>> {
        let oldest = "SELECT id, body FROM events WHERE handled = 0 ORDER BY number LIMIT 1";
        let read = |row: &Row<'_>| Ok(Event { id: row.get(0)?, body: row.get(1)? });
        self.lock().query_row(oldest, [], read).optional()
    }

    /// It is handled. What `record` writes is written with that or not at all.
    pub fn finish(
        &self,
        event: &Event,
        record: impl FnOnce(&Connection) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        record(&transaction)?;
        transaction.execute("UPDATE events SET handled = 1 WHERE id = ?1", [&event.id])?;
        transaction.commit()
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
