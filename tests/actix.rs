//! A server of actix-web behind a socket: whatever it answers is the catalog's.
#![cfg(all(feature = "actix", feature = "conformance", feature = "mail"))]
#![allow(clippy::unwrap_used)]

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{LazyLock, Mutex, PoisonError, mpsc};
use std::time::Duration;

use actix_web::dev::Service as _;
use actix_web::error::{ErrorUnauthorized, InternalError};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, Responder, ResponseError as _, web};
use errbook::conformance::{Kit, Socket};
use errbook::mail::{Inbox, Sending, code, inbox, sending};
use errbook::testing::{Received, assert_error, read_parts};
use errbook::{Api, Error, ErrorHandler, Passthrough, prelude::*};

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

/// For the extractors of the API.
#[derive(serde::Deserialize, serde::Serialize)]
struct Letter {
    to: Vec<Place>,
    pages: u8,
    #[serde(default)]
    tag: Vec<String>,
}

#[derive(serde::Deserialize, serde::Serialize)]
struct Place {
    city: String,
    number: u32,
}

#[derive(serde::Deserialize, serde::Serialize)]
struct Listing {
    page: u32,
    #[serde(default)]
    tag: Vec<u8>,
}

async fn letter(sending::Json(letter): sending::Json<Letter>) -> sending::Result<sending::Json<Letter>> {
    Ok(sending::Json(letter))
}

async fn list(sending::Query(listing): sending::Query<Listing>) -> impl Responder {
    sending::Json(listing)
}

async fn form(sending::Form(listing): sending::Form<Listing>) -> impl Responder {
    sending::Json(listing)
}

async fn place(sending::Path(place): sending::Path<Place>) -> impl Responder {
    sending::Json(place)
}

async fn pair(sending::Path((city, number)): sending::Path<(String, u8)>) -> String {
    format!("{city} {number}")
}

