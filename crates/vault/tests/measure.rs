//! What storing and rotating cost; it prints, and asserts no time.
//!
//! `cargo test -p floom-vault --test measure -- --ignored --nocapture`

mod place;

use floom_vault::{Source, VaultError};
use place::{Place, at, value};

const VALUES: usize = 1_000;

/// This thread's time on a processor so far, in milliseconds (Linux, proc(5)).
fn cpu() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|nanoseconds| nanoseconds.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1e6
}

#[test]
#[ignore = "measures"]
fn a_thousand_values() {
    let place = Place::new();
    let (mut vault, app) = place.with_app();
    let start = cpu();
    vault
        .transaction(|tx| {
            for number in 0..VALUES {
                let secret = tx.ensure_secret(app, &format!("KEY_{number}"), at(1))?;
                tx.put_value(secret, &value(&format!("{number:050}")), &Source::Typed, at(1))?;
            }
            Ok::<_, VaultError>(())
        })
        .unwrap();
    println!("{VALUES} values of 50 bytes sealed and committed: {:.1} ms of CPU", cpu() - start);
    let start = cpu();
    let done = vault.rotate_data_keys(Some(app)).unwrap();
    println!("{} values opened and sealed under a new data key: {:.1} ms of CPU", done.versions, cpu() - start);
    drop(vault);
    let bytes = std::fs::metadata(place.path()).unwrap().len();
    println!("{} bytes of file per value", bytes / VALUES as u64);
    assert_eq!(done.versions, VALUES, "all of them were sealed anew");
}
