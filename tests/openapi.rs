//! OpenAPI documents: what an operation fails with is in them, all of it and nothing else, and each example is an answer
//! that the schema accepts.
//!
//! `cargo xtask test` hands the documents to a validator and to a generator of clients.

#![cfg(all(feature = "derive", feature = "mail", feature = "utoipa"))]
#![allow(clippy::unwrap_used)]
// The operations and their errors are types to describe.
#![allow(dead_code)]

use std::collections::BTreeSet;
use std::path::Path;
use std::{env, fs};

use errbook::mail::{self, Code, Inbox, Management, Sending, code};
use errbook::utoipa::{Document, Errors};
use errbook::{Accumulated, AnsweredBy, Api, ErrorCode, HasCodes as _};
use serde_json::{Value, json};
use utoipa::{IntoResponses, Modify as _, OpenApi, ToSchema};

#[allow(clippy::all, dead_code, missing_docs, unreachable_pub, unused_qualifications)]
mod shapes {
    include!("../codegen/tests/cases/envelopes/errbook.rs");
}

#[allow(clippy::all, dead_code, missing_docs, unreachable_pub, unused_qualifications)]
mod hostile {
    include!("../codegen/tests/cases/hostile-text/errbook.rs");
}

#[allow(clippy::all, dead_code, missing_docs, unreachable_pub, unused_qualifications)]
mod everything {
    include!("../codegen/tests/cases/everything/errbook.rs");
}

#[derive(Debug, thiserror::Error, errbook::ApiError)]
enum SendError {
    #[error("sender {0} is not ours")]
    #[api(code::NotFound, param = "from")]
    UnknownSender(String),
    #[error("balance {0} is below the cost")]
    #[api(code::InsufficientCredits)]
    NoCredits(i64),
    #[error(transparent)]
    #[api(forward)]
    Relay(#[from] RelayError),
}

#[derive(Debug, thiserror::Error, errbook::ApiError)]
enum RelayError {
    #[error("the relay is down")]
    #[api(code::ServiceUnavailable)]
    Down,
    #[error("no relay")]
    #[api(code::NoActiveProviders)]
    None,
}

/// It shares 404 with `SendError`.
#[derive(Debug, thiserror::Error, errbook::ApiError)]
enum AuthError {
    #[error("no key")]
    #[api(code::AuthenticationRequired)]
    NoKey,
    #[error("no such team")]
    #[api(code::NotFound)]
    NoTeam,
    #[error("over the limit")]
    #[api(code::RateLimitExceeded { retry_after: std::time::Duration::from_secs(1) })]
    TooMany,
}

/// An extractor.
struct Body;

impl AnsweredBy<Sending> for Body {
    fn codes() -> Vec<Code> {
        let codes = Accumulated::<code::InvalidParameter>::CODES.iter().copied();
        codes.chain([Code::UnsupportedMediaType, Code::InvalidParameter]).collect()
    }
}

/// An email that was taken over.
#[derive(ToSchema, serde::Serialize)]
struct Sent {
    id: String,
}

/// Sends an email.
#[utoipa::path(
    post,
    path = "/sending/emails",
    operation_id = "send_email",
    responses((status = 202, description = "Accepted.", body = Sent), Errors<Sending, (Body, SendError, AuthError)>)
)]
fn send_email() {}

/// Whatever the API answers.
#[utoipa::path(
    delete,
    path = "/management/mailboxes/{id}",
    operation_id = "delete_mailbox",
    params(("id" = String, Path)),
    responses((status = 204, description = "Gone."), mail::management::Error)
)]
fn delete_mailbox() {}

/// A payload alone, in the flat envelope.
#[utoipa::path(
    post,
    path = "/inbox/messages",
    operation_id = "post_message",
    responses(
        (status = 201, description = "Posted."),
        (status = 413, description = "By hand.", body = Sent),
        Errors<Inbox, code::AttachmentTooLarge>
    )
)]
fn post_message() {}

const SENDING: Document<Sending> = Document::new().under("/sending/").answers(&[404, 408, 429, 500]);
const MANAGEMENT: Document<Management> = Document::new().under("/management/");
const INBOX: Document<Inbox> = Document::new().under("/inbox/").answers(&[500]);

#[derive(OpenApi)]
#[openapi(
    info(title = "Mail", version = "1.0.0", description = "Three operations of the mail platform."),
    paths(send_email, delete_mailbox, post_message),
    modifiers(&SENDING, &MANAGEMENT, &INBOX)
)]
struct Mail;

fn mail() -> Value {
    serde_json::to_value(Mail::openapi()).unwrap()
}

