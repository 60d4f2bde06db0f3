//! A server of actix-web behind a socket: whatever it answers is the catalog's.
#![cfg(all(feature = "actix", feature = "conformance", feature = "mail"))]
#![allow(clippy::unwrap_used)]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::{LazyLock, Mutex, PoisonError, mpsc};
use std::time::Duration;

use actix_web::dev::Service as _;
use actix_web::error::{ErrorUnauthorized, InternalError};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, ResponseError as _, web};
use errbook::conformance::{Kit, Socket};
use errbook::mail::{Inbox, Sending, code, inbox, sending};
use errbook::testing::{Received, assert_error, read_parts};
use errbook::{Api, ErrorHandler, Passthrough, prelude::*};

#[derive(serde::Deserialize)]
#[allow(dead_code)]
struct Mail {
    to: String,
}

#[derive(serde::Deserialize)]
#[allow(dead_code)]
struct Page {
    page: u32,
}

async fn send(_: web::Json<Mail>) -> sending::Result<&'static str> {
    Ok("sent")
}

async fn raise() -> sending::Result<HttpResponse> {
    Err(code::NotFound.at("from").because("a secret").into())
}

async fn wait() -> sending::Result<HttpResponse> {
    Err(code::RateLimitExceeded { retry_after: Duration::from_secs(30) }.into())
}

async fn io() -> std::io::Result<&'static str> {
    Err(std::io::Error::other("a secret"))
}

async fn panics() -> &'static str {
    panic!("a secret")
}

async fn busy() -> HttpResponse {
    let mut busy = HttpResponse::ServiceUnavailable();
    busy.insert_header(("retry-after", "7"))
        .append_header(("set-cookie", "a=1"))
        .append_header(("set-cookie", "b=2"));
    busy.insert_header(("content-language", "de")).body("a secret")
}

async fn own() -> HttpResponse {
    HttpResponse::Conflict().insert_header(("content-type", "application/json")).body("{}")
}

async fn passed() -> HttpResponse {
    let mut response = HttpResponse::BadGateway().body("upstream's");
    response.extensions_mut().insert(Passthrough);
    response
}

async fn id(request: HttpRequest) -> String {
    request.headers().get("x-request-id").unwrap().to_str().unwrap().to_owned()
}

/// What the hook was told.
static COUNTED: Mutex<Vec<(String, String, Option<String>)>> = Mutex::new(Vec::new());

fn handler() -> ErrorHandler<Sending> {
    ErrorHandler::<Sending>::new().on_error(|error, id| {
        let source = std::error::Error::source(error).map(|source| source.to_string());
        let mut counted = COUNTED.lock().unwrap_or_else(PoisonError::into_inner);
        counted.push((id.to_string(), error.code().to_string(), source));
    })
}

static SERVER: LazyLock<SocketAddr> = LazyLock::new(|| {
    let (address, bound) = mpsc::channel();
    std::thread::spawn(move || {
        let server = HttpServer::new(|| {
            App::new()
                .service(web::resource("/emails").route(web::post().to(send)).route(web::put().to(send)))
                .service(web::resource("/raise").route(web::get().to(raise)))
                .service(web::resource("/wait").route(web::get().to(wait)))
                .service(web::resource("/io").to(io))
                .service(web::resource("/panic").to(panics))
                .service(web::resource("/busy").to(busy))
                .service(web::resource("/own").to(own))
                .service(web::resource("/passed").to(passed))
                .service(web::resource("/id").to(id))
                .service(web::resource("/page").to(async |_: web::Query<Page>| ""))
                .service(web::resource("/of/{number}").to(async |_: web::Path<u32>| ""))
                .service(web::resource("/form").to(async |_: web::Form<Page>| ""))
                .service(web::resource("/data").to(async |_: web::Data<Mail>| ""))
                .service(
                    web::scope("/inbox")
                        .route(
                            "/full",
                            web::get().to(async || -> inbox::Result<&str> {
                                Err(code::StorageLimitReached.into())
                            }),
                        )
                        .wrap(errbook::actix::finish::<Inbox>()),
                )
                // Middlewares that fail, each in its own way.
                .wrap_fn(|request, service| {
                    let path = request.path().to_owned();
                    assert_ne!(path, "/panic-early", "a secret");
                    let future = service.call(request);
                    async move {
                        match &*path {
                            "/refused" => Err(ErrorUnauthorized("a secret")),
                            "/refused-by-us" => Err(sending::Error::from(code::NotFound.at("key")).into()),
                            "/refused-own" => {
                                let own =
                                    HttpResponse::Forbidden().content_type("application/json").body("{}");
                                Err(InternalError::from_response("", own).into())
                            }
                            "/refused-twice" => Err(inbox::Error::from(code::NotFound).into()),
                            _ => future.await,
                        }
                    }
                })
                .wrap(errbook::actix::finish_with(handler()))
        });
        let server = server.workers(1).bind("127.0.0.1:0").unwrap();
        address.send(server.addrs()[0]).unwrap();
        actix_web::rt::System::new().block_on(server.disable_signals().run()).unwrap();
    });
    bound.recv().unwrap()
});

