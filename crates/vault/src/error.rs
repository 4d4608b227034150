//! What can go wrong with the vault, in words for people.

use floom_keychain::{KeychainError, State};

use crate::{ExportError, RandomnessFailed, Standing, VersionNumber};

/// What to do about a file that is older than what is known of it.
pub(crate) const ROLLED_BACK_HINT: &str =
    "Put the newer vault file back if you have it; else check each value, then accept the file as it is.";

/// A vault operation that did not happen. It never carries a byte of a value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// The keychain gave no answer.
    #[error(transparent)]
    Keychain(#[from] KeychainError),
    /// The vault is not in the state that this needs: it is not fresh for `create`, not ready for `open`.
    #[error("{}", .0.sentence())]
    Standing(Standing),
    /// The file was made by a newer program.
    #[error("The vault was made by a newer Floom Secrets.")]
    Newer,
    /// The keychain's key is not this vault's.
    #[error("The key in the keychain does not open this vault.")]
    WrongKey,
    /// The passphrase is not this vault's.
    #[error("The passphrase does not open this vault.")]
    WrongPassphrase,
    /// A new passphrase is too easily guessed.
    #[error("A passphrase needs at least 12 characters.")]
    PassphraseTooShort,
    /// The keychain has no part in this vault.
    #[error("This vault opens with a passphrase, not with the keychain.")]
    OpensWithPassphrase,
    /// A passphrase has no part in this vault.
    #[error("This vault opens with the keychain's key, not with a passphrase.")]
    OpensWithKeychain,
    /// The vault has a recovery kit, and nobody asked for another.
    #[error("This vault has a recovery kit already.")]
    KitExists,
    /// No recovery kit was made for this vault.
    #[error("No recovery kit was made for this vault.")]
    NoKit,
    /// The file is no copy of a vault.
    #[error("That file is no recovery kit.")]
    NotAKit,
    /// Not everything in the kit opens.
    #[error("Not everything in the kit opens.")]
    KitDamaged,
    /// The checksum of a recovery code does not fit.
    #[error("The code has a typing mistake.")]
    CodeMistyped,
    /// A recovery code that is whole, of another kit.
    #[error("The code is not the one of this kit.")]
    WrongCode,
    /// Something is at the path; it is not replaced.
    #[error("There is a file at that place already.")]
    FileExists,
    /// The file, or one of its keys, cannot be read.
    #[error("The vault file is damaged.")]
    Damaged,
    /// One stored value does not open: it was changed, or moved from elsewhere.
    #[error("The stored value of {secret} (version {version}) is damaged.")]
    ValueDamaged {
        /// The name of the secret.
        secret: String,
        /// The number of the version.
        version: VersionNumber,
    },
    /// A row was changed by something other than this program.
    #[error("An entry of the vault was changed from outside: {table}, {name}.")]
    RowAltered {
        /// What kind of entry.
        table: &'static str,
        /// Its name, never a value.
        name: String,
    },
    /// The chain of receipts ends before the one that the keychain knows, or is another one.
    #[error(
        "The vault file is older than the keychain's note of it: it has {receipts} receipts, and there were {anchored}."
    )]
    RolledBack {
        /// How many receipts the file has.
        receipts: i64,
        /// How many there were.
        anchored: i64,
    },
    /// The keychain's note of the receipts was not made by this vault.
    #[error("The keychain's note of this vault's receipts does not fit it.")]
    AnchorForeign,
    /// The vault has no value of this secret: only Floom does, and Floom never gives one back.
    #[error("Only Floom has this value; it cannot be shown.")]
    ValueOnlyOnFloom,
    /// The app has another secret of that name, perhaps a removed one.
    #[error("The app already has a secret named {0}.")]
    NameTaken(String),
    /// Something about this secret is still to be sent, under the name that it has.
    #[error("A change of {0} still waits to be sent.")]
    ChangesWait(String),
    /// There is no good copy of the vault.
    #[error("There is no good copy of this vault that its key opens.")]
    NoGoodCopy,
    /// What was typed is not the app's name.
    #[error("What you typed is not the name of the app.")]
    NameNotTyped,
    /// An export was not made or not opened.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// Another agent holds the vault.
    #[error("Another agent has this vault open.")]
    AgentRunning,
    /// Changes still wait to be sent over this connection.
    #[error("{waiting} changes still wait for this connection.")]
    ConnectionInUse {
        /// How many.
        waiting: u32,
    },
    /// There is no such entry.
    #[error("The vault has no such {0}.")]
    NotFound(&'static str),
    /// No randomness, or a nonce came twice; nothing was sealed.
    #[error("The system gave no usable randomness.")]
    Randomness,
    /// Another process reads or writes the file at this moment.
    #[error("The vault file is in use by another program.")]
    Busy,
    /// The disk is full.
    #[error("The disk is full.")]
    DiskFull,
    /// The file system refused.
    #[error("The vault's folder or file cannot be used.")]
    Io(#[from] std::io::Error),
    /// The database refused.
    #[error("The vault file cannot be read or written.")]
    Database(#[source] rusqlite::Error),
}

impl VaultError {
    /// The error of reading one row of a table, where a column may hold what this program never wrote.
    pub(crate) fn of_row(error: rusqlite::Error, table: &'static str) -> Self {
        match is_unfit(&error) {
            true => Self::RowAltered { table, name: "one that cannot be read".to_owned() },
            false => error.into(),
        }
    }

    /// Whether it is the damage of one entry, and says nothing about the others.
    pub(crate) fn is_of_one_entry(&self) -> bool {
        matches!(self, Self::ValueDamaged { .. } | Self::RowAltered { .. })
    }

    /// The stable code of this refusal.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Keychain(error) => error.code(),
            Self::Standing(standing) => standing.code(),
            Self::Newer => "vault_newer",
            Self::WrongKey => "vault_wrong_key",
            Self::WrongPassphrase => "wrong_passphrase",
            Self::PassphraseTooShort => "passphrase_too_short",
            Self::OpensWithPassphrase => "vault_opens_with_passphrase",
            Self::OpensWithKeychain => "vault_opens_with_keychain",
            Self::KitExists => "recovery_kit_exists",
            Self::NoKit => "no_recovery_kit",
            Self::NotAKit => "not_a_recovery_kit",
            Self::KitDamaged => "recovery_kit_damaged",
            Self::CodeMistyped => "recovery_code_mistyped",
            Self::WrongCode => "recovery_code_wrong",
            Self::FileExists => "file_exists",
            Self::Busy => "vault_busy",
            Self::Damaged => "vault_damaged",
            Self::ValueDamaged { .. } => "vault_value_damaged",
            Self::RowAltered { .. } => "vault_row_altered",
            Self::RolledBack { .. } => "vault_rolled_back",
            Self::AnchorForeign => "vault_anchor_foreign",
            Self::ValueOnlyOnFloom => "value_only_on_floom",
            Self::NameTaken(_) => "secret_name_taken",
            Self::ChangesWait(_) => "secret_changes_wait",
            Self::NoGoodCopy => "vault_no_good_copy",
            Self::NameNotTyped => "app_name_not_typed",
            Self::Export(error) => error.code(),
            Self::AgentRunning => "agent_running",
            Self::ConnectionInUse { .. } => "connection_in_use",
            Self::NotFound(_) => "vault_not_found",
            Self::Randomness => "vault_randomness",
            Self::DiskFull => "vault_disk_full",
            Self::Io(_) => "vault_io",
            Self::Database(_) => "vault_database",
        }
    }

    /// What was kept, in one sentence.
    pub fn kept(&self) -> &'static str {
        match self {
            Self::ValueDamaged { .. } => "Every other value stays readable.",
            Self::Export(error) => error.kept(),
            Self::AgentRunning => "The other agent goes on.",
            Self::FileExists | Self::NotAKit => "The file was left as it is.",
            Self::RolledBack { .. } | Self::AnchorForeign => "The file and the note are both kept as they are.",
            Self::ValueOnlyOnFloom => "Floom keeps it, and runs go on using it.",
            Self::NoGoodCopy => "The damaged file is kept.",
            _ => "Nothing was changed.",
        }
    }

    /// What to do next, in one sentence.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Keychain(error) => error.hint(),
            Self::Standing(standing) => standing.hint(),
            Self::Newer => Standing::Newer.hint(),
            Self::WrongKey => State::Foreign.hint(),
            Self::WrongPassphrase => "Type it again; spaces and capital letters count.",
            Self::PassphraseTooShort => "Choose a longer one; five or six words are good.",
            Self::OpensWithPassphrase => "Use its passphrase; that can be changed.",
            Self::OpensWithKeychain => "Unlock the keychain, or use the recovery kit.",
            Self::KitExists => "Prove it, or ask for a new kit; then the old code opens old files only.",
            Self::NoKit => "Make a recovery kit in Settings, while the vault is open.",
            Self::NotAKit => "Choose the kit file that was saved with the code.",
            Self::KitDamaged => "Save the kit file again, then prove it again.",
            Self::CodeMistyped => "Compare it with your copy, group by group.",
            Self::WrongCode => "Use the code that was made with this kit.",
            Self::FileExists => "Choose another place, or move that file away first.",
            Self::Busy => "Try again in a moment.",
            Self::Damaged => Standing::Damaged.hint(),
            Self::ValueDamaged { .. } => "Restore an older version, or set the value again.",
            Self::RowAltered { .. } => "Check what it says and set it again, or go back to a kit or backup.",
            Self::RolledBack { .. } => ROLLED_BACK_HINT,
            Self::AnchorForeign => "Find out what wrote it; then accept the vault file as it is.",
            Self::ValueOnlyOnFloom => "Set a new value here, or take it from where it was issued.",
            Self::NameTaken(_) => "Choose another name, or bring the other secret back.",
            Self::ChangesWait(_) => "Send it or take it back, then rename the secret.",
            Self::NoGoodCopy => "Use the recovery kit or an export.",
            Self::NameNotTyped => "Type the app's name exactly, or leave it.",
            Self::Export(error) => error.hint(),
            Self::AgentRunning => "Use that one, or end it first.",
            Self::ConnectionInUse { .. } => "Send them or take them back, then remove the connection.",
            Self::NotFound(_) => "Look again; it may have been removed meanwhile.",
            Self::Randomness => "Try again; if it stays, restart the computer.",
            Self::DiskFull => "Make room, then try again.",
            Self::Io(_) | Self::Database(_) => "Check the disk and the folder's permissions, then try again.",
        }
    }
}

impl From<rusqlite::Error> for VaultError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::DiskFull,
            Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase) => Self::Damaged,
            Some(_) => Self::Database(error),
            // What a column holds is not what this program writes into it.
            None if is_unfit(&error) => Self::Damaged,
            None => Self::Database(error),
        }
    }
}

fn is_unfit(error: &rusqlite::Error) -> bool {
    use rusqlite::Error::{FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType, Utf8Error};
    matches!(error, FromSqlConversionFailure(..) | IntegralValueOutOfRange(..) | InvalidColumnType(..) | Utf8Error(..))
}

impl From<RandomnessFailed> for VaultError {
    fn from(_: RandomnessFailed) -> Self {
        Self::Randomness
    }
}
