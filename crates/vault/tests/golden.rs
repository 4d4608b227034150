//! Files that older versions of this program wrote, kept for ever: each opens, with all that it holds.
//!
//! The generator is ignored and only ever writes a file for a *new* version:
//! `cargo test -p floom-vault --test golden -- --ignored`.

mod place;

use std::path::PathBuf;
use std::rc::Rc;

use floom_secret::Policy;
use floom_vault::{
    AnchorState, ChainCheck, ConnectionKind, NewConnection, NewLink, NewOutboxItem, NewReceipt, OutboxChange, Point,
    Source, Vault,
};
use place::{NOTED, Place, at, killed_at_every_point, value};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The versions of which a file is kept.
const KEPT: [u32; 2] = [1, 2];

/// What the keychain held when the file was written.
#[derive(Serialize, Deserialize)]
struct Key {
    account: String,
    kek: Vec<u8>,
}

fn vector(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "vectors", name].iter().collect()
}

/// Puts one of everything into a new vault.
fn fill(vault: &mut Vault) {
    let filled = vault.transaction(|tx| {
        let new = NewConnection {
            kind: ConnectionKind::Remote,
            label: "floom.dev".into(),
            base_url: Some("https://floom.dev".into()),
            token: Some(&value("floom_agent_token")),
        };
        let connection = tx.add_connection(&new, at(1))?;
        let app = tx.ensure_app(connection, "flyfast", "Fly fast")?;
        let secret = tx.ensure_secret(app, "OPENAI_API_KEY", at(2))?;
        tx.put_value(secret, &value("sk-proj-0123456789abcdefgh8b2a"), &Source::Typed, at(3))?;
        let version = tx.put_value(secret, &value("second"), &Source::Pasted, at(4))?;
        tx.set_policy(secret, Policy::Creator)?;
        let path = "/code/flyfast/.env".into();
        tx.add_link(&NewLink { path, app, auto: true, reader: None, default_policy: Policy::User }, at(5))?;
        let receipt = NewReceipt { what: "value_stored", app: Some("flyfast"), key: Some("KEY"), detail: "typed" };
        let receipt = tx.append_receipt(&receipt, at(7))?;
        let change = OutboxChange::Value { version, policy: Policy::Creator };
        tx.enqueue(&NewOutboxItem { app, secret, change }, receipt, at(7))?;
        tx.set_setting("theme", "dark")
    });
    filled.expect("one of everything is stored");
}

/// Checks that all of [`fill`] is there.
fn check(vault: &Vault, version: u32) {
    let connection = vault.connections().expect("it is read").remove(0);
    let token = vault.connection_token(connection.id).expect("it is read");
    assert_eq!(token, Some(value("floom_agent_token")), "version {version}: the token");
    let app = vault.apps().expect("it is read").remove(0);
    assert_eq!((app.slug.as_str(), app.name.as_str()), ("flyfast", "Fly fast"), "version {version}: the app");
    let secret = vault.secrets(app.id).expect("it is read").remove(0);
    assert_eq!(secret.policy, Some(Policy::Creator), "version {version}: the policy");
    let first = vault.value(secret.id, 1).expect("it is read");
    assert_eq!(first, value("sk-proj-0123456789abcdefgh8b2a"), "version {version}: the first value");
    assert_eq!(vault.value(secret.id, 2).expect("it is read"), value("second"), "version {version}: the second value");
    let current = secret.current.expect("it has a current value");
    assert_eq!(current.fingerprint, vault.fingerprint(&value("second")), "version {version}: the fingerprint");
    assert_eq!(vault.links().expect("it is read")[0].default_policy, Policy::User, "version {version}: the link");
    assert_eq!(vault.outbox().expect("it is read")[0].secret, secret.id, "version {version}: the waiting change");
    let chain = vault.receipts_verify(&AnchorState::Absent).expect("it is read");
    assert!(matches!(chain, ChainCheck::Whole { count: 1.. }), "version {version}: the receipt, in a whole chain");
    assert_eq!(vault.setting("theme").expect("it is read").as_deref(), Some("dark"), "version {version}: the setting");
}

