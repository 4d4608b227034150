//! The last good copy of the vault, and a damaged file that is kept aside for it.
//!
//! A copy is made only of a vault in which everything opens, so that damage never replaces what
//! is whole. It is a vault file like the other, under the same keys.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use floom_keychain::Keychain;
use jiff::Timestamp;
use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};

use crate::damage::is_walkable;
use crate::file::{self, Found, beside};
use crate::{Standing, Vault, VaultError, standing};

/// A copy of the vault from a time when all of it was whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoodCopy {
    /// Where it is.
    pub path: PathBuf,
    /// When it was made.
    pub made_at: Timestamp,
}

/// The last good copy of the vault at `path`, if there is one that can be read as a vault.
pub fn good_copy(path: &Path) -> Option<GoodCopy> {
    let path = beside(path, ".good");
    let made_at = std::fs::metadata(&path).and_then(|copy| copy.modified()).ok()?;
    let made_at = Timestamp::try_from(made_at).ok()?;
    matches!(file::look(&path), Found::Vault { .. }).then_some(GoodCopy { path, made_at })
}

/// Moves what is at `path` aside, its log with it, and gives the new place; `None` where nothing was there.
/// The caller holds the vault's lock and has it closed.
///
/// # Errors
/// The file system's. The file itself moves first: without its log it would open as an older one.
pub fn keep_damaged_aside(path: &Path, now: Timestamp) -> Result<Option<PathBuf>, VaultError> {
    let parts = ["", "-wal", "-shm"];
    let is_there = |path: &Path| std::fs::symlink_metadata(path).is_ok();
    if !parts.iter().any(|part| is_there(&beside(path, part))) {
        return Ok(None);
    }
    let day = now.strftime(".damaged-%Y%m%dT%H%M%SZ").to_string();
    let free = |name: &PathBuf| !parts.iter().any(|part| is_there(&beside(name, part)));
    let names = std::iter::once(beside(path, &day)).chain((2_u32..).map(|n| beside(path, &format!("{day}-{n}"))));
    let aside = names.take(1000).find(free).ok_or(io::Error::from(ErrorKind::AlreadyExists))?;
    for part in parts {
        match std::fs::rename(beside(path, part), beside(&aside, part)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    sync_folder(path)?;
    Ok(Some(aside))
}

/// Puts the last good copy in the place of the vault at `path`, which is kept aside first; gives where that
/// is. The copy itself stays. The caller holds the vault's lock and has it closed; what came after the copy
/// is missing then, and [`Records::rollback_check`](crate::Records::rollback_check) says so.
///
/// # Errors
/// [`VaultError::NoGoodCopy`] where there is none that the keychain's key opens, [`VaultError::Standing`]
/// where the keychain gives no answer; then the file is where it was. The file system's.
pub fn restore_good_copy(path: &Path, keychain: &Keychain, now: Timestamp) -> Result<Option<PathBuf>, VaultError> {
    let copy = good_copy(path).ok_or(VaultError::NoGoodCopy)?;
    match standing(&copy.path, keychain) {
        Standing::Ready => {}
        blocked @ Standing::Blocked(_) => return Err(VaultError::Standing(blocked)),
        _ => return Err(VaultError::NoGoodCopy),
    }
    let draft = draft(path, ".restored.new")?;
    let mut to = file::private().open(&draft)?;
    io::copy(&mut File::open(&copy.path)?, &mut to)?;
    to.sync_all()?;
    if !matches!(database(&draft).and_then(|db| is_walkable(&db)), Ok(true)) {
        std::fs::remove_file(&draft)?;
        return Err(VaultError::NoGoodCopy);
    }
    let aside = keep_damaged_aside(path, now)?;
    // A hard link, unlike a rename, never replaces what has come to the path meanwhile.
    std::fs::hard_link(&draft, path)?;
    std::fs::remove_file(&draft)?;
    sync_folder(path)?;
    Ok(aside)
}

impl Vault {
    /// Makes the last good copy anew, beside the vault: consistent, whole or not at all, for its owner's
    /// eyes only. To be made again after the key-encryption key was replaced, before the old one goes.
    ///
    /// # Errors
    /// The first damage that is found, a [`VaultError::RowAltered`] where it is in the receipts: the copy
    /// that is there is kept. The file system's.
    pub fn keep_good_copy(&self) -> Result<PathBuf, VaultError> {
        let damage = self.damage()?;
        if !damage.is_none() {
            let receipts = || VaultError::RowAltered { table: "receipts", name: damage.receipts.code().to_owned() };
            let unnamed = if damage.walkable { receipts() } else { VaultError::Damaged };
            return Err(damage.entries.into_iter().next().unwrap_or(unnamed));
        }
        let copy = beside(self.path(), ".good");
        let draft = draft(self.path(), ".good.new")?;
        let mut to = database(&draft)?;
        Backup::new(&self.db, &mut to)?.step(-1)?;
        // One file without a log beside it.
        to.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?;
        to.close().map_err(|(_, error)| error)?;
        file::private().open(&draft)?.sync_all()?;
        std::fs::rename(&draft, &copy)?;
        sync_folder(&copy)?;
        Ok(copy)
    }
}

fn database(path: &Path) -> Result<Connection, VaultError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Ok(Connection::open_with_flags(path, flags)?)
}

/// An empty file beside `path` that only its owner reads; a leftover is removed.
fn draft(path: &Path, suffix: &str) -> Result<PathBuf, VaultError> {
    let draft = beside(path, suffix);
    for leftover in [draft.clone(), beside(&draft, "-journal")] {
        match std::fs::remove_file(&leftover) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    file::private().create_new(true).open(&draft)?;
    Ok(draft)
}

/// Makes what was renamed beside `path` survive a power loss.
fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}
