//! A disk that refuses: what was acknowledged is there, whatever call failed, and it works again afterwards.
//!
//! The vault is written by a child of this test under strace, which makes the system answer one call with an
//! error (strace(1), `-e inject`). Linux only, and only where strace is installed.

#![cfg(target_os = "linux")]

mod place;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use floom_keychain::Keychain;
use floom_vault::{ConnectionKind, NewConnection, Source, Vault, VaultError};
use place::{at, value};

const PASSPHRASE: &str = "a passphrase of this test";
const VAULT: &str = "FLOOM_DISK_FAULTS_VAULT";
const WRITES: u32 = 12;

fn open(path: &Path) -> Result<Vault, VaultError> {
    Vault::open_with_passphrase(path, &value(PASSPHRASE))
}

fn text(number: u32) -> String {
    format!("value {number} of this test")
}

/// Stores `text(number)` under the name `KEY_<number>`.
fn store(vault: &mut Vault, number: u32) -> Result<(), VaultError> {
    let app = vault.apps()?.first().map(|app| app.id).ok_or(VaultError::NotFound("app"))?;
    vault.transaction(|tx| {
        let secret = tx.ensure_secret(app, &format!("KEY_{number}"), at(1))?;
        tx.put_value(secret, &value(&text(number)), &Source::Typed, at(1)).map(drop)
    })
}

/// The child's part: says on standard error what was acknowledged and what was refused.
#[test]
#[ignore = "runs under strace, as the child of the test below"]
fn child() {
    let Some(path) = std::env::var_os(VAULT) else { return };
    let mut told = std::io::stderr();
    let mut vault = match open(Path::new(&path)) {
        Ok(vault) => vault,
        Err(error) => return writeln!(told, "refused {}", error.code()).expect("told"),
    };
    for number in 1..=WRITES {
        match store(&mut vault, number) {
            Ok(()) => writeln!(told, "stored {number}").expect("told"),
            Err(error) => writeln!(told, "refused {}", error.code()).expect("told"),
        }
    }
}

/// Runs the child on the vault at `path` with one injected fault.
fn under(fault: &str, path: &Path) -> Output {
    let calls = "trace=fsync,fdatasync,pwrite64,ftruncate";
    Command::new("strace")
        .args(["--follow-forks", "--quiet=all", "--output=/dev/null", "-e", calls, "-e", fault])
        .arg(std::env::current_exe().expect("this test"))
        .args(["child", "--exact", "--ignored", "--nocapture", "--test-threads=1"])
        .env(VAULT, path)
        .stdout(Stdio::null())
        .output()
        .expect("strace runs")
}

#[test]
fn nothing_is_acknowledged_that_the_disk_refused_and_all_of_it_works_again() {
    if Command::new("strace").arg("--version").stdout(Stdio::null()).status().is_err() {
        eprintln!("strace is not installed: left out");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let mut refused_at_least_once = false;
    for (round, fault) in [
        "inject=fsync,fdatasync:error=EIO:when=2",
        "inject=fsync,fdatasync:error=EIO:when=5",
        "inject=fsync,fdatasync:error=EIO:when=3+",
        "inject=fsync,fdatasync:error=ENOSPC:when=4..6",
        "inject=pwrite64:error=EIO:when=9",
        "inject=pwrite64:error=ENOSPC:when=12+",
        "inject=pwrite64:error=ENOSPC:when=15..25",
    ]
    .into_iter()
    .enumerate()
    {
        let path = folder.path().join(format!("{round}.db"));
        let app = {
            let keychain = Keychain::in_memory();
            let mut vault =
                Vault::create_with_passphrase(&path, &keychain, &value(PASSPHRASE), at(0)).expect("a vault is made");
            let local =
                NewConnection { kind: ConnectionKind::Local, label: "Local Floom".into(), base_url: None, token: None };
            vault
                .transaction(|tx| {
                    let connection = tx.add_connection(&local, at(0))?;
                    tx.ensure_app(connection, "flyfast", "Fly fast")
                })
                .expect("an app is made")
        };
        let output = under(fault, &path);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        let stored: Vec<u32> = told.lines().filter_map(|line| line.strip_prefix("stored ")?.parse().ok()).collect();
        let refused: Vec<&str> = told.lines().filter_map(|line| line.strip_prefix("refused ")).collect();
        assert!(!stored.is_empty() || !refused.is_empty(), "{fault}: the child answered: {told}");
        refused_at_least_once |= !refused.is_empty();
        for code in &refused {
            assert!(code.starts_with("vault_"), "{fault}: a refusal says what it is: {code}");
        }
        let mut vault = open(&path).unwrap_or_else(|error| panic!("{fault}: it opens again: {error}"));
        assert!(vault.contents().expect("it is read").is_whole(), "{fault}: everything that is there opens");
        for number in stored {
            let secret = vault.find_secret(app, &format!("KEY_{number}")).expect("read").expect("it is there");
            let kept = vault.value(secret.id, 1).expect("it opens");
            assert_eq!(kept, value(&text(number)), "{fault}: what was acknowledged is there");
        }
        store(&mut vault, WRITES + 1).unwrap_or_else(|error| panic!("{fault}: it works again: {error}"));
    }
    assert!(refused_at_least_once, "the faults reached the vault");
}

#[test]
fn a_commit_is_one_wait_for_the_disk() {
    if Command::new("strace").arg("--version").stdout(Stdio::null()).status().is_err() {
        eprintln!("strace is not installed: left out");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (path, seen) = (folder.path().join("one.db"), folder.path().join("calls"));
    let mut vault =
        Vault::create_with_passphrase(&path, &Keychain::in_memory(), &value(PASSPHRASE), at(0)).expect("made");
    let local = NewConnection { kind: ConnectionKind::Local, label: "Local Floom".into(), base_url: None, token: None };
    let made = vault.transaction(|tx| {
        let connection = tx.add_connection(&local, at(0))?;
        tx.ensure_app(connection, "flyfast", "Fly fast")
    });
    made.expect("an app is made");
    drop(vault);
    let output = Command::new("strace")
        .args(["--follow-forks", "--quiet=all", "-e", "trace=fsync,fdatasync,write"])
        .arg(format!("--output={}", seen.display()))
        .arg(std::env::current_exe().expect("this test"))
        .args(["child", "--exact", "--ignored", "--nocapture", "--test-threads=1"])
        .env(VAULT, &path)
        .stdout(Stdio::null())
        .output()
        .expect("strace runs");
    assert!(output.status.success(), "the child stored: {}", String::from_utf8_lossy(&output.stderr));
    let calls = std::fs::read_to_string(&seen).expect("the calls");
    let mut waits = Vec::new();
    let mut since = 0;
    for call in calls.lines() {
        if call.contains("write(2, \"stored ") {
            waits.push(since);
            since = 0;
        } else if call.contains(" fsync(") || call.contains(" fdatasync(") {
            since += 1;
        }
    }
    assert_eq!(waits.len(), WRITES as usize, "every write was acknowledged: {calls}");
    // The first also begins the log.
    assert_eq!(waits[1..], vec![1; WRITES as usize - 1], "one wait for each commit, before it is acknowledged");
}
