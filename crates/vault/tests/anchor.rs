//! What the vault's own file cannot tell, the keychain's note of it tells.

mod place;

use std::path::Path;

use floom_keychain::State;
use floom_vault::{AnchorState, ChainCheck, NewReceipt, RollbackCheck, Vault, VaultError, find_anchor};
use place::{Place, at, count, put, value};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

fn receipt(vault: &mut Vault, key: &str) {
    let new = NewReceipt { what: "value_stored", app: Some("flyfast"), key: Some(key), detail: "typed" };
    vault.transaction(|tx| tx.append_receipt(&new, at(1))).expect("it is written");
}

/// The vault's file as it is now. The vault is closed, so that there is no log beside it.
fn copy(path: &Path) -> Vec<u8> {
    std::fs::read(path).expect("the file is read")
}

fn anchored(place: &Place, vault: &Vault) -> i64 {
    vault.anchor_receipts(&place.keychain, at(9)).expect("it is noted").receipts()
}

#[test]
fn a_vault_that_went_on_from_its_anchor_is_current() {
    let place = Place::new();
    let mut vault = place.create();
    assert_eq!(vault.anchor(&place.keychain), AnchorState::Absent, "nothing is noted at first");
    assert_eq!(vault.rollback_check(&place.keychain).unwrap(), RollbackCheck::NotAnchored, "and that is said");
    assert_eq!(anchored(&place, &vault), 0, "an empty chain can be noted");
    assert_eq!(vault.rollback_check(&place.keychain).unwrap(), RollbackCheck::Current, "it is what was noted");
    receipt(&mut vault, "A");
    receipt(&mut vault, "B");
    assert_eq!(vault.rollback_check(&place.keychain).unwrap(), RollbackCheck::Current, "it went on from it");
    assert_eq!(anchored(&place, &vault), 2, "the note moves with the chain");
    receipt(&mut vault, "C");
    let found = vault.anchor_state(&find_anchor(vault.id(), &place.keychain));
    let _unwritten = vault.next_anchor(&found, at(10)).expect("it could be noted");
    drop(vault);
    let vault = place.open();
    assert_eq!(vault.anchor(&place.keychain), found, "what is not written is not noted");
    let AnchorState::Present(anchor) = vault.anchor(&place.keychain) else { panic!("the note is there") };
    assert_eq!((anchor.receipts(), anchor.at()), (2, at(9)), "it says what and when");
    let check = vault.receipts_verify(&AnchorState::Present(anchor)).unwrap();
    assert_eq!(check, ChainCheck::Whole { count: 3 }, "the chain is whole, beyond its note too");
}

#[test]
fn an_older_file_put_back_is_noticed_and_stays_readable() {
    let place = Place::new();
    let (mut vault, app) = place.with_app();
    let secret = put(&mut vault, app, "A", "the old value");
    receipt(&mut vault, "A");
    drop(vault);
    let older = copy(place.path());
    let mut vault = place.open();
    receipt(&mut vault, "B");
    receipt(&mut vault, "C");
    anchored(&place, &vault);
    drop(vault);
    std::fs::write(place.path(), &older).unwrap();

    let mut vault = place.open();
    let anchor = vault.anchor(&place.keychain);
    let check = vault.receipts_verify(&AnchorState::Absent).unwrap();
    assert_eq!(check, ChainCheck::Whole { count: 1 }, "in itself the older file is whole");
    let check = vault.receipts_verify(&anchor).unwrap();
    assert_eq!(check, ChainCheck::CutShort { count: 1, anchored: 3 }, "against the note it is not");
    assert_eq!(check.code(), "receipts_cut_short", "which has its own code");
    let rolled_back = vault.rollback_check(&place.keychain).unwrap();
    let expected = RollbackCheck::RolledBack { receipts: 1, anchored: 3, at: at(9) };
    assert_eq!(rolled_back, expected, "opening notices it");
    assert_eq!(rolled_back.code(), "vault_rolled_back", "with a stable code");
    assert_eq!(vault.value(secret, 1).unwrap(), value("the old value"), "and what is there is readable");
    let refused = vault.anchor_receipts(&place.keychain, at(10)).unwrap_err();
    assert!(matches!(refused, VaultError::RolledBack { receipts: 1, anchored: 3 }), "the note is not moved back");

    // Written to until it is as long as it was, it is still another history.
    for key in ["X", "Y", "Z"] {
        receipt(&mut vault, key);
    }
    let check = vault.receipts_verify(&anchor).unwrap();
    assert_eq!(check, ChainCheck::Diverges { at: 3 }, "another receipt stands where the noted one stood");
    let rolled_back = vault.rollback_check(&place.keychain).unwrap();
    assert_eq!(rolled_back.code(), "vault_rolled_back", "opening notices that too");
    assert_eq!(vault.anchor(&place.keychain), anchor, "nothing has moved the note");

    vault.anchor_anew(&place.keychain, at(11)).expect("the creator accepts the file as it is");
    assert_eq!(vault.rollback_check(&place.keychain).unwrap(), RollbackCheck::Current, "then it is the newest");
}

