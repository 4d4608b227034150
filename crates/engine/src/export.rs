//! Exports: written to a file, in clear after the app's name was typed, and read back as something to import.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use envfile::Reader;
use floom_protocol::command::{Export as ExportCall, Preview, SealedFor, Variable};
use floom_protocol::import::{ImportPreview, ImportSource};
use floom_protocol::view::{AppRef, ExportReport};
use floom_secret::{Policy, SecretValue};
use floom_vault::{Export, ExportedApp, NewReceipt, OpenedBy, SealedTo, TypedName, Vault, VaultError};
use jiff::Timestamp;
use tempfile::NamedTempFile;

use crate::command::said;
use crate::engine::{Engine, Reply};
use crate::error::refused;
use crate::import::Origin;
use crate::link::Contents;
use crate::plan::{FileKey, FileValue, Refused};
use crate::receipt::note;
use crate::recovery::absolute;
use crate::{EngineError, file, words};

/// The largest export that is read.
const LARGEST: u64 = 256 * 1024 * 1024;

impl Engine {
    /// Writes an encrypted export. Its receipt is stored before the file appears.
    pub(crate) fn export(&mut self, call: ExportCall, reply: Reply) {
        let ExportCall { path, app, history, sealed_for } = call;
        let path = PathBuf::from(path);
        let ready = self.exportable(&path, app.as_ref(), history);
        let export = match ready {
            Ok(export) => export,
            Err(error) => {
                let _ = reply.send(Err(error.into()));
                return;
            }
        };
        self.beside_blocking(
            move || {
                let sealed = match &sealed_for {
                    SealedFor::Passphrase(passphrase) => export.seal(SealedTo::Passphrase(passphrase)),
                    SealedFor::Recipient(recipient) => export.seal(SealedTo::Recipient(recipient)),
                };
                let draft = draft(&path, &sealed.map_err(VaultError::from)?)?;
                Ok::<_, EngineError>((export, draft, path))
            },
            |engine, sealed| {
                let written = sealed.and_then(|(export, draft, path)| {
                    let report = report(&export, &path);
                    let text = format!("exported to {}, encrypted", file::name(&path));
                    engine.vault_mut()?.transaction(|tx| {
                        for app in &export.apps {
                            let values = app.secrets.iter().filter(|secret| secret.current.is_some()).count();
                            note(tx, "exported", &app.slug, &format!("{}, {text}", words::counted(values, "value")))?;
                        }
                        Ok::<_, EngineError>(())
                    })?;
                    appear(draft, &path)?;
                    Ok(report)
                });
                let _ = reply.send(said(written));
            },
        );
    }

    fn exportable(&self, path: &Path, app: Option<&AppRef>, history: bool) -> Result<Export, EngineError> {
        absolute(path)?;
        if std::fs::symlink_metadata(path).is_ok() {
            return Err(VaultError::FileExists.into());
        }
        let app = app.map(|app| self.app(app)).transpose()?;
        Ok(self.vault()?.export(app.map(|app| app.id), history, Timestamp::now())?)
    }

    /// The values of one app in clear, for whoever typed its name.
    pub(crate) fn export_plain(&mut self, app: &AppRef, typed: &str) -> Result<Vec<Variable>, EngineError> {
        let app = self.app(app)?;
        let plain = self.vault()?.plaintext(&TypedName::matching(&app, typed)?)?;
        let text = format!("{} exported in clear", words::counted(plain.variables.len(), "value"));
        self.vault_mut()?.transaction(|tx| {
            let receipt = NewReceipt { what: "exported_plain", app: Some(&app.slug), key: None, detail: &text };
            tx.append_receipt(&receipt, Timestamp::now())?;
            Ok::<_, EngineError>(())
        })?;
        Ok(plain.variables.into_iter().map(|(key, value)| Variable { key, value }).collect())
    }

    /// What importing one app of an encrypted export would do; opening it takes about a second.
    pub(crate) fn preview_export(&mut self, call: Preview, reply: Reply) {
        let Preview { source, app, .. } = call;
        let ImportSource::Export { path, opens, slug } = source else { return };
        if let Err(error) = self.vault() {
            let _ = reply.send(Err(error.into()));
            return;
        }
        let path = PathBuf::from(path);
        self.beside_blocking(
            move || {
                let exported = one_app(open(&path, &opens)?, slug.as_deref())?;
                Ok::<_, EngineError>((exported, path))
            },
            move |engine, opened| {
                let preview = opened.and_then(|(exported, path)| engine.preview_app(&exported, &path, app));
                let _ = reply.send(said(preview));
            },
        );
    }

