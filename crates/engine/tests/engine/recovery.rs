//! Keys, kits and copies: replaced, proven, and the vault opened from them.

use std::path::PathBuf;

use floom_keychain::{Keychain, State};
use floom_protocol::Failure;
use floom_protocol::command::{
    AcceptOlder, AcceptRestored, ChangePassphrase, History, Lock, MakeVault, NewRecoveryKit, RestoreGoodCopy,
    RestoreVault, RotateKeys, SetValue, StartAnew, Sync, TestRecovery, Unlock, VerifyReceipts,
};
use floom_protocol::view::{SyncView, VaultView};
use floom_secret::SecretValue;
use floom_vault::{Source, Vault, VaultError};

use crate::bench::{Bench, SAMPLE, of, value};

const KEY: &str = "OPENAI_API_KEY";
const PASSPHRASE: &str = "six words are a good passphrase";

impl Bench {
    async fn kit(&self, replace: bool) -> (PathBuf, SecretValue) {
        let path = self.folder.path().join("kit");
        let made = self.call(NewRecoveryKit { path: path.display().to_string(), replace }).await.expect("a kit");
        let groups: Vec<&str> = made.groups.iter().map(|group| group.0.expose()).collect();
        assert_eq!(groups.len(), 7, "a code has seven groups");
        (path, value(&groups.join("-")))
    }

    async fn test(&self, path: &std::path::Path, code: SecretValue) -> Result<u64, Failure> {
        Ok(self.call(TestRecovery { path: path.display().to_string(), code }).await?.values)
    }

    async fn what(&self) -> Vec<String> {
        self.look().await.activity.into_iter().map(|line| line.what).collect()
    }

