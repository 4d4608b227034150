//! What is changed behind the program's back is found, and named.

mod place;

use std::collections::BTreeSet;

use floom_secret::Policy;
use floom_vault::{
    AnchorState, ChainCheck, NewConnection, NewLink, NewOutboxItem, NewReceipt, OutboxChange, Vault, VaultError,
};
use place::{Place, at, put, queue, value};

#[test]
fn every_flipped_bit_of_a_stored_value_is_found() {
    let place = Place::new();
    let (mut vault, app) = place.with_app();
    let secret = put(&mut vault, app, "KEY", "the value");
    let bytes = |column: &str| -> Vec<u8> {
        let db = rusqlite::Connection::open(place.path()).unwrap();
        db.query_row(&format!("SELECT {column} FROM versions"), [], |row| row.get(0)).unwrap()
    };
    for column in ["value", "details"] {
        let original = bytes(column);
        for position in 0..original.len() {
            let mut changed = original.clone();
            changed[position] ^= 1 << (position % 8);
            set(&place, column, &changed);
            let error = match column {
                "value" => vault.value(secret, 1).map(drop).unwrap_err(),
                _ => vault.versions(secret).map(drop).unwrap_err(),
            };
            assert!(
                matches!(&error, VaultError::ValueDamaged { secret, version: 1 } if secret == "KEY"),
                "byte {position} of {column}: {error:?}"
            );
        }
        for length in 0..original.len() {
            set(&place, column, &original[..length]);
            let damaged = match column {
                "value" => vault.value(secret, 1).is_err(),
                _ => vault.versions(secret).is_err(),
            };
            assert!(damaged, "{column} cut to {length} bytes");
        }
        set(&place, column, &original);
    }
    assert_eq!(vault.value(secret, 1).unwrap(), value("the value"), "put back, it opens again");
}

fn set(place: &Place, column: &str, bytes: &[u8]) {
    let db = rusqlite::Connection::open(place.path()).expect("the file is a database");
    db.execute(&format!("UPDATE versions SET {column} = ?1"), [bytes]).expect("the edit is made");
}

#[test]
fn one_damaged_value_leaves_the_others_readable() {
    let place = Place::new();
    let (mut vault, app) = place.with_app();
    let damaged = put(&mut vault, app, "A", "first");
    let whole = put(&mut vault, app, "B", "second");
    place.edit("UPDATE versions SET value = zeroblob(50) WHERE secret = (SELECT secret FROM secrets WHERE name = 'A')");
    assert_eq!(vault.value(damaged, 1).unwrap_err().code(), "vault_value_damaged", "it is named");
    assert_eq!(vault.value(whole, 1).unwrap(), value("second"), "the other opens");
}

#[test]
fn a_value_opens_only_where_it_was_sealed() {
    let place = Place::new();
    let (mut vault, app) = place.with_app();
    let secret = put(&mut vault, app, "A", "first of A");
    put(&mut vault, app, "A", "second of A");
    let other_secret = put(&mut vault, app, "B", "first of B");
    let other_app = vault
        .transaction(|tx| {
            let connection = tx.connections()?[0].id;
            tx.ensure_app(connection, "other", "Other")
        })
        .unwrap();
    let in_other_app = put(&mut vault, other_app, "A", "elsewhere");

    let swap = |from: (&str, &str, u32), to: (&str, &str, u32)| {
        let row = |(app, name, number): (&str, &str, u32)| {
            format!(
                "(SELECT secret FROM secrets JOIN apps USING (app) WHERE slug = '{app}' AND secrets.name = '{name}') AND number = {number}"
            )
        };
        let set = ["value", "details"]
            .map(|column| format!("{column} = (SELECT {column} FROM versions WHERE secret = {})", row(from)));
        let changed = place.edit(&format!("UPDATE versions SET {} WHERE secret = {}", set.join(", "), row(to)));
        assert_eq!(changed, 1, "one row got another's bytes");
    };
    let code = |vault: &Vault, secret, version| {
        assert!(vault.versions(secret).is_err(), "its preview does not open either");
        vault.value(secret, version).unwrap_err().code()
    };
    swap(("flyfast", "A", 2), ("flyfast", "A", 1));
    assert_eq!(code(&vault, secret, 1), "vault_value_damaged", "another version of the same secret");
    swap(("flyfast", "A", 2), ("flyfast", "B", 1));
    assert_eq!(code(&vault, other_secret, 1), "vault_value_damaged", "another secret of the same app");
    swap(("flyfast", "A", 2), ("other", "A", 1));
    assert_eq!(code(&vault, in_other_app, 1), "vault_value_damaged", "the same name in another app");
    assert_eq!(vault.value(secret, 2).unwrap(), value("second of A"), "at its own place it opens");

    let place = Place::new();
    let (mut vault, app) = place.with_app();
    let secret = put(&mut vault, app, "A", "the value");
    place.edit("UPDATE versions SET value = details");
    assert_eq!(
        vault.value(secret, 1).unwrap_err().code(),
        "vault_value_damaged",
        "what was sealed as details is no value"
    );
}

