//! The recovery kit: what was stored comes back byte for byte, from file and code alone.

mod place;

use std::path::{Path, PathBuf};
use std::rc::Rc;

use floom_keychain::{Keychain, State};
use floom_secret::{Policy, SecretValue};
use floom_vault::{
    ConnectionKind, KeyHolder, NewConnection, NewLink, NewOutboxItem, NewReceipt, OutboxChange, Point, RESTORED_AT,
    RecoveryCode, SecretId, Source, Standing, Vault, VaultError, drill, recover, restore, standing,
};
use place::{NOTED, Place, at, killed_at_every_point, kit, put, times, value};
use proptest::prelude::*;

/// A vault with one of everything, and a value for each of `texts`.
fn filled(place: &Place, texts: &[String]) -> (Vault, Vec<SecretId>) {
    let mut vault = place.create();
    let secrets = vault.transaction(|tx| {
        let kind = ConnectionKind::Remote;
        let token = value("floom_agent_token");
        let new = NewConnection { kind, label: "floom.dev".into(), base_url: None, token: Some(&token) };
        let connection = tx.add_connection(&new, at(1))?;
        let app = tx.ensure_app(connection, "flyfast", "Fly fast")?;
        let path = "/code/flyfast/.env".into();
        tx.add_link(&NewLink { path, app, auto: true, reader: None, default_policy: Policy::Creator }, at(1))?;
        let receipt =
            tx.append_receipt(&NewReceipt { what: "value_stored", app: None, key: None, detail: "" }, at(1))?;
        let mut secrets = Vec::new();
        for (number, text) in texts.iter().enumerate() {
            let secret = tx.ensure_secret(app, &format!("KEY_{number}"), at(1))?;
            let version = tx.put_value(secret, &value(text), &Source::Typed, at(1))?;
            let change = OutboxChange::Value { version, policy: Policy::Creator };
            tx.enqueue(&NewOutboxItem { app, secret, change }, receipt, at(2))?;
            secrets.push(secret);
        }
        Ok::<_, VaultError>(secrets)
    });
    (vault, secrets.expect("everything is stored"))
}

fn check(vault: &Vault, secrets: &[SecretId], texts: &[String]) {
    for (secret, text) in secrets.iter().zip(texts) {
        assert!(vault.value(*secret, 1).expect("it is read") == value(text), "each value is there, byte for byte");
    }
    let contents = vault.contents().expect("it is read");
    assert!(contents.is_whole(), "everything opens: {:?}", contents.damaged);
    let connection = vault.connections().expect("it is read")[0].id;
    assert_eq!(
        vault.connection_token(connection).expect("it is read"),
        Some(value("floom_agent_token")),
        "and the token"
    );
}

fn texts(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("value {number:044}")).collect()
}

fn kit_file(place: &Place) -> PathBuf {
    place.path().with_file_name("floom-kit.vault")
}

fn retyped(code: &RecoveryCode) -> RecoveryCode {
    let typed = code.groups().map(|group| group.expose().to_lowercase()).join("-");
    RecoveryCode::parse(&SecretValue::new(typed)).expect("the code is read as it was shown")
}

#[test]
fn a_kit_brings_everything_back_on_another_machine() {
    let (place, texts) = (Place::new(), texts(5));
    let (mut vault, secrets) = filled(&place, &texts);
    let code = kit(&mut vault, at(3)).unwrap();
    vault.write_kit_file(&kit_file(&place)).unwrap();
    let id = vault.id();
    let elsewhere = Place::new();
    let holder = KeyHolder::Keychain(&elsewhere.keychain);
    let (mut vault, contents) =
        restore(&kit_file(&place), &retyped(&code), elsewhere.path(), holder, at(9)).expect("it is restored");
    assert!(contents.is_whole(), "nothing was damaged");
    assert_eq!((vault.id(), elsewhere.generations(id)), (id, vec![2]), "the same vault, under a new key");
    assert_eq!(
        vault.setting(RESTORED_AT).unwrap(),
        Some(at(9).to_string()),
        "marked, so that nothing is sent by itself"
    );
    check(&vault, &secrets, &texts);
    assert_eq!(vault.outbox().unwrap().len(), 5, "what waited is there, to be reviewed");
    let app = vault.apps().unwrap()[0].id;
    put(&mut vault, app, "NEW", "sealed here");
    let kek_1 =
        elsewhere.number("SELECT count(*) FROM keys WHERE purpose = 'data key' AND generation = 1 AND seals = 0");
    assert_eq!(kek_1, 0, "the old data keys have sealed before");
    let seals = elsewhere.number("SELECT sum(seals) FROM keys WHERE purpose = 'data key' AND generation = 2");
    assert_eq!(seals, 2, "and what is new is sealed under new ones");
    drop(vault);
    assert_eq!(standing(elsewhere.path(), &elsewhere.keychain), Standing::Ready, "it opens as any vault");
    check(&elsewhere.open(), &secrets, &texts);
    check(&place.open(), &secrets, &texts);
}

