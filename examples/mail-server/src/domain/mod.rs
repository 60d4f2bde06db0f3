//! What the platform knows and decides. No HTTP here.

pub(crate) mod address;
pub(crate) mod attachment;
pub(crate) mod billing;
pub(crate) mod emails;
pub(crate) mod idempotency;
pub(crate) mod inboxes;
pub(crate) mod keys;
pub(crate) mod limiter;
pub(crate) mod mailboxes;
pub(crate) mod messages;
pub(crate) mod plan;
pub(crate) mod providers;
pub(crate) mod webhooks;
