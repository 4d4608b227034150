//! Watching files: the parent folder, by name, until a file is quiet.
//!
//! Editors replace files, truncate and write them, or move them away, so the
//! folder is watched and not the file (a watch on the file goes dead with the
//! first rename). A file is reported once nothing happened to it for
//! [`QUIET`]; one timer is armed while anything is pending and none otherwise,
//! so an idle agent does not wake up.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// How long a file must be left alone before it is read.
pub(crate) const QUIET: Duration = Duration::from_millis(40);

/// Folders that are watched, and the files in them that matter.
pub(crate) struct Watcher {
    system: Option<RecommendedWatcher>,
    folders: BTreeMap<PathBuf, usize>,
    files: HashMap<PathBuf, Vec<PathBuf>>,
    interest: mpsc::UnboundedSender<Interest>,
}

enum Interest {
    Touched(PathBuf),
    Rescan,
    Follow(PathBuf, PathBuf),
    Forget(PathBuf),
}

impl Watcher {
    /// A watcher that sends each followed file's path once the file is quiet.
    pub(crate) fn new(quiet: mpsc::UnboundedSender<PathBuf>) -> Self {
        let (interest, events) = mpsc::unbounded_channel();
        tokio::spawn(settle(events, quiet));
        let touched = interest.clone();
        let system = notify::recommended_watcher(move |event: notify::Result<Event>| match event {
            Ok(event) if event.need_rescan() => {
                let _ = touched.send(Interest::Rescan);
            }
            Ok(event) if matters(event.kind) => {
                for path in event.paths {
                    let _ = touched.send(Interest::Touched(path));
                }
            }
            Ok(_) => {}
            Err(_) => {
                let _ = touched.send(Interest::Rescan);
            }
        })
        .ok();
        Self { system, folders: BTreeMap::new(), files: HashMap::new(), interest }
    }

    /// Follows `path`, and the file that it points to where it is a symbolic link.
    /// Returns whether the system watches it (else only [`Watcher::look_again`] helps).
    pub(crate) fn follow(&mut self, path: &Path) -> bool {
        self.forget(path);
        let mut places: BTreeSet<PathBuf> = [path.to_owned()].into();
        places.extend(path.canonicalize());
        places.extend(
            path.parent()
                .and_then(|folder| folder.canonicalize().ok())
                .zip(path.file_name())
                .map(|(folder, name)| folder.join(name)),
        );
        let mut watched = true;
        let mut folders = Vec::new();
        for place in places {
            let _ = self.interest.send(Interest::Follow(place.clone(), path.to_owned()));
            let Some(folder) = place.parent().map(Path::to_owned) else { continue };
            let users = self.folders.entry(folder.clone()).or_default();
            if *users == 0 {
                let system = self.system.as_mut();
                watched &= system.is_some_and(|system| system.watch(&folder, RecursiveMode::NonRecursive).is_ok());
            }
            *users += 1;
            folders.push(folder);
        }
        self.files.insert(path.to_owned(), folders);
        watched
    }

    /// Stops following `path`.
    pub(crate) fn forget(&mut self, path: &Path) {
        let Some(folders) = self.files.remove(path) else { return };
        let _ = self.interest.send(Interest::Forget(path.to_owned()));
        for folder in folders {
            let Some(users) = self.folders.get_mut(&folder) else { continue };
            *users -= 1;
            if *users == 0 {
                self.folders.remove(&folder);
                if let Some(system) = self.system.as_mut() {
                    // A folder that is gone has no watch any more.
                    let _ = system.unwatch(&folder);
                }
            }
        }
    }

    /// Reports `path` once it is quiet, as if something had happened to it.
    pub(crate) fn look_again(&self, path: &Path) {
        let _ = self.interest.send(Interest::Touched(path.to_owned()));
    }
}

/// Reads are ignored (our own would loop for ever), all else is looked at.
fn matters(kind: EventKind) -> bool {
    !matches!(kind, EventKind::Access(access) if access != AccessKind::Close(AccessMode::Write))
}

/// Turns events into one report per file, when it has been quiet.
async fn settle(mut events: mpsc::UnboundedReceiver<Interest>, quiet: mpsc::UnboundedSender<PathBuf>) {
    let mut followed: HashMap<PathBuf, BTreeSet<PathBuf>> = HashMap::new();
    let mut pending: HashMap<PathBuf, Instant> = HashMap::new();
    loop {
        let next = pending.values().min().copied();
        let event = tokio::select! {
            event = events.recv() => match event {
                Some(event) => event,
                None => return,
            },
            () = sleep_until(next) => {
                let now = Instant::now();
                for (path, _) in pending.extract_if(|_, at| *at <= now) {
                    if quiet.send(path).is_err() {
                        return;
                    }
                }
                continue;
            }
        };
        let due = Instant::now() + QUIET;
        match event {
            Interest::Touched(place) => {
                pending.extend(followed.get(&place).into_iter().flatten().map(|path| (path.clone(), due)));
            }
            Interest::Rescan => pending.extend(followed.values().flatten().map(|path| (path.clone(), due))),
            Interest::Follow(place, path) => {
                followed.entry(place).or_default().insert(path);
            }
            Interest::Forget(path) => {
                pending.remove(&path);
                followed.retain(|_, paths| {
                    paths.remove(&path);
                    !paths.is_empty()
                });
            }
        }
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
