//! A client of somebody else's letters, in an application that shows its errors to nobody else.

use std::time::Duration;

use errbook::reqwest::{Error, call, fetch, read, read_bytes, send};
use errbook::retry::{Attempt, IdempotencyKey, Policy, Retries};
use errbook::{ErrorResponse, Issue};
use reqwest::{Method, Url};
use serde::de::Error as _;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

/// The errors of the API.
pub mod api {
    errbook::include_catalog!();
}
use api::{Code, Letters};

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

/// Where it came to.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub struct Event {
    /// The place.
    pub at: String,
}

/// A line of events that is longer is none.
const MAX_LINE: usize = 64 * 1024;

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

    /// Tells where a letter comes to, until it is delivered.
    ///
    /// # Errors
    ///
    /// Before the first event, or in the place of one.
    pub async fn watch(&self, number: u64, mut seen: impl FnMut(Event)) -> Result<(), Error<Letters>> {
        let request = self.http.get(self.at(&format!("letters/{number}/events"))).build()?;
        let mut response = send::<Letters>(&self.http, request, &self.retries, None).await?;
        let mut lines = Vec::new();
        while let Some(piece) = response.chunk().await? {
            lines.extend_from_slice(&piece);
            while let Some(end) = lines.iter().position(|byte| *byte == b'\n') {
                seen(event(lines.drain(..=end).collect())?);
            }
            if lines.len() > MAX_LINE {
                return Err(serde_json::Error::custom("a line has no end").into());
            }
        }
        // The last line may go without.
        if !lines.is_empty() {
            seen(event(lines)?);
        }
        Ok(())
    }

    /// Which of the addresses a letter can't be sent to, by their positions, and why.
    ///
    /// # Errors
    ///
    /// Where none of them was looked at.
    pub async fn refused(&self, addresses: &[&str]) -> Result<Vec<(usize, Issue<Code>)>, Error<Letters>> {
        let request = self.http.post(self.at("addresses")).json(addresses).build()?;
        // To look at them twice does no harm.
        let first = Attempt::of(&Method::POST).idempotent();
        let response = fetch::<Letters>(&self.http, request, &self.retries, Some(first)).await?;
        let body = read_bytes::<Letters>(response).await?;
        Ok(ErrorResponse::<Letters>::items(&body, &["results"]).collect())
    }
}

/// A line is an event, unless it is an error.
fn event(line: Vec<u8>) -> Result<Event, Error<Letters>> {
    let err = ErrorResponse::<Letters>::parse_event(line.clone());
    if err.from_api() {
        return Err(Error::Api(err));
    }
    Ok(serde_json::from_slice(&line)?)
}
