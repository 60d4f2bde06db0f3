//! Whatever a service answers, the layer makes of it an answer of the catalog.
//!
//! Tests named after what users of the frameworks ask for say so in their first line.

#![allow(missing_docs, clippy::unwrap_used)]
#![cfg(all(feature = "axum", feature = "mail"))]

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Json, Path, Query, Request};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get, post};
use bytes::Bytes;
use errbook::mail::{Code, Inbox, Management, Sending, code, inbox, sending};
use errbook::tower::{ErrorLayer, ErrorService};
use errbook::{Api, Error, ErrorHandler, ErrorResponse, Passthrough, RequestId, prelude::*};
use http_body_util::BodyExt as _;
use tower::{Layer as _, Service, ServiceExt as _};

/// The generator's golden case with APIs of several envelopes.
mod another {
    #![allow(clippy::all, unused)]
    include!("../codegen/tests/cases/envelopes/errbook.rs");
}

/// An answer with its body.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    async fn of(response: Response) -> Answer {
        let (parts, body) = response.into_parts();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: body.collect().await.unwrap().to_bytes(),
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        Some(self.headers.get(name)?.to_str().unwrap())
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// What the client reads; the id in the body is the one in the header.
    #[track_caller]
    fn code<A: Api>(&self) -> A::Code {
        let read = ErrorResponse::<A>::parse(self.status, &self.headers, self.body.clone());
        assert!(read.from_api(), "{} {}", self.status, self.text());
        assert_eq!(read.expected_status(), None);
        assert_eq!(read.request_id(), self.header("x-request-id"));
        read.code().unwrap()
    }
}

async fn ask<S>(service: &S, request: Request) -> Answer
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone,
{
    Answer::of(service.clone().oneshot(request).await.unwrap()).await
}

async fn get_from<S>(service: &S, path: &str) -> Answer
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone,
{
    ask(service, Request::get(path).body(Body::empty()).unwrap()).await
}

fn json(method: Method, path: &str, body: &str) -> Request {
    let builder = Request::builder().method(method).uri(path).header("content-type", "application/json");
    builder.body(Body::from(body.to_owned())).unwrap()
}

#[derive(Debug, serde::Deserialize)]
#[allow(dead_code)]
struct Mail {
    to: String,
}

#[derive(Clone)]
struct Missing;

fn routes() -> Router {
    let timeout = tower_http::timeout::TimeoutLayer::with_status_code(
        StatusCode::GATEWAY_TIMEOUT,
        Duration::from_millis(5),
    );
    Router::new()
        .route("/emails", post(async |_: Json<Mail>| "sent").get(async || "list"))
        .route("/emails/{id}", get(async |Path(_): Path<u32>| "one"))
        .route("/search", get(async |_: Query<Mail>| "found"))
        .route("/typed", get(async || sending::Error::from(code::InsufficientCredits)))
        .route("/extension", get(async |_: Extension<Missing>| "never"))
        .route("/panic", get(async || -> &str { panic!("secret 1") }))
        .route("/slow", get(async || std::future::pending::<&str>().await).layer(timeout))
        .route(
            "/small",
            post(async |body: String| body).layer(tower_http::limit::RequestBodyLimitLayer::new(3)),
        )
        .route("/limited", get(limited))
        .route("/redirect", get(async || Redirect::to("/emails")))
        .route("/unavailable", get(async || StatusCode::SERVICE_UNAVAILABLE))
}

/// As a limiter answers.
async fn limited() -> Response {
    let headers = [
        ("retry-after", "7"),
        ("x-ratelimit-remaining", "0"),
        ("access-control-allow-origin", "*"),
        ("vary", "origin"),
        ("etag", "\"1\""),
        ("content-location", "/limits/1"),
        ("content-digest", "sha-256=:MQ==:"),
        ("repr-digest", "sha-256=:MQ==:"),
    ];
    (StatusCode::TOO_MANY_REQUESTS, headers, "Too Many Requests! Wait for 7s").into_response()
}

fn app() -> ErrorService<Router, Sending> {
    errbook::axum::finish(routes())
}

