//! Bytes of a vault flipped, cut off, or older than they should be: never a wrong value.
//!
//! `FLOOM_SOAK=1` tries 100,000 bits and every length, `FLOOM_SOAK=1000000` every bit too.

mod place;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use floom_keychain::State;
use floom_secret::Policy;
use floom_vault::{
    NewLink, NewOutboxItem, NewReceipt, OutboxChange, RollbackCheck, SecretId, Source, Vault, VaultError, good_copy,
    keep_damaged_aside, restore_good_copy,
};
use place::{Place, at, count, value};

const SECRETS: u32 = 100;

/// A closed vault of 100 secrets with something in every table, and its file.
struct Sample {
    place: Place,
    file: Vec<u8>,
    /// The value of each secret's one version.
    known: BTreeMap<SecretId, String>,
}

impl Sample {
    fn new() -> Self {
        let place = Place::new();
        let (mut vault, app) = place.with_app();
        let known = vault.transaction(|tx| {
            let mut known = BTreeMap::new();
            for number in 0..SECRETS {
                let (name, text) = (format!("KEY_{number:03}"), format!("value {number:03} of the sample"));
                let secret = tx.ensure_secret(app, &name, at(1))?;
                let version = tx.put_value(secret, &value(&text), &Source::Typed, at(1))?;
                tx.set_policy(secret, Policy::Creator)?;
                let new = NewReceipt { what: "value_stored", app: Some("flyfast"), key: Some(&name), detail: "typed" };
                let receipt = tx.append_receipt(&new, at(1))?;
                if number % 10 == 0 {
                    let change = OutboxChange::Value { version, policy: Policy::Creator };
                    tx.enqueue(&NewOutboxItem { app, secret, change }, receipt, at(1))?;
                }
                known.insert(secret, text);
            }
            tx.set_setting("theme", "dark")?;
            let new = NewLink { path: "/.env".into(), app, auto: false, reader: None, default_policy: Policy::Creator };
            tx.add_link(&new, at(1))?;
            Ok::<_, VaultError>(known)
        });
        vault.keep_good_copy().expect("all of it is whole");
        drop(vault);
        let file = std::fs::read(place.path()).expect("the file is there");
        Self { known: known.expect("all of it is stored"), place, file }
    }

