//! The vault's file: made with its mode from birth, opened durable, looked at without a write.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use uuid::Uuid;

use crate::VaultError;
use crate::passphrase::Passphrase;
use crate::records::VaultRow;
use crate::schema::{APPLICATION, NEWEST};

/// How long a statement waits for another process's lock.
const BUSY: Duration = Duration::from_secs(5);

/// What lies at the vault's path.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing.
    Nothing,
    /// The log of a vault whose file is gone; SQLite would play it into a new file.
    LogOnly,
    /// A vault: its id, generation and check value of its key-encryption key, and whether a passphrase gives that.
    Vault { id: Uuid, generation: u32, check: Vec<u8>, passphrase: bool },
    /// A vault of a newer program.
    Newer,
    /// Something that cannot be read as a vault.
    Damaged,
}

/// Makes the folder, readable by its owner only; one that is there is left as it is.
pub(crate) fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

/// The options of a file that only its owner reads, from its first moment on.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.read(true).write(true);
    options
}

/// Opens the database at `path`, which must be there, so that a commit is on the disk when it returns.
pub(crate) fn open(path: &Path) -> Result<Connection, VaultError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(BUSY)?;
    db.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    db.pragma_update(None, "synchronous", "FULL")?;
    // macOS: only this reaches the disk itself. Elsewhere it does nothing.
    db.pragma_update(None, "fullfsync", true)?;
    db.pragma_update(None, "checkpoint_fullfsync", true)?;
    db.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
    db.pragma_update(None, "foreign_keys", true)?;
    db.pragma_update(None, "trusted_schema", false)?;
    db.pragma_update(None, "cell_size_check", true)?;
    // Else the bundled SQLite, built with STAT4, parses a cached statement anew for every new parameter.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    db.set_prepared_statement_cache_capacity(64);
    Ok(db)
}

/// Makes a file at `path` that appears whole or not at all: `fill` builds it beside the path first.
///
/// # Errors
/// Where something is at `path` already, it is kept and this fails.
pub(crate) fn make(
    path: &Path,
    fill: impl FnOnce(Connection) -> Result<Connection, VaultError>,
) -> Result<(), VaultError> {
    make_folder(folder_of(path))?;
    let draft = path.with_extension("new");
    new_draft(&draft)?;
    let db = fill(open(&draft)?)?;
    db.pragma_update_and_check(None, "wal_checkpoint", "TRUNCATE", |_| Ok(()))?;
    db.close().map_err(|(_, error)| error)?;
    File::open(&draft)?.sync_all()?;
    // A hard link, unlike a rename, never replaces what has come to the path meanwhile.
    std::fs::hard_link(&draft, path)?;
    std::fs::remove_file(&draft)?;
    sync_folder(path)
}

/// Keeps what `db` holds as a file of its own at `path`, in one consistent state; what was there is replaced at once.
pub(crate) fn copy(db: &Connection, path: &Path) -> Result<(), VaultError> {
    copy_with(db, path, |_| Ok(()))
}

/// [`copy`], with what `change` does to it before it appears.
pub(crate) fn copy_with(
    db: &Connection,
    path: &Path,
    change: impl FnOnce(&Connection) -> Result<(), VaultError>,
) -> Result<(), VaultError> {
    let draft = beside(path, ".new");
    let copied = copy_whole(db, &draft, change);
    if copied.is_err() {
        let _ = remove(&draft);
    }
    copied?;
    std::fs::rename(&draft, path)?;
    sync_folder(path)
}

fn copy_whole(
    db: &Connection,
    draft: &Path,
    change: impl FnOnce(&Connection) -> Result<(), VaultError>,
) -> Result<(), VaultError> {
    new_draft(draft)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut to = Connection::open_with_flags(draft, flags)?;
    copy_into(db, &mut to)?;
    // A copy is one file: it says so itself, and can be read where nothing can be written beside it.
    to.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?;
    change(&to)?;
    to.close().map_err(|(_, error)| error)?;
    Ok(File::open(draft)?.sync_all()?)
}

/// Moves what is at `path`, with its log, to another name beside it, which it gives; `None` where nothing was there.
///
/// # Errors
/// The file system's; what was at the path is then still there, or whole under the other name.
pub(crate) fn set_aside(path: &Path, now: Timestamp) -> Result<Option<PathBuf>, VaultError> {
    let kept = beside(path, &format!(".kept-{}", now.strftime("%Y%m%dT%H%M%SZ")));
    let (log, kept_log) = (beside(path, "-wal"), beside(&kept, "-wal"));
    let is_there = |path: &Path| std::fs::symlink_metadata(path).is_ok();
    if is_there(&kept) || is_there(&kept_log) {
        return Err(VaultError::FileExists);
    }
    let (file_there, log_there) = (is_there(path), is_there(&log));
    if log_there {
        // A file without its log lacks what was stored last: the log is at both places before the file moves.
        let mut to = private().create_new(true).open(&kept_log)?;
        std::io::copy(&mut File::open(&log)?, &mut to)?;
        to.sync_all()?;
    }
    if file_there {
        std::fs::rename(path, &kept)?;
        sync_folder(path)?;
    }
    remove(&log)?;
    remove(&beside(path, "-shm"))?;
    Ok((file_there || log_there).then_some(kept))
}