#[test]
fn a_value_of_another_vault_is_refused() {
    let (one, other) = (Place::new(), Place::new());
    let (mut first, app) = one.with_app();
    let secret = put(&mut first, app, "A", "here");
    let (mut second, app) = other.with_app();
    put(&mut second, app, "A", "there");
    drop(second);
    let theirs: Vec<u8> = rusqlite::Connection::open(other.path())
        .unwrap()
        .query_row("SELECT value FROM versions", [], |row| row.get(0))
        .unwrap();
    set(&one, "value", &theirs);
    assert_eq!(first.value(secret, 1).unwrap_err().code(), "vault_value_damaged", "it belongs to another vault");
}

/// Every column that says something, and an edit of it.
const EDITS: &[(&str, &str)] = &[
    ("secrets", "policy = 'user_vault'"),
    ("secrets", "policy = NULL"),
    ("secrets", "name = 'RENAMED'"),
    ("secrets", "current = 1"),
    ("secrets", "last_version = 9"),
    ("secrets", "remote = '{}'"),
    ("secrets", "removed_at = 5"),
    ("secrets", "created_at = 5"),
    ("secrets", "app = (SELECT app FROM apps WHERE slug = 'other')"),
    ("secrets", "id = zeroblob(16)"),
    ("secrets", "mac = zeroblob(16)"),
    ("secrets", "mac = x''"),
    ("apps", "slug = 'elsewhere'"),
    ("apps", "name = 'Other'"),
    ("apps", "gone = 1"),
    ("connections", "base_url = 'https://evil.example'"),
    ("connections", "kind = 'local'"),
    ("connections", "label = 'other'"),
    ("connections", "token = NULL"),
    ("connections", "removed = 1"),
    ("links", "path = x'2f'"),
    ("links", "auto = 1"),
    ("links", "default_policy = 'user_vault'"),
    ("links", "reader = 'shell'"),
    ("links", "paused = '{}'"),
    ("links", "set_aside = '{\"A\":0}'"),
    ("links", "seen = '{\"A\":0}'"),
    ("links", "app = (SELECT app FROM apps WHERE slug = 'other')"),
    ("outbox", "change = '\"remove\"'"),
    ("outbox", "attempts = 7"),
    ("outbox", "next_try = 7"),
    ("outbox", "failure = '{}'"),
    ("outbox", "secret = (SELECT secret FROM secrets WHERE name = 'SECOND')"),
    ("settings", "value = 'light'"),
];

#[test]
fn every_edit_of_a_row_is_found() {
    for (table, edit) in EDITS {
        let place = Place::new();
        let vault = populated(&place);
        read_all(&vault).expect("as it was written, all of it is read");
        let which = match *table {
            "secrets" => "WHERE name = 'FIRST'",
            "apps" => "WHERE slug = 'flyfast'",
            _ => "",
        };
        let changed = place.edit(&format!("UPDATE {table} SET {edit} {which}"));
        assert_eq!(changed, 1, "{table}: {edit} changed one row");
        let error = read_all(&vault).expect_err(&format!("{table}: {edit} was not found"));
        assert_eq!(error.code(), "vault_row_altered", "{table}: {edit}: {error}");
    }
    let tables: BTreeSet<_> = EDITS.iter().map(|(table, _)| *table).collect();
    assert_eq!(tables.len(), 6, "every table with a MAC was tried");
}

fn populated(place: &Place) -> Vault {
    let mut vault = place.create();
    let filled = vault.transaction(|tx| {
        let connection = tx.add_connection(
            &NewConnection {
                kind: floom_vault::ConnectionKind::Remote,
                label: "floom.dev".into(),
                base_url: Some("https://floom.dev".into()),
                token: Some(&value("token")),
            },
            at(0),
        )?;
        tx.ensure_app(connection, "other", "Other app")?;
        let app = tx.ensure_app(connection, "flyfast", "Fly fast")?;
        let secret = tx.ensure_secret(app, "FIRST", at(0))?;
        tx.put_value(secret, &value("one"), &floom_vault::Source::Typed, at(0))?;
        let version = tx.put_value(secret, &value("two"), &floom_vault::Source::Typed, at(0))?;
        tx.set_policy(secret, Policy::Creator)?;
        tx.ensure_secret(app, "SECOND", at(0))?;
        let new = NewLink { path: "/.env".into(), app, auto: false, reader: None, default_policy: Policy::Creator };
        tx.add_link(&new, at(0))?;
        let change = OutboxChange::Value { version, policy: Policy::Creator };
        queue(tx, &NewOutboxItem { app, secret, change }, at(0))?;
        tx.set_setting("theme", "dark")
    });
    filled.expect("all of it is stored");
    vault
}

