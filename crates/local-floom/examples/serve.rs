//! `serve DIR`: Local Floom without a keychain, for the benchmark. Its key is made for this run and its budget of
//! changes never ends. It prints its address and its token, and has an app `bench` with one secret.

use std::error::Error;
use std::path::PathBuf;

use floom_local::{Options, Store, StoreKey};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let dir: PathBuf = std::env::args_os().nth(1).ok_or("usage: serve DIR")?.into();
    let store = Store::open(&dir, StoreKey::make()?)?;
    let manifest = "slug: bench\nname: Bench\nsecrets_needed: [API_KEY]\ncommand: [\"true\"]\n";
    store.register(&floom_local::Manifest::from_yaml(manifest)?)?;
    let token = store.bearer()?.0;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{} {}", listener.local_addr()?, token.expose());
    let options = Options { changes_per_minute: u64::MAX, ..Options::default() };
    floom_local::serve_with(listener, store, options, std::future::pending()).await?;
    Ok(())
}
