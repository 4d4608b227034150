//! Watched files: what their last read said, and what is done about it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use envfile::{Document, Encoding, Outcome, Reader, last_wins};
use floom_protocol::Failure;
use floom_protocol::command::{Choice, Link as LinkCall};
use floom_protocol::import::Fate;
use floom_protocol::view::{AppRef, LinkView};
use floom_secret::{Policy, SecretValue};
use floom_vault::{AppId, Fingerprint, Link, LinkId, NewLink, NewReceipt, Secret, SeenKey, Source, Vault};
use jiff::Timestamp;
use tokio::time::Instant;

use crate::brake::{Brake, Look, brake};
use crate::branch::{self, Branch};
use crate::engine::Engine;
use crate::error::refused;
use crate::plan::{FileKey, FileValue, Plan, Refused, Row, Rules, plan};
use crate::precedence::{Others, others};
use crate::{EngineError, file, words};

/// How long a read that pulls a brake is held: an editor may be half-way.
const HOLD: Duration = Duration::from_secs(2);

/// How often git is waited for, each time for as long as a file must be quiet: 4 s in all. Then its lock is a leftover.
const PATIENCE: u32 = 100;

/// What the last read of a watched file said. Holds fingerprints, no values.
#[derive(Default)]
pub(crate) struct FileState {
    /// Its keys, one entry per key.
    pub(crate) keys: Vec<FileKey>,
    /// What it asks for and nobody decided yet.
    pub(crate) open: Plan,
    /// Why it cannot be read.
    pub(crate) trouble: Option<Failure>,
    /// When it was last read whole.
    pub(crate) last_read: Option<Timestamp>,
    /// A read that pulls a brake is looked at again then.
    pub(crate) held_until: Option<Instant>,
    encoding: Option<Encoding>,
    /// How often it was looked at while git changed files.
    waited: u32,
}

/// Where the branch of a file's last whole read is kept.
fn branch_setting(link: LinkId) -> String {
    format!("branch/{link}")
}

/// A file or a text as its reader sees it, with the values.
pub(crate) struct Contents {
    pub(crate) keys: Vec<FileKey>,
    pub(crate) values: BTreeMap<String, SecretValue>,
}

impl Contents {
    /// What `reader` makes of `document`; values that Floom would not take are refused by their line.
    pub(crate) fn of(document: &Document, reader: Reader, vault: &Vault) -> Self {
        let mut keys = Vec::new();
        let mut values = BTreeMap::new();
        for reading in last_wins(document.read_as(reader)) {
            let value = match reading.outcome {
                Outcome::Value(value) => match value.check() {
                    Ok(()) => {
                        let fingerprint = vault.fingerprint(&value);
                        values.insert(reading.key.clone(), value);
                        FileValue::Some(fingerprint)
                    }
                    Err(error) => FileValue::Refused(Refused { code: error.code(), words: error.to_string() }),
                },
                Outcome::Empty => FileValue::Empty,
                Outcome::Refused(refusal) => {
                    FileValue::Refused(Refused { code: refusal.code, words: format!("{refusal} {}", refusal.hint()) })
                }
            };
            keys.push(FileKey { key: reading.key, line: reading.line, value });
        }
        Self { keys, values }
    }

    /// The fingerprints by key.
    pub(crate) fn fingerprints(&self) -> BTreeMap<String, Fingerprint> {
        fingerprints(&self.keys)
    }
}

fn fingerprints(keys: &[FileKey]) -> BTreeMap<String, Fingerprint> {
    keys.iter()
        .filter_map(|key| match key.value {
            FileValue::Some(fingerprint) => Some((key.key.clone(), fingerprint)),
            FileValue::Empty | FileValue::Refused(_) => None,
        })
        .collect()
}

fn seen(keys: &[FileKey]) -> BTreeMap<String, SeenKey> {
    keys.iter()
        .filter_map(|key| match key.value {
            FileValue::Some(fingerprint) => Some((key.key.clone(), SeenKey { line: key.line, fingerprint })),
            FileValue::Empty | FileValue::Refused(_) => None,
        })
        .collect()
}

/// The brake that holds `link`.
pub(crate) fn brake_of(link: &Link) -> Option<Brake> {
    link.paused.as_deref().and_then(|text| serde_json::from_str(text).ok())
}

