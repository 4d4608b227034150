//! The plan and the brakes: pure rules, data in and data out.

use std::collections::BTreeMap;

use floom_engine::brake::{Brake, Look, brake};
use floom_engine::plan::{FileKey, FileValue, Plan, Refused, Row, Rules, plan};
use floom_engine::precedence::Others;
use floom_protocol::import::Fate;
use floom_secret::{Policy, Preview, SecretValue};
use floom_vault::{AppId, CurrentValue, Fingerprint, RemoteState, Secret, SecretId, Source};
use jiff::Timestamp;
use proptest::prelude::*;

fn print(seed: u8) -> Fingerprint {
    Fingerprint::from_hex(&format!("{seed:02x}").repeat(32)).expect("64 digits")
}

fn key(name: &str, seed: u8) -> FileKey {
    FileKey { key: name.to_owned(), line: 1, value: FileValue::Some(print(seed)) }
}

fn declared(name: &str) -> Secret {
    let remote =
        RemoteState { declared: true, policy: Some(Policy::User), has_value: Some(false), ..RemoteState::default() };
    Secret {
        id: SecretId::new(),
        app: AppId::new(),
        name: name.to_owned(),
        policy: None,
        current: None,
        remote,
        removed_at: None,
    }
}

fn stored(name: &str, seed: u8) -> Secret {
    let current = CurrentValue {
        version: 1,
        preview: Preview::of(&SecretValue::new("x".into())),
        fingerprint: print(seed),
        source: Source::Typed,
        created_at: Timestamp::UNIX_EPOCH,
    };
    let mut secret = Secret { current: Some(current), ..declared(name) };
    secret.remote.policy = Some(Policy::Creator);
    secret.remote.policy_set_at = Some(Timestamp::UNIX_EPOCH);
    secret.remote.has_value = Some(true);
    secret.remote.acknowledged = Some(1);
    secret
}

fn plan_of(file: &[FileKey], secrets: &[Secret]) -> Plan {
    let none = BTreeMap::new();
    let rules = Rules {
        default_policy: Policy::Creator,
        set_aside: &none,
        seen: &[],
        chosen: &BTreeMap::new(),
        others: &Others::default(),
    };
    plan(file, secrets, &rules)
}

fn only(plan: Plan) -> Row {
    let [row] = <[Row; 1]>::try_from(plan.rows).expect("one row");
    row
}

#[test]
fn a_declared_key_that_nobody_decided_on_gets_the_link_s_policy() {
    let row = only(plan_of(&[key("A", 1)], &[declared("A")]));
    assert_eq!((row.fate, row.policy), (Fate::New, Policy::Creator), "an entry without a time was never decided");
    assert!(row.stores && row.sends, "a new creator value is stored and sent");
}

#[test]
fn a_policy_decided_on_floom_is_kept_and_the_value_stays_local() {
    let mut secret = declared("A");
    secret.remote.policy_set_at = Some(Timestamp::UNIX_EPOCH);
    let row = only(plan_of(&[key("A", 1)], &[secret]));
    assert_eq!((row.fate, row.policy), (Fate::UserVault, Policy::User), "user vault was decided on");
    assert!(row.stores && !row.sends, "the value is stored here and not sent");
}

#[test]
fn an_undeclared_key_stays_on_this_computer() {
    let row = only(plan_of(&[key("A", 1)], &[]));
    assert_eq!(row.fate, Fate::Undeclared, "no app declares it");
    assert!(row.stores && !row.sends, "it is stored and not sent");
}

#[test]
fn a_changed_value_replaces_and_an_equal_one_does_nothing() {
    let changed = only(plan_of(&[key("A", 2)], &[stored("A", 1)]));
    assert_eq!((changed.fate, changed.stores, changed.sends), (Fate::Changed, true, true), "another value is sent");
    let same = plan_of(&[key("A", 1)], &[stored("A", 1)]);
    assert_eq!(same.changes().count(), 0, "the stored value changes nothing");
}

#[test]
fn a_value_that_floom_lost_is_sent_again() {
    let mut secret = stored("A", 1);
    secret.remote.has_value = Some(false);
    secret.remote.acknowledged = None;
    let row = only(plan_of(&[key("A", 1)], &[secret]));
    assert!(!row.stores && row.sends, "nothing new to store, but Floom lacks it");
}

