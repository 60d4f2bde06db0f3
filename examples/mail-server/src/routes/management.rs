//! The Management API: what a team has. Nested envelope; what can't be read answers 400 with all that is wrong.

use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::routing::{delete, get, post};
use errbook::mail::management::{self, Path, Query};
use errbook::mail::{Management, code};
use errbook::prelude::*;
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use crate::domain::keys::{self, KeyError, Permission, PermissionError};
use crate::domain::mailboxes::{Domain, Mailbox, MailboxError};
use crate::domain::providers::Provider;
use crate::domain::{address, billing};
use crate::http::body;
use crate::http::caller::Caller;
use crate::http::query::Listing;
use crate::http::reply::Reply;
use crate::server::App;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/domains", post(create_domain))
        .route("/mailboxes", get(list_mailboxes).post(create_mailbox))
        .route("/mailboxes/{id}", get(show_mailbox).patch(change_mailbox))
        .route("/keys", post(create_key))
        .route("/keys/{id}", delete(revoke_key))
        .route("/providers", get(list_providers).post(create_provider))
        .route("/providers/{id}/activate", post(activate_provider))
        .route("/providers/{id}/deactivate", post(deactivate_provider))
        .route("/credits", get(credits))
}

#[derive(Deserialize)]
struct NewDomain {
    #[serde(deserialize_with = "address::domain")]
    name: String,
}

#[derive(Deserialize)]
struct NewMailbox {
    #[serde(deserialize_with = "address::email")]
    address: String,
}

#[derive(Deserialize)]
struct MailboxChange {
    active: bool,
}

#[derive(Deserialize)]
struct NewProvider {
    name: String,
}

async fn create_domain(
    State(app): State<App>,
    caller: Caller<Management>,
    request: Request,
) -> management::Result<Reply> {
    caller.require(Permission::ManageMailboxes)?;
    let NewDomain { name } = body::plain(&app, request).await?;
    let domain =
        app.store.write(|store| Domain::create(store, caller.team, &name)).or_raise(code::InternalError)?;
    Ok(Reply::data(StatusCode::CREATED, domain))
}

async fn create_mailbox(
    State(app): State<App>,
    caller: Caller<Management>,
    request: Request,
) -> management::Result<Reply> {
    caller.require(Permission::ManageMailboxes)?;
    let NewMailbox { address } = body::plain(&app, request).await?;
    let mailbox = app.store.write(|store| Mailbox::create(store, caller.team, &address))?;
    Ok(Reply::data(StatusCode::CREATED, mailbox))
}

async fn list_mailboxes(
    State(app): State<App>,
    caller: Caller<Management>,
    Query(listing): Query<Listing>,
) -> management::Result<Reply> {
    caller.require(Permission::ManageMailboxes)?;
    let mut mailboxes = app
        .store
        .read(|store| Mailbox::list(store, caller.team, listing.limit()))
        .or_raise(code::InternalError)?;
    mailboxes.retain(|mailbox| caller.require_mailbox(&mailbox.id).is_ok());
    Ok(Reply::data(StatusCode::OK, mailboxes))
}

async fn show_mailbox(
    State(app): State<App>,
    caller: Caller<Management>,
    Path(id): Path<String>,
) -> management::Result<Reply> {
    caller.require(Permission::ManageMailboxes)?;
    let mailbox = app.store.read(|store| Mailbox::by_id(store, caller.team, &id))?;
    caller.require_mailbox(&mailbox.id)?;
    Ok(Reply::data(StatusCode::OK, mailbox))
}

async fn change_mailbox(
    State(app): State<App>,
    caller: Caller<Management>,
    Path(id): Path<String>,
    request: Request,
) -> management::Result<Reply> {
    caller.require(Permission::ManageMailboxes)?;
    let MailboxChange { active } = body::plain(&app, request).await?;
    let mut mailbox = app.store.read(|store| Mailbox::by_id(store, caller.team, &id))?;
    caller.require_mailbox(&mailbox.id)?;
    app.store.write(|store| mailbox.set_active(store, active)).or_raise(code::InternalError)?;
    Ok(Reply::data(StatusCode::OK, mailbox))
}

