//! Provokes every error of the mail platform through its client: each code of each API, and each cause that the
//! reference names, by a request of its own.
//!
//! What has to be met is read from the generated reference, so a code or a cause that is added to `errors.yaml` is
//! missing here until something provokes it.

mod meet;
mod promise;
mod provoke;
mod report;
pub mod stage;

use std::path::PathBuf;

use tokio::net::TcpListener;

pub use report::{Meeting, Report};

use crate::meet::Tour;
use crate::stage::Stage;

/// Whatever keeps the tour from going on.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// How the tour runs.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the database lies while it runs, and the reference afterwards.
    pub folder: PathBuf,
    /// A program that runs [`relay`] when it's called with `relay ADDRESS`: this package's own binary.
    pub program: PathBuf,
    /// Told what is being done.
    pub progress: fn(&str),
}

/// Runs the whole tour, which takes some seconds.
///
/// # Errors
///
/// Something other than an answer went wrong: the platform did not start, or a step that prepares another failed.
pub async fn run(options: &Options) -> Result<Report, BoxError> {
    let progress = options.progress;
    progress("starting the delivery service and the server");
    let stage = Stage::set(options).await?;
    let mut tour = Tour::new(stage, progress);

    provoke::shared::run(&mut tour).await?;
    provoke::management::run(&mut tour).await?;
    provoke::sending::run(&mut tour).await?;
    provoke::inbox::run(&mut tour).await?;
    provoke::transport::run(&mut tour).await?;
    provoke::outage::run(&mut tour).await?;
    provoke::rate::run(&mut tour).await?;

    progress("writing the reference");
    let reference = promise::write_reference(&options.folder)?;
    let (stage, meetings, surprises) = tour.finish();
    stage.strike().await?;
    Ok(Report::new(meetings, surprises, reference))
}

/// The delivery service, for the process that [`Options::program`] starts. Prints its address.
///
/// # Errors
///
/// The address can't be listened to.
pub async fn relay(address: &str) -> Result<(), BoxError> {
    let listener = TcpListener::bind(address).await?;
    println!("{}", listener.local_addr()?);
    Ok(mail_server::relay::serve(listener, async |_| ()).await?)
}
