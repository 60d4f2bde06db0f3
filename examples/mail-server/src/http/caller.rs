use std::marker::PhantomData;
use std::ops::Deref;
use std::time::Instant;

use axum::extract::FromRequestParts;
use errbook::{Api, Error};
use http::request::Parts;
use http::{HeaderMap, header};

use crate::domain::keys::{AuthError, Key};
use crate::server::App;

/// Who calls: a key that is in force and within its rate. Taken as an argument by every handler that is not for everyone.
#[derive(Debug)]
pub(crate) struct Caller<A>(Key, PhantomData<fn() -> A>);

impl<A: Api> FromRequestParts<App> for Caller<A>
where
    Error<A>: From<AuthError>,
{
    type Rejection = Error<A>;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Caller<A>, Error<A>> {
        let key = authenticate(app, &parts.headers)?;
        Ok(Caller(key, PhantomData))
    }
}

impl<A> Deref for Caller<A> {
    type Target = Key;

    fn deref(&self) -> &Key {
        &self.0
    }
}

fn authenticate(app: &App, headers: &HeaderMap) -> Result<Key, AuthError> {
    let secret = bearer(headers).ok_or(AuthError::Missing)?;
    let key = app.store.read(|store| Key::authenticate(store, secret))?;
    match app.limiter.count(&key.id, Instant::now()) {
        Ok(()) => Ok(key),
        Err(wait) => Err(AuthError::TooFast { key: key.id, wait }),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, secret) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then_some(secret.trim())
}
