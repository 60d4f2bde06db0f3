//! Runs the cases, those of a state of the platform when it is in that state.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use errbook::Api;
use errbook::mail::{Code, Inbox, Management, Sending};

use crate::case::{self, Case};
use crate::socket::{Answer, exchange};
use crate::{reading, scene::Values};

const SHARED: &[&str] = &[
    "authentication_required",
    "invalid_parameter",
    "missing_parameter",
    "not_found",
    "rate_limit_exceeded",
    "internal_error",
];
const PERMISSIONS: &[&str] = &["insufficient_permissions"];
const TRANSPORT: &[&str] =
    &["method_not_allowed", "not_acceptable", "request_timeout", "unsupported_media_type"];
const OF_SENDING: &[&str] = &[
    "insufficient_credits",
    "validation_error",
    "idempotency_conflict",
    "payload_too_large",
    "no_active_providers",
    "service_unavailable",
];
const OF_INBOX: &[&str] = &[
    "inbox_limit_reached",
    "custom_domains_require_paid_plan",
    "dedicated_subdomain_requires_scale",
    "storage_limit_reached",
    "address_taken",
    "attachment_too_large",
    "no_deliverable_recipients",
    "service_unavailable",
];

/// The codes that each API has.
const MANAGEMENT: &[&[&str]] = &[SHARED, PERMISSIONS, TRANSPORT, &["body_too_large"]];
const SENDING: &[&[&str]] = &[SHARED, PERMISSIONS, TRANSPORT, OF_SENDING];
const INBOX: &[&[&str]] = &[SHARED, TRANSPORT, &["body_too_large"], OF_INBOX];

pub(crate) struct Runner {
    address: SocketAddr,
    values: Values,
    cases: Vec<Case>,
    answers: BTreeMap<String, Answer>,
    failures: Vec<String>,
}

impl Runner {
    pub(crate) fn new(address: SocketAddr, values: Values) -> Runner {
        let cases = case::all();
        Runner { address, values, cases, answers: BTreeMap::new(), failures: Vec::new() }
    }

    pub(crate) fn value(&self, name: &str) -> &str {
        &self.values[name]
    }

    /// For those with large bodies, which would get in each other's way.
    pub(crate) async fn run_one_by_one(&mut self, given: &str) {
        for case in self.of(given) {
            let answer = exchange(self.address, &case.request(&self.values)).await;
            self.record(case, answer);
        }
    }

    /// All at once: those that wait for something wait together.
    pub(crate) async fn run(&mut self, given: &str) {
        let address = self.address;
        let tasks = self.of(given).into_iter().map(|case| {
            let request = case.request(&self.values);
            tokio::spawn(async move { (case, exchange(address, &request).await) })
        });
        for task in tasks.collect::<Vec<_>>() {
            let (case, answer) = task.await.unwrap();
            self.record(case, answer);
        }
    }

    /// Sends the only request of the state, whatever the answer is.
    pub(crate) fn send(&self, given: &str) -> impl Future<Output = ()> + use<> {
        let [case] = self.of(given).try_into().unwrap();
        let (address, request) = (self.address, case.request(&self.values));
        async move { drop(exchange(address, &request).await) }
    }

    fn of(&self, given: &str) -> Vec<Case> {
        let cases: Vec<_> = self.cases.iter().filter(|case| case.given == given).cloned().collect();
        assert!(!cases.is_empty(), "no case is given {given:?}");
        cases
    }

    fn record(&mut self, case: Case, answer: Result<Answer, String>) {
        let checked = answer.and_then(|answer| {
            let checked = case.check(&answer);
            self.answers.insert(case.name.clone(), answer);
            checked
        });
        if let Err(why) = checked {
            self.failures.push(format!("{}: {why}", case.name));
        }
    }

    /// Every case was run, and what holds for all of them together.
    pub(crate) fn finish(mut self) {
        self.compare();
        self.ids_are_new();
        assert!(self.failures.is_empty(), "{}", self.failures.join("\n"));
        self.codes_are_those_of::<Management>("management", MANAGEMENT);
        self.codes_are_those_of::<Sending>("sending", SENDING);
        self.codes_are_those_of::<Inbox>("inbox", INBOX);
    }

    fn compare(&mut self) {
        let bytes = |name: &str| self.answers.get(name).map(Answer::without_id_and_date);
        for case in &self.cases {
            let answer = bytes(&case.name);
            if answer.is_none() {
                self.failures.push(format!("{}: not run, given {:?}", case.name, case.given));
            } else if case.same_as.as_ref().is_some_and(|other| bytes(other) != answer) {
                self.failures.push(format!("{}: other bytes than {:?}", case.name, case.same_as));
            }
        }
    }

    fn ids_are_new(&mut self) {
        let mut seen = BTreeSet::new();
        for (name, answer) in &self.answers {
            if !seen.insert(answer.id()) {
                self.failures.push(format!("{name}: the id of another request"));
            }
        }
    }

    /// The codes that an API answered with are all those that it's written to have, and the catalog says the same.
    fn codes_are_those_of<A: Api<Code = Code>>(&self, api: &str, written: &[&[&str]]) {
        let written: BTreeSet<_> = written.concat().into_iter().map(str::to_owned).collect();
        let of_api = self.cases.iter().filter(|case| case.api() == api);
        let met: BTreeSet<_> = of_api.filter_map(|case| reading::code(&self.answers[&case.name])).collect();
        assert_eq!(met, written, "{api}: the codes of the answers, and those that it has");
        let of_catalog: BTreeSet<_> = A::codes().iter().map(|code| code.to_string()).collect();
        assert_eq!(of_catalog, written, "{api}: the codes of the catalog, and those that it has");
    }
}
