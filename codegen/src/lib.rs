//! Placeholder.
#![allow(dead_code)]
mod catalog;
