//! `cargo run -p tour`: starts the mail platform, provokes every error that its reference promises, for every cause,
//! and shows what the client made of it.

use std::process::ExitCode;

use tour::{BoxError, Options};

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("the tour broke off: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<ExitCode, BoxError> {
    if std::env::args().nth(1).as_deref() == Some("relay") {
        let address = std::env::args().nth(2).ok_or("relay ADDRESS")?;
        tour::relay(&address).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let folder = std::env::temp_dir().join(format!("errbook-tour-{}", std::process::id()));
    let options =
        Options { folder, program: std::env::current_exe()?, progress: |step| eprintln!("  {step}") };
    eprintln!("The mail platform is started on this machine, and every error in its reference is provoked.");
    let report = tour::run(&options).await?;
    println!("\n{report}");
    Ok(if report.is_complete() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
