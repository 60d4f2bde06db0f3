//! A client of the depot.

use std::time::Duration;

use errbook::reqwest::call;
use errbook::retry::{Policy, Retries};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::api::Parcels;

/// Private: nothing of errbook is in what this crate promises.
mod api {
    errbook::include_catalog!();
}
mod error;

pub use error::{Error, Kind};

/// A client. Clones share its connections, and what it may send again.
#[derive(Debug, Clone)]
pub struct Depot {
    http: reqwest::Client,
    base: String,
    retries: Retries,
}

/// A parcel.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Parcel {
    /// To whom.
    pub to: String,
    /// What it weighs.
    pub grams: u32,
}

impl Depot {
    /// The depot at `https://…`. It fails where the machine can't make connections at all.
    pub fn new(base: impl Into<String>) -> Result<Depot, Error> {
        let http = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(5))
            .timeout(Duration::from_secs(30))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(errbook::reqwest::Error::from)?;
        Ok(Depot { http, base: base.into(), retries: Retries::new(Policy::default()) })
    }

    /// Leaves a parcel there, and says its number.
    pub async fn leave(&self, parcel: &Parcel) -> Result<usize, Error> {
        self.call(self.http.post(format!("{}/parcels", self.base)).json(parcel)).await
    }

    /// The parcel with this number.
    pub async fn parcel(&self, number: usize) -> Result<Parcel, Error> {
        self.call(self.http.get(format!("{}/parcels/{number}", self.base))).await
    }

    async fn call<T: DeserializeOwned>(&self, request: reqwest::RequestBuilder) -> Result<T, Error> {
        let request = request.build().map_err(errbook::reqwest::Error::from)?;
        Ok(call::<Parcels, _>(&self.http, request, &self.retries, None).await?)
    }
}