#[test]
fn every_cut_older_than_the_anchor_is_found() {
    for (kept, found) in [
        (0, ChainCheck::CutShort { count: 0, anchored: 3 }),
        (2, ChainCheck::CutShort { count: 2, anchored: 3 }),
        (3, ChainCheck::Whole { count: 3 }),
    ] {
        // The file as it was when there were `kept` receipts: what somebody with a copy can put back.
        let place = Place::new();
        let mut vault = place.create();
        let mut cut = None;
        for (written, key) in ["A", "B", "C", "D"].into_iter().enumerate() {
            if written == kept {
                drop(vault);
                cut = Some(copy(place.path()));
                vault = place.open();
            }
            if written == 3 {
                anchored(&place, &vault);
            }
            receipt(&mut vault, key);
        }
        drop(vault);
        std::fs::write(place.path(), cut.expect("the copy was made")).unwrap();
        let vault = place.open();
        let check = vault.receipts_verify(&vault.anchor(&place.keychain)).unwrap();
        assert_eq!(check, found, "cut to {kept} of 4, noted at 3: only what is younger than the note can go unseen");
    }
}

#[test]
fn a_note_that_is_not_this_vault_s_is_told_and_kept() {
    let (place, other) = (Place::new(), Place::new());
    let mut vault = place.create();
    receipt(&mut vault, "A");
    anchored(&place, &vault);
    let account = format!("{}/anchor", vault.id());
    let noted = place.keychain.read(&account).unwrap().expect("the note is an entry of its own");
    let theirs = other.create();
    anchored(&other, &theirs);
    let theirs = other.keychain.read(&format!("{}/anchor", theirs.id())).unwrap().expect("the other's note");
    let mut forged = vec![theirs.to_vec(), b"{}".to_vec(), Vec::new(), noted[..noted.len() - 1].to_vec()];
    forged.extend((0..noted.len()).map(|byte| {
        let mut forged = noted.to_vec();
        forged[byte] ^= 1;
        forged
    }));
    for entry in forged {
        place.keychain.write(&account, &entry).unwrap();
        let state = vault.anchor(&place.keychain);
        assert_eq!(state, AnchorState::Unreadable(State::Foreign), "only the vault's own key makes a note");
        let check = vault.rollback_check(&place.keychain).unwrap();
        assert_eq!(check, RollbackCheck::Unknown(State::Foreign), "it is told apart from none");
        let refused = vault.anchor_receipts(&place.keychain, at(10)).unwrap_err();
        assert_eq!(refused.code(), "vault_anchor_foreign", "and not overwritten");
        let kept = place.keychain.read(&account).unwrap().expect("it is kept");
        assert_eq!(kept.as_slice(), entry, "as it was");
    }
}