    pub(crate) fn vault(&self) -> PathBuf {
        self.folder.path().join("vault/vault.sqlite")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kit_is_made_proven_and_never_replaced_unasked() {
    let bench = Bench::new().await;
    bench.import_sample(true).await;
    let (path, code) = bench.kit(false).await;
    let made = bench.look().await.recovery.expect("the kit is shown");
    assert_eq!(made.tested_at, None, "a kit that nobody tried is not proven");
    assert_eq!(bench.test(&path, code.duplicate()).await.expect("a drill"), 4, "four values opened");
    assert!(bench.look().await.recovery.is_some_and(|kit| kit.tested_at.is_some()), "and the date is set");

    let mut typo: Vec<char> = code.expose().chars().collect();
    typo[0] = if typo[0] == '7' { '8' } else { '7' };
    let refused = bench.test(&path, value(&typo.into_iter().collect::<String>())).await.expect_err("a typo");
    assert_eq!(refused.code, "recovery_code_mistyped", "a wrong character is found");
    let again = NewRecoveryKit { path: path.with_extension("2").display().to_string(), replace: false };
    assert_eq!(bench.call(again).await.expect_err("there is a kit").code, "recovery_kit_exists", "it is kept");
    let taken = bench.write("taken", "a letter");
    let over = NewRecoveryKit { path: taken.display().to_string(), replace: false };
    assert_eq!(bench.call(over).await.expect_err("a file is there").code, "file_exists", "and no file is replaced");
    assert_eq!(std::fs::read_to_string(&taken).expect("the file"), "a letter", "it holds what it held");

    let (_, newer) = bench.kit(true).await;
    let refused = bench.test(&path, code).await.expect_err("the old code");
    assert_eq!(refused.code, "recovery_code_wrong", "the old code does not open the new file");
    bench.test(&path, newer).await.expect("the new one does");
    let what = bench.what().await;
    for receipt in ["recovery_kit_made", "recovery_proven", "recovery_kit_replaced"] {
        assert!(what.iter().any(|what| what == receipt), "{receipt} is in the record");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kit_of_another_vault_proves_nothing_here() {
    let (bench, other) = (Bench::new().await, Bench::new().await);
    bench.kit(false).await;
    let (path, code) = other.kit(false).await;
    let refused = bench.test(&path, code).await.expect_err("another vault's");
    assert_eq!(refused.code, "recovery_kit_foreign", "it opens, and is said to be another's");
    assert!(bench.look().await.recovery.is_some_and(|kit| kit.tested_at.is_none()), "this vault's kit is not proven");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_rotated_and_everything_opens_after_a_restart() {
    let bench = Bench::new().await;
    bench.import_sample(true).await;
    let (path, code) = bench.kit(false).await;
    let done = bench.call(RotateKeys { data_keys: false }).await.expect("the key is replaced");
    assert_eq!((done.resealed, done.left.len()), (0, 0), "the key alone seals no value anew");
    let done = bench.call(RotateKeys { data_keys: true }).await.expect("all keys are replaced");
    assert_eq!((done.resealed, done.left.len()), (4, 0), "every version is sealed anew");
    let bench = bench.restarted().await;
    bench.until("the values are there", |snapshot| snapshot.apps.first().is_some_and(|app| app.configured == 4)).await;
    assert_eq!(bench.test(&path, code).await.expect("a drill"), 4, "the kit outlives rotations");
    let what = bench.what().await;
    assert_eq!(what.iter().filter(|what| *what == "key_rotated").count(), 2, "both rotations are in the record");
    assert!(what.iter().any(|what| what == "data_keys_rotated"), "and the data keys'");
    let chain = bench.call(VerifyReceipts {}).await.expect("a walk");
    assert_eq!((chain.code.as_str(), chain.breaks_at), ("receipts_whole", None), "the chain is whole");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_without_its_key_opens_with_the_code_and_nothing_is_missing() {
    let bench = Bench::new().await;
    bench.import_sample(true).await;
    let (_, code) = bench.kit(false).await;
    let set = SetValue { app: bench.app(), key: KEY.into(), policy: None, value: value("sk-proj-after-the-kit-7777") };
    bench.call(set).await.expect("stored after the kit was made");
    bench.call(Sync { wait: true }).await.expect("sent");
    let bench = Bench { keychain: Keychain::in_memory(), ..bench }.restarted().await;
    assert!(matches!(bench.look().await.vault, VaultView::Stopped { failure } if failure.code == "vault_key_missing"));
    let wrong = RestoreVault { kit: None, code: value("00000-00000"), passphrase: None };
    assert_eq!(bench.call(wrong).await.expect_err("no code").code, "recovery_code_mistyped", "a wrong code is refused");
    let right = RestoreVault { kit: None, code, passphrase: None };
    assert_eq!(bench.call(right).await.expect("open again").values, 5, "the value that came after the kit is there");
    let bench = bench.restarted().await;
    bench.until("it opens by itself", |snapshot| snapshot.vault == VaultView::Open).await;
    assert!(bench.look().await.notices.is_empty(), "nothing is to be reviewed: it is the same file");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_vault_asks_and_sends_nothing_until_the_creator_looked() {
    let bench = Bench::new().await;
    let (file, _) = bench.import_sample(true).await;
    let (kit, code) = bench.kit(false).await;
    let kit = kit.display().to_string();
    let open = RestoreVault { kit: Some(kit.clone()), code: code.duplicate(), passphrase: None };
    assert_eq!(bench.call(open).await.expect_err("a vault is here").code, "vault_exists", "an open vault is kept");
    bench.engine.stop().await;
    std::fs::remove_dir_all(bench.folder.path().join("vault")).expect("the vault is lost");
    let bench = bench.restarted().await;
    let restore = RestoreVault { kit: Some(kit), code, passphrase: None };
    assert_eq!(bench.call(restore).await.expect("restored").values, 4, "every value is back");
    std::fs::write(&file, SAMPLE.replace("8b2a", "9999")).expect("the file is saved");
    let asked = bench.until("the file asks", |snapshot| {
        snapshot.apps.first().is_some_and(|app| app.secrets.iter().any(|one| one.key == KEY && one.prompt.is_some()))
    });
    let snapshot = asked.await;
    assert_eq!(of(&snapshot, KEY).version, 1, "although Auto-sync is on, nothing is taken");
    assert_eq!(snapshot.notices.first().map(|notice| notice.code.as_str()), Some("vault_restored"), "it says why");
    let set = |text| SetValue { app: bench.app(), key: "STRIPE_SECRET_KEY".into(), policy: None, value: value(text) };
    bench.call(set("sk_test_typed-after-the-restore")).await.expect("stored");
    let report = bench.call(Sync { wait: true }).await.expect("a report");
    assert_eq!(report.waiting, 1, "what is decided waits");
    assert_eq!(report.failure.map(|failure| failure.code).as_deref(), Some("vault_restored"), "and it is said why");
    bench.call(AcceptRestored {}).await.expect("accepted");
    bench
        .until("both are sent", |snapshot| {
            let sent =
                |key, version| of(snapshot, key).version == version && of(snapshot, key).sync == SyncView::Synced;
            sent(KEY, 2) && sent("STRIPE_SECRET_KEY", 2)
        })
        .await;
    let bench = bench.restarted().await;
    bench.until("it is open", |snapshot| snapshot.vault == VaultView::Open).await;
    assert!(bench.look().await.notices.is_empty(), "the review is over for good");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_file_put_back_is_noticed_read_and_not_sent_from() {
    let bench = Bench::new().await;
    bench.import_sample(true).await;
    bench.engine.stop().await;
    let old = std::fs::read(bench.vault()).expect("the vault file");
    let bench = bench.restarted().await;
    let set = |text| SetValue { app: bench.app(), key: KEY.into(), policy: None, value: value(text) };
    bench.call(set("sk-proj-newer-0123456789-5555")).await.expect("stored");
    bench.call(Sync { wait: true }).await.expect("sent");
    bench.engine.stop().await;
    for log in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(bench.vault().with_file_name(format!("vault.sqlite{log}")));
    }
    std::fs::write(bench.vault(), old).expect("the older file is put back");
    let bench = bench.restarted().await;
    let snapshot = bench.until("it is noticed", |snapshot| !snapshot.notices.is_empty()).await;
    assert_eq!(snapshot.notices[0].code, "vault_rolled_back", "the file is older than the note");
    bench.until("reads go on", |snapshot| snapshot.apps.first().is_some_and(|app| app.configured == 4)).await;
    // Floom has what the newer vault sent: the creator is shown that before deciding anew.
    bench.call(Sync { wait: true }).await.expect("asked");
    bench.until("what Floom has is shown", |snapshot| of(snapshot, KEY).sync == SyncView::FloomOnly).await;
    let set =
        SetValue { app: bench.app(), key: KEY.into(), policy: None, value: value("sk-proj-third-0123456789-3333") };
    bench.call(set).await.expect("stored");
    assert_eq!(bench.call(Sync { wait: true }).await.expect("a report").waiting, 1, "nothing is sent from it");
    let chain = bench.call(VerifyReceipts {}).await.expect("a walk");
    assert!(chain.breaks_at.is_some() && chain.code != "receipts_whole", "the walk finds it too: {}", chain.found);
    bench.call(AcceptOlder {}).await.expect("accepted");
    bench.until("it is sent", |snapshot| of(snapshot, KEY).sync == SyncView::Synced).await;
    let bench = bench.restarted().await;
    bench.until("it is open", |snapshot| snapshot.vault == VaultView::Open).await;
    let chain = bench.call(VerifyReceipts {}).await.expect("a walk");
    assert_eq!(chain.code, "receipts_whole", "and is the newest from then on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_file_is_kept_and_the_good_copy_takes_its_place() {
    let bench = Bench::new().await;
    bench.import_sample(true).await;
    let refused = bench.call(RestoreGoodCopy {}).await.expect_err("the vault is whole");
    assert_eq!(refused.code, "vault_exists", "a vault that opens is not replaced");
    bench.engine.stop().await;
    std::fs::write(bench.vault(), "not a vault").expect("the file is spoilt");
    let bench = bench.restarted().await;
    let VaultView::Stopped { failure } = bench.look().await.vault else { panic!("a spoilt file must stop the vault") };
    assert!(failure.code == "vault_damaged" && failure.next.contains("good copy"), "the copy is offered: {failure:?}");
    let kept = bench.call(RestoreGoodCopy {}).await.expect("put back").kept.expect("the file is kept");
    assert_eq!(std::fs::read_to_string(kept).expect("it is there"), "not a vault", "byte for byte");
    bench.until("the values are back", |snapshot| snapshot.apps.first().is_some_and(|app| app.configured == 4)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_under_a_passphrase_opens_with_nothing_else() {
    let bench = Bench::new().await;
    bench.import_sample(true).await;
    let (kit, code) = bench.kit(false).await;
    bench.engine.stop().await;
    std::fs::remove_dir_all(bench.folder.path().join("vault")).expect("the vault is lost");
    let bench = Bench { keychain: Keychain::in_memory(), ..bench }.restarted().await;
    let kit = Some(kit.display().to_string());
    let short = RestoreVault { kit: kit.clone(), code: code.duplicate(), passphrase: Some(value("short")) };
    assert_eq!(bench.call(short).await.expect_err("too short").code, "passphrase_too_short", "a guess would open it");
    let restore = RestoreVault { kit, code, passphrase: Some(value(PASSPHRASE)) };
    bench.call(restore).await.expect("restored");
    let refused = bench.call(RotateKeys { data_keys: false }).await.expect_err("no key in the keychain");
    assert_eq!(refused.code, "vault_opens_with_passphrase", "there is no key in the keychain to replace");
    let newer = "another six words for this vault";
    let change = |old: &str| ChangePassphrase { old: value(old), new: value(newer) };
    assert_eq!(bench.call(change(newer)).await.expect_err("not the old one").code, "wrong_passphrase", "it is checked");
    bench.call(change(PASSPHRASE)).await.expect("changed");
    let bench = bench.restarted().await;
    assert_eq!(bench.look().await.vault, VaultView::Locked { passphrase: true }, "nothing opens it by itself");
    let unlock = |text: Option<&str>| Unlock { passphrase: text.map(value) };
    assert_eq!(bench.call(unlock(None)).await.expect_err("none given").code, "vault_locked", "it asks for it");
    assert_eq!(bench.call(unlock(Some(PASSPHRASE))).await.expect_err("the old one").code, "wrong_passphrase");
    bench.call(unlock(Some(newer))).await.expect("open");
    bench.until("the values are there", |snapshot| snapshot.vault == VaultView::Open).await;
    bench.call(Lock {}).await.expect("locked");
    assert_eq!(bench.look().await.vault, VaultView::Locked { passphrase: true }, "a lock says how it opens again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_vault_takes_no_old_one_away() {
    let bench = Bench::new().await;
    bench.import_sample(true).await;
    assert_eq!(bench.call(StartAnew {}).await.expect_err("it opens").code, "vault_exists", "an open vault is kept");
    let old = bench.keychain.clone();
    let bench = Bench { keychain: Keychain::in_memory(), ..bench }.restarted().await;
    let first = bench.call(MakeVault { passphrase: None }).await.expect_err("a file is there");
    assert_eq!(first.code, "vault_key_missing", "a file whose key is gone is no first use");
    let kept = bench.call(StartAnew {}).await.expect("anew").kept.expect("the old file is kept");
    assert_eq!(bench.look().await.vault, VaultView::Open, "the new vault is open");
    bench.engine.stop().await;
    std::fs::rename(kept, bench.vault()).expect("moved back");
    let bench = Bench { keychain: old, ..bench }.restarted().await;
    bench.until("the old vault opens", |snapshot| snapshot.apps.first().is_some_and(|app| app.configured == 4)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_before_its_receipt_is_noted_in_the_keychain() {
    let bench = Bench::new().await;
    bench.keychain.set_state(State::Locked);
    let set = SetValue { app: bench.app(), key: KEY.into(), policy: None, value: value("sk-proj-waits-0123456789") };
    bench.call(set).await.expect("stored");
    let report = bench.call(Sync { wait: true }).await.expect("a report");
    assert_eq!(report.waiting, 1, "the first value after an unlock waits for the note");
    assert_eq!(report.failure.map(|failure| failure.code).as_deref(), Some("keychain_locked"), "and it is said why");
    assert_eq!(bench.secret(KEY).await.version, 1, "it is stored");
    bench.keychain.set_state(State::Ready);
    let bench = bench.restarted().await;
    bench
        .until("it is sent after the next unlock", |snapshot| {
            snapshot.apps.first().is_some_and(|app| app.secrets.iter().any(|one| one.sync == SyncView::Synced))
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn values_past_their_time_go_once_a_day_each_with_a_receipt() {
    let bench = Bench::new().await;
    bench.import_sample(false).await;
    bench.engine.stop().await;
    let now = jiff::Timestamp::now();
    let days_ago = |days: i64| now - jiff::SignedDuration::from_hours(24 * days);
    let versions = {
        let mut vault = Vault::open(&bench.vault(), &bench.keychain).expect("the vault opens");
        let app = vault.apps().expect("apps")[0].id;
        let stored = vault.transaction(|tx| {
            let secret = tx.find_secret(app, KEY)?.expect("it is there").id;
            for day in 0..12 {
                let text = format!("an old value, number {day}");
                tx.put_value(secret, &SecretValue::new(text), &Source::Typed, days_ago(200 - day))?;
            }
            tx.set_setting("pruned_at", &days_ago(2).to_string())?;
            Ok::<_, VaultError>(secret)
        });
        vault.versions(stored.expect("they are stored")).expect("versions").len()
    };
    assert_eq!(versions, 13, "there are more than are kept");
    let bench = bench.restarted().await;
    let history = || bench.call(History { app: bench.app(), key: KEY.into() });
    let kept = history().await.expect("a history").len();
    assert_eq!(kept, 11, "ten are kept however old they are, and the one that Floom holds");
    assert_eq!(bench.what().await.iter().filter(|what| *what == "version_pruned").count(), 2, "each that went is told");
    let bench = bench.restarted().await;
    let again = bench.call(History { app: bench.app(), key: KEY.into() }).await.expect("a history").len();
    assert_eq!(again, kept, "and no more the same day");
}
