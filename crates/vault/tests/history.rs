//! Versions: kept, restored, renamed, pruned; secrets removed, brought back, or left to Floom.

mod place;

use floom_secret::Policy;
use floom_vault::{AppId, Kept, NewOutboxItem, OutboxChange, RemoteState, SecretId, Source, Vault, VaultError, kept};
use jiff::Timestamp;
use place::{Place, at, put, queue, value};
use proptest::prelude::*;

const DAY: i64 = 24 * 60 * 60;

/// A secret with one value a day, `count` of them, the first on day 0.
fn daily(vault: &mut Vault, app: AppId, name: &str, count: i64) -> SecretId {
    let made = vault.transaction(|tx| {
        let secret = tx.ensure_secret(app, name, at(0))?;
        for day in 0..count {
            tx.put_value(secret, &value(&format!("{name} {day}")), &Source::Typed, at(day * DAY))?;
        }
        Ok::<_, VaultError>(secret)
    });
    made.expect("the values are stored")
}

fn numbers(vault: &Vault, secret: SecretId) -> Vec<u32> {
    vault.versions(secret).expect("the versions are read").iter().map(|version| version.number).collect()
}

fn prune(vault: &mut Vault, now: Timestamp) -> Vec<(String, u32)> {
    let pruned = vault.transaction(|tx| tx.prune_versions(now)).expect("pruning works");
    pruned.into_iter().map(|pruned| (pruned.name, pruned.version)).collect()
}

#[test]
fn a_replaced_value_is_kept_for_90_days_from_the_day_it_was_replaced() {
    let place = Place::new();
    let (mut vault, app) = place.with_app();
    let secret = daily(&mut vault, app, "KEY", 12);
    let versions = vault.versions(secret).unwrap();
    assert_eq!(versions[0].replaced_at, None, "the newest was not replaced");
    assert_eq!(versions[11].replaced_at, Some(at(DAY)), "the first was replaced when the second came");
    let said = |now| kept(&versions, Some(12), now);
    assert_eq!(said(at(12 * DAY))[0], Kept::WhileCurrent, "the current value has no end");
    assert_eq!(said(at(12 * DAY))[11], Kept::Until(at(91 * DAY)), "90 days after the second came");
    assert_eq!(said(at(91 * DAY - 1))[11], Kept::Until(at(91 * DAY)), "to the second");
    assert_eq!(said(at(91 * DAY))[11], Kept::NoLonger, "and no longer");
    assert_eq!(said(at(900 * DAY))[9], Kept::AmongTheNewest, "the newest ten stay however old they are");
    assert_eq!(said(at(900 * DAY))[10], Kept::NoLonger, "the eleventh does not");
}

#[test]
fn pruning_removes_what_is_past_its_time_and_nothing_else() {
    let place = Place::new();
    let (mut vault, app) = place.with_app();
    let secret = daily(&mut vault, app, "KEY", 14);
    let few = daily(&mut vault, app, "FEW", 3);
    assert_eq!(prune(&mut vault, at(91 * DAY - 1)), [], "nothing is past its time yet");
    assert_eq!(prune(&mut vault, at(91 * DAY)), [("KEY".into(), 1)], "the first one is the first to go");
    assert_eq!(vault.value(secret, 1).unwrap_err().code(), "vault_not_found", "it is gone");
    let gone = prune(&mut vault, at(5000 * DAY));
    assert_eq!(gone, [("KEY".into(), 4), ("KEY".into(), 3), ("KEY".into(), 2)], "all past the newest ten");
    assert_eq!(numbers(&vault, secret), (5..=14).rev().collect::<Vec<_>>(), "ten are left");
    assert_eq!(numbers(&vault, few), [3, 2, 1], "of a secret with fewer, all");
    let next = vault.transaction(|tx| tx.put_value(secret, &value("next"), &Source::Typed, at(5001 * DAY))).unwrap();
    assert_eq!(next, 15, "numbers are never used again");
    let count: i64 = rusqlite::Connection::open(place.path())
        .unwrap()
        .query_row("SELECT count(*) FROM nonces", [], |row| row.get(0))
        .unwrap();
    assert_eq!(count, 2 * (14 + 3 + 1), "the nonces of what is gone stay taken");
}

