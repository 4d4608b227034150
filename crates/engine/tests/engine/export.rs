//! Exports and versions: written, read back, restored.

use std::collections::BTreeMap;

use floom_protocol::command::{
    Environment, Export, ExportPlain, History, Import, Preview, Remove, RestoreRemoved, RestoreVersion, SealedFor,
    SetValue, Sync,
};
use floom_protocol::import::{Fate, ImportSource};
use floom_protocol::view::SyncView;

use crate::bench::{Bench, of, preview_of, value};

const KEY: &str = "OPENAI_API_KEY";
const PASSPHRASE: &str = "a passphrase of an export";

fn from(path: &str, opens: &str) -> Preview {
    let source = ImportSource::Export { path: path.to_owned(), opens: value(opens), slug: None };
    Preview { source, app: None, reader: None }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_encrypted_and_another_vault_imports_it() {
    let (bench, other) = (Bench::new().await, Bench::new().await);
    bench.import_sample(true).await;
    let path = bench.folder.path().join("export.age").display().to_string();
    let export = || Export {
        path: path.clone(),
        app: Some(bench.app()),
        history: false,
        sealed_for: SealedFor::Passphrase(value(PASSPHRASE)),
    };
    let report = bench.call(export()).await.expect("exported");
    assert_eq!((report.apps, report.values, report.left_out.len()), (1, 4, 0), "four values of one app");
    let sealed = std::fs::read(&path).expect("the file");
    assert!(sealed.starts_with(b"age-encryption.org/"), "it is a file of age");
    assert!(!sealed.windows(9).any(|bytes| bytes == b"sk-proj-s"), "no value is in it in clear");
    assert_eq!(bench.call(export()).await.expect_err("it is there").code, "file_exists", "no file is replaced");
    let activity = bench.look().await.activity;
    let receipt = activity.iter().find(|line| line.what == "exported").expect("a receipt");
    assert!(receipt.text.starts_with("4 values") && !receipt.text.contains("sk-"), "it counts: {}", receipt.text);

    let wrong = other.call(from(&path, "not the passphrase")).await.expect_err("a wrong passphrase");
    assert_eq!(wrong.code, "export_wrong_passphrase", "it is said");
    let identity = "AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ";
    let wrong = other.call(from(&path, identity)).await.expect_err("an identity");
    assert_eq!(wrong.code, "export_needs_passphrase", "what opens it is named");
    let text = other.write("not.age", "A=1\n").display().to_string();
    assert_eq!(other.call(from(&text, "x")).await.expect_err("no export").code, "export_not_one", "it is no export");

    let preview = other.call(from(&path, PASSPHRASE)).await.expect("a preview");
    assert_eq!(preview.imports, 4, "four keys would be imported");
    assert!(preview.rows.iter().all(|row| row.fate == Fate::New), "all of them new");
    let import = Import { preview: preview.id, policies: BTreeMap::new(), watch: true, auto: false };
    let report = other.call(import).await.expect("imported");
    assert!(report.added.len() == 4 && !report.watched, "an export is imported, and not watched");
    let all = |snapshot: &floom_protocol::view::Snapshot| {
        snapshot.apps[0].secrets.iter().filter(|secret| secret.sync == SyncView::Synced).count() == 4
    };
    let snapshot = other.until("Floom has them", all).await;
    assert_eq!(preview_of(&snapshot, KEY), "sk-pro••••8b2a", "with the values that were exported");
    let history = other.call(History { app: other.app(), key: KEY.into() }).await.expect("a history");
    assert_eq!(history[0].source, "imported", "and where they came from");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_for_nobody_is_not_written() {
    let bench = Bench::new().await;
    let path = bench.folder.path().join("export.age");
    for (sealed_for, code) in [
        (SealedFor::Passphrase(value("")), "export_passphrase_empty"),
        (SealedFor::Recipient("age1nobody".into()), "export_recipient_invalid"),
    ] {
        let export = Export { path: path.display().to_string(), app: None, history: true, sealed_for };
        assert_eq!(bench.call(export).await.expect_err("refused").code, code, "nobody could open it");
    }
    assert!(!path.exists(), "and no file was made");
    assert!(bench.look().await.activity.iter().all(|line| line.what != "exported"), "nor a receipt");
}

#[tokio::test(flavor = "multi_thread")]
async fn values_leave_in_clear_only_with_the_typed_name_and_a_receipt() {
    let bench = Bench::new().await;
    bench.import_sample(true).await;
    let plain = |typed: &str| ExportPlain { app: bench.app(), typed: typed.into() };
    assert_eq!(bench.call(plain("yes")).await.expect_err("not its name").code, "app_name_not_typed");
    let variables = bench.call(plain(" flyfast ")).await.expect("its name");
    assert_eq!(variables.len(), 4, "every value is given");
    bench.call(Environment { app: bench.app() }).await.expect("an environment");
    let activity = bench.look().await.activity;
    for what in ["exported_plain", "values_handed_out"] {
        let line = activity.iter().find(|line| line.what == what).expect("a receipt");
        assert!(line.text.starts_with("4 values"), "{what} counts them: {}", line.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_version_and_a_removed_value_come_back() {
    let bench = Bench::new().await;
    let set = |text| SetValue { app: bench.app(), key: KEY.into(), policy: None, value: value(text) };
    for text in ["sk-proj-first-0123456789-1111", "sk-proj-second-0123456789-2222", "sk-proj-third-0123456789-3333"] {
        bench.call(set(text)).await.expect("stored");
    }
    let restore = |version| RestoreVersion { app: bench.app(), key: KEY.into(), version };
    assert_eq!(bench.call(restore(9)).await.expect_err("none").code, "version_unknown", "there is no version 9");
    assert_eq!(bench.call(restore(3)).await.expect_err("current").code, "version_is_current", "it is there already");
    bench.call(restore(1)).await.expect("restored");
    let snapshot = bench.until("it is sent", |snapshot| of(snapshot, KEY).sync == SyncView::Synced).await;
    assert_eq!((preview_of(&snapshot, KEY).as_str(), of(&snapshot, KEY).version), ("sk-pro••••1111", 4));
    let history = bench.call(History { app: bench.app(), key: KEY.into() }).await.expect("a history");
    assert_eq!(history[0].kept, None, "the current one needs no word");
    let kept = history[1].kept.as_deref().unwrap_or_default();
    assert!(kept.starts_with("kept encrypted here until "), "the others say how long they are kept: {kept}");

    let back = || RestoreRemoved { app: bench.app(), key: KEY.into() };
    assert_eq!(bench.call(back()).await.expect_err("it is there").code, "nothing_removed", "nothing to take back");
    bench.call(Remove { app: bench.app(), key: KEY.into() }).await.expect("removed");
    bench.call(Sync { wait: true }).await.expect("sent");
    bench.call(back()).await.expect("taken back");
    let snapshot = bench.until("it is sent again", |snapshot| of(snapshot, KEY).sync == SyncView::Synced).await;
    assert_eq!((preview_of(&snapshot, KEY).as_str(), of(&snapshot, KEY).version), ("sk-pro••••1111", 4));
}
