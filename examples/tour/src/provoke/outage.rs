//! What fails although the request is right: the delivery service, and the database.

use errbook::mail::{Code, Inbox, Management, Sending};
use mail_client::{Call, Email, Message};

use super::Door;
use crate::BoxError;
use crate::meet::Tour;

const FAILED_INSIDE: &str = "A part of the platform failed in a way that the request did not cause.";

pub(crate) async fn run(tour: &mut Tour) -> Result<(), BoxError> {
    tour.step("the delivery service is stopped");
    unreachable(tour).await?;
    tour.step("the delivery service says nothing, and a request is repeated meanwhile");
    silent(tour).await?;
    unconfirmed(tour).await?;
    tour.step("the database file is overwritten");
    broken_database(tour).await?;
    Ok(())
}

async fn unreachable(tour: &mut Tour) -> Result<(), BoxError> {
    let client = tour.stage.team.client.clone();
    let (email, message) = mail(tour);
    let before = client.management().credits().await?;
    tour.stage.stop_relay();
    let cause = "The delivery service cannot be reached.";
    tour.meet(Code::ServiceUnavailable, cause, client.inbox().post(&message).await);
    let error = tour.meet(Code::ServiceUnavailable, cause, client.sending().send(&email, None).await);
    tour.check(client.management().credits().await? == before, "nothing is charged for what was not sent");

    // What the answer advises helps.
    tour.stage.restart_relay()?;
    let wait = error.and_then(|error| error.retry_after());
    tour.check(wait.is_some(), "the answer says how long to wait");
    tokio::time::sleep(wait.unwrap_or_default()).await;
    client.sending().send(&email, None).await?;
    Ok(())
}

async fn silent(tour: &mut Tour) -> Result<(), BoxError> {
    let client = tour.stage.team.client.clone();
    let (email, message) = mail(tour);
    let silence = tour.stage.silence_relay()?;
    let sending = client.sending();
    // Two requests with one key at the same time: whichever comes second is told that the first is still running.
    let (first, second, inbox) =
        tokio::join!(sending.send(&email, Some("key-2")), sending.send(&email, Some("key-2")), async {
            client.inbox().post(&message).await
        });
    let is_conflict =
        |error: &mail_client::ClientError<Sending>| error.code() == Some(Code::IdempotencyConflict);
    let (first, second) =
        if first.as_ref().is_err_and(is_conflict) { (second, first) } else { (first, second) };
    let cause = "The delivery service does not answer in time.";
    tour.meet(Code::ServiceUnavailable, cause, inbox);
    tour.meet(Code::ServiceUnavailable, cause, first);
    tour.meet(Code::IdempotencyConflict, "The first request with the key is still running.", second);

    drop(silence);
    tour.stage.restart_relay()?;
    let sending = client.sending();
    let sent = sending.send(&email, Some("key-2")).await?;
    let again = sending.send(&email, Some("key-2")).await?;
    tour.check(sent == again, "a repeat with the same key goes through when the first request is over");
    Ok(())
}

/// The delivery service takes the email and never confirms it, so nobody knows whether it was sent.
async fn unconfirmed(tour: &mut Tour) -> Result<(), BoxError> {
    let client = tour.stage.team.client.clone();
    let (email, _) = mail(tour);
    let deaf = tour.stage.deafen_relay()?;
    let sending = client.sending();
    let first = sending.send(&email, Some("key-3")).await;
    tour.meet(Code::InternalError, FAILED_INSIDE, first);
    deaf.leave().await;
    tour.stage.restart_relay()?;
    let cause = "The first request with the key is still running.";
    tour.meet(Code::IdempotencyConflict, cause, sending.send(&email, Some("key-3")).await);
    Ok(())
}

async fn broken_database(tour: &mut Tour) -> Result<(), BoxError> {
    let content = tour.stage.break_database()?;
    internal_error::<Management>(tour).await;
    internal_error::<Sending>(tour).await;
    internal_error::<Inbox>(tour).await;
    tour.stage.mend_database(&content)?;
    let client = tour.stage.team.client.clone();
    client.management().credits().await?;
    Ok(())
}

async fn internal_error<A: Door>(tour: &mut Tour) {
    let client = tour.stage.team.client.clone();
    let result = client.call::<A>(Call::get(A::LIST)).await;
    let error = tour.meet(Code::InternalError, FAILED_INSIDE, result);
    let told =
        error.is_some_and(|error| String::from_utf8_lossy(error.body()).to_lowercase().contains("database"));
    tour.check(!told, "the answer says nothing about what failed inside");
}

fn mail(tour: &Tour) -> (Email, Message) {
    let team = &tour.stage.team;
    let email = Email::new(&team.mailbox.address, "reader@elsewhere.example", "News", "<p>News</p>");
    let message = Message {
        inbox: team.inbox.clone(),
        to: vec!["reader@elsewhere.example".to_owned()],
        text: "News".to_owned(),
        ..Message::default()
    };
    (email, message)
}
