//! Every refusal says what happened, what was kept and what to do next.

use std::collections::BTreeSet;

use floom_vault::{ChainCheck, RollbackCheck, VaultError};

#[test]
fn every_refusal_has_its_own_code_and_whole_sentences() {
    let refusals = [
        VaultError::Newer,
        VaultError::WrongKey,
        VaultError::Damaged,
        VaultError::ValueDamaged { secret: "KEY".into(), version: 2 },
        VaultError::RowAltered { table: "secret", name: "KEY".into() },
        VaultError::RolledBack { receipts: 3, anchored: 7 },
        VaultError::AnchorForeign,
        VaultError::ValueOnlyOnFloom,
        VaultError::NameTaken("KEY".into()),
        VaultError::ChangesWait("KEY".into()),
        VaultError::NoGoodCopy,
        VaultError::NameNotTyped,
        VaultError::AgentRunning,
        VaultError::ConnectionInUse { waiting: 2 },
        VaultError::NotFound("secret"),
        VaultError::Randomness,
        VaultError::DiskFull,
    ];
    for error in &refusals {
        for sentence in [error.to_string().as_str(), error.kept(), error.hint()] {
            assert!(sentence.ends_with('.'), "{error:?}: {sentence} is a whole sentence");
        }
    }
    let codes: BTreeSet<&str> = refusals.iter().map(VaultError::code).collect();
    assert_eq!(codes.len(), refusals.len(), "no two refusals share a code");
}

#[test]
fn what_a_check_found_is_said_in_whole_sentences() {
    let chains = [
        ChainCheck::Whole { count: 4 },
        ChainCheck::Breaks { at: 2 },
        ChainCheck::CutShort { count: 2, anchored: 4 },
        ChainCheck::Diverges { at: 3 },
    ];
    let said = chains.iter().map(|check| (check.code(), check.sentence(), check.hint()));
    let at = "2026-11-25T22:35:30Z".parse().expect("a time");
    let files = [
        RollbackCheck::Current,
        RollbackCheck::NotAnchored,
        RollbackCheck::Unknown(floom_keychain::State::Locked),
        RollbackCheck::RolledBack { receipts: 2, anchored: 4, at },
    ];
    let said: Vec<_> = said.chain(files.iter().map(|check| (check.code(), check.sentence(), check.hint()))).collect();
    for (code, sentence, hint) in &said {
        assert!(sentence.ends_with('.') && hint.ends_with('.'), "{code}: {sentence} {hint}");
    }
    let codes: BTreeSet<_> = said.iter().map(|(code, ..)| code).collect();
    assert_eq!(codes.len(), said.len(), "each finding has its own code");
}