/// One operation that answers all that an API does, without names for the shapes or with them.
fn whole<A: Api>(document: &mut utoipa::openapi::OpenApi, path: &str, is_named: bool) {
    use utoipa::openapi::path::{HttpMethod, OperationBuilder, PathItem};
    use utoipa::openapi::{Response, ResponsesBuilder};

    let responses = ResponsesBuilder::new().response("204", Response::new("Done."));
    let responses = responses.responses_from_into_responses::<errbook::Error<A>>();
    let operation = OperationBuilder::new()
        .operation_id(Some(format!("get_{}", &path[1..])))
        .responses(responses.build());
    document.paths.paths.insert(path.to_owned(), PathItem::new(HttpMethod::Get, operation));
    if is_named {
        Document::<A>::new().modify(document);
    }
}

/// Every shape of an answer that a catalog can describe.
fn every_shape(is_named: bool) -> Value {
    let mut document = utoipa::openapi::OpenApi::default();
    document.info = utoipa::openapi::Info::new("Shapes", "1.0.0");
    each_api(&mut document, is_named);
    serde_json::to_value(document).unwrap()
}

/// Text that tries to leave its place. The generator of clients escapes it wrongly, so that one is not asked.
fn hostile_text() -> Value {
    let mut document = utoipa::openapi::OpenApi::default();
    document.info = utoipa::openapi::Info::new("Hostile", "1.0.0");
    whole::<hostile::Hostile>(&mut document, "/hostile", true);
    serde_json::to_value(document).unwrap()
}

fn each_api(document: &mut utoipa::openapi::OpenApi, is_named: bool) {
    whole::<everything::Store>(document, "/store", is_named);
    whole::<everything::Admin>(document, "/admin", is_named);
    whole::<shapes::List>(document, "/list", is_named);
    whole::<shapes::Parts>(document, "/parts", is_named);
    whole::<shapes::Numbers>(document, "/numbers", is_named);
    whole::<shapes::Bare>(document, "/bare", is_named);
    whole::<shapes::Said>(document, "/said", is_named);
    whole::<shapes::Waits>(document, "/waits", is_named);
    whole::<shapes::First>(document, "/first", is_named);
    whole::<shapes::Second>(document, "/second", is_named);
    whole::<shapes::Third>(document, "/third", is_named);
    whole::<shapes::Fourth>(document, "/fourth", is_named);
    whole::<shapes::Fifth>(document, "/fifth", is_named);
    whole::<shapes::Sixth>(document, "/sixth", is_named);
}

fn schema_of(document: &Value, content: &Value) -> jsonschema::Validator {
    let mut schema = content["schema"].clone();
    schema["components"] = document["components"].clone();
    jsonschema::draft202012::new(&schema).unwrap()
}

/// Of an operation: (pointer to the content, its status, the content).
fn contents(document: &Value) -> Vec<(String, String, Value)> {
    let token = |text: &str| text.replace('~', "~0").replace('/', "~1");
    let mut contents = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            for (status, response) in operation["responses"].as_object().unwrap() {
                for (media_type, content) in response["content"].as_object().into_iter().flatten() {
                    let pointer = format!(
                        "/paths/{}/{method}/responses/{status}/content/{}",
                        token(path),
                        token(media_type)
                    );
                    contents.push((pointer, status.clone(), content.clone()));
                }
            }
        }
    }
    contents
}

fn every_example_is_an_answer(document: &Value) -> usize {
    let mut count = 0;
    for (pointer, _, content) in contents(document) {
        let schema = schema_of(document, &content);
        for (name, example) in content["examples"].as_object().into_iter().flatten() {
            let errors: Vec<String> = schema.iter_errors(&example["value"]).map(|e| e.to_string()).collect();
            assert!(errors.is_empty(), "{pointer} {name}: {errors:#?}\n{:#}", example["value"]);
            count += 1;
        }
    }
    count
}

fn codes(document: &Value, path: &str, method: &str) -> Vec<(String, Vec<String>)> {
    let responses = document["paths"][path][method]["responses"].as_object().unwrap();
    let named = |response: &Value| {
        let examples = response["content"]["application/json"]["examples"].as_object();
        examples.into_iter().flatten().map(|(code, _)| code.clone()).collect()
    };
    responses.iter().map(|(status, response)| (status.clone(), named(response))).collect()
}

