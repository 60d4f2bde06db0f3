//! The platform and a receiver, over loopback.
#![allow(clippy::unwrap_used)]

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use errbook::retry::Policy;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::StatusCode;
use mail_client::{Client, Message};
use mail_server::{Config, NewTeam, Operator, Server, relay};
use rusqlite::Connection;
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::time::sleep;
use webhook_receiver::receiver::ErrorResponse;
use webhook_receiver::{Event, Queue, Secret};

/// What the receiver does with a delivery.
#[derive(Debug, Clone, Copy)]
enum Act {
    /// Answers this, and stores nothing.
    Refuse(StatusCode),
    /// Answers that it is to be asked again in so many seconds.
    NotBefore(u64),
    /// Stores the event, and answers later than is waited for.
    Dawdle,
}

/// What is to be done, and when what came.
#[derive(Debug, Clone, Default)]
struct Script(Arc<Mutex<(VecDeque<Act>, Vec<Instant>)>>);

impl Script {
    fn of(acts: impl IntoIterator<Item = Act>) -> Script {
        Script(Arc::new(Mutex::new((acts.into_iter().collect(), Vec::new()))))
    }

    fn deliveries(&self) -> Vec<Instant> {
        self.0.lock().unwrap().1.clone()
    }
}

async fn play(State(script): State<Script>, request: Request, next: Next) -> Response {
    let act = {
        let mut script = script.0.lock().unwrap();
        script.1.push(Instant::now());
        script.0.pop_front()
    };
    match act {
        Some(Act::Refuse(status)) => (status, [("location", "/elsewhere")]).into_response(),
        Some(Act::NotBefore(wait)) => {
            (StatusCode::TOO_MANY_REQUESTS, [("retry-after", wait)]).into_response()
        }
        Some(Act::Dawdle) => {
            let answer = next.run(request).await;
            sleep(Duration::from_secs(5)).await;
            answer
        }
        None => next.run(request).await,
    }
}

/// The platform with an inbox that has a webhook, and the place of the receiver.
struct Setting {
    config: Config,
    server: Server,
    client: Client,
    inbox: String,
    secret: String,
    receiver: SocketAddr,
    queue: Arc<Queue>,
}

impl Setting {
    async fn new(name: &str) -> Setting {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let file = |kind: &str| {
            let path = folder.join(format!("{name}-{kind}.sqlite"));
            std::fs::remove_file(&path).ok();
            path
        };
        let relay = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut config = Config::new(file("server"), relay.local_addr().unwrap());
        tokio::spawn(relay::serve(relay, async |_| ()));
        let pause = Duration::from_millis(200);
        config.webhook_policy = Policy::default().attempts(8).backoff(pause).max_backoff(2 * pause);
        config.webhook_timeout = Duration::from_secs(1);
        let server = Server::start(config.clone()).await.unwrap();
        config.listen = server.address();

        let key = Operator::open(&config.database).unwrap().create_team(&NewTeam::named("Team")).unwrap();
        let client = Client::new(format!("http://{}", server.address()), key);
        let inbox = client.inbox().create_inbox(&format!("{name}@inbox.example")).await.unwrap().id;
        // Free, and nobody listens yet.
        let receiver = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let url = format!("http://{receiver}/webhook");
        let secret = client.inbox().set_webhook(&inbox, &url).await.unwrap().secret;
        let queue = Arc::new(Queue::open(&file("receiver")).unwrap());
        Setting { config, server, client, inbox, secret, receiver, queue }
    }

    async fn receive(&self, script: &Script) {
        let app = webhook_receiver::app(Secret::read(&self.secret).unwrap(), Arc::clone(&self.queue));
        let app = Router::new().fallback_service(app).layer(from_fn_with_state(script.clone(), play));
        let listener = TcpListener::bind(self.receiver).await.unwrap();
        tokio::spawn(async { axum::serve(listener, app).await });
    }

    /// Something happens in the inbox.
    async fn post(&self) -> String {
        let message = Message {
            inbox: self.inbox.clone(),
            to: vec!["agent@elsewhere.example".to_owned()],
            text: "News".to_owned(),
            ..Message::default()
        };
        self.client.inbox().post(&message).await.unwrap().id
    }