#[test]
fn a_keychain_that_gives_no_answer_is_never_taken_for_one_without_a_note() {
    let place = Place::new();
    let mut vault = place.create();
    receipt(&mut vault, "A");
    for state in [State::Locked, State::Denied, State::TimedOut, State::NoService, State::Other] {
        place.keychain.set_state(state);
        assert_eq!(vault.anchor(&place.keychain), AnchorState::Unreadable(state), "{state:?} is said");
        let check = vault.rollback_check(&place.keychain).unwrap();
        assert_eq!(check, RollbackCheck::Unknown(state), "{state:?} is unknown, neither current nor rolled back");
        let refused = vault.anchor_receipts(&place.keychain, at(10)).unwrap_err();
        assert_eq!(refused.code(), state.code(), "{state:?}: nothing was noted, and that is said");
        assert_eq!(vault.receipts_count().unwrap(), 1, "{state:?}: the vault stays readable");
    }
}

#[test]
fn an_end_that_was_changed_is_no_end_to_note() {
    let place = Place::new();
    let mut vault = place.create();
    receipt(&mut vault, "A");
    anchored(&place, &vault);
    place.edit("UPDATE chain SET sequence = 7");
    let refused = vault.anchor_receipts(&place.keychain, at(10)).unwrap_err();
    assert_eq!(refused.code(), "vault_rolled_back", "the proven end does not reach the note");
    let refused = vault.anchor_anew(&place.keychain, at(10)).unwrap_err();
    assert_eq!(refused.code(), "vault_row_altered", "and a forged end is never noted");
}

