//! Two computers of one account change the same secret.

use std::fs;
use std::time::Instant;

use floom_tests::{Desk, Floomsec, Serving, Trouble, Window, sample};

use crate::journal::Journal;

const KEY: &str = "AMADEUS_API_KEY";

pub(crate) async fn walk(journal: &mut Journal) -> Result<(), Trouble> {
    let (desk, other) = (Desk::new()?, Desk::new()?);
    let serving = Serving::start(&desk)?;
    let (here, there) = (Floomsec::new(&desk), Floomsec::new(&other));
    for floomsec in [&here, &there] {
        floomsec.run(&["vault", "init", "--yes"])?;
        floomsec.ask_with(&["connect", &serving.url], &serving.token)?.expect_done()?;
    }
    let file = sample::write(&desk.home())?;
    let path = file.to_str().ok_or_else(|| Trouble::new("the sample's path is no text"))?;
    here.run(&["import", path, "--app", "flyfast", "--yes", "--auto"])?;
    let window = Window::open(&desk, &[] as &[&str]).await?;
    let sync = format!("row-{KEY}/sync");
    window.when(&sync, "Synced", |says| says.contains("Synced")).await?;

    let started = Instant::now();
    there.run(&["sync"])?;
    let theirs = "amd_elsewhere_not_real_0123456789_0d0d";
    there.ask_with(&["set", KEY, "--app", "flyfast"], theirs)?.expect_done()?;
    fs::write(&file, sample::TEXT.replace("e82f", "mine"))?;
    window.when(&sync, "Conflict", |says| says.contains("Conflict")).await?;
    let what = "another computer and the file changed one secret: neither side is proposed";
    journal.picture(&window, "conflict", what, started.elapsed()).await?;
    window.resize(390, 844).await?;
    journal.picture(&window, "conflict-390", "the same, 390 wide", started.elapsed()).await?;
    window.resize(1440, 900).await?;

    let started = Instant::now();
    window.press(&format!("prompt-{KEY}/prompt-keep-floom")).await?;
    window.when(&sync, "Floom only", |says| says.contains("Floom only")).await?;
    let what = "Floom’s value was kept: it cannot be shown, and the line in the file is set aside";
    journal.picture(&window, "conflict-kept", what, started.elapsed()).await
}
