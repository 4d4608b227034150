//! Importing: a preview first, then exactly what it showed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use envfile::{Document, Reader, Severity, is_portable_name};
use floom_protocol::Failure;
use floom_protocol::command::{AppFromFile, Import, Preview};
use floom_protocol::import::{Fate, ImportPreview, ImportReport, ImportRow, ImportSource, NewApp, Note};
use floom_protocol::view::AppRef;
use floom_secret::Policy;
use floom_vault::{App, ExportError, Fingerprint, Link, Source, VaultError};
use uuid::Uuid;

use crate::command::said;
use crate::engine::{Engine, Reply};
use crate::error::refused;
use crate::link::{Contents, reader_of};
use crate::plan::{FileKey, FileValue, Plan, Row, Rules, plan};
use crate::precedence::Others;
use crate::recovery::absolute;
use crate::{EngineError, file};

/// How many previews are kept; a face that shows one has shown it a moment ago.
const KEPT: usize = 4;

/// What a preview was about.
pub(crate) struct Previewed {
    app: Option<App>,
    reader: Reader,
    origin: Origin,
}

/// What is imported. A file is read again for the import, and must be the same.
pub(crate) enum Origin {
    File { path: PathBuf, keys: Vec<FileKey>, fingerprints: BTreeMap<String, Fingerprint> },
    Text(Contents),
    Export { contents: Contents, policies: BTreeMap<String, Policy>, file: String },
}

impl Origin {
    fn keys(&self) -> &[FileKey] {
        match self {
            Self::File { keys, .. } => keys,
            Self::Text(contents) | Self::Export { contents, .. } => &contents.keys,
        }
    }

    fn path(&self) -> Option<&Path> {
        match self {
            Self::File { path, .. } => Some(path),
            Self::Text(_) | Self::Export { .. } => None,
        }
    }

    /// Policies that come with it.
    fn policies(&self) -> BTreeMap<String, Policy> {
        match self {
            Self::Export { policies, .. } => policies.clone(),
            Self::File { .. } | Self::Text(_) => BTreeMap::new(),
        }
    }

    fn shown(&self) -> String {
        match self {
            Self::File { path, .. } => file::display(path),
            Self::Text(_) => "Pasted text".to_owned(),
            Self::Export { file, .. } => file.clone(),
        }
    }
}

impl Engine {
    /// What importing a file, a text or an export would do. Changes nothing.
    pub(crate) fn preview(&mut self, call: Preview, reply: Reply) {
        if let ImportSource::Export { .. } = call.source {
            return self.preview_export(call, reply);
        }
        let _ = reply.send(said(self.preview_lines(&call)));
    }

    fn preview_lines(&mut self, call: &Preview) -> Result<ImportPreview, EngineError> {
        self.vault()?;
        let (document, path) = match &call.source {
            ImportSource::File { path } => {
                let path = PathBuf::from(path);
                absolute(&path)?;
                (file::read(&path)?, Some(path))
            }
            ImportSource::Text { text } => (Document::read(text.expose().as_bytes().to_vec()), None),
            ImportSource::Export { .. } => return Err(VaultError::from(ExportError::NotAnExport).into()),
        };
        if let Some(refusal) = document.refusal() {
            return Err(refused(
                refusal.code(),
                format!("The pasted text: {refusal}"),
                "Copy the lines of a .env file, then paste again.",
            ));
        }
        let linked: Vec<Link> = match &path {
            Some(path) => self.links_at(path),
            None => Vec::new(),
        };
        let chosen = call.reader.as_deref().or(linked.first().and_then(|link| link.reader.as_deref()));
        let (reader, evidence) = reader_of(chosen, path.as_deref());
        let contents = Contents::of(&document, reader, self.vault()?);
        let app = match (&call.app, linked.first()) {
            (Some(reference), _) => Some(self.app(reference)?),
            (None, Some(link)) => Some(self.app_by_id(link.app)?),
            (None, None) => self.app_that_declares(&contents.keys)?,
        };
        let origin = match path {
            Some(path) => Origin::File { path, keys: contents.keys.clone(), fingerprints: contents.fingerprints() },
            None => Origin::Text(contents),
        };
        self.show_preview(origin, app, reader, evidence, notes(&document, reader))
    }

