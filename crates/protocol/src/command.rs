//! Every command, declared once: its name, its fields and its answer.

use std::collections::BTreeMap;

use floom_secret::{Policy, SecretValue};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::import::{ImportPreview, ImportReport, ImportSource};
use crate::view::{
    AppRef, ChainView, ConnectionView, DoctorView, DrillView, ExportReport, KeptFile, KeysRotated, LinkView,
    RecoveryCodeView, RunView, Snapshot, SyncReport, VersionView,
};

/// A command together with the type of its answer.
pub trait Call: Into<Command> {
    /// What the agent answers when it succeeds.
    type Answer: Serialize + DeserializeOwned;
}

macro_rules! commands {
    ($( $(#[$doc:meta])* $name:ident { $( $(#[$field_doc:meta])* $field:ident : $type:ty ),* $(,)? } -> $answer:ty; )*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Serialize, Deserialize)]
            #[serde(deny_unknown_fields)]
            pub struct $name { $( $(#[$field_doc])* pub $field: $type ),* }

            impl From<$name> for Command {
                fn from(call: $name) -> Self {
                    Self::$name(call)
                }
            }

            impl Call for $name {
                type Answer = $answer;
            }
        )*

        /// What a face may ask of the agent.
        #[derive(Debug, Serialize, Deserialize)]
        #[serde(tag = "command", content = "with", rename_all = "snake_case")]
        pub enum Command {
            $( $(#[$doc])* $name($name), )*
        }
    };
}

commands! {
    /// Everything that is shown, now.
    Look {} -> Snapshot;
    /// Makes the first vault on this computer: the creator's own act.
    MakeVault {
        /// Chosen in so many words where there is no keychain; none for a key in the keychain.
        #[serde(default, with = "floom_secret::wire::option")] passphrase: Option<SecretValue>,
    } -> ();
    /// Makes a new vault where the old one cannot be opened. The old file and entries are kept.
    StartAnew {} -> KeptFile;
    /// Opens the vault; the system may ask the creator for the keychain's password.
    Unlock {
        /// For a vault that opens with a passphrase.
        #[serde(default, with = "floom_secret::wire::option")] passphrase: Option<SecretValue>,
    } -> ();
    /// Changes the passphrase of a vault that opens with one.
    ChangePassphrase {
        /// The one that it has.
        #[serde(with = "floom_secret::wire")] old: SecretValue,
        /// The one that it gets.
        #[serde(with = "floom_secret::wire")] new: SecretValue,
    } -> ();
    /// Replaces the vault's key in the keychain, and with `data_keys` seals every value anew.
    RotateKeys {
        /// Whether the data keys are replaced too.
        data_keys: bool,
    } -> KeysRotated;
    /// Makes a recovery kit: writes its file, and answers with the code that is shown once.
    NewRecoveryKit {
        /// Where the kit's file goes, an absolute path.
        path: String,
        /// Whether a kit that there is becomes worthless.
        replace: bool,
    } -> RecoveryCodeView;
    /// Opens everything in a kit's file with its code, in memory; a kit counts as proven only after this.
    TestRecovery {
        /// The kit's file, an absolute path.
        path: String,
        /// The code.
        #[serde(with = "floom_secret::wire")] code: SecretValue,
    } -> DrillView;
    /// Opens a vault with a recovery code: the one in a kit's file where there is none here,
    /// or the one that is here and has lost its key.
    RestoreVault {
        /// The kit's file, an absolute path; none for the vault that is here.
        kit: Option<String>,
        /// The code.
        #[serde(with = "floom_secret::wire")] code: SecretValue,
        /// Chosen where there is no keychain; none for a key in the keychain.
        #[serde(default, with = "floom_secret::wire::option")] passphrase: Option<SecretValue>,
    } -> DrillView;
    /// After a restore: watched files go on as they were set, and what waits is sent.
    AcceptRestored {} -> ();
    /// Goes on with a vault that is older than the keychain's note of its receipts says.
    AcceptOlder {} -> ();
    /// Puts the last good copy in the place of a vault that cannot be read. The damaged file is kept.
    RestoreGoodCopy {} -> KeptFile;
    /// Writes an encrypted export in the age format.
    Export {
        /// Where it goes, an absolute path at which nothing is.
        path: String,
        /// One app; none for all.
        app: Option<AppRef>,
        /// Whether older versions go with it.
        history: bool,
        /// Who can open it.
        sealed_for: SealedFor,
    } -> ExportReport;
    /// The values of one app in clear, for a command line that writes them to a file.
    ExportPlain {
        /// The app.
        app: AppRef,
        /// Its slug or name, as the creator typed it.
        typed: String,
    } -> Vec<Variable>;
    /// Drops the vault's keys; links pause until it is unlocked. An unlock that waits for the creator is cancelled.
    Lock {} -> ();
    /// Starts Local Floom and shows its apps.
    StartLocal {} -> ();
    /// Adds a Floom and shows its apps. The token is tried before anything is stored.
    Connect {
        /// The server's base URL.
        url: String,
        /// Its token; none for a self-hosted Floom that asks for none.
        #[serde(default, with = "floom_secret::wire::option")] token: Option<SecretValue>,
    } -> ConnectionView;
    /// Adds the Floom that Floom's own command line is signed in to, with its key.
    ConnectFloomCli {
        /// Its file, an absolute path; none for `~/.floom/config.json`.
        path: Option<String>,
    } -> ConnectionView;
    /// Chooses the connection whose apps are shown; nothing is sent anywhere by it.
    ShowConnection {
        /// The connection's id.
        connection: String,
    } -> ();
    /// Registers an app on Local Floom from the text of its manifest (`floom.yaml`).
    AddApp {
        /// The manifest's text.
        manifest: String,
    } -> AppRef;
    /// Gives the address of an app's run page on Local Floom, with the key that opens it. For an hour after, Local
    /// Floom stays although no window is open.
    RunPage {
        /// The app.
        app: AppRef,
    } -> String;
    /// Says that a value may stand in git, where it was found.
    AcceptExposure {
        /// The app.
        app: AppRef,
        /// The secret.
        key: String,
    } -> ();
    /// Says when the creator wants to be reminded that a value is old.
    Remind {
        /// The app.
        app: AppRef,
        /// The secret.
        key: String,
        /// When.
        when: Reminder,
    } -> ();
    /// The creator's word that an app may have another sealing key than the one it was first seen with. What was not
    /// sent because of that is sent.
    TrustSealingKey {
        /// The app.
        app: AppRef,
    } -> ();
    /// Registers an app on Local Floom that declares the keys of a previewed file.
    AppFromFile {
        /// The preview whose keys the app will declare.
        preview: String,
        /// The app's name.
        name: String,
        /// The app's address: lower-case letters, digits and dashes.
        slug: String,
        /// The command that a run starts, as typed.
        command: String,
    } -> AppRef;
    /// Reads a file or a text and says what importing it would do. Changes nothing.
    Preview {
        /// What to read.
        source: ImportSource,
        /// The app to import into; without one, the app that declares most of the keys.
        app: Option<AppRef>,
        /// The reader's name; without one, the link's or the one found beside the file.
        reader: Option<String>,
    } -> ImportPreview;
    /// Does what a preview said.
    Import {
        /// The preview's id.
        preview: String,
        /// Policies that the creator chose in the preview, by key.
        policies: BTreeMap<String, Policy>,
        /// Whether the file is watched from now on.
        watch: bool,
        /// Whether changes of the watched file are sent by themselves.
        auto: bool,
    } -> ImportReport;
    /// Watches a file for an app.
    Link {
        /// The file's absolute path.
        path: String,
        /// The app.
        app: AppRef,
        /// Whether changes are sent by themselves.
        auto: bool,
        /// The reader's name; without one, the one found beside the file.
        reader: Option<String>,
    } -> LinkView;
    /// Stops watching a file. Nothing that came from it is removed.
    Unlink {
        /// The file's absolute path.
        path: String,
    } -> ();
    /// Turns Auto-sync of a watched file on or off.
    SetAuto {
        /// The link's id.
        link: String,
        /// On or off.
        auto: bool,
    } -> ();
    /// Takes a paused file as it is. Lines that are gone still remove nothing.
    Resume {
        /// The link's id.
        link: String,
    } -> ();
    /// Answers the question in a secret's row.
    Answer {
        /// The app.
        app: AppRef,
        /// The secret.
        key: String,
        /// What the creator chose.
        choice: Choice,
    } -> ();
    /// Changes who supplies a value. Creator vault needs a value: the stored one, or `value`.
    SetPolicy {
        /// The app.
        app: AppRef,
        /// The secret.
        key: String,
        /// The new policy.
        policy: Policy,
        /// A value to go with it.
        #[serde(default, with = "floom_secret::wire::option")] value: Option<SecretValue>,
    } -> ();
    /// Stores a value that the creator typed, and sends it under the creator vault.
    SetValue {
        /// The app.
        app: AppRef,
        /// The secret.
        key: String,
        /// The policy; without one, the one it has, or creator vault.
        policy: Option<Policy>,
        /// The value.
        #[serde(with = "floom_secret::wire")] value: SecretValue,
    } -> ();
    /// Makes the value before the current one current again, as a new version.
    Undo {
        /// The app.
        app: AppRef,
        /// The secret.
        key: String,
    } -> ();
    /// Removes a secret's value from Floom; its versions stay here, encrypted.
    Remove {
        /// The app.
        app: AppRef,
        /// The secret.
        key: String,
    } -> ();
    /// Makes an older version's value current again, as a new version.
    RestoreVersion {
        /// The app.
        app: AppRef,
        /// The secret.
        key: String,
        /// The version.
        version: u32,
    } -> ();
    /// Takes a removal back; the value is stored again and, under the creator vault, sent.
    RestoreRemoved {
        /// The app.
        app: AppRef,
        /// The secret.
        key: String,
    } -> ();
    /// The versions of a secret, newest first, without values.
    History {
        /// The app.
        app: AppRef,
        /// The secret.
        key: String,
    } -> Vec<VersionView>;
    /// Sends what waits now, whatever the next try was.
    Sync {
        /// Answers only when nothing is on its way any more.
        wait: bool,
    } -> SyncReport;
    /// Starts a run of an app on its Floom and waits for its end.
    Run {
        /// The app.
        app: AppRef,
    } -> RunView;
    /// The values that a command started by the creator gets for an app.
    Environment {
        /// The app.
        app: AppRef,
    } -> Vec<Variable>;
    /// States of keychain, vault and links, with cause and cure.
    Doctor {} -> DoctorView;
    /// Walks the whole chain of receipts.
    VerifyReceipts {} -> ChainView;
}

/// What the creator chose in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// Take the file's value: it is stored, and replaces the one on Floom. In a conflict: what waits here.
    UseFile,
    /// Keep the value that is stored; the file's is set aside until its line changes.
    KeepStored,
    /// Let the value stand that somebody else brought to Floom.
    KeepFloom,
}

/// When the creator wants to be reminded of an old value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reminder {
    /// In 30 days.
    Later,
    /// Not any more.
    Never,
    /// Whenever the value is so many days old.
    Every {
        /// 1 to 3650.
        days: u16,
    },
}

/// Who can open an export.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SealedFor {
    /// Who knows this passphrase.
    Passphrase(#[serde(with = "floom_secret::wire")] SecretValue),
    /// Who holds the identity of this age recipient (`age1…`).
    Recipient(String),
}

/// One environment variable with its value.
#[derive(Debug, Serialize, Deserialize)]
pub struct Variable {
    /// Its name.
    pub key: String,
    /// Its value.
    #[serde(with = "floom_secret::wire")]
    pub value: SecretValue,
}
