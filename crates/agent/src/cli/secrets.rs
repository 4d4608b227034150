//! Commands about one secret, and `run`.

use std::io::{IsTerminal, Read};

use floom_protocol::Failure;
use floom_protocol::command::{
    AcceptExposure, Answer, Choice, Environment, History, Look, Remind, Reminder, Remove, RestoreRemoved,
    RestoreVersion, SetPolicy, SetValue, Sync, Undo,
};
use floom_protocol::socket::Face;
use floom_protocol::view::{AppRef, SyncReport, SyncView};
use floom_secret::{Policy, SecretValue};
use zeroize::Zeroizing;

use super::arguments::Side;
use super::connected;
use super::output::{Output, Said};

fn app(slug: String) -> AppRef {
    AppRef { connection: None, slug }
}

/// A value from standard input. The line end that a shell adds is not part of it.
pub(crate) fn value_from_input() -> Result<SecretValue, Failure> {
    let refused = |code: &str, message: &str, next: &str| Failure::new(code, message, "Nothing was changed.", next);
    if std::io::stdin().is_terminal() {
        eprintln!("Type the value, then end with Ctrl+D:");
    }
    let mut bytes = Zeroizing::new(Vec::new());
    std::io::stdin()
        .take(1024 * 1024)
        .read_to_end(&mut bytes)
        .map_err(|_| refused("value_unreadable", "Standard input cannot be read.", "Try again."))?;
    if bytes.ends_with(b"\n") {
        bytes.pop();
        if bytes.ends_with(b"\r") {
            bytes.pop();
        }
    }
    let value = SecretValue::from_utf8(std::mem::take(&mut *bytes))
        .ok_or_else(|| refused("value_not_text", "The value is no valid UTF-8.", "Give it as text."))?;
    value.check().map_err(|error| refused(error.code(), &error.to_string(), "Give another value."))?;
    Ok(value)
}

/// Waits until what was changed about `key` is sent, and says whether Floom has it.
async fn sent(face: &Face, slug: &str, key: &str, said: Said) -> Result<Said, Failure> {
    let SyncReport { waiting, failed, failure } = face.call(Sync { wait: true }).await?;
    let snapshot = face.call(Look {}).await?;
    let secrets = snapshot.apps.iter().filter(|app| app.slug == slug).flat_map(|app| &app.secrets);
    let synced = secrets.into_iter().any(|secret| secret.key == key && secret.sync == SyncView::Synced);
    let said = match &failure {
        Some(failure) => said.line(format!("Not sent yet: {} {} ({})", failure.message, failure.kept, failure.code)),
        None if synced => said.line("Floom has it."),
        None => said.line("It is stored on this computer; nothing of it waits for Floom."),
    };
    Ok(said.field("waiting", waiting).field("failed", failed).field("failure", failure))
}

/// Stores a value and sends it.
pub(crate) async fn set(
    face: &mut Face,
    key: String,
    slug: String,
    policy: Option<Policy>,
    output: &Output,
) -> Result<Said, Failure> {
    connected(face, output).await?;
    let value = value_from_input()?;
    face.call(SetValue { app: app(slug.clone()), key: key.clone(), policy, value }).await?;
    sent(face, &slug, &key, Said::default().line(format!("{key} is stored.")).field("key", &key)).await
}

/// The same for a secret that has a value already.
pub(crate) async fn rotate(face: &mut Face, key: String, slug: String, output: &Output) -> Result<Said, Failure> {
    connected(face, output).await?;
    let versions = face.call(History { app: app(slug.clone()), key: key.clone() }).await?;
    if versions.is_empty() {
        return Err(Failure::new(
            "nothing_to_rotate",
            format!("{key} has no value yet."),
            "Nothing was changed.",
            "Use `floomsec set`.",
        ));
    }
    set(face, key, slug, Some(Policy::Creator), output).await
}

/// Changes who supplies a value.
pub(crate) async fn policy(
    face: &mut Face,
    key: String,
    policy: Policy,
    slug: String,
    output: &Output,
) -> Result<Said, Failure> {
    connected(face, output).await?;
    face.call(SetPolicy { app: app(slug.clone()), key: key.clone(), policy, value: None }).await?;
    let name = if policy == Policy::Creator { "creator" } else { "user" };
    let said = Said::default().line(format!("{key}: {name} vault.")).field("key", &key).field("policy", name);
    sent(face, &slug, &key, said).await
}

/// Makes the value before the current one current again.
pub(crate) async fn undo(face: &mut Face, key: String, slug: String, output: &Output) -> Result<Said, Failure> {
    connected(face, output).await?;
    face.call(Undo { app: app(slug.clone()), key: key.clone() }).await?;
    let said = Said::default().line(format!("{key}: the old value is current again.")).field("key", &key);
    sent(face, &slug, &key, said).await
}

