//! A server and a client of the shop on a loopback socket, without a framework: `cargo run --example shop`.

use std::error::Error;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use own_catalog::errbook::{Issues, RequestId, prelude::*};
use own_catalog::{Code, Shop, code, shop};

fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that goes away early is its own business.
            let _ = serve(stream);
        }
    });
    for path in ["/order/teapot/1", "/order/teapot/9", "/order//0", "/order/teapot/busy", "/nowhere"] {
        match order(address, path)? {
            Ok(receipt) => println!("{path}: {receipt}"),
            Err(error) => println!("{path}: {}", advise(&error)),
        }
    }
    Ok(())
}

// ---- the server

fn serve(mut stream: TcpStream) -> std::io::Result<()> {
    let mut lines = BufReader::new(&stream).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    while lines.next().transpose()?.is_some_and(|header| !header.is_empty()) {}
    let path = request.split(' ').nth(1).unwrap_or_default();
    let response = match handle(path) {
        Ok(receipt) => http::Response::new(receipt.into_bytes()),
        Err(error) => error.answer(&RequestId::new::<Shop>()).into_response().map(Vec::from),
    };
    write!(stream, "HTTP/1.1 {}\r\nconnection: close\r\n", response.status().as_u16())?;
    for (name, value) in response.headers() {
        write!(stream, "{name}: {}\r\n", value.to_str().unwrap_or_default())?;
    }
    stream.write_all(b"\r\n")?;
    stream.write_all(response.body())
}

fn handle(path: &str) -> shop::Result<String> {
    let mut parts = path.split('/').skip(1);
    let (Some("order"), Some(article), Some(count)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(shop::Error::for_status(404));
    };
    if count == "busy" {
        return Err(code::TooManyOrders { retry_after: Duration::from_millis(1500) }.into());
    }
    let mut issues = Issues::of(code::BadRequest);
    if article.is_empty() {
        issues.push(code::BadRequest.at("article").message("An article has a name."));
    }
    let count: u32 = count.parse().or_raise(code::BadRequest)?;
    if count == 0 {
        issues.push(code::BadRequest.at("count").message("Order at least one."));
    }
    issues.finish()?;
    match count {
        1..=3 => Ok(format!("{count} of {article}")),
        _ => Err(code::OutOfStock { left: 3, article: article.to_owned(), again_on: None }.into()),
    }
}

// ---- the client

fn order(address: SocketAddr, path: &str) -> Result<Result<String, shop::ErrorResponse>, Box<dyn Error>> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET {path} HTTP/1.1\r\nhost: shop\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("no answer")?;
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.get(9..12)).ok_or("no status")?;
    let mut headers = HeaderMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        headers.append(HeaderName::from_bytes(name.as_bytes())?, HeaderValue::from_str(value)?);
    }
    let status = StatusCode::from_bytes(status.as_bytes())?;
    let body = shop::ErrorResponse::check(status, &headers, body.to_owned());
    Ok(body.map(|body| String::from_utf8_lossy(&body).into_owned()))
}

fn advise(error: &shop::ErrorResponse) -> String {
    match error.code() {
        Some(Code::OutOfStock) => match error.details() {
            Some(code::OutOfStock { left, article, .. }) => format!("take {left} of {article}"),
            None => "take less".to_owned(),
        },
        Some(Code::TooManyOrders) => format!("wait {:?}", error.retry_after().unwrap_or_default()),
        _ => format!("{error:#}"),
    }
}
