//! Any history, killed at every point of it: what was called stored is there, and it all opens.

mod place;

use std::collections::BTreeMap;
use std::rc::Rc;

use floom_vault::{AppId, KeyHolder, RecoveryCode, SecretId, Source, Vault, VaultError, recover};
use place::{NOTED, Place, at, killed_at_every_point, kit, times, value};
use proptest::prelude::*;

/// One thing that the program does.
#[derive(Debug, Clone)]
enum Act {
    Store { secret: u8, text: String },
    StoreMany { count: u8 },
    RotateKek,
    RotateDataKeys,
    MakeKit,
    Reopen,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        3 => (0..4_u8, any::<String>()).prop_map(|(secret, text)| Act::Store { secret, text }),
        1 => (2..20_u8).prop_map(|count| Act::StoreMany { count }),
        2 => Just(Act::RotateKek),
        2 => Just(Act::RotateDataKeys),
        1 => Just(Act::MakeKit),
        1 => Just(Act::Reopen),
    ];
    proptest::collection::vec(act, 1..8)
}

/// A vault, and what it has called stored.
struct History {
    place: Rc<Place>,
    vault: Vault,
    app: AppId,
    stored: BTreeMap<(SecretId, u32), String>,
    code: Option<RecoveryCode>,
}

impl History {
    fn store(&mut self, name: &str, text: &str) -> Result<(), VaultError> {
        let app = self.app;
        let stored = self.vault.transaction(|tx| {
            let secret = tx.ensure_secret(app, name, at(1))?;
            Ok::<_, VaultError>((secret, tx.put_value(secret, &value(text), &Source::Typed, at(1))?))
        })?;
        self.stored.insert(stored, text.to_owned());
        Ok(())
    }

    fn act(&mut self, act: &Act) -> Result<(), VaultError> {
        match act {
            Act::Store { secret, text } => self.store(&format!("KEY_{secret}"), text)?,
            Act::StoreMany { count } => {
                (0..*count).try_for_each(|number| self.store(&format!("MANY_{number}"), "one of many"))?;
            }
            Act::RotateKek => self.vault.rotate_kek(&self.place.keychain, &NOTED, at(2))?,
            Act::RotateDataKeys => drop(self.vault.rotate_data_keys(None)?),
            Act::MakeKit => self.code = Some(kit(&mut self.vault, at(3))?),
            Act::Reopen => self.vault = Vault::open(self.place.path(), &self.place.keychain)?,
        }
        Ok(())
    }
}

fn holds(vault: &Vault, stored: &BTreeMap<(SecretId, u32), String>) {
    for ((secret, version), text) in stored {
        let found = vault.value(*secret, *version).expect("what was called stored opens");
        assert!(found == value(text), "with the value that was stored");
    }
    let contents = vault.contents().expect("the file can be walked");
    assert!(contents.is_whole(), "and nothing is damaged: {:?}", contents.damaged);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: u32::try_from(times(10)).unwrap(), ..ProptestConfig::default() })]

    #[test]
    fn what_was_called_stored_survives_a_kill_anywhere(acts in acts()) {
        let place = Rc::new(Place::new());
        let (vault, app) = place.with_app();
        let id = vault.id();
        let mut history = History { place: place.clone(), vault, app, stored: BTreeMap::new(), code: None };
        for act in &acts {
            let before = history.stored.clone();
            let had_kit = history.code.is_some();
            let killed = killed_at_every_point(&place, id, || history.act(act).unwrap());
            for (_, place) in killed {
                holds(&place.open(), &before);
                prop_assert_eq!(place.generations(id).len(), 1, "one key is there, none is left over");
                // While a new kit is made, either code may be the one.
                if let Some(code) = history.code.as_ref().filter(|_| had_kit && !matches!(act, Act::MakeKit)) {
                    let holder = KeyHolder::Keychain(&place.keychain);
                    holds(&recover(place.path(), code, holder, at(4)).unwrap(), &before);
                }
            }
            holds(&history.vault, &history.stored);
        }
    }
}
