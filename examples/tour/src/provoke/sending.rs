//! What the Sending API refuses.

use errbook::mail::{Code, Sending, code, limits};
use mail_client::{Attachment, Call, Client, Email, NewKey};
use mail_server::Plan;
use serde_json::{Value, json};

use super::{Door as _, with};
use crate::BoxError;
use crate::meet::Tour;

pub(crate) async fn run(tour: &mut Tour) -> Result<(), BoxError> {
    tour.step("sending without the permission");
    permissions(tour).await?;
    tour.step("emails that can't be read, and emails that can't be sent");
    let client = tour.stage.team.client.clone();
    let good = Sending::good(&tour.stage.team);
    unreadable(tour, &client, &good).await;
    invalid(tour, &client, &good).await;
    senders(tour, &client, &good).await;
    tour.step("bodies of more than 25 MB");
    too_large(tour, &client, &good).await;
    tour.step("an idempotency key for two requests");
    reused_key(tour, &client).await?;
    tour.step("a team without credits, and one without a sending account");
    credits(tour).await?;
    providers(tour).await?;
    Ok(())
}

async fn permissions(tour: &mut Tour) -> Result<(), BoxError> {
    let team = &tour.stage.team;
    let powerless = team.client_with(NewKey { permissions: &["email.read"], ..NewKey::default() }).await?;
    let bound = NewKey { permissions: &["email.send"], mailbox: Some(&team.mailbox.id), ..NewKey::default() };
    let bound = team.client_with(bound).await?;
    let other = team.mailbox("sales").await?;
    let closed = team.mailbox("closed").await?;
    team.client.management().set_mailbox_active(&closed.id, false).await?;
    let client = team.client.clone();

    let email = |from: &str| Email::new(from, "reader@elsewhere.example", "News", "<p>News</p>");
    let cause = "The key lacks the permission that the operation asks for.";
    let result = powerless.sending().send(&email(&other.address), None).await;
    tour.meet(Code::InsufficientPermissions, cause, result);
    let cause = "The key is bound to another mailbox than the one that is used.";
    tour.meet(Code::InsufficientPermissions, cause, bound.sending().send(&email(&other.address), None).await);
    let cause = "The mailbox is not active.";
    tour.meet(
        Code::InsufficientPermissions,
        cause,
        client.sending().send(&email(&closed.address), None).await,
    );
    Ok(())
}

/// What answers 400.
async fn unreadable(tour: &mut Tour, client: &Client, good: &Value) {
    let attachments = json!([{ "filename": "news.txt", "content": "?" }]);
    let wrong = Call::post("/emails", &with(good.clone(), "attachments", attachments));
    let wrong = client.call::<Sending>(wrong).await;
    let wrong = tour.meet(Code::InvalidParameter, "A field's value has the wrong format.", wrong);
    let named = wrong.is_some_and(|error| error.param() == Some("attachments[0].content"));
    tour.check(named, "the wrong field is named by its path");

    let empty = client.call::<Sending>(Call::post("/emails/batch", &json!({ "messages": [] }))).await;
    tour.meet(Code::InvalidParameter, "A field's value has the wrong format.", empty);

    let key = Call::post("/emails", good).header("Idempotency-Key", "two words");
    let key = client.call::<Sending>(key).await;
    tour.meet(Code::InvalidParameter, "A query parameter or a header is malformed.", key);

    let cause = "A required field is absent or null.";
    let missing: [(&str, Value, &str); 4] = [
        ("/emails/batch", json!({}), "messages"),
        ("/emails", with(good.clone(), "to", json!({})), "to.email"),
        ("/emails", with(good.clone(), "attachments", json!([{ "content": "" }])), "attachments[0].filename"),
        (
            "/emails",
            with(good.clone(), "attachments", json!([{ "filename": "a.txt" }])),
            "attachments[0].content",
        ),
    ];
    for (path, body, param) in missing {
        let error =
            tour.meet(Code::MissingParameter, cause, client.call::<Sending>(Call::post(path, &body)).await);
        tour.check(error.is_some_and(|error| error.param() == Some(param)), "the missing field is named");
    }

    let several = json!({ "from": 1, "to": {}, "subject": [] });
    let several = client.call::<Sending>(Call::post("/emails", &several)).await;
    let cause = "The body or a field has another JSON type than expected.";
    let several = tour.meet(Code::InvalidParameter, cause, several);
    let listed = several.is_some_and(|error| error.issues().len() == 3 && error.param().is_some());
    tour.check(listed, "everything that can't be read is listed");
}

/// What answers 422.
async fn invalid(tour: &mut Tour, client: &Client, good: &Value) {
    let cause = "One of `from`, `to`, `subject` and `html_body` is missing or empty.";
    for part in ["from", "to", "subject", "html_body"] {
        let body = with(good.clone(), part, Value::Null);
        let error = tour.meet(
            Code::ValidationError,
            cause,
            client.call::<Sending>(Call::post("/emails", &body)).await,
        );
        tour.check(error.is_some_and(|error| error.param() == Some(part)), "the missing part is named");
    }

    let body = with(good.clone(), "to", json!({ "email": "nobody" }));
    let address = client.call::<Sending>(Call::post("/emails", &body)).await;
    let address = tour.meet(Code::ValidationError, "An email address is invalid.", address);
    let alone = address.is_some_and(|error| error.param() == Some("to.email") && error.issues().is_empty());
    tour.check(alone, "a single issue is the answer itself");

    let body = with(good.clone(), "attachments", json!([{ "filename": "run.exe", "content": "" }]));
    let file = client.call::<Sending>(Call::post("/emails", &body)).await;
    tour.meet(
        Code::ValidationError,
        "The file type of an attachment is not on the list of allowed ones.",
        file,
    );

    let many = vec![good.clone(); limits::BATCH as usize + 1];
    let batch = client.call::<Sending>(Call::post("/emails/batch", &json!({ "messages": many }))).await;
    tour.meet(Code::ValidationError, "A batch has more emails than allowed.", batch);

    let body = json!({ "messages": [good, with(good.clone(), "to", json!({ "email": "a@" })), {}] });
    let several = client.call::<Sending>(Call::post("/emails/batch", &body)).await;
    let several = tour.meet(Code::ValidationError, "An email address is invalid.", several);
    let listed = several.is_some_and(|error| {
        let params = ["messages[1].to.email", "messages[2].from", "messages[2].to", "messages[2].subject"];
        error.param() == Some(params[0])
            && error.issues().iter().map(|issue| issue.param()).take(4).eq(params.map(Some))
    });
    tour.check(listed, "the issues of a batch are listed with their places");
}

