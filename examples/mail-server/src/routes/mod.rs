//! The APIs, a file each.

pub(crate) mod inbox;
pub(crate) mod management;
pub(crate) mod sending;