#[test]
fn a_kit_outlives_every_change_of_the_key() {
    let (place, texts) = (Place::new(), texts(3));
    let (mut vault, secrets) = filled(&place, &texts);
    let code = kit(&mut vault, at(3)).unwrap();
    for round in 0..3 {
        vault.rotate_kek(&place.keychain, &NOTED, at(4 + round)).unwrap();
        vault.rotate_data_keys(None).unwrap();
        vault.write_kit_file(&kit_file(&place)).expect("the kit of before is replaced");
        let elsewhere = Place::new();
        let holder = KeyHolder::Keychain(&elsewhere.keychain);
        let (mut restored, _) = restore(&kit_file(&place), &code, elsewhere.path(), holder, at(9)).unwrap();
        check(&restored, &secrets, &texts);
        restored.rotate_kek(&elsewhere.keychain, &NOTED, at(10)).unwrap();
        restored.write_kit_file(&kit_file(&elsewhere)).unwrap();
        let third = Place::new();
        let holder = KeyHolder::Keychain(&third.keychain);
        let (restored, _) = restore(&kit_file(&elsewhere), &code, third.path(), holder, at(11)).unwrap();
        check(&restored, &secrets, &texts);
    }
}

#[test]
fn a_drill_proves_the_kit_and_writes_nothing() {
    let (place, texts) = (Place::new(), texts(4));
    let (mut vault, _) = filled(&place, &texts);
    assert_eq!(vault.write_kit_file(&kit_file(&place)).unwrap_err().code(), "no_recovery_kit", "a kit needs a code");
    let code = kit(&mut vault, at(3)).unwrap();
    assert_eq!(vault.recovery_kit().unwrap().unwrap().tested_at, None, "a new kit is not proven");
    vault.write_kit_file(&kit_file(&place)).unwrap();
    let before = std::fs::read(kit_file(&place)).unwrap();
    let files = || {
        let folder = std::fs::read_dir(place.path().parent().unwrap()).unwrap().flatten();
        folder.map(|entry| entry.file_name()).collect::<std::collections::BTreeSet<_>>()
    };
    let names = files();
    let report = drill(&kit_file(&place), &code).expect("the drill opens it");
    assert_eq!(std::fs::read(kit_file(&place)).unwrap(), before, "the file is as it was");
    assert_eq!(files(), names, "and none is new");
    let live = vault.contents().unwrap();
    let counts = |contents: &floom_vault::Contents| {
        (contents.connections, contents.apps, contents.secrets, contents.values, contents.receipts)
    };
    assert_eq!(counts(&report.contents), (1, 1, 4, 4, 1), "everything was opened");
    assert_eq!(counts(&report.contents), counts(&live), "as much as the vault in use has");
    vault.transaction(|tx| tx.record_drill(&report, at(5))).unwrap();
    assert_eq!(vault.recovery_kit().unwrap().unwrap().tested_at, Some(at(5)), "the kit is proven");
    assert_eq!(place.open().recovery_kit().unwrap().unwrap().tested_at, Some(at(5)), "and stays so");

    assert_eq!(
        vault.new_recovery_kit(false, at(6)).map(drop).unwrap_err().code(),
        "recovery_kit_exists",
        "nothing unasked"
    );
    let new = kit(&mut vault, at(6)).unwrap();
    assert_eq!(vault.recovery_kit().unwrap().unwrap().tested_at, None, "a new kit is not proven by the old one");
    assert_eq!(
        vault.transaction(|tx| tx.record_drill(&report, at(7))).unwrap_err().code(),
        "recovery_code_wrong",
        "nor by its report"
    );
    assert!(drill(&kit_file(&place), &code).is_ok(), "the old code opens the old file");
    vault.write_kit_file(&kit_file(&place)).unwrap();
    assert_eq!(drill(&kit_file(&place), &code).map(drop).unwrap_err().code(), "recovery_code_wrong", "not the new one");
    assert!(drill(&kit_file(&place), &new).is_ok(), "which the new code opens");
}

