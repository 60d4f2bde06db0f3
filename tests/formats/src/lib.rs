//! The error formats of public APIs: each folder of `apis` has an `errors.yaml`, and nothing is parsed by hand.
//!
//! Beside it, `answers` holds answers as they come over the wire, `NAME.http`, and what a client concludes from each,
//! `NAME.txt`. The format's parts are explained in `docs/FORMATS.md`.
//!
//! `versions` has two versions of one catalog, for a client of the one and a server of the other.

include!(concat!(env!("OUT_DIR"), "/apis.rs"));
