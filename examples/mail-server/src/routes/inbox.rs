//! The Inbox API. Its flat envelope has room for one thing that is wrong, so the first one is answered, and its message
//! names the field.

use axum::Router;
use axum::extract::{Request, State};
use axum::routing::{delete, get, post, put};
use errbook::mail::inbox::{self, Path, Query};
use errbook::mail::{Inbox as InboxApi, code, limits};
use errbook::prelude::*;
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use crate::domain::address;
use crate::domain::inboxes::{self, Inbox};
use crate::domain::messages::{self, Message};
use crate::domain::webhooks::{self, Webhook};
use crate::http::body;
use crate::http::caller::Caller;
use crate::http::query::Listing;
use crate::http::reply::Reply;
use crate::server::App;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/inboxes", get(list_inboxes).post(create_inbox))
        .route("/inboxes/{id}", get(show_inbox).delete(delete_inbox))
        .route("/inboxes/{id}/webhook", put(set_webhook))
        .route("/domains", post(add_domain))
        .route("/subdomains", post(add_subdomain))
        .route("/messages", post(post_message))
        .route("/messages/{id}", get(show_message))
        .route("/blocks", post(block))
        .route("/blocks/{address}", delete(unblock))
}

#[derive(Deserialize)]
struct Address {
    #[serde(deserialize_with = "address::email")]
    address: String,
}

#[derive(Deserialize)]
struct Domain {
    #[serde(deserialize_with = "address::domain")]
    name: String,
}

#[derive(Deserialize)]
struct NewWebhook {
    #[serde(deserialize_with = "webhooks::url")]
    url: String,
}

async fn create_inbox(
    State(app): State<App>,
    caller: Caller<InboxApi>,
    request: Request,
) -> inbox::Result<Reply> {
    let Address { address } = body::plain(&app, request).await?;
    let inbox = app.store.write(|store| Inbox::create(store, caller.team, &address))?;
    Ok(Reply::plain(StatusCode::CREATED, inbox))
}

async fn list_inboxes(
    State(app): State<App>,
    caller: Caller<InboxApi>,
    Query(listing): Query<Listing>,
) -> inbox::Result<Reply> {
    let inboxes = app
        .store
        .read(|store| Inbox::list(store, caller.team, listing.limit()))
        .or_raise(code::InternalError)?;
    Ok(Reply::plain(StatusCode::OK, inboxes))
}

async fn show_inbox(
    State(app): State<App>,
    caller: Caller<InboxApi>,
    Path(id): Path<String>,
) -> inbox::Result<Reply> {
    let inbox = app.store.read(|store| Inbox::by_id(store, caller.team, &id))?;
    Ok(Reply::plain(StatusCode::OK, inbox))
}

async fn delete_inbox(
    State(app): State<App>,
    caller: Caller<InboxApi>,
    Path(id): Path<String>,
) -> inbox::Result<Reply> {
    app.store
        .write(|store| Ok::<_, inboxes::InboxError>(Inbox::by_id(store, caller.team, &id)?.delete(store)?))?;
    Ok(Reply::plain(StatusCode::OK, json!({ "id": id, "deleted": true })))
}

/// Has the events of an inbox sent to a URL from now on. The secret of an inbox stays the same.
async fn set_webhook(
    State(app): State<App>,
    caller: Caller<InboxApi>,
    Path(id): Path<String>,
    request: Request,
) -> inbox::Result<Reply> {
    let NewWebhook { url } = body::plain(&app, request).await?;
    let webhook = app.store.write(|store| {
        let inbox = Inbox::by_id(store, caller.team, &id)?;
        Webhook::set(store, &inbox.id, &url)
    })?;
    Ok(Reply::plain(StatusCode::OK, webhook))
}

async fn add_domain(
    State(app): State<App>,
    caller: Caller<InboxApi>,
    request: Request,
) -> inbox::Result<Reply> {
    let Domain { name } = body::plain(&app, request).await?;
    app.store.write(|store| inboxes::add_domain(store, caller.team, &name))?;
    Ok(Reply::plain(StatusCode::CREATED, json!({ "name": name })))
}

async fn add_subdomain(
    State(app): State<App>,
    caller: Caller<InboxApi>,
    request: Request,
) -> inbox::Result<Reply> {
    let Domain { name } = body::plain(&app, request).await?;
    app.store.write(|store| inboxes::add_subdomain(store, caller.team, &name))?;
    Ok(Reply::plain(StatusCode::CREATED, json!({ "name": name })))
}

/// Posts a message, once for each `client_id`: a repeat is answered with the message that is there.
async fn post_message(
    State(app): State<App>,
    caller: Caller<InboxApi>,
    request: Request,
) -> inbox::Result<Reply> {
    let received = body::receive(&app, request, limits::MESSAGE).await?;
    if received.size() > limits::MESSAGE {
        return Err(code::AttachmentTooLarge { limit_bytes: limits::MESSAGE }.into());
    }
    let message: Message = errbook::request::json(received.bytes())?;
    let team = caller.team;
    if let Some(again) = repeated(&app, team, &message)? {
        return Ok(again);
    }
    let route = app.store.read(|store| messages::route(store, team, &message))?;
    let mut relay = app.relay.open().await?;
    let kept = app
        .store
        .write(|store| messages::keep(store, team, &message, &route))
        .or_raise(code::InternalError)?;
    let Some(mut posted) = kept else {
        // Its repeat was faster.
        return Ok(repeated(&app, team, &message)?.ok_or(code::InternalError)?);
    };
    let bounced = relay.deliver(&route.from, &route.to, message.text.as_bytes()).await?;
    app.store
        .write(|store| {
            messages::record_bounces(store, team, &mut posted, &bounced)?;
            // In the same transaction, so that there is an event for each message that was delivered, and for no other.
            if posted.delivered.is_empty() {
                return Ok(());
            }
            webhooks::enqueue(store, &message.inbox, "message.delivered", &posted)
        })
        .or_raise(code::InternalError)?;
    Ok(Reply::plain(StatusCode::CREATED, posted))
}

fn repeated(app: &App, team: i64, message: &Message) -> inbox::Result<Option<Reply>> {
    let Some(client_id) = &message.client_id else { return Ok(None) };
    let posted = app
        .store
        .read(|store| messages::by_client_id(store, team, client_id))
        .or_raise(code::InternalError)?;
    Ok(posted.map(|posted| Reply::plain(StatusCode::OK, posted)))
}

async fn show_message(
    State(app): State<App>,
    caller: Caller<InboxApi>,
    Path(id): Path<String>,
) -> inbox::Result<Reply> {
    let message = app
        .store
        .read(|store| messages::by_id(store, caller.team, &id))
        .or_raise(code::InternalError)?
        .ok_or(code::NotFound)?;
    Ok(Reply::plain(StatusCode::OK, message))
}

async fn block(State(app): State<App>, caller: Caller<InboxApi>, request: Request) -> inbox::Result<Reply> {
    let Address { address } = body::plain(&app, request).await?;
    app.store.write(|store| messages::block(store, caller.team, &address)).or_raise(code::InternalError)?;
    Ok(Reply::plain(StatusCode::CREATED, json!({ "address": address })))
}

async fn unblock(
    State(app): State<App>,
    caller: Caller<InboxApi>,
    Path(address): Path<String>,
) -> inbox::Result<Reply> {
    let known = app
        .store
        .write(|store| messages::unblock(store, caller.team, &address))
        .or_raise(code::InternalError)?;
    if !known {
        return Err(code::NotFound.into());
    }
    Ok(Reply::plain(StatusCode::OK, json!({ "address": address })))
}
