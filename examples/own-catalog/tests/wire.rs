//! What is sent, byte for byte, and what a client makes of it.

use std::time::Duration;

use own_catalog::errbook::{ErrorResponse, Issues, Retry, prelude::*};
use own_catalog::{Action, Code, Shop, code, limits, shop};

fn body(error: &shop::Error) -> String {
    String::from_utf8(error.answer("req-1").body()).expect("JSON is UTF-8")
}

#[test]
fn fields() {
    let error = shop::Error::from(code::OutOfStock { left: 2, article: "\"tea\"pot".into(), again_on: None });
    assert_eq!(
        body(&error),
        r#"{"success":false,"failure":{"reason":"out_of_stock","text":"Only 2 of \"tea\"pot left.","data":{"left":2,"article":"\"tea\"pot"}},"trace":"req-1"}"#
    );
    assert_eq!(error.answer("req-1").headers()["content-type"], "application/vnd.shop+json");

    let err = ErrorResponse::<Shop>::from(error);
    let details = code::OutOfStock { left: 2, article: "\"tea\"pot".into(), again_on: None };
    assert_eq!(err.details(), Some(details));
    assert_eq!(err.action(), Some(Action::FixRequest));
}

#[test]
fn wait_in_the_body_and_in_the_header() {
    let error = shop::Error::from(code::TooManyOrders { retry_after: Duration::from_millis(1500) });
    assert_eq!(
        body(&error),
        r#"{"success":false,"failure":{"reason":"too_many_orders","text":"At most 60 orders a minute.","wait":2,"data":{}},"trace":"req-1"}"#
    );
    assert_eq!(error.answer("req-1").headers()["retry-after"], "2");
    assert_eq!(limits::ORDERS_PER_MINUTE, 60);

    let err = ErrorResponse::<Shop>::from(error);
    assert_eq!((err.retry(), err.retry_after()), (Some(Retry::Throttle), Some(Duration::from_secs(2))));
}

#[test]
fn several_issues() {
    let mut issues = Issues::of(code::BadRequest);
    issues.push(code::BadRequest.at("article"));
    issues.push(code::BadRequest.at("count").message("Order at least one."));
    let error = shop::Error::from(issues.finish().expect_err("two issues"));
    assert_eq!(
        body(&error),
        concat!(
            r#"{"success":false,"failure":{"reason":"bad_request","text":"The request could not be understood.","field":"article","data":{}},"#,
            r#""problems":[{"reason":"bad_request","field":"article","text":"The request could not be understood."},"#,
            r#"{"reason":"bad_request","field":"count","text":"Order at least one."}],"trace":"req-1"}"#,
        )
    );
    let err = ErrorResponse::<Shop>::from(error);
    assert_eq!(err.issues().len(), 2);
    assert_eq!(err.issues()[1].param(), Some("count"));
    assert_eq!(err.issues()[1].code(), Some(Code::BadRequest));
}

#[test]
fn a_failure_with_status_200_is_told_by_its_constant() {
    let check = |body: &str| {
        shop::ErrorResponse::check(http::StatusCode::OK, &http::HeaderMap::new(), body.to_owned())
    };
    assert!(check(r#"{"success":true,"failure":{"reason":"broken"}}"#).is_ok());
    assert!(check(r#"{"failure":{"reason":"broken"}}"#).is_ok());
    let err = check(r#"{"success":false,"failure":{"reason":"broken"}}"#).expect_err("declared a failure");
    assert_eq!(err.code(), Some(Code::Broken));
    assert_eq!(err.expected_status().map(|status| status.as_u16()), Some(500));
}
