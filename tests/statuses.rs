//! A code with several statuses: the server picks one, the client knows all.
#![allow(clippy::unwrap_used)]

use errbook::{Api as _, Error, ErrorResponse, Issues, Status, prelude::*};
use http::{HeaderMap, StatusCode};
use serde_json::Value;

/// The generator's golden case with such a code.
mod everything {
    #![allow(clippy::all, unused)]
    include!("../codegen/tests/cases/everything/errbook.rs");
}
use everything::{Admin, Code, Group, Store, code};

fn several() -> code::Several {
    code::Several { allow: "GET".to_owned() }
}

fn status(status: u16) -> Status {
    Status::new(status).unwrap()
}

fn body(error: &Error<Store>) -> Value {
    let body: Value = serde_json::from_slice(&error.answer("r-1").body()).unwrap();
    assert_eq!(serde_json::to_value(error.answer("r-1")).unwrap(), body);
    body
}

#[test]
fn the_first_is_the_default() {
    let error = Error::<Store>::from(several());
    assert_eq!((error.status(), Code::Several.status()), (Status::BAD_REQUEST, Status::BAD_REQUEST));
    assert_eq!(body(&error)["error"]["status"], 400);
}

#[test]
fn a_server_picks_one() {
    for error in [
        Error::<Store>::from(several().status(status(422))),
        several().at("name").message("No.").status(status(422)).into(),
        several().status(status(405)).status(status(422)).into(),
    ] {
        assert_eq!(error.status().as_u16(), 422);
        let body = body(&error);
        assert_eq!(body["error"]["status"], 422);
        assert_eq!(body["error"]["http"], "HTTP 422");
        assert!(error.to_string().contains("(HTTP 422"), "{error}");
        let response = error.answer("r-1").into_response();
        assert_eq!(response.status(), 422);
        assert_eq!(error.clone().for_api::<Admin>().status().as_u16(), 422);
    }
}

#[test]
fn issues_pick_one() {
    let mut issues = Issues::of(several()).status(status(422));
    issues.push(code::Bad.at("a"));
    issues.push(code::Bad.at("b"));
    let error = Error::<Store>::from(issues.finish().unwrap_err());
    assert_eq!((error.code(), error.status().as_u16()), (Code::Several, 422));
}

#[test]
#[cfg_attr(debug_assertions, should_panic(expected = "`several` is not sent with HTTP 418"))]
fn another_one_is_not_sent() {
    let error = Error::<Store>::from(several().status(status(418)));
    assert_eq!(error.status().as_u16(), 400);
}

#[test]
fn a_status_that_is_asked_for_is_kept() {
    for asked in [422, 405] {
        let error = Error::<Store>::for_status(asked);
        assert_eq!((error.code(), error.status().as_u16()), (Code::Several, asked));
    }
    let error = Error::<Store>::for_status(418);
    assert_eq!((error.code(), error.status().as_u16()), (Code::Bad, 400));
    assert_eq!(Store::code_for(422), Code::Several);
}

#[test]
fn a_client_expects_any() {
    let parse = |status: u16| {
        let body = r#"{"ok":false,"error":{"code":"several"}}"#;
        ErrorResponse::<Store>::parse(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), body)
    };
    for known in [400, 422, 405] {
        let err = parse(known);
        assert_eq!((err.code(), err.expected_status()), (Some(Code::Several), None));
    }
    assert_eq!(parse(404).expected_status(), Some(Status::BAD_REQUEST));

    let mut headers = HeaderMap::new();
    headers.insert("allow", "GET".parse().unwrap());
    let body = r#"{"ok":false,"error":{"code":"several"}}"#;
    let err = ErrorResponse::<Store>::parse(StatusCode::UNPROCESSABLE_ENTITY, &headers, body);
    assert_eq!(err.for_api::<Admin>().status().as_u16(), 422, "a gateway passes it on");
}

#[test]
fn an_unknown_code_is_of_a_group_with_any_of_its_statuses() {
    for (status, group) in [(402, Some(Group::Plan)), (403, Some(Group::Plan)), (409, None)] {
        let body = r#"{"ok":false,"error":{"code":"plan_new","upgrade":true,"tier":"pro"}}"#;
        let status = StatusCode::from_u16(status).unwrap();
        let err = ErrorResponse::<Store>::parse(status, &HeaderMap::new(), body);
        assert_eq!((err.code(), err.group()), (None, group));
    }
}

#[cfg(feature = "schemars")]
#[test]
fn the_schema_has_all() {
    let schema = schemars::SchemaGenerator::default().into_root_schema_for::<Error<Store>>();
    let validator = jsonschema::draft202012::new(schema.as_value()).unwrap();
    for known in [400, 422, 405] {
        let body = body(&several().status(status(known)).into());
        assert!(validator.is_valid(&body), "{body:#}");
        let mut other = body.clone();
        other["error"]["status"] = 409.into();
        assert!(!validator.is_valid(&other));
    }
}

/// The method is one of payloads alone: a service's own error may have another of that name.
#[cfg(feature = "derive")]
#[test]
fn an_own_error_keeps_its_status() {
    #[derive(Debug, thiserror::Error, errbook::ApiError)]
    enum Failure {
        #[error("busy")]
        #[api(code::Busy)]
        Busy,
    }

    impl Failure {
        fn status(&self) -> u16 {
            7
        }
    }

    assert_eq!(Failure::Busy.status(), 7);
    assert_eq!(Error::<Store>::from(Failure::Busy).code(), Code::Busy);
}