    /// Puts `file` in the vault's place, without a log.
    fn put(&self, file: &[u8]) {
        for part in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(beside(self.place.path(), part));
        }
        std::fs::write(self.place.path(), file).expect("the file is written");
    }

    /// What a damaged file gives: every value right, or an error; and what is missing is found. Where
    /// every value is right, the rest is looked at only `closely`.
    fn check(&self, what: &str, closely: bool) -> Outcome {
        let vault = match Vault::open(self.place.path(), &self.place.keychain) {
            Ok(vault) => vault,
            Err(error) => {
                assert!(error.code().starts_with("vault_"), "{what}: {error:?}");
                return Outcome::Closed;
            }
        };
        let mut right = 0;
        for (secret, known) in &self.known {
            match vault.value(*secret, 1) {
                Ok(read) => {
                    assert_eq!(read.expose(), known, "{what}: a wrong value");
                    right += 1;
                }
                Err(error) => assert!(error.code().starts_with("vault_"), "{what}: {error:?}"),
            }
        }
        if right == SECRETS && !closely {
            return Outcome::Readable;
        }
        let damage = match vault.damage() {
            Ok(damage) => damage,
            Err(error) => {
                assert!(error.code().starts_with("vault_"), "{what}: {error:?}");
                return Outcome::Unwalkable { right };
            }
        };
        if damage.is_none() {
            assert_eq!(right, SECRETS, "{what}: nothing is missing where no damage is found");
            return Outcome::Whole;
        }
        for error in &damage.entries {
            assert!(error.to_string().len() > 20, "{what}: {error:?} is named");
        }
        if damage.walkable {
            let missing = usize::try_from(SECRETS - right).expect("a count");
            assert!(damage.entries.len() >= missing, "{what}: each of {missing} is named: {:?}", damage.entries);
        }
        if damage.walkable { Outcome::Named { right } } else { Outcome::Unwalkable { right } }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Whole,
    Readable,
    Named { right: u32 },
    Unwalkable { right: u32 },
    Closed,
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// About `many` numbers below `end`, spread evenly.
fn spread(end: usize, many: u32) -> impl Iterator<Item = usize> {
    let step = end.div_ceil(usize::try_from(many).expect("a count")).max(1);
    (0..end).step_by(step)
}

#[test]
fn a_flipped_bit_never_gives_a_wrong_value() {
    let sample = Sample::new();
    sample.put(&sample.file);
    assert_eq!(sample.check("as it was", true), Outcome::Whole, "as it was written, all of it is whole");
    let (mut tried, mut named, mut readable, mut restored) = (0_u32, 0_u32, 0_u32, 0_u32);
    for bit in spread(8 * sample.file.len(), count(300, 100_000)) {
        let mut file = sample.file.clone();
        file[bit / 8] ^= 1 << (bit % 8);
        sample.put(&file);
        let outcome = sample.check(&format!("bit {} of byte {}", bit % 8, bit / 8), tried % 10 == 0);
        tried += 1;
        match outcome {
            Outcome::Named { right } => {
                named += 1;
                readable += u32::from(right >= SECRETS - 1);
            }
            Outcome::Closed | Outcome::Unwalkable { .. } if restored < count(10, 1_000) => {
                restored += 1;
                sample.restores(&file);
            }
            _ => {}
        }
    }
    println!(
        "{tried} of {} bits: {named} named, {readable} of them with at most one value lost, {restored} put back",
        8 * sample.file.len()
    );
    assert!(named > 0 && restored > 0, "both kinds of damage were met");
    assert!(readable * 10 >= named * 9, "damage of one value leaves the others readable: {readable} of {named}");
}

#[test]
fn a_file_cut_at_any_length_never_gives_a_wrong_value() {
    let sample = Sample::new();
    for length in spread(sample.file.len(), count(100, u32::MAX)) {
        sample.put(&sample.file[..length]);
        let outcome = sample.check(&format!("cut to {length} bytes"), true);
        assert!(!matches!(outcome, Outcome::Whole), "cut to {length} bytes: the missing end is found");
    }
}

impl Sample {
    /// The way out where SQLite itself cannot walk the file: it is kept aside and the good copy put back.
    fn restores(&self, damaged: &[u8]) {
        let aside = restore_good_copy(self.place.path(), &self.place.keychain, at(50)).expect("the copy is put back");
        let aside = aside.expect("the damaged file is kept");
        if !beside(&aside, "-wal").exists() {
            let kept = std::fs::read(&aside).expect("it is there");
            assert_eq!(kept.len(), damaged.len(), "the damaged file is kept whole");
        }
        assert_eq!(self.check("the good copy", true), Outcome::Whole, "every value is back");
        for part in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(beside(&aside, part));
        }
    }
}

#[test]
fn one_damaged_row_leaves_the_lists_readable() {
    let sample = Sample::new();
    let vault = sample.place.open();
    let app = vault.apps().unwrap()[0].id;
    sample.place.edit("UPDATE secrets SET policy = 'user_vault' WHERE name = 'KEY_007'");
    sample.place.edit("UPDATE secrets SET name = CAST(x'ff41' AS TEXT) WHERE name = 'KEY_008'");
    let number = "(SELECT secret FROM secrets WHERE name = 'KEY_009')";
    sample.place.edit(&format!("UPDATE versions SET details = zeroblob(50) WHERE secret = {number}"));
    assert_eq!(vault.secrets(app).unwrap_err().code(), "vault_row_altered", "the whole list says that it is not whole");
    let listed = vault.readable_secrets(app).unwrap();
    assert_eq!(listed.entries.len(), 97, "the others are listed");
    let mut damaged: Vec<String> = listed.damaged.iter().map(ToString::to_string).collect();
    damaged.sort();
    let expected = [
        "An entry of the vault was changed from outside: secret, KEY_007.",
        "An entry of the vault was changed from outside: secret, one that cannot be read.",
        "The stored value of KEY_009 (version 1) is damaged.",
    ];
    assert_eq!(damaged, expected, "each is named as far as that can be told");
    assert_eq!(vault.damage().unwrap().entries.len(), 3, "a look at the whole finds the same three");
    sample.place.edit("UPDATE outbox SET attempts = 9 WHERE id = 1");
    sample.place.edit("UPDATE links SET auto = 1");
    let outbox = vault.readable_outbox().unwrap();
    assert_eq!((outbox.entries.len(), outbox.damaged.len()), (9, 1), "what waits and is whole is told from the rest");
    assert_eq!(vault.readable_links().unwrap().damaged.len(), 1, "a link too");
    sample.place.edit("UPDATE connections SET label = 'other'");
    assert_eq!(vault.readable_connections().unwrap().damaged.len(), 1, "a connection too");
    sample.place.edit("UPDATE apps SET name = 'other'");
    assert_eq!(vault.readable_apps().unwrap().damaged.len(), 1, "an app too");
    sample.place.edit("UPDATE settings SET value = 'light'");
    assert_eq!(vault.damage().unwrap().entries.len(), 8, "a look at the whole finds every one, settings too");
}