#[test]
fn an_operation_answers_what_it_fails_with() {
    let expected: Vec<(String, Vec<String>)> = serde_json::from_value(json!([
        ["202", []],
        ["400", ["invalid_parameter", "missing_parameter"]],
        ["401", ["authentication_required"]],
        ["402", ["insufficient_credits"]],
        ["404", ["not_found"]],
        ["408", ["request_timeout"]],
        ["415", ["unsupported_media_type"]],
        ["429", ["rate_limit_exceeded"]],
        ["500", ["internal_error"]],
        ["503", ["no_active_providers", "service_unavailable"]],
    ]))
    .unwrap();
    assert_eq!(codes(&mail(), "/sending/emails", "post"), expected);
}

#[test]
fn an_api_answers_all_that_it_emits() {
    let codes = codes(&mail(), "/management/mailboxes/{id}", "delete");
    let named: BTreeSet<Code> =
        codes.iter().flat_map(|(_, codes)| codes).map(|code| Code::from_text(code).unwrap()).collect();
    assert_eq!(named.iter().collect::<Vec<_>>(), Management::codes().iter().collect::<Vec<_>>());
    for (status, codes) in codes {
        for code in codes {
            assert_eq!(Code::from_text(&code).unwrap().status().as_u16().to_string(), status);
        }
    }
}

#[test]
fn endpoints_list_their_exact_codes() {
    let document = mail();
    for (pointer, _, content) in contents(&document) {
        let Some(examples) = content["examples"].as_object() else { continue };
        let refs: BTreeSet<&str> = content["schema"]["oneOf"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|item| item["$ref"].as_str())
            .collect();
        let shapes = refs.iter().map(|item| document.pointer(item.strip_prefix('#').unwrap()).unwrap());
        let consts: BTreeSet<&str> = shapes
            .filter_map(|shape| {
                let nested = shape.pointer("/properties/error/properties/code/const");
                nested.or(shape.pointer("/properties/error/const"))?.as_str()
            })
            .filter(|code| Code::from_text(code).is_some())
            .collect();
        let named: BTreeSet<&str> = examples.keys().map(|code| &**code).collect();
        assert_eq!(consts, named, "{pointer}");
    }
}

#[test]
fn examples_are_answers() {
    assert_eq!(every_example_is_an_answer(&mail()), 11 + Management::codes().len() + 2);
    let count = every_example_is_an_answer(&every_shape(false));
    assert!(count > 50, "{count}");
    assert_eq!(every_example_is_an_answer(&every_shape(true)), count);
    assert_eq!(every_example_is_an_answer(&hostile_text()), 3);

    let document = mail();
    let example = &document["paths"]["/inbox/messages"]["post"]["responses"]["413"]["content"]["application/json"]
        ["examples"]["attachment_too_large"]["value"];
    assert_eq!(
        *example,
        json!({"error": "attachment_too_large", "limit_bytes": 10000000, "message": "The message is over the limit of 10000000 bytes."})
    );
}

/// A code with the status of one that the user wrote by hand takes nothing away from it.
#[test]
fn what_stands_there_already_stays() {
    let document = mail();
    let response = &document["paths"]["/sending/emails"]["post"]["responses"]["404"];
    assert_eq!(response["content"]["application/json"]["examples"].as_object().unwrap().len(), 1);

    let mut document = Mail::openapi();
    const AGAIN: Document<Inbox> = Document::new().under("/inbox/").answers(&[413]);
    AGAIN.modify(&mut document);
    let document = serde_json::to_value(document).unwrap();
    let response = &document["paths"]["/inbox/messages"]["post"]["responses"]["413"];
    let content = &response["content"]["application/json"];
    let names: Vec<&String> = content["examples"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["attachment_too_large", "body_too_large"]);
    assert_eq!(
        content["schema"]["oneOf"],
        json!([
            {"$ref": "#/components/schemas/MailInboxAttachmentTooLarge"},
            {"$ref": "#/components/schemas/MailInboxBodyTooLarge"},
        ])
    );
}

#[test]
fn headers_are_described() {
    let document = mail();
    let responses = &document["paths"]["/sending/emails"]["post"]["responses"];
    assert_eq!(
        responses["429"]["headers"]["Retry-After"],
        json!({
            "description": "How many seconds to wait before the request is repeated.",
            "example": 30,
            "required": true,
            "schema": {"type": "integer", "minimum": 1},
        })
    );
    // One of its two codes never has it.
    assert_eq!(responses["503"]["headers"]["Retry-After"].get("required"), None);
    for status in ["404", "429", "503"] {
        assert_eq!(responses[status]["headers"]["X-Request-Id"]["required"], true, "{status}");
    }
}