/// axum#1116, axum#2965: nothing leaves a service outside its envelope.
#[tokio::test]
async fn total_envelope_guarantee() {
    let app = app();
    let no_type = Request::post("/emails").body(Body::from("{}")).unwrap();
    let utf8 = Request::get("/emails/%ff").body(Body::empty()).unwrap();
    let large = json(Method::POST, "/emails", &format!("\"{}\"", "x".repeat(3 << 20)));
    let get = |path: &str| Request::get(path).body(Body::empty()).unwrap();
    for (request, expected) in [
        (get("/nowhere"), Code::NotFound),
        (get("/emails/1/2"), Code::NotFound),
        (get("/"), Code::NotFound),
        (Request::delete("/emails").body(Body::empty()).unwrap(), Code::MethodNotAllowed),
        (json(Method::POST, "/emails", "{"), Code::InvalidParameter),
        (json(Method::POST, "/emails", r#"{"to":5}"#), Code::InvalidParameter),
        (json(Method::POST, "/emails", "{}"), Code::InvalidParameter),
        (no_type, Code::UnsupportedMediaType),
        (large, Code::PayloadTooLarge),
        (get("/emails/x"), Code::InvalidParameter),
        (utf8, Code::InvalidParameter),
        (get("/search?at=1"), Code::InvalidParameter),
        (get("/extension"), Code::InternalError),
        (get("/panic"), Code::InternalError),
        (get("/slow"), Code::InternalError),
        (json(Method::POST, "/small", "long"), Code::PayloadTooLarge),
        (get("/limited"), Code::RateLimitExceeded),
        (get("/unavailable"), Code::ServiceUnavailable),
        (get("/typed"), Code::InsufficientCredits),
    ] {
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let answer = ask(&app, request).await;
        assert_eq!(answer.code::<Sending>(), expected, "{method} {uri}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert!(answer.headers.get_all("vary").iter().any(|vary| vary == "accept"), "{method} {uri}");
    }
    assert_eq!(get_from(&app, "/redirect").await.status, 303);
    let sent = ask(&app, json(Method::POST, "/emails", r#"{"to":"a"}"#)).await;
    assert_eq!((sent.status.as_u16(), sent.text()), (200, "sent"));
    assert!(sent.header("x-request-id").is_some_and(|id| id.starts_with("req_")));
}

#[tokio::test]
async fn the_order_of_routes_and_layers_does_not_matter() {
    // A route added after the fallback for methods answers an empty 405 of its own.
    let late = routes()
        .fallback(async || StatusCode::NOT_FOUND)
        .method_not_allowed_fallback(async || StatusCode::METHOD_NOT_ALLOWED)
        .nest("/deep", Router::new().route("/er", post(async || "")))
        .merge(Router::new().route("/merged", post(async || "")))
        .route("/late", post(async || ""));
    let app = errbook::axum::finish::<Sending>(late);
    for (path, expected) in [
        ("/late", Code::MethodNotAllowed),
        ("/deep/er", Code::MethodNotAllowed),
        ("/merged", Code::MethodNotAllowed),
        ("/deep/nothing", Code::NotFound),
        ("/deep", Code::NotFound),
    ] {
        let answer = get_from(&app, path).await;
        assert_eq!(answer.code::<Sending>(), expected, "{path}");
        assert_eq!(answer.header("allow"), (expected == Code::MethodNotAllowed).then_some("POST"), "{path}");
    }
}

#[tokio::test]
async fn a_finished_router_is_served() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app().into_make_service()).await.unwrap() });
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    stream.write_all(b"HEAD /nope HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 404 Not Found\r\n"), "{head}");
    assert_eq!(body, "");
    let length = get_from(&self::app(), "/nope").await.body.len();
    assert!(head.contains(&format!("content-length: {length}")), "{head}");
}

/// What a proxy or a browser reads stays: the replaced answer is changed, not built anew.
#[tokio::test]
async fn headers_survive() {
    let answer = get_from(&app(), "/limited").await;
    assert_eq!(answer.code::<Sending>(), Code::RateLimitExceeded);
    for (name, expected) in [
        ("retry-after", Some("7")),
        ("x-ratelimit-remaining", Some("0")),
        ("access-control-allow-origin", Some("*")),
        // It was the replaced body's.
        ("etag", None),
        ("content-location", None),
        ("content-digest", None),
        ("repr-digest", None),
    ] {
        assert_eq!(answer.header(name), expected, "{name}");
    }
    let vary: Vec<_> = answer.headers.get_all("vary").iter().collect();
    assert_eq!(vary, ["origin", "accept"]);

    let challenge = async || (StatusCode::UNAUTHORIZED, [("www-authenticate", "DPoP")]);
    let app = errbook::axum::finish::<Sending>(Router::new().route("/", get(challenge)));
    assert_eq!(get_from(&app, "/").await.header("www-authenticate"), Some("DPoP"));
}

