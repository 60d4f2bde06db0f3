//! What validating crates find, as an error of an API; which codes faults have in catalogs of all sorts.
#![allow(clippy::unwrap_used)]
#![cfg(all(feature = "garde", feature = "validator"))]

use std::collections::BTreeMap;
use std::error::Error as _;

use errbook::mail::{Code, Inbox, Sending, inbox, sending};
use errbook::{Api, Error, ErrorResponse, request};
use validator::Validate;

/// The generator's golden case with codes of every sort.
mod everything {
    #![allow(clippy::all, unused)]
    include!("../codegen/tests/cases/everything/errbook.rs");
}
use everything::{Admin, Code as AnyCode, Store};

#[derive(Default, garde::Validate, Validate)]
struct Email {
    #[garde(length(max = 5))]
    #[validate(length(max = 5, message = "at most five letters"))]
    subject: String,
    #[garde(dive)]
    #[validate(nested)]
    to: Recipient,
    #[garde(dive)]
    #[validate(nested)]
    items: Vec<Recipient>,
}

#[derive(Default, garde::Validate, Validate)]
struct Recipient {
    #[garde(length(min = 3), ascii)]
    #[validate(length(min = 3))]
    email: String,
}

fn wrong() -> Email {
    let recipient = |email: &str| Recipient { email: email.to_owned() };
    Email {
        subject: "secret subject".to_owned(),
        to: recipient("a"),
        items: vec![recipient("a@b"), recipient("")],
    }
}

fn right() -> Email {
    let to = Recipient { email: "a@b".to_owned() };
    Email { to, ..Email::default() }
}

/// Code, then a line for each issue.
fn shown<A: Api<Code = Code>>(error: &Error<A>) -> String {
    let answer = ErrorResponse::<A>::from(error.clone());
    let issue = |param: Option<&str>, message: Option<&str>| {
        format!("{}: {}", param.unwrap_or("-"), message.unwrap())
    };
    let issues: Vec<_> = match answer.issues() {
        [] => vec![issue(answer.param(), answer.message())],
        issues => issues.iter().map(|one| issue(one.param(), one.message())).collect(),
    };
    let body = String::from_utf8(answer.body().to_vec()).unwrap();
    assert!(!body.contains("secret"), "{body}");
    format!("{} {}\n{}", error.status(), error.code(), issues.join("\n"))
}

#[test]
fn what_garde_finds() {
    fn check(email: &Email) -> sending::Result<()> {
        garde::Validate::validate(email).map_err(sending::Error::rules)
    }
    assert!(check(&right()).is_ok());
    let error = check(&wrong()).unwrap_err();
    assert_eq!(
        shown(&error),
        "422 validation_error\n\
         items[1].email: `items[1].email`: length is lower than 3\n\
         subject: `subject`: length is greater than 5\n\
         to.email: `to.email`: length is lower than 3"
    );
    assert!(error.source().unwrap().downcast_ref::<garde::Report>().is_some());

    // An API without the code, whose answers have no list.
    let error = garde::Validate::validate(&wrong()).map_err(inbox::Error::rules).unwrap_err();
    assert_eq!(shown::<Inbox>(&error), "400 invalid_parameter\n-: `items[1].email`: length is lower than 3");
}

#[test]
fn what_validator_finds() {
    assert!(right().validate().map_err(sending::Error::rules).is_ok());
    let error = wrong().validate().map_err(sending::Error::rules).unwrap_err();
    assert_eq!(
        shown(&error),
        "422 validation_error\n\
         items[1].email: `items[1].email`: breaks the rule `length`\n\
         subject: `subject`: at most five letters\n\
         to.email: `to.email`: breaks the rule `length`"
    );
    assert!(error.source().unwrap().downcast_ref::<validator::ValidationErrors>().is_some());
}

#[test]
fn what_is_wrong_with_the_whole_has_no_param() {
    #[derive(Validate)]
    #[validate(schema(function = "never"))]
    struct Whole {}

    fn never(_: &Whole) -> Result<(), validator::ValidationError> {
        Err(validator::ValidationError::new("never").with_message("not today".into()))
    }

    let report = || Whole {}.validate().unwrap_err();
    assert_eq!(shown(&sending::Error::rules(report())), "422 validation_error\n-: not today");
    // A code that needs a param has none of that.
    let error = Error::<Store>::rules(report());
    assert_eq!((error.code(), error.message().as_ref()), (AnyCode::Bad, "not today"));
}

#[test]
fn a_report_is_bounded_and_its_keys_are_harmless() {
    let mut report = garde::Report::new();
    for index in 0..1000_usize {
        let path = garde::Path::new("map").join(format!("`{}\n\u{202e}{index}", "x".repeat(1000)));
        report.append(path, garde::Error::new("too long"));
    }
    let error = sending::Error::rules(report);
    let answer = ErrorResponse::<Sending>::from(error);
    assert_eq!(answer.issues().len(), 100);
    assert!(answer.body().len() < 100 * 1024, "{}", answer.body().len());
    let param = garde::Path::new("a\n\u{202e}b");
    let mut report = garde::Report::new();
    report.append(param, garde::Error::new("no"));
    assert_eq!(sending::Error::rules(report).param(), Some("a\\n\\u{202e}b"));
    // Nothing broken is no reason to fail, but here is an error.
    assert_eq!(sending::Error::rules(garde::Report::new()).code(), Code::InvalidParameter);
}

#[test]
fn faults_have_the_codes_of_the_catalog() {
    type Numbers = BTreeMap<String, u8>;
    #[derive(Debug, serde::Deserialize)]
    struct One {
        #[serde(rename = "one")]
        _one: u8,
    }

    let code = |error: Error<Store>| (error.code(), error.param().map(str::to_owned));
    let path = |path: &str| Some(path.to_owned());
    // The param is required, and known.
    assert_eq!(code(request::json::<Store, One>(b"{}").unwrap_err()), (AnyCode::Missing, path("one")));
    assert_eq!(
        code(request::json::<Store, Numbers>(br#"{"a": "b"}"#).unwrap_err()),
        (AnyCode::Bad, path("a"))
    );
    assert_eq!(code(request::json::<Store, Numbers>(b"[]").unwrap_err()), (AnyCode::Bad, None));
    assert_eq!(code(request::json::<Store, Numbers>(b"").unwrap_err()), (AnyCode::Bad, None));

    // No `by_fault` of its own, but by_status has a code for 422.
    let mut report = garde::Report::new();
    report.append(garde::Path::new("a"), garde::Error::new("no"));
    assert_eq!(Error::<Admin>::rules(report).code(), AnyCode::Gone);
}
