//! Answers as a server sends them, byte for byte: each file is typed by hand.
#![allow(clippy::expect_used, clippy::unwrap_used)]

mod answers;

use std::time::Duration;

use answers::{Received, folder};
use errbook::{Api, Error, Issues, prelude::*};
use formats::{
    acme, atproto, azure, cloudflare, discord, dynamodb, github, google, json_api, kubernetes, laravel,
    matrix, oauth2, oci, openai, salesforce, scim, slack, stripe, telegram, twilio,
};

#[track_caller]
fn sends<A: Api>(file: &str, error: impl Into<Error<A>>) {
    let (api, name) = file.split_once('/').expect("api/name");
    let expected = Received::read(&folder(api).join(format!("sent-{name}.http")));
    let error = error.into();
    let response = error.answer("req_1").into_response();
    assert_eq!(response.body(), &expected.body, "{file}: {}", String::from_utf8_lossy(response.body()));
    assert_eq!((response.status(), response.headers()), (expected.status, &expected.headers), "{file}");
}

const MS_1742: Duration = Duration::from_millis(1_742);

#[test]
fn flat_mappings() {
    use {
        atproto::Atproto, discord::Discord, dynamodb::Dynamodb, matrix::Matrix, oauth2::Oauth2, scim::Scim,
        twilio::Twilio,
    };
    let error = matrix::code::MIncompatibleRoomVersion { room_version: "12".into() };
    sends::<Matrix>("matrix/incompatible_room_version", error);
    let error = matrix::code::MLimitExceeded.retry_after(Duration::from_millis(2_150));
    sends::<Matrix>("matrix/limit_exceeded", error);
    sends::<Oauth2>("oauth2/invalid_client", oauth2::code::InvalidClient);
    let error = oauth2::code::SlowDown { interval: Some(Duration::from_secs(10)) };
    sends::<Oauth2>("oauth2/slow_down", error);
    sends::<Scim>("scim/mutability", scim::code::Mutability);
    sends::<Twilio>("twilio/unsubscribed", twilio::code::Unsubscribed);
    sends::<Atproto>("atproto/invalid_swap", atproto::code::InvalidSwap);
    sends::<Discord>("discord/invalid_form", discord::code::InvalidForm);
    let error = discord::code::RateLimited { global: Some(true) };
    sends::<Discord>("discord/rate_limited", error.retry_after(Duration::from_millis(64_570)));
    let error = dynamodb::code::ConditionalCheckFailedException;
    sends::<Dynamodb>("dynamodb/conditional_check_failed", error);
}

#[test]
fn mappings_in_mappings() {
    use {acme::Acme, openai::Openai, stripe::Stripe};
    let error = stripe::code::ParameterMissing { param: "line_items[0][price]".into() };
    sends::<Stripe>("stripe/parameter_missing", error);
    sends::<Openai>("openai/context_length_exceeded", openai::code::ContextLengthExceeded.at("messages"));
    sends::<Openai>("openai/rate_limit_exceeded", openai::code::RateLimitExceeded.retry_after(MS_1742));
    let error = acme::code::BadNonce { replay_nonce: "IXVHDyxIRGcTE0VSblhPzw".into() };
    sends::<Acme>("acme/bad_nonce", error);
    let mut issues = Issues::of(acme::code::Malformed);
    issues.push(acme::code::RejectedIdentifier.at("_example.org"));
    issues.push(acme::code::Dns);
    sends::<Acme>("acme/malformed", issues.finish().unwrap_err());
}

