use crate::{Result, cargo, root, step};

/// Every feature of the runtime alone, none, and all, and each published crate by itself: what is built in one workspace
/// gets the others' features.
pub(crate) fn check() -> Result {
    let root = root();
    let alone = [
        "",
        "derive",
        "request",
        "tower",
        "axum",
        "actix",
        "tonic",
        "conformance",
        "tracing",
        "utoipa",
        "garde",
        "validator",
        "retry",
        "reqwest",
        "reqwest-middleware",
        "retry,tower",
        "retry,reqwest",
    ];
    for features in alone.into_iter().chain(["schemars", "mail", "axum,tracing,mail"]) {
        let arguments =
            ["clippy", "--package", "errbook", "--lib", "--no-default-features", "--features", features];
        let mut command = cargo(&root);
        command.args(arguments).args(["--", "-D", "warnings"]);
        step(&format!("errbook with features [{features}]"), &mut command)?;
    }
    for package in ["errbook-derive", "errbook-codegen", "errbook-cli"] {
        step(package, cargo(&root).args(["clippy", "--package", package, "--", "-D", "warnings"]))?;
    }
    Ok(())
}