    /// The preview of `origin` as it is shown, kept for the import.
    pub(crate) fn show_preview(
        &mut self,
        origin: Origin,
        app: Option<App>,
        reader: Reader,
        evidence: Option<String>,
        notes: Vec<Note>,
    ) -> Result<ImportPreview, EngineError> {
        let (keys, path) = (origin.keys().to_vec(), origin.path().map(Path::to_owned));
        let same =
            |link: &Link| Some(&link.path) == path.as_ref() && app.as_ref().is_some_and(|app| app.id == link.app);
        let link = self.links().into_iter().find(same);
        let set_aside = link.as_ref().map(|link| &link.set_aside);
        let open = self.plan_for(app.as_ref(), path.as_deref(), &keys, set_aside, &origin.policies())?;
        let id = Uuid::new_v4().to_string();
        let (rows, notes) = rows(&keys, &open, notes);
        let preview = ImportPreview {
            id: id.clone(),
            file: origin.shown(),
            path: path.as_ref().map(|path| path.display().to_string()),
            app: app.as_ref().map(app_ref),
            connection: self.connection_label(app.as_ref()),
            rows,
            notes,
            imports: u32::try_from(open.changes().count()).unwrap_or(u32::MAX),
            reader: reader.name().to_owned(),
            evidence,
            new_app: app.is_none().then(|| new_app(path.as_deref(), &keys)),
            watched: link.is_some(),
        };
        self.previews.push_back((id, Previewed { app, reader, origin }));
        while self.previews.len() > KEPT {
            self.previews.pop_front();
        }
        Ok(preview)
    }

    /// Does what a preview said; refused when the file is another one by now.
    pub(crate) fn import(&mut self, call: Import) -> Result<ImportReport, EngineError> {
        let (_, previewed) = self.previews.iter().find(|(id, _)| *id == call.preview).ok_or_else(|| {
            refused("preview_gone", "This preview is too old.", "Open the file or paste the text again.")
        })?;
        let app = previewed.app.clone().ok_or_else(|| {
            refused("app_not_chosen", "No app declares these keys.", "Pick an app, or make one from the file.")
        })?;
        let reread;
        let (contents, path) = match &previewed.origin {
            Origin::Text(contents) | Origin::Export { contents, .. } => (contents, None),
            Origin::File { path, fingerprints, .. } => {
                reread = Contents::of(&file::read(path)?, previewed.reader, self.vault()?);
                if reread.fingerprints() != *fingerprints {
                    return Err(refused(
                        "file_changed",
                        "The file changed since the preview.",
                        "Look at the preview again.",
                    ));
                }
                (&reread, Some(path.clone()))
            }
        };
        let (reader, from_export) = (previewed.reader, matches!(previewed.origin, Origin::Export { .. }));
        let known = |link: &Link| Some(&link.path) == path.as_ref() && link.app == app.id;
        let link = self.links().into_iter().find(known);
        let set_aside = link.as_ref().map(|link| &link.set_aside);
        let mut policies = previewed.origin.policies();
        policies.extend(call.policies);
        let open = self.plan_for(Some(&app), path.as_deref(), &contents.keys, set_aside, &policies)?;
        let origin = |row: &Row| match &path {
            Some(path) => Source::File { path: path.display().to_string(), line: row.line },
            None if from_export => Source::Imported,
            None => Source::Pasted,
        };
        let values = contents.values.iter().map(|(key, value)| (key.clone(), value.duplicate())).collect();
        self.commit(app.id, &open, &values, origin)?;
        let auto = call.auto || link.as_ref().is_some_and(|link| link.auto);
        // Everything is stored by now: a file that cannot be watched is said in the report, not as a refusal.
        let watched = path.filter(|_| call.watch).is_some_and(|path| self.watch(&path, &app, auto, reader).is_ok());
        self.previews.retain(|(id, _)| *id != call.preview);
        let keys_with =
            |wanted: fn(&Row) -> bool| open.rows.iter().filter(|row| wanted(row)).map(|row| row.key.clone()).collect();
        Ok(ImportReport {
            app: app_ref(&app),
            added: keys_with(|row| row.fate == Fate::New && row.stores),
            rotated: keys_with(|row| row.fate == Fate::Changed && row.stores),
            kept_local: keys_with(|row| matches!(row.fate, Fate::Undeclared | Fate::UserVault) && row.stores),
            unchanged: keys_with(|row| !row.stores && row.refusal.is_none() && row.fate != Fate::Gone),
            skipped: u32::try_from(open.rows.iter().filter(|row| row.refusal.is_some()).count()).unwrap_or(u32::MAX),
            watched,
        })
    }

