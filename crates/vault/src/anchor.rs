//! The anchor: where the chain of receipts ended, kept in the keychain, outside the vault's file.
//!
//! An older copy of the whole file, put back, is in itself whole: every seal opens and every
//! MAC fits. Only something outside it can tell that it was further on before.

use std::time::{Duration, Instant};

use floom_keychain::{Keychain, State};
use jiff::Timestamp;
use uuid::Uuid;

use crate::cipher::{self, KEY};
use crate::context::Fields;
use crate::error::ROLLED_BACK_HINT;
use crate::receipts::{Head, end_altered};
use crate::{Records, Vault, VaultError, time};

/// What the entry begins with: magic and version.
const BEGIN: [u8; 2] = [0xfa, 1];

/// How far apart two anchors are that nothing hurries.
const APART: Duration = Duration::from_secs(60);

/// Where the chain of receipts ended, proven by the vault's own key.
#[derive(Clone, PartialEq, Eq)]
pub struct Anchor {
    head: Head,
    at: Timestamp,
}

impl Anchor {
    /// How many receipts there were.
    pub fn receipts(&self) -> i64 {
        self.head.sequence
    }

    /// When that was noted.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    fn mac(&self, records: &Records) -> [u8; KEY] {
        let fields = Fields::of("anchor")
            .uuid(records.id())
            .number(self.head.sequence)
            .bytes(&self.head.mac)
            .number(time::stored(self.at));
        records.keys.receipt_mac(&fields)
    }

    /// Magic and version, number, head, time, MAC; numbers are 8 bytes, big-endian.
    fn to_bytes(&self, records: &Records) -> Vec<u8> {
        let (sequence, at) = (self.head.sequence.to_be_bytes(), time::stored(self.at).to_be_bytes());
        [&BEGIN[..], &sequence, &self.head.mac, &at, &self.mac(records)].concat()
    }

    fn parse(bytes: &[u8], records: &Records) -> Option<Self> {
        let rest = bytes.strip_prefix(&BEGIN)?;
        let (sequence, rest) = rest.split_first_chunk::<8>()?;
        let (head, rest) = rest.split_first_chunk::<KEY>()?;
        let (at, mac) = rest.split_first_chunk::<8>()?;
        let head = Head { sequence: i64::from_be_bytes(*sequence), mac: *head };
        let anchor = Self { head, at: time::read(i64::from_be_bytes(*at)).ok()? };
        cipher::same(&anchor.mac(records), mac).then_some(anchor)
    }
}

impl std::fmt::Debug for Anchor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Anchor").field("receipts", &self.head.sequence).field("at", &self.at).finish()
    }
}

/// What the keychain says of the anchor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnchorState {
    /// The keychain answered and has none: the chain was never anchored here.
    Absent,
    /// The keychain gave no answer, or ([`State::Foreign`]) its entry is not this vault's.
    Unreadable(State),
    /// It is there, and this vault made it.
    Present(Anchor),
}

impl AnchorState {
    pub(crate) fn head(&self) -> Option<&Head> {
        match self {
            Self::Present(anchor) => Some(&anchor.head),
            Self::Absent | Self::Unreadable(_) => None,
        }
    }
}

/// Whether the vault's file is the one that was last anchored, or went on from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RollbackCheck {
    /// It is.
    Current,
    /// There is no anchor yet: a new vault, or one that came to this machine.
    NotAnchored,
    /// It cannot be told: the keychain gave no answer, or its entry does not fit.
    Unknown(State),
    /// It is not: an older file was put back, or the end of the chain was cut off.
    RolledBack {
        /// How many receipts the file has.
        receipts: i64,
        /// How many there were.
        anchored: i64,
        /// When that was noted.
        at: Timestamp,
    },
}

impl RollbackCheck {
    /// The stable code of what was found.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Current => "vault_current",
            Self::NotAnchored => "vault_not_anchored",
            Self::Unknown(_) => "vault_anchor_unreadable",
            Self::RolledBack { .. } => "vault_rolled_back",
        }
    }

    /// One sentence for people: what was found.
    pub fn sentence(&self) -> String {
        match self {
            Self::Current => "The vault file is the newest that was noted in the keychain.".to_owned(),
            Self::NotAnchored => "The keychain has no note of this vault's receipts yet.".to_owned(),
            Self::Unknown(State::Foreign) => {
                "The keychain's note of this vault's receipts does not fit it. It was left as it is.".to_owned()
            }
            Self::Unknown(state) => state.sentence().to_owned(),
            Self::RolledBack { receipts, anchored, .. } => {
                VaultError::RolledBack { receipts: *receipts, anchored: *anchored }.to_string()
            }
        }
    }

    /// What to do next, in one sentence.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Current => "There is nothing to do.",
            Self::NotAnchored => "It is noted before the next value is sent.",
            Self::Unknown(State::Foreign) => VaultError::AnchorForeign.hint(),
            Self::Unknown(state) => state.hint(),
            Self::RolledBack { .. } => ROLLED_BACK_HINT,
        }
    }
}

/// The account of the anchor.
fn account(vault: Uuid) -> String {
    format!("{vault}/anchor")
}

impl Records {
    /// What `keychain` says of this vault's anchor. Never prompts.
    pub fn anchor(&self, keychain: &Keychain) -> AnchorState {
        match keychain.read(&account(self.id())) {
            Ok(None) => AnchorState::Absent,
            Ok(Some(bytes)) => match Anchor::parse(&bytes, self) {
                Some(anchor) => AnchorState::Present(anchor),
                None => AnchorState::Unreadable(State::Foreign),
            },
            Err(error) => AnchorState::Unreadable(error.state),
        }
    }

