//! What the creator asks for, and how it is carried out.

use std::collections::BTreeMap;

use floom_protocol::Failure;
use floom_protocol::command::{
    AcceptExposure, AcceptOlder, AcceptRestored, Answer, AppFromFile, Choice, Connect, ConnectFloomCli, Doctor,
    History, Import, Lock, MakeVault, NewRecoveryKit, Preview, Remind, Reminder, Remove, RestoreGoodCopy, RestoreVault,
    RestoreVersion, Resume, SetAuto, SetPolicy, SetValue, ShowConnection, StartAnew, StartLocal, Sync, TestRecovery,
    TrustSealingKey, Undo, Unlink, Unlock,
};
use floom_protocol::import::{Fate, ImportPreview, ImportReport, ImportSource};
use floom_protocol::view::{AppRef, DoctorView, DrillView, KeptFile, Snapshot, SyncReport, VersionView};
use floom_secret::{Policy, SecretValue};

use crate::backend::{Backend, FileDialog, WindowControl, call};
use crate::kit::Code;

/// One thing that the creator asked for.
#[derive(Debug)]
pub(crate) enum Act {
    Refresh,
    MakeVault {
        /// Chosen in so many words where there is no keychain.
        passphrase: Option<SecretValue>,
    },
    Unlock {
        /// For a vault that opens with one.
        passphrase: Option<SecretValue>,
    },
    /// Takes back an unlocking that waits for the system's password window.
    CancelUnlock,
    Lock,
    StartAnew,
    RestoreGoodCopy,
    AcceptOlder,
    AcceptRestored,
    /// Lets the creator choose where a kit's file is, or goes.
    ChoosePlace(FileDialog),
    NewKit {
        path: String,
        /// Whether there is a kit that becomes worthless.
        replace: bool,
    },
    ProveKit {
        path: String,
        code: SecretValue,
    },
    RestoreVault {
        /// The kit's file; none for the vault that is here.
        kit: Option<String>,
        code: SecretValue,
        passphrase: Option<SecretValue>,
    },
    StartLocal,
    Connect {
        url: String,
        token: Option<SecretValue>,
    },
    /// Connects with the key of Floom's own command line.
    ConnectFloomCli,
    ShowConnection(String),
    /// Previews a file; `app` is the one that is looked at.
    PreviewFile {
        path: String,
        app: Option<AppRef>,
    },
    /// Lets the creator choose a file and previews it.
    ChooseFile {
        app: Option<AppRef>,
    },
    /// Previews the file that the program was started with.
    PreviewOpened,
    /// Previews the clipboard's text.
    Paste {
        app: Option<AppRef>,
    },
    /// Makes an app for previewed keys, and previews them for it.
    MakeApp {
        preview: String,
        path: Option<String>,
        name: String,
        slug: String,
        command: String,
    },
    Import {
        preview: String,
        policies: BTreeMap<String, Policy>,
        watch: bool,
        auto: bool,
        /// The watched file that the creator wants watched no longer.
        stop: Option<String>,
    },
    SetAuto {
        link: String,
        auto: bool,
    },
    Resume {
        link: String,
    },
    Unlink {
        path: String,
    },
    Answer {
        app: AppRef,
        key: String,
        choice: Choice,
    },
    SetPolicy {
        app: AppRef,
        key: String,
        policy: Policy,
        value: Option<SecretValue>,
    },
    SetValue {
        app: AppRef,
        key: String,
        policy: Option<Policy>,
        value: SecretValue,
    },
    Undo {
        app: AppRef,
        key: String,
    },
    RestoreVersion {
        app: AppRef,
        key: String,
        version: u32,
    },
    Remove {
        app: AppRef,
        key: String,
    },
    History {
        app: AppRef,
        key: String,
    },
    /// Says that a value may stand in git.
    AcceptExposure {
        app: AppRef,
        key: String,
    },
    /// Puts the reminder of an old value off.
    RemindLater {
        app: AppRef,
        key: String,
    },
    /// Trusts the sealing key that the secret's app has now.
    TrustKey {
        app: AppRef,
        key: String,
    },
    Sync,
    Doctor,
    /// Puts the doctor's report on the clipboard.
    CopyReport(String),
    Window(WindowControl),
}

