use std::convert::Infallible;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body::{Body, Frame};
use tower_service::Service;

use super::body::RequestBody;

/// A service behind a socket, whatever its framework: each request is written as raw HTTP/1.1 (RFC 9112) to a connection
/// of its own. On a thread, so that no executor has to be chosen.
#[derive(Debug, Clone)]
pub struct Socket {
    address: SocketAddr,
}

impl Socket {
    /// The service that listens at this address.
    pub fn new(address: SocketAddr) -> Socket {
        Socket { address }
    }
}

impl Service<Request<RequestBody>> for Socket {
    type Response = Response<ResponseBody>;
    type Error = io::Error;
    type Future = Exchange;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<RequestBody>) -> Exchange {
        let shared: Arc<Mutex<Shared>> = Arc::default();
        let exchange = Exchange(Arc::clone(&shared));
        let address = self.address;
        std::thread::spawn(move || {
            let answer = exchange_with(address, request);
            let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
            shared.answer = Some(answer);
            shared.waker.take().inspect(Waker::wake_by_ref);
        });
        exchange
    }
}

/// An answer on its way.
#[derive(Debug)]
pub struct Exchange(Arc<Mutex<Shared>>);

#[derive(Debug, Default)]
struct Shared {
    answer: Option<io::Result<Response<ResponseBody>>>,
    waker: Option<Waker>,
}

impl Future for Exchange {
    type Output = io::Result<Response<ResponseBody>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut shared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match shared.answer.take() {
            Some(answer) => Poll::Ready(answer),
            None => {
                shared.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

/// The body of an answer, which has arrived.
#[derive(Debug)]
pub struct ResponseBody(Bytes);

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let bytes = std::mem::take(&mut self.0);
        Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
    }
}

fn exchange_with(address: SocketAddr, request: Request<RequestBody>) -> io::Result<Response<ResponseBody>> {
    // Longer than anybody waits for the kit's answer.
    const LONG: Option<Duration> = Some(Duration::from_secs(120));
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(LONG)?;
    stream.set_write_timeout(LONG)?;
    let is_head = request.method() == Method::HEAD;
    let mut writer = stream.try_clone()?;
    // A service may answer before it has read all, and close: what matters is the answer.
    let writing = std::thread::spawn(move || write_request(&mut writer, address, request));
    let answer = read_response(&mut BufReader::new(&stream), is_head);
    stream.shutdown(std::net::Shutdown::Both).ok();
    writing.join().ok();
    answer
}

fn write_request(
    stream: &mut TcpStream,
    address: SocketAddr,
    request: Request<RequestBody>,
) -> io::Result<()> {
    let (parts, mut body) = request.into_parts();
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let mut head = format!("{} {target} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n", parts.method);
    let length = body.size_hint().exact();
    match length {
        Some(0) if parts.method != Method::POST => {}
        Some(length) => head.push_str(&format!("content-length: {length}\r\n")),
        None => head.push_str("transfer-encoding: chunked\r\n"),
    }
    let mut head = head.into_bytes();
    for (name, value) in &parts.headers {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    stream.write_all(&head)?;
    loop {
        let piece = body.next();
        match (piece.is_empty(), length) {
            (true, None) if !body.is_slow() => return stream.write_all(b"0\r\n\r\n"),
            (true, _) => return Ok(()),
            (false, Some(_)) => stream.write_all(&piece)?,
            (false, None) => {
                stream.write_all(format!("{:x}\r\n", piece.len()).as_bytes())?;
                stream.write_all(&piece)?;
                stream.write_all(b"\r\n")?;
            }
        }
    }
}

fn read_response(reader: &mut BufReader<&TcpStream>, is_head: bool) -> io::Result<Response<ResponseBody>> {
    let status_line = line(reader)?;
    let status =
        status_line.split(' ').nth(1).and_then(|status| StatusCode::from_bytes(status.as_bytes()).ok());
    let status = status.ok_or_else(|| io::Error::other(format!("no HTTP: {status_line:?}")))?;
    let mut headers = HeaderMap::new();
    loop {
        let line = line(reader)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').unwrap_or((&line, ""));
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value.trim())) {
            headers.append(name, value);
        }
    }
    if status.is_informational() {
        return read_response(reader, is_head);
    }
    let mut body = Vec::new();
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let is_chunked = headers.get(header::TRANSFER_ENCODING).is_some_and(|value| value == "chunked");
    // The connection is closed behind it, or said how long it is. A body for HEAD would be a fault.
    match length {
        _ if is_chunked => while read_chunk(reader, &mut body)? {},
        Some(length) if !is_head => {
            reader.by_ref().take(length).read_to_end(&mut body)?;
        }
        _ => {
            reader.read_to_end(&mut body)?;
        }
    }
    let mut response = Response::new(ResponseBody(body.into()));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

/// Whether there may be another one.
fn read_chunk(reader: &mut BufReader<&TcpStream>, body: &mut Vec<u8>) -> io::Result<bool> {
    let size = line(reader)?;
    let size = size.split(';').next().and_then(|size| u64::from_str_radix(size.trim(), 16).ok());
    let size = size.ok_or_else(|| io::Error::other("no size of a chunk"))?;
    reader.by_ref().take(size).read_to_end(body)?;
    line(reader)?;
    Ok(size > 0)
}

/// Without its end; at most 64 KiB.
fn line(reader: &mut BufReader<&TcpStream>) -> io::Result<String> {
    let mut line = Vec::new();
    reader.by_ref().take(64 * 1024).read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
}
