use std::process::Command;

use crate::{Result, cargo, root, step};

const TARGET: &str = "wasm32-unknown-unknown";

/// The core and a client's parts build for a browser, and run in Node.
pub(crate) fn runs() -> Result {
    node()?;
    let root = root();
    target()?;
    let mut client = cargo(&root);
    client.args([
        "clippy",
        "--package",
        "errbook",
        "--lib",
        "--target",
        TARGET,
        "--features",
        "mail,reqwest",
    ]);
    step("errbook for a browser", client.args(["--", "-D", "warnings"]))?;
    step("a client for a browser", cargo(&root).args(["build", "--package", "browser", "--target", TARGET]))?;
    // Its `main` takes no imports: a failed assertion is a trap.
    const RUN: &str = "WebAssembly.instantiate(require('fs').readFileSync(process.argv[1]))\
                       .then(({ instance }) => process.exit(instance.exports.main(0, 0)))\
                       .catch((error) => { console.error(error); process.exit(1); })";
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), Into::into);
    let file = target.join(TARGET).join("debug/browser.wasm");
    step("in Node", Command::new("node").arg("--eval").arg(RUN).arg(file))
}

fn node() -> Result {
    match Command::new("node").arg("--version").output() {
        Ok(output) if output.status.success() => Ok(()),
        _ => Err("the test of a client in a browser runs in Node.js (`node`): install it, on Debian with `apt-get install \
                  nodejs`"
            .to_owned()),
    }
}

/// What rustup can install is installed.
fn target() -> Result {
    let installed = Command::new("rustup").args(["target", "add", TARGET]).output();
    match installed {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            Err(format!("rustup can't add {TARGET}: {}", String::from_utf8_lossy(&output.stderr).trim_end()))
        }
        // A toolchain from elsewhere has it or says that it doesn't.
        Err(_) => Ok(()),
    }
}