#[test]
fn what_something_refers_to_is_never_pruned() {
    let place = Place::new();
    let (mut vault, app) = place.with_app();
    let secret = daily(&mut vault, app, "KEY", 20);
    let waiting = vault
        .transaction(|tx| {
            let change = OutboxChange::Value { version: 2, policy: Policy::Creator };
            let waiting = queue(tx, &NewOutboxItem { app, secret, change }, at(1))?;
            let remote = RemoteState { acknowledged: Some(4), previous: Some(3), ..RemoteState::default() };
            tx.set_remote(secret, &remote)?;
            Ok::<_, VaultError>(waiting)
        })
        .unwrap();
    place.edit("UPDATE versions SET details = zeroblob(60) WHERE number = 5");
    let mut gone: Vec<u32> = prune(&mut vault, at(5000 * DAY)).into_iter().map(|(_, version)| version).collect();
    gone.sort_unstable();
    // 5 is damaged, so that ten readable ones are 20 to 11, and 10 to 6 and 1 go.
    assert_eq!(gone, [1, 6, 7, 8, 9, 10], "not what waits, nor what Floom holds, nor what cannot be read");
    vault
        .transaction(|tx| {
            tx.outbox_done(waiting)?;
            tx.set_remote(secret, &RemoteState::default())
        })
        .unwrap();
    let gone: Vec<u32> = prune(&mut vault, at(5000 * DAY)).into_iter().map(|(_, version)| version).collect();
    assert_eq!(gone, [4, 3, 2], "once nothing refers to them they go");
}

#[test]
fn an_outbox_that_was_changed_from_outside_stops_pruning() {
    let place = Place::new();
    let (mut vault, app) = place.with_app();
    let secret = daily(&mut vault, app, "KEY", 20);
    let change = OutboxChange::Value { version: 2, policy: Policy::Creator };
    vault.transaction(|tx| queue(tx, &NewOutboxItem { app, secret, change }, at(1))).unwrap();
    place.edit("UPDATE outbox SET change = '\"remove\"'");
    let refused = vault.transaction(|tx| tx.prune_versions(at(5000 * DAY))).unwrap_err();
    assert_eq!(refused.code(), "vault_row_altered", "it is not known what is free");
    assert_eq!(numbers(&vault, secret).len(), 20, "and nothing was removed");
}

#[test]
fn an_older_version_restored_is_a_new_version() {
    let place = Place::new();
    let (mut vault, app) = place.with_app();
    let secret = daily(&mut vault, app, "KEY", 3);
    let version = vault.transaction(|tx| tx.restore_version(secret, 1, at(9 * DAY))).unwrap();
    assert_eq!(version, 4, "it gets the next number");
    assert_eq!(vault.current_value(secret).unwrap(), value("KEY 0"), "with the old value");
    let versions = vault.versions(secret).unwrap();
    assert_eq!(versions[0].source, Source::Restored { from: 1 }, "it says where it came from");
    assert_eq!(versions[0].fingerprint, versions[3].fingerprint, "it is the same value");
    let missing = vault.transaction(|tx| tx.restore_version(secret, 9, at(9 * DAY))).unwrap_err();
    assert_eq!(missing.code(), "vault_not_found", "what never was cannot be restored");
}

#[test]
fn a_removed_secret_is_taken_back_as_it_was() {
    let place = Place::new();
    let (mut vault, app) = place.with_app();
    let secret = daily(&mut vault, app, "KEY", 2);
    let early = vault.transaction(|tx| tx.restore_removed(secret)).unwrap_err();
    assert_eq!(early.code(), "vault_not_found", "what is not removed cannot be brought back");
    let before = vault.secrets(app).unwrap();
    vault.transaction(|tx| tx.mark_removed(secret, at(5 * DAY))).unwrap();
    assert_eq!(vault.current_value(secret).unwrap(), value("KEY 1"), "its value is kept meanwhile");
    assert_eq!(prune(&mut vault, at(5000 * DAY)), [], "removing it does not hasten its end");
    assert_eq!(vault.transaction(|tx| tx.restore_removed(secret)).unwrap(), Some(2), "its current value is told");
    assert_eq!(vault.secrets(app).unwrap(), before, "it is as it was");
}

#[test]
fn a_value_that_only_floom_has_is_said_so() {
    let place = Place::new();
    let (mut vault, app) = place.with_app();
    let secret = daily(&mut vault, app, "KEY", 2);
    let never = vault.transaction(|tx| tx.ensure_secret(app, "NEVER", at(1))).unwrap();
    assert_eq!(vault.current_value(never).unwrap_err().code(), "vault_not_found", "nobody has one");
    vault.transaction(|tx| tx.keep_remote_value(secret)).unwrap();
    let error = vault.current_value(secret).unwrap_err();
    assert_eq!(error.code(), "value_only_on_floom", "it has its own code");
    assert_eq!(error.to_string(), "Only Floom has this value; it cannot be shown.", "and the design's words");
    let found = vault.find_secret(app, "KEY").unwrap().expect("it is there");
    assert!(found.is_remote_only() && found.current.is_none(), "it is told apart from a secret without a value");
    assert_eq!(found.remote.acknowledged, None, "what Floom has is no version of the vault");
    assert!(!vault.find_secret(app, "NEVER").unwrap().unwrap().is_remote_only(), "of the other nothing is known");
    assert_eq!(vault.value(secret, 2).unwrap(), value("KEY 1"), "the history stays readable");
    let number = vault.transaction(|tx| tx.put_value(secret, &value("new"), &Source::Typed, at(9 * DAY))).unwrap();
    assert_eq!((number, vault.current_value(secret).unwrap()), (3, value("new")), "a new value ends it");
}

