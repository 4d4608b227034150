//! The anchor: where the chain of receipts ended, kept in the keychain, outside the vault's file.
//!
//! An older copy of the whole file, put back, is in itself whole: every seal opens and every
//! MAC fits. Only something outside it can tell that it was further on before.

use floom_keychain::{Keychain, KeychainError, State};
use jiff::Timestamp;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::cipher::{self, KEY};
use crate::context::Fields;
use crate::error::ROLLED_BACK_HINT;
use crate::receipts::{Head, end_altered};
use crate::{Records, Vault, VaultError, time};

/// What the entry begins with: magic and version.
const BEGIN: [u8; 2] = [0xfa, 1];

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

/// What the keychain answered when it was asked for an anchor; not looked into yet.
pub struct FoundAnchor(Result<Option<Zeroizing<Vec<u8>>>, KeychainError>);

/// Asks `keychain` for the anchor of the vault `vault`. Never prompts; it blocks its caller, and needs
/// no open vault, so that it can be done beside everything else.
pub fn find_anchor(vault: Uuid, keychain: &Keychain) -> FoundAnchor {
    FoundAnchor(keychain.read(&account(vault)))
}

/// An anchor that is to be written.
#[must_use = "it is noted once it is written"]
pub struct NewAnchor {
    anchor: Anchor,
    account: String,
    entry: Vec<u8>,
}

impl NewAnchor {
    /// Writes it. It blocks its caller, and needs no open vault.
    ///
    /// # Errors
    /// The state in which the keychain could not answer.
    pub fn write(self, keychain: &Keychain) -> Result<Anchor, KeychainError> {
        keychain.write(&self.account, &self.entry)?;
        Ok(self.anchor)
    }
}

/// The account of the anchor.
fn account(vault: Uuid) -> String {
    format!("{vault}/anchor")
}

impl Records {
    /// What the keychain's answer says of this vault's anchor.
    pub fn anchor_state(&self, found: &FoundAnchor) -> AnchorState {
        match &found.0 {
            Ok(None) => AnchorState::Absent,
            Ok(Some(entry)) => match Anchor::parse(entry, self) {
                Some(anchor) => AnchorState::Present(anchor),
                None => AnchorState::Unreadable(State::Foreign),
            },
            Err(error) => AnchorState::Unreadable(error.state),
        }
    }

    /// [`find_anchor`] and [`Records::anchor_state`] in one.
    pub fn anchor(&self, keychain: &Keychain) -> AnchorState {
        self.anchor_state(&find_anchor(self.id(), keychain))
    }

    /// Whether this file is the one that was last anchored, or went on from it. Cheap: to be asked at
    /// every opening. [`Records::receipts_verify`] walks the whole chain.
    ///
    /// # Errors
    /// The database's.
    pub fn rollback_check(&self, keychain: &Keychain) -> Result<RollbackCheck, VaultError> {
        self.rollback_against(&self.anchor(keychain))
    }

    /// The same with an anchor that was looked for before.
    ///
    /// # Errors
    /// The database's.
    pub fn rollback_against(&self, state: &AnchorState) -> Result<RollbackCheck, VaultError> {
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

    /// The end of the chain as an anchor to be written, after one that was looked for before.
    ///
    /// # Errors
    /// [`VaultError::RolledBack`] and [`VaultError::AnchorForeign`]: the older note is to be kept, since it
    /// is what tells; [`VaultError::Keychain`] where it is not known; [`VaultError::RowAltered`] where the
    /// chain's end was changed from outside.
    pub fn next_anchor(&self, state: &AnchorState, now: Timestamp) -> Result<NewAnchor, VaultError> {
        match self.rollback_against(state)? {
            RollbackCheck::Current | RollbackCheck::NotAnchored => self.new_anchor(now),
            RollbackCheck::Unknown(State::Foreign) => Err(VaultError::AnchorForeign),
            RollbackCheck::Unknown(state) => Err(VaultError::Keychain(state.into())),
            RollbackCheck::RolledBack { receipts, anchored, .. } => Err(VaultError::RolledBack { receipts, anchored }),
        }
    }

    /// The same whatever there was before: the creator's own word, after a file was put back knowingly.
    ///
    /// # Errors
    /// [`VaultError::RowAltered`] where the chain's end was changed from outside.
    pub fn new_anchor(&self, now: Timestamp) -> Result<NewAnchor, VaultError> {
        let anchor = Anchor { head: Head::read(self)?.ok_or_else(end_altered)?, at: now };
        let entry = anchor.to_bytes(self);
        Ok(NewAnchor { anchor, account: account(self.id()), entry })
    }
}

impl Vault {
    /// Notes in `keychain` where the chain of receipts ends now: [`Records::next_anchor`], written.
    /// [`AnchorClock`](crate::AnchorClock) says when.
    ///
    /// # Errors
    /// As [`Records::next_anchor`]; [`VaultError::Keychain`] where it could not be written.
    pub fn anchor_receipts(&self, keychain: &Keychain, now: Timestamp) -> Result<Anchor, VaultError> {
        Ok(self.next_anchor(&self.anchor(keychain), now)?.write(keychain)?)
    }

    /// The same whatever the keychain holds: [`Records::new_anchor`], written.
    ///
    /// # Errors
    /// As [`Records::new_anchor`]; [`VaultError::Keychain`] where it could not be written.
    pub fn anchor_anew(&self, keychain: &Keychain, now: Timestamp) -> Result<Anchor, VaultError> {
        Ok(self.new_anchor(now)?.write(keychain)?)
    }
}
