//! Bodies of the extension, and what is said of a wrong one.

use std::collections::HashSet;

use floom_seal::Sealed;
use floom_secret::{Policy, SecretValue};
use jiff::SignedDuration;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::answer::Refusal;
use crate::rotation::Version;
use crate::store::{Change, Request};

const MOST_CHANGES: usize = 500;
const GRACE: u32 = 300;
const LONGEST_GRACE: u32 = 86_400;

/// The body of rollback, retire and DELETE.
#[derive(Deserialize)]
pub(super) struct Stepped {
    pub(super) expected_version: Version,
    pub(super) request_id: Uuid,
}

/// The body of the calls about declared names.
#[derive(Deserialize)]
pub(super) struct Declared {
    pub(super) request_id: Uuid,
}

#[derive(Deserialize)]
struct One {
    #[serde(flatten)]
    change: Entry,
    request_id: Uuid,
}

#[derive(Deserialize)]
struct Many {
    changes: Vec<Keyed>,
    request_id: Uuid,
}

#[derive(Deserialize)]
struct Keyed {
    key: String,
    #[serde(flatten)]
    change: Entry,
}

#[derive(Deserialize)]
struct Entry {
    policy: Option<String>,
    sealed: Option<Sealed>,
    expected_version: Option<Version>,
    rotate: Option<Rotate>,
}

#[derive(Deserialize)]
struct Rotate {
    #[serde(default = "grace")]
    grace_seconds: u32,
}

fn grace() -> u32 {
    GRACE
}

/// A body of the shape `T`; unknown fields beside it are ignored.
pub(super) fn read<T: DeserializeOwned>(body: Value) -> Result<T, Refusal> {
    serde_json::from_value(body).map_err(|error| Refusal::shape(&[&said(&error)], json!({})))
}

/// What serde says, without what it quotes of the body.
fn said(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.split_once('`') {
        Some(("missing field ", rest)) => format!("Required: {}", rest.trim_end_matches('`')),
        _ => "Invalid body shape".to_owned(),
    }
}

/// The changes of one body, in order, values still sealed.
pub(super) struct Parsed {
    changes: Vec<(String, Entry)>,
    request_id: Uuid,
}

impl Parsed {
    /// A single change of `key`.
    pub(super) fn one(body: Value, key: &str) -> Result<Self, Refusal> {
        let One { change, request_id } = read(body)?;
        Self { changes: vec![(key.to_owned(), change)], request_id }.checked()
    }

    /// Many changes, each of another key.
    pub(super) fn many(body: Value) -> Result<Self, Refusal> {
        let Many { changes, request_id } = read(body)?;
        let limit = 1..=MOST_CHANGES;
        if !limit.contains(&changes.len()) {
            let says = format!("Array must contain 1 to {MOST_CHANGES} element(s)");
            return Err(Refusal::shape(&[], json!({ "changes": [says] })));
        }
        let mut keys = HashSet::new();
        if let Some(twice) = changes.iter().find(|change| !keys.insert(change.key.as_str())) {
            let says = format!("{} is there twice", twice.key);
            return Err(Refusal::shape(&[], json!({ "changes": [says] })));
        }
        let changes = changes.into_iter().map(|Keyed { key, change }| (key, change)).collect();
        Self { changes, request_id }.checked()
    }

    fn checked(self) -> Result<Self, Refusal> {
        for (_, entry) in &self.changes {
            if entry.policy.is_none() && entry.sealed.is_none() {
                return Err(Refusal::shape(&["policy or sealed is required"], json!({})));
            }
            if entry.policy.as_deref().is_some_and(|policy| Policy::from_wire(policy).is_none()) {
                let says = "Invalid enum value. Expected 'user_vault' | 'creator_override'";
                return Err(Refusal::shape(&[], json!({ "policy": [says] })));
            }
            if entry.rotate.as_ref().is_some_and(|rotate| rotate.grace_seconds > LONGEST_GRACE) {
                let says = format!("Number must be less than or equal to {LONGEST_GRACE}");
                return Err(Refusal::shape(&[], json!({ "grace_seconds": [says] })));
            }
        }
        Ok(self)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.changes.iter().map(|(key, _)| key.as_str())
    }

    pub(super) fn has_values(&self) -> bool {
        self.changes.iter().any(|(_, entry)| entry.sealed.is_some())
    }

    /// What a repetition must ask for too. Ciphertexts are not compared: sealing is random.
    pub(super) fn request(&self, call: &str) -> Request {
        let one = |(key, entry): &(String, Entry)| {
            let expected = entry.expected_version.map(|version| version.to_string()).unwrap_or_default();
            let policy = entry.policy.as_deref().unwrap_or_default();
            format!(" {key} policy {policy} expected {expected}")
        };
        let changes: String = self.changes.iter().map(one).collect();
        Request { id: self.request_id.to_string(), call: format!("{call}{changes}") }
    }

    /// The changes, with `open` called for each sealed value.
    pub(super) fn open(
        self,
        open: impl Fn(&str, &Sealed) -> Result<SecretValue, Refusal>,
    ) -> Result<Vec<Change>, Refusal> {
        let one = |(key, entry): (String, Entry)| {
            let value = entry.sealed.as_ref().map(|sealed| open(&key, sealed)).transpose()?;
            let grace = entry.rotate.map_or(0, |rotate| rotate.grace_seconds);
            Ok(Change {
                policy: entry.policy.as_deref().and_then(Policy::from_wire),
                value,
                expected: entry.expected_version,
                grace: SignedDuration::from_secs(i64::from(grace)),
                key,
            })
        };
        self.changes.into_iter().map(one).collect()
    }
}
