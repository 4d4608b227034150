//! Keys are replaced; killed anywhere, the vault opens and nothing is lost.

mod place;

use std::rc::Rc;

use floom_keychain::State;
use floom_vault::{
    AppId, KEY_REPLACED_AT, Point, Resealed, SecretId, Source, Standing, Vault, VaultError, standing, watch_points,
};
use place::{NOTED, Place, at, killed_at_every_point, put, times, value};

/// A vault with a connection's token and `count` values.
fn filled(place: &Place, count: usize) -> (Vault, AppId, Vec<SecretId>) {
    let (mut vault, app) = place.with_app();
    let connection = vault.connections().expect("it is read")[0].id;
    let secrets = vault.transaction(|tx| {
        tx.set_connection_token(connection, &value("the token"))?;
        (0..count)
            .map(|number| {
                let secret = tx.ensure_secret(app, &format!("KEY_{number}"), at(1))?;
                tx.put_value(secret, &value(&text(number)), &Source::Typed, at(1))?;
                Ok(secret)
            })
            .collect::<Result<Vec<_>, VaultError>>()
    });
    (vault, app, secrets.expect("the values are stored"))
}

fn text(number: usize) -> String {
    format!("value {number:044}")
}

fn check(vault: &Vault, secrets: &[SecretId], when: &str) {
    for (number, secret) in secrets.iter().enumerate() {
        assert_eq!(
            vault.value(*secret, 1).expect("it is read"),
            value(&text(number)),
            "{when}: value {number} is there"
        );
        assert_eq!(vault.versions(*secret).expect("it is read").len(), 1, "{when}: with what is shown of it");
    }
    let connection = vault.connections().expect("it is read")[0].id;
    assert_eq!(vault.connection_token(connection).expect("it is read"), Some(value("the token")), "{when}: the token");
}

#[test]
fn the_key_in_the_keychain_is_replaced() {
    let place = Place::new();
    let (mut vault, app, secrets) = filled(&place, 3);
    let id = vault.id();
    let first = place.keychain.read(&format!("{id}/1")).unwrap();
    for generation in 2..5 {
        vault.rotate_kek(&place.keychain, &NOTED, at(generation.into())).expect("the key is replaced");
        assert_eq!(place.generations(id), [generation], "the new one alone is there");
        check(&vault, &secrets, "the vault goes on");
        check(&place.open(), &secrets, "and opens");
    }
    assert_ne!(place.keychain.read(&format!("{id}/4")).unwrap(), first, "it is another key");
    assert_eq!(vault.setting(KEY_REPLACED_AT).unwrap(), Some(at(4).to_string()), "when is known");
    let secret = put(&mut vault, app, "NEW", "sealed after it");
    assert_eq!(place.open().value(secret, 1).unwrap(), value("sealed after it"), "what comes later opens too");
}

#[test]
fn a_rotation_of_the_key_can_be_killed_anywhere() {
    let place = Rc::new(Place::new());
    let (mut vault, _, secrets) = filled(&place, 3);
    let id = vault.id();
    let keychain = place.keychain.clone();
    let killed = killed_at_every_point(&place, id, move || vault.rotate_kek(&keychain, &NOTED, at(2)).unwrap());
    let points: Vec<Point> = killed.iter().map(|(point, _)| *point).collect();
    let expected = [
        Point::KekAnnounced,
        Point::KekWritten,
        Point::KekRewrapped,
        Point::KekCommitted,
        Point::KekOldDeleted,
        Point::KekReopened,
    ];
    assert_eq!(points, expected, "a rotation has these points");
    for (point, place) in killed {
        let committed = !matches!(point, Point::KekAnnounced | Point::KekWritten | Point::KekRewrapped);
        check(&place.open(), &secrets, &format!("{point:?}"));
        assert_eq!(place.generations(id), [if committed { 2 } else { 1 }], "{point:?}: what was left is removed");
        assert_eq!(place.number("SELECT count(*) FROM vault WHERE kek_other IS NULL"), 1, "{point:?}: and forgotten");
        let mut vault = place.open();
        vault.rotate_kek(&place.keychain, &NOTED, at(3)).unwrap_or_else(|error| panic!("{point:?}: {error}"));
        check(&place.open(), &secrets, &format!("{point:?}, rotated again"));
    }
}