    /// Registers an app that declares the keys of a previewed file; the preview is for it from then on.
    pub(crate) fn app_from_file(&mut self, call: AppFromFile, reply: Reply) {
        let Some((_, previewed)) = self.previews.iter().find(|(id, _)| *id == call.preview) else {
            let error = refused("preview_gone", "This preview is too old.", "Open the file or paste the text again.");
            let _ = reply.send(Err(error.into()));
            return;
        };
        let folder = match &previewed.origin {
            Origin::File { path, .. } => path.parent().map(|folder| folder.display().to_string()),
            Origin::Text(_) | Origin::Export { .. } => None,
        };
        let command = call.command.trim();
        if command.is_empty() {
            let failure = Failure::new(
                "command_missing",
                "The app has no command.",
                "Nothing was made.",
                "Say what a run starts.",
            );
            let _ = reply.send(Err(failure));
            return;
        }
        let manifest = serde_json::json!({
            "slug": call.slug.trim(),
            "name": call.name.trim(),
            "secrets_needed": names(previewed.origin.keys()),
            "command": argv(command, folder.as_deref()),
        });
        self.register(&manifest.to_string(), reply);
    }

    fn watch(&mut self, path: &Path, app: &App, auto: bool, reader: Reader) -> Result<(), EngineError> {
        let chosen = reader_of(None, Some(path)).0 != reader;
        let link = self.add_link(path, app.id, auto, chosen.then(|| reader.name()))?;
        self.resume(&link.id.to_string())
    }

    pub(crate) fn plan_for(
        &self,
        app: Option<&App>,
        path: Option<&Path>,
        keys: &[FileKey],
        set_aside: Option<&BTreeMap<String, Fingerprint>>,
        chosen: &BTreeMap<String, Policy>,
    ) -> Result<Plan, EngineError> {
        let secrets = match app {
            Some(app) => self.vault()?.secrets(app.id)?,
            None => Vec::new(),
        };
        let none = BTreeMap::new();
        let others = match (app, path) {
            (Some(app), Some(path)) => self.others(path, app.id, &secrets),
            _ => Others::default(),
        };
        let set_aside = set_aside.unwrap_or(&none);
        let rules = Rules { default_policy: Policy::Creator, set_aside, seen: &[], chosen, others: &others };
        Ok(plan(keys, &secrets, &rules))
    }

    /// The app of the shown connection that declares most of these keys, if one declares any.
    pub(crate) fn app_that_declares(&self, keys: &[FileKey]) -> Result<Option<App>, EngineError> {
        let mut best = None;
        for app in self.shown_apps() {
            let secrets = self.vault()?.secrets(app.id)?;
            let declared = keys
                .iter()
                .filter(|key| secrets.iter().any(|secret| secret.remote.declared && secret.name == key.key))
                .count();
            if declared > best.as_ref().map_or(0, |(most, _)| *most) {
                best = Some((declared, app));
            }
        }
        Ok(best.map(|(_, app)| app))
    }

    fn connection_label(&self, app: Option<&App>) -> String {
        let id = app.map(|app| app.connection).or(self.shown);
        let connections = self.vault().and_then(|vault| Ok(vault.connections()?)).unwrap_or_default();
        let found = connections.into_iter().find(|connection| Some(connection.id) == id);
        found.map_or_else(|| "Local Floom".to_owned(), |connection| connection.label)
    }
}