fn read_all(vault: &Vault) -> Result<(), VaultError> {
    for connection in vault.connections()? {
        vault.connection_token(connection.id)?;
    }
    for app in vault.apps()? {
        vault.secrets(app.id)?;
    }
    vault.links()?;
    vault.outbox()?;
    vault.setting("theme")?;
    Ok(())
}

fn with_receipts(place: &Place) -> Vault {
    let mut vault = place.create();
    for (second, key) in (1..).zip(["A", "B", "C", "D"]) {
        let receipt =
            NewReceipt { what: "value_stored", app: Some("flyfast"), key: Some(key), detail: "from .env line 7" };
        let sequence = vault.transaction(|tx| tx.append_receipt(&receipt, at(second))).expect("it is written");
        assert_eq!(sequence.get(), second, "receipts are numbered from 1 without gaps");
    }
    vault
}

#[test]
fn receipts_are_chained() {
    let place = Place::new();
    assert_eq!(
        place.create().receipts_verify(&AnchorState::Absent).unwrap(),
        ChainCheck::Whole { count: 0 },
        "an empty chain is whole"
    );
    let place = Place::new();
    let vault = with_receipts(&place);
    drop(vault);
    let vault = place.open();
    assert_eq!(
        vault.receipts_verify(&AnchorState::Absent).unwrap(),
        ChainCheck::Whole { count: 4 },
        "as it was written, it is whole"
    );
    let newest = vault.receipts(2).unwrap();
    assert_eq!(newest.iter().map(|receipt| receipt.sequence).collect::<Vec<_>>(), [4, 3], "the newest come first");
    assert_eq!(
        (newest[0].what.as_str(), newest[0].key.as_deref(), newest[0].at),
        ("value_stored", Some("D"), at(4)),
        "whole"
    );
}

#[test]
fn every_edit_removal_swap_and_cut_of_receipts_is_found() {
    for (edit, at) in [
        ("UPDATE receipts SET key = 'X' WHERE sequence = 2", 2),
        ("UPDATE receipts SET app = NULL WHERE sequence = 1", 1),
        ("UPDATE receipts SET at = at + 1 WHERE sequence = 4", 4),
        ("UPDATE receipts SET detail = '' WHERE sequence = 3", 3),
        ("UPDATE receipts SET mac = zeroblob(32) WHERE sequence = 3", 3),
        ("DELETE FROM receipts WHERE sequence = 1", 1),
        ("DELETE FROM receipts WHERE sequence = 3", 3),
        ("DELETE FROM receipts WHERE sequence = 4", 4),
        ("DELETE FROM receipts", 1),
        ("DELETE FROM chain", 5),
        ("UPDATE chain SET sequence = 9", 5),
        ("UPDATE receipts SET sequence = CASE sequence WHEN 2 THEN -3 ELSE -2 END WHERE sequence IN (2, 3)", 1),
    ] {
        let place = Place::new();
        let vault = with_receipts(&place);
        assert!(place.edit(edit) > 0, "{edit} changed something");
        assert_eq!(vault.receipts_verify(&AnchorState::Absent).unwrap(), ChainCheck::Breaks { at }, "{edit}");
    }
}

#[test]
fn nothing_is_appended_to_a_chain_whose_end_was_changed() {
    let place = Place::new();
    let mut vault = with_receipts(&place);
    place.edit("UPDATE chain SET sequence = 2");
    let receipt = NewReceipt { what: "value_sent", app: None, key: None, detail: "" };
    let refused = vault.transaction(|tx| tx.append_receipt(&receipt, at(9))).unwrap_err();
    assert_eq!(refused.code(), "vault_row_altered", "it would hide what was changed");
}

#[test]
fn nothing_waits_to_be_sent_when_its_receipt_cannot_be_written() {
    let place = Place::new();
    let (mut vault, app) = place.with_app();
    let secret = put(&mut vault, app, "KEY", "the value");
    let receipt = NewReceipt { what: "value_stored", app: None, key: Some("KEY"), detail: "" };
    vault.transaction(|tx| tx.append_receipt(&receipt, at(2))).expect("it is written");
    let change = OutboxChange::Value { version: 1, policy: Policy::Creator };
    let commit = |vault: &mut Vault| {
        vault.transaction(|tx| {
            let receipt = tx.append_receipt(&receipt, at(3))?;
            tx.enqueue(&NewOutboxItem { app, secret, change }, receipt, at(3))
        })
    };
    for (broken, mended) in [
        ("UPDATE chain SET sequence = sequence + 1", "UPDATE chain SET sequence = sequence - 1"),
        ("ALTER TABLE receipts RENAME TO elsewhere", "ALTER TABLE elsewhere RENAME TO receipts"),
    ] {
        place.edit(broken);
        commit(&mut vault).expect_err("the receipt cannot be written");
        assert!(vault.outbox().unwrap().is_empty(), "{broken}: nothing waits, so that nothing leaves");
        place.edit(mended);
    }
    commit(&mut vault).expect("where it can be written, both are there");
    assert_eq!(vault.outbox().unwrap().len(), 1, "where it can be written, both are there");
}
