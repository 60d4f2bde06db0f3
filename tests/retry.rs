//! What is decided after which answer, rule by rule.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use errbook::mail::{Inbox, Sending};
use errbook::retry::{Attempt, Budget, Decision, Failure, Policy, Rule, Terms, Wait};
use errbook::{Api, ErrorResponse, Retry};
use http::{HeaderMap, HeaderName, Method, StatusCode};
use proptest::prelude::*;

/// An answer: `503 retry-after=5 {"error":…}`.
fn received<A: Api>(answer: &str) -> Failure {
    let (status, mut rest) = answer.split_once(' ').unwrap_or((answer, ""));
    let mut headers = HeaderMap::new();
    while let Some((name, value)) = rest.split(' ').next().and_then(|word| word.split_once('=')) {
        if name.contains(['{', '<']) {
            break;
        }
        headers.append(HeaderName::try_from(name).unwrap(), value.parse().unwrap());
        rest = rest.split_once(' ').map_or("", |(_, rest)| rest);
    }
    let status = StatusCode::from_bytes(status.as_bytes()).unwrap();
    Failure::from(&ErrorResponse::<A>::parse(status, &headers, rest.to_owned()))
}

fn inbox(answer: &str) -> Failure {
    received::<Inbox>(answer)
}

/// An answer of the Sending API: `429 rate_limit_exceeded retry-after=5 "retryable":true`.
fn sending(answer: &str) -> Failure {
    let words: Vec<&str> = answer.split(' ').collect();
    let (headers, members): (Vec<&str>, Vec<&str>) = words[2..].iter().partition(|word| word.contains('='));
    let members: String = members.iter().map(|member| format!(",{member}")).collect();
    let body = format!(r#"{{"ok":false,"error":{{"code":"{}","message":"…"{members}}}}}"#, words[1]);
    let headers: String = headers.iter().map(|header| format!("{header} ")).collect();
    received::<Sending>(&format!("{} {headers}{body}", words[0]))
}

fn get() -> Attempt {
    Attempt::of(&Method::GET)
}

fn post() -> Attempt {
    Attempt::of(&Method::POST)
}

#[track_caller]
fn decides(failure: Failure, attempt: Attempt, expected: &str) {
    let decision = Policy::default().decide(&failure, &attempt);
    assert_eq!(format!("{}: {decision}", decision.rule().number()), expected);
}

#[test]
fn rule_0_the_caller_decides_but_not_what_is_safe() {
    let never = sending("400 invalid_parameter");
    decides(never, get().retry_as(Retry::Backoff), "0: retry within 0.1 s");
    decides(
        never,
        post().retry_as(Retry::Backoff).once(),
        "1: stop: its body can be sent only once: keep it in memory",
    );
    decides(
        sending("500 internal_error"),
        get().retry_as(Retry::Never),
        "0: stop: the same request fails again",
    );
    decides(
        sending("500 internal_error"),
        post().retry_as(Retry::Backoff),
        "2: stop: it may have taken effect: an idempotency key would make it safe to be sent again",
    );
}

#[test]
fn rule_1_a_stream_is_not_sent_twice() {
    decides(inbox("503"), get().once(), "1: stop: its body can be sent only once: keep it in memory");
    // What would not be sent again anyway says its own reason.
    decides(sending("400 invalid_parameter"), post().once(), "3: stop: the same request fails again");
}

#[test]
fn rule_2_what_may_have_taken_effect_needs_a_key() {
    const NO: &str =
        "2: stop: it may have taken effect: an idempotency key would make it safe to be sent again";
    decides(sending("500 internal_error"), post(), NO);
    decides(sending("500 internal_error"), post().keyed(), "3: retry within 0.1 s");
    decides(sending("500 internal_error"), post().idempotent(), "3: retry within 0.1 s");
    decides(sending("500 internal_error"), Attempt::of(&Method::PUT), "3: retry within 0.1 s");
    decides(sending("500 internal_error"), Attempt::of(&Method::PATCH), NO);
    // A service that refuses a request has not carried it out; a proxy doesn't know.
    decides(sending("503 service_unavailable"), post(), "3: retry within 0.1 s");
    decides(sending("503 a_new_code"), post(), "6: retry within 0.1 s");
    decides(sending("500 a_new_code"), post(), NO);
    decides(inbox("503 <html>"), post(), NO);
    decides(inbox("429 <html>"), post(), "6: retry within 1 s");
    let limited = HeaderMap::from_iter([("ratelimit".parse().unwrap(), "\"a\";r=0;t=30".parse().unwrap())]);
    let limited = Failure::answered(StatusCode::TOO_MANY_REQUESTS, &limited);
    decides(limited, post(), "6: retry in 30 to 45 s");
    decides(Failure::no_answer(), post(), NO);
    decides(Failure::no_answer(), post().keyed(), "6: retry within 0.1 s");
    decides(Failure::not_sent(), post(), "6: retry within 0.1 s");
    // Nor does a service that had begun to answer.
    let event = r#"{"ok":false,"error":{"code":"service_unavailable"}}"#;
    let event = Failure::from(&ErrorResponse::<Sending>::parse_event(event));
    decides(event, post(), NO);
    decides(event, get(), "3: retry within 0.1 s");
}

#[test]
fn rule_3_the_catalog_advises() {
    decides(sending("400 invalid_parameter"), get(), "3: stop: the same request fails again");
    decides(
        sending("503 no_active_providers \"retryable\":true"),
        get(),
        "3: stop: it fails until somebody changes something outside the request",
    );
    decides(sending("429 rate_limit_exceeded retry-after=30"), post(), "3: retry in 30 to 45 s");
    decides(sending("429 rate_limit_exceeded"), post(), "3: retry within 1 s");
    // The code, not the status.
    decides(sending("400 service_unavailable"), get(), "3: retry within 0.1 s");
    // The flag can lower what the catalog says, and not raise it.
    decides(
        sending("500 internal_error \"retryable\":false"),
        get(),
        "3: stop: the same request fails again",
    );
    decides(
        sending("400 invalid_parameter \"retryable\":true"),
        get(),
        "3: stop: the same request fails again",
    );
}

#[test]
fn rule_3_a_code_that_means_something_else_on_a_repeat() {
    let conflict = sending("409 idempotency_conflict");
    decides(conflict, post().keyed(), "3: stop: the same request fails again");
    decides(conflict, post().keyed().numbered(2), "3: retry within 0.2 s");
    // Without a key it is no repeat of ours that is met.
    decides(conflict, post().numbered(2), "3: stop: the same request fails again");
}

#[test]
fn rules_4_and_5_the_flag_of_an_unknown_code() {
    decides(sending("503 a_new_code \"retryable\":false"), get(), "4: stop: the same request fails again");
    decides(sending("500 a_new_code \"retryable\":true"), get(), "5: retry within 0.1 s");
    decides(sending("500 a_new_code \"retryable\":true retry-after=4"), get(), "5: retry in 4 to 6 s");
    decides(sending("429 a_new_code \"retryable\":true"), get(), "5: retry within 1 s");
    // The status says that it is the request.
    decides(sending("422 a_new_code \"retryable\":true"), get(), "6: stop: the same request fails again");
}

#[test]
fn rule_6_the_status_decides() {
    let waits = [408, 425, 429, 500, 502, 503, 504, 520, 522, 530, 598, 599];
    for status in (300..600).filter(|status| ![403, 413].contains(status)) {
        let decision = Policy::default().decide(&inbox(&status.to_string()), &get());
        assert_eq!(
            matches!(decision, Decision::Retry(_)),
            { waits.contains(&status) || (520..=530).contains(&status) },
            "{status}"
        );
        assert_eq!(decision.rule(), Rule::Status);
    }
    for status in [403, 413] {
        decides(inbox(&status.to_string()), get(), "6: stop: the same request fails again");
        decides(inbox(&format!("{status} retry-after=2 ")), get(), "6: retry in 2 to 3 s");
    }
    // `by_status` calls it internal_error; that is a name, no advice.
    decides(inbox("501 <html>"), get(), "6: stop: the same request fails again");
}

#[test]
fn rule_7_three_attempts_and_nobody_multiplies_them() {
    decides(inbox("503"), get().numbered(2), "6: retry within 0.2 s");
    decides(inbox("503"), get().numbered(3), "7: stop: all attempts failed");
    decides(inbox("503").exhausted(), get(), "7: stop: all attempts failed");
    let Decision::Stop(stop) = Policy::default().decide(&inbox("503"), &get().numbered(3)) else { panic!() };
    assert_eq!(stop.step.unwrap().text, "Contact support and quote the request id.");
    // Not once for a policy without attempts.
    let none = Policy::default().attempts(0);
    assert_eq!(none.decide(&inbox("503"), &get()).rule(), Rule::Attempts);
}

#[test]
fn rule_8_a_server_s_wait_is_kept_or_not_waited_for() {
    decides(inbox("503 retry-after=120 "), get(), "6: retry in 120 to 180 s");
    decides(
        inbox("503 retry-after=121 "),
        get(),
        "8: stop: the server asks for a wait of 121 s, which is too long",
    );
    let left = |seconds| get().left(Duration::from_secs(seconds));
    decides(
        inbox("503 retry-after=10 "),
        left(10),
        "8: stop: the server asks for a wait of 10 s, and less time is left",
    );
    decides(inbox("503 retry-after=10 "), left(11), "6: retry in 10 to 10.998 s");
    decides(inbox("503"), left(0), "8: stop: there is no time left");
    decides(
        inbox("503 retry-after=99999999999999999999 "),
        get(),
        "8: stop: the server asks for a wait of 18446744073709552000 s, which is too long",
    );
}

#[test]
fn rule_9_a_retry_has_a_price() {
    let budget = Budget::with(Terms::default());
    let policy = Policy::default();
    let decide = |failure| policy.decide(&failure, &get()).paid_from(&budget, Duration::ZERO);
    // What is refused and stays refused costs nothing.
    for _ in 0..100 {
        assert_eq!(decide(sending("503 no_active_providers")).rule(), Rule::Code);
    }
    assert_eq!(decide(inbox("503")).rule(), Rule::Status);
    assert_eq!(decide(inbox("503")).rule(), Rule::Status);
    assert_eq!(decide(inbox("503")).rule(), Rule::Budget);
    assert_eq!(
        decide(inbox("503")).to_string(),
        "stop: the retry budget is used up: too little succeeded lately for what failed"
    );
    let Decision::Stop(stop) = decide(sending("500 internal_error")) else { panic!() };
    assert_eq!((stop.rule, stop.step.unwrap().name), (Rule::Budget, "contact_support"));
}

#[test]
fn what_times_out_costs_three_times_as_much() {
    let price = |failure| match Policy::default().decide(&failure, &get()) {
        Decision::Retry(again) => again.price,
        other => panic!("{other}"),
    };
    assert_eq!(price(inbox("503")), Budget::RETRY);
    assert_eq!(price(Failure::not_sent()), Budget::RETRY);
    assert_eq!(price(Failure::timed_out()), Budget::AFTER_TIMEOUT);
    assert_eq!(price(inbox("504")), Budget::AFTER_TIMEOUT);
    assert_eq!(price(inbox("524")), Budget::AFTER_TIMEOUT);
    assert_eq!(Budget::AFTER_TIMEOUT, 3 * Budget::RETRY);
}

#[test]
fn pauses_double_up_to_a_bound() {
    let policy = Policy::default().attempts(u32::MAX);
    let latest = |number| match policy.decide(&inbox("503"), &get().numbered(number)) {
        Decision::Retry(again) => again.wait.latest,
        other => panic!("{other}"),
    };
    let seconds: Vec<f64> = (1..=10).map(|number| latest(number).as_secs_f64()).collect();
    assert_eq!(seconds, [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 20.0, 20.0]);
    assert_eq!(latest(100), Duration::from_secs(20));
}

#[test]
fn every_stop_for_a_known_code_says_what_to_do() {
    for code in Sending::codes() {
        let status = code.status().as_u16();
        let Decision::Stop(stop) = Policy::default().decide(&sending(&format!("{status} {code}")), &post())
        else {
            continue;
        };
        assert!(!stop.step.unwrap().text.is_empty(), "{code}");
    }
}

#[test]
fn clients_do_not_share_their_pauses() {
    let wait = Wait { earliest: Duration::ZERO, latest: Duration::from_secs(20) };
    let picked: std::collections::HashSet<_> =
        (0..1_000_u64).map(|client| wait.pick(client.wrapping_mul(0x9E37_79B9_7F4A_7C15))).collect();
    assert_eq!(picked.len(), 1_000);
}

fn failures() -> impl Strategy<Value = Failure> {
    let status = 200_u16..=599;
    let code = proptest::sample::select(
        Sending::codes().iter().map(|code| code.as_str()).chain(["new", ""]).collect::<Vec<_>>(),
    );
    let wait = proptest::option::of(any::<u32>());
    let flag = proptest::option::of(any::<bool>());
    (status, code, wait, flag).prop_map(|(status, code, wait, flag)| {
        let wait = wait.map(|wait| format!(" retry-after={wait}")).unwrap_or_default();
        let flag = flag.map(|flag| format!(" \"retryable\":{flag}")).unwrap_or_default();
        sending(&format!("{status} {code}{wait}{flag}"))
    })
}

fn attempts() -> impl Strategy<Value = Attempt> {
    let left = proptest::option::of(any::<u32>());
    (any::<bool>(), any::<bool>(), any::<bool>(), 1..5_u32, left).prop_map(
        |(safe, keyed, once, number, left)| {
            let mut attempt = if safe { get() } else { post() }.numbered(number);
            attempt = if keyed { attempt.keyed() } else { attempt };
            attempt = if once { attempt.once() } else { attempt };
            left.map_or(attempt, |left| attempt.left(Duration::from_millis(left.into())))
        },
    )
}

proptest! {
    /// Whatever is decided: never before the server's time, never past the deadline, never a fourth attempt, never in
    /// another way when asked twice.
    #[test]
    fn no_decision_breaks_its_word(failure in failures(), attempt in attempts(), random: u64, left in proptest::option::of(0..200_u64)) {
        let policy = Policy::default();
        let attempt = left.map_or(attempt, |left| attempt.left(Duration::from_secs(left)));
        let decision = policy.decide(&failure, &attempt);
        prop_assert_eq!(decision, policy.decide(&failure, &attempt));
        if let Decision::Retry(again) | Decision::Refresh(again) = decision {
            let wait = again.wait.pick(random);
            prop_assert!(attempt.number() < 3);
            prop_assert!(again.wait.earliest <= wait && wait <= again.wait.latest);
            prop_assert!(wait <= Duration::from_secs(180));
            if let Some(left) = left {
                prop_assert!(wait <= Duration::from_secs(left));
            }
        }
    }
}
