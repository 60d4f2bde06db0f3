//! The Sending API. What can't be read answers 400, what can be read but is no email that can be sent 422; either with
//! all that is wrong.

mod draft;

use std::future::Future;

use axum::Router;
use axum::extract::{Request, State};
use axum::routing::{get, post};
use errbook::mail::sending::{self, Path, Query};
use errbook::mail::{Sending, code, limits};
use errbook::prelude::*;
use errbook::{Applied, mail::Code};
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::json;

use self::draft::Parts;
use crate::domain::emails::{self, Email, Sent};
use crate::domain::idempotency::{self, Begun};
use crate::domain::keys::Permission;
use crate::http::body::{self, Received};
use crate::http::caller::Caller;
use crate::http::query::Listing;
use crate::http::reply::Reply;
use crate::server::App;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/emails", get(list).post(send))
        .route("/emails/batch", post(send_batch))
        .route("/emails/{id}", get(show))
}

async fn send(State(app): State<App>, caller: Caller<Sending>, request: Request) -> sending::Result<Reply> {
    caller.require(Permission::SendEmail)?;
    let key = idempotency_key(request.headers())?;
    let (received, draft) = read(&app, request).await?;
    let email = draft::email(draft)?;
    once(&app, &caller, key, "email", &received, async {
        let sent = deliver(&app, &caller, &[email]).await?;
        Ok(Reply::data(StatusCode::CREATED, sent.first()))
    })
    .await
}

async fn send_batch(
    State(app): State<App>,
    caller: Caller<Sending>,
    request: Request,
) -> sending::Result<Reply> {
    caller.require(Permission::SendEmail)?;
    let key = idempotency_key(request.headers())?;
    let (received, batch) = read(&app, request).await?;
    let batch = draft::batch(batch)?;
    once(&app, &caller, key, "batch", &received, async {
        let sent = deliver(&app, &caller, &batch).await?;
        Ok(Reply::data(StatusCode::CREATED, json!({ "emails": sent })))
    })
    .await
}

async fn list(
    State(app): State<App>,
    caller: Caller<Sending>,
    Query(listing): Query<Listing>,
) -> sending::Result<Reply> {
    caller.require(Permission::ReadEmail)?;
    let emails = app
        .store
        .read(|store| emails::list(store, caller.team, listing.limit()))
        .or_raise(code::InternalError)?;
    Ok(Reply::data(StatusCode::OK, emails))
}

async fn show(
    State(app): State<App>,
    caller: Caller<Sending>,
    Path(id): Path<String>,
) -> sending::Result<Reply> {
    caller.require(Permission::ReadEmail)?;
    let email = app
        .store
        .read(|store| emails::by_id(store, caller.team, &id))
        .or_raise(code::InternalError)?
        .ok_or(code::NotFound)?;
    Ok(Reply::data(StatusCode::OK, email))
}

/// Charges emails and hands them to the relay. The relay is opened first: when it is down nothing was charged.
async fn deliver(app: &App, caller: &Caller<Sending>, emails: &[Email]) -> sending::Result<Vec<Sent>> {
    app.store.read(|store| emails::check(store, caller, emails))?;
    let mut relay = app.relay.open().await?;
    let mut accepted = app.store.write(|store| emails::accept(store, caller, emails))?;
    for (email, sent) in emails.iter().zip(&mut accepted) {
        let bounced = relay.deliver(&email.from, std::slice::from_ref(&email.to), &email.content()).await?;
        sent.state = if bounced.is_empty() { "sent" } else { "bounced" }.to_owned();
        app.store.write(|store| emails::set_state(store, sent)).or_raise(code::InternalError)?;
    }
    Ok(accepted)
}

/// Runs `work` once for an idempotency key, and answers a repeat with what the first one was answered.
async fn once(
    app: &App,
    caller: &Caller<Sending>,
    key: Option<String>,
    route: &str,
    received: &Received,
    work: impl Future<Output = sending::Result<Reply>>,
) -> sending::Result<Reply> {
    let Some(key) = key else { return work.await };
    let fingerprint = idempotency::fingerprint(route, received.bytes());
    match app.store.write(|store| idempotency::begin(store, caller.team, &key, &fingerprint))? {
        Begun::Answered(body) => return Ok(Reply::again(StatusCode::CREATED, body)),
        Begun::New => {}
    }
    let result = work.await;
    let written = match &result {
        Ok(reply) => app
            .store
            .write(|store| idempotency::finish(store, caller.team, &key, reply.body().unwrap_or_default())),
        Err(error) if Code::applied(error.code()) == Applied::No => {
            app.store.write(|store| idempotency::release(store, caller.team, &key))
        }
        // Perhaps it was sent: the key stays taken, so that its repeat doesn't send it again.
        Err(_) => Ok(()),
    };
    written.or_raise(code::InternalError)?;
    result
}

fn idempotency_key(headers: &HeaderMap) -> sending::Result<Option<String>> {
    const NAME: &str = "Idempotency-Key";
    let Some(value) = headers.get(NAME) else { return Ok(None) };
    match value.to_str() {
        Ok(key) if (1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Ok(Some(key.to_owned()))
        }
        _ => Err(code::InvalidParameter
            .at(NAME)
            .message("`Idempotency-Key` must be 1 to 255 visible ASCII characters.")
            .into()),
    }
}

/// The body within its limits.
///
/// The limit of the whole counts the bytes as they are sent, that of a part the text behind them. A part that is over
/// makes the whole be over, too; so that the answer can name the part, somewhat more than the whole's limit is read.
async fn read<T: DeserializeOwned + Parts>(app: &App, request: Request) -> sending::Result<(Received, T)> {
    const READ: u64 = limits::BODY + limits::BODY / 4;
    let received = body::receive(app, request, READ).await?;
    if received.size() > READ {
        return Err(code::PayloadTooLarge.into());
    }
    let is_over = received.size() > limits::BODY;
    let body: T = match errbook::request::json(received.bytes()) {
        Ok(body) => body,
        Err(_) if is_over => return Err(code::PayloadTooLarge.into()),
        Err(error) => return Err(error),
    };
    match body.oversized() {
        Some(part) => Err(code::PayloadTooLarge.at(part).into()),
        None if is_over => Err(code::PayloadTooLarge.into()),
        None => Ok((received, body)),
    }
}
