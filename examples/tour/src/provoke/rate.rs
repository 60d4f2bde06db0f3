//! The rate limit, by going over it.

use errbook::mail::{Code, Inbox, Management, Sending, limits};
use mail_client::{Call, Client, NewKey};

use super::Door;
use crate::BoxError;
use crate::meet::Tour;

pub(crate) async fn run(tour: &mut Tour) -> Result<(), BoxError> {
    let requests = limits::REQUESTS_PER_MINUTE;
    tour.step(&format!("{requests} requests with one key, and one more"));
    let key = NewKey { permissions: &["mailbox.manage", "email.read"], ..NewKey::default() };
    let client = tour.stage.team.client_with(key).await?;
    for _ in 0..requests {
        client.call::<Management>(Call::get(Management::LIST)).await?;
    }
    one_more::<Management>(tour, &client).await;
    one_more::<Sending>(tour, &client).await;
    one_more::<Inbox>(tour, &client).await;
    Ok(())
}

async fn one_more<A: Door>(tour: &mut Tour, client: &Client) {
    let cause = "The key was used for more requests in a minute than allowed.";
    let result = client.call::<A>(Call::get(A::LIST)).await;
    let error = tour.meet(Code::RateLimitExceeded, cause, result);
    tour.check(error.is_some_and(|error| error.retry_after().is_some()), "the answer says how long to wait");
}