/// What a caller asks of a new key.
#[derive(Deserialize)]
struct KeyRequest {
    permissions: Vec<Permission>,
    mailbox: Option<String>,
    /// In seconds.
    expires_in: Option<u64>,
}

/// Why a key is not made.
#[derive(Debug, thiserror::Error, errbook::ApiError)]
enum CreateKeyError {
    #[error(transparent)]
    #[api(forward)]
    Permission(#[from] PermissionError),
    #[error(transparent)]
    #[api(forward)]
    Mailbox(#[from] MailboxError),
    #[error(transparent)]
    #[api(forward)]
    Key(#[from] KeyError),
    #[error("the storage failed")]
    #[api(code::InternalError)]
    Store(#[from] rusqlite::Error),
}

async fn create_key(
    State(app): State<App>,
    caller: Caller<Management>,
    request: Request,
) -> management::Result<Reply> {
    caller.require(Permission::ManageKeys)?;
    let wanted: KeyRequest = body::plain(&app, request).await?;
    // Nobody hands out more than they have.
    for permission in &wanted.permissions {
        caller.require(*permission)?;
    }
    let valid_for = wanted.expires_in.map(Duration::from_secs);
    let mailbox = wanted.mailbox.or_else(|| caller.mailbox.clone());
    let key = app.store.write(|store| {
        if let Some(id) = &mailbox {
            caller.require_mailbox(id)?;
            Mailbox::by_id(store, caller.team, id)?.require_active()?;
        }
        let key = keys::create(store, caller.team, &wanted.permissions, mailbox.as_deref(), valid_for)?;
        Ok::<_, CreateKeyError>(key)
    })?;
    Ok(Reply::data(StatusCode::CREATED, json!({ "id": key.id, "key": key.secret })))
}

async fn revoke_key(
    State(app): State<App>,
    caller: Caller<Management>,
    Path(id): Path<String>,
) -> management::Result<Reply> {
    caller.require(Permission::ManageKeys)?;
    let known =
        app.store.write(|store| keys::revoke(store, caller.team, &id)).or_raise(code::InternalError)?;
    if !known {
        return Err(code::NotFound.into());
    }
    Ok(Reply::data(StatusCode::OK, json!({ "id": id, "revoked": true })))
}

async fn list_providers(State(app): State<App>, caller: Caller<Management>) -> management::Result<Reply> {
    caller.require(Permission::ManageProviders)?;
    let providers =
        app.store.read(|store| Provider::list(store, caller.team)).or_raise(code::InternalError)?;
    Ok(Reply::data(StatusCode::OK, providers))
}

async fn create_provider(
    State(app): State<App>,
    caller: Caller<Management>,
    request: Request,
) -> management::Result<Reply> {
    caller.require(Permission::ManageProviders)?;
    let NewProvider { name } = body::plain(&app, request).await?;
    let provider = app
        .store
        .write(|store| Provider::create(store, caller.team, &name, false))
        .or_raise(code::InternalError)?;
    Ok(Reply::data(StatusCode::CREATED, provider))
}

async fn activate_provider(
    State(app): State<App>,
    caller: Caller<Management>,
    Path(id): Path<String>,
) -> management::Result<Reply> {
    set_provider(&app, &caller, &id, true)
}

async fn deactivate_provider(
    State(app): State<App>,
    caller: Caller<Management>,
    Path(id): Path<String>,
) -> management::Result<Reply> {
    set_provider(&app, &caller, &id, false)
}

fn set_provider(app: &App, caller: &Caller<Management>, id: &str, active: bool) -> management::Result<Reply> {
    caller.require(Permission::ManageProviders)?;
    let provider = app
        .store
        .write(|store| Provider::set_active(store, caller.team, id, active))
        .or_raise(code::InternalError)?
        .ok_or(code::NotFound)?;
    Ok(Reply::data(StatusCode::OK, provider))
}

async fn credits(State(app): State<App>, caller: Caller<Management>) -> management::Result<Reply> {
    caller.require(Permission::ReadCredits)?;
    let balance =
        app.store.read(|store| billing::balance(store, caller.team)).or_raise(code::InternalError)?;
    Ok(Reply::data(StatusCode::OK, json!({ "balance": balance })))
}
