//! Why Local Floom cannot start or cannot store.

use std::path::PathBuf;

use crate::ManifestError;

/// What went wrong in Local Floom; it carries names and paths, never a value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LocalError {
    /// The listener is reachable from other machines.
    #[error("Local Floom answers on this computer only, and this address is not on it.")]
    NotLoopback,
    /// The key does not fit the store.
    #[error("Local Floom's key does not fit its store.")]
    WrongKey,
    /// The store cannot be read as one.
    #[error("Local Floom's store is damaged.")]
    Damaged,
    /// A later version wrote the store.
    #[error("Local Floom's store was written by a newer version.")]
    Newer,
    /// A file or folder.
    #[error("Local Floom cannot use {}.", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// SQLite.
    #[error("Local Floom's store did not take the change.")]
    Database(#[source] rusqlite::Error),
    /// No random numbers.
    #[error("This system gives no random numbers.")]
    NoRandom,
    /// The network.
    #[error("Local Floom stopped answering.")]
    Network(#[source] std::io::Error),
    /// The manifest cannot be used.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// Another app has that slug.
    #[error("There is an app {slug} already.")]
    SlugTaken {
        /// The slug.
        slug: String,
    },
}

impl LocalError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotLoopback => "local_not_loopback",
            Self::WrongKey => "local_key_wrong",
            Self::Damaged => "local_store_damaged",
            Self::Newer => "local_store_newer",
            Self::File { .. } => "local_file",
            Self::Database(_) => "local_database",
            Self::NoRandom => "local_no_random",
            Self::Network(_) => "local_network",
            Self::Manifest(_) => "manifest_invalid",
            Self::SlugTaken { .. } => "slug_taken",
        }
    }

    /// What was kept, and what to do next.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotLoopback => "Nothing was started. Use 127.0.0.1 or ::1.",
            Self::WrongKey => "The store was left as it is. Unlock the keychain that made it.",
            Self::Damaged => "The file was left as it is. Bring it back from a backup, or move it away to start anew.",
            Self::Newer => "The store was left as it is. Update this program.",
            Self::File { .. } => "Nothing was changed. Check who owns it and whether the disk is full.",
            Self::Database(_) => "What was stored before is kept. Check whether the disk is full.",
            Self::NoRandom | Self::Network(_) => "What was stored is kept. Start it again.",
            Self::Manifest(_) => "Nothing was registered. Correct the manifest.",
            Self::SlugTaken { .. } => "The app that has it is unchanged. Choose another slug.",
        }
    }
}

impl From<rusqlite::Error> for LocalError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase | rusqlite::ErrorCode::DatabaseCorrupt) => Self::Damaged,
            _ => Self::Database(error),
        }
    }
}
