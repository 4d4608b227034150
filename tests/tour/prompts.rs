//! What the program asks and says while nobody looks at it: readiness, a value in git, a brake, a typo, several files.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use floom_tests::{Desk, Floomsec, Trouble, Window, sample};

use crate::journal::Journal;

const ROW: &str = "row-AMADEUS_API_KEY";
const PROMPT: &str = "prompt-AMADEUS_API_KEY";

pub(crate) async fn walk(journal: &mut Journal) -> Result<(), Trouble> {
    let desk = Desk::new()?;
    let floomsec = Floomsec::new(&desk);
    floomsec.run(&["vault", "init", "--yes"])?;
    floomsec.run(&["app", "list"])?;
    let window = Window::open(&desk, &[] as &[&str]).await?;
    window.text("row-OPENAI_API_KEY/sync").await?;
    readiness(journal, &window, "run-would-fail", "No").await?;

    let file = sample::write(&desk.home())?;
    let text = path(&file)?;
    floomsec.run(&["import", text, "--app", "flyfast", "--yes", "--auto"])?;
    window.when(&format!("{ROW}/sync"), "Synced", |sync| sync.contains("Synced")).await?;
    readiness(journal, &window, "run-would-work", "Yes").await?;
    in_git(journal, &desk, &window, &file).await?;
    brake(journal, &window, &file).await?;
    typo(journal, &window, &file).await?;
    several_files(journal, &floomsec, &window, &file).await
}

async fn readiness(journal: &mut Journal, window: &Window<'_>, name: &str, verdict: &str) -> Result<(), Trouble> {
    let started = Instant::now();
    window.press("readiness").await?;
    window.when("verdict", verdict, |says| says == verdict).await?;
    let what = format!("would a run work now? {verdict}, with the reasons");
    journal.picture(window, name, &what, started.elapsed()).await?;
    window.press("close-reasons").await?;
    window.gone("reasons").await
}

async fn in_git(journal: &mut Journal, desk: &Desk, window: &Window<'_>, file: &Path) -> Result<(), Trouble> {
    let folder = file.parent().ok_or_else(|| Trouble::new("the sample has no folder"))?;
    for arguments in [&["init", "-q"][..], &["add", ".env"], &["commit", "-q", "-m", "The app"]] {
        let mut git: Command = desk.command("git");
        git.args(["-c", "user.name=Creator", "-c", "user.email=creator@example.com", "-c", "init.defaultBranch=main"]);
        git.args(arguments).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
        if !git.status()?.success() {
            return Err(Trouble::new(format!("git {arguments:?} did not do that")));
        }
    }
    let started = Instant::now();
    // A value that is decided on has it looked at once more.
    fs::write(file, sample::TEXT.replace("4c1d", "5d2e"))?;
    let place = "prompt-OPENAI_API_KEY";
    window.when(place, "the value in git", |says| says.contains("which git tracks")).await?;
    journal.picture(window, "in-git", "the file was committed to git: said in each row", started.elapsed()).await?;
    for key in ["OPENAI_API_KEY", "AMADEUS_API_KEY", "SUPABASE_SERVICE_KEY"] {
        window.press(&format!("prompt-{key}/prompt-accept")).await?;
        window.gone(&format!("prompt-{key}")).await?;
    }
    Ok(())
}

async fn brake(journal: &mut Journal, window: &Window<'_>, file: &Path) -> Result<(), Trouble> {
    let text = fs::read_to_string(file)?;
    let started = Instant::now();
    let first = text.lines().find(|line| line.starts_with("OPENAI_API_KEY")).unwrap_or_default();
    fs::write(file, format!("{first}\n"))?;
    window.when("bar@data-code", "keys_gone", |code| code == "keys_gone").await?;
    journal.picture(window, "brake", "three of four lines vanished: paused, nothing sent", started.elapsed()).await?;
    fs::write(file, text)?;
    window.gone("bar").await
}

async fn typo(journal: &mut Journal, window: &Window<'_>, file: &Path) -> Result<(), Trouble> {
    let text = fs::read_to_string(file)?;
    let started = Instant::now();
    for end in ["typo", "good"] {
        fs::write(file, text.replace("e82f", end))?;
        window.when(&format!("{ROW}/preview"), end, |preview| preview.ends_with(end)).await?;
        window.when(&format!("{ROW}/sync"), "Synced", |sync| sync.contains("Synced")).await?;
    }
    window.text(&format!("{PROMPT}/undo")).await?;
    let what = "a typo mended within the grace: the last good value works until its end";
    journal.picture(window, "typo-mended", what, started.elapsed()).await
}

async fn several_files(
    journal: &mut Journal,
    floomsec: &Floomsec<'_>,
    window: &Window<'_>,
    file: &Path,
) -> Result<(), Trouble> {
    let started = Instant::now();
    let local = file.with_file_name(".env.local");
    fs::write(&local, "SUPABASE_SERVICE_KEY=eyJ_local_flyfast_not_real_0123456789_9f9f\n")?;
    floomsec.run(&["link", path(&local)?, "--app", "flyfast", "--auto"])?;
    let place = "row-SUPABASE_SERVICE_KEY";
    window.when(&format!("{place}/preview"), "the local one", |preview| preview.ends_with("9f9f")).await?;
    window.when(&format!("{place}/sync"), "Synced", |sync| sync.contains("Synced")).await?;
    window.hand_over(file)?;
    window.when("import-row-SUPABASE_SERVICE_KEY", "overruled", |row| row.contains(".env.local counts")).await?;
    let what = "the same key in .env.local counts, and the preview of .env says so";
    journal.picture(window, "overruled", what, started.elapsed()).await
}

fn path(file: &Path) -> Result<&str, Trouble> {
    file.to_str().ok_or_else(|| Trouble::new("the sample's path is no text"))
}