/// What stands in the document for one status of an operation, byte for byte.
#[test]
fn a_response_is_as_it_was() {
    let document = Mail::openapi();
    let text = document.to_pretty_json().unwrap();
    assert_eq!(text, Mail::openapi().to_pretty_json().unwrap());

    let document: Value = serde_json::from_str(&text).unwrap();
    let part = json!({
        "response": document["paths"]["/sending/emails"]["post"]["responses"]["503"],
        "component": document["components"]["schemas"]["MailSendingServiceUnavailable"],
        "union": document["components"]["schemas"]["MailInboxError"],
    });
    let part = serde_json::to_string_pretty(&part).unwrap() + "\n";
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/openapi/part.json");
    if env::var_os("ERRBOOK_BLESS").is_some() {
        fs::write(&golden, part).unwrap();
    } else {
        let known = fs::read_to_string(&golden).unwrap();
        assert_eq!(part, known, "stale: ERRBOOK_BLESS=1 cargo test --all-features --test openapi");
    }
}

#[test]
#[ignore = "a part of `cargo xtask openapi`, which names the folder"]
fn documents_are_written() {
    let folder = env::var_os("ERRBOOK_OPENAPI").unwrap();
    for (name, document) in [
        ("mail", mail()),
        ("shapes", every_shape(true)),
        ("shapes_inline", every_shape(false)),
        ("hostile", hostile_text()),
    ] {
        fs::write(Path::new(&folder).join(name).with_extension("json"), document.to_string()).unwrap();
    }
}

#[test]
fn a_response_that_stands_elsewhere_stays_there() {
    use utoipa::openapi::{Ref, RefOr};

    let mut document = Mail::openapi();
    let item = document.paths.paths.get_mut("/inbox/messages").unwrap();
    let responses = &mut item.post.as_mut().unwrap().responses.responses;
    responses.insert("500".to_owned(), RefOr::Ref(Ref::new("#/components/responses/Own")));
    INBOX.modify(&mut document);
    let document = serde_json::to_value(document).unwrap();
    let response = &document["paths"]["/inbox/messages"]["post"]["responses"]["500"];
    assert_eq!(*response, json!({"$ref": "#/components/responses/Own"}));
}

/// Nothing of a text gets out of its line, and nothing of it is markup.
#[test]
fn descriptions_are_lines_of_text() {
    let responses = <errbook::Error<hostile::Hostile> as IntoResponses>::responses();
    let responses = serde_json::to_value(responses).unwrap();
    assert_eq!(
        responses["400"]["description"],
        r#"* `bad`: "quotes" \\ {braces} \*/ /// \`tick \| \<b\> {value}"#
    );
}

#[test]
fn what_a_header_says_is_its_schema() {
    let document = every_shape(false);
    for (path, item) in document["paths"].as_object().unwrap() {
        for (status, response) in item["get"]["responses"].as_object().unwrap() {
            for (name, header) in response["headers"].as_object().into_iter().flatten() {
                let schema = jsonschema::draft202012::new(&header["schema"]).unwrap();
                let Some(example) = header.get("example") else { continue };
                assert!(schema.is_valid(example), "{path} {status} {name}: {header}");
            }
        }
    }
    let headers = &document["paths"]["/list"]["get"]["responses"]["400"]["headers"];
    // Of its two envelopes one has it.
    assert_eq!(headers["Cache-Control"], json!({"schema": {"type": "string", "const": "no-store"}}));
    // What stands around the handler adds to it.
    let vary = json!({"required": true, "schema": {"type": "string"}, "example": "accept"});
    assert_eq!(headers["Vary"], vary);
    assert_eq!(
        document["paths"]["/waits"]["get"]["responses"]["429"]["headers"]["X-Until"]["example"],
        "2030-01-01T00:00:30Z"
    );
}

/// An API writes each of its content types, and says so.
#[test]
fn each_content_type_is_there() {
    let document = every_shape(true);
    let content = &document["paths"]["/list"]["get"]["responses"]["422"]["content"];
    let types: Vec<&String> = content.as_object().unwrap().keys().collect();
    assert_eq!(types, ["application/json", "application/problem+json"]);
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for name in ["ShapesListSize", "ShapesListSizeProblemJson", "ShapesListError"] {
        assert!(schemas.contains_key(name), "{name}");
    }
}

#[test]
fn statuses_and_types() {
    let responses = <errbook::Error<everything::Store> as IntoResponses>::responses();
    let responses = serde_json::to_value(responses).unwrap();
    for status in ["400", "405", "422"] {
        let example = &responses[status]["content"]["application/json"]["examples"]["several"]["value"];
        assert_eq!(example["error"]["status"].to_string(), status);
    }
}