    /// Whether this file is the one that was last anchored, or went on from it. Cheap: asked at
    /// every opening. [`Records::receipts_verify`] walks the whole chain.
    ///
    /// # Errors
    /// The database's.
    pub fn rollback_check(&self, keychain: &Keychain) -> Result<RollbackCheck, VaultError> {
        self.rollback_against(&self.anchor(keychain))
    }

    fn rollback_against(&self, state: &AnchorState) -> Result<RollbackCheck, VaultError> {
        let anchor = match state {
            AnchorState::Absent => return Ok(RollbackCheck::NotAnchored),
            AnchorState::Unreadable(state) => return Ok(RollbackCheck::Unknown(*state)),
            AnchorState::Present(anchor) => anchor,
        };
        // The end that is proven must reach the anchor, and the anchored receipt must stand where it stood.
        let receipts = Head::read(self)?.map_or(0, |end| end.sequence);
        let stood = Head::stored_after(self, anchor.head.sequence)?;
        Ok(match receipts >= anchor.head.sequence && stood.is_some_and(|stood| stood == anchor.head) {
            true => RollbackCheck::Current,
            false => RollbackCheck::RolledBack { receipts, anchored: anchor.head.sequence, at: anchor.at },
        })
    }
}

impl Vault {
    /// Notes in `keychain` where the chain of receipts ends now. [`AnchorClock`] says when.
    ///
    /// # Errors
    /// [`VaultError::RolledBack`] and [`VaultError::AnchorForeign`]: the older note is kept, since it is
    /// what tells; [`VaultError::Keychain`]; [`VaultError::RowAltered`] where the chain's end was changed
    /// from outside.
    pub fn anchor_receipts(&self, keychain: &Keychain, now: Timestamp) -> Result<Anchor, VaultError> {
        match self.rollback_check(keychain)? {
            RollbackCheck::Current | RollbackCheck::NotAnchored => self.anchor_anew(keychain, now),
            RollbackCheck::Unknown(State::Foreign) => Err(VaultError::AnchorForeign),
            RollbackCheck::Unknown(state) => Err(VaultError::Keychain(state.into())),
            RollbackCheck::RolledBack { receipts, anchored, .. } => Err(VaultError::RolledBack { receipts, anchored }),
        }
    }

    /// The same whatever the keychain holds: the creator's own word, after a file was put back knowingly.
    ///
    /// # Errors
    /// [`VaultError::Keychain`]; [`VaultError::RowAltered`] where the chain's end was changed from outside.
    pub fn anchor_anew(&self, keychain: &Keychain, now: Timestamp) -> Result<Anchor, VaultError> {
        let anchor = Anchor { head: Head::read(self)?.ok_or_else(end_altered)?, at: now };
        keychain.write(&account(self.id()), &anchor.to_bytes(self))?;
        Ok(anchor)
    }
}

/// When the chain is anchored: before the first value is sent after an unlock, at most once a
/// minute after that, and at the end. Made anew at each unlock; it reads no clock itself.
#[derive(Debug, Clone, Default)]
pub struct AnchorClock {
    last: Option<(i64, Instant)>,
    failed: Option<Instant>,
}

impl AnchorClock {
    /// Whether to anchor before a value is sent: so for the first one after an unlock, until it was done.
    pub fn before_sending(&self) -> bool {
        self.last.is_none()
    }

    /// When a chain of `receipts` is to be anchored; a time that is past means now, `None` that
    /// nothing is to be noted. After a failure it is a minute later.
    pub fn due(&self, receipts: i64, now: Instant) -> Option<Instant> {
        let due = match self.last {
            Some((anchored, _)) if anchored == receipts => return None,
            Some((_, at)) => at + APART,
            None => now,
        };
        Some(self.failed.map_or(due, |at| due.max(at + APART)))
    }

    /// Whether to anchor a chain of `receipts` on lock and exit.
    pub fn at_the_end(&self, receipts: i64) -> bool {
        self.last.is_none_or(|(anchored, _)| anchored != receipts)
    }

    /// A chain of `receipts` was anchored.
    pub fn anchored(&mut self, receipts: i64, now: Instant) {
        *self = Self { last: Some((receipts, now)), failed: None };
    }

    /// It could not be anchored.
    pub fn failed(&mut self, now: Instant) {
        self.failed = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_anchors_first_then_once_a_minute_then_at_the_end() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut clock = AnchorClock::default();
        assert!(clock.before_sending(), "nothing is sent after an unlock before it was anchored");
        assert_eq!(clock.due(4, start), Some(start), "it is due at once");
        clock.anchored(4, start);
        assert!(!clock.before_sending(), "later ones do not wait for the keychain");
        assert_eq!(clock.due(4, after(500)), None, "a chain that did not grow is not noted again");
        assert!(!clock.at_the_end(4), "not at the end either");
        assert_eq!(clock.due(5, after(1)), Some(after(60)), "the next note is a minute after the last");
        assert!(clock.at_the_end(5), "the end does not wait");
        clock.failed(after(60));
        assert_eq!(clock.due(5, after(61)), Some(after(120)), "a failed one is tried again a minute later");
        clock.anchored(5, after(120));
        assert_eq!(clock.due(6, after(121)), Some(after(180)), "and then it goes on as before");
    }
}