/// `from` refers to a resource, so it may be one that isn't there.
async fn senders(tour: &mut Tour, client: &Client, good: &Value) {
    let foreign = tour.stage.other.mailbox.address.clone();
    let unknown = format!("nobody@{}", tour.stage.team.domain);
    let causes = [
        (unknown, "The resource does not exist."),
        ("news@no-such-domain.example".to_owned(), "The resource does not exist."),
        (foreign, "The resource belongs to another team than the API key."),
    ];
    for (address, cause) in causes {
        let body = with(good.clone(), "from", json!({ "email": address }));
        let error =
            tour.meet(Code::NotFound, cause, client.call::<Sending>(Call::post("/emails", &body)).await);
        tour.check(error.is_some_and(|error| error.param() == Some("from")), "the sender is named");
    }
}

async fn too_large(tour: &mut Tour, client: &Client, good: &Value) {
    let part = "x".repeat(limits::PART as usize + 1);
    for (name, cause) in [
        ("html_body", "The `html_body` is over its limit."),
        ("text_body", "The `text_body` is over its limit."),
    ] {
        let body = with(good.clone(), name, json!(part));
        let error = tour.meet(
            Code::PayloadTooLarge,
            cause,
            client.call::<Sending>(Call::post("/emails", &body)).await,
        );
        tour.check(error.is_some_and(|error| error.param() == Some(name)), "the part is named");
    }

    // Each part within its limit, the attachment in base64 as large as it may be.
    let content = "QUFB".repeat(limits::BODY as usize / 4);
    let body = with(good.clone(), "attachments", json!([{ "filename": "large.txt", "content": content }]));
    let whole = client.call::<Sending>(Call::post("/emails", &body)).await;
    let whole = tour.meet(Code::PayloadTooLarge, "The whole body is over its limit.", whole);
    tour.check(whole.is_some_and(|error| error.param().is_none()), "no part is named for the whole");

    let file = json!({ "filename": "a.txt", "content": "QUFB" });
    let files = vec![file; limits::ATTACHMENTS as usize + 1];
    let body = with(good.clone(), "attachments", json!(files));
    let files = client.call::<Sending>(Call::post("/emails", &body)).await;
    tour.meet(Code::PayloadTooLarge, "An email has more attachments than allowed.", files);
}

async fn reused_key(tour: &mut Tour, client: &Client) -> Result<(), BoxError> {
    let mut email =
        Email::new(&tour.stage.team.mailbox.address, "reader@elsewhere.example", "News", "<p>News</p>");
    email.attachments.push(Attachment { filename: "news.txt".to_owned(), content: "TmV3cw==".to_owned() });
    let first = client.sending().send(&email, Some("key-1")).await?;
    let again = client.sending().send(&email, Some("key-1")).await?;
    tour.check(first == again, "a repeat is answered like the first request");

    email.subject = "Other news".to_owned();
    let cause = "The key was used for a request with another body.";
    let error =
        tour.meet(Code::IdempotencyConflict, cause, client.sending().send(&email, Some("key-1")).await);
    tour.check(
        error.is_some_and(|error| error.details::<code::IdempotencyConflict>().is_some()),
        "the code is typed",
    );
    Ok(())
}

async fn credits(tour: &mut Tour) -> Result<(), BoxError> {
    let poor = tour.stage.found("team-c", Plan::Free, 1).await?;
    let email = Email::new(&poor.mailbox.address, "reader@elsewhere.example", "News", "<p>News</p>");
    let batch = vec![email.clone(); 2];
    let cause = "The balance is lower than the price of the whole batch.";
    tour.meet(Code::InsufficientCredits, cause, poor.client.sending().send_batch(&batch, None).await);
    poor.client.sending().send(&email, None).await?;
    let cause = "The balance is lower than the price of the email.";
    let error = tour.meet(Code::InsufficientCredits, cause, poor.client.sending().send(&email, None).await);
    tour.check(error.is_some_and(|error| error.action_url().is_some()), "the client knows where to top up");
    Ok(())
}

async fn providers(tour: &mut Tour) -> Result<(), BoxError> {
    let team = tour.stage.found("team-d", Plan::Free, 10).await?;
    let management = team.client.management();
    let email = Email::new(&team.mailbox.address, "reader@elsewhere.example", "News", "<p>News</p>");
    for provider in management.providers().await? {
        management.deactivate_provider(&provider.id).await?;
    }
    let cause = "The managed account was deactivated and no other account is active.";
    let error = tour.meet(Code::NoActiveProviders, cause, team.client.sending().send(&email, None).await);
    tour.check(error.is_some_and(|error| error.retry_after().is_none()), "waiting is not advised");
    // What the reference advises helps.
    let added = management.create_provider("another").await?;
    management.activate_provider(&added.id).await?;
    team.client.sending().send(&email, None).await?;
    Ok(())
}
