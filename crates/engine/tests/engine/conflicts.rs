//! A secret that somebody else changes on Floom, and this vault too.

use floom_client::{BaseUrl, Client, Put};
use floom_protocol::command::{Answer, Choice, Remove, SetValue, Sync};
use floom_protocol::view::{Prompt, Snapshot, SyncView};
use floom_secret::SecretValue;
use uuid::Uuid;

use crate::bench::{Bench, SAMPLE, of, value};

const KEY: &str = "OPENAI_API_KEY";

/// The same account on another computer.
struct Elsewhere(Client);

impl Elsewhere {
    async fn of(bench: &Bench) -> Self {
        let url = bench.look().await.connections[0].url.clone().expect("Local Floom has an address");
        Self(Client::new(BaseUrl::parse(&url).expect("loopback"), Some(bench.local.token())).expect("a client"))
    }

    async fn version(&self) -> u32 {
        let secrets = self.0.secrets("flyfast").await.expect("asked").secrets;
        let entry = secrets.into_iter().find(|secret| secret.key == KEY).expect("it is declared");
        entry.value.map_or(0, |value| value.version)
    }

    async fn put(&self, text: &str) {
        let key = self.0.sealing_key("flyfast").await.expect("a key");
        let sealed = key.seal(KEY, &SecretValue::new(text.into())).expect("sealed");
        let expected_version = Some(self.version().await);
        let put = Put { policy: None, sealed: Some(sealed), expected_version, grace: None };
        self.0.put_secret("flyfast", KEY, &put, Uuid::new_v4()).await.expect("put");
    }

    async fn remove(&self) {
        self.0.remove_secret("flyfast", KEY, self.version().await, Uuid::new_v4()).await.expect("removed");
    }
}

fn conflict(snapshot: &Snapshot) -> bool {
    let secret = of(snapshot, KEY);
    secret.sync == SyncView::Conflict && matches!(secret.prompt, Some(Prompt::Conflict { .. }))
}

async fn pick(bench: &Bench, choice: Choice) {
    bench.call(Answer { app: bench.app(), key: KEY.into(), choice }).await.expect("picked");
}