/// The file of a version that is kept, and its key, as if this program's predecessor had left them here.
fn kept(version: u32) -> (Rc<Place>, Uuid) {
    let place = Place::new();
    std::fs::create_dir_all(place.path().parent().expect("the kept file is whole")).expect("it is there");
    std::fs::copy(vector(&format!("v{version}.db")), place.path()).expect("the kept file is whole");
    let key = std::fs::read(vector(&format!("v{version}.key.json"))).expect("the kept file is whole");
    let key: Key = serde_json::from_slice(&key).expect("the kept file is whole");
    place.keychain.write(&key.account, &key.kek).expect("the kept file is whole");
    let (vault, _) = key.account.split_once('/').expect("the kept file is whole");
    (Rc::new(place), vault.parse().expect("the kept file is whole"))
}

fn copy_before_2(place: &Place) -> PathBuf {
    place.path().with_extension("db.before-2")
}

#[test]
fn before_a_step_a_copy_of_the_file_is_kept() {
    let (place, vault) = kept(1);
    check(&place.open(), 1);
    let copy = copy_before_2(&place);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&copy).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "only the owner reads the copy");
    }
    let db = rusqlite::Connection::open(&copy).unwrap();
    let version: u32 = db.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(version, 1, "it is the file as it was");
    let whole: String = db.pragma_query_value(None, "integrity_check", |row| row.get(0)).unwrap();
    assert_eq!(whole, "ok", "and it is whole");
    drop(db);
    std::fs::remove_file(place.path()).unwrap();
    std::fs::rename(&copy, place.path()).unwrap();
    check(&place.open(), 1);
    place.open().rotate_kek(&place.keychain, &NOTED, at(9)).unwrap();
    assert!(!copy_before_2(&place).exists(), "once its key is replaced, the copy goes too: nothing opens it");
    assert_eq!(place.generations(vault), [2], "there is one key");
    check(&place.open(), 1);
}

#[test]
fn a_step_that_was_killed_is_made_again() {
    let (place, vault) = kept(1);
    let opened = place.clone();
    let killed = killed_at_every_point(&place, vault, move || check(&opened.open(), 1));
    let points: Vec<Point> = killed.iter().map(|(point, _)| *point).collect();
    assert_eq!(points, [Point::CopyKept, Point::StepMade], "the step has these points");
    for (point, place) in killed {
        assert_eq!(place.number("PRAGMA user_version"), 1, "{point:?}: nothing was done by half");
        check(&place.open(), 1);
        assert!(copy_before_2(&place).exists(), "{point:?}: the copy is there");
    }
}

#[test]
fn a_new_file_needs_no_copy() {
    let place = Place::new();
    drop(place.create());
    assert!(!copy_before_2(&place).exists(), "there was nothing before it");
}

#[test]
fn every_file_that_was_ever_written_opens_with_all_that_it_holds() {
    for version in KEPT {
        let (place, _) = kept(version);
        check(&place.open(), version);
        check(&place.open(), version);
    }
}

#[test]
#[ignore = "writes the file of a new version"]
fn write() {
    let place = Place::new();
    let mut vault = place.create();
    fill(&mut vault);
    let account = format!("{}/1", vault.id());
    drop(vault);
    let kek = place.keychain.read(&account).unwrap().unwrap().to_vec();
    let db = rusqlite::Connection::open(place.path()).unwrap();
    let version: u32 = db.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    drop(db);
    std::fs::copy(place.path(), vector(&format!("v{version}.db"))).unwrap();
    let key = serde_json::to_string(&Key { account, kek }).unwrap() + "\n";
    std::fs::write(vector(&format!("v{version}.key.json")), key).unwrap();
}
