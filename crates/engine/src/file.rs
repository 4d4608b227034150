//! Reading a creator's file: refused in words where it is no `.env`, read twice where it moves.

use std::fs::{File, Metadata};
use std::io::Read;
use std::path::{Path, PathBuf};

use envfile::{Detection, Document};
use floom_protocol::Failure;

/// The longest file that is read, in bytes.
pub(crate) const LONGEST_FILE: u64 = 1024 * 1024;

/// Files that tell which reader a `.env` has, looked for beside it and one folder up.
const EVIDENCE: &[&str] = &[
    "package.json",
    "pyproject.toml",
    "requirements.txt",
    "go.mod",
    "Cargo.toml",
    "compose.yaml",
    "docker-compose.yml",
];

/// Reads `path` whole.
///
/// # Errors
/// `file_missing`, `file_is_folder`, `file_not_regular`, `file_too_large`, `file_unreadable`,
/// `file_moving` (it changed while it was read: try once more), and what
/// [`Document::refusal`] says.
pub fn read(path: &Path) -> Result<Document, Failure> {
    let before = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    check_kind(path, &before)?;
    let mut file = File::open(path).map_err(|error| unreadable(path, &error))?;
    let mut bytes = Vec::with_capacity(usize::try_from(before.len()).unwrap_or(0) + 1);
    file.by_ref().take(LONGEST_FILE + 1).read_to_end(&mut bytes).map_err(|error| unreadable(path, &error))?;
    let document = Document::read(bytes);
    let after = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    if identity(&before) != identity(&after) || after.len() != document.bytes().len() as u64 {
        return Err(failure("file_moving", path, "changed while it was read.", "It is read again once it is quiet."));
    }
    match document.refusal() {
        Some(refusal) => Err(Failure::new(
            refusal.code(),
            format!("{}: {refusal}", display(path)),
            "Nothing was read from it; nothing was changed.",
            "Choose the .env file itself.",
        )),
        None => Ok(document),
    }
}

fn check_kind(path: &Path, metadata: &Metadata) -> Result<(), Failure> {
    if metadata.is_dir() {
        return Err(failure("file_is_folder", path, "is a folder.", "Choose the .env file in it."));
    }
    if !metadata.is_file() {
        return Err(failure("file_not_regular", path, "is a pipe or a device, not a file.", "Choose a plain file."));
    }
    if metadata.len() > LONGEST_FILE {
        return Err(failure(
            "file_too_large",
            path,
            "is larger than 1 MiB; a .env file is not.",
            "Choose the .env file itself.",
        ));
    }
    Ok(())
}

/// What tells two moments of one file apart.
fn identity(metadata: &Metadata) -> (u64, Option<std::time::SystemTime>, u64) {
    #[cfg(unix)]
    let inode = std::os::unix::fs::MetadataExt::ino(metadata);
    #[cfg(not(unix))]
    let inode = 0;
    (metadata.len(), metadata.modified().ok(), inode)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    match error.kind() {
        std::io::ErrorKind::NotFound => {
            failure("file_missing", path, "is not there.", "Look at the path, then try again.")
        }
        std::io::ErrorKind::PermissionDenied => {
            failure("file_unreadable", path, "may not be read by you.", "Change its permissions, then try again.")
        }
        _ => failure("file_unreadable", path, "cannot be read.", "Look at the disk, then try again."),
    }
}

fn failure(code: &str, path: &Path, what: &str, next: &str) -> Failure {
    Failure::new(code, format!("{} {what}", display(path)), "Nothing was read from it; nothing was changed.", next)
}

/// The path as it is shown: the home folder as `~`.
pub(crate) fn display(path: &Path) -> String {
    let home = std::env::var_os("HOME").or_else(|| std::env::var_os("USERPROFILE")).map(PathBuf::from);
    match home.filter(|home| home.parent().is_some()).and_then(|home| path.strip_prefix(home).ok().map(Path::to_owned))
    {
        Some(below) => format!("~/{}", below.display()),
        None => path.display().to_string(),
    }
}

/// The name of the file alone.
pub(crate) fn name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// The reader that what lies beside `path` names, with its evidence.
pub(crate) fn detect(path: &Path) -> Option<Detection> {
    let folder = path.parent()?;
    [Some(folder), folder.parent()].into_iter().flatten().find_map(|folder| {
        let texts: Vec<(&str, String)> = EVIDENCE
            .iter()
            .filter_map(|name| {
                let path = folder.join(name);
                let short =
                    std::fs::metadata(&path).ok().filter(|found| found.is_file() && found.len() <= LONGEST_FILE);
                Some((*name, short.and_then(|_| std::fs::read_to_string(&path).ok())?))
            })
            .collect();
        let beside: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (*name, text.as_str())).collect();
        envfile::detect(&beside)
    })
}

/// The command that a run of an app made from `path` would start, from what lies beside it.
pub(crate) fn command_beside(path: &Path) -> String {
    let Some(folder) = path.parent() else { return String::new() };
    let at = |name: &str| folder.join(name).is_file();
    if at("package.json") {
        "npm start".to_owned()
    } else if at("main.py") {
        "python3 main.py".to_owned()
    } else if at("Cargo.toml") {
        "cargo run".to_owned()
    } else if at("go.mod") {
        "go run .".to_owned()
    } else {
        String::new()
    }
}