#[test]
fn damage_in_a_kit_is_named_and_the_rest_comes_back() {
    let (place, texts) = (Place::new(), texts(3));
    let (mut vault, secrets) = filled(&place, &texts);
    let code = kit(&mut vault, at(3)).unwrap();
    vault.write_kit_file(&kit_file(&place)).unwrap();
    let edit = |sql: &str| rusqlite::Connection::open(kit_file(&place)).unwrap().execute(sql, []).unwrap();
    edit("UPDATE versions SET value = zeroblob(80) WHERE secret = 2");
    edit("UPDATE links SET auto = 0");
    let report = drill(&kit_file(&place), &code).unwrap();
    let named: Vec<String> = report.contents.damaged.iter().map(ToString::to_string).collect();
    assert_eq!(named.len(), 2, "both are found: {named:?}");
    assert!(named[0].contains("KEY_1") && named[1].contains("/code/flyfast/.env"), "and named: {named:?}");
    assert_eq!(
        vault.transaction(|tx| tx.record_drill(&report, at(5))).unwrap_err().code(),
        "recovery_kit_damaged",
        "it proves nothing"
    );
    let elsewhere = Place::new();
    let holder = KeyHolder::Keychain(&elsewhere.keychain);
    let (restored, contents) = restore(&kit_file(&place), &code, elsewhere.path(), holder, at(9)).unwrap();
    assert_eq!(contents.damaged.len(), 2, "a restore says so too");
    assert_eq!(restored.value(secrets[1], 1).unwrap_err().code(), "vault_value_damaged", "never a wrong value");
    for (secret, text) in [(secrets[0], &texts[0]), (secrets[2], &texts[2])] {
        assert_eq!(restored.value(secret, 1).unwrap(), value(text), "the others are there");
    }
    edit("UPDATE recovery SET sealed = zeroblob(80)");
    assert_eq!(drill(&kit_file(&place), &code).map(drop).unwrap_err().code(), "vault_damaged", "the key itself");
}

#[test]
fn without_the_code_nothing_comes_out_and_nothing_is_written() {
    let (place, texts) = (Place::new(), texts(2));
    let (mut vault, _) = filled(&place, &texts);
    let code = kit(&mut vault, at(3)).unwrap();
    vault.write_kit_file(&kit_file(&place)).unwrap();
    let other = Place::new();
    let wrong = kit(&mut filled(&other, &texts).0, at(3)).unwrap();
    let elsewhere = Place::new();
    let holder = KeyHolder::Keychain(&elsewhere.keychain);
    let refused = |kit: &Path, code: &RecoveryCode| {
        let refused = restore(kit, code, elsewhere.path(), holder, at(9)).map(drop).unwrap_err().code();
        assert!(!elsewhere.path().exists(), "no file");
        assert_eq!(elsewhere.keychain.read("index").unwrap(), None, "and no index");
        refused
    };
    assert_eq!(refused(&kit_file(&place), &wrong), "recovery_code_wrong", "another vault's code");
    assert_eq!(refused(&place.path().with_file_name("none"), &code), "vault_not_found", "no file");
    let text = place.path().with_file_name("text");
    std::fs::write(&text, "no kit").unwrap();
    assert_eq!(refused(&text, &code), "not_a_recovery_kit", "another file");
    drop(vault);
    assert_eq!(refused(other.path(), &code), "recovery_code_wrong", "another vault");
    let bytes = std::fs::read(kit_file(&place)).unwrap();
    for secret in ["value 000", "floom_agent_token", code.groups()[0].expose()] {
        let found = bytes.windows(secret.len()).any(|window| window.eq_ignore_ascii_case(secret.as_bytes()));
        assert!(!found, "neither a value nor the code is in the kit's file");
    }
    let code: String = code.groups().iter().map(SecretValue::expose).collect();
    for entry in std::fs::read_dir(place.path().parent().unwrap()).unwrap().flatten() {
        let bytes = std::fs::read(entry.path()).unwrap();
        let found = bytes.windows(10).any(|window| window.eq_ignore_ascii_case(&code.as_bytes()[..10]));
        assert!(!found, "the code is stored nowhere: {:?}", entry.file_name());
    }
}