/// What is under way: its control waits meanwhile, and is not pressed twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Task {
    Refresh,
    Vault,
    Cancel,
    Place,
    Kit,
    Connection,
    Preview,
    Import,
    Link(String),
    Row(String),
    History,
    Sync,
    Doctor,
    Report,
    Window,
}

/// What came of an act.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It is done; what changed comes with the next snapshot.
    Done,
    /// The creator chose nothing.
    Nothing,
    Snapshot(Box<Snapshot>),
    Previewed(Box<ImportPreview>),
    Imported(ImportReport),
    History {
        key: String,
        versions: Vec<VersionView>,
    },
    Synced(SyncReport),
    Doctor(DoctorView),
    /// The path that the creator chose.
    Place(String),
    KitMade(Code),
    Proven(DrillView),
    Restored(DrillView),
    /// An old file was put aside.
    Kept(KeptFile),
    ReportCopied,
}

impl Act {
    /// The task that this act is.
    pub(crate) fn task(&self) -> Task {
        match self {
            Self::Refresh => Task::Refresh,
            Self::MakeVault { .. }
            | Self::Unlock { .. }
            | Self::Lock
            | Self::StartAnew
            | Self::RestoreGoodCopy
            | Self::AcceptOlder
            | Self::AcceptRestored
            | Self::RestoreVault { .. } => Task::Vault,
            Self::CancelUnlock => Task::Cancel,
            Self::ChoosePlace(_) => Task::Place,
            Self::NewKit { .. } | Self::ProveKit { .. } => Task::Kit,
            Self::StartLocal | Self::Connect { .. } | Self::ConnectFloomCli | Self::ShowConnection(_) => {
                Task::Connection
            }
            Self::PreviewFile { .. }
            | Self::ChooseFile { .. }
            | Self::PreviewOpened
            | Self::Paste { .. }
            | Self::MakeApp { .. } => Task::Preview,
            Self::Import { .. } => Task::Import,
            Self::SetAuto { link, .. } | Self::Resume { link } | Self::Unlink { path: link } => {
                Task::Link(link.clone())
            }
            Self::Answer { key, .. }
            | Self::SetPolicy { key, .. }
            | Self::SetValue { key, .. }
            | Self::Undo { key, .. }
            | Self::RestoreVersion { key, .. }
            | Self::AcceptExposure { key, .. }
            | Self::RemindLater { key, .. }
            | Self::TrustKey { key, .. }
            | Self::Remove { key, .. } => Task::Row(key.clone()),
            Self::History { .. } => Task::History,
            Self::Sync => Task::Sync,
            Self::Doctor => Task::Doctor,
            Self::CopyReport(_) => Task::Report,
            Self::Window(_) => Task::Window,
        }
    }
}

