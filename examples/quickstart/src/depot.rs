//! What is in the depot.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use errbook::ApiError;
use serde::{Deserialize, Serialize};

use crate::{code, limits};

/// A parcel.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Parcel {
    to: String,
    grams: u32,
}

/// Why a parcel isn't taken.
#[derive(Debug, thiserror::Error, ApiError)]
pub enum Refusal {
    /// It is.
    #[error("{grams} grams")]
    #[api(code::TooHeavy { grams: *grams }, param = "grams")]
    TooHeavy {
        /// What it weighs.
        grams: u32,
    },
    /// Until the van has left.
    #[error("{ROOM} parcels are there already")]
    #[api(code::DepotFull { retry_after: Duration::from_secs(600) })]
    Full,
    /// It can't be written.
    #[error("the ledger")]
    #[api(code::InternalError)]
    Ledger(#[from] io::Error),
}

const ROOM: usize = 1_000;

/// Clones share what is in it.
#[derive(Debug, Clone)]
pub struct Depot {
    ledger: PathBuf,
    parcels: Arc<Mutex<Vec<Parcel>>>,
}

impl Depot {
    /// An empty one that keeps its ledger in this file.
    pub fn new(ledger: impl Into<PathBuf>) -> Depot {
        Depot { ledger: ledger.into(), parcels: Arc::default() }
    }

    /// Takes a parcel, and gives it a number.
    pub fn take(&self, parcel: Parcel) -> Result<usize, Refusal> {
        if u64::from(parcel.grams) > limits::GRAMS {
            return Err(Refusal::TooHeavy { grams: parcel.grams });
        }
        let mut parcels = self.parcels.lock().unwrap_or_else(PoisonError::into_inner);
        if parcels.len() == ROOM {
            return Err(Refusal::Full);
        }
        let mut ledger = File::options().append(true).create(true).open(&self.ledger)?;
        writeln!(ledger, "{parcel:?}")?;
        parcels.push(parcel);
        Ok(parcels.len())
    }

    /// The parcel with this number.
    pub fn parcel(&self, number: usize) -> Option<Parcel> {
        let parcels = self.parcels.lock().unwrap_or_else(PoisonError::into_inner);
        parcels.get(number.checked_sub(1)?).cloned()
    }
}