#[test]
fn a_damaged_vault_never_replaces_the_good_copy() {
    let sample = Sample::new();
    let good = good_copy(sample.place.path()).expect("it is there").path;
    let before = std::fs::read(&good).unwrap();
    let edits = [
        ("UPDATE versions SET value = zeroblob(60) WHERE secret = 5", "vault_value_damaged"),
        ("UPDATE secrets SET policy = NULL WHERE name = 'KEY_007'", "vault_row_altered"),
        ("UPDATE receipts SET detail = '' WHERE sequence = 3", "vault_row_altered"),
        (
            "PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = 'sqlite_autoindex_secrets_2'",
            "vault_damaged",
        ),
    ];
    for (edit, code) in edits {
        sample.put(&sample.file);
        let db = rusqlite::Connection::open(sample.place.path()).unwrap();
        let edited = db.execute_batch(edit);
        drop(db);
        edited.expect("the edit is made");
        let refused = match Vault::open(sample.place.path(), &sample.place.keychain) {
            Ok(vault) => vault.keep_good_copy().expect_err("damage is found before copying"),
            Err(error) => error,
        };
        assert_eq!(refused.code(), code, "{edit}");
        assert_eq!(std::fs::read(&good).unwrap(), before, "{edit}: the copy is as it was");
    }
}

#[test]
fn the_good_copy_is_its_owner_s_and_is_made_whole() {
    let place = Place::new();
    assert_eq!(good_copy(place.path()), None, "there is none before one was made");
    let (mut vault, app) = place.with_app();
    let secret = place::put(&mut vault, app, "KEY", "one");
    // A leftover of a copy that was interrupted is no hindrance.
    std::fs::write(beside(place.path(), ".good.new"), b"half").unwrap();
    let path = vault.keep_good_copy().unwrap();
    assert_eq!(good_copy(place.path()).map(|copy| copy.path), Some(path.clone()), "it is found again");
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600, "only its owner reads it");
    }
    let mut beside_it: Vec<String> = std::fs::read_dir(path.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("good"))
        .collect();
    beside_it.sort();
    assert_eq!(beside_it, ["vault.db.good"], "no draft and no log is left");
    vault.transaction(|tx| tx.put_value(secret, &value("two"), &Source::Typed, at(2))).unwrap();
    vault.keep_good_copy().expect("made again, it replaces the older one");
    drop(vault);
    restore_good_copy(place.path(), &place.keychain, at(3)).unwrap();
    assert_eq!(place.open().current_value(secret).unwrap(), value("two"), "it holds what was committed last");
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(place.path()).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600, "put back, only its owner reads it");
    }
}

