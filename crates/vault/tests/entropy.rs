//! A random source that fails or repeats itself: nothing is sealed.

mod place;

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use floom_vault::{Entropy, OsEntropy, RandomnessFailed, Source, Vault};
use place::{Place, at, put, value};

const WORKS: u8 = 0;
const FAILS: u8 = 1;
const REPEATS: u8 = 2;

#[derive(Clone, Default)]
struct Faulty(Arc<AtomicU8>);

impl Entropy for Faulty {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessFailed> {
        match self.0.load(Ordering::SeqCst) {
            FAILS => Err(RandomnessFailed),
            REPEATS => {
                bytes.fill(42);
                Ok(())
            }
            _ => OsEntropy.fill(bytes),
        }
    }
}

#[test]
fn without_randomness_no_vault_is_made() {
    let place = Place::new();
    let faulty = Faulty::default();
    faulty.0.store(FAILS, Ordering::SeqCst);
    let refused = Vault::create_with(place.path(), &place.keychain, at(0), Box::new(faulty)).map(drop).unwrap_err();
    assert_eq!(refused.code(), "vault_randomness", "it says why");
    assert!(!place.path().exists(), "no file");
    assert_eq!(place.keychain.read("index").unwrap(), None, "and no index");
}

#[test]
fn without_fresh_randomness_nothing_is_sealed_and_nothing_is_lost() {
    let place = Place::new();
    let faulty = Faulty::default();
    let (vault, app) = place.with_app();
    drop(vault);
    let mut vault = Vault::open_with(place.path(), &place.keychain, Box::new(faulty.clone())).unwrap();
    let secret = put(&mut vault, app, "KEY", "kept");
    for fault in [FAILS, REPEATS] {
        faulty.0.store(fault, Ordering::SeqCst);
        let refused = vault.transaction(|tx| tx.put_value(secret, &value("new"), &Source::Typed, at(2))).unwrap_err();
        assert_eq!(refused.code(), "vault_randomness", "no nonce is used twice under one key");
        assert_eq!(vault.versions(secret).unwrap().len(), 1, "and nothing is half stored");
    }
    faulty.0.store(WORKS, Ordering::SeqCst);
    vault.transaction(|tx| tx.put_value(secret, &value("new"), &Source::Typed, at(2))).expect("then it works again");
    assert_eq!(vault.value(secret, 1).unwrap(), value("kept"), "the first value is still there");
    assert_eq!(vault.value(secret, 2).unwrap(), value("new"), "and so is the second");
}
