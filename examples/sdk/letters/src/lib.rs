//! A client of somebody else's letters, in an application that shows its errors to nobody else.

use std::time::Duration;

use errbook::reqwest::{Error, call, read};
use errbook::retry::{Attempt, IdempotencyKey, Policy, Retries};
use reqwest::{Method, Url};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

/// The errors of the API.
pub mod api {
    errbook::include_catalog!();
}
use api::Letters;

/// A client.
#[derive(Debug)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    retries: Retries,
    /// For which a token is given.
    secret: String,
    token: Mutex<Option<String>>,
}

/// A letter.
#[derive(Debug, Serialize)]
pub struct Letter {
    /// To whom.
    pub to: String,
    /// What is in it.
    pub text: String,
}

/// That it was sent.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub struct Sent {
    /// Its number.
    pub number: u64,
}

impl Client {
    /// The API at `https://…`.
    ///
    /// # Errors
    ///
    /// Where the machine can't make connections at all.
    pub fn new(base: Url, secret: impl Into<String>) -> Result<Client, Error<Letters>> {
        let http = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(5))
            // Between two pieces of an answer: a stream may last.
            .read_timeout(Duration::from_secs(30))
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let retries = Retries::new(Policy::default());
        Ok(Client { http, base, retries, secret: secret.into(), token: Mutex::default() })
    }

    fn at(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(path);
        url
    }

    /// Sends a letter, with a new token where the one at hand has expired.
    ///
    /// # Errors
    ///
    /// Of the letter, or of the token.
    pub async fn send(&self, letter: &Letter) -> Result<Sent, Error<Letters>> {
        let key = IdempotencyKey::new();
        let first = Attempt::of(&Method::POST).keyed();
        let used = Mutex::new(None);
        let send = async |attempt: Attempt| {
            let stale = if attempt.is_renewal() { used.lock().await.take() } else { None };
            let token = self.token(stale).await?;
            *used.lock().await = Some(token.clone());
            let request = self.http.post(self.at("letters")).bearer_auth(token);
            let request = request.header("idempotency-key", key.as_str()).json(letter);
            read::<Letters, _>(request.send().await?).await
        };
        self.retries.run(self.base.authority(), first, send).await
    }

    /// The token, or a new one in the place of none and of the stale one. Of several calls that met the same stale one the first
    /// renews it, and the others wait for that.
    async fn token(&self, stale: Option<String>) -> Result<String, Error<Letters>> {
        let mut token = self.token.lock().await;
        if let Some(token) = &*token
            && stale.as_ref() != Some(token)
        {
            return Ok(token.clone());
        }
        let request = self.http.post(self.at("tokens")).json(&self.secret).build()?;
        // A token too many does no harm.
        let first = Attempt::of(&Method::POST).idempotent();
        let new: String = call::<Letters, _>(&self.http, request, &self.retries, Some(first)).await?;
        Ok(token.insert(new).clone())
    }
}