/// The reader that `link` reads with: the chosen one, else what lies beside the file.
pub(crate) fn reader_of(chosen: Option<&str>, path: Option<&Path>) -> (Reader, Option<String>) {
    if let Some(reader) = chosen.and_then(Reader::from_name) {
        return (reader, None);
    }
    match path.and_then(file::detect) {
        Some(detection) => (detection.reader, Some(detection.evidence)),
        None => (Reader::Plain, None),
    }
}

/// The reader of the app that `path` belongs to, found from what lies beside it; else the plain reading.
pub fn reader_for(path: &Path) -> Reader {
    reader_of(None, Some(path)).0
}

impl Engine {
    /// Follows every linked file, and reads each once: what happened while nobody watched is caught up.
    pub(crate) fn follow_all(&mut self) {
        self.look_for_exposure_soon();
        for link in self.links() {
            self.watcher.follow(&link.path);
            self.files.entry(link.id).or_default();
            self.read_link(link.id, false);
        }
    }

    /// Reads every linked file again, after Floom told what it declares.
    pub(crate) fn look_at_all(&mut self) {
        for link in self.links() {
            self.read_link(link.id, false);
        }
    }

    pub(crate) fn links(&self) -> Vec<Link> {
        self.vault().and_then(|vault| Ok(vault.links()?)).unwrap_or_default()
    }

    pub(crate) fn links_of(&self, app: AppId) -> Vec<Link> {
        self.vault().and_then(|vault| Ok(vault.links_of(app)?)).unwrap_or_default()
    }

    pub(crate) fn links_at(&self, path: &Path) -> Vec<Link> {
        self.vault().and_then(|vault| Ok(vault.links_at(path)?)).unwrap_or_default()
    }

    pub(crate) fn link_by_id(&self, id: &str) -> Result<Link, EngineError> {
        self.links()
            .into_iter()
            .find(|link| link.id.to_string() == id)
            .ok_or_else(|| refused("link_unknown", "This file is not watched.", "Watch it first."))
    }

    /// A file has been quiet for a while after something happened to it.
    pub(crate) fn file_quiet(&mut self, path: &Path) {
        self.watcher.look_where(path);
        for link in self.links_at(path) {
            self.read_link(link.id, false);
        }
    }

    /// The time of a held read is over: what is there now is what was meant.
    pub(crate) fn hold_ended(&mut self, id: LinkId) {
        self.read_link(id, true);
    }

    /// Reads a linked file and does what its rules say, as they stand in the vault now.
    fn read_link(&mut self, id: LinkId, hold_over: bool) {
        let Ok(link) = self.vault().and_then(|vault| Ok(vault.link(id)?)) else { return };
        let outcome = file::read(&link.path);
        let state = self.files.entry(link.id).or_default();
        state.held_until = None;
        match outcome {
            Ok(document) => {
                state.trouble = None;
                if let Err(error) = self.take_read(&link, &document, hold_over) {
                    self.files.entry(link.id).or_default().trouble = Some(error.into());
                }
            }
            Err(failure) if failure.code == "file_moving" => self.watcher.look_again(&link.path),
            Err(failure) => state.trouble = Some(failure),
        }
    }

    fn take_read(&mut self, link: &Link, document: &Document, hold_over: bool) -> Result<(), EngineError> {
        let (reader, _) = reader_of(link.reader.as_deref(), Some(&link.path));
        let contents = Contents::of(document, reader, self.vault()?);
        let now = contents.fingerprints();
        let before: BTreeMap<String, Fingerprint> =
            link.seen.iter().map(|(key, seen)| (key.clone(), seen.fingerprint)).collect();
        let branch = branch::of(&link.path);
        let state = self.files.entry(link.id).or_default();
        if branch.as_ref().is_some_and(|branch| branch.changing) && state.waited < PATIENCE {
            // Git is not done: which branch the file is of is known after it.
            state.waited += 1;
            self.watcher.look_again(&link.path);
            return Ok(());
        }
        state.waited = 0;
        let head = branch.map(|branch| branch.head);
        let known = self.vault()?.setting(&branch_setting(link.id))?;
        let switched = head.as_deref().filter(|head| known.as_deref().is_some_and(|known| known != *head));
        let state = self.files.entry(link.id).or_default();
        let look = Look {
            values: &now,
            blank: document.is_blank(),
            merge_markers: document.has_merge_markers(),
            encoding_changed: state.encoding.is_some_and(|encoding| encoding != document.encoding()),
            switched_to: switched.map(branch::name),
        };
        if let Some(brake) = brake(&before, &look) {
            if hold_over {
                return self.pause(link, &brake);
            }
            state.held_until = Some(Instant::now() + HOLD);
            return Ok(());
        }
        state.encoding = Some(document.encoding());
        self.take_whole(link, contents)
    }