/// Replaces everything in `to` by what `db` holds, in one consistent state.
pub(crate) fn copy_into(db: &Connection, to: &mut Connection) -> Result<(), VaultError> {
    match Backup::new(db, to)?.step(-1)? {
        StepResult::Done => Ok(()),
        _ => Err(VaultError::Busy),
    }
}

/// Removes the file at `path`; one that is not there is no error.
pub(crate) fn remove(path: &Path) -> Result<(), VaultError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// An empty file that only its owner reads, without what an earlier try has left.
fn new_draft(draft: &Path) -> Result<(), VaultError> {
    for leftover in ["", "-wal", "-shm", "-journal"] {
        remove(&beside(draft, leftover))?;
    }
    Ok(private().create_new(true).open(draft)?.sync_all()?)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes the name of a file durable.
fn sync_folder(path: &Path) -> Result<(), VaultError> {
    #[cfg(unix)]
    match File::open(folder_of(path))?.sync_all() {
        // Some file systems, of sticks and of the network, do not know how.
        Err(error) if !matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Err(error.into()),
        _ => Ok(()),
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        Ok(())
    }
}

/// What lies at `path`; nothing is written, and no file is made beside it.
pub(crate) fn look(path: &Path) -> Found {
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return if has_log(path) { Found::LogOnly } else { Found::Nothing };
        }
        Err(_) => return Found::Damaged,
        Ok(_) => {}
    }
    let Some(version) = header(path) else { return Found::Damaged };
    if version > NEWEST {
        return Found::Newer;
    }
    let vault = || {
        let db = read_only(path)?;
        let row = VaultRow::read(&db)?;
        let passphrase = version >= 2 && Passphrase::read(&db)?.is_some();
        let (id, generation, check) = (row.id, row.kek_generation, row.kek_check);
        Ok::<_, VaultError>(Found::Vault { id, generation, check, passphrase })
    };
    vault().unwrap_or(Found::Damaged)
}

/// Whether nothing is at `path`, and no log that SQLite would play into a file there.
pub(crate) fn is_free(path: &Path) -> bool {
    look(path) == Found::Nothing
}

/// Whether a copy of the vault `id` is at `path`: one that [`copy`] made, not a vault in use, whose header says WAL.
pub(crate) fn is_copy_of(path: &Path, id: Uuid) -> bool {
    let mut header = [0; 20];
    let rollback = File::open(path).is_ok_and(|mut file| file.read_exact(&mut header).is_ok()) && header[18] == 1;
    rollback && matches!(look(path), Found::Vault { id: found, .. } if found == id)
}

/// `user_version` of a vault's header (<https://www.sqlite.org/fileformat2.html>, section 1.3).
fn header(path: &Path) -> Option<u32> {
    let mut header = [0; 100];
    File::open(path).ok()?.read_exact(&mut header).ok()?;
    let number = |at: usize| header.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes);
    (header.starts_with(b"SQLite format 3\0") && number(68) == Some(APPLICATION)).then(|| number(60)).flatten()
}

/// Opens the database at `path` so that nothing is written, not even beside it.
pub(crate) fn read_only(path: &Path) -> Result<Connection, VaultError> {
    // Without a log SQLite would make one even for reading; an immutable file it only reads.
    let mut uri = format!("file:{}?mode=ro", percent_encoded(path));
    if !has_log(path) {
        uri.push_str("&immutable=1");
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(uri, flags)?;
    db.busy_timeout(BUSY)?;
    Ok(db)
}

fn has_log(path: &Path) -> bool {
    std::fs::metadata(beside(path, "-wal")).is_ok_and(|log| log.len() > 0)
}

/// `path` with `suffix` at its end.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// `path` as the path of a `file:` URI (RFC 3986; <https://www.sqlite.org/uri.html>).
fn percent_encoded(path: &Path) -> String {
    let path = if cfg!(windows) {
        format!("/{}", path.to_string_lossy().replace('\\', "/")).into_bytes()
    } else {
        path.as_os_str().as_encoded_bytes().to_vec()
    };
    path.iter().fold(String::new(), |text, byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b':' => {
            text + &char::from(*byte).to_string()
        }
        byte => text + &format!("%{byte:02X}"),
    })
}
