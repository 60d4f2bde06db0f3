//! Whatever happens between a client and the platform, and to the platform itself: what is sent with a key is delivered
//! exactly once.
#![allow(clippy::unwrap_used)]

mod proxy;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use errbook::retry::{Policy, Retries, Terms};
use mail_client::{Client, Email, Message};
use mail_server::{Config, NewTeam, Operator, Plan, Server, relay};
use rusqlite::Connection;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::proxy::{Fault, Proxy};

/// Emails, and as many messages.
const EACH: usize = 40;
/// Of them at the same time.
const WORKERS: usize = 8;

/// The platform, and a team's client that reaches it through the proxy.
struct Setting {
    config: Config,
    server: Server,
    proxy: Proxy,
    client: Client,
    from: String,
    inbox: String,
    /// To whom the delivery service delivered.
    delivered: Arc<Mutex<Vec<String>>>,
}

impl Setting {
    async fn new(name: &str, requests_per_minute: u64) -> Setting {
        let delivered: Arc<Mutex<Vec<String>>> = Arc::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let relay = listener.local_addr().unwrap();
        let log = Arc::clone(&delivered);
        tokio::spawn(relay::serve(listener, move |to| {
            log.lock().unwrap().extend(to);
            // So that repeats come while the first one is under way.
            sleep(Duration::from_millis(100))
        }));

        let database = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::remove_file(&database).ok();
        let mut config = Config::new(&database, relay);
        config.requests_per_minute = requests_per_minute;
        config.minute = Duration::from_secs(1);
        let server = Server::start(config.clone()).await.unwrap();
        config.listen = server.address();

        let team = NewTeam { plan: Plan::Pro, ..NewTeam::named("Team") };
        let key = Operator::open(&database).unwrap().create_team(&team).unwrap();
        let client = Client::new(format!("http://{}", server.address()), key.as_str());
        client.management().create_domain("team.example").await.unwrap();
        let from = client.management().create_mailbox("news@team.example").await.unwrap().address;
        let inbox = client.inbox().create_inbox("team@inbox.example").await.unwrap().id;

        let proxy = Proxy::start(server.address()).await.unwrap();
        let client = Client::new(format!("http://{}", proxy.address), key);
        Setting { config, server, proxy, client, from, inbox, delivered }
    }

    fn email(&self, number: usize) -> Email {
        Email::new(&self.from, &format!("reader-{number}@elsewhere.example"), "News", "<p>News</p>")
    }

    fn message(&self, number: usize, client_id: Option<String>) -> Message {
        Message {
            inbox: self.inbox.clone(),
            to: vec![format!("agent-{number}@elsewhere.example")],
            text: "News".to_owned(),
            client_id,
            ..Message::default()
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_a_key_is_delivered_exactly_once() {
    let mut setting = Setting::new("exactly-once.sqlite", 40).await;
    // Half of what is sent fails, which is far over what the usual budget adds to a load; and a test doesn't wait as long.
    let hasty = Policy::default()
        .attempts(20)
        .backoff(Duration::from_millis(20))
        .throttle(Duration::from_millis(20))
        .max_backoff(Duration::from_millis(400));
    let retries = Retries::new(hasty).terms(Terms::default().start(1_000_000).max(1_000_000));
    let client = setting.client.with_retries(retries);

    let mut workers = JoinSet::new();
    for worker in 0..WORKERS {
        let client = client.clone();
        let numbers = (worker..EACH).step_by(WORKERS);
        let mail: Vec<_> = numbers
            .map(|number| {
                (number, setting.email(number), setting.message(number, Some(format!("message-{number}"))))
            })
            .collect();
        workers.spawn(async move {
            for (number, email, message) in mail {
                let sent = client.sending().send(&email, Some(&format!("email-{number}"))).await;
                assert_eq!(sent.unwrap().state, "sent", "email {number}");
                let posted = client.inbox().post(&message).await;
                assert_eq!(posted.unwrap().delivered, message.to, "message {number}");
            }
        });
    }
    for requests in [50, 120] {
        while setting.proxy.seen().requests < requests {
            sleep(Duration::from_millis(5)).await;
            // One that failed sends no more.
            if let Some(done) = workers.try_join_next() {
                done.unwrap();
            }
        }
        setting.server.stop().await;
        setting.server = Server::start(setting.config.clone()).await.unwrap();
    }
    while let Some(done) = workers.join_next().await {
        done.unwrap();
    }

    let seen = setting.proxy.seen();
    assert!(Fault::ALL.iter().all(|fault| seen.faults[fault] > 10), "{seen:?}");
    assert!(seen.limited > 10, "{seen:?}");

    let (emails, messages): (Vec<_>, Vec<_>) = (0..EACH)
        .map(|number| (setting.email(number).to.email, setting.message(number, None).to.concat()))
        .unzip();
    let database = &setting.config.database;
    assert_eq!(column(database, "SELECT recipient FROM emails WHERE state = 'sent'"), count(emails.clone()));
    assert_eq!(column(database, "SELECT recipient FROM emails"), count(emails.clone()));
    assert_eq!(column(database, "SELECT delivered FROM messages"), count(messages.clone()));
    let balance = column(database, "SELECT cast(sum(credits) AS TEXT) FROM ledger");
    assert_eq!(balance, count([(1_000 - EACH).to_string()]));
    assert_eq!(
        count(setting.delivered.lock().unwrap().iter().cloned()),
        count(emails.into_iter().chain(messages))
    );
    setting.server.stop().await;
}

/// What the test above would see of a client that sends again without keys, or not at all.
#[tokio::test(flavor = "multi_thread")]
async fn without_keys_there_are_duplicates_and_without_retries_losses() {
    let setting = Setting::new("not-once.sqlite", 1_000_000).await;
    let client = setting.client.without_retries();
    let (mut emails, mut messages) = (Vec::new(), Vec::new());
    for number in 0..EACH {
        let email = setting.email(number);
        while client.sending().send(&email, None).await.is_err() {}
        emails.push(email.to.email);
        let message = setting.message(number, None);
        client.inbox().post(&message).await.ok();
        messages.extend(message.to);
    }
    setting.server.stop().await;
    let deliveries = count(setting.delivered.lock().unwrap().iter().cloned());
    let often = |address: &String| deliveries.get(address).copied().unwrap_or(0);
    assert!(emails.iter().all(|address| often(address) >= 1));
    assert!(emails.iter().filter(|address| often(address) > 1).count() > 10, "{deliveries:?}");
    assert!(messages.iter().filter(|address| often(address) == 0).count() > 10, "{deliveries:?}");
}

/// How often each text of a column is there.
fn column(database: &PathBuf, query: &str) -> BTreeMap<String, usize> {
    let database = Connection::open(database).unwrap();
    let mut query = database.prepare(query).unwrap();
    let texts = query.query_map([], |row| row.get(0)).unwrap();
    count(texts.map(|text| text.unwrap()))
}

fn count(texts: impl IntoIterator<Item = String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for text in texts {
        *counts.entry(text).or_default() += 1;
    }
    counts
}
