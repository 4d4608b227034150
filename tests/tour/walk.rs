//! The main job, step by step.

use std::time::{Duration, Instant};

use floom_tests::{Desk, Floomsec, Save, Trouble, Window, sample};
use serde_json::Value;

use crate::journal::Journal;

/// From a save to the row that shows it as synced.
const SHOWN_WITHIN: Duration = Duration::from_secs(2);

const WATCHED_ROW: &str = "row-AMADEUS_API_KEY";
const POLICY_ROW: &str = "row-STRIPE_SECRET_KEY";
const POLICY_PROMPT: &str = "prompt-STRIPE_SECRET_KEY";

/// Walks from an empty computer to a run with an edited value. Where it stops, the last picture shows why.
pub(crate) async fn walk(journal: &mut Journal) -> Result<(), Trouble> {
    let started = Instant::now();
    let desk = Desk::new()?;
    desk.display()?;
    journal.note("a private desktop: display, session bus, unlocked keychain", started.elapsed());
    let started = Instant::now();
    let window = Window::open(&desk, &[] as &[&str]).await?;
    window.text("make-vault").await?;
    journal.picture(&window, "first-vault", "the window opens, no vault yet", started.elapsed()).await?;
    let walked = job(journal, &desk, &window).await;
    if walked.is_err() {
        journal.picture(&window, "stopped", "the tour stopped here", Duration::ZERO).await?;
    }
    walked
}

async fn job(journal: &mut Journal, desk: &Desk, window: &Window<'_>) -> Result<(), Trouble> {
    first_use(journal, window).await?;
    let file = sample::write(&desk.home())?;
    import(journal, window, &file).await?;
    flip_policy(journal, window).await?;
    edits(journal, window, &file).await?;
    run_flyfast(journal, desk, window).await?;

    let started = Instant::now();
    Floomsec::new(desk).run(&["lock"])?;
    window.text("unlock").await?;
    journal.picture(window, "locked", "floomsec lock: the window shows the way back only", started.elapsed()).await?;
    found_nowhere_else(journal, desk, &file)
}

async fn first_use(journal: &mut Journal, window: &Window<'_>) -> Result<(), Trouble> {
    let started = Instant::now();
    window.press("make-vault").await?;
    window.text("start-local").await?;
    journal.picture(window, "first-run", "vault made, its key in the keychain", started.elapsed()).await?;
    let started = Instant::now();
    window.press("start-local").await?;
    window.text("row-OPENAI_API_KEY/sync").await?;
    journal.picture(window, "local-floom", "Local Floom started, flyfast needs 4 keys", started.elapsed()).await
}

async fn import(journal: &mut Journal, window: &Window<'_>, file: &std::path::Path) -> Result<(), Trouble> {
    let started = Instant::now();
    window.hand_over(file)?;
    window.text("import-row-SUPABASE_SERVICE_KEY/fate").await?;
    journal
        .picture(window, "import-preview", "floom-secrets ~/code/flyfast/.env: a preview", started.elapsed())
        .await?;
    let started = Instant::now();
    window.press("import-confirm").await?;
    for key in sample::KEYS {
        window.when(&format!("row-{key}/sync"), "Synced", |sync| sync.contains("Synced")).await?;
    }
    window.when("link-0/link-state", "in sync", |state| state.contains("In sync")).await?;
    journal
        .picture(window, "imported", "4 keys stored, acknowledged by Floom; the file is watched", started.elapsed())
        .await?;
    // The word about the import goes by itself; the pictures after it show the table.
    window.gone("toast").await?;
    let started = Instant::now();
    window.press("link-0/link-switch").await?;
    window.when("link-0/link-switch@aria-checked", "on", |on| on == "true").await?;
    journal.note("Auto-sync switched on for the file", started.elapsed());
    Ok(())
}

