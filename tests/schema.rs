//! The schema of an answer accepts every answer, and rejects it with a required member removed.
#![allow(clippy::unwrap_used)]

mod answers;

use errbook::{Api, Error, mail};
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::Value;

fn validator<T: JsonSchema>() -> jsonschema::Validator {
    let schema = SchemaGenerator::default().into_root_schema_for::<T>();
    jsonschema::draft202012::new(schema.as_value()).unwrap()
}

fn every_answer<A: Api<Code = mail::Code>>() {
    let schema = validator::<Error<A>>();
    let answers = answers::every_code::<A>();
    let codes: Vec<_> = answers.iter().map(|error| error.code()).collect();
    for code in A::codes() {
        assert!(codes.contains(code), "no answer with {code}");
    }
    for error in &answers {
        let body: Value = serde_json::from_slice(&error.answer("req_1").body()).unwrap();
        assert!(schema.is_valid(&body), "{body:#}");
        let optional = ["/error/param", "/error/errors"];
        for pointer in pointers(&body) {
            let mut without = body.clone();
            remove(&mut without, &pointer);
            let expected = optional.contains(&&*pointer) || pointer.ends_with("/param");
            assert_eq!(schema.is_valid(&without), expected, "{pointer} removed from {body:#}");
        }
    }
}

#[test]
fn management() {
    every_answer::<mail::Management>();
}

#[test]
fn sending() {
    every_answer::<mail::Sending>();
}

#[test]
fn inbox() {
    every_answer::<mail::Inbox>();
}

#[test]
fn names_are_distinct_between_catalogs() {
    assert_eq!(Error::<mail::Sending>::schema_name(), "MailSendingError");
    assert_eq!(mail::Code::schema_name(), "MailErrorCode");
    assert_eq!(mail::code::AttachmentTooLarge::schema_name(), "MailAttachmentTooLarge");
    assert_eq!(mail::Code::schema_id(), "errbook::mail::__errbook::MailErrorCode");
}

#[test]
fn codes_and_payloads() {
    let schema = validator::<mail::Code>();
    for code in mail::Code::ALL {
        assert!(schema.is_valid(&serde_json::to_value(code).unwrap()));
    }
    assert!(!schema.is_valid(&"quota_gone".into()));

    let schema = validator::<mail::code::AttachmentTooLarge>();
    let payload = serde_json::to_value(mail::code::AttachmentTooLarge { limit_bytes: 7 }).unwrap();
    assert_eq!(payload, serde_json::json!({"limit_bytes": 7}));
    assert!(schema.is_valid(&payload));
    assert!(!schema.is_valid(&serde_json::json!({})));
    assert!(!schema.is_valid(&serde_json::json!({"limit_bytes": -1})));
}

/// The place of every member, the elements of lists included.
fn pointers(value: &Value) -> Vec<String> {
    let inside = |(key, value): (String, &Value)| {
        let mut all = vec![format!("/{key}")];
        all.extend(pointers(value).into_iter().map(|pointer| format!("/{key}{pointer}")));
        all
    };
    match value {
        Value::Object(members) => {
            members.iter().flat_map(|(key, value)| inside((key.clone(), value))).collect()
        }
        // An element itself isn't required; what is in it may be.
        Value::Array(list) => list
            .iter()
            .enumerate()
            .flat_map(|(at, value)| inside((at.to_string(), value)).into_iter().skip(1))
            .collect(),
        _ => Vec::new(),
    }
}

fn remove(value: &mut Value, pointer: &str) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    value.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(key).unwrap();
}