/// What somebody with the file, but without the key, does to a chain.
#[derive(Debug, Clone)]
enum Edit {
    /// One column of one receipt gets another's, or a value of its own.
    Column { at: i64, column: &'static str, from: Option<i64> },
    /// Receipts are removed.
    Remove { from: i64, count: i64 },
    /// They are removed, and the end is told to be before them.
    Cut { after: i64 },
    /// The same, with the end as another vault's chain has it.
    CutLike { after: i64 },
    /// Two change places, numbers and MACs with them or not.
    Swap { one: i64, other: i64, whole: bool },
    /// One comes from another vault's chain, its MAC with it.
    Splice { at: i64 },
    /// The end, or the whole, is another vault's.
    Replace { all: bool },
}

const RECEIPTS: i64 = 8;

fn edits() -> impl Strategy<Value = Edit> {
    const COLUMNS: &[&str] = &["at", "what", "app", "key", "detail", "mac"];
    let number = 1..=RECEIPTS;
    prop_oneof![
        (number.clone(), prop::sample::select(COLUMNS), proptest::option::of(number.clone()))
            .prop_map(|(at, column, from)| Edit::Column { at, column, from }),
        (number.clone(), 1..4_i64).prop_map(|(from, count)| Edit::Remove { from, count }),
        (0..RECEIPTS).prop_map(|after| Edit::Cut { after }),
        (0..RECEIPTS).prop_map(|after| Edit::CutLike { after }),
        (number.clone(), number.clone(), any::<bool>()).prop_map(|(one, other, whole)| Edit::Swap {
            one,
            other,
            whole
        }),
        number.prop_map(|at| Edit::Splice { at }),
        any::<bool>().prop_map(|all| Edit::Replace { all }),
    ]
}

impl Edit {
    fn sql(&self) -> String {
        const ALL: &str = "at, what, app, key, detail";
        match self {
            Self::Column { at, column, from: None } => {
                format!(
                    "UPDATE receipts SET {column} = CASE '{column}' WHEN 'at' THEN 7 WHEN 'mac' THEN x'07' ELSE 'seven' END WHERE sequence = {at}"
                )
            }
            Self::Column { at, column, from: Some(from) } => {
                format!(
                    "UPDATE receipts SET {column} = (SELECT {column} FROM receipts WHERE sequence = {from}) WHERE sequence = {at}"
                )
            }
            Self::Remove { from, count } => {
                format!("DELETE FROM receipts WHERE sequence >= {from} AND sequence < {}", from + count)
            }
            Self::Cut { after } => {
                format!("DELETE FROM receipts WHERE sequence > {after};
                         UPDATE chain SET sequence = {after}, head = (SELECT coalesce(max(mac), zeroblob(32)) FROM receipts WHERE sequence = {after})")
            }
            Self::CutLike { after } => {
                format!(
                    "DELETE FROM receipts WHERE sequence > {after}; DELETE FROM chain;
                         INSERT INTO chain SELECT * FROM theirs.chain"
                )
            }
            Self::Swap { one, other, whole } => {
                let columns = if *whole { format!("{ALL}, mac") } else { ALL.to_owned() };
                format!("CREATE TEMP TABLE kept AS SELECT * FROM receipts;
                         UPDATE receipts SET ({columns}) = (SELECT {columns} FROM kept WHERE kept.sequence = {one} + {other} - receipts.sequence)
                         WHERE sequence IN ({one}, {other});
                         DROP TABLE kept")
            }
            Self::Splice { at } => {
                format!(
                    "UPDATE receipts SET ({ALL}, mac) = (SELECT {ALL}, mac FROM theirs.receipts WHERE sequence = {at}) WHERE sequence = {at}"
                )
            }
            Self::Replace { all: false } => {
                "DELETE FROM chain; INSERT INTO chain SELECT * FROM theirs.chain".to_owned()
            }
            Self::Replace { all: true } => "DELETE FROM chain; INSERT INTO chain SELECT * FROM theirs.chain;
                 DELETE FROM receipts; INSERT INTO receipts SELECT * FROM theirs.receipts"
                .to_owned(),
        }
    }
}

#[test]
fn whatever_is_done_to_a_chain_without_its_key_is_found() {
    let (place, other) = (Place::new(), Place::new());
    let chain = |place: &Place, word: &str| {
        let mut vault = place.create();
        for number in 0..RECEIPTS {
            receipt(&mut vault, &format!("{word}_{number}"));
        }
        vault
    };
    let (vault, theirs) = (chain(&place, "OURS"), chain(&other, "THEIRS"));
    drop(theirs);
    vault.anchor_receipts(&place.keychain, at(9)).expect("it is noted");
    let anchor = vault.anchor(&place.keychain);
    let outside = rusqlite::Connection::open(place.path()).expect("the file is a database");
    outside.pragma_update(None, "synchronous", "OFF").expect("what is edited need not last");
    let theirs = other.path().to_str().expect("the path is text");
    outside.execute("ATTACH ?1 AS theirs", [theirs]).expect("the other file is a database too");
    outside
        .execute_batch(
            "CREATE TEMP TABLE receipts_before AS SELECT * FROM receipts;
                        CREATE TEMP TABLE chain_before AS SELECT * FROM chain",
        )
        .expect("a copy to go back to");
    let changed = "SELECT EXISTS (SELECT * FROM main.receipts EXCEPT SELECT * FROM receipts_before)
                   OR EXISTS (SELECT * FROM receipts_before EXCEPT SELECT * FROM main.receipts)
                   OR EXISTS (SELECT * FROM chain_before EXCEPT SELECT * FROM main.chain)";
    let config = Config { cases: count(400, 10_000), failure_persistence: None, ..Config::default() };
    let tried = TestRunner::new(config).run(&edits(), |edit| {
        outside.execute_batch(&edit.sql()).unwrap();
        let is_changed: bool = outside.query_row(changed, [], |row| row.get(0)).unwrap();
        let (alone, against) = (vault.receipts_verify(&AnchorState::Absent), vault.receipts_verify(&anchor));
        outside
            .execute_batch(
                "DELETE FROM main.receipts; INSERT INTO main.receipts SELECT * FROM receipts_before;
                            DELETE FROM main.chain; INSERT INTO main.chain SELECT * FROM chain_before",
            )
            .unwrap();
        let whole = ChainCheck::Whole { count: RECEIPTS };
        prop_assert_eq!(against.unwrap() == whole, !is_changed, "{:?} against the note", edit);
        prop_assert_eq!(alone.unwrap() == whole, !is_changed, "{:?} without it", edit);
        Ok(())
    });
    tried.unwrap_or_else(|error| panic!("{error}"));
}
