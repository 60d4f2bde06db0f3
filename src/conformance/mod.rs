//! Is every error answer of a service the catalog's? The kit sends about forty hostile requests, and says of each answer
//! what is wrong with it: a wrong envelope, code, status or content type, no request id or one that should not have been
//! kept, a 405 without `Allow`, a body for HEAD, no answer at all.
//!
//! ```
//! use axum::{Json, Router, routing::post};
//! use errbook::conformance::Kit;
//! use errbook::mail::Sending;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let routes = Router::new()
//!     .route("/emails", post(async |_: Json<Vec<String>>| "sent"))
//!     .route("/panic", post(async || -> () { panic!("on purpose") }));
//! let kit = Kit::<Sending>::new().json("/emails").without_slow_bodies();
//!
//! let plain = kit.check(routes.clone()).await;
//! assert!(plain.to_string().contains("no route: it is not in the API's envelope"));
//!
//! kit.check(errbook::axum::finish::<Sending>(routes)).await.assert();
//! # }
//! ```
//!
//! A service of any framework is asked over its socket: `kit.check(Socket::new(address))`.

mod body;
mod cases;
mod judge;
mod socket;
mod time;

use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, Uri};
use http_body::Body;
use tower_service::Service;

pub use body::RequestBody;
pub use socket::Socket;

use self::cases::Case;
use self::judge::Answer;
use self::time::{Ended, within};
use crate::catalog::Api;
use crate::text::OneLine;

/// The kit with what needs no route of the service; with more of them it sends more.
///
/// # Errors
///
/// Nothing fails: what is wrong is in the report.
pub async fn check<A: Api>(
    service: impl Service<
        Request<RequestBody>,
        Response = Response<impl Body<Error: fmt::Debug>>,
        Error: fmt::Debug,
    >,
) -> Report {
    Kit::<A>::new().check(service).await
}

/// What to send, and how long to wait for it.
pub struct Kit<A> {
    prefix: String,
    headers: HeaderMap,
    json: Option<String>,
    slow_bodies: bool,
    panics: Option<String>,
    hangs: Option<String>,
    secrets: Vec<String>,
    patience: Duration,
    api: PhantomData<fn() -> A>,
}

impl<A: Api> Kit<A> {
    /// Requests that need no route, five seconds for each answer.
    pub fn new() -> Kit<A> {
        Kit {
            prefix: String::new(),
            headers: HeaderMap::new(),
            json: None,
            slow_bodies: true,
            panics: None,
            hangs: None,
            secrets: Vec::new(),
            patience: Duration::from_secs(5),
            api: PhantomData,
        }
    }

    /// Where the API begins: `/sending/v1`. It stands before the paths given here, too.
    #[must_use]
    pub fn under(mut self, prefix: impl Into<String>) -> Kit<A> {
        self.prefix = prefix.into();
        self
    }

    /// Goes with every request: what a caller authenticates by. One that is no header is left out.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Kit<A> {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
            self.headers.insert(name, value);
        }
        self
    }

    /// A route that takes JSON by POST, and no other of TRACE and PATCH.
    #[must_use]
    pub fn json(mut self, path: impl Into<String>) -> Kit<A> {
        self.json = Some(path.into());
        self
    }

    /// The service leaves it to a proxy to give up on bodies that don't arrive.
    #[must_use]
    pub fn without_slow_bodies(mut self) -> Kit<A> {
        self.slow_bodies = false;
        self
    }

    /// A route of which GET panics.
    #[must_use]
    pub fn panics(mut self, path: impl Into<String>) -> Kit<A> {
        self.panics = Some(path.into());
        self
    }

    /// A route of which GET never ends by itself.
    #[must_use]
    pub fn hangs(mut self, path: impl Into<String>) -> Kit<A> {
        self.hangs = Some(path.into());
        self
    }

    /// A text that may stand in no answer.
    #[must_use]
    pub fn secret(mut self, text: impl Into<String>) -> Kit<A> {
        self.secrets.push(text.into());
        self
    }

    /// How long to wait for an answer: longer than the service's own timeouts.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Kit<A> {
        self.patience = patience;
        self
    }

    /// Sends it all, one request after the other.
    pub async fn check<S, R>(&self, mut service: S) -> Report
    where
        S: Service<Request<RequestBody>, Response = Response<R>>,
        S::Error: fmt::Debug,
        R: Body,
        R::Error: fmt::Debug,
    {
        let mut report = Report { requests: 0, findings: Vec::new() };
        for case in cases::all(self) {
            report.requests += 1;
            let (name, path) = (case.name, case.path.clone());
            let Some((request, case)) = case.request() else {
                let problem = "it can't be sent: its path is none".to_owned();
                report.findings.push(Finding { case: name, asked: path, problem, answer: None });
                continue;
            };
            let asked = format!("{} {}", request.method(), shortened(&request.uri().to_string()));
            let head = judge::Asked::of::<A>(&request, &case);
            let (problems, answer) = match within(self.patience, ask(&mut service, request)).await {
                Ended::With(Ok(answer)) => {
                    (judge::problems::<A>(&head, &answer, &self.secrets), Some(answer))
                }
                Ended::With(Err(error)) => (vec![format!("it is no answer but an error: {error}")], None),
                Ended::Panicked(text) => (vec![format!("it panicked: {text}")], None),
                Ended::NotInTime => (vec![format!("no answer within {:?}", self.patience)], None),
            };
            let answer = answer.map(|answer| answer.to_string());
            report.findings.extend(problems.into_iter().map(|problem| Finding {
                case: case.name,
                asked: asked.clone(),
                problem,
                answer: answer.clone(),
            }));
        }
        report
    }
}

