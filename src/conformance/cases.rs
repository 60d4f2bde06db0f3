//! The requests.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

use super::Kit;
use super::body::RequestBody;
use crate::catalog::Api;
use crate::handler::request_id_header;

/// A request, and what may come of it.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: RequestBody,
    pub(super) expected: Expected,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Expected {
    /// What the catalog answers with this status.
    Status(u16),
    /// Some error of the caller's.
    ClientError,
    /// Some error of the service's, or that the time is up.
    ServerError,
    /// No error, or one of the catalog's.
    Anything,
}

/// More than any service takes, in bytes.
const HUGE: usize = 96 << 20;

pub(super) fn all<A: Api>(kit: &Kit<A>) -> Vec<Case> {
    let mut cases = nowhere(&request_id_header::<A>());
    if let Some(path) = &kit.json {
        let of_json = of_json(path).into_iter();
        cases.extend(of_json.filter(|case| kit.slow_bodies || !case.body.is_slow()));
    }
    for (name, path) in [("a route that panics", &kit.panics), ("a route that hangs", &kit.hangs)] {
        if let Some(path) = path {
            cases.push(Case::new(name, Method::GET, path).expects(Expected::ServerError));
        }
    }
    // It has to be there still.
    cases.push(Case::new("no route, after all of this", Method::GET, NOWHERE));
    for case in &mut cases {
        case.path.insert_str(0, &kit.prefix);
        for (name, value) in &kit.headers {
            if !case.headers.contains_key(name) {
                case.headers.insert(name.clone(), value.clone());
            }
        }
    }
    cases
}

const NOWHERE: &str = "/errbook/no/such/route";

/// Requests that need no route.
fn nowhere(id: &HeaderName) -> Vec<Case> {
    let get = |name| Case::new(name, Method::GET, NOWHERE);
    let unknown = Method::from_bytes(b"BREW").unwrap_or(Method::TRACE);
    vec![
        get("no route"),
        Case::new("no route, with a slash at its end", Method::GET, "/errbook-nowhere/"),
        Case::new("no route, bytes that are no UTF-8", Method::GET, "/errbook/%ff%fe"),
        Case::new("no route, dots and slashes", Method::GET, "/errbook/..//%2e%2e/%00"),
        Case::new("no route, 4,000 characters", Method::GET, &format!("/errbook/{}", "x".repeat(4_000))),
        Case::new("no route, a query of anything", Method::GET, "/errbook/nowhere?%ff&=&a[]=%00'&&"),
        Case::new("no route, HEAD", Method::HEAD, NOWHERE),
        Case::new("no route, POST", Method::POST, NOWHERE).json("{}"),
        Case::new("no route, DELETE", Method::DELETE, NOWHERE),
        Case::new("no route, a method of no standard", unknown, NOWHERE),
        Case::new("no route, asked for across origins", Method::OPTIONS, NOWHERE)
            .header(header::ORIGIN, "https://conformance.example")
            .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
            .expects(Expected::Anything),
        get("Accept: a browser's").header(header::ACCEPT, "text/html,application/xml;q=0.9,*/*;q=0.8"),
        get("Accept: what nobody has").header(header::ACCEPT, "application/x-errbook"),
        get("Accept: nothing at all").header(header::ACCEPT, "*/*;q=0"),
        get("Accept: no list of types").header(header::ACCEPT, ",;q=2,\u{e9}/"),
        get("Accept: of 8,000 characters").header(header::ACCEPT, &"text/x,".repeat(1_100)),
        // May be refused, which is no 404 (RFC 9110 section 12.5.3).
        get("Accept-Encoding: none is left")
            .header(header::ACCEPT_ENCODING, "*;q=0")
            .expects(Expected::ClientError),
        get("request id: a good one").append(id, "conformance-1"),
        get("request id: the longest").append(id, &"x".repeat(crate::RequestId::MAX_LEN)),
        get("request id: too long").append(id, &"x".repeat(crate::RequestId::MAX_LEN + 1)),
        get("request id: markup").append(id, "\"><script>alert(1)</script>"),
        get("request id: no ASCII").append(id, "caf\u{e9}"),
        get("request id: nothing").append(id, ""),
        get("request id: two of them").append(id, "conformance-1").append(id, "conformance-2"),
    ]
}

/// Requests to a route that takes JSON by POST.
fn of_json(path: &str) -> Vec<Case> {
    let post = |name| Case::new(name, Method::POST, path).expects(Expected::ClientError);
    let broken = |name, body: &str| post(name).json(body.to_owned());
    vec![
        Case::new("a wrong method", Method::TRACE, path).expects(Expected::Status(405)),
        Case::new("a wrong method, PATCH", Method::PATCH, path).json("{}").expects(Expected::Status(405)),
        Case::new("asked for across origins", Method::OPTIONS, path)
            .header(header::ORIGIN, "https://conformance.example")
            .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
            .expects(Expected::Anything),
        broken("JSON: nothing", ""),
        broken("JSON: broken off", "{\"a\":"),
        broken("JSON: not at all", "<a/>"),
        // Some routes take them.
        broken("JSON: a list", "[]").expects(Expected::Anything),
        broken("JSON: null", "null").expects(Expected::Anything),
        broken("JSON: 20,000 levels", &"[".repeat(20_000)),
        broken("JSON: numbers without end", &format!("[1e{}]", "9".repeat(400))),
        post("JSON: bytes that are no UTF-8").json(&b"{\"a\":\"\xff\xfe\"}"[..]),
        post("no content type").body(RequestBody::whole("{}")),
        broken("content type: text", "{}").header(header::CONTENT_TYPE, "text/plain"),
        broken("content type: no type", "{}").header(header::CONTENT_TYPE, "\u{e9};;"),
        broken("content encoding: not what it says", "{}").header(header::CONTENT_ENCODING, "br"),
        post("a body without end").json("").body(RequestBody::long(HUGE)),
        post("a body that does not arrive").json("").body(RequestBody::slow("{")),
    ]
}

impl Case {
    fn new(name: &'static str, method: Method, path: &str) -> Case {
        Case {
            name,
            method,
            path: path.to_owned(),
            headers: HeaderMap::new(),
            body: RequestBody::whole(Bytes::new()),
            expected: Expected::Status(404),
        }
    }

    fn expects(self, expected: Expected) -> Case {
        Case { expected, ..self }
    }

    /// Takes the place of one that is there.
    fn header(mut self, name: HeaderName, value: &str) -> Case {
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            self.headers.insert(name, value);
        }
        self
    }

    fn append(mut self, name: &HeaderName, value: &str) -> Case {
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            self.headers.append(name, value);
        }
        self
    }

    fn body(self, body: RequestBody) -> Case {
        Case { body, ..self }
    }

    fn json(self, body: impl Into<Bytes>) -> Case {
        self.header(header::CONTENT_TYPE, "application/json").body(RequestBody::whole(body))
    }
}