#[test]
fn a_rename_seals_every_version_anew() {
    let place = Place::new();
    let (mut vault, app) = place.with_app();
    let secret = daily(&mut vault, app, "OLD", 3);
    put(&mut vault, app, "TAKEN", "other");
    let before = vault.versions(secret).unwrap();
    let refused = vault.transaction(|tx| tx.rename_secret(secret, "TAKEN")).unwrap_err();
    assert_eq!(refused.code(), "secret_name_taken", "two secrets of one app never have one name");
    vault.transaction(|tx| tx.rename_secret(secret, "OLD")).expect("its own name is no change");
    let remote = RemoteState { declared: true, has_value: Some(true), acknowledged: Some(3), ..RemoteState::default() };
    let waiting = vault
        .transaction(|tx| {
            tx.set_remote(secret, &remote)?;
            queue(tx, &NewOutboxItem { app, secret, change: OutboxChange::Remove }, at(4 * DAY))
        })
        .unwrap();
    let refused = vault.transaction(|tx| tx.rename_secret(secret, "NEW")).unwrap_err();
    assert_eq!(refused.code(), "secret_changes_wait", "what waits was decided about the old name");
    vault.transaction(|tx| tx.outbox_done(waiting)).unwrap();
    vault.transaction(|tx| tx.rename_secret(secret, "NEW")).unwrap();
    assert!(vault.find_secret(app, "OLD").unwrap().is_none(), "the old name is free");
    let found = vault.find_secret(app, "NEW").unwrap().expect("it has its new name");
    assert_eq!((found.id, found.current.unwrap().version), (secret, 3), "it is the same secret");
    assert_eq!(found.remote, RemoteState::default(), "what Floom has under the old name says nothing of the new one");
    drop(vault);
    let vault = place.open();
    assert_eq!(vault.versions(secret).unwrap(), before, "numbers, times, sources and fingerprints stay");
    for day in 0..3 {
        let number = u32::try_from(day + 1).unwrap();
        assert_eq!(vault.value(secret, number).unwrap(), value(&format!("OLD {day}")), "version {number} opens");
    }
    place.edit("UPDATE secrets SET name = 'OLD' WHERE name = 'NEW'");
    assert_eq!(vault.value(secret, 1).unwrap_err().code(), "vault_row_altered", "a rename from outside is found");
}

#[test]
fn a_rename_that_cannot_be_whole_does_not_happen() {
    let place = Place::new();
    let (mut vault, app) = place.with_app();
    let secret = daily(&mut vault, app, "OLD", 3);
    place.edit("UPDATE versions SET value = zeroblob(60) WHERE number = 2");
    let refused = vault.transaction(|tx| tx.rename_secret(secret, "NEW")).unwrap_err();
    assert!(matches!(refused, VaultError::ValueDamaged { version: 2, .. }), "the damaged version is named");
    assert!(vault.find_secret(app, "NEW").unwrap().is_none(), "the name is as it was");
    assert_eq!(vault.value(secret, 1).unwrap(), value("OLD 0"), "and so is every other version");
    assert_eq!(vault.value(secret, 3).unwrap(), value("OLD 2"), "and so is every other version");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(place::count(24, 2_000)))]

    /// Whatever the times are, also where the clock jumped back.
    #[test]
    fn the_current_the_newest_ten_and_the_young_are_always_kept(
        days in proptest::collection::vec(0..400_i64, 1..25),
        now in 0..1000_i64,
    ) {
        let place = Place::new();
        let (mut vault, app) = place.with_app();
        let secret = vault
            .transaction(|tx| {
                let secret = tx.ensure_secret(app, "KEY", at(0))?;
                for day in &days {
                    tx.put_value(secret, &value("v"), &Source::Typed, at(day * DAY))?;
                }
                Ok::<_, VaultError>(secret)
            })
            .unwrap();
        prune(&mut vault, at(now * DAY));
        let left = numbers(&vault, secret);
        let count = u32::try_from(days.len()).unwrap();
        for (index, number) in (1..=count).enumerate() {
            let young = days.get(index + 1).is_none_or(|replaced| now < replaced + 90);
            let expected = young || count - number < 10;
            prop_assert_eq!(left.contains(&number), expected, "version {} of {:?} on day {}", number, days, now);
        }
    }
}
