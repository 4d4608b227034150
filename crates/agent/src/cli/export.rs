//! Commands about exports: encrypted to a file, or in clear after the app's name was typed.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use envfile::{Document, Reader};
use floom_protocol::Failure;
use floom_protocol::command::{Export, ExportPlain, Look, SealedFor, Variable};
use floom_protocol::import::ImportSource;
use floom_protocol::socket::Face;
use floom_protocol::view::AppRef;

use super::files::absolute;
use super::input;
use super::output::{Output, Said};

/// Whom an encrypted export is for.
pub(crate) enum For {
    /// An age recipient.
    Recipient(String),
    /// Who knows the passphrase that is on standard input.
    Passphrase,
}

/// Writes an encrypted export.
pub(crate) async fn sealed(
    face: &mut Face,
    app: Option<String>,
    to: &Path,
    sealed_for: For,
    history: bool,
) -> Result<Said, Failure> {
    let path = absolute(to)?;
    let sealed_for = match sealed_for {
        For::Recipient(recipient) => SealedFor::Recipient(recipient),
        For::Passphrase => SealedFor::Passphrase(input::chosen("Passphrase of the export")?),
    };
    let app = app.map(|slug| AppRef { connection: None, slug });
    let report = face.call(Export { path, app, history, sealed_for }).await?;
    let said =
        Said::default().line(format!("{}: {} values of {} apps, encrypted.", report.file, report.values, report.apps));
    let said = report.left_out.iter().fold(said, |said, one| said.line(format!("! Not in it: {one}")));
    Ok(said
        .field("file", report.file)
        .field("apps", report.apps)
        .field("values", report.values)
        .field("left_out", report.left_out))
}

/// Writes the values of one app in clear, as a `.env` file that nobody else can read.
pub(crate) async fn plain(face: &mut Face, slug: String, to: &Path, output: &Output) -> Result<Said, Failure> {
    if std::fs::symlink_metadata(to).is_ok() {
        return Err(not_free(to));
    }
    output.note(&format!("The values of {slug} will lie in clear in {}.", to.display()));
    let typed = input::line("Type the app's name")?.expose().to_owned();
    let app = AppRef { connection: None, slug: slug.clone() };
    let variables = face.call(ExportPlain { app, typed }).await?;
    let text = text(&variables)?;
    write(to, text.bytes())?;
    let snapshot = face.call(Look {}).await?;
    let missing: Vec<String> = snapshot
        .apps
        .iter()
        .filter(|app| app.slug == slug)
        .flat_map(|app| &app.secrets)
        .filter(|secret| secret.declared || secret.version > 0)
        .filter(|secret| variables.iter().all(|variable| variable.key != secret.key))
        .map(|secret| secret.key.clone())
        .collect();
    let said = Said::default().line(format!("{}: {} values, in clear.", to.display(), variables.len()));
    let said = missing.iter().fold(said, |said, key| said.line(format!("! Not in it: {key} has no value here.")));
    Ok(said.field("file", to.display().to_string()).field("values", variables.len()).field("left_out", missing))
}

/// The variables as a `.env` file, quoted for the most readers.
fn text(variables: &[Variable]) -> Result<Document, Failure> {
    let mut document = Document::read(Vec::new());
    for Variable { key, value } in variables {
        let edit = document.with_added(key, value, Reader::Plain).map_err(|error| {
            Failure::new(
                error.code(),
                format!("{key}: {error}"),
                "No file was written.",
                "Export it encrypted instead.",
            )
        })?;
        document = Document::read(edit.bytes().to_vec());
    }
    Ok(document)
}

fn write(to: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(to).and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    written.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => not_free(to),
        _ => Failure::new(
            "file_not_written",
            format!("{} cannot be written: {error}.", to.display()),
            "The vault is as it was.",
            "Look at the folder and the disk, and whether a part of the file is there.",
        ),
    })
}

fn not_free(path: &Path) -> Failure {
    Failure::new(
        "file_exists",
        format!("There is a file at {} already.", path.display()),
        "It was left as it is.",
        "Choose another place, or move that file away first.",
    )
}

/// What is imported: a `.env` file, or an encrypted export, told by its first line.
pub(crate) fn source(file: &Path, slug: Option<String>) -> Result<ImportSource, Failure> {
    let path = absolute(file)?;
    let mut begin = Vec::new();
    // What cannot be read is said by the agent.
    let is_regular = std::fs::metadata(file).is_ok_and(|found| found.is_file());
    if let Some(file) = File::open(file).ok().filter(|_| is_regular) {
        let _ = file.take(19).read_to_end(&mut begin);
    }
    if begin != b"age-encryption.org/" {
        return Ok(ImportSource::File { path });
    }
    let opens = input::line("Passphrase or age identity of the export")?;
    Ok(ImportSource::Export { path, opens, slug })
}