    /// Takes a whole read: remembers it, does it where Auto-sync is on, asks where it is off.
    fn take_whole(&mut self, link: &Link, contents: Contents) -> Result<(), EngineError> {
        let mut link = link.clone();
        let names: Vec<String> = link.seen.keys().cloned().collect();
        let concerned = contents.keys.iter().map(|key| key.key.as_str()).chain(names.iter().map(String::as_str));
        let secrets = self.secrets_named(link.app, &concerned.collect())?;
        let others = self.others(&link.path, link.app, &secrets);
        let rules = Rules {
            default_policy: link.default_policy,
            set_aside: &link.set_aside,
            seen: &names,
            chosen: &BTreeMap::new(),
            others: &others,
        };
        let mut open = plan(&contents.keys, &secrets, &rules);
        let now_seen = seen(&contents.keys);
        self.look_at_others(&link, &now_seen);
        self.note_branch(&link)?;
        if link.paused.is_some() || link.seen != now_seen {
            link.paused = None;
            link.seen = now_seen;
            // A line that changed is no longer the one that was set aside.
            link.set_aside.retain(|key, value| link.seen.get(key).is_none_or(|seen| seen.fingerprint == *value));
            self.vault_mut()?.transaction(|tx| Ok::<_, EngineError>(tx.update_link(&link)?))?;
        }
        let state = self.files.entry(link.id).or_default();
        state.keys.clone_from(&contents.keys);
        state.last_read = Some(Timestamp::now());
        if !link.auto || self.restored.is_some() {
            state.open = Plan { rows: open.rows.into_iter().filter(|row| row.stores).collect() };
            return Ok(());
        }
        state.open = Plan { rows: open.rows.extract_if(.., |row| row.asks).collect() };
        let origin = |row: &Row| Source::File { path: link.path.display().to_string(), line: row.line };
        self.commit(link.app, &open, &contents.values, origin)
    }

    /// Remembers the branch on which the file was taken as it is.
    fn note_branch(&mut self, link: &Link) -> Result<(), EngineError> {
        let Some(Branch { head, .. }) = branch::of(&link.path) else { return Ok(()) };
        let name = branch_setting(link.id);
        if self.vault()?.setting(&name)?.as_deref() == Some(&head) {
            return Ok(());
        }
        self.vault_mut()?.transaction(|tx| Ok(tx.set_setting(&name, &head)?))
    }

    /// What the other watched files of `app` say about the keys of the file at `path`.
    pub(crate) fn others(&self, path: &Path, app: AppId, secrets: &[Secret]) -> Others {
        others(path, &self.links_of(app), secrets)
    }

    /// Has the other files of the link's app read again in which other lines count, now that this one has `seen`.
    fn look_at_others(&self, link: &Link, seen: &BTreeMap<String, SeenKey>) {
        let came = seen.keys().filter(|key| !link.seen.contains_key(*key));
        let went = link.seen.keys().filter(|key| !seen.contains_key(*key));
        let moved: Vec<&String> = came.chain(went).collect();
        if moved.is_empty() {
            return;
        }
        for other in self.links_of(link.app).iter().filter(|other| other.id != link.id) {
            if moved.iter().any(|key| other.seen.contains_key(*key)) {
                self.watcher.look_again(&other.path);
            }
        }
    }

    /// The secrets of `app` with these names, as far as there are such.
    fn secrets_named(&self, app: AppId, names: &BTreeSet<&str>) -> Result<Vec<Secret>, EngineError> {
        let vault = self.vault()?;
        let found = names.iter().filter_map(|name| vault.find_secret(app, name).transpose());
        Ok(found.collect::<Result<_, _>>()?)
    }