/// pubky#548: a wait is rounded up and at least a second, and no answer but the catalog's says it.
#[tokio::test]
async fn retry_after_is_rounded_up_and_at_least_one() {
    for (wait, expected) in [(0, "1"), (1, "1"), (1_001, "2"), (2_000, "2")] {
        let wait = Duration::from_millis(wait);
        let handler = async move || sending::Error::from(code::RateLimitExceeded { retry_after: wait });
        let app = errbook::axum::finish::<Sending>(Router::new().route("/", get(handler)));
        assert_eq!(get_from(&app, "/").await.header("retry-after"), Some(expected));
    }
}

/// Agora#1254, aspnetcore#54325: one id in header, body, handler and log.
#[tokio::test]
async fn request_id_in_body_and_header_and_handler() {
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let in_hook = Arc::clone(&seen);
    let in_handler = Arc::clone(&seen);
    let handler = async move |headers: HeaderMap| {
        assert_eq!(headers.get_all("x-request-id").iter().count(), 1);
        let id = RequestId::from_header(&headers["x-request-id"]).unwrap();
        in_handler.lock().unwrap().push(id.to_string());
        sending::Error::from(code::NotFound)
    };
    let app = errbook::axum::finish_with(
        Router::new().route("/", get(handler)),
        ErrorHandler::<Sending>::new()
            .on_error(move |_, id| in_hook.lock().unwrap().push(id.to_string()))
            .on_error(|_, _| panic!("a hook that fails")),
    );
    let with_id = |ids: &[&str]| {
        let mut request = Request::get("/").body(Body::empty()).unwrap();
        for id in ids {
            request.headers_mut().append("x-request-id", HeaderValue::from_bytes(id.as_bytes()).unwrap());
        }
        request
    };
    for (given, kept) in [
        (&["req_7"][..], true),
        (&["a-b.c~d:e/f+g=h"], true),
        (&[], false),
        (&[""], false),
        (&["a b"], false),
        (&["\"><script>"], false),
        (&["caf\u{e9}"], false),
        (&[&"x".repeat(129)], false),
        (&["one", "two"], false),
    ] {
        let answer = ask(&app, with_id(given)).await;
        answer.code::<Sending>();
        let id = answer.header("x-request-id").unwrap();
        assert_eq!(answer.headers.get_all("x-request-id").iter().count(), 1);
        assert_eq!(given.contains(&id), kept, "{given:?} {id}");
        assert_eq!(std::mem::take(&mut *seen.lock().unwrap()), [id, id]);
    }
}

/// greptimedb#7328, leptos#3270, actix#1051: what is internal stays in the log. The feature `tracing` is tested in
/// tests/log.rs, where every byte of every answer is searched.
#[tokio::test]
async fn causes_are_for_the_log_alone() {
    let sources: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = Arc::clone(&sources);
    let app = errbook::axum::finish_with(
        routes().route("/refused", get(async || (StatusCode::BAD_REQUEST, "x".repeat(10_000)))),
        ErrorHandler::<Sending>::new().on_error(move |error, _| {
            let source = std::error::Error::source(error);
            log.lock().unwrap().push(source.map(ToString::to_string).unwrap_or_default());
        }),
    );
    for (path, expected) in [
        ("/panic", "panicked: secret 1"),
        ("/extension", "Missing request extension"),
        ("/emails/x", "Invalid URL: Cannot parse"),
        ("/refused", "xxx"),
        ("/nowhere", ""),
    ] {
        let answer = get_from(&app, path).await;
        let logged = sources.lock().unwrap().pop().unwrap();
        assert!(logged.starts_with(expected), "{logged}");
        assert!(logged.len() <= 8 * 1024);
        assert!(expected.is_empty() || !answer.text().contains(expected), "{}", answer.text());
    }
}

