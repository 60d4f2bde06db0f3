//! The errors of a shop's API. The server and the client in `examples/` depend on this crate alone.

errbook::include_catalog!();

/// What the generated code is built on, for servers and clients.
pub use errbook;
