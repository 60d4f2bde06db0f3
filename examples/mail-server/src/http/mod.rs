//! What the routes of all APIs share.

pub(crate) mod body;
pub(crate) mod caller;
pub(crate) mod query;
pub(crate) mod reply;
pub(crate) mod surface;