/// At most 80 characters in one line.
fn shortened(text: &str) -> String {
    let line = OneLine(text).to_string();
    match line.char_indices().nth(80) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

async fn ask<S, R>(service: &mut S, request: Request<RequestBody>) -> Result<Answer, String>
where
    S: Service<Request<RequestBody>, Response = Response<R>>,
    S::Error: fmt::Debug,
    R: Body,
    R::Error: fmt::Debug,
{
    let failed = |error: S::Error| format!("{error:?}");
    poll_fn(|context| service.poll_ready(context)).await.map_err(failed)?;
    let (parts, body) = service.call(request).await.map_err(failed)?.into_parts();
    let body = judge::read(body).await?;
    Ok(Answer { status: parts.status, headers: parts.headers, body })
}

impl Case {
    /// Without its body, which goes into the request. `None` where a path that the service's author gave is none.
    fn request(mut self) -> Option<(Request<RequestBody>, Case)> {
        let body = std::mem::replace(&mut self.body, RequestBody::whole(Bytes::new()));
        let mut request = Request::new(body);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = Uri::try_from(&self.path).ok()?;
        *request.headers_mut() = self.headers.clone();
        Some((request, self))
    }
}

/// What was wrong with the answers.
#[derive(Debug, Clone)]
#[must_use]
pub struct Report {
    requests: usize,
    findings: Vec<Finding>,
}

/// Something that is wrong with the answer to one request.
#[derive(Debug, Clone)]
pub struct Finding {
    case: &'static str,
    asked: String,
    problem: String,
    answer: Option<String>,
}

impl Report {
    /// How many requests were sent.
    pub fn requests(&self) -> usize {
        self.requests
    }

    /// Everything that is wrong, in the order of the requests.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// # Panics
    ///
    /// With the report, where anything was found.
    #[track_caller]
    pub fn assert(&self) {
        assert!(self.findings.is_empty(), "{self}");
    }
}

impl Finding {
    /// Which request it was, in words.
    pub fn case(&self) -> &'static str {
        self.case
    }

    /// What is wrong.
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

/// All findings, with the answers.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { requests, findings } = self;
        writeln!(f, "{requests} requests, {} findings", findings.len())?;
        let mut last = None;
        for finding in findings {
            if last.is_some_and(|last: &Finding| last.case != finding.case) {
                show_answer(f, last)?;
            }
            writeln!(f, "{}: {}", finding.case, finding.problem)?;
            last = Some(finding);
        }
        show_answer(f, last)
    }
}

fn show_answer(f: &mut fmt::Formatter<'_>, finding: Option<&Finding>) -> fmt::Result {
    let Some(finding) = finding else { return Ok(()) };
    writeln!(f, "    {}", finding.asked)?;
    for line in finding.answer.as_deref().unwrap_or_default().lines() {
        writeln!(f, "    > {line}")?;
    }
    Ok(())
}

impl<A: Api> Default for Kit<A> {
    fn default() -> Kit<A> {
        Kit::new()
    }
}

impl<A> fmt::Debug for Kit<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kit").field("prefix", &self.prefix).field("json", &self.json).finish_non_exhaustive()
    }
}
