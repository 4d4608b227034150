//! First use, and everything that must never be taken for one.

mod place;

use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

use floom_keychain::State;
use floom_vault::{Point, Standing, Vault, VaultLock, standing};
use place::{Place, at, killed_at_every_point, put, value};
use rusqlite::Connection;
use uuid::Uuid;

const SILENT: [State; 9] = [
    State::Absent,
    State::Locked,
    State::Waiting,
    State::Dismissed,
    State::Denied,
    State::TimedOut,
    State::NoService,
    State::Foreign,
    State::Other,
];

fn of(place: &Place) -> Standing {
    standing(place.path(), &place.keychain)
}

/// Every file below `folder` with its content.
fn content(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| {
            (entry.file_name().to_string_lossy().into_owned(), std::fs::read(entry.path()).unwrap_or_default())
        })
        .collect()
}

#[test]
fn only_an_answering_keychain_without_index_and_no_file_is_a_first_use() {
    let place = Place::new();
    assert_eq!(of(&place), Standing::Fresh, "nothing is there");
    assert!(!place.path().parent().unwrap().exists(), "and looking made nothing");
    drop(place.create());
    assert_eq!(of(&place), Standing::Ready, "file and key are there");
}

#[test]
fn a_keychain_that_does_not_answer_is_never_a_first_use() {
    let place = Place::new();
    for state in SILENT {
        place.keychain.set_state(state);
        assert_eq!(of(&place), Standing::Blocked(state), "{state:?} without a file");
        let refused = Vault::create(place.path(), &place.keychain, at(0)).map(drop).unwrap_err();
        assert_eq!(refused.code(), state.code(), "{state:?} makes no vault");
        assert!(!place.path().exists(), "and no file");
    }
    place.keychain.set_state(State::Ready);
    drop(place.create());
    for state in SILENT {
        place.keychain.set_state(state);
        assert_eq!(of(&place), Standing::Blocked(state), "{state:?} with a file");
        let refused = Vault::open(place.path(), &place.keychain).map(drop).unwrap_err();
        assert_eq!(refused.code(), state.code(), "{state:?} opens nothing");
        let refused = Vault::create(place.path(), &place.keychain, at(0)).map(drop).unwrap_err();
        assert_eq!(refused.code(), state.code(), "{state:?} replaces nothing");
    }
    place.keychain.set_state(State::Ready);
    drop(place.open());
}

#[test]
fn an_index_without_a_file_is_a_missing_file() {
    let place = Place::new();
    drop(place.create());
    let index = place.keychain.read("index").unwrap();
    std::fs::remove_file(place.path()).unwrap();
    assert_eq!(of(&place), Standing::FileMissing, "the keychain remembers the vault");
    let refused = Vault::create(place.path(), &place.keychain, at(9)).map(drop).unwrap_err();
    assert_eq!(refused.code(), "vault_file_missing", "so no new one is made in its place");
    assert_eq!(place.keychain.read("index").unwrap(), index, "and the index is left as it was");
}

#[test]
fn a_file_without_its_key_is_a_missing_key_and_is_not_replaced() {
    let place = Place::new();
    let id = place.create().id();
    let before = content(place.path().parent().unwrap());
    place.keychain.delete(&format!("{id}/1")).unwrap();
    for index in ["with an index", "without an index"] {
        assert_eq!(of(&place), Standing::KeyMissing, "{index}");
        let code = |refused: Result<Vault, floom_vault::VaultError>| refused.map(drop).unwrap_err().code();
        assert_eq!(code(Vault::create(place.path(), &place.keychain, at(9))), "vault_key_missing", "{index}");
        assert_eq!(code(Vault::open(place.path(), &place.keychain)), "vault_key_missing", "{index}");
        place.keychain.delete("index").unwrap();
    }
    assert_eq!(content(place.path().parent().unwrap()), before, "the file is as it was");
    assert_eq!(place.keychain.read(&format!("{id}/1")).unwrap(), None, "and no new key was made");
}

