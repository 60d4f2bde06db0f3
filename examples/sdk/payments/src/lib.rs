//! A client of somebody else's payments.

use std::time::Duration;

use errbook::reqwest::{Error, call};
use errbook::retry::{KeyIn, Policy, Retries};
use serde::Deserialize;

use crate::api::{Group, Payments, code};

mod api {
    errbook::include_catalog!();
}

/// A client.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    retries: Retries,
}

/// What was paid.
#[derive(Debug, Deserialize)]
pub struct Charge {
    /// Its id.
    pub id: String,
}

/// Why nothing was.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// Another card may do. The bank may have said why.
    Card(Option<String>),
    /// Something else, in the API's words.
    Other(String),
}

impl Client {
    /// The API at `https://…`. It fails where the machine can't make connections at all.
    pub fn new(base: impl Into<String>) -> Result<Client, Refusal> {
        let http = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(5))
            .timeout(Duration::from_secs(30))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| Refusal::Other(error.to_string()))?;
        // What carries a key is charged once, however often it is sent.
        let retries = Retries::new(Policy::default()).keys(KeyIn::header("idempotency-key"));
        Ok(Client { http, base: base.into(), retries })
    }

    /// Charges a card.
    pub async fn charge(&self, card: &str, cents: u32) -> Result<Charge, Refusal> {
        let request = self.http.post(format!("{}/charges", self.base)).json(&(card, cents));
        self.call(request).await.map_err(|error| refusal(&error))
    }

    async fn call(&self, request: reqwest::RequestBuilder) -> Result<Charge, Error<Payments>> {
        call::<Payments, _>(&self.http, request.build()?, &self.retries, None).await
    }
}

fn refusal(error: &Error<Payments>) -> Refusal {
    let Some(answer) = error.api() else { return Refusal::Other(error.to_string()) };
    match answer.group() {
        // Of a code that came up after this build, too.
        Some(Group::Card) => {
            let details: Option<code::CardDeclined> = answer.details();
            Refusal::Card(details.and_then(|details| details.decline_code))
        }
        None => Refusal::Other(answer.to_string()),
    }
}
