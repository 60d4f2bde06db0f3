//! What failed of a batch that was answered with a success, in the shapes of several APIs.
#![allow(clippy::unwrap_used)]

use errbook::{Api, ErrorCode, ErrorResponse, Issue};
use formats::{elasticsearch::Elasticsearch, plaid::Plaid, sqs, sqs::Sqs};
use serde_json::Value;

/// The position, the code (`?` where it is unknown), a member that names the element, what to do.
fn failed<A: Api>(body: &str, list: &[&str], id: &str) -> Vec<String> {
    let item = |(at, issue): (usize, Issue<A::Code>)| {
        let unknown = if issue.code().is_none() { "?" } else { "" };
        let id = issue.member(id).unwrap_or(Value::Null);
        let retry = issue.code().map(ErrorCode::retry);
        format!("{at} {id}: {unknown}{}, {:?}, {retry:?}", issue.code_str().unwrap(), issue.message())
    };
    ErrorResponse::<A>::items(body.as_bytes(), list).map(item).collect()
}

/// What failed stands in a list of its own, and names what was sent.
#[test]
fn in_a_list_of_failures() {
    let body = r#"{"Successful": [{"Id": "a", "MessageId": "5fea"}], "Failed": [
        {"Id": "b", "Code": "InternalFailure", "Message": "Again.", "SenderFault": false},
        {"Id": "c", "Code": "KmsThrottled", "SenderFault": true}]}"#;
    let expected =
        [r#"0 "b": InternalFailure, Some("Again."), Some(Backoff)"#, r#"1 "c": ?KmsThrottled, None, None"#];
    assert_eq!(failed::<Sqs>(body, &["Failed"], "Id"), expected);
    assert!(failed::<Sqs>(body, &["Successful"], "Id").is_empty());
    assert!(failed::<Sqs>(body, &["Other"], "Id").is_empty());
    let cut = &body[..body.len() - 30];
    assert_eq!(failed::<Sqs>(cut, &["Failed"], "Id"), expected[..1]);

    let mut items = ErrorResponse::<Sqs>::items(body.as_bytes(), &["Failed"]);
    let (_, issue) = items.next().unwrap();
    assert!(issue.details::<sqs::code::InternalFailure>().is_some());
    assert_eq!(issue.members().collect::<Vec<_>>(), ["Id", "SenderFault"]);
}

/// As many elements as were sent, each with what became of it, under the name of what was to be done.
#[test]
fn among_those_that_succeeded() {
    let body = r#"{"took": 30, "errors": true, "items": [
        {"index": {"_id": "1", "status": 201, "result": "created"}},
        {"index": {"_id": "2", "status": 409, "error": {"type": "version_conflict_engine_exception", "reason": "[2]: version conflict", "index": "books"}}},
        {"index": {"_id": "3", "status": 429, "error": {"type": "es_rejected_execution_exception", "reason": "full"}}}]}"#;
    let expected = [
        r#"1 "books": version_conflict_engine_exception, Some("[2]: version conflict"), Some(Refresh)"#,
        r#"2 null: es_rejected_execution_exception, Some("full"), Some(Throttle)"#,
    ];
    assert_eq!(failed::<Elasticsearch>(body, &["items"], "index"), expected);
}

/// The body is the list, and an element has the shape of an error.
#[test]
fn as_errors() {
    let body = r#"[{"item": 1}, {"error_type": "ITEM_ERROR", "error_code": "ITEM_LOCKED", "error_message": "locked", "item": 2}, null]"#;
    assert_eq!(
        failed::<Plaid>(body, &[], "item"),
        [r#"1 2: ITEM_LOCKED, Some("locked"), Some(NeedsAction)"#]
    );
}

/// As many as there are, be they more than the issues of an error.
#[test]
fn of_any_length() {
    let one = r#"{"Id": "b", "Code": "InternalFailure"},"#;
    let body = format!(r#"{{"Failed": [{}null]}}"#, one.repeat(5_000));
    assert!(body.len() > Sqs::max_body());
    assert_eq!(ErrorResponse::<Sqs>::items(body.as_bytes(), &["Failed"]).count(), 5_000);
}
