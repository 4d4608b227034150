//! Named points of everything that happens in several steps: where a test looks at what a kill would leave.

use std::cell::RefCell;

/// A point between two steps; whatever is on the disk and in the keychain there must open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Point {
    /// Making a vault: the keychain has its key, read back.
    CreateKeyWritten,
    /// The vault's file is there.
    CreateFileMade,
    /// A transaction of the vault's user: all is written, not committed.
    Committing,
    /// The same, committed.
    Committed,
    /// Migration: a copy of the file is kept.
    CopyKept,
    /// Migration: the step is made and not committed.
    StepMade,
    /// Rotation of the key-encryption key: the file knows that a new one is coming.
    KekAnnounced,
    /// The keychain has it, read back.
    KekWritten,
    /// All keys are wrapped anew, not committed.
    KekRewrapped,
    /// The file needs the new one.
    KekCommitted,
    /// The vault opened with the new one.
    KekReopened,
    /// The keychain no longer has the old one.
    KekOldDeleted,
    /// Rotation of data keys: all values are sealed anew, not committed.
    DataKeysResealed,
    /// The same, committed.
    DataKeysCommitted,
    /// A new recovery kit: its file is there, the vault does not know it yet.
    KitWritten,
    /// Restoring: the keychain has the new key, read back.
    RestoreKeyWritten,
    /// The vault's file is there.
    RestoreFileMade,
    /// The keychain's index is there.
    RestoreIndexed,
}

type Watcher = Box<dyn FnMut(Point)>;

thread_local! {
    static WATCHER: RefCell<Option<Watcher>> = const { RefCell::new(None) };
}

/// Calls `watcher` at every [`Point`] that this thread reaches while `work` runs. It is for tests: a
/// watcher copies what a kill would leave, panics, or ends the process.
pub fn watch_points<T>(watcher: impl FnMut(Point) + 'static, work: impl FnOnce() -> T) -> T {
    struct Unwatch;
    impl Drop for Unwatch {
        fn drop(&mut self) {
            WATCHER.take();
        }
    }
    WATCHER.replace(Some(Box::new(watcher)));
    let _unwatch = Unwatch;
    work()
}

pub(crate) fn reach(point: Point) {
    let Some(mut watcher) = WATCHER.take() else { return };
    watcher(point);
    WATCHER.replace(Some(watcher));
}
