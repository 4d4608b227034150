//! Watching files: the parent folder, by name, until a file is quiet.
//!
//! Editors replace files, truncate and write them, or move them away, so the
//! folder is watched and not the file (a watch on the file goes dead with the
//! first rename). A file is reported once nothing happened to it for
//! [`QUIET`]; one timer is armed while anything is pending and none otherwise,
//! so an idle agent does not wake up.
//!
//! Where the system does not tell (a network folder, or no more watches to be had), a file is reported every [`POLL`];
//! notify's own polling compares whole seconds and would miss the second of two quick changes.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::far_folder::is_far;

/// How long a file must be left alone before it is read.
pub(crate) const QUIET: Duration = Duration::from_millis(40);

/// The longest that a writer is waited for that has a file open; what is there then is read.
const OPEN: Duration = Duration::from_secs(2);

/// How often a file is looked at of which the system does not tell.
const POLL: Duration = Duration::from_secs(2);

/// Symbolic links that are followed one after the other; Linux itself follows 40.
const LINKS: usize = 40;

/// Folders that are watched, and the files in them that matter.
pub(crate) struct Watcher {
    system: Option<RecommendedWatcher>,
    folders: BTreeMap<PathBuf, Folder>,
    files: HashMap<PathBuf, Places>,
    interest: mpsc::UnboundedSender<Interest>,
}

/// A watched folder.
#[derive(Debug, Default)]
struct Folder {
    /// How many followed files it serves.
    users: usize,
    /// Whether the system does not tell of it.
    polled: bool,
}

/// Everything whose change can change what a file holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Places {
    /// What is told of: the file, what it points to, the folder that it is in, symbolic links on the way.
    names: BTreeSet<PathBuf>,
    /// The folders that these are in. All of them are there.
    folders: BTreeSet<PathBuf>,
}

enum Interest {
    /// Something happened to this name, and whoever did it is done.
    Touched(PathBuf),
    /// Something was written to it by a program that has it open.
    Written(PathBuf),
    Rescan,
    Follow(PathBuf, BTreeSet<PathBuf>),
    /// Whether this file is looked at now and then.
    Poll(PathBuf, bool),
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
                let of: fn(PathBuf) -> Interest =
                    if is_followed_by_a_close(event.kind) { Interest::Written } else { Interest::Touched };
                for path in event.paths {
                    let _ = touched.send(of(path));
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

    /// Follows `path`: the file, what it points to, and the folders without which it is not there.
    pub(crate) fn follow(&mut self, path: &Path) {
        let places = Places::of(path);
        let before = self.files.insert(path.to_owned(), places.clone());
        if before.as_ref() == Some(&places) {
            return;
        }
        let _ = self.interest.send(Interest::Follow(path.to_owned(), places.names));
        for folder in places.folders {
            if let Some(known) = self.folders.get_mut(&folder) {
                known.users += 1;
                continue;
            }
            let system = self.system.as_mut().filter(|_| !is_far(&folder));
            let told = system.is_some_and(|system| system.watch(&folder, RecursiveMode::NonRecursive).is_ok());
            self.folders.insert(folder, Folder { users: 1, polled: !told });
        }
        self.release(before.unwrap_or_default().folders);
        let _ = self.interest.send(Interest::Poll(path.to_owned(), self.is_polled(path)));
    }

    /// Whether the file at `path` is looked at now and then, because the system does not tell of its changes.
    pub(crate) fn is_polled(&self, path: &Path) -> bool {
        let folders = self.files.get(path).map(|places| &places.folders);
        folders.into_iter().flatten().any(|folder| self.folders.get(folder).is_some_and(|folder| folder.polled))
    }

    /// Looks where `path` leads now: a folder that is new has no watch, a link that was swapped leads elsewhere. What
    /// happened there before it was watched is looked at.
    pub(crate) fn look_where(&mut self, path: &Path) {
        let known = self.files.get(path).cloned();
        self.follow(path);
        if known.as_ref() != self.files.get(path) {
            self.look_again(path);
        }
    }

    /// Stops following `path`.
    pub(crate) fn forget(&mut self, path: &Path) {
        let Some(places) = self.files.remove(path) else { return };
        let _ = self.interest.send(Interest::Forget(path.to_owned()));
        self.release(places.folders);
    }

    fn release(&mut self, folders: BTreeSet<PathBuf>) {
        for folder in folders {
            let Some(known) = self.folders.get_mut(&folder) else { continue };
            known.users -= 1;
            if known.users > 0 {
                continue;
            }
            let polled = known.polled;
            self.folders.remove(&folder);
            if let Some(system) = self.system.as_mut().filter(|_| !polled) {
                // A folder that is gone has no watch any more.
                let _ = system.unwatch(&folder);
            }
        }
    }

    /// Reports `path` once it is quiet, as if something had happened to it.
    pub(crate) fn look_again(&self, path: &Path) {
        let _ = self.interest.send(Interest::Touched(path.to_owned()));
    }
}

impl Places {
    fn of(path: &Path) -> Self {
        let mut places = Self::default();
        let mut next = Some(path.to_owned());
        for _ in 0..LINKS {
            let Some(name) = next.take() else { break };
            places.add(&name);
            for folder in name.ancestors().skip(1).filter(|folder| folder.is_symlink()) {
                places.add(folder);
            }
            let target = std::fs::read_link(&name).ok();
            next = target.and_then(|target| Some(name.parent()?.join(target)));
        }
        places
    }