/// What several APIs use.
async fn shared<A: Api>(request: HttpRequest, body: web::Payload) -> Result<String, Error<A>> {
    errbook::actix::json::<A, u8>(&request, &mut body.into_inner()).await.map(|number| number.to_string())
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
                .service(web::resource("/letters").route(web::post().to(letter)))
                .service(
                    web::resource("/short")
                        .app_data(web::PayloadConfig::new(60).mimetype("application/json".parse().unwrap()))
                        .route(web::post().to(letter)),
                )
                .service(web::resource("/list").to(list))
                .service(web::resource("/filled").to(form))
                .service(
                    web::scope("/in/{city}")
                        .route("/{number}", web::get().to(place))
                        .route("/{number}/pair", web::get().to(pair)),
                )
                .service(web::resource("/one/{id}").to(async |id: sending::Path<u32>| id.to_string()))
                .service(web::resource("/text/{text}").to(async |text: sending::Path<String>| text.0))
                .service(web::resource("/wrong/{id}").to(async |_: sending::Path<(u8, u8)>| ""))
                .service(web::resource("/none").to(async |_: sending::Path<u8>| ""))
                .service(
                    web::resource("/maybe")
                        .to(async |json: Option<sending::Json<Letter>>| json.is_some().to_string()),
                )
                .service(
                    web::resource("/unwritable")
                        .to(async || sending::Json(std::collections::BTreeMap::from([((1, 2), 3)]))),
                )
                .service(web::resource("/shared").to(shared::<Sending>))
                .service(
                    web::resource("/shared-error")
                        .to(async || -> inbox::Result<&str> { Err(code::NotFound.at("from").into()) }),
                )
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
                .service(web::scope("/again").wrap(errbook::actix::finish::<Sending>()))
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
                            "/refused-twice" => Err(inbox::Error::from(code::NotFound.at("from")).into()),
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
fn raw(
    request: &str,
    headers: &[(&str, &str)],
    body: impl AsRef<[u8]>,
) -> (u16, Vec<(String, String)>, String) {
    let body = body.as_ref();
    let mut text = format!("{request} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n");
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    let has_length = |(name, _): &(&str, _)| matches!(*name, "content-length" | "transfer-encoding");
    if !body.is_empty() && !headers.iter().any(has_length) {
        text += &format!("content-length: {}\r\n", body.len());
    }
    let mut stream = TcpStream::connect(*SERVER).unwrap();
    stream.write_all(&[text.as_bytes(), b"\r\n", body].concat()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
    let (status, fields) = head.split_once("\r\n").unwrap();
    let status = status.split(' ').nth(1).unwrap().parse().unwrap();
    let fields = fields.lines().map(|line| line.split_once(": ").unwrap());
    (status, fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(), body.to_owned())
}

fn ask_with<A: Api>(request: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Received<A> {
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
    assert_eq!(counted("req_7"), [("not_found".to_owned(), Some("a secret".to_owned()))]);
}

/// The codes and sources that the hook was told of the request.
fn counted(request: &str) -> Vec<(String, Option<String>)> {
    let counted = COUNTED.lock().unwrap_or_else(PoisonError::into_inner);
    let of_it = counted.iter().filter(|(id, ..)| id == request);
    of_it.map(|(_, code, source)| (code.clone(), source.clone())).collect()
}

#[test]
fn what_actix_answers_is_replaced() {
    assert_error!(ask("GET /nowhere"), code::NotFound, status = 404);
    assert_error!(ask("GET /inboxes/nowhere"), code::NotFound);
    assert_error!(ask("DELETE /emails"), code::MethodNotAllowed, status = 405, headers = ["allow" => "POST, PUT"]);
    assert_error!(ask("GET /of/x"), code::NotFound);
    assert_error!(ask("GET /page?page=x"), code::InvalidParameter, status = 400, param = None);
    let answer: Received<Sending> = ask_with("GET /io", &[("x-request-id", "req_10")], "");
    assert_error!(answer, code::InternalError, status = 500);
    assert_eq!(counted("req_10"), [("internal_error".to_owned(), Some("a secret".to_owned()))]);
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

const JSON: (&str, &str) = ("content-type", "application/json");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded; charset=UTF-8");

/// Status, code, and the params and messages.
fn refused(request: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> String {
    let answer: Received<Sending> = ask_with(request, headers, body);
    let Some(error) = answer.error() else { panic!("no error: {answer:?}") };
    let issue = |param: Option<&str>, message: Option<&str>| {
        format!("\n{}: {}", param.unwrap_or("-"), message.unwrap())
    };
    let issues = match error.issues() {
        [] => issue(error.param(), error.message()),
        issues => issues.iter().map(|one| issue(one.param(), one.message())).collect(),
    };
    format!("{} {}{issues}", answer.status().as_u16(), error.code_str().unwrap())
}

fn read(request: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> String {
    let answer: Received<Sending> = ask_with(request, headers, body);
    let body = String::from_utf8(answer.body().to_vec()).unwrap();
    assert_eq!(answer.status(), 200, "{body}");
    body
}

#[test]
fn extractors_read_what_can_be_read() {
    let letter = r#"{"to":[{"city":"Bonn","number":1}],"pages":2,"tag":[]}"#;
    assert_eq!(read("POST /letters", &[JSON], letter), letter);
    let (_, headers, _) = raw("POST /letters", &[JSON], letter);
    assert!(headers.contains(&("content-type".to_owned(), "application/json".to_owned())), "{headers:?}");
    assert_eq!(read("GET /list?page=2&tag=1&tag=2", &[], ""), r#"{"page":2,"tag":[1,2]}"#);
    assert_eq!(read("POST /filled", &[FORM], "page=2&tag=1"), r#"{"page":2,"tag":[1]}"#);
    assert_eq!(read("GET /filled?page=3", &[], ""), r#"{"page":3,"tag":[]}"#);
    // A scope's parameter and a route's.
    assert_eq!(read("GET /in/Bad%20Ems/7", &[], ""), r#"{"city":"Bad Ems","number":7}"#);
    assert_eq!(read("GET /in/Bonn/7/pair", &[], ""), "Bonn 7");
    assert_eq!(read("GET /one/7", &[], ""), "7");
    // Unescaped once.
    assert_eq!(read("GET /text/a%2Fb%2Bc%2541+%C3%A9", &[], ""), "a/b+c%41+é");
    assert_eq!(read("POST /shared", &[JSON], "8"), "8");
    assert_eq!(read("POST /maybe", &[JSON], letter), "true");
    assert_eq!(read("POST /maybe", &[JSON], "{"), "false");
}

#[test]
fn extractors_say_all_faults_by_their_paths() {
    assert_eq!(
        refused("POST /letters", &[JSON], r#"{"to": [{"city": 5}, {"number": -1}], "pages": 256}"#),
        "400 invalid_parameter\n\
         to[0].city: `to[0].city` must be a string.\n\
         to[0].number: `to[0].number` is missing.\n\
         to[1].number: `to[1].number` must be a whole number from 0 to 4294967295.\n\
         to[1].city: `to[1].city` is missing.\n\
         pages: `pages` must be a whole number from 0 to 255."
    );
    let two = "400 invalid_parameter\n\
               page: `page` must be a whole number from 0 to 4294967295.\n\
               tag[1]: `tag[1]` must be a whole number from 0 to 255.";
    assert_eq!(refused("GET /list?page=x&tag=1&tag=y", &[], ""), two);
    assert_eq!(refused("GET /filled?page=x&tag=1&tag=y", &[], ""), two);
    assert_eq!(refused("POST /filled", &[FORM], "page=x&tag=1&tag=y"), two);
    let number = "400 invalid_parameter\nnumber: `number` must be a whole number from 0 to 4294967295.";
    assert_eq!(refused("GET /in/Bonn/x", &[], ""), number);
    assert_eq!(
        refused("GET /one/x", &[], ""),
        "400 invalid_parameter\nid: `id` must be a whole number from 0 to 4294967295."
    );
    assert_eq!(refused("GET /in/%FF/1", &[], ""), "400 invalid_parameter\ncity: `city` is not UTF-8.");
    assert_eq!(
        refused("POST /shared", &[JSON], "8 9"),
        "400 invalid_parameter\n-: The body is not valid JSON: line 1, column 3."
    );
}

#[test]
fn what_only_the_server_can_mend_is_a_500() {
    for path in ["/wrong/1", "/none", "/unwritable"] {
        let refused = refused(&format!("GET {path}"), &[("x-request-id", "req_12")], "");
        assert_eq!(refused, "500 internal_error\n-: Something went wrong on our side.", "{path}");
    }
    let said: Vec<_> = counted("req_12").into_iter().filter_map(|(_, source)| source).collect();
    assert_eq!(
        said,
        [
            "the request must be a list of 2 values.",
            "the request must be a whole number from 0 to 255.",
            "key must be a string",
        ]
    );
}

#[test]
fn the_type_of_a_body_is_looked_at() {
    let wrong =
        "415 unsupported_media_type\n-: The body must be application/json without a content encoding.";
    assert_eq!(refused("POST /shared", &[], "8"), wrong);
    for kind in ["text/plain", "application/jsonp", "application", "+json", ""] {
        assert_eq!(refused("POST /shared", &[("content-type", kind)], "8"), wrong, "{kind}");
    }
    assert_eq!(refused("POST /filled", &[JSON], "page=1"), wrong);
    for kind in ["Application/JSON; charset=utf-8", "application/problem+json"] {
        assert_eq!(read("POST /shared", &[("content-type", kind)], "8"), "8", "{kind}");
    }
    // What the app's own configuration asks for.
    let problem = [("content-type", "application/problem+json")];
    assert_eq!(refused("POST /short", &problem, "{}"), wrong);
}

/// The 8 of `/shared`.
const GZIP: &[u8] = &[31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 179, 0, 0, 19, 87, 0, 250, 1, 0, 0, 0];

/// A hundred of them.
const SPACES: &[u8] =
    &[31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 83, 80, 160, 61, 0, 0, 35, 0, 111, 163, 100, 0, 0, 0];

#[test]
fn a_packed_body_is_read_where_actix_unpacks_it() {
    let packed = |encoding: &'static str| [JSON, ("content-encoding", encoding)];
    let wrong =
        "415 unsupported_media_type\n-: The body must be application/json without a content encoding.";
    assert_eq!(read("POST /shared", &packed("gzip"), GZIP), "8");
    assert_eq!(read("POST /shared", &packed("identity"), "8"), "8");
    // It has no zstd here.
    assert_eq!(refused("POST /shared", &packed("zstd"), b"\x28\xb5\x2f\xfd\x20\x01\x09\0\08"), wrong);
    assert_eq!(refused("POST /shared", &packed("gzip"), "8 is no gzip"), wrong);
    assert_eq!(
        refused("POST /shared", &[JSON, ("content-encoding", "gzip"), ("content-length", "99")], GZIP),
        "400 invalid_parameter\n-: The body broke off."
    );
    // The limit is that of what comes out.
    let letter = [("content-encoding", "gzip"), JSON];
    assert_eq!(
        refused("POST /short", &letter, SPACES),
        "413 payload_too_large\n-: The request is over a limit of size."
    );
}

#[test]
fn a_body_that_does_not_arrive() {
    let large = "413 payload_too_large\n-: The request is over a limit of size.";
    assert_eq!(refused("POST /short", &[JSON], " ".repeat(61)), large);
    let chunked = [JSON, ("transfer-encoding", "chunked")];
    let chunk = format!("3d\r\n{}\r\n0\r\n\r\n", " ".repeat(61));
    assert_eq!(refused("POST /short", &chunked, &chunk), large);
    assert_eq!(refused("POST /letters", &[JSON], " ".repeat(256 * 1024 + 1)), large);
    assert_eq!(
        refused("POST /letters", &[JSON, ("content-length", "9")], "{"),
        "400 invalid_parameter\n-: The body broke off."
    );
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
    let again: Received<Sending> = ask_with("GET /again/nowhere", &[("x-request-id", "req_11")], "");
    assert_error!(again, code::NotFound, request_id = "req_11");
    assert_eq!(counted("req_11"), []);
}

#[test]
fn errors_of_another_api_of_the_catalog_are_made_this_ones() {
    for path in ["/shared-error", "/refused-twice"] {
        let answer: Received<Sending> = ask_with(&format!("GET {path}"), &[("x-request-id", path)], "");
        assert_error!(answer, code::NotFound, param = "from", request_id = path);
        assert_eq!(counted(path), [("not_found".to_owned(), None)]);
    }
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
    let source = counted("req_9").remove(0).1.unwrap();
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
    // actix-web's extractor, and the API's.
    for path in ["/emails", "/letters"] {
        let kit = Kit::<Sending>::new().json(path).panics("/panic").secret("a secret").without_slow_bodies();
        kit.patience(Duration::from_secs(2)).check(Socket::new(*SERVER)).await.assert();
    }
}