async fn synced(bench: &Bench) {
    bench.until("it is synced", |snapshot| of(snapshot, KEY).sync == SyncView::Synced).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_does_not_replace_what_somebody_else_brought_to_floom() {
    let bench = Bench::new().await;
    let (_, _) = bench.import_sample(true).await;
    let elsewhere = Elsewhere::of(&bench).await;
    elsewhere.put("sk-proj-elsewhere-0123456789-0001").await;
    let theirs = elsewhere.version().await;

    bench.write(".env", &SAMPLE.replace("8b2a", "mine"));
    let asked = bench.until("both sides are asked about", conflict).await;
    let prompt = Prompt::Conflict { file: Some(".env".into()), line: 3, removed_there: false, removes: false };
    assert_eq!(of(&asked, KEY).prompt, Some(prompt), "with the place of the change here");
    bench.call(Sync { wait: true }).await.expect("asked once more");
    assert_eq!(elsewhere.version().await, theirs, "nothing was sent, nor by syncing again");

    let bench = bench.restarted().await;
    bench.until("after a restart it is asked still", |snapshot| !snapshot.apps.is_empty() && conflict(snapshot)).await;
    pick(&bench, Choice::UseFile).await;
    synced(&bench).await;
    assert_eq!(elsewhere.version().await, theirs + 1, "the value from here is made on top of theirs, once");
}

#[tokio::test(flavor = "multi_thread")]
async fn floom_s_value_can_be_kept_and_the_next_change_is_made_on_top_of_it() {
    let bench = Bench::new().await;
    let (_, _) = bench.import_sample(true).await;
    let elsewhere = Elsewhere::of(&bench).await;
    elsewhere.put("sk-proj-elsewhere-0123456789-0001").await;
    let theirs = elsewhere.version().await;
    bench.call(Sync { wait: true }).await.expect("asked");
    let seen = bench.until("it is noticed", |snapshot| of(snapshot, KEY).sync == SyncView::FloomOnly).await;
    assert_eq!(of(&seen, KEY).preview, None, "what is stored here is not what Floom has");
    assert!(seen.activity.iter().any(|line| line.text == "changed on Floom"), "the activity tells");

    bench.write(".env", &SAMPLE.replace("8b2a", "mine"));
    bench.until("both sides are asked about", conflict).await;
    pick(&bench, Choice::KeepFloom).await;
    bench.until("only Floom has it", |snapshot| of(snapshot, KEY).sync == SyncView::FloomOnly).await;
    bench.call(Sync { wait: true }).await.expect("asked once more");
    assert_eq!(elsewhere.version().await, theirs, "it is kept");

    bench.write(".env", &SAMPLE.replace("8b2a", "next"));
    synced(&bench).await;
    assert_eq!(elsewhere.version().await, theirs + 1, "a change decided since is a change of what was kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_did_not_change_sends_nothing_over_another_value() {
    let bench = Bench::new().await;
    let (path, _) = bench.import_sample(true).await;
    let elsewhere = Elsewhere::of(&bench).await;
    elsewhere.put("sk-proj-elsewhere-0123456789-0001").await;
    let theirs = elsewhere.version().await;
    bench.call(Sync { wait: true }).await.expect("asked");
    std::fs::write(&path, format!("{SAMPLE}# a comment\nNEW_KEY=one\n")).expect("written");
    bench.until("the file was read", |snapshot| snapshot.apps[0].secrets.iter().any(|row| row.key == "NEW_KEY")).await;
    bench.call(Sync { wait: true }).await.expect("sent what waits");
    assert_eq!(elsewhere.version().await, theirs, "its line is as it was");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_there_and_a_change_here_are_asked_about() {
    let bench = Bench::new().await;
    let (_, _) = bench.import_sample(true).await;
    let elsewhere = Elsewhere::of(&bench).await;
    elsewhere.remove().await;
    bench.write(".env", &SAMPLE.replace("8b2a", "mine"));
    let asked = bench.until("both sides are asked about", conflict).await;
    assert!(
        matches!(of(&asked, KEY).prompt, Some(Prompt::Conflict { removed_there: true, .. })),
        "that it was removed is said: {:?}",
        of(&asked, KEY).prompt
    );
    pick(&bench, Choice::KeepFloom).await;
    bench.until("it is missing", |snapshot| of(snapshot, KEY).sync == SyncView::Missing).await;
    let bench = bench.restarted().await;
    bench.until("apps are shown", |snapshot| !snapshot.apps.is_empty()).await;
    bench.call(Sync { wait: true }).await.expect("sent what waits");
    assert_eq!(elsewhere.version().await, 0, "the file, read again, does not bring it back");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_decided_in_the_window_asks_too_where_floom_has_another_value() {
    let bench = Bench::new().await;
    let (_, _) = bench.import_sample(true).await;
    let elsewhere = Elsewhere::of(&bench).await;
    elsewhere.put("sk-proj-elsewhere-0123456789-0001").await;
    bench.call(Remove { app: bench.app(), key: KEY.into() }).await.expect("removed here");
    let asked = bench.until("a removal asks", conflict).await;
    let prompt = Prompt::Conflict { file: None, line: 0, removed_there: false, removes: true };
    assert_eq!(of(&asked, KEY).prompt, Some(prompt), "it says what is done here");
    let text = value("sk-proj-typed-0123456789-0002");
    bench.call(SetValue { app: bench.app(), key: KEY.into(), policy: None, value: text }).await.expect("typed");
    synced(&bench).await;
    let nothing = bench.call(Answer { app: bench.app(), key: KEY.into(), choice: Choice::KeepFloom }).await;
    assert_eq!(nothing.expect_err("it is decided").code, "nothing_asked", "an answer that comes late is refused");
}
