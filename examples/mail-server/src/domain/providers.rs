use errbook::ApiError;
use errbook::mail::code;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::Serialize;

/// A sending account: through which service a team's email leaves.
#[derive(Debug, Serialize)]
pub(crate) struct Provider {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) active: bool,
}

#[derive(Debug, thiserror::Error, ApiError)]
pub(crate) enum NoProvider {
    #[error("the team {0} has no active sending account")]
    #[api(code::NoActiveProviders)]
    Active(i64),
    #[error("the storage failed")]
    #[api(code::InternalError)]
    Store(#[from] rusqlite::Error),
}

/// The account that every team has from the start.
pub(crate) const MANAGED: &str = "managed";

impl Provider {
    pub(crate) fn create(
        store: &Connection,
        team: i64,
        name: &str,
        active: bool,
    ) -> rusqlite::Result<Provider> {
        store.query_row(
            "INSERT INTO providers (id, team, name, active)
             VALUES ('prv_' || lower(hex(randomblob(10))), ?1, ?2, ?3) RETURNING id, name, active",
            params![team, name, active],
            Provider::read,
        )
    }

    pub(crate) fn list(store: &Connection, team: i64) -> rusqlite::Result<Vec<Provider>> {
        store
            .prepare_cached("SELECT id, name, active FROM providers WHERE team = ?1 ORDER BY rowid")?
            .query_map([team], Provider::read)?
            .collect()
    }

    /// `None` when the team has no such account.
    pub(crate) fn set_active(
        store: &Connection,
        team: i64,
        id: &str,
        active: bool,
    ) -> rusqlite::Result<Option<Provider>> {
        store
            .query_row(
                "UPDATE providers SET active = ?3 WHERE team = ?1 AND id = ?2 RETURNING id, name, active",
                params![team, id, active],
                Provider::read,
            )
            .optional()
    }

    /// The account that the team's next email leaves through.
    pub(crate) fn active(store: &Connection, team: i64) -> Result<Provider, NoProvider> {
        store
            .query_row(
                "SELECT id, name, active FROM providers WHERE team = ?1 AND active ORDER BY rowid LIMIT 1",
                [team],
                Provider::read,
            )
            .optional()?
            .ok_or(NoProvider::Active(team))
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Provider> {
        Ok(Provider { id: row.get(0)?, name: row.get(1)?, active: row.get(2)? })
    }
}
