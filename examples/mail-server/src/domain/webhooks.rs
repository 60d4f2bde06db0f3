use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;
use rusqlite::{Connection, Row, params};
use serde::de::{Deserialize as _, Deserializer, Error as _};
use serde::{Serialize, Serializer};
use serde_json::json;

use super::inboxes::InboxError;
use crate::store::{now, now_in_ms};

/// Where the events of an inbox go.
#[derive(Debug, Serialize)]
pub(crate) struct Webhook {
    pub(crate) url: String,
    #[serde(serialize_with = "secret")]
    pub(crate) secret: Vec<u8>,
}

/// An event that is to be delivered now.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) webhook: Webhook,
    pub(crate) body: String,
    /// With this one.
    pub(crate) attempts: u32,
}

impl Webhook {
    pub(crate) fn set(store: &Connection, inbox: &str, url: &str) -> Result<Webhook, InboxError> {
        Ok(store.query_row(
            "INSERT INTO webhooks (inbox, url, secret) VALUES (?1, ?2, randomblob(32))
             ON CONFLICT DO UPDATE SET url = excluded.url RETURNING url, secret",
            [inbox, url],
            |row| Ok(Webhook { url: row.get(0)?, secret: row.get(1)? }),
        )?)
    }
}

/// Keeps an event for the inbox's webhook, if it has one.
pub(crate) fn enqueue(
    store: &Connection,
    inbox: &str,
    name: &str,
    data: &impl Serialize,
) -> rusqlite::Result<()> {
    let body = json!({ "type": name, "timestamp": now(), "data": data }).to_string();
    store.execute(
        "INSERT INTO events (id, inbox, body, state, attempts, next_at)
         SELECT 'evt_' || lower(hex(randomblob(10))), inbox, ?2, 'queued', 0, ?3 FROM webhooks WHERE inbox = ?1",
        params![inbox, body, now_in_ms()],
    )?;
    Ok(())
}

/// Takes so many of the events whose time has come.
pub(crate) fn take(store: &Connection, at_most: usize) -> rusqlite::Result<Vec<Event>> {
    let due: Vec<Event> = store
        .prepare_cached(
            "SELECT id, url, secret, body, attempts + 1 FROM events JOIN webhooks USING (inbox)
             WHERE state = 'queued' AND next_at <= ?1 ORDER BY next_at LIMIT ?2",
        )?
        .query_map(params![now_in_ms(), i64::try_from(at_most).unwrap_or(i64::MAX)], Event::read)?
        .collect::<rusqlite::Result<_>>()?;
    for Event { id, attempts, .. } in &due {
        store.execute(
            "UPDATE events SET next_at = NULL, attempts = ?2 WHERE id = ?1",
            params![id, attempts],
        )?;
    }
    Ok(due)
}

/// It is over: `delivered` or `failed`.
pub(crate) fn finish(store: &Connection, id: &str, state: &str) -> rusqlite::Result<()> {
    store.execute("UPDATE events SET state = ?2 WHERE id = ?1", [id, state])?;
    Ok(())
}

/// It is taken again at this time.
pub(crate) fn put_off(store: &Connection, id: &str, next_at: i64) -> rusqlite::Result<()> {
    store.execute("UPDATE events SET next_at = ?2 WHERE id = ?1", params![id, next_at])?;
    Ok(())
}

/// At the start of the server nothing is on its way.
pub(crate) fn release_all(store: &Connection) -> rusqlite::Result<()> {
    store.execute("UPDATE events SET next_at = 0 WHERE state = 'queued' AND next_at IS NULL", [])?;
    Ok(())
}

/// For serde: a text that is the URL of a web server.
pub(crate) fn url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    match Url::parse(&text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(url.into()),
        _ => Err(D::Error::custom("no URL of a web server")),
    }
}

fn secret<S: Serializer>(secret: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format!("whsec_{}", STANDARD.encode(secret)))
}

impl Event {
    fn read(row: &Row<'_>) -> rusqlite::Result<Event> {
        let webhook = Webhook { url: row.get(1)?, secret: row.get(2)? };
        Ok(Event { id: row.get(0)?, webhook, body: row.get(3)?, attempts: row.get(4)? })
    }
}