#[test]
fn a_keychain_that_falls_silent_stops_a_rotation_and_loses_nothing() {
    let place = Place::new();
    let (mut vault, app, secrets) = filled(&place, 2);
    let id = vault.id();
    place.keychain.set_state(State::TimedOut);
    let refused = vault.rotate_kek(&place.keychain, &NOTED, at(2)).unwrap_err();
    assert_eq!(refused.code(), "keychain_timed_out", "it says why");
    check(&vault, &secrets, "the open vault goes on");
    put(&mut vault, app, "NEW", "and can be written");
    place.keychain.set_state(State::Ready);
    assert_eq!(place.generations(id), [1], "no key was made");
    check(&place.open(), &secrets, "it opens with the old key");
    vault.rotate_kek(&place.keychain, &NOTED, at(3)).expect("then it works");
    check(&place.open(), &secrets, "with the new key");
}

#[test]
fn a_keychain_that_falls_silent_after_the_commit_takes_the_old_key_back() {
    let place = Place::new();
    let (mut vault, app, secrets) = filled(&place, 2);
    let id = vault.id();
    let silent = place.keychain.clone();
    let watcher = move |point| {
        if point == Point::KekCommitted {
            silent.set_state(State::TimedOut);
        }
    };
    let refused = watch_points(watcher, || vault.rotate_kek(&place.keychain, &NOTED, at(2))).unwrap_err();
    assert_eq!(refused.code(), "keychain_timed_out", "the new key is not proven");
    let secret = put(&mut vault, app, "NEW", "stored after it");
    place.keychain.set_state(State::Ready);
    let opened = place.open();
    check(&opened, &secrets, "the old key opens it");
    assert_eq!(opened.value(secret, 1).unwrap(), value("stored after it"), "with what came later");
    assert_eq!(place.generations(id), [1], "the new one is gone");
}

#[test]
fn an_entry_that_is_there_already_is_never_overwritten() {
    let place = Place::new();
    let (mut vault, _, secrets) = filled(&place, 1);
    let id = vault.id();
    let other = format!("{id}/2");
    place.keychain.write(&other, &[7; 32]).unwrap();
    vault.rotate_kek(&place.keychain, &NOTED, at(2)).unwrap();
    assert_eq!(place.generations(id), [2, 3], "the next free generation is taken");
    assert_eq!(place.keychain.read(&other).unwrap().unwrap().as_slice(), [7; 32], "the entry is as it was");
    check(&place.open(), &secrets, "the vault opens");
    assert_eq!(place.generations(id), [2, 3], "an entry that no rotation of this file has left is not removed");
}

#[test]
fn an_older_file_that_is_put_back_costs_the_newer_one_no_key() {
    let place = Place::new();
    let (mut vault, _, secrets) = filled(&place, 1);
    let id = vault.id();
    let old = place.as_killed(id);
    vault.rotate_kek(&place.keychain, &NOTED, at(2)).unwrap();
    drop(vault);
    old.keychain.write(&format!("{id}/2"), &place.keychain.read(&format!("{id}/2")).unwrap().unwrap()).unwrap();
    check(&old.open(), &secrets, "with both keys there, the older file opens with the older");
    assert_eq!(old.generations(id), [1, 2], "and the newer file's key stays");
    old.keychain.delete(&format!("{id}/1")).unwrap();
    assert_eq!(standing(old.path(), &old.keychain), Standing::KeyMissing, "without the older key it is missing");
    let refused = Vault::open(old.path(), &old.keychain).map(drop).unwrap_err();
    assert_eq!(refused.code(), "vault_key_missing", "and the newer is not taken for it");
    assert_eq!(old.generations(id), [2], "nor removed");
}

#[test]
fn a_file_that_names_the_generation_before_its_key_opens() {
    let place = Place::new();
    let (mut vault, _, secrets) = filled(&place, 1);
    vault.rotate_kek(&place.keychain, &NOTED, at(2)).unwrap();
    drop(vault);
    place.edit("UPDATE vault SET kek_generation = 1");
    check(&place.open(), &secrets, "both generations are tried");
    assert_eq!(standing(place.path(), &place.keychain), Standing::Ready, "and it is not called a missing key");
}