#[test]
fn a_copy_that_does_not_open_is_not_put_back() {
    let sample = Sample::new();
    sample.put(b"not a vault");
    let (path, keychain) = (sample.place.path(), &sample.place.keychain);
    keychain.set_state(State::Locked);
    let refused = restore_good_copy(path, keychain, at(1)).unwrap_err();
    assert_eq!(refused.code(), "keychain_locked", "whether it opens is not known");
    keychain.set_state(State::Ready);
    let good = good_copy(path).expect("it is there").path;
    let whole = std::fs::read(&good).unwrap();
    std::fs::write(&good, &whole[..5_000]).unwrap();
    let refused = restore_good_copy(path, keychain, at(1)).unwrap_err();
    assert_eq!(refused.code(), "vault_no_good_copy", "a copy without its end is none");
    let mut hollow = whole.clone();
    hollow[10 * 4096..10 * 4096 + 64].fill(0);
    std::fs::write(&good, &hollow).unwrap();
    let refused = restore_good_copy(path, keychain, at(1)).unwrap_err();
    assert_eq!(refused.code(), "vault_no_good_copy", "nor is one that cannot be walked, though it opens");
    std::fs::write(&good, &whole).unwrap();
    let other = Place::new();
    let refused = restore_good_copy(path, &other.keychain, at(1)).unwrap_err();
    assert_eq!(refused.code(), "vault_no_good_copy", "nor is one whose key is gone");
    assert_eq!(std::fs::read(path).unwrap(), b"not a vault", "meanwhile the file is where it was");
}

#[test]
fn what_is_kept_aside_is_never_overwritten() {
    let place = Place::new();
    assert_eq!(keep_damaged_aside(place.path(), at(0)).unwrap(), None, "nothing is there");
    std::fs::create_dir_all(place.path().parent().unwrap()).unwrap();
    let mut kept = Vec::new();
    for content in ["first", "second", "third"] {
        std::fs::write(place.path(), content).unwrap();
        std::fs::write(beside(place.path(), "-wal"), format!("log of the {content}")).unwrap();
        let aside = keep_damaged_aside(place.path(), at(0)).unwrap().expect("it is kept");
        assert!(!place.path().exists() && !beside(place.path(), "-wal").exists(), "the place is free, of a log too");
        kept.push((content, aside));
    }
    for (content, aside) in &kept {
        assert_eq!(std::fs::read_to_string(aside).unwrap(), *content, "each in its own place");
        let log = std::fs::read_to_string(beside(aside, "-wal")).unwrap();
        assert_eq!(log, format!("log of the {content}"), "each with its log");
    }
    std::fs::write(beside(place.path(), "-wal"), "a log alone").unwrap();
    let aside = keep_damaged_aside(place.path(), at(0)).unwrap().expect("a log whose file is gone is kept too");
    assert_eq!(std::fs::read_to_string(beside(&aside, "-wal")).unwrap(), "a log alone", "as it was");
}

#[test]
fn a_deleted_or_damaged_log_is_noticed() {
    let place = Place::new();
    let (mut vault, app) = place.with_app();
    let secret = place::put(&mut vault, app, "KEY", "checkpointed");
    drop(vault);
    let mut vault = place.open();
    vault
        .transaction(|tx| {
            tx.put_value(secret, &value("only in the log"), &Source::Typed, at(2))?;
            let new = NewReceipt { what: "value_rotated", app: None, key: Some("KEY"), detail: "typed" };
            tx.append_receipt(&new, at(2))
        })
        .unwrap();
    vault.anchor_receipts(&place.keychain, at(3)).unwrap();
    let (file, log) = (std::fs::read(place.path()).unwrap(), std::fs::read(beside(place.path(), "-wal")).unwrap());
    drop(vault);
    for keep in spread(log.len(), count(60, u32::MAX)) {
        let mut cut = log[..keep].to_vec();
        // Every other time the log has its length, but a byte of it is another.
        if keep % 2 == 1 {
            cut = log.clone();
            cut[keep] ^= 0x10;
        }
        std::fs::write(place.path(), &file).unwrap();
        std::fs::write(beside(place.path(), "-wal"), &cut).unwrap();
        let _ = std::fs::remove_file(beside(place.path(), "-shm"));
        let vault = place.open();
        match vault.rollback_check(&place.keychain).unwrap() {
            RollbackCheck::RolledBack { receipts: 0, anchored: 1, .. } => {
                assert_eq!(vault.current_value(secret).unwrap(), value("checkpointed"), "byte {keep}: the older state");
            }
            RollbackCheck::Current => {
                assert_eq!(vault.current_value(secret).unwrap(), value("only in the log"), "byte {keep}: harmless");
            }
            other => panic!("byte {keep}: {other:?}"),
        }
    }
}