/// Picks a side of a secret that was changed on Floom and here.
pub(crate) async fn resolve(
    face: &mut Face,
    key: String,
    keep: Side,
    slug: String,
    output: &Output,
) -> Result<Said, Failure> {
    connected(face, output).await?;
    let choice = match keep {
        Side::Floom => Choice::KeepFloom,
        Side::Here => Choice::UseFile,
    };
    face.call(Answer { app: app(slug.clone()), key: key.clone(), choice }).await?;
    match keep {
        Side::Floom => {
            let line = format!("{key}: Floom’s side is kept; what was here stays in its history and was not sent.");
            Ok(Said::default().line(line).field("key", key))
        }
        Side::Here => {
            let said = Said::default().line(format!("{key}: what is here was chosen.")).field("key", &key);
            sent(face, &slug, &key, said).await
        }
    }
}

/// Notes that a value may stand in git.
pub(crate) async fn accept_exposure(
    face: &mut Face,
    key: String,
    slug: String,
    output: &Output,
) -> Result<Said, Failure> {
    connected(face, output).await?;
    face.call(AcceptExposure { app: app(slug), key: key.clone() }).await?;
    Ok(Said::default().line(format!("{key} may stand in git. Another value is looked for again.")).field("key", key))
}

/// Notes when the creator wants to be reminded of an old value.
pub(crate) async fn remind(
    face: &mut Face,
    key: String,
    when: Reminder,
    slug: String,
    output: &Output,
) -> Result<Said, Failure> {
    connected(face, output).await?;
    face.call(Remind { app: app(slug), key: key.clone(), when }).await?;
    let line = match when {
        Reminder::Later => format!("{key}: you are reminded in 30 days."),
        Reminder::Never => format!("{key}: you are not reminded any more."),
        Reminder::Every { days } => format!("{key}: you are reminded once its value is {days} days old."),
    };
    Ok(Said::default().line(line).field("key", key))
}

/// Removes a secret here and on Floom.
pub(crate) async fn remove(face: &mut Face, key: String, slug: String, output: &Output) -> Result<Said, Failure> {
    connected(face, output).await?;
    face.call(Remove { app: app(slug.clone()), key: key.clone() }).await?;
    let line = format!("{key} is removed. `floomsec restore {key} --app {slug}` takes it back.");
    sent(face, &slug, &key, Said::default().line(line).field("key", &key)).await
}

/// Makes an older version current again, or, without one, takes a removal back.
pub(crate) async fn restore(
    face: &mut Face,
    key: String,
    version: Option<u32>,
    slug: String,
    output: &Output,
) -> Result<Said, Failure> {
    connected(face, output).await?;
    let app = app(slug.clone());
    let done = match version {
        Some(version) => {
            face.call(RestoreVersion { app, key: key.clone(), version }).await?;
            format!("{key}: version {version} is current again, as a new one.")
        }
        None => {
            face.call(RestoreRemoved { app, key: key.clone() }).await?;
            format!("{key}: its removal was taken back.")
        }
    };
    sent(face, &slug, &key, Said::default().line(done).field("key", &key)).await
}

/// The versions of a secret.
pub(crate) async fn history(face: &mut Face, key: String, slug: String, output: &Output) -> Result<Said, Failure> {
    connected(face, output).await?;
    let versions = face.call(History { app: app(slug.clone()), key: key.clone() }).await?;
    let lines = versions.iter().map(|version| {
        let current = if version.current { "  current" } else { "" };
        let kept = version.kept.as_ref().map(|kept| format!("  {kept}")).unwrap_or_default();
        let preview = version.preview.as_str();
        format!("{:>3}  {}  {preview:<16} {}{current}{kept}", version.version, version.at, version.source)
    });
    let said = Said { lines: lines.collect(), ..Said::default() };
    Ok(said.field("key", key).field("versions", versions))
}

/// Starts a command with an app's values in its environment.
pub(crate) async fn run(face: &mut Face, slug: String, command: &[String]) -> Result<Said, Failure> {
    let variables = face.call(Environment { app: app(slug.clone()) }).await?;
    let Some((program, arguments)) = command.split_first() else {
        return Ok(Said::default());
    };
    let mut child = tokio::process::Command::new(program);
    child.args(arguments);
    for variable in &variables {
        child.env(&variable.key, variable.value.expose());
    }
    let status = child.status().await.map_err(|error| {
        Failure::new(
            "command_not_started",
            format!("{program}: {error}."),
            "Nothing was changed.",
            "Look at the command.",
        )
    })?;
    let exit = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Ok(Said { exit: Some(exit), ..Said::default() }.field("exit", exit))
}
