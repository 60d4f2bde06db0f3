//! What there is on the platform before the first request, and what the files call it.

use std::collections::BTreeMap;

use errbook::mail::Management;
use mail_client::{Attachment, Call, Email, Message, NewKey};
use mail_server::Plan;
use tour::BoxError;
use tour::stage::{Stage, Team};

pub(crate) type Values = BTreeMap<&'static str, String>;

pub(crate) async fn prepare(stage: &Stage) -> Result<Values, BoxError> {
    let (team, other) = (&stage.team, &stage.other);
    let management = team.client.management();

    let sales = team.mailbox("sales").await?;
    let closed = team.mailbox("closed").await?;
    management.set_mailbox_active(&closed.id, false).await?;

    let powerless = management.create_key(&NewKey::default()).await?;
    let bound = NewKey {
        permissions: &["email.send", "mailbox.manage"],
        mailbox: Some(&team.mailbox.id),
        ..NewKey::default()
    };
    let bound = management.create_key(&bound).await?;
    let expired = management.create_key(&NewKey { expires_in: Some(0), ..NewKey::default() }).await?;
    let revoked = management.create_key(&NewKey::default()).await?;
    management.revoke_key(&revoked.id).await?;
    let busy = NewKey { permissions: &["mailbox.manage", "email.read"], ..NewKey::default() };
    let busy = management.create_key(&busy).await?;

    team.client.sending().send(&email(team), Some("used-key")).await?;
    let other_email = other.client.sending().send(&email(other), None).await?;

    // What bounced once is not sent to again.
    team.client.inbox().post(&message(team, "reader@nowhere.invalid")).await?;
    team.client.inbox().block("rival@elsewhere.example").await?;

    let broke = stage.found("team-broke", Plan::Free, 0).await?;
    let poor = stage.found("team-poor", Plan::Free, 1).await?;
    let idle = stage.found("team-idle", Plan::Free, 10).await?;
    for provider in idle.client.management().providers().await? {
        idle.client.management().deactivate_provider(&provider.id).await?;
    }
    let pro = stage.found("team-pro", Plan::Pro, 0).await?;
    // Three inboxes and 5 MB of attachments are in the plan.
    let full = stage.found("team-full", Plan::Free, 0).await?;
    full.client.inbox().create_inbox("full-2@inbox.example").await?;
    full.client.inbox().create_inbox("full-3@inbox.example").await?;
    let attachment = Attachment { filename: "large.txt".to_owned(), content: "QUFB".repeat(1_000_000) };
    let large = Message { attachments: vec![attachment], ..message(&full, "reader@elsewhere.example") };
    full.client.inbox().post(&large).await?;

    Ok(BTreeMap::from([
        ("key", team.key.clone()),
        ("mailbox", team.mailbox.address.clone()),
        ("inbox", team.inbox.clone()),
        ("domain", team.domain.clone()),
        ("sales_mailbox", sales.address),
        ("sales_mailbox_id", sales.id),
        ("closed_mailbox", closed.address),
        ("closed_mailbox_id", closed.id),
        ("powerless_key", powerless.key),
        ("bound_key", bound.key),
        ("expired_key", expired.key),
        ("revoked_key", revoked.key),
        ("busy_key", busy.key),
        ("other_mailbox", other.mailbox.address.clone()),
        ("other_mailbox_id", other.mailbox.id.clone()),
        ("other_domain", other.domain.clone()),
        ("other_email_id", other_email.id),
        ("other_inbox", other.inbox.clone()),
        ("broke_key", broke.key),
        ("broke_mailbox", broke.mailbox.address),
        ("poor_key", poor.key),
        ("poor_mailbox", poor.mailbox.address),
        ("idle_key", idle.key),
        ("idle_mailbox", idle.mailbox.address),
        ("pro_key", pro.key),
        ("full_key", full.key),
        ("full_inbox", full.inbox),
    ]))
}

/// Makes as many requests as a key may make in a minute; each is answered.
pub(crate) async fn use_up_the_minute(stage: &Stage, key: &str) -> Result<(), BoxError> {
    let client = stage.team.client.with_key(key);
    for _ in 0..1_800 {
        client.call::<Management>(Call::get("/mailboxes")).await?;
    }
    Ok(())
}

fn email(team: &Team) -> Email {
    Email::new(&team.mailbox.address, "reader@elsewhere.example", "News", "<p>News</p>")
}

fn message(team: &Team, to: &str) -> Message {
    Message {
        inbox: team.inbox.clone(),
        to: vec![to.to_owned()],
        text: "News".to_owned(),
        ..Message::default()
    }
}
