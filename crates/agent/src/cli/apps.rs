//! Commands about connections and apps.

use std::io::Read;
use std::path::Path;
use std::process::Stdio;

use floom_protocol::Failure;
use floom_protocol::command::{AddApp, Connect, ConnectFloomCli, Run, RunPage, TrustSealingKey};
use floom_protocol::socket::{Face, program_beside};
use floom_protocol::view::AppRef;

use super::connected;
use super::output::{Output, Said};
use super::secrets::value_from_input;

/// Connects to the Floom at `url` with a token from standard input; without an address, to the one of Floom's own
/// command line with its key.
pub(crate) async fn connect(face: &mut Face, url: Option<String>, no_token: bool) -> Result<Said, Failure> {
    let view = match url {
        Some(url) if no_token => face.call(Connect { url, token: None }).await?,
        Some(url) => face.call(Connect { url, token: Some(value_from_input()?) }).await?,
        None => {
            let named = std::env::var_os("FLOOM_CONFIG").filter(|path| !path.is_empty());
            let path = named.map(|path| std::path::absolute(path).unwrap_or_default().display().to_string());
            face.call(ConnectFloomCli { path }).await?
        }
    };
    Ok(Said::default().line(format!("Connected to {}.", view.label)).field("connection", view))
}

/// Registers an app on Local Floom.
pub(crate) async fn add(face: &mut Face, manifest: &Path) -> Result<Said, Failure> {
    let refused = |code: &str, message: String| {
        Failure::new(code, message, "Nothing was made.", "Look at the manifest, then try again.")
    };
    let file = std::fs::File::open(manifest)
        .map_err(|error| refused("file_missing", format!("{} cannot be read: {error}.", manifest.display())))?;
    let mut text = String::new();
    file.take(256 * 1024)
        .read_to_string(&mut text)
        .map_err(|_| refused("manifest_invalid", format!("{} is no text.", manifest.display())))?;
    let app = face.call(AddApp { manifest: text }).await?;
    Ok(Said::default().line(format!("{} is on Local Floom.", app.slug)).field("app", app.slug))
}

/// Lists the apps that are shown.
pub(crate) async fn list(face: &mut Face, output: &Output) -> Result<Said, Failure> {
    let snapshot = super::state::open(connected(face, output).await?)?;
    let lines = snapshot
        .apps
        .iter()
        .map(|app| format!("{:<24} {} configured, {} missing", app.slug, app.configured, app.missing.len()));
    let said = Said { lines: lines.collect(), ..Said::default() };
    let apps: Vec<_> = snapshot
        .apps
        .iter()
        .map(|app| serde_json::json!({ "slug": app.slug, "name": app.name, "configured": app.configured, "missing": app.missing }))
        .collect();
    Ok(said.field("apps", apps))
}

/// Says where an app's run page is.
pub(crate) async fn page(face: &mut Face, slug: String, output: &Output) -> Result<Said, Failure> {
    connected(face, output).await?;
    let url = face.call(RunPage { app: AppRef { connection: None, slug } }).await?;
    Ok(Said::default().line(url.clone()).field("url", url))
}

/// Trusts the sealing key that an app has now.
pub(crate) async fn trust(face: &mut Face, slug: String, output: &Output) -> Result<Said, Failure> {
    connected(face, output).await?;
    face.call(TrustSealingKey { app: AppRef { connection: None, slug: slug.clone() } }).await?;
    Ok(Said::default()
        .line(format!("The new sealing key of {slug} is trusted. What waits is sent."))
        .field("app", slug))
}

/// Starts a run and waits for its end.
pub(crate) async fn run(face: &mut Face, slug: String, output: &Output) -> Result<Said, Failure> {
    connected(face, output).await?;
    let run = face.call(Run { app: AppRef { connection: None, slug } }).await?;
    if run.status != "success" {
        return Err(Failure::new(
            run.error.unwrap_or_else(|| "run_failed".to_owned()),
            format!("The run ended with {}: {}", run.status, run.outputs),
            "Nothing was changed.",
            "Look at the app's missing secrets and its command.",
        ));
    }
    Ok(Said::default().line(run.outputs.to_string()).field("run", run))
}

/// Opens the window.
pub(crate) fn open() -> Result<Said, Failure> {
    let mut command = std::process::Command::new(program_beside("floom-secrets")?);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().map_err(|error| {
        Failure::new("window_not_started", format!("The window: {error}."), "Nothing was changed.", "Try again.")
    })?;
    Ok(Said::default().line("The window opens."))
}