#[test]
fn data_keys_are_replaced_and_the_old_ones_are_gone() {
    let place = Place::new();
    let (mut vault, app, secrets) = filled(&place, times(50));
    let connection = vault.connections().unwrap()[0].id;
    let other = vault.transaction(|tx| tx.ensure_app(connection, "other", "Other")).unwrap();
    let untouched = put(&mut vault, other, "KEY", "another app's");
    let keys = "SELECT count(*) FROM keys WHERE purpose = 'data key'";
    let nonces = place.number("SELECT count(*) FROM nonces");
    let done = vault.rotate_data_keys(Some(app)).unwrap();
    assert_eq!(done, Resealed { owners: 1, versions: secrets.len(), left: Vec::new() }, "all of one app");
    check(&vault, &secrets, "after one app");
    assert_eq!(place.number(keys), 3, "two apps and one connection have one key each");
    assert_eq!(place.number("SELECT count(*) FROM nonces"), nonces, "the nonces of the old key went with it");
    let done = vault.rotate_data_keys(None).unwrap();
    assert_eq!((done.owners, done.versions), (3, secrets.len() + 1), "all apps and the connection");
    assert_eq!(place.number(keys), 3, "still one key each");
    let seals = place.number("SELECT sum(seals) FROM keys");
    assert_eq!(seals, place.number("SELECT count(*) FROM nonces"), "every seal is counted and has its nonce");
    for vault in [&vault, &place.open()] {
        check(vault, &secrets, "after all");
        assert_eq!(vault.value(untouched, 1).unwrap(), value("another app's"), "and the other app's");
    }
}

#[test]
fn a_rotation_of_data_keys_can_be_killed_anywhere() {
    let place = Rc::new(Place::new());
    let (mut vault, _, secrets) = filled(&place, 3);
    let id = vault.id();
    let killed = killed_at_every_point(&place, id, move || drop(vault.rotate_data_keys(None).unwrap()));
    let points: Vec<Point> = killed.iter().map(|(point, _)| *point).collect();
    assert_eq!(points, [Point::DataKeysResealed, Point::DataKeysCommitted], "it has these points");
    for (point, place) in killed {
        check(&place.open(), &secrets, &format!("{point:?}"));
        let generation = place.number("SELECT max(generation) FROM keys WHERE purpose = 'data key'");
        assert_eq!(generation, if point == Point::DataKeysCommitted { 2 } else { 1 }, "{point:?}: all or nothing");
    }
}

#[test]
fn what_does_not_open_is_left_with_its_key_and_named() {
    let place = Place::new();
    let (mut vault, app, secrets) = filled(&place, 3);
    let original: Vec<u8> = {
        let db = rusqlite::Connection::open(place.path()).unwrap();
        db.query_row("SELECT value FROM versions WHERE secret = 2", [], |row| row.get(0)).unwrap()
    };
    let cut = "CAST(substr(value, 1, 18) || zeroblob(length(value) - 18) AS BLOB)";
    place.edit(&format!("UPDATE versions SET value = {cut} WHERE secret = 2"));
    let done = vault.rotate_data_keys(Some(app)).unwrap();
    assert_eq!((done.versions, done.left), (2, vec![("KEY_1".to_owned(), 1)]), "the damaged one is named");
    let refused = vault.value(secrets[1], 1).unwrap_err();
    assert_eq!(refused.code(), "vault_value_damaged", "it is still damaged");
    let db = rusqlite::Connection::open(place.path()).unwrap();
    db.execute("UPDATE versions SET value = ?1 WHERE secret = 2", [original]).unwrap();
    check(&vault, &secrets, "its key was kept, so that the bytes from a backup open");
}

#[test]
fn without_randomness_no_key_is_replaced() {
    let place = Place::new();
    let (vault, _, secrets) = filled(&place, 2);
    let id = vault.id();
    drop(vault);
    let mut vault = Vault::open_with(place.path(), &place.keychain, Box::new(NoEntropy)).unwrap();
    assert_eq!(vault.rotate_kek(&place.keychain, &NOTED, at(2)).unwrap_err().code(), "vault_randomness", "no new key");
    assert_eq!(vault.rotate_data_keys(None).unwrap_err().code(), "vault_randomness", "no new data key");
    assert_eq!(place.generations(id), [1], "the keychain is as it was");
    check(&vault, &secrets, "and so is the vault");
}

struct NoEntropy;

impl floom_vault::Entropy for NoEntropy {
    fn fill(&self, _: &mut [u8]) -> Result<(), floom_vault::RandomnessFailed> {
        Err(floom_vault::RandomnessFailed)
    }
}