    fn preview_app(
        &mut self,
        exported: &ExportedApp,
        path: &Path,
        app: Option<AppRef>,
    ) -> Result<ImportPreview, EngineError> {
        let contents = contents(exported, self.vault()?);
        let same = || AppRef { connection: None, slug: exported.slug.clone() };
        let app = match app {
            Some(app) => Some(self.app(&app)?),
            None => match self.app(&same()) {
                Ok(app) => Some(app),
                Err(_) => self.app_that_declares(&contents.keys)?,
            },
        };
        // A policy that was decided there holds for a secret that nobody decided on here.
        let here = match &app {
            Some(app) => self.vault()?.secrets(app.id)?,
            None => Vec::new(),
        };
        let decided = |name: &str| here.iter().any(|secret| secret.name == name && secret.policy.is_some());
        let policies: BTreeMap<String, Policy> = exported
            .secrets
            .iter()
            .filter(|secret| !decided(&secret.name))
            .filter_map(|secret| Some((secret.name.clone(), secret.policy?)))
            .collect();
        let origin = Origin::Export { contents, policies, file: file::display(path) };
        self.show_preview(origin, app, Reader::Plain, None, Vec::new())
    }
}

/// Reads and opens an export, with a passphrase or an age identity.
fn open(path: &Path, opens: &SecretValue) -> Result<Export, EngineError> {
    absolute(path)?;
    let unreadable = |error: std::io::Error| {
        let code = if error.kind() == std::io::ErrorKind::NotFound { "file_missing" } else { "file_unreadable" };
        refused(code, format!("{} cannot be read: {error}.", file::display(path)), "Look at the path, then try again.")
    };
    let mut sealed = Vec::new();
    let found = std::fs::File::open(path).map_err(unreadable)?;
    found.take(LARGEST).read_to_end(&mut sealed).map_err(unreadable)?;
    let is_identity = opens.expose().trim_start().to_ascii_uppercase().starts_with("AGE-SECRET-KEY-");
    let by = if is_identity { OpenedBy::Identity(opens) } else { OpenedBy::Passphrase(opens) };
    Ok(Export::open(&sealed, by).map_err(VaultError::from)?)
}

/// The app of the export that is meant.
fn one_app(export: Export, slug: Option<&str>) -> Result<ExportedApp, EngineError> {
    let slugs: Vec<String> = export.apps.iter().map(|app| app.slug.clone()).collect();
    let mut meant: Vec<ExportedApp> =
        export.apps.into_iter().filter(|app| slug.is_none_or(|slug| app.slug == slug)).collect();
    match (meant.pop(), meant.is_empty()) {
        (Some(app), true) => Ok(app),
        _ => Err(refused(
            "app_not_chosen",
            format!("The export holds these apps: {}.", slugs.join(", ")),
            "Name the one that is meant.",
        )),
    }
}

/// The exported values as a file's would be: what Floom would not take is refused by its name.
fn contents(exported: &ExportedApp, vault: &Vault) -> Contents {
    let mut contents = Contents { keys: Vec::new(), values: BTreeMap::new() };
    let live = exported.secrets.iter().filter(|secret| secret.removed_at.is_none());
    for (place, secret) in live.enumerate() {
        let Some(current) = &secret.current else { continue };
        let value = match current.value.check() {
            Ok(()) => {
                contents.values.insert(secret.name.clone(), current.value.duplicate());
                FileValue::Some(vault.fingerprint(&current.value))
            }
            Err(error) => FileValue::Refused(Refused { code: error.code(), words: error.to_string() }),
        };
        let line = u32::try_from(place + 1).unwrap_or(u32::MAX);
        contents.keys.push(FileKey { key: secret.name.clone(), line, value });
    }
    contents
}

/// The file beside `path`, whole and on the disk, for its owner's eyes only.
fn draft(path: &Path, sealed: &[u8]) -> Result<NamedTempFile, EngineError> {
    let written = || {
        let folder = path.parent().unwrap_or(Path::new("/"));
        let mut draft = NamedTempFile::new_in(folder)?;
        draft.write_all(sealed)?;
        draft.as_file().sync_all()?;
        Ok(draft)
    };
    written().map_err(|error: std::io::Error| {
        refused(
            "file_not_written",
            format!("{} cannot be written: {error}.", file::display(path)),
            "Choose another place, then try again.",
        )
    })
}

/// Gives the draft its name; what has come there meanwhile is kept.
fn appear(draft: NamedTempFile, path: &Path) -> Result<(), EngineError> {
    match draft.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(_) => Err(VaultError::FileExists.into()),
    }
}

fn report(export: &Export, path: &Path) -> ExportReport {
    let secrets = export.apps.iter().flat_map(|app| &app.secrets);
    let values: usize = secrets.map(|secret| secret.history.len() + usize::from(secret.current.is_some())).sum();
    ExportReport {
        file: path.display().to_string(),
        apps: export.apps.len() as u64,
        values: values as u64,
        left_out: export.left_out.iter().map(|one| one.message.clone()).collect(),
    }
}
