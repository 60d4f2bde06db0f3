//! The Inbox API. Its flat envelope has room for one thing that is wrong, so the first one is answered, and its message
//! names the field.

use axum::Router;
use axum::extract::{Path, RawQuery, Request, State};
use axum::routing::{delete, get, post};
use errbook::mail::{Inbox as InboxApi, code, inbox, limits};
use errbook::prelude::*;
use http::StatusCode;
use serde_json::{Value, json};

use crate::domain::address;
use crate::domain::inboxes::{self, Inbox};
use crate::domain::messages::{self, Message};
use crate::http::body;
use crate::http::caller::Caller;
use crate::http::fields::Reader;
use crate::http::query;
use crate::http::reply::Reply;
use crate::server::App;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/inboxes", get(list_inboxes).post(create_inbox))
        .route("/inboxes/{id}", get(show_inbox).delete(delete_inbox))
        .route("/domains", post(add_domain))
        .route("/subdomains", post(add_subdomain))
        .route("/messages", post(post_message))
        .route("/messages/{id}", get(show_message))
        .route("/blocks", post(block))
        .route("/blocks/{address}", delete(unblock))
}

async fn create_inbox(
    State(app): State<App>,
    caller: Caller<InboxApi>,
    request: Request,
) -> inbox::Result<Reply> {
    let address = read_address(&read_plain(&app, request).await?)?;
    let inbox = app.store.write(|store| Inbox::create(store, caller.team, &address))?;
    Ok(Reply::plain(StatusCode::CREATED, inbox))
}

async fn list_inboxes(
    State(app): State<App>,
    caller: Caller<InboxApi>,
    RawQuery(query): RawQuery,
) -> inbox::Result<Reply> {
    let limit = query::limit(query.as_deref())?;
    let inboxes =
        app.store.read(|store| Inbox::list(store, caller.team, limit)).or_raise(code::InternalError)?;
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

async fn add_domain(
    State(app): State<App>,
    caller: Caller<InboxApi>,
    request: Request,
) -> inbox::Result<Reply> {
    let name = read_domain(&read_plain(&app, request).await?)?;
    app.store.write(|store| inboxes::add_domain(store, caller.team, &name))?;
    Ok(Reply::plain(StatusCode::CREATED, json!({ "name": name })))
}

async fn add_subdomain(
    State(app): State<App>,
    caller: Caller<InboxApi>,
    request: Request,
) -> inbox::Result<Reply> {
    let name = read_domain(&read_plain(&app, request).await?)?;
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
    let message = read_message(&received.json()?)?;
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
        .write(|store| messages::record_bounces(store, team, &mut posted, &bounced))
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
    let address = read_address(&read_plain(&app, request).await?)?;
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

fn read_address(body: &Value) -> inbox::Result<String> {
    let mut reader = Reader::new();
    let object = reader.body(body);
    let address = reader.text(&object, "address");
    if address.as_ref().is_some_and(|address| !address::is_valid(address)) {
        reader.invalid("address".to_owned(), "an email address");
    }
    let address = reader.required(&object, "address", address);
    reader.finish()?;
    Ok(address)
}

fn read_domain(body: &Value) -> inbox::Result<String> {
    let mut reader = Reader::new();
    let object = reader.body(body);
    let name = reader.text(&object, "name");
    if name.as_ref().is_some_and(|name| !address::is_domain(name)) {
        reader.invalid("name".to_owned(), "a domain");
    }
    let name = reader.required(&object, "name", name);
    reader.finish()?;
    Ok(name)
}

fn read_message(body: &Value) -> inbox::Result<Message> {
    let mut reader = Reader::new();
    let object = reader.body(body);
    let inbox = reader.text(&object, "inbox");
    let inbox = reader.required(&object, "inbox", inbox);
    let to = reader.texts(&object, "to");
    for (place, address) in to.iter().enumerate() {
        if !address::is_valid(address) {
            reader.invalid(format!("to[{place}]"), "an email address");
        }
    }
    if to.is_empty() && object.has("to") {
        reader.invalid("to".to_owned(), "a list of at least one email address");
    }
    let to = reader.required(&object, "to", Some(to));
    let text = reader.text(&object, "text");
    let text = reader.required(&object, "text", text);
    let subject = reader.text(&object, "subject").unwrap_or_default();
    let client_id = reader.text(&object, "client_id");
    let attachments = reader.attachments(&object);
    reader.finish()?;
    Ok(Message { inbox, to, subject, text, client_id, attachments })
}

/// The JSON of a body within the limit of requests that carry no mail.
async fn read_plain(app: &App, request: Request) -> inbox::Result<Value> {
    let received = body::receive(app, request, limits::PLAIN_BODY).await?;
    if received.size() > limits::PLAIN_BODY {
        return Err(code::BodyTooLarge.into());
    }
    Ok(received.json()?)
}
