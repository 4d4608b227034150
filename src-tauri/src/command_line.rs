//! `floom-secrets [FILE]`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{CommandFactory, Parser, error::ErrorKind};

use crate::opened;

/// The window of Floom Secrets.
#[derive(Debug, Parser)]
#[command(name = "floom-secrets", version)]
struct CommandLine {
    /// A .env file to preview; nothing is sent until you confirm
    file: Option<PathBuf>,
}

/// The absolute path of the file that `arguments` (the program's name first) ask
/// for; a relative one is meant from `folder`.
///
/// # Errors
/// What `--help` and `--version` print, and wrong usage; its `exit` prints it and
/// ends the process with 0 or 2.
pub fn file_to_open(
    arguments: impl IntoIterator<Item = OsString>,
    folder: &Path,
) -> Result<Option<String>, clap::Error> {
    let Some(file) = CommandLine::try_parse_from(arguments)?.file else { return Ok(None) };
    let refused = |kind, why: String| CommandLine::command().error(kind, why);
    let path = std::path::absolute(folder.join(file)).map_err(|error| refused(ErrorKind::Io, error.to_string()))?;
    opened::text_of(&path).map(Some).map_err(|failure| refused(ErrorKind::InvalidUtf8, failure.message))
}