/// Carries `act` out.
///
/// # Errors
/// What the agent or the native side refused.
pub(crate) async fn perform(backend: &dyn Backend, act: Act) -> Result<Outcome, Failure> {
    match act {
        Act::Refresh => return Ok(Outcome::Snapshot(Box::new(backend.snapshot().await?))),
        Act::MakeVault { passphrase } => call(backend, MakeVault { passphrase }).await?,
        Act::Unlock { passphrase } => call(backend, Unlock { passphrase }).await?,
        Act::CancelUnlock | Act::Lock => call(backend, Lock {}).await?,
        Act::StartAnew => return call(backend, StartAnew {}).await.map(Outcome::Kept),
        Act::RestoreGoodCopy => return call(backend, RestoreGoodCopy {}).await.map(Outcome::Kept),
        Act::AcceptOlder => call(backend, AcceptOlder {}).await?,
        Act::AcceptRestored => call(backend, AcceptRestored {}).await?,
        Act::ChoosePlace(dialog) => {
            return Ok(backend.choose_file(dialog).await?.map_or(Outcome::Nothing, Outcome::Place));
        }
        Act::NewKit { path, replace } => {
            let made = call(backend, NewRecoveryKit { path, replace }).await?;
            return Ok(Outcome::KitMade(Code::new(made)));
        }
        Act::ProveKit { path, code } => {
            return call(backend, TestRecovery { path, code }).await.map(Outcome::Proven);
        }
        Act::RestoreVault { kit, code, passphrase } => {
            return call(backend, RestoreVault { kit, code, passphrase }).await.map(Outcome::Restored);
        }
        Act::StartLocal => call(backend, StartLocal {}).await?,
        Act::Connect { url, token } => drop(call(backend, Connect { url, token }).await?),
        Act::ConnectFloomCli => drop(call(backend, ConnectFloomCli { path: None }).await?),
        Act::ShowConnection(connection) => call(backend, ShowConnection { connection }).await?,
        Act::PreviewFile { path, app } => return preview_file(backend, path, app).await,
        Act::ChooseFile { app } => {
            return match backend.choose_file(FileDialog::EnvFile).await? {
                Some(path) => preview_file(backend, path, app).await,
                None => Ok(Outcome::Nothing),
            };
        }
        Act::PreviewOpened => {
            return match backend.opened_file().await? {
                Some(path) => preview_file(backend, path, None).await,
                None => Ok(Outcome::Nothing),
            };
        }
        Act::Paste { app } => return paste(backend, app).await,
        Act::MakeApp { preview, path, name, slug, command } => {
            let app = call(backend, AppFromFile { preview, name, slug, command }).await?;
            return match path {
                Some(path) => preview_file(backend, path, Some(app)).await,
                None => paste(backend, Some(app)).await,
            };
        }
        Act::Import { preview, policies, watch, auto, stop } => {
            let report = call(backend, Import { preview, policies, watch, auto }).await?;
            if let Some(path) = stop {
                call(backend, Unlink { path }).await?;
            }
            return Ok(Outcome::Imported(report));
        }
        Act::SetAuto { link, auto } => call(backend, SetAuto { link, auto }).await?,
        Act::Resume { link } => call(backend, Resume { link }).await?,
        Act::Unlink { path } => call(backend, Unlink { path }).await?,
        Act::Answer { app, key, choice } => call(backend, Answer { app, key, choice }).await?,
        Act::SetPolicy { app, key, policy, value } => call(backend, SetPolicy { app, key, policy, value }).await?,
        Act::SetValue { app, key, policy, value } => call(backend, SetValue { app, key, policy, value }).await?,
        Act::Undo { app, key } => call(backend, Undo { app, key }).await?,
        Act::RestoreVersion { app, key, version } => call(backend, RestoreVersion { app, key, version }).await?,
        Act::Remove { app, key } => call(backend, Remove { app, key }).await?,
        Act::History { app, key } => {
            let versions = call(backend, History { app, key: key.clone() }).await?;
            return Ok(Outcome::History { key, versions });
        }
        Act::AcceptExposure { app, key } => call(backend, AcceptExposure { app, key }).await?,
        Act::RemindLater { app, key } => call(backend, Remind { app, key, when: Reminder::Later }).await?,
        Act::TrustKey { app, .. } => call(backend, TrustSealingKey { app }).await?,
        Act::Sync => return call(backend, Sync { wait: false }).await.map(Outcome::Synced),
        Act::Doctor => return call(backend, Doctor {}).await.map(Outcome::Doctor),
        Act::CopyReport(text) => {
            backend.copy(text).await?;
            return Ok(Outcome::ReportCopied);
        }
        Act::Window(what) => backend.window_control(what).await?,
    }
    Ok(Outcome::Done)
}

async fn preview_file(backend: &dyn Backend, path: String, app: Option<AppRef>) -> Result<Outcome, Failure> {
    let look = |app| call(backend, Preview { source: ImportSource::File { path: path.clone() }, app, reader: None });
    let asked = app.is_some();
    let mut preview = look(app).await?;
    if asked && declares_nothing(&preview) {
        preview = look(None).await?;
    }
    Ok(Outcome::Previewed(Box::new(preview)))
}

