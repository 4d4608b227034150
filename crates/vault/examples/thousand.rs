//! What the vault's own part costs, without agent and keychain: a new, durable vault in the folder that is named;
//! 1,000 values of 50 bytes stored in it, then opened and sealed under a new data key. It prints two lines:
//! what was done, and the nanoseconds on the processor that it took.

use std::path::PathBuf;

use floom_keychain::Keychain;
use floom_secret::SecretValue;
use floom_vault::{ConnectionKind, NewConnection, Source, Vault, VaultError};
use jiff::Timestamp;

const VALUES: usize = 1_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from).ok_or("usage: thousand FOLDER")?;
    let now = Timestamp::now();
    let mut vault = Vault::create(&folder.join("thousand.db"), &Keychain::in_memory(), now)?;
    let app = vault.transaction(|tx| {
        let new = NewConnection { kind: ConnectionKind::Local, label: "Local".into(), base_url: None, token: None };
        let connection = tx.add_connection(&new, now)?;
        tx.ensure_app(connection, "flyfast", "Fly fast")
    })?;
    let start = on_processor()?;
    vault.transaction(|tx| {
        for number in 0..VALUES {
            let secret = tx.ensure_secret(app, &format!("KEY_{number}"), now)?;
            tx.put_value(secret, &SecretValue::new(format!("{number:050}")), &Source::Typed, now)?;
        }
        Ok::<_, VaultError>(())
    })?;
    println!("stored {}", on_processor()? - start);
    let start = on_processor()?;
    let done = vault.rotate_data_keys(Some(app))?;
    if done.versions != VALUES {
        return Err("not every value was sealed anew".into());
    }
    println!("rotated {}", on_processor()? - start);
    Ok(())
}

/// This thread's time on a processor so far, in nanoseconds (Linux, <https://docs.kernel.org/scheduler/sched-stats.html>).
fn on_processor() -> Result<u64, Box<dyn std::error::Error>> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(told.split(' ').next().unwrap_or_default().parse()?)
}
