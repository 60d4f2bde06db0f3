//! `mail-server --database FILE --relay ADDRESS [--listen ADDRESS] [--new-team NAME [--plan PLAN] [--credits N]]`

use std::error::Error;
use std::net::SocketAddr;
use std::process::ExitCode;

use mail_server::{Config, NewTeam, Operator, Server};

const USAGE: &str = "usage: mail-server --database FILE --relay ADDRESS [--listen ADDRESS]
                   [--new-team NAME [--plan free|pro|scale] [--credits N]]

Serves the mail platform and prints its address. With --new-team it makes a team first and prints a key of it.
The delivery service is mail-relay.";

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mail-server: {error}\n\n{USAGE}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let mut database = None;
    let mut relay: Option<SocketAddr> = None;
    let mut listen: Option<SocketAddr> = None;
    let mut team: Option<NewTeam> = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
        match (name.as_str(), &mut team) {
            ("--database", _) => database = Some(value),
            ("--relay", _) => relay = Some(value.parse()?),
            ("--listen", _) => listen = Some(value.parse()?),
            ("--new-team", _) => team = Some(NewTeam::named(value)),
            ("--plan", Some(team)) => team.plan = value.parse()?,
            ("--credits", Some(team)) => team.credits = value.parse()?,
            _ => return Err(format!("{name} is unknown, or stands before --new-team").into()),
        }
    }
    let mut config =
        Config::new(database.ok_or("--database is missing")?, relay.ok_or("--relay is missing")?);
    if let Some(listen) = listen {
        config.listen = listen;
    }
    if let Some(team) = team {
        println!("{}", Operator::open(&config.database)?.create_team(&team)?);
    }
    let server = Server::start(config).await?;
    println!("http://{}", server.address());
    Ok(server.wait().await?)
}