#[test]
fn a_creation_that_was_killed_is_gone_on_with() {
    let place = Place::new();
    drop(place.create());
    place.keychain.delete("index").unwrap();
    assert_eq!(of(&place), Standing::Ready, "killed before the index: file and key fit");
    drop(place.open());
    assert!(place.keychain.read("index").unwrap().is_some(), "opening writes the index");

    let place = Place::new();
    std::fs::create_dir_all(place.path().parent().unwrap()).unwrap();
    place.keychain.write("0c9d8c3a-0000-4000-8000-000000000000/1", &[7; 32]).unwrap();
    std::fs::write(place.path().with_extension("new"), b"half a file").unwrap();
    assert_eq!(of(&place), Standing::Fresh, "killed before the file appeared: nothing was stored yet");
    drop(place.create());
    let names: Vec<_> = content(place.path().parent().unwrap()).into_keys().collect();
    assert!(!names.iter().any(|name| name.ends_with(".new")), "the draft is gone: {names:?}");
}

#[test]
fn a_creation_can_be_killed_anywhere() {
    let place = Rc::new(Place::new());
    let (id, created) = (Uuid::nil(), place.clone());
    let killed = killed_at_every_point(&place, id, move || drop(created.create()));
    let points: Vec<Point> = killed.iter().map(|(point, _)| *point).collect();
    assert_eq!(points, [Point::CreateKeyWritten, Point::CreateFileMade], "it has these points");
    assert_eq!(of(&killed[0].1), Standing::Fresh, "before the file appeared it is a first use");
    drop(killed[0].1.create());
    let (_, second) = &killed[1];
    assert_eq!(of(second), Standing::KeyMissing, "after that it never is");
    let id = place.open().id();
    second.keychain.write(&format!("{id}/1"), &place.keychain.read(&format!("{id}/1")).unwrap().unwrap()).unwrap();
    drop(second.open());
    assert!(second.keychain.read("index").unwrap().is_some(), "opening writes the index");
}

#[test]
fn the_log_of_a_file_that_is_gone_is_never_taken_into_a_new_vault() {
    let place = Place::new();
    let (mut vault, app) = place.with_app();
    put(&mut vault, app, "KEY", "value");
    let log = place.path().with_extension("db-wal");
    let kept = std::fs::read(&log).unwrap();
    drop(vault);
    std::fs::remove_file(place.path()).unwrap();
    std::fs::write(&log, &kept).unwrap();
    assert_eq!(of(&place), Standing::FileMissing, "the keychain still knows the vault");
    place.keychain.delete("index").unwrap();
    assert_eq!(of(&place), Standing::Damaged, "without an index the log alone says that a vault was here");
    let refused = Vault::create(place.path(), &place.keychain, at(9)).map(drop).unwrap_err();
    assert_eq!(refused.code(), "vault_damaged", "no new file is made beside it");
    assert_eq!(std::fs::read(&log).unwrap(), kept, "and it is kept");
}

#[test]
fn starting_anew_keeps_the_old_file_and_its_key() {
    let place = Place::new();
    let (mut vault, app) = place.with_app();
    let secret = put(&mut vault, app, "KEY", "in the log alone");
    let id = vault.id();
    let killed = place.as_killed(id);
    drop(vault);
    killed.keychain.set_state(State::Locked);
    let refused = Vault::create_anew(killed.path(), &killed.keychain, at(9)).map(drop).unwrap_err();
    assert_eq!(refused.code(), "keychain_locked", "a keychain that does not answer starts nothing anew");
    assert!(killed.path().exists(), "and moves nothing");
    killed.keychain.set_state(State::Ready);
    let (vault, kept) = Vault::create_anew(killed.path(), &killed.keychain, at(9)).expect("a new vault is made");
    let kept = kept.expect("the old file is kept");
    assert_ne!(vault.id(), id, "it is another vault");
    drop(vault);
    assert_eq!(of(&killed), Standing::Ready, "it opens");
    assert_eq!(killed.generations(id), [1], "the old key is kept");
    let again = Vault::create_anew(killed.path(), &killed.keychain, at(9)).map(drop).unwrap_err();
    assert_eq!(again.code(), "file_exists", "what was kept is never replaced");
    std::fs::remove_file(killed.path()).unwrap();
    for suffix in ["", "-wal"] {
        let (from, to) = (format!("{}{suffix}", kept.display()), format!("{}{suffix}", killed.path().display()));
        std::fs::rename(from, to).unwrap();
    }
    assert_eq!(killed.open().value(secret, 1).unwrap(), value("in the log alone"), "moved back, it opens whole");
}

