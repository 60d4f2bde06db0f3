//! What the Management API refuses.

use errbook::mail::{Code, Management};
use mail_client::{Call, NewKey};
use serde_json::{Value, json};

use crate::BoxError;
use crate::meet::Tour;

pub(crate) async fn run(tour: &mut Tour) -> Result<(), BoxError> {
    tour.step("managing without the permission, and with fields that are wrong");
    permissions(tour).await?;
    fields(tour).await;
    Ok(())
}

async fn permissions(tour: &mut Tour) -> Result<(), BoxError> {
    let team = &tour.stage.team;
    let powerless = team.client_with(NewKey { permissions: &["email.read"], ..NewKey::default() }).await?;
    let bound =
        NewKey { permissions: &["mailbox.manage"], mailbox: Some(&team.mailbox.id), ..NewKey::default() };
    let bound = team.client_with(bound).await?;
    let other = team.mailbox("managed").await?;
    let idle = team.mailbox("idle").await?;
    team.client.management().set_mailbox_active(&idle.id, false).await?;
    let client = team.client.clone();

    let cause = "The key lacks the permission that the operation asks for.";
    tour.meet(Code::InsufficientPermissions, cause, powerless.management().mailboxes(1).await);
    let cause = "The key is bound to another mailbox than the one that is used.";
    tour.meet(Code::InsufficientPermissions, cause, bound.management().mailbox(&other.id).await);
    let key = NewKey { permissions: &["email.send"], mailbox: Some(&idle.id), ..NewKey::default() };
    let cause = "The mailbox is not active.";
    tour.meet(Code::InsufficientPermissions, cause, client.management().create_key(&key).await);
    Ok(())
}

async fn fields(tour: &mut Tour) {
    let client = tour.stage.team.client.clone();
    let wrong = client.management().create_domain("not a domain").await;
    let wrong = tour.meet(Code::InvalidParameter, "A field's value has the wrong format.", wrong);
    tour.check(wrong.is_some_and(|error| error.param() == Some("name")), "the wrong field is named");

    let cause = "A required field is absent or null.";
    for body in [json!({}), json!({ "name": Value::Null })] {
        let missing = client.call::<Management>(Call::post("/domains", &body)).await;
        let missing = tour.meet(Code::MissingParameter, cause, missing);
        tour.check(missing.is_some_and(|error| error.param() == Some("name")), "the missing field is named");
    }

    let several =
        Call::post("/keys", &json!({ "permissions": ["email.send", "fly"], "mailbox": 5, "expires_in": -1 }));
    let several = client.call::<Management>(several).await;
    let several = tour.meet(Code::InvalidParameter, "A field's value has the wrong format.", several);
    // In the order of the body.
    let params = ["expires_in", "mailbox", "permissions[1]"];
    let listed =
        several.is_some_and(|error| error.issues().iter().map(|issue| issue.param()).eq(params.map(Some)));
    tour.check(listed, "all wrong fields are listed");
}
