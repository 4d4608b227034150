//! What an import would do, and what it did.

use floom_secret::{Policy, SecretValue};
use serde::{Deserialize, Serialize};

use crate::view::AppRef;

/// What is imported.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportSource {
    /// A file, by its absolute path.
    File {
        /// The path.
        path: String,
    },
    /// Text that was pasted; it came from the clipboard by way of the native side.
    Text {
        /// The text.
        #[serde(with = "floom_secret::wire")]
        text: SecretValue,
    },
    /// One app of an encrypted export.
    Export {
        /// The export's file, an absolute path.
        path: String,
        /// The passphrase, or the age identity (`AGE-SECRET-KEY-1…`), that opens it.
        #[serde(with = "floom_secret::wire")]
        opens: SecretValue,
        /// The app's slug in the export; none where it holds one app.
        slug: Option<String>,
    },
}

/// What importing would do, line by line. Carries no value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportPreview {
    /// By this the import names what was previewed; good until the agent ends.
    pub id: String,
    /// The file as it is shown (`~/code/flyfast/.env`), or "Pasted text".
    pub file: String,
    /// The file's absolute path; none for pasted text.
    pub path: Option<String>,
    /// The app it would go to; none when no app declares one of its keys.
    pub app: Option<AppRef>,
    /// The connection's name, as in "to flyfast on Local Floom".
    pub connection: String,
    /// One row per line that says something.
    pub rows: Vec<ImportRow>,
    /// What is worth a word about the file, or about lines that have no row.
    pub notes: Vec<Note>,
    /// How many rows would be stored and sent.
    pub imports: u32,
    /// The reader's name.
    pub reader: String,
    /// Why this reader: "`dotenv` in package.json".
    pub evidence: Option<String>,
    /// What an app made from this file would be called, when there is none for it.
    pub new_app: Option<NewApp>,
    /// Whether the file is watched already, and for this app.
    pub watched: bool,
}

/// A proposal for an app made from a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewApp {
    /// Its name, from the folder.
    pub name: String,
    /// Its address, from the folder.
    pub slug: String,
    /// The command of its runs, from what lies beside the file; may be empty.
    pub command: String,
    /// The keys that it would declare.
    pub keys: Vec<String>,
}

/// One line of a preview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportRow {
    /// Its line in the file, from 1.
    pub line: u32,
    /// Its key; none where the line has none.
    pub key: Option<String>,
    /// What happens.
    pub fate: Fate,
    /// The same in words: "Changed → rotates".
    pub effect: String,
    /// The policy that it has or would get.
    pub policy: Option<Policy>,
    /// Whether the policy can be chosen here: on new and changed keys.
    pub choosable: bool,
    /// What is worth a word about it.
    pub notes: Vec<Note>,
}

/// A word about a file or one of its lines. Carries no piece of a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Its line in the file, from 1.
    pub line: u32,
    /// A stable code: of a refusal, of a finding, or `readers_differ`.
    pub code: String,
    /// Whether it is probably not what was meant; else it is only worth knowing.
    pub warns: bool,
    /// What was found and what to do, in sentences.
    pub words: String,
}

/// What a plan does with one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// Stored and sent for the first time.
    New,
    /// Another value than the stored one: replaces it.
    Changed,
    /// The stored value.
    Unchanged,
    /// A value that the creator set aside before.
    SetAside,
    /// Another watched file of the app counts for this key.
    Overruled,
    /// The app does not declare it: stored here, not sent.
    Undeclared,
    /// Each user supplies it: stored here, not sent.
    UserVault,
    /// In the vault, and not in the file any more. Nothing is removed.
    Gone,
    /// Cannot be taken; the row says why.
    Skipped,
}

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportReport {
    /// The app.
    pub app: AppRef,
    /// Keys stored and queued for Floom, new ones.
    pub added: Vec<String>,
    /// Keys stored and queued for Floom, in place of another value.
    pub rotated: Vec<String>,
    /// Keys stored that stay on this computer.
    pub kept_local: Vec<String>,
    /// Keys whose value was stored already.
    pub unchanged: Vec<String>,
    /// Lines that could not be taken.
    pub skipped: u32,
    /// Whether the file is watched now.
    pub watched: bool,
}