#[test]
fn starting_anew_without_a_file_or_with_a_damaged_one() {
    let place = Place::new();
    drop(place.create());
    std::fs::remove_file(place.path()).unwrap();
    let (vault, kept) = Vault::create_anew(place.path(), &place.keychain, at(9)).unwrap();
    assert_eq!(kept, None, "nothing was there to be kept");
    drop(vault);
    std::fs::write(place.path(), b"not a database").unwrap();
    let (vault, kept) = Vault::create_anew(place.path(), &place.keychain, at(10)).unwrap();
    drop(vault);
    assert_eq!(std::fs::read(kept.unwrap()).unwrap(), b"not a database", "whatever it was");
    assert_eq!(of(&place), Standing::Ready, "and the new one opens");
}

#[test]
fn what_is_no_vault_is_damaged_and_kept() {
    let place = Place::new();
    let folder = place.path().parent().unwrap();
    std::fs::create_dir_all(folder).unwrap();
    let other = place.path().with_extension("other");
    Connection::open(&other).unwrap().execute_batch("CREATE TABLE other (x)").unwrap();
    for (what, bytes) in [
        ("nothing", Vec::new()),
        ("text", b"not a database".to_vec()),
        ("another database", std::fs::read(&other).unwrap()),
    ] {
        std::fs::write(place.path(), &bytes).unwrap();
        assert_eq!(of(&place), Standing::Damaged, "{what} at the path");
        let refused = Vault::create(place.path(), &place.keychain, at(0)).map(drop).unwrap_err();
        assert_eq!(refused.code(), "vault_damaged", "{what} is not replaced");
        assert_eq!(std::fs::read(place.path()).unwrap(), bytes, "{what} is kept");
    }
    std::fs::remove_file(place.path()).unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("nowhere", place.path()).unwrap();
        assert_eq!(of(&place), Standing::Damaged, "a link that leads nowhere is not nothing");
    }
}

#[test]
fn a_newer_file_is_refused_and_left_alone() {
    let place = Place::new();
    drop(place.create());
    Connection::open(place.path()).unwrap().pragma_update(None, "user_version", 1_000).unwrap();
    let before = content(place.path().parent().unwrap());
    assert_eq!(of(&place), Standing::Newer, "the version is told");
    let refused = Vault::open(place.path(), &place.keychain).map(drop).unwrap_err();
    assert_eq!(refused.code(), "vault_newer", "it is not opened");
    assert_eq!(content(place.path().parent().unwrap()), before, "and not touched");
}

#[test]
fn looking_writes_nothing() {
    let place = Place::new();
    let (mut vault, app) = place.with_app();
    put(&mut vault, app, "KEY", "value");
    let folder = place.path().parent().unwrap();
    let open = content(folder);
    assert_eq!(of(&place), Standing::Ready, "while it is open");
    let shared = |content: BTreeMap<String, Vec<u8>>| {
        content.into_iter().filter(|(name, _)| !name.ends_with("-shm")).collect::<BTreeMap<_, _>>()
    };
    assert_eq!(shared(content(folder)), shared(open), "file and log are as they were");
    drop(vault);
    let closed = content(folder);
    assert_eq!(of(&place), Standing::Ready, "after it was closed");
    assert_eq!(content(folder), closed, "no byte and no file is new");
}