async fn flip_policy(journal: &mut Journal, window: &Window<'_>) -> Result<(), Trouble> {
    let started = Instant::now();
    flip(window, "user").await?;
    journal.picture(window, "policy-asked", "STRIPE_SECRET_KEY to User vault: asked first", started.elapsed()).await?;
    let started = Instant::now();
    settle(window, "user").await?;
    journal.picture(window, "policy-user", "User vault, acknowledged by Floom", started.elapsed()).await?;
    let started = Instant::now();
    flip(window, "creator").await?;
    settle(window, "creator").await?;
    journal.note("and back to Creator vault", started.elapsed());
    Ok(())
}

async fn flip(window: &Window<'_>, to: &str) -> Result<(), Trouble> {
    window.press(&format!("{POLICY_ROW}/policy-{to}")).await?;
    window.text(POLICY_PROMPT).await.map(drop)
}

async fn settle(window: &Window<'_>, to: &str) -> Result<(), Trouble> {
    window.press(&format!("{POLICY_PROMPT}/prompt-confirm")).await?;
    window.when(&format!("{POLICY_ROW}/policy-{to}@aria-checked"), "chosen", |chosen| chosen == "true").await?;
    window.when(&format!("{POLICY_ROW}/sync"), "Synced", |sync| sync.contains("Synced")).await.map(drop)
}

async fn edits(journal: &mut Journal, window: &Window<'_>, file: &std::path::Path) -> Result<(), Trouble> {
    let mut old = sample::VALUES[1];
    for (save, new) in Save::ALL.into_iter().zip(sample::EDITS) {
        let end = &new[new.len() - 4..];
        let saved = Instant::now();
        save.replace(file, old, new)?;
        window.when(&format!("{WATCHED_ROW}/preview"), "the new value's", |preview| preview.contains(end)).await?;
        window.when(&format!("{WATCHED_ROW}/sync"), "Synced", |sync| sync.contains("Synced")).await?;
        let took = saved.elapsed();
        let what = format!("AMADEUS_API_KEY edited {}: shown as synced", save.words());
        let name = format!("edit-{}", save.words().replace(' ', "-"));
        journal.picture(window, &name, &what, took).await?;
        if took > SHOWN_WITHIN {
            return Err(Trouble::new(format!(
                "an edit took longer than {} s to be shown as synced",
                SHOWN_WITHIN.as_secs()
            )));
        }
        old = new;
    }
    Ok(())
}

async fn run_flyfast(journal: &mut Journal, desk: &Desk, window: &Window<'_>) -> Result<(), Trouble> {
    let floomsec = Floomsec::new(desk);
    let run = floomsec.run(&["run-app", "flyfast"])?;
    journal.note("floomsec run-app flyfast: a run on Local Floom", run.took);
    for given in values(&run.json["run"]["outputs"]).into_iter().flatten() {
        let (key, preview) = (given["key"].as_str().unwrap_or("?"), given["preview"].as_str().unwrap_or("not set"));
        println!("        the run was given {key:<22} {preview}");
    }
    let started = Instant::now();
    let place = format!("{WATCHED_ROW}/last-used");
    window.when(&place, "the run's use", |used| used.contains("ago")).await?;
    let used = window.text(&place).await?;
    journal.picture(window, "after-the-run", &format!("AMADEUS_API_KEY, last used: {used}"), started.elapsed()).await
}

/// The list of what a run was given, wherever it stands in its outputs.
fn values(outputs: &Value) -> Option<&Vec<Value>> {
    match outputs {
        Value::Object(fields) => {
            fields.get("values").and_then(Value::as_array).or_else(|| fields.values().find_map(values))
        }
        Value::Array(items) => items.iter().find_map(values),
        _ => None,
    }
}

fn found_nowhere_else(journal: &mut Journal, desk: &Desk, file: &std::path::Path) -> Result<(), Trouble> {
    let started = Instant::now();
    let traces = desk.traces(sample::values())?;
    match traces.iter().find(|trace| trace.place != file) {
        None => {
            journal.note("home, vault, logs and pages searched: values in ~/code/flyfast/.env only", started.elapsed());
            Ok(())
        }
        Some(trace) => Err(Trouble::new(format!("a value was found in {} ({})", trace.place.display(), trace.form))),
    }
}