#[test]
fn a_value_that_was_set_aside_is_no_change() {
    let aside = BTreeMap::from([("A".to_owned(), print(2))]);
    let rules = Rules {
        default_policy: Policy::Creator,
        set_aside: &aside,
        seen: &[],
        chosen: &BTreeMap::new(),
        others: &Others::default(),
    };
    let row = only(plan(&[key("A", 2)], &[stored("A", 1)], &rules));
    assert_eq!((row.fate, row.stores, row.sends), (Fate::SetAside, false, false), "the rejected value stays ignored");
    let moved = only(plan(&[key("A", 3)], &[stored("A", 1)], &rules));
    assert_eq!(moved.fate, Fate::Changed, "a third value is a change again");
}

#[test]
fn a_line_that_vanished_removes_nothing() {
    let none = BTreeMap::new();
    let seen = ["A".to_owned()];
    let rules = Rules {
        default_policy: Policy::Creator,
        set_aside: &none,
        seen: &seen,
        chosen: &BTreeMap::new(),
        others: &Others::default(),
    };
    let row = only(plan(&[], &[stored("A", 1)], &rules));
    assert_eq!((row.fate, row.stores, row.sends), (Fate::Gone, false, false), "it is shown and nothing else");
}

#[test]
fn a_line_that_another_file_overrules_does_nothing_and_says_whose() {
    let none = BTreeMap::new();
    let others = Others { overruled: [("A".to_owned(), ".env.local".to_owned())].into(), ..Others::default() };
    let chosen = BTreeMap::new();
    let rules =
        Rules { default_policy: Policy::Creator, set_aside: &none, seen: &[], chosen: &chosen, others: &others };
    let row = only(plan(&[key("A", 2)], &[stored("A", 1)], &rules));
    assert_eq!((row.fate, row.stores, row.sends), (Fate::Overruled, false, false), "it is neither stored nor sent");
    assert_eq!(row.overruled_by.as_deref(), Some(".env.local"), "the file that counts is named");
}

#[test]
fn a_value_that_shows_through_asks_and_one_that_is_stored_does_not() {
    let none = BTreeMap::new();
    let others = Others { uncovered: ["A".to_owned(), "B".to_owned()].into(), ..Others::default() };
    let chosen = BTreeMap::new();
    let rules =
        Rules { default_policy: Policy::Creator, set_aside: &none, seen: &[], chosen: &chosen, others: &others };
    let plan = plan(&[key("A", 2), key("B", 1)], &[stored("A", 1), stored("B", 1)], &rules);
    let asks: Vec<(&str, bool)> = plan.rows.iter().map(|row| (row.key.as_str(), row.asks)).collect();
    assert_eq!(asks, [("A", true), ("B", false)], "only another value is a question");
}

#[test]
fn empty_and_refused_lines_are_skipped_with_a_reason() {
    for value in [FileValue::Empty, FileValue::Refused(Refused { code: "line_nul", words: "line 1: NUL".to_owned() })] {
        let row = only(plan_of(&[FileKey { key: "A".to_owned(), line: 1, value }], &[stored("A", 1)]));
        assert_eq!(row.fate, Fate::Skipped, "nothing is taken from the line");
        assert!(row.refusal.is_some() && !row.stores && !row.sends, "and it says why");
    }
}

fn prints(keys: std::ops::Range<u8>) -> BTreeMap<String, Fingerprint> {
    keys.map(|seed| (format!("K{seed}"), print(seed))).collect()
}

fn look(values: &BTreeMap<String, Fingerprint>) -> Look<'_> {
    Look { values, blank: values.is_empty(), merge_markers: false, encoding_changed: false, switched_to: None }
}

