//! `mail-relay [ADDRESS]`: the delivery service. Listens on a free port of this machine unless told otherwise, and
//! prints its address.

use std::error::Error;

use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let listener = TcpListener::bind(address).await?;
    println!("{}", listener.local_addr()?);
    Ok(mail_server::relay::serve(listener, async |_| ()).await?)
}
