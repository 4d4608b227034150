//! Commands about files: import, plan, link, unlink, edit.

use std::io::Write;
use std::path::{Path, PathBuf};

use envfile::Reader;
use floom_protocol::Failure;
use floom_protocol::command::{Import, Link, Preview, Sync, Unlink};
use floom_protocol::import::{Fate, ImportPreview, ImportSource};
use floom_protocol::socket::Face;
use floom_protocol::view::AppRef;

use super::output::{Output, Said};
use super::secrets::value_from_input;
use super::{connected, export};

/// How an import goes on.
pub(crate) struct ImportChoice {
    pub(crate) from: Option<String>,
    pub(crate) dry_run: bool,
    pub(crate) yes: bool,
    pub(crate) watch: bool,
    pub(crate) auto: bool,
    pub(crate) reader: Option<String>,
}

/// Previews a file, asks, imports, and waits until Floom has it.
pub(crate) async fn import(
    face: &mut Face,
    file: &Path,
    app: Option<String>,
    choice: ImportChoice,
    output: &Output,
) -> Result<Said, Failure> {
    connected(face, output).await?;
    let source = export::source(file, choice.from)?;
    let app = app.map(|slug| AppRef { connection: None, slug });
    let preview = face.call(Preview { source, app, reader: choice.reader }).await?;
    if choice.dry_run {
        return Ok(shown(&preview));
    }
    if preview.app.is_none() {
        return Err(no_app());
    }
    if !choice.yes {
        shown(&preview).lines.iter().for_each(|line| output.note(line));
    }
    output.confirm(&format!("Import {} keys?", preview.imports), choice.yes)?;
    let report = face
        .call(Import {
            preview: preview.id,
            policies: Default::default(),
            watch: choice.watch || choice.auto,
            auto: choice.auto,
        })
        .await?;
    let sync = face.call(Sync { wait: true }).await?;
    let mut said = Said::default().line(format!(
        "{}: {} new, {} rotated, {} kept on this computer, {} unchanged, {} skipped.",
        report.app.slug,
        report.added.len(),
        report.rotated.len(),
        report.kept_local.len(),
        report.unchanged.len(),
        report.skipped
    ));
    if let Some(failure) = &sync.failure {
        said = said.line(format!("Not sent yet: {} {} ({})", failure.message, failure.kept, failure.code));
    } else if sync.waiting == 0 && sync.failed == 0 && report.kept_local.is_empty() && report.skipped == 0 {
        said = said.line("Floom has all of it.");
    }
    Ok(said
        .field("app", &report.app.slug)
        .field("added", &report.added)
        .field("rotated", &report.rotated)
        .field("kept_local", &report.kept_local)
        .field("unchanged", &report.unchanged)
        .field("skipped", report.skipped)
        .field("watched", report.watched)
        .field("waiting", sync.waiting)
        .field("failed", sync.failed)
        .field("failure", &sync.failure))
}

/// What importing a file would do.
pub(crate) async fn plan(
    face: &mut Face,
    file: &Path,
    app: Option<String>,
    reader: Option<String>,
    output: &Output,
) -> Result<Said, Failure> {
    connected(face, output).await?;
    Ok(shown(&preview(face, file, app, reader).await?))
}

async fn preview(
    face: &Face,
    file: &Path,
    app: Option<String>,
    reader: Option<String>,
) -> Result<ImportPreview, Failure> {
    let source = ImportSource::File { path: absolute(file)? };
    let app = app.map(|slug| AppRef { connection: None, slug });
    face.call(Preview { source, app, reader }).await
}

fn shown(preview: &ImportPreview) -> Said {
    let app = preview.app.as_ref().map_or("no app", |app| app.slug.as_str());
    let read_as = match &preview.evidence {
        Some(evidence) => format!("read as {} ({evidence})", preview.reader),
        None => format!("read as {}", preview.reader),
    };
    let mut said = Said::default().line(format!("{} to {app} on {}, {read_as}", preview.file, preview.connection));
    for note in &preview.notes {
        said = said.line(format!("{:>5}  {}", note.line, note.words));
    }
    for row in &preview.rows {
        let key = row.key.as_deref().unwrap_or("—");
        said = said.line(format!("{:>5}  {key:<28} {}", row.line, row.effect));
        for note in &row.notes {
            said = said.line(format!("       {}", note.words));
        }
    }
    let rows: Vec<_> = preview
        .rows
        .iter()
        .map(|row| {
            serde_json::json!({ "line": row.line, "key": row.key, "fate": row.fate, "effect": row.effect, "policy": row.policy, "notes": row.notes })
        })
        .collect();
    let count = |fate: Fate| preview.rows.iter().filter(|row| row.fate == fate).count();
    said.line(format!("{} would be imported. Nothing was changed.", preview.imports))
        .field("file", &preview.file)
        .field("app", preview.app.as_ref().map(|app| &app.slug))
        .field("reader", &preview.reader)
        .field("evidence", &preview.evidence)
        .field("imports", preview.imports)
        .field("new", count(Fate::New))
        .field("changed", count(Fate::Changed))
        .field("notes", &preview.notes)
        .field("rows", rows)
}

