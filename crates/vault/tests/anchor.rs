//! What the vault's own file cannot tell, the keychain's note of it tells.

mod place;

use std::path::Path;

use floom_keychain::State;
use floom_vault::{AnchorState, ChainCheck, NewReceipt, RollbackCheck, Vault, VaultError};
use place::{Place, at, put, value};

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
    drop(vault);
    let vault = place.open();
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