#[test]
fn a_wrong_key_is_told_from_a_damaged_file() {
    let place = Place::new();
    let id = place.create().id();
    let account = format!("{id}/1");
    let key = place.keychain.read(&account).unwrap().expect("the key is there");
    let code = || Vault::open(place.path(), &place.keychain).map(drop).unwrap_err().code();

    place.keychain.write(&account, &[9; 32]).unwrap();
    assert_eq!(code(), "vault_wrong_key", "32 other bytes");
    place.keychain.write(&account, b"too short").unwrap();
    assert_eq!(code(), "keychain_foreign", "an entry that cannot be a key");
    place.keychain.write(&account, &key).unwrap();
    drop(place.open());

    place.edit("UPDATE vault SET kek_check = zeroblob(32)");
    assert_eq!(code(), "vault_damaged", "the check value itself, while the key opens the rest");
    place.edit("UPDATE keys SET wrapped = zeroblob(62)");
    assert_eq!(code(), "vault_wrong_key", "where nothing opens and nothing fits, the key is the wrong one");
}

#[test]
fn damage_to_the_wrapped_keys_is_damage() {
    let place = Place::new();
    drop(place.create());
    place.edit("UPDATE keys SET wrapped = zeroblob(62) WHERE purpose = 'fingerprint key'");
    let refused = Vault::open(place.path(), &place.keychain).map(drop).unwrap_err();
    assert_eq!(refused.code(), "vault_damaged", "the check value fits, so the key is right");
}

#[test]
fn a_second_lock_is_refused_until_the_first_is_gone() {
    let place = Place::new();
    let folder = place.path().parent().unwrap();
    let lock = VaultLock::take(folder).expect("the first agent takes it");
    assert_eq!(VaultLock::take(folder).unwrap_err().code(), "agent_running", "the second is told");
    drop(lock);
    VaultLock::take(folder).expect("then it is free again");
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let (mut vault, app) = place.with_app();
    let _lock = VaultLock::take(place.path().parent().unwrap()).unwrap();
    put(&mut vault, app, "KEY", "value");
    let folder = place.path().parent().unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(folder), 0o700, "the folder");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        assert_eq!(mode(&entry.path()), 0o600, "{:?}", entry.file_name());
        seen += 1;
    }
    assert!(seen >= 4, "database, log, its index and the lock were looked at");
}

#[test]
fn no_value_is_in_any_byte_of_the_files() {
    let place = Place::new();
    let (mut vault, app) = place.with_app();
    let text = "sk-proj-this-must-not-be-found-8b2a";
    let connection = vault.connections().unwrap()[0].id;
    put(&mut vault, app, "OPENAI_API_KEY", text);
    put(&mut vault, app, "OPENAI_API_KEY", "another-value-not-to-be-found");
    vault.transaction(|tx| tx.set_connection_token(connection, &value("token-not-to-be-found"))).unwrap();
    let key = place.keychain.read(&format!("{}/1", vault.id())).unwrap().unwrap();
    let search = |when: &str| {
        for (name, bytes) in content(place.path().parent().unwrap()) {
            let found = |what: &[u8]| bytes.windows(what.len()).any(|window| window == what);
            assert!(!found(&text.as_bytes()[..12]) && !found(b"not-be-found"), "{when}: a value in {name}");
            assert!(!found(b"not-to-be-found"), "{when}: another value in {name}");
            assert!(!found("••••8b2a".as_bytes()), "{when}: a preview in {name}");
            assert!(!found(&key), "{when}: the key in {name}");
        }
    };
    assert!(content(place.path().parent().unwrap()).contains_key("vault.db-wal"), "the log is searched too");
    search("open");
    drop(vault);
    search("closed");
}
