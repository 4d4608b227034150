//! When a file changed in a way that is rarely meant.
//!
//! A brake pauses a link and asks; nothing is sent. It is cleared by the next
//! read that is whole, or by the creator.

use std::collections::BTreeMap;

use floom_vault::Fingerprint;
use serde::{Deserialize, Serialize};

/// Why a link is paused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "brake", rename_all = "snake_case")]
pub enum Brake {
    /// Two or more keys, and over 20 % of them, are gone at once.
    KeysGone {
        /// How many are gone.
        gone: u32,
        /// Of how many.
        of: u32,
    },
    /// Five or more values, and over 50 % of them, changed at once.
    ManyChanged {
        /// How many changed.
        changed: u32,
        /// Of how many.
        of: u32,
    },
    /// Nothing is left in it.
    FileEmpty,
    /// It has merge markers.
    MergeMarkers,
    /// Its encoding is another one.
    EncodingChanged,
    /// Its repository is on another branch, and it has other values there.
    BranchSwitched {
        /// That branch.
        branch: String,
        /// How many values are others, or gone.
        changed: u32,
    },
}

impl Brake {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::KeysGone { .. } => "keys_gone",
            Self::ManyChanged { .. } => "many_changed",
            Self::FileEmpty => "file_empty",
            Self::MergeMarkers => "merge_markers",
            Self::EncodingChanged => "encoding_changed",
            Self::BranchSwitched { .. } => "branch_switched",
        }
    }

    /// The words behind "Paused · " in the rail.
    pub fn short(&self) -> String {
        match self {
            Self::KeysGone { gone, of } => format!("{gone} of {of} keys gone"),
            Self::ManyChanged { changed, of } => format!("{changed} of {of} keys changed"),
            Self::FileEmpty => "empty file".to_owned(),
            Self::MergeMarkers => "merge markers".to_owned(),
            Self::EncodingChanged => "changed encoding".to_owned(),
            Self::BranchSwitched { branch, .. } => format!("branch {branch}"),
        }
    }

    /// The bar's first sentence about `file`.
    pub fn long(&self, file: &str) -> String {
        match self {
            Self::KeysGone { gone, of } => format!("{file} lost {gone} of {of} keys at once."),
            Self::ManyChanged { changed, of } => format!("{changed} of {of} keys in {file} changed at once."),
            Self::FileEmpty => format!("{file} is empty."),
            Self::MergeMarkers => format!("{file} has merge markers."),
            Self::EncodingChanged => format!("The encoding of {file} changed."),
            Self::BranchSwitched { branch, changed: 1 } => format!("{file} has another value on branch {branch}."),
            Self::BranchSwitched { branch, changed } => {
                format!("{file} has {changed} other values on branch {branch}.")
            }
        }
    }
}

/// One read of a file, as far as a brake looks.
#[derive(Debug, Clone)]
pub struct Look<'a> {
    /// Its values by key.
    pub values: &'a BTreeMap<String, Fingerprint>,
    /// Whether there is no entry in it at all.
    pub blank: bool,
    /// Whether it has merge markers.
    pub merge_markers: bool,
    /// Whether its encoding is another than at the last whole read.
    pub encoding_changed: bool,
    /// The branch that its repository is on, where that is another than at the last whole read.
    pub switched_to: Option<&'a str>,
}

/// The brake that a read after `before` (the last whole read) pulls, if any.
pub fn brake(before: &BTreeMap<String, Fingerprint>, now: &Look<'_>) -> Option<Brake> {
    if now.merge_markers {
        return Some(Brake::MergeMarkers);
    }
    if before.is_empty() {
        return None;
    }
    if now.blank {
        return Some(Brake::FileEmpty);
    }
    if now.encoding_changed {
        return Some(Brake::EncodingChanged);
    }
    let of = count(before.len());
    let gone = count(before.keys().filter(|key| !now.values.contains_key(*key)).count());
    if gone >= 2 && gone * 5 > of {
        return Some(Brake::KeysGone { gone, of });
    }
    let changed: u32 =
        count(before.iter().filter(|(key, value)| now.values.get(*key).is_some_and(|other| other != *value)).count());
    if let Some(branch) = now.switched_to
        && changed + gone > 0
    {
        return Some(Brake::BranchSwitched { branch: branch.to_owned(), changed: changed + gone });
    }
    (changed >= 5 && changed * 2 > of).then_some(Brake::ManyChanged { changed, of })
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
