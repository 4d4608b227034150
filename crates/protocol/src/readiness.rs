//! Whether a run of an app would work now, and why.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The answer with its reasons, those against it first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Readiness {
    /// The answer.
    pub verdict: Verdict,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// Whether a run would work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// Every key that the app declares is there.
    Yes,
    /// One is not.
    No,
    /// Floom does not answer.
    NotKnown {
        /// When it last did.
        heard_at: Option<Timestamp>,
    },
    /// Nothing was asked yet.
    #[default]
    Unasked,
}

/// One reason; only the first two speak against a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Reason {
    /// The app declares it, the creator supplies it, and there is no value.
    Missing {
        /// The key.
        key: String,
    },
    /// Its first value is not on Floom yet.
    NotThere {
        /// The key.
        key: String,
    },
    /// Floom still has the value before.
    OldValue {
        /// The key.
        key: String,
    },
    /// The creator supplies these, and Floom has them.
    Set {
        /// The keys.
        keys: Vec<String>,
    },
    /// Each user supplies it.
    PerUser {
        /// The key.
        key: String,
    },
    /// Nothing waits to be sent.
    NothingWaits {
        /// When Floom acknowledged the last change.
        acknowledged_at: Option<Timestamp>,
    },
}

impl Reason {
    /// Whether a run fails because of it.
    pub fn is_against(&self) -> bool {
        matches!(self, Self::Missing { .. } | Self::NotThere { .. })
    }
}
