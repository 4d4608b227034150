//! What is shown. Nothing here carries a value.

use floom_secret::{Policy, Preview, SecretValue};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::readiness::Readiness;

/// Which app: its slug on one connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AppRef {
    /// The connection's id; none for the connection that is shown.
    #[serde(default)]
    pub connection: Option<String>,
    /// The app's slug.
    pub slug: String,
}

/// Everything that a face shows, at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Grows with every change.
    pub sequence: u64,
    /// The agent's version.
    pub agent_version: String,
    /// When this was taken.
    pub now: Timestamp,
    /// The keychain.
    pub keychain: KeychainView,
    /// The vault.
    pub vault: VaultView,
    /// Every connection, Local Floom first.
    pub connections: Vec<ConnectionView>,
    /// The apps of the connection that is shown.
    pub apps: Vec<AppView>,
    /// Every watched file.
    pub links: Vec<LinkView>,
    /// What happened, newest first: names and times.
    pub activity: Vec<ActivityView>,
    /// Changes on their way to Floom.
    pub waiting: u32,
    /// Changes that Floom did not take so far.
    pub failed: u32,
    /// The recovery kit, if there is one.
    #[serde(default)]
    pub recovery: Option<RecoveryView>,
    /// What the creator must know about the vault: `vault_rolled_back`, `vault_restored`, `vault_value_damaged`.
    #[serde(default)]
    pub notices: Vec<Failure>,
    /// Whether Floom's own command line has a key here, and no Floom is connected so far.
    #[serde(default)]
    pub floom_cli: bool,
    /// Where the vault's file is damaged: from when the last good copy is, if there is one.
    #[serde(default)]
    pub good_copy: Option<Timestamp>,
}

/// The recovery kit, as far as it can be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryView {
    /// When it was made.
    pub made_at: Timestamp,
    /// When a drill last proved that it opens; none for never.
    pub tested_at: Option<Timestamp>,
}

/// The system's store of keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeychainView {
    /// What the system calls it: "Keychain", "Credential Manager", "keyring".
    pub name: String,
    /// `ready`, `absent`, `locked`, `waiting`, `denied`, `timed_out`, `no_service`, `foreign`, `other`.
    pub state: String,
}

/// Where the vault stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum VaultView {
    /// There is none, and one can be made.
    Fresh,
    /// It is open.
    Open,
    /// The creator locked it, or it was not unlocked yet.
    Locked {
        /// Whether it opens with a passphrase and not with the keychain.
        #[serde(default)]
        passphrase: bool,
    },
    /// It cannot be opened; the failure says why.
    Stopped {
        /// Why, what was kept, what to do.
        failure: Failure,
    },
}

/// One Floom with one identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionView {
    /// Its id.
    pub id: String,
    /// "Local Floom" or the host.
    pub label: String,
    /// Whether it is Local Floom.
    pub local: bool,
    /// Its base URL, where it has one now.
    pub url: Option<String>,
    /// How it is.
    pub state: ConnectionState,
    /// Whether its apps are shown.
    pub shown: bool,
    /// Whether it keeps a replaced value for a grace, so that both work.
    #[serde(default)]
    pub overlap: bool,
}

/// How a connection is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ConnectionState {
    /// Local Floom was not started; or the vault is locked.
    NotRunning,
    /// A first answer is awaited.
    Connecting,
    /// It answered last time.
    Connected,
    /// It did not answer.
    Offline {
        /// Why.
        failure: Failure,
        /// When it is tried again.
        retry_at: Option<Timestamp>,
    },
    /// It answered that it does not take the token.
    Refused {
        /// Why.
        failure: Failure,
    },
}

/// One app.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AppView {
    /// Its connection's id.
    pub connection: String,
    /// Its slug.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Its page on the web, where it has one.
    pub url: Option<String>,
    /// Secrets that need nothing more for a run.
    pub configured: u32,
    /// Declared keys under the creator vault without a value.
    pub missing: Vec<String>,
    /// Its secrets: the declared ones in the app's order, then the others by name.
    pub secrets: Vec<SecretView>,
    /// Whether a run would work now.
    #[serde(default)]
    pub readiness: Readiness,
}

