//! Delivers the events of inboxes to their webhooks: each at least once, or until the policy's attempts are used up.
//!
//! What waits is in the database, so that a restart goes on with it. A request looks as on standardwebhooks.com, for which
//! receivers have libraries: `webhook-id` names the event, on each attempt the same; `webhook-timestamp` is the time of the
//! attempt in seconds since 1970; `webhook-signature` is `v1,` and, in base64, the HMAC-SHA256 of `id.timestamp.body`.

use std::convert::Infallible;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use errbook::mail::inbox;
use errbook::retry::{Attempt, Decision, Failure, Policy};
use errbook::{Retry, retry};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{Method, header};
use reqwest::redirect;
use sha2::Sha256;
use sha2::digest::InvalidLength;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::domain::webhooks::{self, Event};
use crate::server::App;
use crate::store::{now, now_in_ms};

/// So many are on their way at the same time: a slow receiver holds up nobody else's events.
const AT_ONCE: usize = 64;
/// How often to look what is to be delivered.
const TICK: Duration = Duration::from_millis(200);

/// What events are delivered with.
#[derive(Debug)]
pub(crate) struct Sender {
    // A platform in the open lets it go through a proxy which reaches nothing that is internal: the URL is anybody's.
    http: reqwest::Client,
    policy: Policy,
}

impl Sender {
    pub(crate) fn new(policy: Policy, timeout: Duration) -> reqwest::Result<Sender> {
        // Elsewhere somebody else may live.
        let http = reqwest::Client::builder().redirect(redirect::Policy::none()).timeout(timeout).build()?;
        Ok(Sender { http, policy })
    }

    async fn send(&self, event: &Event) -> Result<(), Failure> {
        let Event { id, webhook, body, .. } = event;
        let timestamp = now();
        let signature =
            sign(&webhook.secret, id, timestamp, body).map_err(|InvalidLength| Failure::lasting())?;
        let request = self.http.post(&webhook.url).header(header::CONTENT_TYPE, "application/json");
        let request = request.header("webhook-id", id).header("webhook-timestamp", timestamp);
        let request = request.header("webhook-signature", signature).body(body.clone());
        let answer = request.send().await.map_err(|_| Failure::no_answer())?;
        if answer.status().is_success() {
            return Ok(());
        }
        // The status and Retry-After say enough. The body is the receiver's own affair, and may be of any length.
        Err(Failure::from(&inbox::ErrorResponse::parse(answer.status(), answer.headers(), "")))
    }
}

/// Delivers what is due, for ever.
pub(crate) async fn deliver_all(app: App) -> Infallible {
    let mut on_their_way = JoinSet::new();
    loop {
        let room = AT_ONCE - on_their_way.len();
        match app.store.write(|store| webhooks::take(store, room)) {
            Ok(due) => due.into_iter().for_each(|event| {
                on_their_way.spawn(deliver(app.clone(), event));
            }),
            // At the next tick it may be well again.
            Err(error) => tracing::error!(%error, "no events could be taken from the queue"),
        }
        tokio::select! {
            Some(_) = on_their_way.join_next() => {}
            () = sleep(TICK) => {}
        }
    }
}

async fn deliver(app: App, event: Event) {
    let sent = app.webhooks.send(&event).await;
    let written = app.store.write(|store| {
        let Err(failure) = sent else { return webhooks::finish(store, &event.id, "delivered") };
        match decide(&app.webhooks.policy, &failure, event.attempts) {
            Decision::Retry(retry::Again { wait, .. }) | Decision::Refresh(retry::Again { wait, .. }) => {
                let wait = wait.pick(getrandom::u64().unwrap_or(u64::MAX)).as_millis();
                let next_at = now_in_ms().saturating_add(i64::try_from(wait).unwrap_or(i64::MAX));
                webhooks::put_off(store, &event.id, next_at)
            }
            Decision::Stop(_) => webhooks::finish(store, &event.id, "failed"),
        }
    });
    if let Err(error) = written {
        // It goes on its way again at the next start.
        tracing::error!(%error, event = event.id, "what became of an event could not be written down");
    }
}

/// After so many attempts. An event has a name, so that it may be delivered twice; and whatever the answer was, the receiver
/// is to have it. No budget: the pauses grow until one is as long as a budget would make it.
fn decide(policy: &Policy, failure: &Failure, attempts: u32) -> Decision {
    // The database counts them.
    let attempt = Attempt::of(&Method::POST).keyed().retry_as(Retry::Backoff).numbered(attempts);
    policy.decide(failure, &attempt)
}

fn sign(secret: &[u8], id: &str, timestamp: i64, body: &str) -> Result<String, InvalidLength> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret)?;
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    Ok(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// What Python's `hmac` says.
    #[test]
    fn signatures() {
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        let signed = sign(&secret, id, 1_614_265_330, r#"{"test": 2432232314}"#).unwrap();
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn pauses_grow_and_end() {
        let (base, longest) = (Duration::from_secs(10), Duration::from_secs(30));
        let policy = Policy::default().attempts(4).backoff(base).max_backoff(longest);
        let latest = |attempts| match decide(&policy, &Failure::no_answer(), attempts) {
            Decision::Retry(again) => Some(again.wait.latest.as_secs()),
            _ => None,
        };
        assert_eq!([1, 2, 3, 4].map(latest), [Some(10), Some(20), Some(30), None]);
    }
}