pub(crate) fn app_ref(app: &App) -> AppRef {
    AppRef { connection: Some(app.connection.to_string()), slug: app.slug.clone() }
}

/// The keys with a value that any Floom could declare.
fn names(keys: &[FileKey]) -> Vec<&str> {
    keys.iter()
        .filter(|key| matches!(key.value, FileValue::Some(_)) && is_portable_name(&key.key))
        .map(|key| key.key.as_str())
        .collect()
}

fn new_app(path: Option<&Path>, keys: &[FileKey]) -> NewApp {
    let folder = path.and_then(Path::parent).and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let name = folder.unwrap_or_else(|| "my-app".to_owned());
    let dashed: String =
        name.to_lowercase().chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect();
    let slug = dashed.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    NewApp {
        slug: if slug.is_empty() { "my-app".to_owned() } else { slug.chars().take(48).collect() },
        name,
        command: path.map(file::command_beside).unwrap_or_default(),
        keys: names(keys).into_iter().map(str::to_owned).collect(),
    }
}

/// The command as typed, started by the system's shell in the file's folder.
fn argv(command: &str, folder: Option<&str>) -> Vec<String> {
    let words: Vec<&str> = match (cfg!(windows), folder) {
        (true, Some(folder)) => return vec!["cmd".into(), "/C".into(), format!("cd /d \"{folder}\" && {command}")],
        (true, None) => vec!["cmd", "/C", command],
        (false, Some(folder)) => {
            let script = format!("cd -- \"$1\" && {command}");
            return ["sh", "-c", &script, "sh", folder].map(str::to_owned).to_vec();
        }
        (false, None) => vec!["sh", "-c", command],
    };
    words.into_iter().map(str::to_owned).collect()
}

/// Findings and verdicts of a file as they are shown.
fn notes(document: &Document, reader: Reader) -> Vec<Note> {
    let found = document.findings().into_iter().map(|finding| Note {
        line: finding.line,
        code: finding.code.to_owned(),
        warns: finding.severity == Severity::Warning,
        words: format!("{} {}", finding.message, finding.advice),
    });
    let differ = document.verdicts(reader).into_iter().map(|verdict| Note {
        line: verdict.line,
        code: "readers_differ".to_owned(),
        warns: true,
        words: verdict.words,
    });
    found.chain(differ).collect()
}

/// A preview's rows: every key by its line, and the lines without one; and the notes that belong to no row.
fn rows(keys: &[FileKey], open: &Plan, mut notes: Vec<Note>) -> (Vec<ImportRow>, Vec<Note>) {
    let rows = keys
        .iter()
        .zip(&open.rows)
        .map(|(key, row)| {
            let refused = row.refusal.as_ref().map(|refusal| Note {
                line: key.line,
                code: refusal.code.to_owned(),
                warns: true,
                words: refusal.words.clone(),
            });
            let of_line = notes.extract_if(.., |note| note.line == key.line && key.line > 0);
            ImportRow {
                line: key.line,
                key: Some(key.key.clone()).filter(|key| !key.is_empty()),
                fate: row.fate,
                effect: effect(row),
                policy: row.refusal.is_none().then_some(row.policy),
                choosable: row.stores && matches!(row.fate, Fate::New | Fate::Changed | Fate::UserVault),
                notes: refused.into_iter().chain(of_line).collect(),
            }
        })
        .collect();
    (rows, notes)
}

/// A row's effect in words.
fn effect(row: &Row) -> String {
    let words = match row.fate {
        Fate::Overruled => return format!("{} counts", row.overruled_by.as_deref().unwrap_or("Another file")),
        Fate::New => "New",
        Fate::Changed => "Changed → rotates",
        Fate::Unchanged if row.sends => "Unchanged here → sent",
        Fate::Unchanged => "Unchanged",
        Fate::SetAside => "Set aside",
        Fate::Undeclared => "Not declared by the app",
        Fate::UserVault => "Each user supplies it",
        Fate::Gone => "Gone from the file",
        Fate::Skipped => "Skipped",
    };
    words.to_owned()
}
