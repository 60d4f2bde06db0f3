//! What the platform's errors look like to whoever has nothing but a socket: each file in the folders of the APIs is a
//! request, the whole answer to it, and what a client reads in that answer; all typed by hand. `case.rs` says how such a
//! file looks. What a file can't say, the state of the platform, is made here.
#![allow(clippy::unwrap_used)]

mod case;
mod reading;
mod runner;
mod scene;
mod socket;

use std::path::Path;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time::timeout;
use tour::stage::Stage;
use tour::{BoxError, Options};

use crate::runner::Runner;

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_the_written_one() -> Result<(), BoxError> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("wire");
    let options = Options { folder, program: env!("CARGO_BIN_EXE_tour").into(), progress: |_| {} };
    let mut stage = Stage::set(&options).await?;
    let mut runner = Runner::new(stage.address(), scene::prepare(&stage).await?);

    runner.run_one_by_one("").await;
    runner.run("the rest of the body does not arrive").await;

    let silence = stage.silence_relay()?;
    runner.run("the delivery service says nothing").await;
    drop(silence);
    let silence = stage.silence_relay()?;
    still_running(&mut runner, silence).await?;
    stage.stop_relay();
    runner.run("the delivery service is stopped").await;

    let content = stage.break_database()?;
    runner.run("the database is broken").await;
    stage.mend_database(&content)?;

    scene::use_up_the_minute(&stage, runner.value("busy_key")).await?;
    runner.run("a key was used 1,800 times within the minute").await;

    stage.strike().await?;
    runner.finish();
    Ok(())
}

/// Sends the request of the state twice: the second time while the first one waits for the delivery service.
async fn still_running(runner: &mut Runner, silence: std::net::TcpListener) -> Result<(), BoxError> {
    silence.set_nonblocking(true)?;
    let silence = TcpListener::from_std(silence)?;
    let given = "the same request is still running";
    let first = tokio::spawn(runner.send(given));
    // The server has come this far with the first one.
    let waiting = timeout(Duration::from_secs(10), silence.accept()).await??;
    runner.run(given).await;
    drop(waiting);
    first.await?;
    Ok(())
}
