use std::path::Path;

use crate::domain::keys::{self, KeyError, Permission};
use crate::domain::plan::Plan;
use crate::domain::{billing, providers};
use crate::store::Store;

/// Who runs the platform: makes teams and their first keys, directly in the database.
#[derive(Debug)]
pub struct Operator {
    store: Store,
}

/// A team to be made.
#[derive(Debug, Clone)]
pub struct NewTeam {
    /// What it is called.
    pub name: String,
    /// Which plan its inboxes are on.
    pub plan: Plan,
    /// With how many credits it starts; an email takes one.
    pub credits: i64,
}

impl NewTeam {
    /// A team on the smallest plan, with a thousand credits.
    pub fn named(name: impl Into<String>) -> NewTeam {
        NewTeam { name: name.into(), plan: Plan::default(), credits: 1_000 }
    }
}

/// What the operator asked for failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OperatorError {
    /// The database could not be opened, read or written.
    #[error("the database failed")]
    Store(#[from] rusqlite::Error),
    /// There was no randomness for a key.
    #[error("no key could be made")]
    Random(#[from] getrandom::Error),
}

impl Operator {
    /// Opens the database, also while a server runs on it.
    ///
    /// # Errors
    ///
    /// The file is no database, or can't be made.
    pub fn open(database: impl AsRef<Path>) -> Result<Operator, OperatorError> {
        Ok(Operator { store: Store::open(database.as_ref())? })
    }

    /// Makes a team with its managed sending account, and returns a key that may do everything.
    ///
    /// # Errors
    ///
    /// The database failed, or there was no randomness.
    pub fn create_team(&self, team: &NewTeam) -> Result<String, OperatorError> {
        self.store.write(|store| {
            store.execute(
                "INSERT INTO teams (name, plan) VALUES (?1, ?2)",
                [&team.name, team.plan.as_str()],
            )?;
            let id = store.last_insert_rowid();
            billing::book(store, id, team.credits, "start")?;
            providers::Provider::create(store, id, providers::MANAGED, true)?;
            Ok(keys::create(store, id, &Permission::ALL, None, None)?.secret)
        })
    }
}

impl From<KeyError> for OperatorError {
    fn from(error: KeyError) -> OperatorError {
        match error {
            KeyError::Random(error) => OperatorError::Random(error),
            KeyError::Store(error) => OperatorError::Store(error),
        }
    }
}
