//! Local Floom as a process of its own: it holds its own key and none of the vault's.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use floom_keychain::{Keychain, SERVICE};
use floom_local::{LocalError, Store, StoreKey};
use floom_protocol::Failure;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use zeroize::Zeroizing;

use crate::local::Listening;

/// The keychain entry of Local Floom's key.
const ACCOUNT: &str = "local-floom";

/// Serves on a loopback port until it is told to end: by a signal, or, supervised, when
/// standard input closes.
///
/// # Errors
/// Keychain, store or port cannot be had.
pub(crate) async fn serve(data: PathBuf, port: u16, supervised: bool) -> Result<(), Failure> {
    let opened = open(&data, port).await;
    let (listener, store, listening) = match opened {
        Ok(opened) => opened,
        Err(failure) if supervised => {
            say(&Listening::Failed(failure.clone()));
            return Err(failure);
        }
        Err(failure) => return Err(failure),
    };
    if supervised {
        say(&listening);
    } else if let Listening::At { url, .. } = &listening {
        eprintln!("Local Floom listens at {url}, for you on this computer. A team uses Floom itself.");
    }
    let ended = async move {
        if supervised {
            let mut nothing = [0; 1];
            while matches!(tokio::io::stdin().read(&mut nothing).await, Ok(read) if read > 0) {}
        } else {
            let _ = tokio::signal::ctrl_c().await;
        }
    };
    // Nobody reads what a supervised one says.
    let log: Option<floom_local::Log> = if supervised { None } else { Some(Arc::new(|entry| write(&entry))) };
    let options = floom_local::Options { log, ..floom_local::Options::default() };
    floom_local::serve_with(listener, store, options, ended).await.map_err(|error| of_local(&error))
}

/// One line of JSON on standard error.
fn write(entry: &floom_local::LogEntry) {
    if let Ok(line) = serde_json::to_string(entry) {
        eprintln!("{line}");
    }
}

async fn open(data: &Path, port: u16) -> Result<(TcpListener, Store, Listening), Failure> {
    let folder = data.to_owned();
    let store = tokio::task::spawn_blocking(move || open_store(&folder)).await.map_err(|_| {
        Failure::new("local_floom_not_started", "Local Floom ended.", "Nothing was changed.", "Try again.")
    })??;
    let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| {
        Failure::new(
            "port_taken",
            format!("Port {port} cannot be listened on: {error}."),
            "Nothing was changed.",
            "Choose another port, or 0 for any.",
        )
    })?;
    let address = listener
        .local_addr()
        .map_err(|error| Failure::new("port_taken", error.to_string(), "Nothing was changed.", "Try again."))?;
    let bearer = store.bearer().map_err(|error| of_local(&error))?;
    Ok((listener, store, Listening::At { url: format!("http://{address}"), token: bearer.0 }))
}

/// Opens the store; its key is made only when neither key nor store is there.
fn open_store(folder: &Path) -> Result<Store, Failure> {
    let keychain = Keychain::system(SERVICE);
    let of_keychain = |error: floom_keychain::KeychainError| {
        Failure::new(error.code(), error.to_string(), "Local Floom stays closed; nothing was changed.", error.hint())
    };
    let key = match keychain.read(ACCOUNT).map_err(of_keychain)? {
        Some(bytes) => key_of(&bytes)?,
        None if Store::exists(folder) => {
            return Err(Failure::new(
                "local_floom_key_missing",
                "The key of Local Floom is not in your keychain.",
                "Its store was left as it is.",
                "Restore the entry, or move the folder away to start anew.",
            ));
        }
        None => {
            let fresh = StoreKey::make().map_err(|error| of_local(&error))?;
            keychain.write(ACCOUNT, fresh.expose()).map_err(of_keychain)?;
            fresh
        }
    };
    let store = Store::open(folder, key).map_err(|error| of_local(&error))?;
    let program = std::env::current_exe().map(|path| path.display().to_string()).unwrap_or_default();
    store.ensure_sample(vec![program, "sample-app".to_owned()]).map_err(|error| of_local(&error))?;
    Ok(store)
}

fn key_of(bytes: &[u8]) -> Result<StoreKey, Failure> {
    let mut key = Zeroizing::new([0; 32]);
    if bytes.len() != key.len() {
        return Err(Failure::new(
            "keychain_foreign",
            "The entry of Local Floom in your keychain is no key of ours.",
            "It was left as it is.",
            "Look at the entry in your keychain.",
        ));
    }
    key.copy_from_slice(bytes);
    Ok(StoreKey::new(key))
}

fn of_local(error: &LocalError) -> Failure {
    Failure::new(error.code(), error.to_string(), "What is stored stays stored, encrypted.", error.hint())
}

fn say(listening: &Listening) {
    if let Ok(line) = serde_json::to_string(listening).map(Zeroizing::new) {
        let mut output = std::io::stdout().lock();
        let _ = writeln!(output, "{}", line.as_str()).and_then(|()| output.flush());
    }
}