#[test]
fn a_new_kit_leaves_the_old_one_whole_until_it_is_whole_itself() {
    let (place, texts) = (Rc::new(Place::new()), texts(2));
    let (mut vault, secrets) = filled(&place, &texts);
    let id = vault.id();
    let file = kit_file(&place);
    let make = |vault: &mut Vault| {
        let kit = vault.new_recovery_kit(true, at(3)).unwrap();
        let before = kit.write_file(vault, &file).unwrap();
        (vault.transaction(|tx| tx.adopt_kit(kit)).unwrap(), before)
    };
    let (old, before) = make(&mut vault);
    assert_eq!(before, None, "nothing was there");
    let mut made = None;
    let killed = killed_at_every_point(&place, id, || made = Some(make(&mut vault)));
    let (new, before) = made.expect("a kit was made");
    let name = file.file_name().unwrap().to_owned();
    for (point, killed) in killed {
        let folder = killed.path().parent().unwrap();
        let kits = [folder.join(&name), folder.join("floom-kit.vault.before")];
        let opens =
            |code: &RecoveryCode| kits.iter().any(|kit| drill(kit, code).is_ok_and(|it| it.contents.is_whole()));
        assert!(opens(&old), "{point:?}: the old code opens the old kit's file, although its place is taken");
        let taken = killed.open().recovery_kit().unwrap().unwrap();
        let known = if drill(&kits[0], &new).unwrap().kit.id == taken.id { &new } else { &old };
        let holder = KeyHolder::Keychain(&killed.keychain);
        let vault = recover(killed.path(), known, holder, at(5)).expect("the kit that the vault knows opens it");
        check(&vault, &secrets, &texts);
    }
    assert!(drill(&file, &new).is_ok(), "the new code opens the new file");
    assert!(drill(&before.expect("the old one is kept"), &old).is_ok(), "and the old code the old one, kept beside it");
}

#[test]
fn nothing_that_is_there_is_replaced() {
    let (place, texts) = (Place::new(), texts(1));
    let (mut vault, _) = filled(&place, &texts);
    let code = kit(&mut vault, at(3)).unwrap();
    let notes = place.path().with_file_name("notes");
    std::fs::write(&notes, "mine").unwrap();
    assert_eq!(vault.write_kit_file(&notes).unwrap_err().code(), "file_exists", "a file of the creator's");
    assert_eq!(std::fs::read(&notes).unwrap(), b"mine", "is kept");
    assert_eq!(vault.write_kit_file(place.path()).unwrap_err().code(), "file_exists", "the vault itself");
    let other = Place::new();
    let (mut another, _) = filled(&other, &texts);
    drop(kit(&mut another, at(3)).unwrap());
    another.write_kit_file(&kit_file(&other)).unwrap();
    assert_eq!(vault.write_kit_file(&kit_file(&other)).unwrap_err().code(), "file_exists", "another vault's kit");
    vault.write_kit_file(&kit_file(&place)).unwrap();
    vault.write_kit_file(&kit_file(&place)).expect("only an older kit of the same vault is");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(kit_file(&place)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "only the owner reads it");
    }
    let before = std::fs::read(other.path()).unwrap();
    let holder = KeyHolder::Keychain(&other.keychain);
    let refused = restore(&kit_file(&place), &code, other.path(), holder, at(9)).map(drop).unwrap_err();
    assert_eq!(refused.code(), "file_exists", "a vault is never restored over another");
    assert_eq!(std::fs::read(other.path()).unwrap(), before, "which is as it was");
}

