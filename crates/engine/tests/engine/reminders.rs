//! Values that became old, and what the creator says to that.

use floom_protocol::command::{Remind, Reminder, Sync};
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
