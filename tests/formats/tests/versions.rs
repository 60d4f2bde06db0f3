//! A client of one version of a catalog reads what a server of the same or of another version sends.
#![allow(deprecated, clippy::unwrap_used)]

use std::fmt::Debug;

use bytes::Bytes;
use errbook::{Api, Error, ErrorCode, ErrorResponse, Payload};
use formats::{version_1, version_2};
use http::Response;

/// Sent to a client that asks for this content type.
fn sent<A: Api>(error: impl Into<Error<A>>, accept: &str) -> Response<Bytes> {
    error.into().answer("req_1").accept(accept).into_response()
}

/// What a client concludes, on one line. Its types are those of its own version.
macro_rules! client {
    ($version:ident) => {
        fn $version(answer: &Response<Bytes>) -> String {
            use $version::{Group, Shop, code};
            let err = ErrorResponse::<Shop>::parse(answer.status(), answer.headers(), answer.body().clone());
            let details = debug::<_, code::CardDeclined>(&err).or_else(|| debug::<_, code::TooLarge>(&err));
            format!("{}{}", seen(&err, Group::PlanLimit), details.unwrap_or_default())
        }
    };
}
client!(version_1);
client!(version_2);

fn debug<A: Api, P: Payload<Code = A::Code> + Debug>(err: &ErrorResponse<A>) -> Option<String> {
    err.details::<P>().map(|details| format!(", {details:?}"))
}

fn seen<A: Api>(err: &ErrorResponse<A>, plan_limit: <A::Code as ErrorCode>::Group) -> String {
    let mut facts = match (err.code(), err.code_str()) {
        (Some(code), _) => format!("{code:?}"),
        (None, Some(text)) => format!("unknown {text}"),
        (None, None) => format!("not the API's, {:?}", err.inferred()),
    };
    let mut fact = |fact: String| facts = format!("{facts}, {fact}");
    if err.is_in(plan_limit) {
        fact("plan limit".to_owned());
    }
    if let Some(retry) = err.retry() {
        fact(format!("{retry:?}"));
    }
    if let Some(retry) = err.retry_on_repeat().filter(|retry| Some(*retry) != err.retry()) {
        fact(format!("on repeat {retry:?}"));
    }
    if let Some(action) = err.action() {
        fact(format!("{action:?}"));
    }
    if let Some(status) = err.expected_status() {
        fact(format!("{} for {status}", err.status().as_u16()));
    }
    facts
}

const NESTED: &str = "application/vnd.shop+json";