#[test]
fn the_brakes_numbers() {
    let four = prints(0..4);
    let mut one_changed = four.clone();
    one_changed.insert("K0".into(), print(99));
    assert_eq!(brake(&four, &look(&one_changed)), None, "one changed key of four is no brake");
    assert_eq!(brake(&four, &look(&prints(0..3))), None, "one gone key is no brake");
    assert_eq!(
        brake(&four, &look(&prints(0..1))),
        Some(Brake::KeysGone { gone: 3, of: 4 }),
        "three of four gone is one"
    );
    assert_eq!(brake(&prints(0..10), &look(&prints(0..8))), None, "two of ten is exactly 20 %, not over");
    assert_eq!(brake(&four, &look(&BTreeMap::new())), Some(Brake::FileEmpty), "an empty file is one");
    assert_eq!(brake(&BTreeMap::new(), &look(&four)), None, "a first read has nothing to compare");
    let nine = prints(0..9);
    let with_changes = |changes: u8| {
        let mut other = nine.clone();
        other.extend((0..changes).map(|seed| (format!("K{seed}"), print(seed + 100))));
        other
    };
    assert_eq!(brake(&nine, &look(&with_changes(4))), None, "four changed values are no brake");
    assert_eq!(
        brake(&nine, &look(&with_changes(5))),
        Some(Brake::ManyChanged { changed: 5, of: 9 }),
        "five of nine are"
    );
    let marked = Look { merge_markers: true, ..look(&four) };
    assert_eq!(brake(&four, &marked), Some(Brake::MergeMarkers), "merge markers are one");
    let switched = |values| Look { switched_to: Some("other"), ..look(values) };
    let one = Brake::BranchSwitched { branch: "other".to_owned(), changed: 1 };
    assert_eq!(brake(&four, &switched(&one_changed)), Some(one), "one other value on another branch is one");
    assert_eq!(brake(&four, &switched(&four)), None, "the same values on another branch are none");
    let recoded = Look { encoding_changed: true, ..look(&four) };
    assert_eq!(brake(&four, &recoded), Some(Brake::EncodingChanged), "another encoding is one");
}

/// What storing and sending a plan does to the vault's side of things.
fn apply(plan: &Plan, file: &[FileKey], secrets: &mut Vec<Secret>) {
    for row in plan.changes() {
        let fingerprint = file.iter().find(|key| key.key == row.key).and_then(|key| match key.value {
            FileValue::Some(fingerprint) => Some(fingerprint),
            _ => None,
        });
        if secrets.iter().all(|secret| secret.name != row.key) {
            secrets.push(Secret { remote: RemoteState::default(), ..declared(&row.key) });
        }
        let secret = secrets.iter_mut().find(|secret| secret.name == row.key).expect("just made");
        if let Some(fingerprint) = fingerprint.filter(|_| row.stores) {
            let version = secret.current.as_ref().map_or(1, |current| current.version + 1);
            let made = stored(&row.key, 0).current.expect("a value");
            secret.current = Some(CurrentValue { version, fingerprint, ..made });
            secret.removed_at = None;
        }
        if row.sends {
            secret.policy = Some(row.policy);
            secret.remote.policy = Some(row.policy);
            secret.remote.policy_set_at = Some(Timestamp::UNIX_EPOCH);
            if row.policy == Policy::Creator {
                secret.remote.has_value = Some(true);
                secret.remote.acknowledged = secret.current.as_ref().map(|current| current.version);
            }
        }
    }
}

proptest! {
    #[test]
    fn a_plan_that_was_applied_plans_nothing_more(
        file in prop::collection::btree_map("[A-F]", 0_u8..4, 0..6),
        known in prop::collection::btree_map("[A-F]", (0_u8..4, any::<bool>(), any::<bool>()), 0..6),
    ) {
        let file: Vec<FileKey> = file.iter().map(|(name, seed)| key(name, *seed)).collect();
        let mut secrets: Vec<Secret> = known
            .iter()
            .map(|(name, (seed, has_value, decided))| {
                let mut secret = if *has_value { stored(name, *seed) } else { declared(name) };
                secret.remote.policy_set_at = decided.then_some(Timestamp::UNIX_EPOCH);
                secret
            })
            .collect();
        let before = secrets.len();
        let first = plan_of(&file, &secrets);
        apply(&first, &file, &mut secrets);
        prop_assert!(secrets.len() >= before, "no plan removes a secret");
        prop_assert_eq!(plan_of(&file, &secrets).changes().count(), 0, "the second plan changes nothing");
    }
}
