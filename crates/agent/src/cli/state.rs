//! Commands about the state of things: status, sync, doctor, receipts.

use floom_protocol::Failure;
use floom_protocol::command::{Doctor, Look, Sync, VerifyReceipts};
use floom_protocol::readiness::{Readiness, Reason, Verdict};
use floom_protocol::socket::Face;
use floom_protocol::view::{ConnectionState, LastUsed, LinkState, Snapshot, SyncView, VaultView};
use floom_secret::Policy;
use serde_json::{Value, json};

use super::connected;
use super::output::{Output, Said};

/// The snapshot of an open vault; else why it is not open.
pub(crate) fn open(snapshot: Snapshot) -> Result<Snapshot, Failure> {
    match snapshot.vault {
        VaultView::Open => Ok(snapshot),
        VaultView::Fresh => Err(Failure::new(
            "vault_none",
            "There is no vault on this computer yet.",
            "Nothing was changed.",
            "Run `floomsec vault init`, or open the window.",
        )),
        VaultView::Locked { .. } => {
            Err(Failure::new("vault_locked", "The vault is locked.", "Nothing was changed.", "Run `floomsec unlock`."))
        }
        VaultView::Stopped { failure } => Err(failure),
    }
}

/// Connection, keychain, apps, links and what waits.
pub(crate) async fn status(face: &mut Face) -> Result<Said, Failure> {
    let snapshot = face.call(Look {}).await?;
    let vault = match &snapshot.vault {
        VaultView::Fresh => "none",
        VaultView::Open => "open",
        VaultView::Locked { .. } => "locked",
        VaultView::Stopped { .. } => "stopped",
    };
    let shown = snapshot.connections.iter().find(|connection| connection.shown);
    let connection = shown.map_or(json!(null), |connection| {
        json!({ "id": connection.id, "label": connection.label, "local": connection.local, "url": connection.url, "state": connection_word(&connection.state) })
    });
    let mut said = Said::default()
        .line(format!("Vault: {vault}. {}: {}.", snapshot.keychain.name, snapshot.keychain.state))
        .line(shown.map_or("Nothing is connected.".to_owned(), |connection| {
            format!("{}: {}", connection.label, connection_word(&connection.state))
        }));
    let mut apps = Vec::new();
    for app in &snapshot.apps {
        said = said.line(format!("{}: {} configured, {} missing", app.slug, app.configured, app.missing.len()));
        let secrets: Vec<Value> = app
            .secrets
            .iter()
            .map(|secret| {
                json!({
                    "key": secret.key,
                    "declared": secret.declared,
                    "policy": secret.policy,
                    "preview": secret.preview.as_ref().map(|preview| preview.as_str()),
                    "sync": sync_word(&secret.sync),
                    "last_used": last_used(&secret.last_used),
                    "users_active_7d": match secret.last_used { LastUsed::Users { active } => Some(active), _ => None },
                    "version": secret.version,
                    "prompt": secret.prompt,
                })
            })
            .collect();
        said = said.line(format!("  {}", ready_words(&app.readiness)));
        for secret in &app.secrets {
            let policy = if secret.policy == Policy::Creator { "creator" } else { "user" };
            let preview = secret.preview.as_ref().map_or("—", |preview| preview.as_str());
            let (sync, used) = (sync_word(&secret.sync), used_words(&secret.last_used));
            said = said.line(format!("  {:<28} {policy:<8} {preview:<16} {sync:<11} {used}", secret.key));
        }
        apps.push(
            json!({ "slug": app.slug, "configured": app.configured, "missing": app.missing, "ready": app.readiness, "secrets": secrets }),
        );
    }
    let links: Vec<Value> = snapshot
        .links
        .iter()
        .map(|link| json!({ "id": link.id, "file": link.path, "app": link.app, "mode": if link.auto { "auto" } else { "ask" }, "state": link_word(&link.state), "detail": link.state, "reader": link.reader }))
        .collect();
    for link in &snapshot.links {
        said = said.line(format!("{} -> {}: {}", link.file, link.app, link_word(&link.state)));
    }
    let failure = match snapshot.vault {
        VaultView::Stopped { failure } => Some(failure),
        _ => None,
    };
    if let Some(failure) = &failure {
        said = said.line(format!("{} {} ({})", failure.message, failure.next, failure.code));
    }
    for notice in &snapshot.notices {
        said = said.line(format!("! {} {} {} ({})", notice.message, notice.kept, notice.next, notice.code));
    }
    Ok(said
        .field("connection", connection)
        .field("keychain", json!({ "state": snapshot.keychain.state, "name": snapshot.keychain.name }))
        .field("vault", json!({ "state": vault, "failure": failure }))
        .field("apps", apps)
        .field("links", links)
        .field("waiting", snapshot.waiting)
        .field("failed", snapshot.failed))
}

