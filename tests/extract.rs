//! The extractors in the module of an API, in a service: every request that can't be read is answered as the API does.
#![allow(clippy::unwrap_used)]

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, FromRequest, Request};
use axum::routing::{get, post};
use errbook::mail::{Sending, sending};
use errbook::{Api, Error, ErrorResponse};
use http::StatusCode;
use http_body::Frame;
use http_body_util::BodyExt as _;
use serde::{Deserialize, Serialize};
use tower::ServiceExt as _;

#[derive(Deserialize)]
#[allow(dead_code)]
struct NewEmail {
    to: Recipient,
    items: Vec<Item>,
    priority: Option<Priority>,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Recipient {
    email: String,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Item {
    email: String,
    count: u8,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(dead_code)]
enum Priority {
    Low,
    High,
}

#[derive(Debug, Default, Deserialize, Serialize, PartialEq)]
struct Listing {
    page: Option<u32>,
    #[serde(default)]
    tag: Vec<String>,
}

#[derive(Deserialize)]
struct Place {
    team: String,
    number: u32,
}

/// What can't be written.
#[derive(Serialize)]
struct Unwritable {
    keys: std::collections::BTreeMap<(u8, u8), u8>,
}

fn service() -> Router {
    Router::new()
        .route("/emails", post(|sending::Json(_): sending::Json<NewEmail>| async { "read" }))
        .route(
            "/maybe",
            post(
                |json: Option<sending::Json<Listing>>| async move { sending::Json(json.map(|json| json.0)) },
            ),
        )
        .route(
            "/list",
            get(|sending::Query(listing): sending::Query<Listing>| async { sending::Json(listing) }),
        )
        .route("/form", get(form).post(form))
        .route("/one/{id}", get(|sending::Path(id): sending::Path<u32>| async move { id.to_string() }))
        .route(
            "/two/{team}/{number}",
            get(|sending::Path((team, number)): sending::Path<(String, u8)>| async move {
                format!("{team} {number}")
            }),
        )
        .route(
            "/named/{team}/{number}",
            get(|path: sending::Path<Place>| async move { format!("{} {}", path.team, path.number) }),
        )
        .route("/wrong/{id}", get(|_: sending::Path<(u8, u8)>| async {}))
        .route("/other/{id}", get(|_: sending::Path<Place>| async {}))
        .route("/none", get(|_: sending::Path<u8>| async {}))
        .route("/perhaps", get(perhaps))
        .route("/perhaps/{id}", get(perhaps))
        .route("/unwritable", get(|| async { sending::Json(Unwritable { keys: [((1, 2), 3)].into() }) }))
        .route("/shared", post(shared::<Sending>))
}

async fn form(sending::Form(listing): sending::Form<Listing>) -> sending::Json<Listing> {
    sending::Json(listing)
}

async fn perhaps(id: Option<sending::Path<u8>>) -> String {
    format!("{:?}", id.map(|id| id.0))
}

/// What several APIs use.
async fn shared<A: Api>(request: Request) -> Result<String, Error<A>> {
    errbook::axum::json::<A, u8>(request).await.map(|number| number.to_string())
}

async fn ask(service: Router, request: Request) -> (StatusCode, Vec<u8>, http::HeaderMap) {
    let (head, body) = service.oneshot(request).await.unwrap().into_parts();
    (head.status, body.collect().await.unwrap().to_bytes().to_vec(), head.headers)
}

fn request(method: &str, uri: &str, content_type: Option<&str>, body: impl Into<Body>) -> Request {
    let builder = http::Request::builder().method(method).uri(uri);
    let builder =
        content_type.into_iter().fold(builder, |builder, value| builder.header("content-type", value));
    builder.body(body.into()).unwrap()
}

fn json(uri: &str, body: &str) -> Request {
    request("POST", uri, Some("application/json"), body.to_owned())
}

async fn text(request: Request) -> String {
    let (status, body, _) = ask(service(), request).await;
    let body = String::from_utf8(body).unwrap();
    assert_eq!(status, 200, "{body}");
    body
}

/// Status, code, and the params and messages, and that nothing of Rust is in the answer.
async fn refused_by(service: Router, request: Request) -> String {
    let (status, body, headers) = ask(service, request).await;
    let text = String::from_utf8(body.clone()).unwrap();
    assert!(
        !["serde", "axum", "struct ", "u32", "NewEmail"].iter().any(|word| text.contains(word)),
        "{text}"
    );
    let answer = ErrorResponse::<Sending>::parse(status, &headers, body);
    assert!(answer.from_api(), "{text}");
    let issues: Vec<_> = match answer.issues() {
        [] => vec![(answer.param(), answer.message())],
        issues => issues.iter().map(|issue| (issue.param(), issue.message())).collect(),
    };
    let issue = |(param, message): &(Option<&str>, Option<&str>)| {
        format!("{}: {}", param.unwrap_or("-"), message.unwrap())
    };
    let issues: Vec<_> = issues.iter().map(issue).collect();
    format!("{} {}\n{}", status.as_u16(), answer.code_str().unwrap(), issues.join("\n"))
}

async fn refused(request: Request) -> String {
    refused_by(service(), request).await
}

#[tokio::test]
async fn param_paths_of_all_faults_at_once() {
    let body = r#"{"to": {}, "items": [{"email": "a", "count": 1}, {"email": 5, "count": 300}], "priority": "urgent"}"#;
    assert_eq!(
        refused(json("/emails", body)).await,
        "400 invalid_parameter\n\
         to.email: `to.email` is missing.\n\
         items[1].email: `items[1].email` must be a string.\n\
         items[1].count: `items[1].count` must be a whole number from 0 to 255.\n\
         priority: `priority` must be one of `low`, `high`."
    );
    assert_eq!(
        refused(json("/emails", r#"{"to": {"email": "a"}}"#)).await,
        "400 missing_parameter\nitems: `items` is missing."
    );
}

#[tokio::test]
async fn what_can_be_read_is() {
    assert_eq!(text(json("/emails", r#"{"to": {"email": "a"}, "items": []}"#)).await, "read");
    assert_eq!(text(json("/maybe", r#"{"page": 1}"#)).await, r#"{"page":1,"tag":[]}"#);
    assert_eq!(text(request("POST", "/maybe", None, "")).await, "null");
    assert_eq!(
        text(request("GET", "/list?page=2&tag=a&tag=b%20c", None, "")).await,
        r#"{"page":2,"tag":["a","b c"]}"#
    );
    assert_eq!(text(request("GET", "/list", None, "")).await, r#"{"page":null,"tag":[]}"#);
    let form = Some("application/x-www-form-urlencoded; charset=UTF-8");
    assert_eq!(text(request("POST", "/form", form, "page=3&tag=%C3%A9")).await, r#"{"page":3,"tag":["é"]}"#);
    assert_eq!(text(request("GET", "/form?page=3", None, "")).await, r#"{"page":3,"tag":[]}"#);
    assert_eq!(text(request("GET", "/one/7", None, "")).await, "7");
    assert_eq!(text(request("GET", "/two/red%20x/7", None, "")).await, "red x 7");
    assert_eq!(text(request("GET", "/named/red/7", None, "")).await, "red 7");
    assert_eq!(text(request("GET", "/perhaps/7", None, "")).await, "Some(7)");
    assert_eq!(text(request("GET", "/perhaps", None, "")).await, "None");
    assert_eq!(text(json("/shared", "8")).await, "8");
}

#[tokio::test]
async fn a_query_a_form_and_a_path_name_the_parameter() {
    let page = "400 invalid_parameter\npage: `page` must be a whole number from 0 to 4294967295.";
    assert_eq!(refused(request("GET", "/list?page=x", None, "")).await, page);
    let form = Some("application/x-www-form-urlencoded");
    assert_eq!(refused(request("POST", "/form", form, "page=-1")).await, page);
    assert_eq!(
        refused(request("GET", "/one/seven", None, "")).await,
        "400 invalid_parameter\nid: `id` must be a whole number from 0 to 4294967295."
    );
    assert_eq!(
        refused(request("GET", "/two/red/256", None, "")).await,
        "400 invalid_parameter\nnumber: `number` must be a whole number from 0 to 255."
    );
    assert_eq!(
        refused(request("GET", "/named/red/x", None, "")).await,
        "400 invalid_parameter\nnumber: `number` must be a whole number from 0 to 4294967295."
    );
    assert_eq!(
        refused(request("GET", "/named/%FF/1", None, "")).await,
        "400 invalid_parameter\nteam: `team` is not UTF-8."
    );
    assert_eq!(
        refused(request("GET", "/perhaps/x", None, "")).await,
        "400 invalid_parameter\nid: `id` must be a whole number from 0 to 255."
    );
}

#[tokio::test]
async fn what_only_the_server_can_mend_is_a_500() {
    let ours = "500 internal_error\n-: Something went wrong on our side.";
    for uri in ["/wrong/1", "/other/1", "/none", "/unwritable"] {
        assert_eq!(refused(request("GET", uri, None, "")).await, ours, "{uri}");
    }
    // What it was is for the log.
    let response = service().oneshot(request("GET", "/wrong/1", None, "")).await.unwrap();
    let error = response.extensions().get::<sending::Error>().unwrap();
    assert_eq!(
        std::error::Error::source(error).unwrap().to_string(),
        "the request must be a list of 2 values."
    );
}

#[tokio::test]
async fn the_type_of_a_body_is_looked_at() {
    let wrong =
        "415 unsupported_media_type\n-: The body must be application/json without a content encoding.";
    for kind in
        ["text/plain", "application/jsonp", "application/json2", "image/json", "application", "+json", ""]
    {
        assert_eq!(refused(request("POST", "/shared", Some(kind), "8")).await, wrong, "{kind}");
    }
    assert_eq!(refused(request("POST", "/shared", None, "8")).await, wrong);
    assert_eq!(refused(request("POST", "/maybe", Some("text/plain"), "{}")).await, wrong);
    assert_eq!(refused(request("POST", "/form", Some("application/json"), "page=1")).await, wrong);
    for kind in [
        "Application/JSON",
        "application/json; charset=utf-8",
        "application/problem+json",
        "application/a.b+JSON;x",
    ] {
        assert_eq!(text(request("POST", "/shared", Some(kind), "8")).await, "8", "{kind}");
    }
    let mut packed = json("/shared", "8");
    packed.headers_mut().insert("content-encoding", "gzip".parse().unwrap());
    assert_eq!(refused(packed).await, wrong);
    // Codings have no case (RFC 9110 section 8.4.1).
    for identity in ["identity", "Identity", ""] {
        let mut plain = json("/shared", "8");
        plain.headers_mut().insert("content-encoding", identity.parse().unwrap());
        assert_eq!(text(plain).await, "8", "{identity:?}");
    }
}

#[tokio::test]
async fn a_body_that_does_not_arrive() {
    let large = "413 payload_too_large\n-: The request is over a limit of size.";
    let long = format!("\"{}\"", "a".repeat(100));
    let limited = || service().layer(DefaultBodyLimit::max(64));
    assert_eq!(refused_by(limited(), json("/shared", &long)).await, large);
    // Of a body that doesn't say its length, the layer knows no more than that.
    let limited = || service().layer(tower_http::limit::RequestBodyLimitLayer::new(4));
    assert_eq!(refused_by(limited(), framed(vec![Ok("[1"), Ok(", 2]")], true)).await, large);
    assert_eq!(text(framed(vec![Ok("8")], true)).await, "8");

    let broken = framed(vec![Ok("[1"), Err(io::Error::other("reset"))], true);
    assert_eq!(refused(broken).await, "400 invalid_parameter\n-: The body broke off.");

    let slow = service().layer(tower_http::timeout::RequestBodyTimeoutLayer::new(Duration::from_millis(10)));
    let stuck = framed(vec![Ok("[1")], false);
    assert_eq!(refused_by(slow, stuck).await, "408 request_timeout\n-: The request took too long to arrive.");
}

#[tokio::test]
async fn a_body_that_is_no_json() {
    let refused = |body: &'static str| refused(json("/shared", body));
    let invalid = |message: &str| format!("400 invalid_parameter\n-: {message}");
    assert_eq!(refused("").await, invalid("The body is empty; it must be JSON."));
    assert_eq!(refused("[1,\n 2").await, invalid("The body ends too early to be JSON: line 2, column 2."));
    assert_eq!(
        refused("\u{feff}8").await,
        invalid("The body begins with a byte order mark, which JSON has not.")
    );
    assert_eq!(refused("8 9").await, invalid("The body is not valid JSON: line 1, column 3."));
    assert_eq!(refused("\"8\"").await, invalid("The body must be a whole number from 0 to 255."));
    let bytes = request("POST", "/shared", Some("application/json"), Bytes::from_static(b"\"a\xff\""));
    assert_eq!(self::refused(bytes).await, invalid("The body is not UTF-8, from byte 2 on."));
}

/// The extractors are axum's in what else they can do.
#[tokio::test]
async fn wrappers() {
    let mut query =
        sending::Query::<Listing>::from_request(request("GET", "/?page=1", None, ""), &()).await.unwrap();
    query.page = Some(query.page.unwrap() + 1);
    assert_eq!(query.0, Listing { page: Some(2), tag: Vec::new() });
    let json = sending::Json::from(5);
    assert_eq!((*json, format!("{json:?}")), (5, "Json(5)".to_owned()));
    assert_eq!(sending::Form::<u8>::default().0, 0);
}

/// A body of which nobody knows the length.
struct Frames {
    frames: std::vec::IntoIter<io::Result<&'static str>>,
    /// Does it end?
    ends: bool,
}

impl http_body::Body for Frames {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self.frames.next() {
            Some(frame) => {
                Poll::Ready(Some(frame.map(|text| Frame::data(Bytes::from_static(text.as_bytes())))))
            }
            None if self.ends => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}

fn framed(frames: Vec<io::Result<&'static str>>, ends: bool) -> Request {
    let body = Body::new(Frames { frames: frames.into_iter(), ends });
    request("POST", "/shared", Some("application/json"), body)
}

#[test]
fn extractors_say_what_they_answer_with() {
    use errbook::AnsweredBy;
    use errbook::mail::{Code, Sending};

    let json = <sending::Json<()> as AnsweredBy<Sending>>::codes();
    let expected = [
        Code::InvalidParameter,
        Code::MissingParameter,
        Code::UnsupportedMediaType,
        Code::RequestTimeout,
        Code::PayloadTooLarge,
    ];
    assert!(expected.iter().all(|code| json.contains(code)) && json.len() == expected.len(), "{json:?}");
    let query = <sending::Query<()> as AnsweredBy<Sending>>::codes();
    assert_eq!(query.len(), 2, "{query:?}");
}
