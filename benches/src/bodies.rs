//! The two answers that everything is measured with, in the types of each way.

use errbook::mail::{code, sending};
use errbook::{Issues, prelude::*};
use http::{StatusCode, Uri};
use http_api_problem::HttpApiProblem;
use problem_details::ProblemDetails;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// 30 characters.
pub(crate) const REQUEST_ID: &str = "req_06evm0zv3r0123456789abcdef";

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// A code and its message.
    Static,
    /// Three issues, one with words of its own in which JSON has something to escape.
    Issues,
}

/// The same as texts, for those who write the envelope by hand.
#[derive(Clone, Copy)]
pub(crate) struct Texts {
    pub(crate) status: StatusCode,
    pub(crate) title: &'static str,
    pub(crate) code: &'static str,
    pub(crate) message: &'static str,
    pub(crate) param: Option<&'static str>,
    pub(crate) doc_url: &'static str,
    /// Code, message, param.
    pub(crate) issues: &'static [[&'static str; 3]],
}

impl Answer {
    pub(crate) const fn texts(self) -> Texts {
        match self {
            Answer::Static => Texts {
                status: StatusCode::PAYMENT_REQUIRED,
                title: "Insufficient credits",
                code: "insufficient_credits",
                message: "The team's balance is too low for this request.",
                param: None,
                doc_url: "https://sendmux.ai/docs/sending-api/errors#insufficient_credits",
                issues: &[],
            },
            Answer::Issues => Texts {
                status: StatusCode::UNPROCESSABLE_ENTITY,
                title: "Validation error",
                code: "validation_error",
                message: "The email cannot be sent as it is.",
                param: Some("from"),
                doc_url: "https://sendmux.ai/docs/sending-api/errors#validation_error",
                issues: &[
                    ["validation_error", "The email cannot be sent as it is.", "from"],
                    ["validation_error", "This is no email address: \"bob\".", "to[1].email"],
                    ["validation_error", "The email cannot be sent as it is.", "subject"],
                ],
            },
        }
    }

    /// As a handler raises it.
    pub(crate) fn raise(self) -> sending::Error {
        match self {
            Answer::Static => code::InsufficientCredits.into(),
            Answer::Issues => {
                let mut issues = Issues::of(code::ValidationError);
                issues.push(code::ValidationError.at("from"));
                issues.push(
                    code::ValidationError.at("to[1].email").message("This is no email address: \"bob\"."),
                );
                issues.push(code::ValidationError.at("subject"));
                issues.finish().expect_err("there are issues").into()
            }
        }
    }
}

/// The envelope by hand, over borrowed texts or over `String`s.
#[derive(Serialize, Deserialize)]
pub(crate) struct Body<T> {
    pub(crate) ok: bool,
    pub(crate) error: Fault<T>,
    pub(crate) meta: Meta<T>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Fault<T> {
    pub(crate) code: T,
    pub(crate) message: T,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) param: Option<T>,
    pub(crate) doc_url: T,
    pub(crate) retryable: bool,
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub(crate) errors: Vec<Issue<T>>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Issue<T> {
    pub(crate) code: T,
    pub(crate) message: T,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) param: Option<T>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Meta<T> {
    pub(crate) request_id: T,
}

impl<T: From<&'static str>> Body<T> {
    pub(crate) fn new(texts: Texts) -> Body<T> {
        Body {
            ok: false,
            error: Fault {
                code: texts.code.into(),
                message: texts.message.into(),
                param: texts.param.map(T::from),
                doc_url: texts.doc_url.into(),
                retryable: false,
                errors: texts.issues.iter().map(Issue::new).collect(),
            },
            meta: Meta { request_id: REQUEST_ID.into() },
        }
    }
}

impl<T: From<&'static str>> Issue<T> {
    fn new([code, message, param]: &[&'static str; 3]) -> Issue<T> {
        Issue { code: (*code).into(), message: (*message).into(), param: Some((*param).into()) }
    }
}

/// The envelope as a `serde_json::Value`.
pub(crate) fn value(texts: Texts) -> serde_json::Value {
    let issue =
        |[code, message, param]: &[&str; 3]| json!({"code": code, "message": message, "param": param});
    let mut value = json!({
        "ok": false,
        "error": {
            "code": texts.code,
            "message": texts.message,
            "doc_url": texts.doc_url,
            "retryable": false,
        },
        "meta": {"request_id": REQUEST_ID},
    });
    if let Some(param) = texts.param {
        value["error"]["param"] = json!(param);
    }
    if !texts.issues.is_empty() {
        value["error"]["errors"] = texts.issues.iter().map(issue).collect();
    }
    value
}

/// The members that a problem document has beside its own.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct More {
    pub(crate) code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) param: Option<String>,
    pub(crate) retryable: bool,
    pub(crate) request_id: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) errors: Vec<MoreIssue>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct MoreIssue {
    pub(crate) code: String,
    pub(crate) message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) param: Option<String>,
}

fn more_issue([code, message, param]: &[&str; 3]) -> MoreIssue {
    MoreIssue { code: (*code).into(), message: (*message).into(), param: Some((*param).into()) }
}

pub(crate) fn problem_details(texts: Texts) -> ProblemDetails<More> {
    ProblemDetails::new()
        .with_status(texts.status)
        .with_type(Uri::from_static(texts.doc_url))
        .with_title(texts.title)
        .with_detail(texts.message)
        .with_extensions(More {
            code: texts.code.into(),
            param: texts.param.map(String::from),
            retryable: false,
            request_id: REQUEST_ID.into(),
            errors: texts.issues.iter().map(more_issue).collect(),
        })
}

pub(crate) fn http_api_problem(texts: Texts) -> HttpApiProblem {
    let mut problem = HttpApiProblem::new(texts.status)
        .type_url(texts.doc_url)
        .title(texts.title)
        .detail(texts.message)
        .value("code", &texts.code)
        .value("retryable", &false)
        .value("request_id", &REQUEST_ID);
    if let Some(param) = texts.param {
        problem.set_value("param", &param);
    }
    if !texts.issues.is_empty() {
        let issues: Vec<Issue<&str>> = texts.issues.iter().map(Issue::new).collect();
        problem.set_value("errors", &issues);
    }
    problem
}
