//! What would bring vault and Floom in line with a file.
//!
//! A pure function of the file's keys, the vault's secrets (with what Floom last
//! told about them) and the link's rules. Applying a plan and planning again
//! gives a plan that does nothing.

use std::collections::{BTreeMap, HashMap};

use floom_protocol::import::Fate;
use floom_secret::Policy;
use floom_vault::{Fingerprint, Secret};

use crate::conflict::is_foreign;
use crate::precedence::Others;

/// One key of a file, as its reader sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileKey {
    /// Its name.
    pub key: String,
    /// Its line, from 1.
    pub line: u32,
    /// What the reader made of it.
    pub value: FileValue,
}

/// What a reader made of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileValue {
    /// A value, known by its fingerprint.
    Some(Fingerprint),
    /// Nothing behind the operator.
    Empty,
    /// A line that cannot be taken, and why.
    Refused(Refused),
}

/// Why a line cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The stable code.
    pub code: &'static str,
    /// What is wrong and what to do, in words, without a byte of the line.
    pub words: String,
}

/// The rules of one link, or of one import.
#[derive(Debug, Clone)]
pub struct Rules<'a> {
    /// The policy of keys that nobody decided on.
    pub default_policy: Policy,
    /// Values that the creator set aside, by key.
    pub set_aside: &'a BTreeMap<String, Fingerprint>,
    /// Keys that the last whole read had.
    pub seen: &'a [String],
    /// Policies chosen for this import, by key.
    pub chosen: &'a BTreeMap<String, Policy>,
    /// What the app's other files say.
    pub others: &'a Others,
}

/// One key's part of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The key.
    pub key: String,
    /// Its line; 0 when it is gone from the file.
    pub line: u32,
    /// What happens.
    pub fate: Fate,
    /// The policy that it has or gets.
    pub policy: Policy,
    /// Whether the value is stored as a new version.
    pub stores: bool,
    /// Whether Floom is told.
    pub sends: bool,
    /// Whether the creator is asked even where changes are taken by themselves.
    pub asks: bool,
    /// The name of the file that counts for this key in this one's stead.
    pub overruled_by: Option<String>,
    /// Why the line cannot be taken.
    pub refusal: Option<Refused>,
}

/// The list of changes; data, shown before it is done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// One row per key, in the file's order; keys that are gone come last.
    pub rows: Vec<Row>,
}

impl Plan {
    /// The rows that store or send something.
    pub fn changes(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.stores || row.sends)
    }
}

/// The policy that holds for `secret`: what the creator decided here, what was decided
/// on Floom (an entry without a time was never decided), else `default`.
pub fn policy_of(secret: Option<&Secret>, default: Policy) -> Policy {
    let Some(secret) = secret else { return default };
    secret.policy.or_else(|| secret.remote.policy.filter(|_| secret.remote.policy_set_at.is_some())).unwrap_or(default)
}

/// The plan for `file` (one entry per key) against `secrets` under `rules`.
pub fn plan(file: &[FileKey], secrets: &[Secret], rules: &Rules<'_>) -> Plan {
    let known: HashMap<&str, &Secret> = secrets.iter().map(|secret| (secret.name.as_str(), secret)).collect();
    let mut rows: Vec<Row> = file.iter().map(|key| row(key, known.get(key.key.as_str()).copied(), rules)).collect();
    let gone = rules.seen.iter().filter(|name| file.iter().all(|key| key.key != **name));
    rows.extend(gone.map(|name| Row {
        key: name.clone(),
        line: 0,
        fate: Fate::Gone,
        policy: policy_of(known.get(name.as_str()).copied(), rules.default_policy),
        stores: false,
        sends: false,
        asks: false,
        overruled_by: None,
        refusal: None,
    }));
    Plan { rows }
}

fn row(key: &FileKey, secret: Option<&Secret>, rules: &Rules<'_>) -> Row {
    let policy = rules.chosen.get(&key.key).copied().unwrap_or_else(|| policy_of(secret, rules.default_policy));
    let mut row = Row {
        key: key.key.clone(),
        line: key.line,
        fate: Fate::Skipped,
        policy,
        stores: false,
        sends: false,
        asks: false,
        overruled_by: None,
        refusal: None,
    };
    let fingerprint = match &key.value {
        FileValue::Some(fingerprint) => *fingerprint,
        FileValue::Empty => {
            row.refusal =
                Some(Refused { code: "value_empty", words: "Nothing stands behind the “=”; skipped.".to_owned() });
            return row;
        }
        FileValue::Refused(refused) => {
            row.refusal = Some(refused.clone());
            return row;
        }
    };
    let live = secret.filter(|secret| secret.removed_at.is_none());
    let stored = live.and_then(|secret| secret.current.as_ref()).map(|current| current.fingerprint);
    let declared = secret.is_some_and(|secret| secret.remote.declared);
    let differs = stored != Some(fingerprint);
    if let Some(file) = rules.others.overruled.get(&key.key) {
        row.overruled_by = Some(file.clone());
        row.fate = Fate::Overruled;
        return row;
    }
    if differs && rules.set_aside.get(&key.key) == Some(&fingerprint) {
        row.fate = Fate::SetAside;
        return row;
    }
    row.stores = differs;
    // What was changed on Floom too is not replaced by itself.
    let elsewhere = secret.is_some_and(|secret| secret.remote.elsewhere.is_some());
    row.asks = differs && (elsewhere || rules.others.uncovered.contains(&key.key));
    row.fate = if !declared {
        Fate::Undeclared
    } else if policy == Policy::User {
        Fate::UserVault
    } else if !differs {
        Fate::Unchanged
    } else if stored.is_some() || secret.is_some_and(|secret| secret.remote.has_value == Some(true)) {
        Fate::Changed
    } else {
        Fate::New
    };
    let decides = rules.chosen.contains_key(&key.key) && policy_of(secret, rules.default_policy) != policy;
    row.sends = declared && (decides || (policy == Policy::Creator && needs_sending(live, differs)));
    row
}

/// Whether Floom lacks the file's value under the creator vault.
fn needs_sending(secret: Option<&Secret>, differs: bool) -> bool {
    let Some(secret) = secret else { return true };
    if !differs && is_foreign(&secret.remote) {
        // The file is as it was; somebody else changed Floom.
        return false;
    }
    let current = secret.current.as_ref().map(|current| current.version);
    differs || secret.remote.acknowledged != current || secret.remote.has_value == Some(false)
}
