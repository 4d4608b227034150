//! Several files of one app that say different things about one key.

use std::path::Path;

use floom_protocol::command::{Answer, Choice, History, Import, Link, Sync, Unlink};
use floom_protocol::import::Fate;
use floom_protocol::view::{LinkState, Prompt, Snapshot, SyncView};

use crate::bench::{Bench, SAMPLE, of, preview_of};

const KEY: &str = "OPENAI_API_KEY";

async fn watch(bench: &Bench, path: &Path, auto: bool) {
    let path = path.display().to_string();
    bench.call(Link { path, app: bench.app(), auto, reader: None }).await.expect("watched");
}

async fn versions(bench: &Bench) -> usize {
    bench.call(History { app: bench.app(), key: KEY.into() }).await.expect("a history").len()
}

fn synced_as(snapshot: &Snapshot, end: &str) -> bool {
    of(snapshot, KEY).sync == SyncView::Synced && preview_of(snapshot, KEY).ends_with(end)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_files_the_more_local_one_counts_and_they_do_not_take_turns() {
    let bench = Bench::new().await;
    let (plain, _) = bench.import_sample(true).await;
    let local = bench.write(".env.local", &format!("{KEY}=sk-proj-local-0123456789-9999\n"));
    watch(&bench, &local, true).await;
    bench.until("the local file's value is synced", |snapshot| synced_as(snapshot, "9999")).await;
    assert_eq!(versions(&bench).await, 2, "the plain file's value, then the local one's");
    for _ in 0..3 {
        // Every answer of Floom has every file read again.
        bench.call(Sync { wait: true }).await.expect("nothing to send");
    }
    assert_eq!(versions(&bench).await, 2, "no file takes back what the other one says");

    std::fs::write(&plain, SAMPLE.replace("8b2a", "7777")).expect("saved");
    bench.call(Sync { wait: true }).await.expect("read");
    let preview = bench.preview(&plain).await.expect("a preview");
    let row = preview.rows.iter().find(|row| row.key.as_deref() == Some(KEY)).expect("its line");
    assert_eq!(row.fate, Fate::Overruled, "the plain file's line has no effect, and that is said");
    assert!(row.effect.contains(".env.local"), "with the file that comes first: {}", row.effect);
    assert_eq!(versions(&bench).await, 2, "and nothing was stored from it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_line_that_uncovers_another_value_asks_even_with_auto_sync() {
    let bench = Bench::new().await;
    let (plain, _) = bench.import_sample(true).await;
    let local = bench.write(".env.local", &format!("{KEY}=sk-proj-local-0123456789-9999\nOTHER=1\nTHIRD=2\n"));
    watch(&bench, &local, true).await;
    bench.until("the local file's value is synced", |snapshot| synced_as(snapshot, "9999")).await;

    std::fs::write(&local, "OTHER=1\nTHIRD=2\n").expect("saved");
    let asks = |snapshot: &Snapshot| matches!(of(snapshot, KEY).prompt, Some(Prompt::Changed { .. }));
    let asked = bench.until("it asks", asks).await;
    let Some(Prompt::Changed { file, line, replaces }) = &of(&asked, KEY).prompt else { panic!("it is a question") };
    assert_eq!((file.as_str(), *line, *replaces), (".env", 3, true), "about the line that shows through now");
    assert!(synced_as(&asked, "9999"), "the value is still the one that was in use");
    let plain_link = asked.links.iter().find(|link| link.path == plain.display().to_string()).expect("its link");
    assert_eq!(plain_link.state, LinkState::Asks { changes: 1 }, "the file says that it waits for the creator");

    bench.call(Answer { app: bench.app(), key: KEY.into(), choice: Choice::UseFile }).await.expect("answered");
    bench.until("the plain file's value is synced", |snapshot| synced_as(snapshot, "8b2a")).await;
    std::fs::write(&plain, SAMPLE.replace("8b2a", "6666")).expect("saved");
    bench.until("from now on the plain file speaks", |snapshot| synced_as(snapshot, "6666")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_was_set_aside_or_a_file_that_is_let_go_overrules_nothing() {
    let bench = Bench::new().await;
    let (plain, _) = bench.import_sample(true).await;
    let local = bench.write(".env.local", &format!("{KEY}=sk-proj-local-0123456789-9999\n"));
    watch(&bench, &local, false).await;
    bench.until("it asks", |snapshot| matches!(of(snapshot, KEY).prompt, Some(Prompt::Changed { .. }))).await;
    bench.call(Answer { app: bench.app(), key: KEY.into(), choice: Choice::KeepStored }).await.expect("kept");
    std::fs::write(&plain, SAMPLE.replace("8b2a", "5555")).expect("saved");
    bench.until("the plain file's value is synced", |snapshot| synced_as(snapshot, "5555")).await;

    bench.call(Answer { app: bench.app(), key: KEY.into(), choice: Choice::UseFile }).await.expect("used after all");
    bench.until("the local file's value is synced", |snapshot| synced_as(snapshot, "9999")).await;
    bench.call(Unlink { path: local.display().to_string() }).await.expect("let go");
    let asked =
        bench.until("it asks", |snapshot| matches!(of(snapshot, KEY).prompt, Some(Prompt::Changed { .. }))).await;
    assert!(synced_as(&asked, "9999"), "letting a file go changes no value by itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_creator_imports_is_taken_whatever_the_watched_files_say() {
    let bench = Bench::new().await;
    bench.import_sample(true).await;
    let once = bench.write("once.env", &format!("{KEY}=sk-proj-once-0123456789-4444\n"));
    let preview = bench.preview(&once).await.expect("a preview");
    assert_eq!((preview.rows[0].fate, preview.imports), (Fate::Changed, 1), "the preview says so");
    let import = Import { preview: preview.id, policies: Default::default(), watch: false, auto: false };
    bench.call(import).await.expect("imported");
    bench.until("its value is synced", |snapshot| synced_as(snapshot, "4444")).await;
    bench.call(Sync { wait: true }).await.expect("every file is read again");
    assert!(synced_as(&bench.look().await, "4444"), "and the watched file does not take it back");
}
