//! What the tour plays on: the delivery service as a process, the server, two teams, and what can be done to them from
//! outside.

use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{fs, io};

use mail_client::{Client, Key, Mailbox, NewKey};
use mail_server::{Config, NewTeam, Operator, Plan, Server};
use tokio::io::AsyncWriteExt as _;
use tokio::task::JoinHandle;

use crate::{BoxError, Options};

/// How long the server waits for the delivery service.
const RELAY_TIMEOUT: Duration = Duration::from_secs(2);
/// How long the server waits for a body; long enough for the largest one on a busy machine.
const BODY_TIMEOUT: Duration = Duration::from_secs(4);
/// How long the server leaves a delivery service alone that it couldn't reach.
const RELAY_PAUSE: Duration = Duration::from_secs(1);

/// The platform, running.
pub struct Stage {
    /// A team with credits, on the plan Free.
    pub team: Team,
    /// A team that has nothing to do with the first one.
    pub other: Team,
    database: PathBuf,
    operator: Operator,
    server: Server,
    relay: Relay,
}

/// A team with a mailbox that it can send from, and an inbox.
pub struct Team {
    /// With a key that may do everything.
    pub client: Client,
    /// That key.
    pub key: String,
    /// From where it sends.
    pub mailbox: Mailbox,
    /// The id of its inbox.
    pub inbox: String,
    /// The domain of its mailboxes.
    pub domain: String,
}

/// What fails when something other than an answer goes wrong.
#[allow(clippy::missing_errors_doc)]
impl Stage {
    /// Starts the delivery service and the server, and makes the teams.
    pub async fn set(options: &Options) -> Result<Stage, BoxError> {
        fs::create_dir_all(&options.folder)?;
        let database = options.folder.join("mail.sqlite");
        // Of a tour that broke off.
        fs::remove_file(&database).ok();
        let relay = Relay::start(&options.program, "127.0.0.1:0")?;
        let mut config = Config::new(&database, relay.address);
        config.relay_timeout = RELAY_TIMEOUT;
        config.relay_pause = RELAY_PAUSE;
        config.body_timeout = BODY_TIMEOUT;
        let server = Server::start(config).await?;
        let operator = Operator::open(&database)?;
        let base = format!("http://{}", server.address());
        let team = Team::found(&operator, &base, "team-a", NewTeam::named("Team A")).await?;
        let other = Team::found(&operator, &base, "team-b", NewTeam::named("Team B")).await?;
        Ok(Stage { team, other, database, operator, server, relay })
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Another team, on a plan and with credits of its own.
    pub async fn found(&self, name: &str, plan: Plan, credits: i64) -> Result<Team, BoxError> {
        let team = NewTeam { plan, credits, ..NewTeam::named(name) };
        Team::found(&self.operator, &format!("http://{}", self.server.address()), name, team).await
    }

    /// Stops the delivery service.
    pub fn stop_relay(&mut self) {
        self.relay.stop();
    }

    /// Starts it again, where it was.
    pub(crate) fn restart_relay(&mut self) -> Result<(), BoxError> {
        let Relay { program, address, .. } = &self.relay;
        self.relay = Relay::start(program, &address.to_string())?;
        Ok(())
    }

    /// In the place of the stopped delivery service, something that takes connections and says nothing.
    pub fn silence_relay(&mut self) -> io::Result<TcpListener> {
        self.relay.stop();
        TcpListener::bind(self.relay.address)
    }

    /// In the place of the stopped delivery service, something that greets and never answers.
    pub(crate) fn deafen_relay(&mut self) -> io::Result<Deaf> {
        let listener = self.silence_relay()?;
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        Ok(Deaf(tokio::spawn(async move {
            let mut open = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                stream.write_all(b"ready\n").await.ok();
                open.push(stream);
            }
        })))
    }

    /// Writes rubbish over the database file. Returns what was in it.
    pub fn break_database(&self) -> io::Result<Vec<u8>> {
        let content = fs::read(&self.database)?;
        fs::write(&self.database, vec![b'#'; content.len()])?;
        Ok(content)
    }

    /// Puts back what was in the database file.
    pub fn mend_database(&self, content: &[u8]) -> io::Result<()> {
        fs::write(&self.database, content)
    }

    /// Ends everything; the reference stays.
    pub async fn strike(self) -> io::Result<()> {
        self.server.stop().await;
        drop((self.operator, self.relay));
        fs::remove_file(self.database)
    }
}

impl Team {
    async fn found(operator: &Operator, base: &str, name: &str, team: NewTeam) -> Result<Team, BoxError> {
        let key = operator.create_team(&team)?;
        // It is to meet every error, not to get around it.
        let client = Client::new(base, key.as_str()).without_retries();
        let domain = format!("{name}.example");
        client.management().create_domain(&domain).await?;
        let mailbox = client.management().create_mailbox(&format!("news@{domain}")).await?;
        let inbox = client.inbox().create_inbox(&format!("{name}@inbox.example")).await?.id;
        Ok(Team { client, key, mailbox, inbox, domain })
    }

    /// A client with a key that may do only this.
    pub(crate) async fn client_with(&self, key: NewKey<'_>) -> Result<Client, BoxError> {
        let Key { key, .. } = self.client.management().create_key(&key).await?;
        Ok(self.client.with_key(key))
    }

    /// A second mailbox.
    #[allow(clippy::missing_errors_doc)]
    pub async fn mailbox(&self, name: &str) -> Result<Mailbox, BoxError> {
        Ok(self.client.management().create_mailbox(&format!("{name}@{}", self.domain)).await?)
    }
}

/// What stands in the place of the delivery service and does not answer.
pub(crate) struct Deaf(JoinHandle<()>);

impl Deaf {
    /// Makes room for the delivery service.
    pub(crate) async fn leave(self) {
        self.0.abort();
        // Only the end of the task closes its socket.
        self.0.await.ok();
    }
}

/// The delivery service.
struct Relay {
    program: PathBuf,
    address: SocketAddr,
    process: Child,
}

impl Relay {
    fn start(program: &Path, address: &str) -> Result<Relay, BoxError> {
        let mut process = Command::new(program).args(["relay", address]).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        if let Some(output) = process.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        let address =
            line.trim().parse().map_err(|_| format!("the delivery service did not start: {line:?}"))?;
        Ok(Relay { program: program.to_owned(), address, process })
    }

    fn stop(&mut self) {
        // It may have ended before.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.stop();
    }
}
