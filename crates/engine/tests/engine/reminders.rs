//! Values that became old, and what the creator says to that.

use floom_protocol::command::{AcceptExposure, Remind, Reminder, Sync};
use floom_protocol::view::{Prompt, Snapshot};
use floom_secret::SecretValue;
use floom_vault::{Source, Vault, VaultError};
use jiff::{SignedDuration, Timestamp};

use crate::bench::{Bench, of};

const KEY: &str = "OPENAI_API_KEY";

/// The sample, with a value of `KEY` that is 100 days old.
async fn aged() -> Bench {
    let bench = Bench::new().await;
    bench.import_sample(false).await;
    bench.engine.stop().await;
    {
        let mut vault = Vault::open(&bench.vault(), &bench.keychain).expect("the vault opens");
        let app = vault.apps().expect("apps")[0].id;
        let at = Timestamp::now() - SignedDuration::from_hours(24 * 100);
        let value = SecretValue::new("sk-proj-aged-0123456789-3333".to_owned());
        let stored = vault.transaction(|tx| {
            let secret = tx.find_secret(app, KEY)?.expect("it is there").id;
            tx.put_value(secret, &value, &Source::Typed, at)?;
            for link in tx.links()? {
                tx.remove_link(link.id)?;
            }
            Ok::<_, VaultError>(())
        });
        stored.expect("stored");
    }
    let bench = bench.restarted().await;
    bench.until("the app is shown", |snapshot| !snapshot.apps.is_empty()).await;
    bench
}

fn days(snapshot: &Snapshot) -> Option<u32> {
    match &of(snapshot, KEY).prompt {
        Some(Prompt::Old { days, .. }) => Some(*days),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_value_reminds_until_the_creator_says_later_or_never() {
    let bench = aged().await;
    let shown = bench.until("it reminds", |snapshot| days(snapshot) == Some(100)).await;
    let Some(Prompt::Old { page, .. }) = &of(&shown, KEY).prompt else { panic!("it is a reminder") };
    assert_eq!(page.as_deref(), Some("https://platform.openai.com/api-keys"), "the provider's page is known");
    assert!(of(&shown, "AMADEUS_API_KEY").prompt.is_none(), "a fresh value reminds of nothing");

    let remind = |when| Remind { app: bench.app(), key: KEY.into(), when };
    bench.call(remind(Reminder::Later)).await.expect("put off");
    bench.until("it is quiet", |snapshot| days(snapshot).is_none()).await;
    let bench = bench.restarted().await;
    bench.until("the app is shown", |snapshot| !snapshot.apps.is_empty()).await;
    bench.call(Sync { wait: true }).await.expect("nothing to send");
    assert_eq!(days(&bench.look().await), None, "also after a restart");

    let remind = |when| Remind { app: bench.app(), key: KEY.into(), when };
    bench.call(remind(Reminder::Every { days: 60 })).await.expect("an interval of its own");
    bench.until("it reminds again", |snapshot| days(snapshot) == Some(100)).await;
    bench.call(remind(Reminder::Never)).await.expect("never");
    bench.until("it is quiet for good", |snapshot| days(snapshot).is_none()).await;
    let refused = bench.call(remind(Reminder::Every { days: 0 })).await.expect_err("no interval");
    assert_eq!(refused.code, "reminder_invalid", "an interval of nothing is refused");
    let refused = bench.call(Remind { key: "NOBODY_S".into(), ..remind(Reminder::Never) }).await.expect_err("unknown");
    assert_eq!(refused.code, "secret_unknown", "a secret that is not there is refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_stands_in_git_is_said_until_it_is_another_or_may_be_there() {
    let bench = Bench::new().await;
    let folder = bench.folder.path().to_owned();
    let git = |arguments: &[&str]| {
        let who = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "core.hooksPath=/dev/null"];
        let mut command = std::process::Command::new("git");
        command.args(who).args(arguments).current_dir(&folder).stdout(std::process::Stdio::null());
        command.env("HOME", &folder).env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
        assert!(command.status().expect("git is there").success(), "git {arguments:?}");
    };
    git(&["init", "-q", "-b", "main"]);
    std::fs::write(folder.join("client.py"), "KEY = 'sk-proj-sample-0123456789-8b2a'\n").expect("written");
    git(&["add", "client.py"]);
    git(&["commit", "-q", "-m", "one"]);
    let (path, _) = bench.import_sample(true).await;
    let exposed = |snapshot: &Snapshot, key: &str| match &of(snapshot, key).prompt {
        Some(Prompt::Exposed { file, .. }) => Some(file.clone()),
        _ => None,
    };
    let shown = bench.until("it is said", |snapshot| exposed(snapshot, KEY).is_some()).await;
    assert_eq!(exposed(&shown, KEY).as_deref(), Some("client.py"), "with the file that has it");
    assert_eq!(exposed(&shown, "AMADEUS_API_KEY"), None, "a value that is nowhere is not");
    let told = shown.activity.iter().find(|line| line.what == "exposure_found").expect("it is in the receipts");
    assert!(!told.text.contains("sk-proj"), "without the value: {}", told.text);

    let accept = |key: &str| AcceptExposure { app: bench.app(), key: key.into() };
    let refused = bench.call(accept("AMADEUS_API_KEY")).await.expect_err("it was not found");
    assert_eq!(refused.code, "nothing_exposed", "only what was found can be accepted");
    bench.call(accept(KEY)).await.expect("accepted");
    bench.until("it is quiet", |snapshot| exposed(snapshot, KEY).is_none()).await;

    std::fs::write(folder.join("client.py"), "KEY = 'sk-proj-sample-0123456789-7777'\n").expect("written");
    std::fs::write(&path, crate::bench::SAMPLE.replace("8b2a", "7777")).expect("saved");
    bench
        .until("another value is said again, once its grace is over or undone", |snapshot| {
            snapshot.activity.iter().filter(|line| line.what == "exposure_found").count() == 2
        })
        .await;
}