/// A request as it is written, without the version; the answer's status, headers and body.
fn raw(request: &str, headers: &[(&str, &str)], body: &str) -> (u16, Vec<(String, String)>, String) {
    let mut text = format!("{request} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n");
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    if !body.is_empty() {
        text += &format!("content-length: {}\r\n", body.len());
    }
    let mut stream = TcpStream::connect(*SERVER).unwrap();
    stream.write_all(format!("{text}\r\n{body}").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
    let (status, fields) = head.split_once("\r\n").unwrap();
    let status = status.split(' ').nth(1).unwrap().parse().unwrap();
    let fields = fields.lines().map(|line| line.split_once(": ").unwrap());
    (status, fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(), body.to_owned())
}

fn ask_with<A: Api>(request: &str, headers: &[(&str, &str)], body: &str) -> Received<A> {
    let (status, headers, body) = raw(request, headers, body);
    assert!(!body.contains("secret"), "{body}");
    let answer = read_parts::<A>(status, headers, body);
    // One id, in the header and, where the envelope has it, in the body.
    let ids: Vec<_> = answer.headers().get_all("x-request-id").iter().collect();
    assert!(
        ids.len() == 1 && answer.error().is_none_or(|error| error.request_id().unwrap() == ids[0]),
        "{answer:?}"
    );
    answer
}

fn ask(request: &str) -> Received<Sending> {
    ask_with(request, &[], "")
}

#[test]
fn what_a_handler_raises_is_answered() {
    let answer: Received<Sending> = ask_with("GET /raise", &[("x-request-id", "req_7")], "");
    assert_error!(answer, code::NotFound, param = "from", status = 404, request_id = "req_7");
    assert_error!(
        ask("GET /wait"),
        code::RateLimitExceeded { retry_after: Duration::from_secs(30) },
        headers = ["retry-after" => "30", "vary" => "accept"]
    );
    let counted = COUNTED.lock().unwrap().clone();
    let seen = counted.iter().filter(|(id, ..)| id == "req_7").collect::<Vec<_>>();
    let raised = ("req_7".to_owned(), "not_found".to_owned(), Some("a secret".to_owned()));
    assert_eq!(seen, [&raised]);
}

#[test]
fn what_actix_answers_is_replaced() {
    assert_error!(ask("GET /nowhere"), code::NotFound, status = 404);
    assert_error!(ask("GET /inboxes/nowhere"), code::NotFound);
    assert_error!(ask("DELETE /emails"), code::MethodNotAllowed, status = 405, headers = ["allow" => "POST, PUT"]);
    assert_error!(ask("GET /of/x"), code::NotFound);
    assert_error!(ask("GET /page?page=x"), code::InvalidParameter, status = 400, param = None);
    assert_error!(ask("GET /io"), code::InternalError, status = 500);
    // A fault of the service's.
    assert_error!(ask("GET /data"), code::InternalError);
}

#[test]
fn what_extractors_refuse_is_replaced() {
    let json = [("content-type", "application/json")];
    assert_error!(ask_with::<Sending>("POST /emails", &json, "{"), code::InvalidParameter, status = 400);
    assert_error!(ask_with::<Sending>("POST /emails", &json, "{}"), code::InvalidParameter);
    let large = format!("[\"{}\"]", "x".repeat(3 << 20));
    assert_error!(ask_with::<Sending>("POST /emails", &json, &large), code::PayloadTooLarge, status = 413);
    assert_error!(ask_with::<Sending>("POST /emails", &[], "{}"), code::UnsupportedMediaType, status = 415);
    assert_error!(
        ask_with::<Sending>("POST /form", &json, "page=x"),
        code::UnsupportedMediaType,
        status = 415
    );
    let form = [("content-type", "application/x-www-form-urlencoded")];
    assert_error!(ask_with::<Sending>("POST /form", &form, "page=x"), code::InvalidParameter);
}

#[test]
fn headers_of_a_replaced_answer_stay() {
    let answer = ask("GET /busy");
    assert_error!(
        answer,
        code::ServiceUnavailable,
        retry_after = Duration::from_secs(7),
        headers = ["set-cookie" => "a=1, b=2", "content-language" => None, "content-type" => "application/json"]
    );
}

#[test]
fn what_is_not_the_frameworks_stays() {
    let (status, headers, body) = raw("GET /own", &[], "");
    assert_eq!((status, &*body), (409, "{}"));
    assert!(headers.iter().any(|(name, _)| name == "x-request-id"), "{headers:?}");
    let (status, headers, body) = raw("GET /passed", &[], "");
    assert_eq!((status, &*body), (502, "upstream's"));
    assert!(!headers.iter().any(|(name, _)| name == "x-request-id"), "{headers:?}");
    let (status, headers, body) = raw("GET /refused-own", &[("x-request-id", "mine")], "");
    assert_eq!((status, &*body), (403, "{}"));
    assert!(headers.contains(&("x-request-id".to_owned(), "mine".to_owned())), "{headers:?}");
    // An API further in has answered.
    let full: Received<Inbox> = ask_with("GET /inbox/full", &[("x-request-id", "req_8")], "");
    assert_error!(full, code::StorageLimitReached, request_id = "req_8");
    assert_error!(ask_with::<Inbox>("GET /inbox/nowhere", &[], ""), code::NotFound);
    assert_error!(ask_with::<Inbox>("GET /refused-twice", &[], ""), code::NotFound);
}

#[test]
fn a_middleware_that_fails_is_answered_for() {
    assert_error!(ask("GET /refused"), code::AuthenticationRequired, headers = ["www-authenticate" => "Bearer"]);
    assert_error!(ask("GET /refused-by-us"), code::NotFound, param = "key");
}

#[test]
fn a_panic_is_an_answer() {
    for path in ["/panic", "/panic-early"] {
        let request = format!("GET {path}");
        assert_error!(
            ask_with::<Sending>(&request, &[("x-request-id", "req_9")], ""),
            code::InternalError,
            request_id = "req_9"
        );
        // And the worker lives.
        assert_eq!(ask("GET /id").status(), 200);
    }
    let counted = COUNTED.lock().unwrap().clone();
    let source = counted.into_iter().find(|(id, ..)| id == "req_9").unwrap().2.unwrap();
    assert!(source.starts_with("panicked: "), "{source}");
}

#[test]
fn a_request_has_one_id() {
    let with = |id: &str| ask_with::<Sending>("GET /id", &[("x-request-id", id)], "");
    assert_eq!(with("req_1").body(), "req_1");
    assert_eq!(with("req_1").headers()["x-request-id"], "req_1");
    let new = with("a b");
    assert_eq!(new.headers()["x-request-id"].as_bytes(), new.body());
    assert!(new.body().starts_with(b"req_"));
}

#[test]
fn a_browser_gets_a_page_and_head_no_body() {
    let (status, headers, body) = raw("GET /nowhere", &[("accept", "text/html,*/*;q=0.8")], "");
    let field = |name: &str| headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    assert_eq!((status, field("content-type")), (404, Some("text/html; charset=utf-8")));
    assert!(body.starts_with("<!doctype html>"), "{body}");

    let (_, _, body) = raw("GET /nowhere", &[("x-request-id", "req_1")], "");
    let (status, headers, empty) = raw("HEAD /nowhere", &[("x-request-id", "req_1")], "");
    let lengths: Vec<_> = headers.iter().filter(|(name, _)| name == "content-length").collect();
    assert_eq!((status, &*empty), (404, ""));
    assert_eq!(lengths, [&("content-length".to_owned(), body.len().to_string())]);
}

#[test]
fn an_error_is_a_complete_response() {
    let error = sending::Error::from(code::NotFound.at("from"));
    let response = error.error_response();
    assert_eq!(
        (error.status_code(), response.status()),
        (response.status(), actix_web::http::StatusCode::NOT_FOUND)
    );
    assert_eq!(response.extensions().get::<sending::Error>().unwrap().param(), Some("from"));
    let id = response.headers().get("x-request-id").unwrap().to_str().unwrap().to_owned();
    let body = actix_web::body::MessageBody::try_into_bytes(response.into_body()).unwrap();
    let answer = read_parts::<Sending>(404, [("x-request-id", &id)], body);
    assert_error!(answer, code::NotFound, param = "from", request_id = id);
}

#[tokio::test]
async fn it_conforms() {
    let kit = Kit::<Sending>::new().json("/emails").panics("/panic").secret("a secret").without_slow_bodies();
    kit.patience(Duration::from_secs(2)).check(Socket::new(*SERVER)).await.assert();
}