    fn pause(&mut self, link: &Link, brake: &Brake) -> Result<(), EngineError> {
        if brake_of(link).as_ref() == Some(brake) {
            return Ok(());
        }
        let paused = serde_json::to_string(brake).unwrap_or_default();
        let link = Link { paused: Some(paused), ..link.clone() };
        let name = file::name(&link.path);
        let detail = words::titled(&format!("{name} paused"), &format!("{}, nothing sent", brake.short()));
        self.vault_mut()?.transaction(|tx| {
            tx.update_link(&link)?;
            let receipt = NewReceipt { what: "link_paused", app: None, key: None, detail: &detail };
            tx.append_receipt(&receipt, Timestamp::now())?;
            Ok(())
        })
    }

    /// Watches a file for an app.
    pub(crate) fn link(&mut self, call: LinkCall) -> Result<LinkView, EngineError> {
        let path = PathBuf::from(&call.path);
        let app = self.app(&call.app)?;
        file::read(&path)?;
        let link = self.add_link(&path, app.id, call.auto, call.reader.as_deref())?;
        self.read_link(link.id, true);
        let views = self.link_views();
        views
            .into_iter()
            .find(|view| view.id == link.id.to_string())
            .ok_or_else(|| refused("link_unknown", "The file is not watched.", "Try again."))
    }

    /// Stores a link, or changes the one that the file has, and follows the file.
    pub(crate) fn add_link(
        &mut self,
        path: &Path,
        app: AppId,
        auto: bool,
        reader: Option<&str>,
    ) -> Result<Link, EngineError> {
        if !path.is_absolute() {
            return Err(refused("path_not_absolute", "The path is not absolute.", "Give the whole path."));
        }
        if let Some(name) = reader.filter(|name| Reader::from_name(name).is_none()) {
            return Err(refused(
                "reader_unknown",
                format!("There is no reader {name}."),
                "Leave it out, or choose one of the list.",
            ));
        }
        let now = Timestamp::now();
        let known = self.links_at(path).into_iter().find(|link| link.app == app);
        let name = file::name(path);
        let id = self.vault_mut()?.transaction(|tx| {
            if let Some(known) = known {
                let reader = reader.map(str::to_owned).or_else(|| known.reader.clone());
                let link = Link { auto, reader, ..known };
                tx.update_link(&link)?;
                return Ok::<_, EngineError>(link.id);
            }
            let id = tx.add_link(
                &NewLink {
                    path: path.to_owned(),
                    app,
                    auto,
                    reader: reader.map(str::to_owned),
                    default_policy: Policy::Creator,
                },
                now,
            )?;
            let text = if auto { "watched, Auto-sync on" } else { "watched, asks before it sends" };
            let detail = words::titled(&name, text);
            tx.append_receipt(&NewReceipt { what: "link_added", app: None, key: None, detail: &detail }, now)?;
            Ok(id)
        })?;
        self.watcher.follow(path);
        self.look_for_exposure_soon();
        self.files.entry(id).or_default();
        self.link_by_id(&id.to_string())
    }

    /// Stops watching a file; nothing that came from it is removed.
    pub(crate) fn unlink(&mut self, path: &str) -> Result<(), EngineError> {
        let path = Path::new(path);
        let links = self.links_at(path);
        if links.is_empty() {
            return Err(refused(
                "link_unknown",
                "This file is not watched.",
                "Run `floomsec status` to see those that are.",
            ));
        }
        let detail = words::titled(&file::name(path), "no longer watched; its keys stay");
        self.vault_mut()?.transaction(|tx| {
            for link in &links {
                tx.remove_link(link.id)?;
            }
            let receipt = NewReceipt { what: "link_removed", app: None, key: None, detail: &detail };
            tx.append_receipt(&receipt, Timestamp::now())?;
            Ok::<_, EngineError>(())
        })?;
        self.watcher.forget(path);
        for link in links {
            self.look_at_others(&link, &BTreeMap::new());
            self.files.remove(&link.id);
        }
        Ok(())
    }