/// Watches a file.
pub(crate) async fn link(
    face: &mut Face,
    file: &Path,
    app: String,
    auto: bool,
    reader: Option<String>,
    output: &Output,
) -> Result<Said, Failure> {
    connected(face, output).await?;
    let app = AppRef { connection: None, slug: app };
    let view = face.call(Link { path: absolute(file)?, app, auto, reader }).await?;
    let how = if view.auto { "its changes are sent by themselves" } else { "its changes are asked about" };
    Ok(Said::default().line(format!("{} is watched for {}; {how}.", view.file, view.app)).field("link", &view))
}

/// Stops watching a file.
pub(crate) async fn unlink(face: &mut Face, file: &Path) -> Result<Said, Failure> {
    let path = absolute(file)?;
    face.call(Unlink { path: path.clone() }).await?;
    Ok(Said::default().line(format!("{path} is no longer watched. Its keys stay.")).field("file", path))
}

/// Prints a file's keys without their values.
pub(crate) fn example(file: &Path) -> Result<Said, Failure> {
    let document = floom_engine::read_file(&std::path::absolute(file).map_err(|error| not_edited(file, &error))?)?;
    let example = document.example();
    Ok(Said { lines: example.lines().map(str::to_owned).collect(), ..Said::default() }.field("example", example))
}

/// What `edit` does with an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EditKind {
    /// Gives it the value from standard input; a key that is not there gets a new last line.
    Set,
    /// Makes its lines comments.
    CommentOut,
    /// Takes its lines out.
    Remove,
}

/// Changes one entry of a file, everything else byte for byte.
pub(crate) fn edit(file: &Path, key: &str, kind: EditKind, reader: Option<String>) -> Result<Said, Failure> {
    let path = std::path::absolute(file).map_err(|error| not_edited(file, &error))?;
    let reader = match reader {
        Some(name) => Reader::from_name(&name).ok_or_else(|| {
            Failure::new(
                "reader_unknown",
                format!("There is no reader {name}."),
                "Nothing was changed.",
                "Leave it out.",
            )
        })?,
        None => floom_engine::reader_for(&path),
    };
    let document = floom_engine::read_file(&path)?;
    let line = document.read_as(reader).iter().rfind(|reading| reading.key == key).map(|reading| reading.line);
    let edited = match (kind, line) {
        (EditKind::Set, Some(line)) => document.with_value(line, key, &value_from_input()?, reader),
        (EditKind::Set, None) => document.with_added(key, &value_from_input()?, reader),
        (EditKind::CommentOut, Some(line)) => document.with_commented_out(line, key, reader),
        (EditKind::Remove, Some(line)) => document.without(line, key, reader),
        (EditKind::CommentOut | EditKind::Remove, None) => {
            return Err(Failure::new(
                "key_not_in_file",
                format!("Your app's reader sees no {key} in this file."),
                "Nothing was changed.",
                "Look at the file, or name its reader with --reader.",
            ));
        }
    };
    let edit = edited.map_err(|error| {
        let next = error.hint().trim_start_matches("The file was left as it is.").trim();
        Failure::new(error.code(), error.to_string(), "The file was left as it is.", next)
    })?;
    replace(file, document.bytes(), edit.bytes()).map_err(|error| not_edited(file, &error))?;
    let done = match (kind, line) {
        (EditKind::Set, Some(_)) => "has the new value",
        (EditKind::Set, None) => "was added",
        (EditKind::CommentOut, _) => "is a comment now",
        (EditKind::Remove, _) => "was taken out",
    };
    let said = Said::default().line(format!("{} line {} {done}.", file.display(), edit.line()));
    let said = edit.warning().into_iter().fold(said, Said::line);
    let misread: Vec<&str> = edit.misread().iter().map(|reader| reader.name()).collect();
    Ok(said.field("file", file.display().to_string()).field("line", edit.line()).field("misread_by", misread))
}

/// Replaces a file atomically, unless somebody changed it since `before` was read.
fn replace(file: &Path, before: &[u8], after: &[u8]) -> std::io::Result<()> {
    let target = file.canonicalize()?;
    let folder = target.parent().ok_or(std::io::ErrorKind::NotFound)?;
    let mut fresh = tempfile::NamedTempFile::new_in(folder)?;
    fresh.write_all(after)?;
    fresh.as_file().set_permissions(std::fs::metadata(&target)?.permissions())?;
    fresh.as_file().sync_all()?;
    if std::fs::read(&target)? != before {
        return Err(std::io::Error::other("it changed meanwhile"));
    }
    fresh.persist(&target)?;
    #[cfg(unix)]
    std::fs::File::open(folder)?.sync_all()?;
    Ok(())
}

fn not_edited(file: &Path, error: &std::io::Error) -> Failure {
    let code = if error.kind() == std::io::ErrorKind::NotFound { "file_missing" } else { "file_not_written" };
    Failure::new(
        code,
        format!("{} could not be edited: {error}.", file.display()),
        "The file was left as it is.",
        "Look at the file, then try again.",
    )
}

fn no_app() -> Failure {
    Failure::new(
        "app_not_chosen",
        "No app declares these keys.",
        "Nothing was changed.",
        "Name one with --app, or make one with `floomsec app add`.",
    )
}

pub(crate) fn absolute(file: &Path) -> Result<String, Failure> {
    let path: PathBuf = std::path::absolute(file).map_err(|error| not_edited(file, &error))?;
    path.into_os_string().into_string().map_err(|_| {
        Failure::new("path_not_text", "The path is no valid text.", "Nothing was changed.", "Rename the folder.")
    })
}