/// One secret's row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SecretView {
    /// Its name.
    pub key: String,
    /// Whether the app declares it.
    pub declared: bool,
    /// Who supplies the value.
    pub policy: Policy,
    /// Whether a change of the policy is on its way.
    pub policy_saving: bool,
    /// The masked value; none where the vault has none.
    pub preview: Option<Preview>,
    /// The current version's number; 0 for none.
    pub version: u32,
    /// Where the current value came from.
    pub source: Option<SourceView>,
    /// When a run last used it.
    pub last_used: LastUsed,
    /// How it stands with Floom.
    pub sync: SyncView,
    /// The question or the notice in its row.
    pub prompt: Option<Prompt>,
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceView {
    /// In words: "~/code/flyfast/.env line 3", "typed", "pasted", "restored 14:28:02".
    pub words: String,
    /// The folder part of a file, which narrow windows leave out.
    pub folder: Option<String>,
    /// The line vanished from the file: nothing was removed for that.
    pub gone: bool,
}

/// When a run last used a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum LastUsed {
    /// This Floom does not say.
    NotReported,
    /// Never so far.
    Never,
    /// At a time.
    At {
        /// The time.
        at: Timestamp,
    },
    /// Users supplied their own.
    Users {
        /// How many in the last 7 days.
        active: u32,
    },
}

/// How a secret stands with Floom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum SyncView {
    /// Floom acknowledged the current state.
    Synced,
    /// Stored here, on its way.
    Waiting,
    /// Being sent now.
    Syncing,
    /// Changed on both sides.
    Conflict,
    /// Not declared, or kept here by the creator.
    LocalOnly,
    /// Only Floom has a value.
    FloomOnly,
    /// Declared, under the creator vault, without a value.
    Missing,
    /// Floom did not take it.
    NotSent {
        /// Why.
        failure: Failure,
        /// When it is tried again; none where only the creator can help.
        retry_at: Option<Timestamp>,
    },
}

/// The question or notice in a row; at most one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "prompt", rename_all = "snake_case")]
pub enum Prompt {
    /// The value in a watched file changed, and Auto-sync is off.
    Changed {
        /// The file's name.
        file: String,
        /// Its line.
        line: u32,
        /// Whether a value is stored already (else this one is new).
        replaces: bool,
    },
    /// The value was replaced a short time ago and can be undone.
    Rotated {
        /// When.
        at: Timestamp,
        /// Until when Undo is offered.
        until: Timestamp,
        /// Whether Floom holds both values until then.
        overlap: bool,
    },
    /// The secret was changed on Floom and here; nothing is sent until the creator picks one.
    Conflict {
        /// The file that the change here came from; none where it was made in the window.
        file: Option<String>,
        /// Its line; 0 where there is none.
        line: u32,
        /// Whether Floom has no value any more.
        removed_there: bool,
        /// Whether the change here is a removal.
        removes: bool,
    },
    /// The file still has a value that the creator set aside.
    SetAside {
        /// The file's name.
        file: String,
        /// Its line.
        line: u32,
    },
    /// The value stands in the git repository of a watched file.
    Exposed {
        /// The file, as the repository names it.
        file: String,
        /// The commit, by its first digits; none for a tracked file as it is now.
        commit: Option<String>,
        /// The provider's page on which a new one is made, where it is known.
        page: Option<String>,
    },
    /// The value is old.
    Old {
        /// How many days.
        days: u32,
        /// The provider's page on which a new one is made, where it is known.
        page: Option<String>,
    },
}

/// One watched file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkView {
    /// Its id.
    pub id: String,
    /// The file as it is shown: `~/code/flyfast/.env`.
    pub file: String,
    /// Its absolute path.
    pub path: String,
    /// Its app's slug.
    pub app: String,
    /// Its app's connection.
    pub connection: String,
    /// Whether changes are sent by themselves.
    pub auto: bool,
    /// How it is.
    pub state: LinkState,
    /// The reader's name.
    pub reader: String,
    /// Whether it is looked at now and then, because the system does not tell of changes where it is.
    #[serde(default)]
    pub polled: bool,
}

/// How a watched file is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum LinkState {
    /// Everything in it is stored, and Floom has it.
    InSync {
        /// Its keys.
        keys: u32,
    },
    /// Changes from it are on their way.
    Waiting {
        /// How many.
        changes: u32,
    },
    /// Changes wait for the creator's answer.
    Asks {
        /// How many.
        changes: u32,
    },
    /// A brake holds it.
    Paused {
        /// `keys_gone`, `many_changed`, `file_empty`, `merge_markers`, `encoding_changed`.
        brake: String,
        /// In words for the rail: "3 of 4 keys gone".
        short: String,
        /// In words for the bar: ".env lost 3 of 4 keys at once."
        long: String,
    },
    /// Values were set aside.
    SetAside {
        /// How many.
        values: u32,
    },
    /// It cannot be read.
    CannotRead {
        /// Why.
        failure: Failure,
        /// The last whole read.
        last_read: Option<Timestamp>,
    },
    /// It is not there any more. Its keys stay on Floom.
    Gone,
    /// The vault is locked.
    Locked,
}

