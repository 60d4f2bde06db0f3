use std::io;
use std::net::SocketAddr;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use errbook::mail::{Inbox, Management, Sending, limits};
use errbook::retry::Policy;
use errbook::tower::ErrorService;
use tokio::net::TcpListener;
use tokio::sync::{RwLock, oneshot};
use tokio::task::JoinHandle;

use crate::domain::limiter::Limiter;
use crate::domain::{idempotency, webhooks};
use crate::http::surface::surface;
use crate::relay::Relay;
use crate::routes;
use crate::store::Store;
use crate::webhook::{self, Sender};

const HOUR: Duration = Duration::from_secs(60 * 60);

/// What a server needs to know. [`Config::new`] has what is usual; change a field for something else.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The SQLite file; made when there is none.
    pub database: PathBuf,
    /// Where the delivery service listens.
    pub relay: SocketAddr,
    /// How long the delivery service may take for an answer.
    pub relay_timeout: Duration,
    /// How long the delivery service is left alone once it could not be reached.
    pub relay_pause: Duration,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
    /// Requests that a key may make in a minute.
    pub requests_per_minute: u64,
    /// How long that minute is.
    pub minute: Duration,
    /// How often and when an event is delivered again to a webhook that did not take it.
    pub webhook_policy: Policy,
    /// How long a webhook may take for an answer.
    pub webhook_timeout: Duration,
}

impl Config {
    /// A server on a free port of this machine.
    pub fn new(database: impl Into<PathBuf>, relay: SocketAddr) -> Config {
        Config {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            database: database.into(),
            relay,
            relay_timeout: Duration::from_secs(5),
            relay_pause: Duration::from_secs(2),
            body_timeout: Duration::from_secs(30),
            requests_per_minute: limits::REQUESTS_PER_MINUTE,
            minute: Duration::from_secs(60),
            // A receiver that is down for a day has missed nothing.
            webhook_policy: Policy::default()
                .attempts(16)
                .backoff(Duration::from_secs(20))
                .max_backoff(6 * HOUR)
                .max_wait(24 * HOUR),
            webhook_timeout: Duration::from_secs(10),
        }
    }
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    app: App,
    stop: oneshot::Sender<()>,
    task: JoinHandle<io::Result<()>>,
}

impl Server {
    /// Starts a server in the background.
    ///
    /// # Errors
    ///
    /// The database can't be opened, or the address can't be listened to.
    pub async fn start(config: Config) -> io::Result<Server> {
        let app = App::new(&config)?;
        let listener = TcpListener::bind(config.listen).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let serve = axum::serve(listener, router(&app).into_make_service()).with_graceful_shutdown(async {
            stopped.await.ok();
        });
        let events = webhook::deliver_all(app.clone());
        let task = tokio::spawn(async {
            tokio::select! {
                result = serve => result,
                never = events => match never {},
            }
        });
        Ok(Server { address, app, stop, task })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Runs until it fails.
    ///
    /// # Errors
    ///
    /// What it failed with.
    pub async fn wait(self) -> io::Result<()> {
        self.task.await?
    }

    /// Answers the requests that it has, takes no more, and ends.
    pub async fn stop(self) {
        self.stop.send(()).ok();
        self.task.await.ok();
        // Those, too, whose callers hung up.
        drop(self.app.running.write().await);
    }
}

/// What handlers share.
#[derive(Debug, Clone)]
pub(crate) struct App(Arc<Shared>);

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) limiter: Limiter,
    pub(crate) relay: Relay,
    pub(crate) webhooks: Sender,
    pub(crate) body_timeout: Duration,
    /// Held by each request while it runs, and by who waits for the last one.
    pub(crate) running: Arc<RwLock<()>>,
}

impl App {
    fn new(config: &Config) -> io::Result<App> {
        let store = Store::open(&config.database).map_err(io::Error::other)?;
        store.write(idempotency::release_all).map_err(io::Error::other)?;
        store.write(webhooks::release_all).map_err(io::Error::other)?;
        let webhooks = Sender::new(config.webhook_policy, config.webhook_timeout);
        Ok(App(Arc::new(Shared {
            store,
            limiter: Limiter::new(config.requests_per_minute, config.minute),
            relay: Relay::new(config.relay, config.relay_timeout, config.relay_pause),
            webhooks: webhooks.map_err(io::Error::other)?,
            body_timeout: config.body_timeout,
            running: Arc::default(),
        })))
    }
}

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

fn router(app: &App) -> ErrorService<Router, Management> {
    let apis = Router::new()
        .nest_service("/management/v1", surface::<Management>(routes::management::routes(), app))
        .nest_service("/sending/v1", surface::<Sending>(routes::sending::routes(), app))
        .nest_service("/inbox/v1", surface::<Inbox>(routes::inbox::routes(), app));
    // What is of no API is answered as the API would that most callers begin with.
    errbook::axum::finish(apis)
}