#[test]
fn every_client_reads_every_server() {
    use version_1::{Shop as Shop1, code as of_1, types::CardDeclinedReason as Reason1};
    use version_2::{Shop as Shop2, code as of_2, types::CardDeclinedReason as Reason2};
    let charge = || "ch_1".to_owned();
    // What is sent, and what clients of the two versions conclude.
    let matrix = [
        // By a server of the first version.
        (
            sent::<Shop1>(of_1::BadRequest, ""),
            "BadRequest, Never, FixRequest",
            "BadRequest, Never, FixRequest",
        ),
        (
            sent::<Shop1>(of_1::SeatsUsedUp, ""),
            "SeatsUsedUp, plan limit, NeedsAction, UpgradePlan",
            "SeatsUsedUp, plan limit, NeedsAction, UpgradePlan",
        ),
        (
            sent::<Shop1>(of_1::CardDeclined { reason: Reason1::NoFunds, charge: charge() }, ""),
            r#"CardDeclined, Never, TopUp, CardDeclined { reason: NoFunds, charge: "ch_1" }"#,
            r#"CardDeclined, Never, TopUp, CardDeclined { reason: NoFunds, charge: Some("ch_1") }"#,
        ),
        (
            sent::<Shop1>(of_1::TooLarge { limit: 7 }, ""),
            "TooLarge, Never, FixRequest, TooLarge { limit: 7 }",
            "TooLarge, Never, FixRequest, 400 for 413, TooLarge { limit: 7, size: None }",
        ),
        (
            sent::<Shop1>(of_1::BasketLocked, ""),
            "BasketLocked, Backoff, FixRequest",
            "BasketLocked, Backoff, FixRequest",
        ),
        (
            sent::<Shop1>(of_1::KeyInUse, ""),
            "KeyInUse, Never, on repeat Backoff, FixRequest",
            "KeyInUse, Never, on repeat Backoff, FixRequest",
        ),
        (sent::<Shop1>(of_1::CouponUsed, ""), "CouponUsed, Never, FixRequest", "unknown coupon_used"),
        (
            sent::<Shop1>(of_1::InternalError, ""),
            "InternalError, Backoff, ContactSupport",
            "InternalError, Backoff, ContactSupport",
        ),
        // It has no other envelope to answer with.
        (
            sent::<Shop1>(of_1::SeatsUsedUp, NESTED),
            "SeatsUsedUp, plan limit, NeedsAction, UpgradePlan",
            "SeatsUsedUp, plan limit, NeedsAction, UpgradePlan",
        ),
        // By a server of the second version.
        (
            sent::<Shop2>(of_2::BadRequest, ""),
            "BadRequest, Never, FixRequest",
            "BadRequest, Never, FixRequest",
        ),
        (
            sent::<Shop2>(of_2::SeatsUsedUp, ""),
            "SeatsUsedUp, plan limit, NeedsAction, UpgradePlan",
            "SeatsUsedUp, plan limit, NeedsAction, UpgradePlan",
        ),
        (
            sent::<Shop2>(of_2::StorageUsedUp, ""),
            "unknown storage_used_up, plan limit, NeedsAction, UpgradePlan",
            "StorageUsedUp, plan limit, NeedsAction, UpgradePlan",
        ),
        (
            sent::<Shop2>(of_2::CardDeclined { reason: Reason2::Expired, charge: Some(charge()) }, ""),
            r#"CardDeclined, Never, TopUp, CardDeclined { reason: Expired, charge: "ch_1" }"#,
            r#"CardDeclined, Never, TopUp, CardDeclined { reason: Expired, charge: Some("ch_1") }"#,
        ),
        (
            sent::<Shop2>(of_2::CardDeclined { reason: Reason2::Blocked, charge: Some(charge()) }, ""),
            r#"CardDeclined, Never, TopUp, CardDeclined { reason: Other("blocked"), charge: "ch_1" }"#,
            r#"CardDeclined, Never, TopUp, CardDeclined { reason: Blocked, charge: Some("ch_1") }"#,
        ),
        (
            sent::<Shop2>(of_2::CardDeclined { reason: Reason2::Expired, charge: None }, ""),
            "CardDeclined, Never, TopUp",
            "CardDeclined, Never, TopUp, CardDeclined { reason: Expired, charge: None }",
        ),
        (
            sent::<Shop2>(of_2::TooLarge { limit: 7, size: Some(8) }, ""),
            "TooLarge, Never, FixRequest, 413 for 400, TooLarge { limit: 7 }",
            "TooLarge, Never, FixRequest, TooLarge { limit: 7, size: Some(8) }",
        ),
        (
            sent::<Shop2>(of_2::BasketLocked, ""),
            "BasketLocked, Backoff, FixRequest",
            "BasketLocked, Backoff, FixRequest",
        ),
        // What its group advises depends on the attempt: nothing that all codes have in common.
        (
            sent::<Shop2>(of_2::KeyReused, ""),
            "unknown key_reused, FixRequest",
            "KeyReused, Never, on repeat Backoff, FixRequest",
        ),
        (sent::<Shop2>(of_2::BasketBusy, ""), "unknown basket_busy", "BasketBusy, Backoff, FixRequest"),
        (
            sent::<Shop2>(of_2::InternalError, ""),
            "InternalError, Backoff, ContactSupport",
            "InternalError, Backoff, ContactSupport",
        ),
        // A client of the first version doesn't ask for what it can't read; here it is what it gets.
        (
            sent::<Shop2>(of_2::SeatsUsedUp, NESTED),
            "not the API's, BadRequest",
            "SeatsUsedUp, plan limit, NeedsAction, UpgradePlan",
        ),
        (
            sent::<Shop2>(of_2::TooLarge { limit: 7, size: None }, NESTED),
            "not the API's, BadRequest",
            "TooLarge, Never, FixRequest, TooLarge { limit: 7, size: None }",
        ),
        (
            sent::<Shop2>(of_2::InternalError, NESTED),
            "not the API's, InternalError",
            "InternalError, Backoff, ContactSupport",
        ),
    ];
    for (at, (answer, old, new)) in matrix.iter().enumerate() {
        let body = String::from_utf8_lossy(answer.body());
        assert_eq!((&*version_1(answer), &*version_2(answer)), (*old, *new), "{at}: {body}");
    }
}
