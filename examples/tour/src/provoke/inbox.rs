//! What the Inbox API refuses.

use errbook::mail::{Code, Group, Inbox, code, limits};
use mail_client::{Attachment, Call, Message};
use mail_server::Plan;
use serde_json::json;

use crate::BoxError;
use crate::meet::Tour;

pub(crate) async fn run(tour: &mut Tour) -> Result<(), BoxError> {
    tour.step("messages that can't be read, and messages that nobody would receive");
    fields(tour).await;
    recipients(tour).await?;
    repeats(tour).await?;
    tour.step("the limits of the plans");
    plans(tour).await?;
    tour.step("a message of more than 10 MB");
    too_large(tour).await;
    Ok(())
}

async fn fields(tour: &mut Tour) {
    let client = tour.stage.team.client.clone();
    let wrong = client.inbox().create_inbox("nobody").await;
    tour.meet(Code::InvalidParameter, "A field's value has the wrong format.", wrong);
    let missing =
        client.call::<Inbox>(Call::post("/messages", &json!({ "to": ["reader@elsewhere.example"] }))).await;
    let missing = tour.meet(Code::MissingParameter, "A required field is absent or null.", missing);
    let named =
        missing.is_some_and(|error| error.message().is_some_and(|message| message.contains("`inbox`")));
    tour.check(named, "the message names the field, since the flat envelope has no other place for it");
    let foreign = client.inbox().post(&message(&tour.stage.other.inbox, "reader@elsewhere.example")).await;
    tour.meet(Code::NotFound, "The resource belongs to another team than the API key.", foreign);
}

async fn recipients(tour: &mut Tour) -> Result<(), BoxError> {
    let client = tour.stage.team.client.clone();
    let client = client.inbox();
    // The first time the delivery service takes it, and says that there is no such domain.
    let bouncing = message(&tour.stage.team.inbox, "reader@nowhere.invalid");
    let first = client.post(&bouncing).await?;
    tour.check(first.delivered.is_empty(), "what bounced was not delivered");
    let cause = "All recipients are suppressed since mail to them bounced.";
    tour.meet(Code::NoDeliverableRecipients, cause, client.post(&bouncing).await);

    client.block("rival@elsewhere.example").await?;
    let blocked = message(&tour.stage.team.inbox, "rival@elsewhere.example");
    let cause = "All recipients are blocked by the account.";
    tour.meet(Code::NoDeliverableRecipients, cause, client.post(&blocked).await);
    // One recipient who can be delivered to is enough.
    let mut both = blocked.clone();
    both.to.push("reader@elsewhere.example".to_owned());
    client.post(&both).await?;
    client.unblock("rival@elsewhere.example").await?;
    client.post(&blocked).await?;
    Ok(())
}

async fn repeats(tour: &mut Tour) -> Result<(), BoxError> {
    let client = tour.stage.team.client.clone();
    let named = Message {
        client_id: Some("message-1".to_owned()),
        ..message(&tour.stage.team.inbox, "reader@elsewhere.example")
    };
    let first = client.inbox().post(&named).await?;
    let again = client.inbox().post(&named).await?;
    tour.check(first == again, "a message with the same client_id is delivered once");
    Ok(())
}

async fn plans(tour: &mut Tour) -> Result<(), BoxError> {
    let free = tour.stage.found("team-e", Plan::Free, 0).await?;
    let client = free.client.inbox();

    let cause = "Another inbox has the address.";
    tour.meet(Code::AddressTaken, cause, client.create_inbox("team-a@inbox.example").await);

    let mut met = Vec::new();
    let cause = "The account is on the plan Free.";
    met.push(tour.meet(Code::CustomDomainsRequirePaidPlan, cause, client.add_domain("own.example").await));

    let cause = "The attachments of the message would take the account over the storage of its plan.";
    let attachment = Attachment { filename: "large.txt".to_owned(), content: "QUFB".repeat(1_000_000) };
    let large = Message { attachments: vec![attachment], ..message(&free.inbox, "reader@elsewhere.example") };
    client.post(&large).await?;
    met.push(tour.meet(Code::StorageLimitReached, cause, client.post(&large).await));

    let cause = "The account has as many inboxes as its plan allows.";
    // The team has one already.
    for number in 2..=3 {
        client.create_inbox(&format!("free-{number}@inbox.example")).await?;
    }
    met.push(tour.meet(Code::InboxLimitReached, cause, client.create_inbox("free-4@inbox.example").await));

    let pro = tour.stage.found("team-f", Plan::Pro, 0).await?;
    let client = pro.client.inbox();
    client.add_domain("own.example").await?;
    client.create_inbox("hello@own.example").await?;
    let cause = "The account is on a plan below Scale.";
    met.push(tour.meet(
        Code::DedicatedSubdomainRequiresScale,
        cause,
        client.add_subdomain("mail.own.example").await,
    ));
    let scale = tour.stage.found("team-g", Plan::Scale, 0).await?;
    scale.client.inbox().add_subdomain("mail.own.example").await?;

    for error in met.into_iter().flatten() {
        let told = error.group() == Some(Group::PlanLimit) && error.member("upgrade") == Some(json!(true));
        tour.check(told, "a plan limit says that an upgrade resolves it");
    }
    Ok(())
}

async fn too_large(tour: &mut Tour) {
    let client = tour.stage.team.client.clone();
    let attachment =
        Attachment { filename: "large.txt".to_owned(), content: "QUFB".repeat(limits::MESSAGE as usize / 4) };
    let large = Message {
        attachments: vec![attachment],
        ..message(&tour.stage.team.inbox, "reader@elsewhere.example")
    };
    let cause = "The message with its attachments is over the limit of a message.";
    let error = tour.meet(Code::AttachmentTooLarge, cause, client.inbox().post(&large).await);
    let limit = error
        .and_then(|error| error.details())
        .map(|code::AttachmentTooLarge { limit_bytes, .. }| limit_bytes);
    tour.check(limit == Some(limits::MESSAGE), "the limit is in the answer");
}

fn message(inbox: &str, to: &str) -> Message {
    Message {
        inbox: inbox.to_owned(),
        to: vec![to.to_owned()],
        subject: "News".to_owned(),
        text: "News".to_owned(),
        ..Message::default()
    }
}