#[test]
fn details() {
    use {azure::Azure, google::Google, kubernetes::Kubernetes};
    let mut issues = Issues::of(google::code::BookInvalid);
    issues.push(google::code::FieldEmpty.at("book.title"));
    issues.push(google::code::FieldTooLong.at("book.author"));
    sends::<Google>("google/book_invalid", issues.finish().unwrap_err());
    let error =
        google::code::RateLimitExceeded { quota_limit: "ReadsPerMinute".into(), quota_limit_value: None };
    let wait = Duration::from_millis(17_500);
    sends::<Google>("google/rate_limit_exceeded", error.retry_after(wait));

    let invalid = kubernetes::code::Invalid {
        name: Some("web".into()),
        group: Some("apps".into()),
        kind: Some("Deployment".into()),
        uid: None,
    };
    let mut issues = Issues::of(invalid);
    issues.push(kubernetes::code::FieldValueRequired.at("spec.selector"));
    issues.push(kubernetes::code::FieldValueInvalid.at("spec.replicas").message("-1 is no count"));
    sends::<Kubernetes>("kubernetes/invalid", issues.finish().unwrap_err());

    let mut issues = Issues::of(azure::code::InvalidInput { innererror: None });
    issues.push(azure::code::MissingProperty.at("properties.size"));
    issues.push(azure::code::InvalidPropertyValue.at("properties.count").message("-1 is no count."));
    sends::<Azure>("azure/invalid_input", issues.finish().unwrap_err());
    let wait = Duration::from_millis(1_750);
    sends::<Azure>("azure/too_many_requests", azure::code::TooManyRequests.retry_after(wait));
}

#[test]
fn flags() {
    use {cloudflare::Cloudflare, slack::Slack, telegram::Telegram};
    let error =
        slack::code::MissingScope { needed: "chat:write".into(), provided: Some("users:read".into()) };
    sends::<Slack>("slack/missing_scope", error.message("No."));
    let mut issues = Issues::of(slack::code::InvalidArguments);
    issues.push(slack::code::BadArgument.message("no text"));
    issues.push(slack::code::BadArgument.message("must be a list"));
    sends::<Slack>("slack/invalid_arguments", issues.finish().unwrap_err());
    let wait = Duration::from_secs(35);
    sends::<Telegram>("telegram/too_many_requests", telegram::code::TooManyRequests.retry_after(wait));
    let error = telegram::code::BadRequest { migrate_to_chat_id: Some(-1_001_234_567_890) };
    sends::<Telegram>("telegram/bad_request", error.message("Bad Request: the group is a supergroup now"));
    let mut issues = Issues::of(cloudflare::code::DnsValidation);
    issues.push(cloudflare::code::BadContent);
    issues.push(cloudflare::code::RecordExists);
    sends::<Cloudflare>("cloudflare/dns_validation", issues.finish().unwrap_err());
}

#[test]
fn lists() {
    use {github::Github, json_api::JsonApi, laravel::Laravel, oci::Oci, salesforce::Salesforce};
    let mut issues = Issues::of(json_api::code::Invalid);
    issues.push(json_api::code::Blank { param: "/data/attributes/title".into() });
    issues.push(json_api::code::TooLong { param: "/data/attributes/name".into(), max: 80 });
    sends::<JsonApi>("json_api/invalid", issues.finish().unwrap_err());

    let error =
        oci::code::Unauthorized { www_authenticate: r#"Bearer realm="https://auth.example/token""#.into() };
    sends::<Oci>("oci/unauthorized", error);
    let mut issues = Issues::of(oci::code::ManifestBlobUnknown { digest: None });
    for digest in ["sha256:aa", "sha256:bb"] {
        issues.push(oci::code::ManifestBlobUnknown { digest: Some(digest.into()) });
    }
    sends::<Oci>("oci/manifest_blob_unknown", issues.finish().unwrap_err());

    let error = salesforce::code::RequiredFieldMissing { param: "Name".into() };
    sends::<Salesforce>("salesforce/required_field_missing", error);
    let error = salesforce::code::MalformedQuery.message(r#"unexpected token: "FORM""#);
    sends::<Salesforce>("salesforce/malformed_query", error);

    let mut issues = Issues::of(github::code::ValidationFailed);
    issues.push(github::code::MissingField { resource: Some("Issue".into()) }.at("title"));
    issues.push(github::code::Missing { resource: None }.at("labels"));
    sends::<Github>("github/validation_failed", issues.finish().unwrap_err());

    let mut issues = Issues::of(laravel::code::Invalid);
    issues.push(laravel::code::Taken.at("email"));
    issues.push(laravel::code::Required.at("name"));
    issues.push(laravel::code::Taken.at("email").message("Too long."));
    sends::<Laravel>("laravel/invalid", issues.finish().unwrap_err());
}