    /// Adds `name` and the folder that it is in; where that is not there, what would have to appear first.
    fn add(&mut self, name: &Path) {
        let mut missing = name;
        while let Some(folder) = missing.parent() {
            let Ok(there) = folder.canonicalize() else {
                missing = folder;
                continue;
            };
            self.names.extend(missing.file_name().map(|last| there.join(last)));
            self.names.insert(missing.to_owned());
            // A folder that is renamed or deleted is told of in the folder above it.
            if let Some(above) = there.parent() {
                self.names.insert(there.clone());
                self.folders.insert(above.to_owned());
            }
            self.folders.insert(there);
            return;
        }
    }
}

/// Reads are ignored (our own would loop for ever), all else is looked at.
fn matters(kind: EventKind) -> bool {
    !matches!(kind, EventKind::Access(access) if access != AccessKind::Close(AccessMode::Write))
}

/// Where the system tells of the end of a writing (Linux does), what is written before it may be half of a value.
fn is_followed_by_a_close(kind: EventKind) -> bool {
    cfg!(target_os = "linux") && matches!(kind, EventKind::Modify(ModifyKind::Data(_)))
}

/// Turns events into one report per file, when it has been quiet.
async fn settle(mut events: mpsc::UnboundedReceiver<Interest>, quiet: mpsc::UnboundedSender<PathBuf>) {
    let mut followed: HashMap<PathBuf, BTreeSet<PathBuf>> = HashMap::new();
    let mut pending: HashMap<PathBuf, Instant> = HashMap::new();
    let mut polled: BTreeSet<PathBuf> = BTreeSet::new();
    let mut poll_at: Option<Instant> = None;
    loop {
        let next = pending.values().copied().chain(poll_at).min();
        let event = tokio::select! {
            event = events.recv() => match event {
                Some(event) => event,
                None => return,
            },
            () = sleep_until(next) => {
                let now = Instant::now();
                if poll_at.is_some_and(|at| at <= now) {
                    poll_at = Some(now + POLL);
                    pending.extend(polled.iter().map(|path| (path.clone(), now)));
                }
                for (path, _) in pending.extract_if(|_, at| *at <= now) {
                    if quiet.send(path).is_err() {
                        return;
                    }
                }
                continue;
            }
        };
        let now = Instant::now();
        match event {
            Interest::Touched(name) => {
                pending.extend(followed.get(&name).into_iter().flatten().map(|path| (path.clone(), now + QUIET)));
            }
            Interest::Written(name) => {
                pending.extend(followed.get(&name).into_iter().flatten().map(|path| (path.clone(), now + OPEN)));
            }
            Interest::Rescan => pending.extend(followed.values().flatten().map(|path| (path.clone(), now + QUIET))),
            Interest::Follow(path, names) => {
                let_go(&mut followed, &path);
                for name in names {
                    followed.entry(name).or_default().insert(path.clone());
                }
            }
            Interest::Poll(path, true) => {
                polled.insert(path);
                poll_at.get_or_insert(now + POLL);
            }
            Interest::Poll(path, false) => {
                polled.remove(&path);
                poll_at = poll_at.filter(|_| !polled.is_empty());
            }
            Interest::Forget(path) => {
                polled.remove(&path);
                poll_at = poll_at.filter(|_| !polled.is_empty());
                pending.remove(&path);
                let_go(&mut followed, &path);
            }
        }
    }
}

fn let_go(followed: &mut HashMap<PathBuf, BTreeSet<PathBuf>>, path: &Path) {
    followed.retain(|_, paths| {
        paths.remove(path);
        !paths.is_empty()
    });
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A watcher that follows one file, without the system where `told` is false.
    fn following(told: bool) -> (tempfile::TempDir, PathBuf, Watcher, mpsc::UnboundedReceiver<PathBuf>) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(".env");
        let (quiet, reports) = mpsc::unbounded_channel();
        let mut watcher = Watcher::new(quiet);
        if !told {
            watcher.system = None;
        }
        watcher.follow(&file);
        (folder, file, watcher, reports)
    }

    #[tokio::test(start_paused = true)]
    async fn where_the_system_does_not_tell_a_file_is_looked_at_again_and_again_until_nobody_follows_it() {
        let (_folder, file, mut watcher, mut reports) = following(false);
        assert!(watcher.is_polled(&file), "there is no watch for it");
        for _ in 0..3 {
            let before = Instant::now();
            assert_eq!(reports.recv().await.as_deref(), Some(file.as_path()), "it is looked at");
            assert!(before.elapsed() <= POLL, "in time");
        }
        watcher.forget(&file);
        let more = tokio::time::timeout(POLL * 3, reports.recv()).await;
        assert!(more.is_err(), "nothing wakes up for a file that nobody follows: {more:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_of_this_computer_is_not_polled() {
        let (_folder, file, watcher, mut reports) = following(true);
        assert!(!watcher.is_polled(&file), "the system tells of it");
        let more = tokio::time::timeout(POLL * 3, reports.recv()).await;
        assert!(more.is_err(), "so nothing wakes up: {more:?}");
    }
}
