use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use crate::{Result, cargo, root};

/// Nothing that a user builds asks for a newer Rust than the workspace states. (That our own code keeps to it is clippy's
/// `incompatible_msrv`.)
pub(crate) fn check() -> Result {
    let output = cargo(&root())
        .args(["metadata", "--format-version", "1", "--all-features", "--locked"])
        .output()
        .map_err(|error| format!("could not run cargo metadata: {error}"))?;
    let metadata: Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("{error} in {}", String::from_utf8_lossy(&output.stderr)))?;
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();

    let packages: HashMap<String, Value> =
        list(&metadata["packages"]).into_iter().map(|package| (text(&package["id"]), package)).collect();
    let nodes: HashMap<String, Value> =
        list(&metadata["resolve"]["nodes"]).into_iter().map(|node| (text(&node["id"]), node)).collect();

    let published =
        packages.values().filter(|package| package["source"].is_null() && package["publish"].is_null());
    let mut open: Vec<String> = published.map(|package| text(&package["id"])).collect();
    let stated = open.first().map(|id| version(&packages[id]["rust_version"])).unwrap_or_default();
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        if !seen.insert(id.clone()) {
            continue;
        }
        for dependency in list(&nodes[&id]["deps"]) {
            // Dev-dependencies are not what a user builds.
            if list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"] != "dev") {
                open.push(text(&dependency["pkg"]));
            }
        }
    }
    let newer: Vec<String> = seen
        .iter()
        .map(|id| &packages[id])
        .filter(|package| version(&package["rust_version"]) > stated)
        .map(|package| format!("{} asks for Rust {}", text(&package["name"]), text(&package["rust_version"])))
        .collect();
    match newer.is_empty() {
        true => Ok(()),
        false => Err(format!("newer than the stated rust-version {stated:?}:\n{}", newer.join("\n"))),
    }
}

/// `1.88` or `1.88.0`; nothing stated is the oldest.
fn version(text: &Value) -> Vec<u32> {
    text.as_str().unwrap_or_default().split('.').take(2).map(|part| part.parse().unwrap_or(0)).collect()
}
