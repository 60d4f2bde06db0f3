//! What every API refuses in the same way: callers, bodies and resources.

use std::time::Duration;

use errbook::mail::{Code, Inbox, Management, Sending};
use http::Method;
use mail_client::{Call, Client, Email, NewKey};
use serde_json::json;

use super::{Door, with};
use crate::BoxError;
use crate::meet::Tour;

pub(crate) async fn run(tour: &mut Tour) -> Result<(), BoxError> {
    tour.step("keys that are absent, unknown, expired and revoked");
    let keys = Keys::make(tour).await?;
    keys.refused::<Management>(tour).await;
    keys.refused::<Sending>(tour).await;
    keys.refused::<Inbox>(tour).await;

    tour.step("bodies, queries and headers that can't be read");
    unreadable::<Management>(tour).await;
    unreadable::<Sending>(tour).await;
    unreadable::<Inbox>(tour).await;

    tour.step("what is not there, and what is another team's");
    let mailbox = tour.stage.other.mailbox.id.clone();
    not_found::<Management>(tour, &mailbox).await;
    let email =
        Email::new(&tour.stage.other.mailbox.address, "reader@elsewhere.example", "News", "<p>News</p>");
    let email = tour.stage.other.client.sending().send(&email, None).await?.id;
    not_found::<Sending>(tour, &email).await;
    let inbox = tour.stage.other.inbox.clone();
    not_found::<Inbox>(tour, &inbox).await;
    Ok(())
}

/// Clients whose keys are refused.
struct Keys {
    absent: Client,
    unknown: Client,
    expired: Client,
    revoked: Client,
}

impl Keys {
    async fn make(tour: &Tour) -> Result<Keys, BoxError> {
        let team = &tour.stage.team;
        let revoked = team.client.management().create_key(&NewKey::default()).await?;
        team.client.management().revoke_key(&revoked.id).await?;
        let expired = team.client_with(NewKey { expires_in: Some(1), ..NewKey::default() }).await?;
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        Ok(Keys {
            absent: team.client.without_key(),
            unknown: team.client.with_key("mk_unknown"),
            expired,
            revoked: team.client.with_key(revoked.key),
        })
    }

    async fn refused<A: Door>(&self, tour: &mut Tour) {
        let causes = [
            (&self.absent, "The request has no `Authorization` header with a bearer key."),
            (&self.unknown, "The API key is unknown."),
            (&self.expired, "The API key has expired."),
            (&self.revoked, "The API key was revoked."),
        ];
        for (client, cause) in causes {
            tour.meet(Code::AuthenticationRequired, cause, client.call::<A>(Call::get(A::LIST)).await);
        }
        let basic = Call::get(A::LIST).header("Authorization", "Basic bm9uZTpub25l");
        tour.meet(Code::AuthenticationRequired, causes[0].1, self.absent.call::<A>(basic).await);
    }
}

async fn unreadable<A: Door>(tour: &mut Tour) {
    let client = tour.stage.team.client.clone();
    let good = A::good(&tour.stage.team);

    let broken =
        Call::new(Method::POST, A::POST).header("Content-Type", "application/json").body("{\"name\": ");
    tour.meet(Code::InvalidParameter, "The body is not JSON.", client.call::<A>(broken).await);

    let list = Call::post(A::POST, &json!(["News"]));
    let cause = "The body or a field has another JSON type than expected.";
    tour.meet(Code::InvalidParameter, cause, client.call::<A>(list).await);
    let Some((first, _)) = good.as_object().and_then(|members| members.iter().next()) else { return };
    let number = Call::post(A::POST, &with(good.clone(), first, json!(5)));
    tour.meet(Code::InvalidParameter, cause, client.call::<A>(number).await);

    let limit = Call::get(format!("{}?limit=many", A::LIST));
    tour.meet(
        Code::InvalidParameter,
        "A query parameter or a header is malformed.",
        client.call::<A>(limit).await,
    );
}

async fn not_found<A: Door>(tour: &mut Tour, of_other_team: &str) {
    let client = tour.stage.team.client.clone();
    let nowhere = client.call::<A>(Call::get("/nowhere")).await;
    tour.meet(Code::NotFound, "The URL is none of the API's.", nowhere);

    // With one request id for both, so that the answers can be compared byte for byte.
    let missing = client.call::<A>(A::one("no_such_id").header("X-Request-Id", "req_same")).await;
    let missing = tour.meet(Code::NotFound, "The resource does not exist.", missing);
    let foreign = client.call::<A>(A::one(of_other_team).header("X-Request-Id", "req_same")).await;
    let cause = "The resource belongs to another team than the API key.";
    let foreign = tour.meet(Code::NotFound, cause, foreign);
    let same = missing.map(|error| error.body().clone()) == foreign.map(|error| error.body().clone());
    tour.check(same, "another team's resource is answered like a missing one");
}
