//! Who supplies the value of a secret.

use serde::{Deserialize, Serialize};

/// The policy of one secret, in Floom's own words on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Policy {
    /// *Creator vault*: the creator's one value serves every run, at the creator's cost.
    #[serde(rename = "creator_override")]
    Creator,
    /// *User vault*: each user supplies their own value.
    #[serde(rename = "user_vault")]
    User,
}

impl Policy {
    /// Floom's word for it, as it stands in requests and in the database.
    pub fn wire(self) -> &'static str {
        match self {
            Self::Creator => "creator_override",
            Self::User => "user_vault",
        }
    }

    /// The policy that Floom's word `wire` means.
    pub fn from_wire(wire: &str) -> Option<Self> {
        match wire {
            "creator_override" => Some(Self::Creator),
            "user_vault" => Some(Self::User),
            _ => None,
        }
    }
}