#[test]
fn a_restore_can_be_killed_anywhere_and_is_done_again() {
    let (place, texts) = (Place::new(), texts(2));
    let (mut vault, secrets) = filled(&place, &texts);
    let code = kit(&mut vault, at(3)).unwrap();
    vault.write_kit_file(&kit_file(&place)).unwrap();
    let elsewhere = Rc::new(Place::new());
    let (kit, code) = (kit_file(&place), Rc::new(code));
    let (to, keychain, with) = (elsewhere.path().to_owned(), elsewhere.keychain.clone(), code.clone());
    let from = kit.clone();
    let killed = killed_at_every_point(&elsewhere, vault.id(), move || {
        restore(&from, &with, &to, KeyHolder::Keychain(&keychain), at(9)).map(drop).unwrap();
    });
    let points: Vec<Point> = killed.iter().map(|(point, _)| *point).collect();
    assert_eq!(
        points,
        [Point::RestoreKeyWritten, Point::RestoreFileMade, Point::RestoreIndexed],
        "it has these points"
    );
    for (point, place) in killed {
        if point == Point::RestoreKeyWritten {
            assert_eq!(standing(place.path(), &place.keychain), Standing::Fresh, "{point:?}: nothing was stored yet");
            restore(&kit, &code, place.path(), KeyHolder::Keychain(&place.keychain), at(9)).map(drop).unwrap();
        }
        check(&place.open(), &secrets, &texts);
        assert!(place.open().setting(RESTORED_AT).unwrap().is_some(), "{point:?}: it is marked");
        assert!(place.keychain.read("index").unwrap().is_some(), "{point:?}: and indexed");
    }
}

#[test]
fn a_lost_key_costs_nothing_where_the_file_is_there() {
    let (place, texts) = (Place::new(), texts(3));
    let (mut vault, secrets) = filled(&place, &texts);
    let code = kit(&mut vault, at(3)).unwrap();
    vault.rotate_kek(&place.keychain, &NOTED, at(4)).unwrap();
    let app = vault.apps().unwrap()[0].id;
    let later = put(&mut vault, app, "LATER", "stored after the kit");
    let id = vault.id();
    drop(vault);
    for lost in ["deleted", "replaced"] {
        let generation = *place.generations(id).last().unwrap();
        let account = format!("{id}/{generation}");
        match lost {
            "deleted" => place.keychain.delete(&account).unwrap(),
            _ => place.keychain.write(&account, &[9; 32]).unwrap(),
        }
        assert!(Vault::open(place.path(), &place.keychain).is_err(), "{lost}: it does not open");
        let vault = recover(place.path(), &code, KeyHolder::Keychain(&place.keychain), at(5)).unwrap();
        assert_eq!(vault.value(later, 1).unwrap(), value("stored after the kit"), "{lost}: nothing is missing");
        assert_eq!(vault.setting(RESTORED_AT).unwrap(), None, "{lost}: and nothing is older than it was");
        drop(vault);
        check(&place.open(), &secrets, &texts);
    }
    place.keychain.set_state(State::NoService);
    let passphrase = value("correct horse battery staple");
    let vault = recover(place.path(), &code, KeyHolder::Passphrase(&passphrase), at(6)).unwrap();
    check(&vault, &secrets, &texts);
    assert_eq!(standing(place.path(), &place.keychain), Standing::Passphrase, "without a keychain, by passphrase");
    drop(vault);
    place.keychain.set_state(State::Ready);
    let vault = recover(place.path(), &code, KeyHolder::Keychain(&place.keychain), at(7)).unwrap();
    check(&vault, &secrets, &texts);
    assert_eq!(standing(place.path(), &place.keychain), Standing::Ready, "and back to the keychain");
}