    /// Turns Auto-sync on or off. On does at once what the file has been asking for.
    pub(crate) fn set_auto(&mut self, id: &str, auto: bool) -> Result<(), EngineError> {
        let link = Link { auto, ..self.link_by_id(id)? };
        let text = if auto { "Auto-sync on" } else { "Auto-sync off" };
        let detail = words::titled(&file::name(&link.path), text);
        self.vault_mut()?.transaction(|tx| {
            tx.update_link(&link)?;
            let receipt = NewReceipt { what: "link_auto", app: None, key: None, detail: &detail };
            tx.append_receipt(&receipt, Timestamp::now())?;
            Ok::<_, EngineError>(())
        })?;
        if link.paused.is_none() {
            self.read_link(link.id, false);
        }
        Ok(())
    }

    /// Takes a paused file as it is.
    pub(crate) fn resume(&mut self, id: &str) -> Result<(), EngineError> {
        let link = self.link_by_id(id)?;
        let document = file::read(&link.path)?;
        let (reader, _) = reader_of(link.reader.as_deref(), Some(&link.path));
        let contents = Contents::of(&document, reader, self.vault()?);
        self.take_whole(&link, contents)
    }

    /// Answers the question in a row about a watched file's value.
    pub(crate) fn answer(&mut self, app: &AppRef, key: &str, choice: Choice) -> Result<(), EngineError> {
        let reference = app;
        let app = self.app(reference)?;
        if choice == Choice::KeepFloom {
            return self.keep_floom(&app, key);
        }
        if choice == Choice::UseFile && self.send_on_top(reference, key)? {
            return Ok(());
        }
        let links = self.links_of(app.id);
        let asks =
            |link: &&Link| self.files.get(&link.id).is_some_and(|file| file.open.rows.iter().any(|row| row.key == key));
        let aside =
            |link: &&Link| link.seen.get(key).is_some_and(|seen| link.set_aside.get(key) == Some(&seen.fingerprint));
        // In the order in which the row shows them.
        let asking = links.iter().find(asks).or_else(|| links.iter().find(aside)).cloned();
        let Some(mut link) = asking else {
            return Err(refused("nothing_asked", format!("Nothing is asked about {key}."), "Look at its row again."));
        };
        match choice {
            Choice::KeepFloom => {}
            Choice::KeepStored => {
                let Some(seen) = link.seen.get(key) else {
                    return Err(refused(
                        "nothing_asked",
                        format!("{key} is not in the file any more."),
                        "Nothing is needed.",
                    ));
                };
                link.set_aside.insert(key.to_owned(), seen.fingerprint);
                self.vault_mut()?.transaction(|tx| {
                    tx.update_link(&link)?;
                    let detail = format!("the file's value was set aside, {}", file::name(&link.path));
                    let receipt =
                        NewReceipt { what: "value_set_aside", app: Some(&app.slug), key: Some(key), detail: &detail };
                    tx.append_receipt(&receipt, Timestamp::now())?;
                    Ok::<_, EngineError>(())
                })?;
            }
            Choice::UseFile => {
                let document = file::read(&link.path)?;
                let (reader, _) = reader_of(link.reader.as_deref(), Some(&link.path));
                let contents = Contents::of(&document, reader, self.vault()?);
                link.set_aside.remove(key);
                self.vault_mut()?.transaction(|tx| Ok::<_, EngineError>(tx.update_link(&link)?))?;
                let rules = Rules {
                    default_policy: link.default_policy,
                    set_aside: &link.set_aside,
                    seen: &[],
                    chosen: &BTreeMap::new(),
                    // The creator answers about this file's line, whatever the others say.
                    others: &Others::default(),
                };
                let secrets = self.vault()?.secrets(link.app)?;
                let mut wanted = plan(&contents.keys, &secrets, &rules);
                wanted.rows.retain(|row| row.key == key && row.fate != Fate::Skipped);
                if wanted.rows.is_empty() {
                    return Err(refused(
                        "nothing_asked",
                        format!("{key} is not in the file any more."),
                        "Nothing is needed.",
                    ));
                }
                let origin = |row: &Row| Source::File { path: link.path.display().to_string(), line: row.line };
                self.commit(link.app, &wanted, &contents.values, origin)?;
            }
        }
        self.read_link(link.id, false);
        Ok(())
    }
}
