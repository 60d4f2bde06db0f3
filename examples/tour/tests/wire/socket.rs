//! HTTP as bytes: no client library that adds to a request or hides a part of an answer.

use std::net::SocketAddr;
use std::time::Duration;
use std::{fmt::Write as _, io};

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// As they came, with names in lower case.
    headers: Vec<(String, String)>,
    body: String,
}

/// Sends a request, as it's written but for what HTTP needs to carry it: `Host`, `Connection` and the length.
pub(crate) async fn exchange(address: SocketAddr, request: &str) -> Result<Answer, String> {
    let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
    let mut bytes = head.trim_end().replace('\n', "\r\n");
    write!(bytes, "\r\nHost: {address}\r\nConnection: close\r\n").unwrap();
    if !body.is_empty() && !head.contains("Content-Length") {
        write!(bytes, "Content-Length: {}\r\n", body.len()).unwrap();
    }
    bytes.push_str("\r\n");
    bytes.push_str(body);

    let talk = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(bytes.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        io::Result::Ok(answer)
    };
    let answer = timeout(PATIENCE, talk).await.map_err(|_| "no answer in time")?;
    let answer = answer.map_err(|error| format!("no answer: {error}"))?;
    Answer::read(&answer).ok_or_else(|| format!("no HTTP: {answer:.300}"))
}

impl Answer {
    fn read(text: &str) -> Option<Answer> {
        let (head, body) = text.split_once("\r\n\r\n")?;
        let mut lines = head.split("\r\n");
        let status = lines.next()?.strip_prefix("HTTP/1.1 ")?.split(' ').next()?.parse().ok()?;
        let header = |line: &str| {
            let (name, value) = line.split_once(": ")?;
            Some((name.to_ascii_lowercase(), value.to_owned()))
        };
        Some(Answer { status, headers: lines.map(header).collect::<Option<_>>()?, body: body.to_owned() })
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(of, _)| of == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn id(&self) -> Option<&str> {
        self.header("x-request-id")
    }

    /// The body, which is as long as announced.
    pub(crate) fn body(&self) -> Result<&str, String> {
        match self.header("content-length") {
            Some(length) if length == self.body.len().to_string() => Ok(&self.body),
            length => Err(format!("a body of {} bytes, announced as {length:?}", self.body.len())),
        }
    }

    /// The status and, in order of the alphabet, all headers but those of the transport.
    pub(crate) fn head(&self) -> String {
        let of_transport = ["connection", "content-length", "date"];
        let mut lines: Vec<_> = self
            .headers
            .iter()
            .filter(|(name, _)| !of_transport.contains(&name.as_str()))
            .map(|(name, value)| format!("\n{name}: {value}"))
            .collect();
        lines.sort();
        format!("HTTP/1.1 {}{}", self.status, lines.concat())
    }

    /// All of it as it came, without what differs from request to request.
    pub(crate) fn without_id_and_date(&self) -> String {
        let kept = self.headers.iter().filter(|(name, _)| name != "date");
        let text = format!("{} {:?}\n{}", self.status, kept.collect::<Vec<_>>(), self.body);
        self.id().map_or(text.clone(), |id| text.replace(id, ""))
    }

    /// As a client library hands it over.
    pub(crate) fn parts(&self) -> (StatusCode, HeaderMap, String) {
        let header = |(name, value): &(String, String)| {
            (name.parse::<HeaderName>().unwrap(), value.parse::<HeaderValue>().unwrap())
        };
        let status = StatusCode::from_u16(self.status).unwrap();
        (status, self.headers.iter().map(header).collect(), self.body.clone())
    }
}
