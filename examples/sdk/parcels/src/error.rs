use std::fmt;
use std::time::Duration;

use crate::api::{Code, Parcels, code};

/// A call failed.
#[derive(Debug)]
pub struct Error(Box<errbook::reqwest::Error<Parcels>>);

/// In what way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// There is no such parcel.
    NotFound,
    /// It weighs too much.
    TooHeavy {
        /// What it weighs.
        grams: u32,
    },
    /// There is no room for it: see [`Error::retry_after`].
    Full,
    /// The request is wrong in another way, which its text tells.
    Rejected,
    /// The depot failed, or nothing that is the depot answered.
    Unavailable,
}

impl Error {
    /// In what way.
    pub fn kind(&self) -> Kind {
        let Some(answer) = self.0.api() else { return Kind::Unavailable };
        match answer.code() {
            Some(Code::ParcelNotFound) => Kind::NotFound,
            Some(Code::TooHeavy) => match answer.details() {
                Some(code::TooHeavy { grams, .. }) => Kind::TooHeavy { grams },
                None => Kind::Rejected,
            },
            Some(Code::DepotFull) => Kind::Full,
            _ if answer.from_api() && answer.status().is_client_error() => Kind::Rejected,
            _ => Kind::Unavailable,
        }
    }

    /// How long the depot asks to stay away. What is longer than two minutes was not waited for.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.api()?.retry_after()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

impl From<errbook::reqwest::Error<Parcels>> for Error {
    fn from(error: errbook::reqwest::Error<Parcels>) -> Error {
        Error(Box::new(error))
    }
}
