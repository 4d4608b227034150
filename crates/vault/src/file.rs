//! The vault's file: made with its mode from birth, opened durable, looked at without a write.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use uuid::Uuid;

use crate::schema::{APPLICATION, NEWEST};
use crate::{VaultError, records};

/// How long a statement waits for another process's lock.
const BUSY: Duration = Duration::from_secs(5);

/// What lies at the vault's path.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing.
    Nothing,
    /// The log of a vault whose file is gone; SQLite would play it into a new file.
    LogOnly,
    /// A vault: its id and the generation of its key-encryption key.
    Vault { id: Uuid, generation: u32 },
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
    db.set_prepared_statement_cache_capacity(64);
    Ok(db)
}

/// Makes a file at `path` that appears whole or not at all: `fill` builds it beside the path first.
///
/// # Errors
/// Where something is at `path` already, it is kept and this fails.
pub(crate) fn make(path: &Path, fill: impl FnOnce(&Connection) -> Result<(), VaultError>) -> Result<(), VaultError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make_folder(folder)?;
    let draft = path.with_extension("new");
    for leftover in [draft.clone(), beside(&draft, "-wal"), beside(&draft, "-shm")] {
        match std::fs::remove_file(&leftover) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    private().create_new(true).open(&draft)?.sync_all()?;
    let db = open(&draft)?;
    fill(&db)?;
    db.pragma_update_and_check(None, "wal_checkpoint", "TRUNCATE", |_| Ok(()))?;
    db.close().map_err(|(_, error)| error)?;
    File::open(&draft)?.sync_all()?;
    // A hard link, unlike a rename, never replaces what has come to the path meanwhile.
    std::fs::hard_link(&draft, path)?;
    std::fs::remove_file(&draft)?;
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    Ok(())
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
    match identity(path) {
        Ok((id, generation)) => Found::Vault { id, generation },
        Err(_) => Found::Damaged,
    }
}

/// `user_version` of a vault's header (<https://www.sqlite.org/fileformat2.html>, section 1.3).
fn header(path: &Path) -> Option<u32> {
    let mut header = [0; 100];
    File::open(path).ok()?.read_exact(&mut header).ok()?;
    let number = |at: usize| header.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes);
    (header.starts_with(b"SQLite format 3\0") && number(68) == Some(APPLICATION)).then(|| number(60)).flatten()
}

fn identity(path: &Path) -> Result<(Uuid, u32), VaultError> {
    // Without a log SQLite would make one even for reading; an immutable file it only reads.
    let mut uri = format!("file:{}?mode=ro", percent_encoded(path));
    if !has_log(path) {
        uri.push_str("&immutable=1");
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(uri, flags)?;
    db.busy_timeout(BUSY)?;
    let (id, generation, _) = records::vault_row(&db)?;
    Ok((id, generation))
}

fn has_log(path: &Path) -> bool {
    std::fs::metadata(beside(path, "-wal")).is_ok_and(|log| log.len() > 0)
}

pub(crate) fn beside(path: &Path, suffix: &str) -> std::path::PathBuf {
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