/// dropshot#39: a page for browsers and JSON for clients, from the same answer.
#[tokio::test]
async fn html_page_for_browsers() {
    const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";
    let app = app();
    let accepting = |accept: &str| {
        Request::get("/nowhere").header("accept", accept).header("x-request-id", "req_7").body(Body::empty())
    };
    let page = ask(&app, accepting(BROWSER).unwrap()).await;
    assert_eq!(page.status, 404);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(page.header("x-request-id"), Some("req_7"));
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(page.text(), include_str!("layer/404.html"));

    for accept in [
        "",
        "*/*",
        "application/json",
        "text/html;q=0.5, application/json",
        "text/html, application/json",
        "image/png",
        "text/html;q=0",
        "\u{ff}",
    ] {
        let answer = ask(&app, accepting(accept).unwrap()).await;
        assert_eq!(answer.code::<Sending>(), Code::NotFound, "{accept}");
    }
    let several = accepting("application/json;q=0.1").map(|mut request| {
        request.headers_mut().append("accept", HeaderValue::from_static("text/html"));
        request
    });
    assert!(ask(&app, several.unwrap()).await.text().starts_with("<!doctype html>"));

    let handler = ErrorHandler::<Sending>::new().without_html();
    let answer = ask(&errbook::axum::finish_with(routes(), handler), accepting(BROWSER).unwrap()).await;
    assert_eq!(answer.code::<Sending>(), Code::NotFound);
    assert_eq!(answer.header("vary"), None);
}

#[tokio::test]
async fn a_page_escapes_what_is_in_it() {
    let hostile = "<script>alert(\"1\")</script>&'";
    let handler = async move || sending::Error::from(code::InvalidParameter.at(hostile).message(hostile));
    let app = errbook::axum::finish::<Sending>(Router::new().route("/", get(handler)));
    let request = Request::get("/").header("accept", "text/html").body(Body::empty()).unwrap();
    let page = ask(&app, request).await;
    assert!(!page.text().contains("<script>"), "{}", page.text());
    assert_eq!(page.text().matches("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;").count(), 2);
}

/// gears ADR 6: an answer that is passed on is not ours to change.
#[tokio::test]
async fn proxied_answers_are_left_untouched() {
    let proxied = async || {
        let mut response = (StatusCode::BAD_GATEWAY, "upstream's own words").into_response();
        response.extensions_mut().insert(Passthrough);
        response
    };
    let app = errbook::axum::finish::<Sending>(Router::new().route("/", get(proxied)));
    let answer = get_from(&app, "/").await;
    assert_eq!((answer.status.as_u16(), answer.text()), (502, "upstream's own words"));
    assert_eq!(answer.header("x-request-id"), None);
}

#[tokio::test]
async fn bodies_with_a_shape_are_left_untouched() {
    let routes = Router::new()
        .route("/json", get(async || (StatusCode::CONFLICT, Json(serde_json::json!({"mine": 1})))))
        .route("/html", get(async || (StatusCode::NOT_FOUND, axum::response::Html("<p>mine"))))
        .route("/other", get(async || Error::<another::First>::from(another::code::Bad)))
        .route("/plain", get(async || (StatusCode::CONFLICT, [("content-type", "Text/Plain;x=1")], "mine")));
    let app = errbook::axum::finish::<Sending>(routes);
    for (path, status, body) in [("/json", 409, "{\"mine\":1}"), ("/html", 404, "<p>mine")] {
        let answer = get_from(&app, path).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (status, body));
        assert!(answer.header("x-request-id").is_some());
    }
    // Of another catalog: complete as it is, and so is its id.
    assert_eq!(get_from(&app, "/other").await.code::<another::First>(), another::Code::Bad);
    assert_eq!(get_from(&app, "/plain").await.code::<Sending>(), Code::InvalidParameter);
}