#[test]
fn without_a_keychain_a_vault_is_restored_under_a_passphrase() {
    let (place, texts) = (Place::new(), texts(2));
    let (mut vault, secrets) = filled(&place, &texts);
    let code = kit(&mut vault, at(3)).unwrap();
    vault.write_kit_file(&kit_file(&place)).unwrap();
    let elsewhere = Place::new();
    elsewhere.keychain.set_state(State::NoService);
    let holder = KeyHolder::Keychain(&elsewhere.keychain);
    let refused = restore(&kit_file(&place), &code, elsewhere.path(), holder, at(9)).map(drop).unwrap_err();
    assert_eq!(refused.code(), "keychain_no_service", "a passphrase is never chosen silently");
    assert!(!elsewhere.path().exists(), "and nothing was written");
    let passphrase = value("correct horse battery staple");
    let holder = KeyHolder::Passphrase(&passphrase);
    let (restored, _) = restore(&kit_file(&place), &code, elsewhere.path(), holder, at(9)).unwrap();
    check(&restored, &secrets, &texts);
    drop(restored);
    let mut vault = Vault::open_with_passphrase(elsewhere.path(), &passphrase).unwrap();
    check(&vault, &secrets, &texts);
    vault.change_passphrase(&passphrase, &value("another passphrase"), &NOTED, at(10)).unwrap();
    vault.write_kit_file(&kit_file(&elsewhere)).unwrap();
    let third = Place::new();
    let holder = KeyHolder::Keychain(&third.keychain);
    let (restored, _) = restore(&kit_file(&elsewhere), &code, third.path(), holder, at(11)).unwrap();
    check(&restored, &secrets, &texts);
}

#[test]
fn a_key_is_never_sealed_to_a_public_key_from_outside() {
    let place = Place::new();
    let (mut vault, _) = filled(&place, &texts(1));
    let code = kit(&mut vault, at(3)).unwrap();
    let other = Place::new();
    let (mut another, _) = filled(&other, &texts(1));
    drop(kit(&mut another, at(3)).unwrap());
    let theirs: Vec<u8> = {
        let db = rusqlite::Connection::open(other.path()).unwrap();
        db.query_row("SELECT public_key FROM recovery", [], |row| row.get(0)).unwrap()
    };
    let db = rusqlite::Connection::open(place.path()).unwrap();
    db.execute("UPDATE recovery SET public_key = ?1", [theirs]).unwrap();
    let refused = vault.rotate_kek(&place.keychain, &NOTED, at(4)).unwrap_err();
    assert_eq!(refused.code(), "vault_row_altered", "an exchanged public key is found before anything is sealed to it");
    assert_eq!(vault.recovery_kit().unwrap_err().code(), "vault_row_altered", "and said");
    let refused = vault.write_kit_file(&kit_file(&place)).unwrap_err();
    assert_eq!(refused.code(), "vault_row_altered", "no kit is written with it");
    drop(vault);
    drop(place.open());
    assert_eq!(
        recover(place.path(), &code, KeyHolder::Keychain(&place.keychain), at(5)).map(drop).unwrap_err().code(),
        "recovery_code_wrong",
        "the code is not that key's"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: u32::try_from(times(20)).unwrap(), ..ProptestConfig::default() })]

    #[test]
    fn any_vault_comes_back_byte_for_byte(
        texts in proptest::collection::vec(any::<String>(), 1..6),
        rotations in 0..3_u8,
        data_keys in any::<bool>(),
    ) {
        let place = Place::new();
        let (mut vault, secrets) = filled(&place, &texts);
        let code = kit(&mut vault, at(3)).unwrap();
        for rotation in 0..rotations {
            vault.rotate_kek(&place.keychain, &NOTED, at(4 + i64::from(rotation))).unwrap();
        }
        if data_keys {
            vault.rotate_data_keys(None).unwrap();
        }
        vault.write_kit_file(&kit_file(&place)).unwrap();
        drop(vault);
        let keychain = Keychain::in_memory();
        let to = place.path().with_file_name("restored.db");
        let (restored, contents) =
            restore(&kit_file(&place), &retyped(&code), &to, KeyHolder::Keychain(&keychain), at(9)).unwrap();
        prop_assert!(contents.is_whole(), "nothing is damaged");
        check(&restored, &secrets, &texts);
    }
}
