//! The delivery service: a process of its own that takes mail from the platform and carries it into the world.
//!
//! The protocol is four lines over TCP. The relay greets with `ready`. Then, for each message, the platform sends a line
//! of JSON, [`Parcel`], and as many bytes as it announces; the relay answers with a line of JSON, [`Receipt`].

use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use errbook::ApiError;
use errbook::mail::code;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// What stands before the bytes of a message.
#[derive(Debug, Serialize, Deserialize)]
pub struct Parcel {
    /// From where.
    pub from: String,
    /// To whom.
    pub to: Vec<String>,
    /// How many bytes follow.
    pub length: u64,
}

/// What the relay answers when it took a message.
#[derive(Debug, Serialize, Deserialize)]
pub struct Receipt {
    /// Recipients that don't exist, for all times.
    pub bounced: Vec<String>,
}

const GREETING: &str = "ready";

/// Runs a relay: bounces what names a domain that can't exist, and swallows the rest. Before a message is confirmed `taken`
/// is told of its recipients.
pub async fn serve<F: Future<Output = ()> + Send>(
    listener: TcpListener,
    taken: impl Fn(Vec<String>) -> F + Clone + Send + Sync + 'static,
) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        let taken = taken.clone();
        // A platform that hangs up is no failure of the relay.
        tokio::spawn(async move { take_in(stream, taken).await.ok() });
    }
}

async fn take_in<F: Future<Output = ()>>(
    stream: TcpStream,
    taken: impl Fn(Vec<String>) -> F,
) -> io::Result<()> {
    let mut stream = BufStream::new(stream);
    write_line(&mut stream, GREETING).await?;
    while let Some(line) = read_line(&mut stream).await? {
        let parcel: Parcel = serde_json::from_str(&line)?;
        let content = &mut (&mut stream).take(parcel.length);
        tokio::io::copy(content, &mut tokio::io::sink()).await?;
        taken(parcel.to.clone()).await;
        // The top-level domain which is reserved for names that don't exist (RFC 2606).
        let bounced = parcel.to.into_iter().filter(|address| address.ends_with(".invalid")).collect();
        write_line(&mut stream, &serde_json::to_string(&Receipt { bounced })?).await?;
    }
    Ok(())
}

/// The platform's door to the relay.
#[derive(Debug)]
pub(crate) struct Relay {
    address: SocketAddr,
    patience: Duration,
    pause: Duration,
    closed_until: Mutex<Option<Instant>>,
}

/// A relay that is ready to take messages.
#[derive(Debug)]
pub(crate) struct Session {
    stream: BufStream<TcpStream>,
    patience: Duration,
}

/// Until a message was handed over nothing has happened, and the request may be repeated. After that nobody knows.
#[derive(Debug, thiserror::Error, ApiError)]
pub(crate) enum RelayError {
    #[error("the relay can't be reached")]
    #[api(code::ServiceUnavailable, retry_after = *wait)]
    Unreachable { wait: Duration, source: io::Error },
    #[error("the relay could not be reached a moment ago and is left alone for another {wait:?}")]
    #[api(code::ServiceUnavailable, retry_after = *wait)]
    Paused { wait: Duration },
    #[error("the relay did not greet in time")]
    #[api(code::ServiceUnavailable)]
    Silent,
    #[error("the relay had the message, but did not confirm it")]
    #[api(code::InternalError)]
    Unconfirmed(#[source] io::Error),
}

impl Relay {
    /// Waits for each answer of the relay as long as `patience` says. Once it couldn't be reached it's left alone for `pause`.
    pub(crate) fn new(address: SocketAddr, patience: Duration, pause: Duration) -> Relay {
        Relay { address, patience, pause, closed_until: Mutex::default() }
    }

    pub(crate) async fn open(&self) -> Result<Session, RelayError> {
        let closed_until = *self.closed_until.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(wait) = closed_until.and_then(|end| end.checked_duration_since(Instant::now())) {
            return Err(RelayError::Paused { wait });
        }
        match timeout(self.patience, self.greet()).await {
            Ok(Ok(stream)) => Ok(Session { stream, patience: self.patience }),
            Ok(Err(source)) => {
                let end = Instant::now() + self.pause;
                *self.closed_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(end);
                Err(RelayError::Unreachable { wait: self.pause, source })
            }
            Err(_) => Err(RelayError::Silent),
        }
    }

    async fn greet(&self) -> io::Result<BufStream<TcpStream>> {
        let mut stream = BufStream::new(TcpStream::connect(self.address).await?);
        match read_line(&mut stream).await? {
            Some(line) if line == GREETING => Ok(stream),
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

impl Session {
    /// Hands a message over. Returns the recipients that don't exist.
    pub(crate) async fn deliver(
        &mut self,
        from: &str,
        to: &[String],
        content: &[u8],
    ) -> Result<Vec<String>, RelayError> {
        let parcel = Parcel { from: from.to_owned(), to: to.to_vec(), length: content.len() as u64 };
        let receipt = async {
            write_line(&mut self.stream, &serde_json::to_string(&parcel)?).await?;
            self.stream.write_all(content).await?;
            self.stream.flush().await?;
            let line = read_line(&mut self.stream).await?.ok_or(io::ErrorKind::UnexpectedEof)?;
            Ok(serde_json::from_str::<Receipt>(&line)?.bounced)
        };
        match timeout(self.patience, receipt).await {
            Ok(result) => result.map_err(RelayError::Unconfirmed),
            Err(late) => Err(RelayError::Unconfirmed(late.into())),
        }
    }
}

async fn write_line(stream: &mut BufStream<TcpStream>, line: &str) -> io::Result<()> {
    stream.write_all(line.as_bytes()).await?;
    stream.write_all(b"\n").await?;
    stream.flush().await
}

/// A line without its end; `None` when the other side hung up before it.
async fn read_line(stream: &mut BufStream<TcpStream>) -> io::Result<Option<String>> {
    let mut line = String::new();
    let read = stream.take(LONGEST_LINE).read_line(&mut line).await?;
    Ok((read > 0).then(|| line.trim_end().to_owned()))
}

const LONGEST_LINE: u64 = 1 << 20;