#[tokio::test]
async fn errors_of_another_api_of_the_catalog_are_made_this_ones() {
    let wait = Duration::from_secs(9);
    let changed = axum::middleware::map_response(|mut response: Response| async {
        *response.status_mut() = StatusCode::IM_A_TEAPOT;
        response
    });
    let routes = Router::new()
        .route("/changed", get(async || inbox::Error::from(code::NotFound)).layer(changed))
        .route("/shared", get(async || inbox::Error::from(code::NotFound.at("from"))))
        .route("/own", get(async || inbox::Error::from(code::AddressTaken).because("two of them")))
        .route("/wait", get(async move || inbox::Error::from(code::RateLimitExceeded { retry_after: wait })));
    let counted: Arc<Mutex<Vec<_>>> = Arc::default();
    let hook = Arc::clone(&counted);
    let handler = ErrorHandler::<Sending>::new().on_error(move |error, id| {
        let source = std::error::Error::source(error).map(ToString::to_string);
        hook.lock().unwrap().push((id.to_string(), error.code(), source));
    });
    let app = errbook::axum::finish_with(routes, handler);
    let ask = async |path| {
        let request = Request::get(path).header("x-request-id", "req_7").body(Body::empty());
        let response = app.clone().oneshot(request.unwrap()).await.unwrap();
        let left = response.extensions().get::<sending::Error>().map(sending::Error::code);
        let answer = Answer::of(response).await;
        let counted = std::mem::take(&mut *counted.lock().unwrap());
        (answer, left, counted)
    };
    let id = || "req_7".to_owned();

    let (answer, left, counted) = ask("/shared").await;
    assert_eq!((answer.code::<Sending>(), left), (Code::NotFound, Some(Code::NotFound)));
    assert!(answer.text().contains(r#""param":"from""#), "{}", answer.text());
    assert_eq!(counted, [(id(), Code::NotFound, None)]);

    // What this API doesn't emit is its code for the status.
    let (answer, left, counted) = ask("/own").await;
    assert_eq!((answer.code::<Sending>(), left), (Code::InvalidParameter, Some(Code::InvalidParameter)));
    assert_eq!(counted, [(id(), Code::InvalidParameter, Some("two of them".to_owned()))]);

    let (answer, ..) = ask("/wait").await;
    assert_eq!(answer.code::<Sending>(), Code::RateLimitExceeded);
    assert_eq!(answer.header("retry-after"), Some("9"));

    // Somebody answered something else after all.
    let (answer, _, counted) = ask("/changed").await;
    assert_eq!((answer.status.as_u16(), counted), (418, vec![]));
    assert!(answer.text().starts_with("{\"error\":\"not_found\""), "{}", answer.text());
}

/// Headers of the other API's envelope say another code; one's answers have a status of their own.
#[tokio::test]
async fn of_another_apis_envelope_nothing_is_left() {
    use another::{First, Fourth, Second};

    let size = || another::code::Size { size: 7, unit: None };
    let routes = Router::new()
        .route("/first", get(async move || Error::<First>::from(size())))
        .route("/second", get(async move || Error::<Second>::from(size())));
    for (path, status, code) in [("/first", 422, Some("size")), ("/second", 200, None)] {
        let plain = get_from(&routes, path).await;
        assert_eq!((plain.status.as_u16(), plain.header("x-error-code")), (status, code));
        let answer = get_from(&errbook::axum::finish::<Fourth>(routes.clone()), path).await;
        assert_eq!(answer.code::<Fourth>(), another::Code::Bad);
        assert_eq!((answer.status.as_u16(), answer.header("x-error-code")), (400, None));
    }
}

#[tokio::test]
async fn what_a_middleware_answered_instead_stays() {
    let instead = axum::middleware::map_response(|mut response: Response| async {
        *response.status_mut() = StatusCode::OK;
        *response.body_mut() = Body::from("all is well");
        response
    });
    let app = errbook::axum::finish::<Sending>(routes().layer(instead));
    assert_eq!(get_from(&app, "/typed").await.text(), "all is well");
}

/// strom#692, moadim#270: a page of an application behind every path must not answer for the API.
#[tokio::test]
async fn a_fallback_for_pages_does_not_swallow_the_api() {
    let app = Router::new()
        .nest_service("/api", app())
        .fallback(async || axum::response::Html("<!doctype html>the application"));
    for path in ["/api", "/api/", "/api/typo", "/api/emails/1/2"] {
        assert_eq!(get_from(&app, path).await.code::<Sending>(), Code::NotFound, "{path}");
    }
    assert!(get_from(&app, "/typo").await.text().contains("the application"));
}

#[tokio::test]
async fn several_apis_of_one_service() {
    let app = Router::new()
        .nest_service("/sending", app())
        .nest_service("/inbox", errbook::axum::finish::<Inbox>(Router::new()));
    let app = errbook::axum::finish::<Management>(app);
    assert_eq!(get_from(&app, "/sending/typed").await.code::<Sending>(), Code::InsufficientCredits);
    // The flat envelope has no id in the body.
    let inbox = get_from(&app, "/inbox/x").await;
    assert!(inbox.text().starts_with("{\"error\":\"not_found\""), "{}", inbox.text());
    assert_eq!(inbox.code::<Inbox>(), inbox::Error::for_status(404).code());
    assert_eq!(get_from(&app, "/x").await.code::<Management>(), Code::NotFound);
}

#[tokio::test]
async fn compressed_and_panicking_and_across_origins() {
    let inside = tower::ServiceBuilder::new()
        .layer(tower_http::compression::CompressionLayer::new())
        .layer(tower_http::catch_panic::CatchPanicLayer::new());
    let app = errbook::axum::finish::<Sending>(routes().layer(inside));
    let app = tower_http::cors::CorsLayer::permissive().layer(app);
    for (path, expected) in [("/typed", Code::InsufficientCredits), ("/panic", Code::InternalError)] {
        let request =
            Request::get(path).header("accept-encoding", "gzip").header("origin", "https://a.example");
        let answer = ask(&app, request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.code::<Sending>(), expected);
        assert_eq!(answer.header("content-encoding"), None);
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    }
}

#[tokio::test]
async fn links_to_documentation_elsewhere() {
    let handler = ErrorHandler::<Sending>::new().docs_origin("http://localhost:3000/");
    let app = errbook::axum::finish_with(routes(), handler);
    let link = "http://localhost:3000/docs/sending-api/errors#insufficient_credits\"";
    assert!(get_from(&app, "/typed").await.text().contains(link));
    let request = Request::get("/typed").header("accept", "text/html").body(Body::empty()).unwrap();
    assert!(ask(&app, request).await.text().contains(link));

    // Not what somebody smuggles into it.
    let error = sending::Error::from(code::NotFound);
    let answer = error.answer("req_1").docs_origin("http://a\"b\\\n<\u{e9}");
    assert!(serde_json::from_slice::<serde_json::Value>(&answer.body()).is_ok());
    assert!(String::from_utf8(answer.body()).unwrap().contains("\"http://ab/docs/"));
}

/// A body that never comes holds up no answer, and one without end is not read to it.
#[tokio::test]
async fn bodies_that_are_replaced_are_read_within_bounds() {
    use http_body::Frame;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    #[derive(Clone, Copy)]
    enum Kind {
        Endless,
        Absent,
        Panics,
    }

    struct Hostile(Kind, Arc<Mutex<usize>>);

    impl http_body::Body for Hostile {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            *self.1.lock().unwrap() += 1;
            match self.0 {
                Kind::Endless => Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b'x'; 1000]))))),
                Kind::Absent => Poll::Pending,
                Kind::Panics => panic!("a body that fails"),
            }
        }
    }

    for (kind, most) in [(Kind::Endless, 9), (Kind::Absent, 1), (Kind::Panics, 1)] {
        let polls = Arc::new(Mutex::new(0));
        let counted = Arc::clone(&polls);
        let handler = any(async move || {
            let mut response = Response::new(Body::new(Hostile(kind, counted)));
            *response.status_mut() = StatusCode::NOT_FOUND;
            response
        });
        let app = errbook::axum::finish::<Sending>(Router::new().route("/", handler));
        assert_eq!(get_from(&app, "/").await.code::<Sending>(), Code::NotFound);
        assert_eq!(*polls.lock().unwrap(), most);
    }
}

#[tokio::test]
async fn any_service_has_room_for_the_layer() {
    use http_body_util::Full;

    let panics_in_call = tower::service_fn(|request: http::Request<()>| {
        assert_ne!(request.uri().path(), "/panic", "before there is a future");
        async { Err::<http::Response<Full<Bytes>>, _>("no answer at all") }
    });
    let service = ErrorLayer::<Inbox>::default().layer(panics_in_call);
    let ask = |path| service.clone().oneshot(http::Request::get(path).body(()).unwrap());
    assert_eq!(ask("/").await.unwrap_err(), "no answer at all");
    let answer = ask("/panic").await.unwrap();
    assert_eq!(answer.status(), 500);
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/json");
    let answer = answer.into_body().collect().await.unwrap().to_bytes();
    assert!(answer.starts_with(b"{\"error\":\"internal_error\""));
}
