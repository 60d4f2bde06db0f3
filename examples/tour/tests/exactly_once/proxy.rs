//! A proxy that does what proxies do on a bad day. What it does to a message's first requests is the same in each run,
//! whatever the order in which they arrive.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Fault {
    None,
    /// Answers a page of its own instead of the server.
    Page,
    /// Hands the request over, and answers a page before the server does.
    Impatient,
    /// Hands half of the request over and hangs up.
    CutRequest,
    /// Hangs up after half of the answer.
    CutAnswer,
    /// Hangs up when the server has answered.
    LoseAnswer,
}

impl Fault {
    pub(crate) const ALL: [Fault; 6] =
        [Fault::None, Fault::Page, Fault::Impatient, Fault::CutRequest, Fault::CutAnswer, Fault::LoseAnswer];

    /// Every message gets through at its fourth request, if not before.
    fn of(message: &str, request: u64) -> Fault {
        if request >= 3 {
            return Fault::None;
        }
        // FNV-1a, and a round of splitmix64.
        let seed = message.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let mut bits: u64 = seed ^ (request + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits ^= bits >> 27;
        Fault::ALL[(bits % Fault::ALL.len() as u64) as usize]
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// Requests of each message.
    of_message: HashMap<String, u64>,
    pub(crate) requests: usize,
    pub(crate) faults: HashMap<Fault, usize>,
    /// The server's own refusals.
    pub(crate) limited: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    server: SocketAddr,
    seen: Arc<Mutex<Seen>>,
}

impl Proxy {
    pub(crate) async fn start(server: SocketAddr) -> io::Result<Proxy> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let proxy = Proxy { address: listener.local_addr()?, server, seen: Arc::default() };
        let this = proxy.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let this = this.clone();
                // Who hung up is of no interest.
                tokio::spawn(async move { this.carry(client).await.ok() });
            }
        });
        Ok(proxy)
    }

    pub(crate) fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone()
    }

    /// A request and its answer, one on a connection.
    async fn carry(&self, mut client: TcpStream) -> io::Result<()> {
        let request = read_request(&mut client).await?;
        let fault = self.fault(&request);
        if fault == Fault::Page {
            return page(&mut client).await;
        }
        // The server is being restarted.
        let Ok(mut server) = TcpStream::connect(self.server).await else { return page(&mut client).await };
        if fault == Fault::CutRequest {
            return server.write_all(&request[..request.len() - 10]).await;
        }
        server.write_all(&request).await?;
        if fault == Fault::Impatient {
            return page(&mut client).await;
        }
        let mut answer = Vec::new();
        server.read_to_end(&mut answer).await?;
        self.seen.lock().unwrap().limited += usize::from(answer.starts_with(b"HTTP/1.1 429"));
        match fault {
            Fault::LoseAnswer => Ok(()),
            Fault::CutAnswer => client.write_all(&answer[..answer.len() - 10]).await,
            _ => client.write_all(&answer).await,
        }
    }

    fn fault(&self, request: &[u8]) -> Fault {
        let text = String::from_utf8_lossy(request);
        let address = text.split('"').find(|part| part.ends_with("@elsewhere.example"));
        let mut seen = self.seen.lock().unwrap();
        let before = seen.of_message.entry(address.unwrap().to_owned()).or_default();
        let fault = Fault::of(address.unwrap(), *before);
        *before += 1;
        seen.requests += 1;
        *seen.faults.entry(fault).or_default() += 1;
        fault
    }
}

/// All of it, with a header by which the server closes the connection after its answer.
async fn read_request(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        if client.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
            return Ok(text.replacen("\r\n", "\r\nconnection: close\r\n", 1).into_bytes());
        }
    }
}

async fn page(client: &mut TcpStream) -> io::Result<()> {
    let page = "<html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>";
    let head = "HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\nconnection: close";
    client.write_all(format!("{head}\r\ncontent-length: {}\r\n\r\n{page}", page.len()).as_bytes()).await
}