/// Whether a run would work now, in a line: what stands against it, else what is there.
fn ready_words(readiness: &Readiness) -> String {
    let against: Vec<&str> = readiness
        .reasons
        .iter()
        .filter_map(|reason| match reason {
            Reason::Missing { key } | Reason::NotThere { key } => Some(key.as_str()),
            _ => None,
        })
        .collect();
    match readiness.verdict {
        Verdict::Yes => "A run would work now.".to_owned(),
        Verdict::No => format!("A run would fail now: no value of {}.", against.join(", ")),
        Verdict::NotKnown { .. } | Verdict::Unasked => {
            "Whether a run would work is not known: Floom does not answer.".to_owned()
        }
    }
}

fn connection_word(state: &ConnectionState) -> &'static str {
    match state {
        ConnectionState::NotRunning => "not_running",
        ConnectionState::Connecting => "connecting",
        ConnectionState::Connected => "connected",
        ConnectionState::Offline { .. } => "offline",
        ConnectionState::Refused { .. } => "refused",
    }
}

/// A time, `"never"`, or null where this Floom does not tell.
fn last_used(used: &LastUsed) -> Value {
    match used {
        LastUsed::At { at } => json!(at),
        LastUsed::Never => json!("never"),
        LastUsed::NotReported | LastUsed::Users { .. } => Value::Null,
    }
}

fn used_words(used: &LastUsed) -> String {
    match used {
        LastUsed::At { at } => format!("last used {}", at.strftime("%Y-%m-%d %H:%M UTC")),
        LastUsed::Never => "never used".to_owned(),
        LastUsed::Users { active: 1 } => "1 user in 7 days".to_owned(),
        LastUsed::Users { active } => format!("{active} users in 7 days"),
        LastUsed::NotReported => "last use not reported".to_owned(),
    }
}

fn sync_word(sync: &SyncView) -> &'static str {
    match sync {
        SyncView::Synced => "synced",
        SyncView::Waiting => "waiting",
        SyncView::Syncing => "syncing",
        SyncView::Conflict => "conflict",
        SyncView::LocalOnly => "local_only",
        SyncView::FloomOnly => "floom_only",
        SyncView::Missing => "missing",
        SyncView::NotSent { .. } => "not_sent",
    }
}

fn link_word(state: &LinkState) -> &'static str {
    match state {
        LinkState::InSync { .. } => "in_sync",
        LinkState::Waiting { .. } => "waiting",
        LinkState::Asks { .. } => "asks",
        LinkState::Paused { .. } => "paused",
        LinkState::SetAside { .. } => "set_aside",
        LinkState::CannotRead { .. } => "cannot_read",
        LinkState::Gone => "gone",
        LinkState::Locked => "locked",
    }
}

/// Sends what waits.
pub(crate) async fn sync(face: &mut Face, wait: bool, output: &Output) -> Result<Said, Failure> {
    connected(face, output).await?;
    let report = face.call(Sync { wait }).await?;
    if let Some(failure) = report.failure.filter(|_| wait) {
        return Err(failure);
    }
    Ok(Said::default()
        .line(format!("{} waiting, {} failed.", report.waiting, report.failed))
        .field("waiting", report.waiting)
        .field("failed", report.failed))
}

/// States, causes and cures.
pub(crate) async fn doctor(face: &mut Face) -> Result<Said, Failure> {
    let report = face.call(Doctor {}).await?;
    let mut said = Said::default();
    for check in &report.checks {
        said = said.line(format!("{} {:<20} {}", if check.ok { "ok" } else { "! " }, check.what, check.found));
        for advice in [&check.cause, &check.cure].into_iter().flatten() {
            said = said.line(format!("   {:<20} {advice}", ""));
        }
    }
    if let Some(failure) = report.failure {
        said.lines.iter().for_each(|line| eprintln!("{line}"));
        return Err(failure);
    }
    Ok(said.field("checks", report.checks))
}

/// Walks the receipts.
pub(crate) async fn verify(face: &mut Face) -> Result<Said, Failure> {
    let chain = face.call(VerifyReceipts {}).await?;
    match chain.breaks_at {
        None => Ok(Said::default().line(chain.found).field("receipts", chain.receipts).field("code", chain.code)),
        Some(_) => {
            let next = match chain.code.as_str() {
                "receipts_broken" => "Keep a copy of the vault file, and find out what else writes to it.",
                _ => {
                    "Put the newer vault file back if you have it; else check each value, then accept the file as it is."
                }
            };
            let kept = format!("The first {} receipts stand.", chain.receipts);
            Err(Failure::new(chain.code, chain.found, kept, next))
        }
    }
}