/// One line of the activity list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityView {
    /// The receipt's number.
    pub sequence: i64,
    /// When.
    pub at: Timestamp,
    /// The receipt's code: `value_stored`, `policy_set`, `link_paused`, ...
    pub what: String,
    /// The name of a secret or a file.
    pub title: String,
    /// Whether the title is a key.
    pub key: bool,
    /// What happened, in words.
    pub text: String,
}

/// One version of a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionView {
    /// Its number, from 1.
    pub version: u32,
    /// When it was stored.
    pub at: Timestamp,
    /// Where it came from, in words.
    pub source: String,
    /// The masked value.
    pub preview: Preview,
    /// Whether it is the current one.
    pub current: bool,
    /// How long it is kept, in words: "kept encrypted here until 12 Jan".
    #[serde(default)]
    pub kept: Option<String>,
}

/// Where an old file was put, nothing of it lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptFile {
    /// Its path; none where there was none.
    pub kept: Option<String>,
}

/// What a rotation of the vault's keys did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeysRotated {
    /// Versions that were sealed anew.
    pub resealed: u64,
    /// Damaged versions that stay under their old key, by secret and number.
    pub left: Vec<String>,
}

/// A recovery code, which is shown once.
#[derive(Debug, Serialize, Deserialize)]
pub struct RecoveryCodeView {
    /// Its groups, in order.
    pub groups: Vec<CodeGroup>,
    /// The kit's file.
    pub file: String,
    /// Where the kit's file that was in its place is kept.
    #[serde(default)]
    pub before: Option<String>,
}

/// Five characters of a recovery code.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodeGroup(#[serde(with = "floom_secret::wire")] pub SecretValue);

/// What was opened from a kit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrillView {
    /// Its apps.
    pub apps: u64,
    /// Its secrets.
    pub secrets: u64,
    /// Values that opened.
    pub values: u64,
    /// Receipts that stand.
    pub receipts: i64,
    /// What did not open, in words.
    pub damaged: Vec<String>,
}

/// What an export holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportReport {
    /// The file.
    pub file: String,
    /// Its apps.
    pub apps: u64,
    /// Values in it.
    pub values: u64,
    /// What could not be read and is not in it, in words.
    pub left_out: Vec<String>,
}

/// What is left to send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncReport {
    /// Still on its way.
    pub waiting: u32,
    /// Not taken so far.
    pub failed: u32,
    /// Why the first of those was not taken.
    pub failure: Option<Failure>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunView {
    /// The run's id.
    pub id: String,
    /// `success` or `error`.
    pub status: String,
    /// What the app put out, with injected values replaced by their names.
    pub outputs: serde_json::Value,
    /// Why it failed.
    pub error: Option<String>,
    /// How long it took, in milliseconds.
    pub milliseconds: Option<u64>,
}

/// One check of the doctor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What was looked at.
    pub what: String,
    /// What was found.
    pub found: String,
    /// Whether it is as it should be.
    pub ok: bool,
    /// Why it is so, in a whole sentence, where that is known.
    #[serde(default)]
    pub cause: Option<String>,
    /// What to do about it, in a whole sentence.
    #[serde(default)]
    pub cure: Option<String>,
}

impl Check {
    /// A check that needs no advice.
    pub fn new(what: impl Into<String>, found: impl Into<String>, ok: bool) -> Self {
        Self { what: what.into(), found: found.into(), ok, cause: None, cure: None }
    }
}

/// States and names, never values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoctorView {
    /// Everything that was looked at.
    pub checks: Vec<Check>,
    /// What stops the vault, if anything does.
    pub failure: Option<Failure>,
}

/// What a walk over the receipts found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainView {
    /// How many receipts stand.
    pub receipts: u64,
    /// The first that does not fit.
    pub breaks_at: Option<i64>,
    /// The stable code: `receipts_whole`, `receipts_broken`, `receipts_cut_short`, `receipts_diverge`.
    #[serde(default)]
    pub code: String,
    /// What was found, in a sentence.
    #[serde(default)]
    pub found: String,
}