    /// What the platform's database says of its only event.
    fn event(&self) -> (String, u32) {
        let database = Connection::open(&self.config.database).unwrap();
        database
            .query_row("SELECT state, attempts FROM events", [], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
    }

    async fn until(&self, what: impl Fn(&str, u32) -> bool) {
        for _ in 0..1_000 {
            let (state, attempts) = self.event();
            if what(&state, attempts) {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
        panic!("the event stays {:?}", self.event());
    }

    /// Handles what there is; the bodies.
    fn handle_all(&self) -> Vec<String> {
        let mut bodies = Vec::new();
        while let Some(event) = self.queue.next().unwrap() {
            self.queue.finish(&event, |_| Ok(())).unwrap();
            bodies.push(String::from_utf8(event.body).unwrap());
        }
        bodies
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_down_gets_the_event_when_it_is_up() {
    let setting = Setting::new("down").await;
    let message = setting.post().await;
    setting.until(|_, attempts| attempts >= 2).await;
    setting.receive(&Script::default()).await;
    setting.until(|state, _| state == "delivered").await;
    let handled = setting.handle_all();
    assert_eq!(handled.len(), 1);
    assert!(
        handled[0].contains(r#""type":"message.delivered""#) && handled[0].contains(&message),
        "{handled:?}"
    );
    assert_eq!(setting.handle_all(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_no_success_is_repeated_and_retry_after_is_kept() {
    let setting = Setting::new("refused").await;
    let script = Script::of([
        Act::Refuse(StatusCode::INTERNAL_SERVER_ERROR),
        Act::Refuse(StatusCode::FOUND),
        Act::Refuse(StatusCode::GONE),
        Act::NotBefore(2),
    ]);
    setting.receive(&script).await;
    setting.post().await;
    setting.until(|state, _| state == "delivered").await;
    let deliveries = script.deliveries();
    assert_eq!((setting.event().1, deliveries.len()), (5, 5));
    assert!(deliveries[4] - deliveries[3] >= Duration::from_secs(2), "{deliveries:?}");
    assert_eq!(setting.handle_all().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_answered_too_late_comes_twice_and_is_handled_once() {
    let setting = Setting::new("late").await;
    let script = Script::of([Act::Dawdle]);
    setting.receive(&script).await;
    setting.post().await;
    setting.until(|state, _| state == "delivered").await;
    assert_eq!(script.deliveries().len(), 2);
    assert_eq!(setting.handle_all().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_attempts_end() {
    let setting = Setting::new("hopeless").await;
    let script = Script::of([Act::Refuse(StatusCode::NOT_FOUND); 10]);
    setting.receive(&script).await;
    setting.post().await;
    setting.until(|state, _| state == "failed").await;
    assert_eq!((setting.event().1, script.deliveries().len()), (8, 8));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_goes_on_with_what_is_queued_and_on_its_way() {
    let mut setting = Setting::new("restart").await;
    let script = Script::of([Act::Refuse(StatusCode::BAD_GATEWAY), Act::Dawdle]);
    setting.receive(&script).await;
    setting.post().await;
    setting.until(|_, _| script.deliveries().len() == 2).await;
    setting.server.stop().await;
    setting.server = Server::start(setting.config.clone()).await.unwrap();
    setting.until(|state, _| state == "delivered").await;
    assert_eq!(setting.event().1, 3);
    assert_eq!(setting.handle_all().len(), 1);
}

#[tokio::test]
async fn no_inbox_gets_events_at_what_is_no_url() {
    let setting = Setting::new("url").await;
    for url in ["", "webhook", "/webhook", "file:///etc/passwd", "http://", "mailto:team@inbox.example"] {
        let error = setting.client.inbox().set_webhook(&setting.inbox, url).await.unwrap_err();
        let message = error.api().and_then(|error| error.message()).map(str::to_owned);
        assert_eq!(message.as_deref(), Some("`url` has an invalid value."), "{url}");
    }
    // A message without recipients who got it is no event, nor is one of an inbox without a webhook.
    let other = setting.client.inbox().create_inbox("other@inbox.example").await.unwrap().id;
    for (inbox, to) in [(other, "agent@elsewhere.example"), (setting.inbox.clone(), "agent@nowhere.invalid")]
    {
        let message =
            Message { inbox, to: vec![to.to_owned()], text: "News".to_owned(), ..Message::default() };
        setting.client.inbox().post(&message).await.unwrap();
    }
    let database = Connection::open(&setting.config.database).unwrap();
    let events: u32 = database.query_row("SELECT count(*) FROM events", [], |row| row.get(0)).unwrap();
    assert_eq!(events, 0);
}

/// A request as the platform would sign it, for a case to change.
#[derive(Clone)]
struct Signed {
    headers: Vec<(&'static str, String)>,
    body: &'static str,
}

impl Signed {
    fn new(secret: &str, seconds_from_now: i64) -> Signed {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let timestamp = now.saturating_add_signed(seconds_from_now);
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let body = r#"{"type":"message.delivered"}"#;
        let mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        let mac = mac.chain_update(format!("evt_1.{timestamp}.{body}")).finalize().into_bytes();
        let headers = vec![
            ("webhook-id", "evt_1".to_owned()),
            ("webhook-timestamp", timestamp.to_string()),
            ("webhook-signature", format!("v1,{}", STANDARD.encode(mac))),
        ];
        Signed { headers, body }
    }

    fn with(&self, name: &str, value: &str) -> Signed {
        let mut changed = self.clone();
        changed
            .headers
            .iter_mut()
            .filter(|header| header.0 == name)
            .for_each(|header| header.1 = value.to_owned());
        changed
    }

    async fn send(self, receiver: SocketAddr) -> (u16, String) {
        let mut request = reqwest::Client::new().post(format!("http://{receiver}/webhook")).body(self.body);
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        let error = ErrorResponse::check(status, &headers, answer.bytes().await.unwrap());
        (status.as_u16(), error.map_or_else(|error| error.message().unwrap().to_owned(), |_| String::new()))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_and_replayed_events_are_refused() {
    let setting = Setting::new("forged").await;
    setting.receive(&Script::default()).await;
    let signed = Signed::new(&setting.secret, 0);
    let signature = signed.headers[2].1.clone();

    let refused = |status, message: &str| (status, message.to_owned());
    let wrong = refused(403, "The signature is not of this event.");
    let unsigned = refused(400, "`webhook-id`, `webhook-timestamp` and `webhook-signature` are required.");
    let stale = refused(403, "The event was signed more than 300 seconds from now.");
    let without = |name| {
        let headers = signed.headers.iter().filter(|header| header.0 != name).cloned().collect();
        Signed { headers, ..signed.clone() }
    };
    let other_secret = format!("whsec_{}", STANDARD.encode([7; 32]));
    let later = (signed.headers[1].1.parse::<u64>().unwrap() + 1).to_string();
    for (case, expected) in [
        (Signed { body: r#"{"type":"message.blocked"}"#, ..signed.clone() }, &wrong),
        (signed.with("webhook-id", "evt_2"), &wrong),
        (signed.with("webhook-timestamp", &later), &wrong),
        (signed.with("webhook-signature", "v1,"), &wrong),
        (signed.with("webhook-signature", "v1,?"), &wrong),
        (signed.with("webhook-signature", &signature.replace("v1", "v2")), &wrong),
        (Signed::new(&other_secret, 0), &wrong),
        (without("webhook-id"), &unsigned),
        (without("webhook-timestamp"), &unsigned),
        (without("webhook-signature"), &unsigned),
        (signed.with("webhook-timestamp", "-1"), &unsigned),
        (Signed::new(&setting.secret, -310), &stale),
        (Signed::new(&setting.secret, 310), &stale),
    ] {
        let headers = case.headers.clone();
        assert_eq!(case.send(setting.receiver).await, *expected, "{headers:?}");
    }
    assert_eq!(setting.handle_all().len(), 0);

    // Within its time it is known by its id. One of several signatures is enough.
    for signature in [&signature, &format!("v1,AAAA {signature}")] {
        let repeated = signed.with("webhook-signature", signature);
        assert_eq!(repeated.send(setting.receiver).await, (204, String::new()));
    }
    assert_eq!(setting.handle_all().len(), 1);
}

#[test]
fn what_is_no_secret_is_not_read() {
    for text in ["", "whsec_?", "AAAA"] {
        let error = Secret::read(text).unwrap_err();
        assert_eq!(error.to_string(), "no secret: `whsec_` and base64 are wanted");
    }
}

#[test]
fn an_event_is_handled_with_what_is_recorded_or_not_at_all() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("queue.sqlite");
    std::fs::remove_file(&path).ok();
    let queue = Queue::open(&path).unwrap();
    queue.put("evt_1", b"one").unwrap();
    queue.put("evt_2", b"two").unwrap();
    queue.put("evt_1", b"one, again").unwrap();
    let event = queue.next().unwrap().unwrap();
    assert_eq!(event, Event { id: "evt_1".to_owned(), body: b"one".to_vec() });

    let failed = queue.finish(&event, |database| {
        database.execute_batch("CREATE TABLE seen (id TEXT)")?;
        Err(rusqlite::Error::QueryReturnedNoRows)
    });
    assert!(failed.is_err());
    assert_eq!(queue.next().unwrap(), Some(event.clone()));
    queue.finish(&event, |database| database.execute_batch("CREATE TABLE seen (id TEXT)")).unwrap();
    // After a restart, too.
    drop(queue);
    assert_eq!(Queue::open(&path).unwrap().next().unwrap().unwrap().id, "evt_2");
}
