//! A passphrase in the keychain's place, chosen in so many words.

mod place;

use floom_keychain::State;
use floom_vault::{Standing, Vault, VaultError, standing};
use place::{NOTED, Place, at, put, value};

const PASSPHRASE: &str = "correct horse battery staple";

fn create(place: &Place) -> Result<Vault, VaultError> {
    Vault::create_with_passphrase(place.path(), &place.keychain, &value(PASSPHRASE), at(0))
}

fn open(place: &Place, passphrase: &str) -> Result<Vault, VaultError> {
    Vault::open_with_passphrase(place.path(), &value(passphrase))
}

#[test]
fn without_a_keychain_a_passphrase_opens_the_vault() {
    let place = Place::new();
    place.keychain.set_state(State::NoService);
    let mut vault = create(&place).expect("it is made without a keychain");
    assert!(vault.opens_with_passphrase().unwrap(), "it knows what opens it");
    let connection = vault
        .transaction(|tx| {
            let kind = floom_vault::ConnectionKind::Local;
            let new = floom_vault::NewConnection { kind, label: "Local".into(), base_url: None, token: None };
            tx.add_connection(&new, at(1))
        })
        .unwrap();
    let app = vault.transaction(|tx| tx.ensure_app(connection, "flyfast", "Fly fast")).unwrap();
    let secret = put(&mut vault, app, "KEY", "the value");
    drop(vault);
    for state in [State::NoService, State::Locked, State::TimedOut, State::Ready] {
        place.keychain.set_state(state);
        assert_eq!(standing(place.path(), &place.keychain), Standing::Passphrase, "{state:?}: the file says so");
        let refused = Vault::open(place.path(), &place.keychain).map(drop).unwrap_err();
        assert_eq!(refused.code(), "vault_needs_passphrase", "{state:?}: the keychain has no part in it");
    }
    let mut vault = open(&place, PASSPHRASE).expect("the passphrase opens it");
    assert_eq!(vault.value(secret, 1).unwrap(), value("the value"), "with what it holds");
    let refused = vault.rotate_kek(&place.keychain, &NOTED, at(2)).unwrap_err();
    assert_eq!(refused.code(), "vault_opens_with_passphrase", "there is no key in the keychain to replace");

    let wrong = vault.change_passphrase(&value("correct horse battery"), &value("another passphrase"), &NOTED, at(2));
    assert_eq!(wrong.unwrap_err().code(), "wrong_passphrase", "only who knows the old one can change it");
    let short = vault.change_passphrase(&value(PASSPHRASE), &value("short"), &NOTED, at(2));
    assert_eq!(short.unwrap_err().code(), "passphrase_too_short", "a short one is refused");
    vault.change_passphrase(&value(PASSPHRASE), &value("another passphrase"), &NOTED, at(2)).unwrap();
    assert_eq!(vault.value(secret, 1).unwrap(), value("the value"), "the open vault goes on");
    put(&mut vault, app, "LATER", "later");
    drop(vault);
    let refused = open(&place, PASSPHRASE).map(drop).unwrap_err();
    assert_eq!(refused.code(), "wrong_passphrase", "the old one opens nothing");
    let vault = open(&place, "another passphrase").expect("the new one does");
    assert_eq!(vault.value(secret, 1).unwrap(), value("the value"), "all is there");
}

#[test]
fn a_wrong_passphrase_is_told_from_a_damaged_file() {
    let place = Place::new();
    drop(create(&place).unwrap());
    for wrong in ["Correct horse battery staple", "correct horse battery staple ", ""] {
        assert_eq!(open(&place, wrong).map(drop).unwrap_err().code(), "wrong_passphrase", "{wrong:?}");
    }
    place.edit("UPDATE keys SET wrapped = zeroblob(62) WHERE purpose = 'receipt key'");
    assert_eq!(open(&place, PASSPHRASE).map(drop).unwrap_err().code(), "vault_damaged", "the passphrase fits");
    place.edit("UPDATE passphrase SET memory = 2147483647");
    assert_eq!(open(&place, PASSPHRASE).map(drop).unwrap_err().code(), "vault_damaged", "no such cost was chosen");
}

#[test]
fn a_passphrase_vault_is_made_only_where_nothing_can_be_there() {
    let place = Place::new();
    for state in [State::Locked, State::Waiting, State::Denied, State::TimedOut, State::Foreign, State::Other] {
        place.keychain.set_state(state);
        let refused = create(&place).map(drop).unwrap_err();
        assert_eq!(refused.code(), state.code(), "{state:?}: the keychain may know a vault");
    }
    place.keychain.set_state(State::Ready);
    drop(place.create());
    for state in [State::Ready, State::NoService] {
        place.keychain.set_state(state);
        let refused = create(&place).map(drop).unwrap_err();
        assert!(["vault_ready", "keychain_no_service"].contains(&refused.code()), "{state:?}: a vault is there");
        let refused = open(&place, PASSPHRASE).map(drop).unwrap_err();
        assert_eq!(refused.code(), "vault_opens_with_keychain", "{state:?}: and no passphrase opens it");
    }
    std::fs::remove_file(place.path()).unwrap();
    place.keychain.set_state(State::Ready);
    assert_eq!(create(&place).map(drop).unwrap_err().code(), "vault_file_missing", "the keychain knows a vault");
}

#[test]
fn a_keychain_that_answers_misses_the_file() {
    let place = Place::new();
    drop(create(&place).unwrap());
    std::fs::remove_file(place.path()).unwrap();
    assert_eq!(standing(place.path(), &place.keychain), Standing::FileMissing, "it is no first use");
}