async fn paste(backend: &dyn Backend, app: Option<AppRef>) -> Result<Outcome, Failure> {
    let asked = app.is_some();
    let mut preview = backend.paste_preview(app).await?;
    if asked && declares_nothing(&preview) {
        preview = backend.paste_preview(None).await?;
    }
    Ok(Outcome::Previewed(Box::new(preview)))
}

/// Whether the app that is looked at has no use for any of the keys: then another app may have, or a new one.
fn declares_nothing(preview: &ImportPreview) -> bool {
    preview.rows.iter().all(|row| matches!(row.fate, Fate::Undeclared | Fate::Skipped | Fate::Gone))
        && preview.rows.iter().any(|row| row.fate == Fate::Undeclared)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::fake::Fake;
    use crate::sample;
    use serde_json::{Value, json};

    fn json_of(preview: &ImportPreview) -> Result<Value, Failure> {
        Ok(serde_json::to_value(preview).expect("a preview serialises"))
    }

    fn flyfast() -> Option<AppRef> {
        Some(AppRef { connection: Some("local".into()), slug: "flyfast".into() })
    }

    #[tokio::test]
    async fn a_command_is_sent_as_it_is_declared() {
        let fake = Fake::answering([Ok(Value::Null)]);
        let app = AppRef { connection: Some("local".into()), slug: "flyfast".into() };
        let act = Act::SetPolicy { app, key: "STRIPE_SECRET_KEY".into(), policy: Policy::User, value: None };
        assert!(matches!(perform(&fake, act).await, Ok(Outcome::Done)), "null is the answer of a command without one");
        let sent: Value = serde_json::from_str(&fake.asked.borrow()[0]).expect("JSON was sent");
        let expected = json!({"command": "set_policy", "with": {
            "app": {"connection": "local", "slug": "flyfast"}, "key": "STRIPE_SECRET_KEY", "policy": "user_vault", "value": null
        }});
        assert_eq!(sent, expected, "name and fields are the protocol's");
    }

    #[tokio::test]
    async fn a_file_without_use_for_the_shown_app_is_previewed_for_any() {
        let fake = Fake::answering([
            json_of(&sample::preview(Some("flyfast"), &[Fate::Undeclared, Fate::Skipped])),
            json_of(&sample::preview(None, &[Fate::Undeclared])),
        ]);
        let act = Act::PreviewFile { path: "/home/me/ferry-bot/.env".into(), app: flyfast() };
        let Ok(Outcome::Previewed(preview)) = perform(&fake, act).await else { panic!("a preview comes") };
        assert_eq!(preview.app, None, "the second look is shown");
        assert_eq!(fake.asked.borrow().len(), 2, "the file was looked at twice");
    }

    #[tokio::test]
    async fn a_file_of_the_shown_app_is_looked_at_once() {
        let fake = Fake::answering([json_of(&sample::preview(Some("flyfast"), &[Fate::Undeclared, Fate::Unchanged]))]);
        let act = Act::PreviewFile { path: "/home/me/flyfast/.env".into(), app: flyfast() };
        assert!(matches!(perform(&fake, act).await, Ok(Outcome::Previewed(_))), "the preview is shown");
        assert_eq!(fake.asked.borrow().len(), 1, "one declared key is use enough");
    }

    #[tokio::test]
    async fn a_file_that_is_watched_no_longer_is_unlinked_after_the_import() {
        let report = json!({"app": {"connection": "local", "slug": "flyfast"}, "added": ["A"], "rotated": [],
            "kept_local": [], "unchanged": [], "skipped": 0, "watched": false});
        let fake = Fake::answering([Ok(report), Ok(Value::Null)]);
        let stop = Some("/home/me/flyfast/.env".to_owned());
        let act = Act::Import { preview: "p1".into(), policies: BTreeMap::new(), watch: false, auto: false, stop };
        assert!(matches!(perform(&fake, act).await, Ok(Outcome::Imported(_))), "the import is told");
        assert!(fake.asked.borrow()[1].contains("\"unlink\""), "and the file is let go after it");
    }

    #[tokio::test]
    async fn choosing_nothing_asks_nothing() {
        let fake = Fake::answering([Ok(Value::Null)]);
        let outcome = perform(&fake, Act::ChooseFile { app: None }).await;
        assert!(matches!(outcome, Ok(Outcome::Nothing)), "a closed dialog is no refusal");
        assert_eq!(*fake.asked.borrow(), ["choose_file EnvFile"], "the agent is not asked");
    }

    #[tokio::test]
    async fn a_new_app_is_made_and_then_previewed_for_it() {
        let made = Ok(json!({"connection": "local", "slug": "ferry-bot"}));
        let fake = Fake::answering([made, json_of(&sample::preview(Some("ferry-bot"), &[Fate::New]))]);
        let act = Act::MakeApp {
            preview: "p1".into(),
            path: Some("/home/me/ferry-bot/.env".into()),
            name: "ferry-bot".into(),
            slug: "ferry-bot".into(),
            command: "node bot.js".into(),
        };
        assert!(matches!(perform(&fake, act).await, Ok(Outcome::Previewed(_))), "the import preview follows");
        assert!(fake.asked.borrow()[1].contains("\"slug\":\"ferry-bot\""), "for the app that was made");
    }

    #[tokio::test]
    async fn an_answer_of_another_kind_is_refused_in_words() {
        let fake = Fake::answering([Ok(json!({"unheard": "of"}))]);
        let refused = perform(&fake, Act::Doctor).await.err().map(|failure| failure.code);
        assert_eq!(refused.as_deref(), Some("window_answer_unreadable"), "nothing is guessed from it");
    }

    #[tokio::test]
    async fn a_passphrase_is_handed_to_the_agent() {
        let fake = Fake::answering([Ok(Value::Null)]);
        let act = Act::Unlock { passphrase: Some(SecretValue::new("five words that I know".into())) };
        assert!(matches!(perform(&fake, act).await, Ok(Outcome::Done)), "the vault is open");
        let sent: Value = serde_json::from_str(&fake.asked.borrow()[0]).expect("JSON was sent");
        let expected = json!({"command": "unlock", "with": {"passphrase": "five words that I know"}});
        assert_eq!(sent, expected, "as it was typed, and nothing else");
    }

    #[tokio::test]
    async fn a_kit_is_made_where_the_creator_chose() {
        let groups = ["K7QMX", "T4VK0", "H2RPN", "W6BYC", "3GZJS", "MNA5T", "E4XQ7"];
        let fake = Fake::answering([Ok(json!("/home/me/kit")), Ok(json!({"groups": groups, "file": "/home/me/kit"}))]);
        let chosen = perform(&fake, Act::ChoosePlace(FileDialog::NewKit)).await;
        let Ok(Outcome::Place(path)) = chosen else { panic!("a place was chosen") };
        assert_eq!(fake.asked.borrow()[0], "choose_file NewKit", "in the dialog for a new file");
        let Ok(Outcome::KitMade(code)) = perform(&fake, Act::NewKit { path, replace: false }).await else {
            panic!("a kit was made")
        };
        assert!(code.groups().eq(groups), "its code has the groups that the agent told");
        assert_eq!(code.file(), "/home/me/kit", "and the file where it went");
    }

    #[tokio::test]
    async fn no_act_shows_its_value() {
        let act = Act::ProveKit { path: "/home/me/kit".into(), code: SecretValue::new("K7QMX T4VKD".into()) };
        assert!(!format!("{act:?}").contains("K7QMX"), "nor its code");
        let act = Act::Connect {
            url: "https://floom.dev".into(),
            token: Some(SecretValue::new("floom_hidden_token".into())),
        };
        assert!(!format!("{act:?}").contains("hidden_token"), "debug output has no value in it");
    }
}
