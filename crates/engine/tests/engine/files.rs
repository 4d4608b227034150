//! Files: imported, watched, changed in every way that editors have.

use std::path::Path;

use floom_protocol::command::{Answer, Choice, Import, Link, Preview, Resume, SetAuto, Sync};
use floom_protocol::import::{Fate, ImportSource};
use floom_protocol::view::{LinkState, Prompt, SyncView};

use crate::bench::{Bench, SAMPLE, of, preview_of, value};

type Save = fn(&Path, &str);

fn changed(end: &str) -> String {
    SAMPLE.replace("8b2a", end)
}

fn in_place(path: &Path, text: &str) {
    use std::io::{Seek, Write};
    let mut file = std::fs::File::options().write(true).open(path).expect("the file is there");
    file.rewind().expect("the start");
    file.write_all(text.as_bytes()).expect("written");
    file.set_len(text.len() as u64).expect("cut");
}

fn truncate_and_write(path: &Path, text: &str) {
    std::fs::write(path, text).expect("written");
}

fn atomic_rename(path: &Path, text: &str) {
    let fresh = path.with_extension("tmp");
    std::fs::write(&fresh, text).expect("written");
    std::fs::rename(&fresh, path).expect("renamed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_is_previewed_stored_and_synced() {
    let bench = Bench::new().await;
    let path = bench.write(".env", SAMPLE);
    let preview = bench.preview(&path).await.expect("a preview");
    assert_eq!(preview.imports, 4, "four keys would be imported");
    assert!(preview.rows.iter().all(|row| row.fate == Fate::New), "all of them new");
    assert_eq!(preview.app.as_ref().map(|app| app.slug.as_str()), Some("flyfast"), "to the app that declares them");
    let before = bench.look().await;
    assert!(before.apps[0].secrets.iter().all(|secret| secret.preview.is_none()), "a preview stores nothing");
    let (_, report) = bench.import_sample(true).await;
    assert_eq!(report.added.len(), 4, "four keys were added");
    let after = bench.look().await;
    assert_eq!((after.apps[0].configured, after.apps[0].missing.len()), (4, 0), "4 configured, 0 missing");
    assert_eq!(preview_of(&after, "OPENAI_API_KEY"), "sk-pro••••8b2a", "shown masked");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_auto_sync_every_way_of_saving_arrives() {
    let bench = Bench::new().await;
    let (path, _) = bench.import_sample(true).await;
    let ways: [(&str, Save); 6] = [
        ("1111", in_place),
        ("2222", truncate_and_write),
        ("3333", atomic_rename),
        ("4444", atomic_rename),
        ("5555", in_place),
        ("6666", truncate_and_write),
    ];
    for (end, save) in ways {
        save(&path, &changed(end));
        let snapshot = bench
            .until("the saved value is synced", |snapshot| {
                preview_of(snapshot, "OPENAI_API_KEY").ends_with(end)
                    && of(snapshot, "OPENAI_API_KEY").sync == SyncView::Synced
            })
            .await;
        assert!(
            matches!(of(&snapshot, "OPENAI_API_KEY").prompt, Some(Prompt::Rotated { overlap: true, .. })),
            "a replaced value can be undone, and Local Floom holds both"
        );
    }
    assert_eq!(bench.secret("OPENAI_API_KEY").await.version, 7, "each save made one version");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_auto_sync_a_change_is_asked_about_and_sent_only_on_the_answer() {
    let bench = Bench::new().await;
    let (path, _) = bench.import_sample(false).await;
    truncate_and_write(&path, &changed("9999"));
    let asked = bench.until("the row asks", |snapshot| of(snapshot, "OPENAI_API_KEY").prompt.is_some()).await;
    assert_eq!(
        of(&asked, "OPENAI_API_KEY").prompt,
        Some(Prompt::Changed { file: ".env".into(), line: 3, replaces: true }),
        "it names file and line"
    );
    assert_eq!(asked.links[0].state, LinkState::Asks { changes: 1 }, "and so does the file");
    assert_eq!(preview_of(&asked, "OPENAI_API_KEY"), "sk-pro••••8b2a", "nothing was stored");
    let answer = Answer { app: bench.app(), key: "OPENAI_API_KEY".into(), choice: Choice::UseFile };
    bench.call(answer).await.expect("the answer is taken");
    bench
        .until("the file's value is synced", |snapshot| {
            preview_of(snapshot, "OPENAI_API_KEY").ends_with("9999")
                && of(snapshot, "OPENAI_API_KEY").sync == SyncView::Synced
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kept_value_stays_kept_across_a_restart_until_the_line_changes() {
    let bench = Bench::new().await;
    let (path, _) = bench.import_sample(false).await;
    truncate_and_write(&path, &changed("9999"));
    bench.until("the row asks", |snapshot| of(snapshot, "OPENAI_API_KEY").prompt.is_some()).await;
    let answer = Answer { app: bench.app(), key: "OPENAI_API_KEY".into(), choice: Choice::KeepStored };
    bench.call(answer).await.expect("the answer is taken");
    let bench = bench.restarted().await;
    let snapshot =
        bench.until("the app is shown", |snapshot| !snapshot.apps.is_empty() && !snapshot.links.is_empty()).await;
    assert_eq!(
        of(&snapshot, "OPENAI_API_KEY").prompt,
        Some(Prompt::SetAside { file: ".env".into(), line: 3 }),
        "set aside"
    );
    truncate_and_write(&path, &changed("7777"));
    bench
        .until("a third value asks again", |snapshot| {
            matches!(of(snapshot, "OPENAI_API_KEY").prompt, Some(Prompt::Changed { .. }))
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn turning_auto_sync_on_sends_what_was_asked_about() {
    let bench = Bench::new().await;
    let (path, _) = bench.import_sample(false).await;
    truncate_and_write(&path, &changed("9999"));
    let asked = bench.until("the row asks", |snapshot| of(snapshot, "OPENAI_API_KEY").prompt.is_some()).await;
    bench.call(SetAuto { link: asked.links[0].id.clone(), auto: true }).await.expect("the switch is turned");
    bench.until("it is synced", |snapshot| preview_of(snapshot, "OPENAI_API_KEY").ends_with("9999")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_vanish_at_once_pause_the_file_and_remove_nothing() {
    let bench = Bench::new().await;
    let (path, _) = bench.import_sample(true).await;
    truncate_and_write(&path, "OPENAI_API_KEY=sk-proj-sample-0123456789-0000\n");
    let paused =
        bench.until("the file is paused", |snapshot| matches!(snapshot.links[0].state, LinkState::Paused { .. })).await;
    assert!(
        matches!(&paused.links[0].state, LinkState::Paused { brake, long, .. } if brake == "keys_gone" && long == ".env lost 3 of 4 keys at once."),
        "with the brake's own words"
    );
    assert_eq!(preview_of(&paused, "OPENAI_API_KEY"), "sk-pro••••8b2a", "nothing of that read was taken");
    bench.call(Resume { link: paused.links[0].id.clone() }).await.expect("the creator takes it as it is");
    let taken = bench
        .until("the one line is synced", |snapshot| preview_of(snapshot, "OPENAI_API_KEY").ends_with("0000"))
        .await;
    assert_eq!(taken.apps[0].configured, 4, "the lines that are gone removed nothing");
    assert!(of(&taken, "AMADEUS_API_KEY").source.as_ref().is_some_and(|source| source.gone), "and the row says so");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_brake_clears_itself_when_the_next_read_is_whole() {
    let bench = Bench::new().await;
    let (path, _) = bench.import_sample(true).await;
    truncate_and_write(&path, "");
    bench.until("the file is paused", |snapshot| matches!(snapshot.links[0].state, LinkState::Paused { .. })).await;
    truncate_and_write(&path, &changed("1234"));
    let whole = bench.until("it goes on", |snapshot| preview_of(snapshot, "OPENAI_API_KEY").ends_with("1234")).await;
    assert!(!matches!(whole.links[0].state, LinkState::Paused { .. }), "the pause is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_gone_keeps_its_keys_and_comes_back() {
    let bench = Bench::new().await;
    let (path, _) = bench.import_sample(true).await;
    std::fs::remove_file(&path).expect("removed");
    let gone = bench.until("the file is gone", |snapshot| snapshot.links[0].state == LinkState::Gone).await;
    assert_eq!(gone.apps[0].configured, 4, "its keys stay");
    truncate_and_write(&path, &changed("4321"));
    bench.until("it is back", |snapshot| preview_of(snapshot, "OPENAI_API_KEY").ends_with("4321")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_no_env_are_refused_by_code() {
    let bench = Bench::new().await;
    let folder = bench.folder.path().to_owned();
    let large = bench.write("large", &"A=b\n".repeat(5 * 1024 * 1024 / 4));
    let prose = bench.write("prose", "This is a letter\nand no settings at all.\n");
    std::fs::write(folder.join("binary"), [0_u8, 159, 146, 150, 0, 0, 1, 2]).expect("written");
    let cases = [
        (folder.join("nowhere"), "file_missing"),
        (folder.clone(), "file_is_folder"),
        (large, "file_too_large"),
        (folder.join("binary"), "file_binary"),
        (prose, "file_not_env"),
    ];
    for (path, code) in cases {
        let refused = bench.preview(&path).await.expect_err("no .env");
        assert_eq!(refused.code, code, "{}", path.display());
        assert!(!refused.kept.is_empty() && !refused.next.is_empty(), "it says what was kept and what to do: {code}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_changed_since_its_preview_is_not_imported() {
    let bench = Bench::new().await;
    let path = bench.write(".env", SAMPLE);
    let preview = bench.preview(&path).await.expect("a preview");
    truncate_and_write(&path, &changed("0000"));
    let policies = std::collections::BTreeMap::new();
    let import = Import { preview: preview.id, policies, watch: false, auto: false };
    let refused = bench.call(import).await.expect_err("another file by now");
    assert_eq!(refused.code, "file_changed", "only what was shown is imported");
    assert!(bench.secret("OPENAI_API_KEY").await.preview.is_none(), "and nothing was stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_from_elsewhere_is_not_taken_back_by_a_watched_file() {
    let bench = Bench::new().await;
    bench.import_sample(true).await;
    let text = value("OPENAI_API_KEY=sk-proj-pasted-0123456789-cccc\n");
    let preview =
        bench.call(Preview { source: ImportSource::Text { text }, app: None, reader: None }).await.expect("read");
    let policies = std::collections::BTreeMap::new();
    bench.call(Import { preview: preview.id, policies, watch: false, auto: false }).await.expect("imported");
    bench.call(Sync { wait: true }).await.expect("sent");
    bench.call(Sync { wait: true }).await.expect("asked again, which reads every watched file");
    let snapshot = bench.look().await;
    assert_eq!(preview_of(&snapshot, "OPENAI_API_KEY"), "sk-pro••••cccc", "the pasted value stays current");
    assert_eq!(of(&snapshot, "OPENAI_API_KEY").version, 2, "and no version was made behind it");
    assert_eq!(snapshot.links[0].state, LinkState::SetAside { values: 1 }, "the file says that its value is set aside");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_leaves_set_aside_what_its_preview_called_set_aside() {
    let bench = Bench::new().await;
    let (path, _) = bench.import_sample(false).await;
    truncate_and_write(&path, &changed("9999"));
    bench.until("the row asks", |snapshot| of(snapshot, "OPENAI_API_KEY").prompt.is_some()).await;
    let answer = Answer { app: bench.app(), key: "OPENAI_API_KEY".into(), choice: Choice::KeepStored };
    bench.call(answer).await.expect("the answer is taken");
    let preview = bench.preview(&path).await.expect("a preview");
    assert_eq!((preview.rows[0].fate, preview.imports), (Fate::SetAside, 0), "the preview says so");
    let policies = std::collections::BTreeMap::new();
    bench.call(Import { preview: preview.id, policies, watch: true, auto: false }).await.expect("imported");
    assert_eq!(bench.secret("OPENAI_API_KEY").await.version, 1, "and the import does no more than that");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_takes_the_value_of_the_file_that_asks() {
    let bench = Bench::new().await;
    let (path, _) = bench.import_sample(false).await;
    truncate_and_write(&path, &changed("9999"));
    bench.until("the row asks", |snapshot| of(snapshot, "OPENAI_API_KEY").prompt.is_some()).await;
    let answer = |choice| Answer { app: bench.app(), key: "OPENAI_API_KEY".into(), choice };
    bench.call(answer(Choice::KeepStored)).await.expect("set aside");
    let other = bench.write(".env.local", "OPENAI_API_KEY=sk-proj-other-0123456789-dddd\n");
    let link = Link { path: other.display().to_string(), app: bench.app(), auto: false, reader: None };
    bench.call(link).await.expect("watched");
    let asked = bench.secret("OPENAI_API_KEY").await.prompt;
    assert_eq!(
        asked,
        Some(Prompt::Changed { file: ".env.local".into(), line: 1, replaces: true }),
        "the second file asks"
    );
    bench.call(answer(Choice::UseFile)).await.expect("taken");
    assert_eq!(preview_of(&bench.look().await, "OPENAI_API_KEY"), "sk-pro••••dddd", "and its value is the one taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_on_its_way_is_not_decided_again_by_the_next_read() {
    let bench = Bench::new().await;
    let (path, _) = bench.import_sample(true).await;
    for round in 0..3 {
        // Saved again before Floom acknowledged the save before it.
        truncate_and_write(&path, &changed(&format!("{round}{round}{round}{round}")));
        truncate_and_write(&path, &changed("9999"));
    }
    bench.call(Sync { wait: true }).await.expect("sent");
    bench.until("the last save", |snapshot| preview_of(snapshot, "OPENAI_API_KEY").ends_with("9999")).await;
    let told = bench.look().await.activity;
    let again: Vec<_> = told.iter().filter(|line| line.what == "send_decided").collect();
    assert!(again.is_empty(), "nothing is decided twice: {again:?}");
    let given_up = told.iter().filter(|line| line.what == "never_sent" && line.title != "OPENAI_API_KEY").count();
    assert_eq!(given_up, 0, "and no change that is wanted is called never sent");
}
