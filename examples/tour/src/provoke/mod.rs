//! The requests that go wrong. Each names the code and the cause, in the words of the reference.

pub(crate) mod inbox;
pub(crate) mod management;
pub(crate) mod outage;
pub(crate) mod rate;
pub(crate) mod sending;
pub(crate) mod shared;
pub(crate) mod transport;

use errbook::Api;
use errbook::mail::{Code, Inbox, Management, Sending};
use mail_client::{Call, Surface};
use serde_json::{Value, json};

use crate::stage::Team;

/// What every API has, so that what goes wrong in all of them is provoked by the same lines.
pub(crate) trait Door: Surface + Api<Code = Code> {
    /// Lists something.
    const LIST: &'static str;
    /// Takes a body.
    const POST: &'static str;
    /// Something with this id is shown.
    fn one(id: &str) -> Call;
    /// A body which [`Door::POST`] takes.
    fn good(team: &Team) -> Value;
}

impl Door for Management {
    const LIST: &'static str = "/mailboxes";
    const POST: &'static str = "/domains";

    fn one(id: &str) -> Call {
        Call::get(format!("/mailboxes/{id}"))
    }

    fn good(_: &Team) -> Value {
        json!({ "name": "more.example" })
    }
}

impl Door for Sending {
    const LIST: &'static str = "/emails";
    const POST: &'static str = "/emails";

    fn one(id: &str) -> Call {
        Call::get(format!("/emails/{id}"))
    }

    fn good(team: &Team) -> Value {
        json!({
            "from": { "email": team.mailbox.address },
            "to": { "email": "reader@elsewhere.example" },
            "subject": "News",
            "html_body": "<p>News</p>",
        })
    }
}

impl Door for Inbox {
    const LIST: &'static str = "/inboxes";
    const POST: &'static str = "/messages";

    fn one(id: &str) -> Call {
        Call::get(format!("/inboxes/{id}"))
    }

    fn good(team: &Team) -> Value {
        json!({ "inbox": team.inbox, "to": ["reader@elsewhere.example"], "text": "News" })
    }
}

/// A body with one member changed; null takes it away.
pub(crate) fn with(mut body: Value, member: &str, value: Value) -> Value {
    body[member] = value;
    body
}
