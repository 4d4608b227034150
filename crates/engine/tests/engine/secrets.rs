//! One secret at a time: typed, flipped, undone, removed; locked and unlocked.

use floom_client::{BaseUrl, Client};
use floom_keychain::State;
use floom_local::{Store, StoreKey};
use floom_protocol::command::{
    Answer, Choice, Connect, Environment, History, Lock, Remove, Run, SetPolicy, SetValue, Sync, Undo, Unlock,
    VerifyReceipts,
};
use floom_protocol::view::{LastUsed, Prompt, SyncView, VaultView};
use floom_secret::Policy;

use crate::bench::{Bench, of, preview_of, value};

const KEY: &str = "OPENAI_API_KEY";

#[tokio::test(flavor = "multi_thread")]
async fn a_typed_value_is_synced_and_the_file_s_is_set_aside() {
    let bench = Bench::new().await;
    bench.import_sample(true).await;
    let typed = value("sk-proj-typed-0123456789-abcd");
    bench.call(SetValue { app: bench.app(), key: KEY.into(), policy: None, value: typed }).await.expect("stored");
    let snapshot = bench
        .until("it is synced", |snapshot| of(snapshot, KEY).sync == SyncView::Synced && of(snapshot, KEY).version == 2)
        .await;
    assert_eq!(preview_of(&snapshot, KEY), "sk-pro••••abcd", "the typed value is the current one");
    let bench = bench.restarted().await;
    let later =
        bench.until("the app is shown", |snapshot| !snapshot.apps.is_empty() && !snapshot.links.is_empty()).await;
    assert_eq!(preview_of(&later, KEY), "sk-pro••••abcd", "and reading the file again does not take it back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_flip_changes_floom_and_needs_a_value_for_the_creator_vault() {
    let bench = Bench::new().await;
    let flip = |policy| SetPolicy { app: bench.app(), key: KEY.into(), policy, value: None };
    bench.call(flip(Policy::User)).await.expect("user vault");
    bench.call(Sync { wait: true }).await.expect("sent");
    assert_eq!(bench.secret(KEY).await.policy, Policy::User, "the toggle shows user vault");
    let refused = bench.call(flip(Policy::Creator)).await.expect_err("there is no value yet");
    assert_eq!(refused.code, "policy_needs_value", "creator vault without a value would fail every run");
    let with = SetPolicy { value: Some(value("sk-proj-typed-0123456789-abcd")), ..flip(Policy::Creator) };
    bench.call(with).await.expect("creator vault");
    bench
        .until("it is synced", |snapshot| {
            of(snapshot, KEY).sync == SyncView::Synced && of(snapshot, KEY).policy == Policy::Creator
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn undo_makes_the_old_value_current_as_a_new_version() {
    let bench = Bench::new().await;
    let set = |text| SetValue { app: bench.app(), key: KEY.into(), policy: None, value: value(text) };
    bench.call(set("sk-proj-first-0123456789-1111")).await.expect("stored");
    bench.call(Sync { wait: true }).await.expect("sent");
    bench.call(set("sk-proj-second-0123456789-2222")).await.expect("stored");
    bench.call(Sync { wait: true }).await.expect("sent");
    assert!(matches!(bench.secret(KEY).await.prompt, Some(Prompt::Rotated { .. })), "undo is offered");
    bench.call(Undo { app: bench.app(), key: KEY.into() }).await.expect("undone");
    bench.call(Sync { wait: true }).await.expect("sent");
    let secret = bench.secret(KEY).await;
    assert_eq!(secret.preview.expect("a value").as_str(), "sk-pro••••1111", "the first value is current again");
    assert_eq!(
        (secret.version, secret.sync, secret.prompt),
        (3, SyncView::Synced, None),
        "as version 3, on Floom, settled"
    );
    let history = bench.call(History { app: bench.app(), key: KEY.into() }).await.expect("a history");
    assert_eq!(history.iter().map(|version| version.version).collect::<Vec<_>>(), [3, 2, 1], "no version is lost");
    let first = bench.call(Undo { app: bench.app(), key: "AMADEUS_API_KEY".into() }).await.expect_err("nothing yet");
    assert_eq!(first.code, "nothing_to_undo", "there is nothing before a first value");
}

#[tokio::test(flavor = "multi_thread")]
async fn removing_takes_the_value_from_floom_and_keeps_its_versions() {
    let bench = Bench::new().await;
    bench.import_sample(true).await;
    bench.call(Remove { app: bench.app(), key: KEY.into() }).await.expect("removed");
    bench.call(Sync { wait: true }).await.expect("sent");
    let secret = bench.secret(KEY).await;
    assert_eq!((secret.sync, secret.preview), (SyncView::Missing, None), "the app declares it and it has no value");
    let history = bench.call(History { app: bench.app(), key: KEY.into() }).await.expect("a history");
    assert_eq!(history.len(), 1, "the value is kept here");
    let bench = bench.restarted().await;
    bench.until("the app is shown", |snapshot| !snapshot.apps.is_empty() && !snapshot.links.is_empty()).await;
    bench.call(Sync { wait: true }).await.expect("nothing to send");
    assert_eq!(
        bench.secret(KEY).await.sync,
        SyncView::Missing,
        "and the watched file does not bring it back by itself"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_values_that_floom_refuses_are_refused_here() {
    let bench = Bench::new().await;
    let cases = [("1BAD", "x", "name_invalid"), ("A-B", "x", "name_invalid"), (KEY, "", "value_empty")];
    for (key, text, code) in cases {
        let refused =
            bench.call(SetValue { app: bench.app(), key: key.into(), policy: None, value: value(text) }).await;
        assert_eq!(refused.expect_err("refused").code, code, "{key}");
    }
    let long = value(&"x".repeat(65_537));
    let refused = bench.call(SetValue { app: bench.app(), key: KEY.into(), policy: None, value: long }).await;
    assert_eq!(refused.expect_err("refused").code, "value_too_long", "one over the limit");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_vault_answers_nothing_and_stays_locked_across_a_restart() {
    let bench = Bench::new().await;
    bench.import_sample(true).await;
    bench.call(Lock {}).await.expect("locked");
    let refused = bench.call(Environment { app: bench.app() }).await.expect_err("locked");
    assert_eq!(refused.code, "vault_locked", "no value without the keys");
    assert!(bench.look().await.apps.is_empty(), "and no name");
    let bench = bench.restarted().await;
    assert_eq!(bench.look().await.vault, VaultView::Locked { passphrase: false }, "a restart is no unlock");
    bench.call(Unlock { passphrase: None }).await.expect("unlocked");
    bench.until("all is caught up", |snapshot| snapshot.apps.first().is_some_and(|app| app.configured == 4)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_keychain_is_never_a_first_use() {
    let bench = Bench::new().await;
    bench.keychain.set_state(State::Locked);
    let bench = bench.restarted().await;
    let VaultView::Stopped { failure } = bench.look().await.vault else { panic!("the vault must be stopped") };
    assert_eq!(failure.code, "keychain_locked", "the state is named");
    let refused =
        bench.call(floom_protocol::command::MakeVault { passphrase: None }).await.expect_err("there is a vault");
    assert_eq!(refused.code, "keychain_locked", "and no second vault is made over it");
    bench.keychain.set_state(State::Ready);
    bench.call(Unlock { passphrase: None }).await.expect("the first vault opens again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keychain_service_that_came_later_is_found_by_the_next_command() {
    let bench = Bench::new().await;
    bench.keychain.set_state(State::NoService);
    let bench = bench.restarted().await;
    let set = || SetValue { app: bench.app(), key: KEY.into(), policy: None, value: value("sk-proj-0123456789-abcd") };
    let refused = bench.call(set()).await.expect_err("the key cannot be read");
    assert_eq!(refused.code, "keychain_no_service", "the state is named");
    bench.keychain.set_state(State::Locked);
    let refused = bench.call(set()).await.expect_err("it is there, but locked");
    assert_eq!(refused.code, "keychain_locked", "what is said is how it stands now");
    bench.keychain.set_state(State::NoService);
    bench.call(Unlock { passphrase: None }).await.expect_err("it is gone again");
    bench.keychain.set_state(State::Ready);
    let (one, other) = tokio::join!(bench.call(set()), bench.call(set()));
    one.expect("it is there: the value is stored");
    other.expect("and so is one that came at the same moment");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_floom_that_cannot_be_reached_is_not_added() {
    let bench = Bench::new().await;
    let connect = |url: &str| Connect { url: url.into(), token: Some(value("floom_agent_0123456789")) };
    let refused = bench.call(connect("http://127.0.0.1:1")).await.expect_err("nobody listens");
    assert_eq!(refused.code, "floom_unreachable", "it says so");
    let insecure = bench.call(connect("http://example.com")).await.expect_err("no http to other machines");
    assert_eq!(insecure.code, "url_insecure", "before anything is sent");
    let local = bench.look().await.connections[0].url.clone().expect("Local Floom has an address");
    let wrong = bench.call(connect(&local)).await.expect_err("a wrong token");
    assert_eq!(wrong.code, "floom_token_refused", "the token is tried before anything is stored");
    assert_eq!(bench.look().await.connections.len(), 1, "and no connection was added");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_key_is_given_for_an_agent_token_which_alone_is_kept() {
    let bench = Bench::new().await;
    let url = bench.look().await.connections[0].url.clone().expect("Local Floom has an address");
    // The owner's token of Local Floom begins like one of Floom's API keys.
    bench.call(Connect { url: url.clone(), token: Some(bench.local.token()) }).await.expect("it connects");
    let set =
        SetValue { app: bench.app(), key: KEY.into(), value: value("sk-by-token"), policy: Some(Policy::Creator) };
    bench.call(set).await.expect("a value");
    bench.until("it is sent", |snapshot| of(snapshot, KEY).sync == SyncView::Synced).await;
    let base = BaseUrl::parse(&url).expect("an address");
    let owner = Client::new(base, Some(bench.local.token())).expect("a client");
    let used = owner.agent_tokens().await.expect("the list");
    assert_eq!(used.len(), 1, "one token was made");
    assert_eq!(used[0].label, "Floom Secrets", "its owner recognises it");
    assert!(used[0].last_used_at.is_some(), "and it is what the change was sent with");

    let wrong = Connect { url, token: Some(value("floom_no_key_of_anybody")) };
    let refused = bench.call(wrong).await.expect_err("a key that is none");
    assert_eq!(refused.code, "floom_token_refused", "is refused before anything is made of it");
    assert_eq!(owner.agent_tokens().await.expect("the list").len(), 1, "no token was made for it");
}

#[tokio::test(flavor = "multi_thread")]
async fn last_use_and_users_are_shown_where_floom_tells_them_and_not_guessed_where_not() {
    let bench = Bench::new().await;
    bench.import_sample(true).await;
    assert_eq!(bench.secret(KEY).await.last_used, LastUsed::Never, "no run was given it yet");
    bench.call(Run { app: bench.app() }).await.expect("a run");
    bench.until("the run's use", |snapshot| matches!(of(snapshot, KEY).last_used, LastUsed::At { .. })).await;
    let flip = SetPolicy { app: bench.app(), key: KEY.into(), policy: Policy::User, value: None };
    bench.call(flip).await.expect("user vault");
    let shown = bench.secret(KEY).await.last_used;
    assert_eq!(shown, LastUsed::Users { active: 0 }, "under user vault its users count: nobody has a key yet");

    let today = floom_local::Dialect::Today;
    let store =
        Store::open(&bench.folder.path().join("today"), StoreKey::make().expect("randomness")).expect("a store");
    store.ensure_sample(vec!["true".to_owned()]).expect("the sample app");
    let token = store.bearer().expect("a token").0;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(floom_local::serve_with(
        listener,
        store,
        floom_local::Options { dialect: today, ..floom_local::Options::default() },
        std::future::pending(),
    ));
    bench.call(Connect { url, token: Some(token) }).await.expect("a Floom of today");
    assert_eq!(bench.secret(KEY).await.last_used, LastUsed::NotReported, "what is not told is not guessed");
    for text in ["sk-proj-first-0123456789-1111", "sk-proj-second-0123456789-2222"] {
        let set = SetValue { app: bench.app(), key: KEY.into(), policy: Some(Policy::Creator), value: value(text) };
        bench.call(set).await.expect("stored");
        bench.call(Sync { wait: true }).await.expect("sent");
    }
    let prompt = bench.secret(KEY).await.prompt;
    assert!(matches!(prompt, Some(Prompt::Rotated { overlap: false, .. })), "no overlap is promised: {prompt:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_changed_elsewhere_is_not_overwritten_unseen() {
    let bench = Bench::new().await;
    bench.import_sample(true).await;
    let url = bench.look().await.connections[0].url.clone().expect("Local Floom has an address");
    let token = bench.local.token();
    let elsewhere = Client::new(BaseUrl::parse(&url).expect("an address"), Some(token)).expect("a client");
    elsewhere.set_value("flyfast", KEY, &value("sk-proj-elsewhere-0123456789")).await.expect("changed elsewhere");
    let typed =
        SetValue { app: bench.app(), key: KEY.into(), policy: None, value: value("sk-proj-typed-0123456789-abcd") };
    bench.call(typed).await.expect("stored here");
    bench.until("it is asked in its row", |snapshot| of(snapshot, KEY).sync == SyncView::Conflict).await;
    let held = elsewhere.secrets("flyfast").await.expect("the list").secrets;
    let version = held.iter().find(|secret| secret.key == KEY).and_then(|secret| Some(secret.value.as_ref()?.version));
    assert_eq!(version, Some(2), "Floom has what it was changed to elsewhere");
    bench.call(Sync { wait: true }).await.expect("synced");
    assert_eq!(bench.secret(KEY).await.sync, SyncView::Conflict, "syncing again does not answer it");
    let answer = Answer { app: bench.app(), key: KEY.into(), choice: Choice::UseFile };
    bench.call(answer).await.expect("the creator picks what is here");
    bench.until("it is sent", |snapshot| of(snapshot, KEY).sync == SyncView::Synced).await;
    let held = elsewhere.secrets("flyfast").await.expect("the list").secrets;
    let secret = held.into_iter().find(|secret| secret.key == KEY).expect("the secret");
    assert_eq!(secret.value.map(|value| value.version), Some(3), "on top of what was there");
    assert!(secret.rotation.is_some(), "which is held for its grace");
    bench.call(Undo { app: bench.app(), key: KEY.into() }).await.expect("undone");
    bench
        .until("the undo is sent", |snapshot| {
            of(snapshot, KEY).sync == SyncView::Synced && of(snapshot, KEY).version == 3
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_tell_everything_in_one_chain() {
    let bench = Bench::new().await;
    bench.import_sample(true).await;
    let chain = bench.call(VerifyReceipts {}).await.expect("a walk");
    assert!(chain.receipts >= 8 && chain.breaks_at.is_none(), "four stored, four synced, and more: {}", chain.receipts);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_value_is_not_sent_again_by_a_flip() {
    let bench = Bench::new().await;
    bench.import_sample(true).await;
    bench.call(Remove { app: bench.app(), key: KEY.into() }).await.expect("removed");
    bench.call(Sync { wait: true }).await.expect("sent");
    let flip = |policy| SetPolicy { app: bench.app(), key: KEY.into(), policy, value: None };
    bench.call(flip(Policy::User)).await.expect("user vault");
    bench.call(Sync { wait: true }).await.expect("sent");
    let refused = bench.call(flip(Policy::Creator)).await.expect_err("what was removed is no value");
    assert_eq!(refused.code, "policy_needs_value", "the creator is asked for a value");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_survives_a_flip_that_follows_at_once() {
    let bench = Bench::new().await;
    bench.import_sample(true).await;
    let removed = bench.call(Remove { app: bench.app(), key: KEY.into() });
    let flip = SetPolicy { app: bench.app(), key: KEY.into(), policy: Policy::User, value: None };
    let (removed, flipped) = tokio::join!(removed, bench.call(flip));
    removed.and(flipped).expect("both are taken");
    bench.call(Sync { wait: true }).await.expect("sent");
    let flip = SetPolicy { app: bench.app(), key: KEY.into(), policy: Policy::Creator, value: None };
    let refused = bench.call(flip).await.expect_err("Floom holds no value any more");
    assert_eq!(refused.code, "policy_needs_value", "the removal reached Floom although a policy was chosen after it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_was_chosen_just_before_a_removal_survives_it() {
    let bench = Bench::new().await;
    bench.import_sample(true).await;
    let url = bench.look().await.connections[0].url.clone().expect("Local Floom has an address");
    let elsewhere = Client::new(BaseUrl::parse(&url).expect("an address"), Some(bench.local.token()));
    let elsewhere = elsewhere.expect("a client");
    let set = |text| SetValue { app: bench.app(), key: KEY.into(), policy: None, value: value(text) };
    let flip = SetPolicy { app: bench.app(), key: KEY.into(), policy: Policy::User, value: None };
    // The value is on its way when the other two are decided.
    let (set, flipped, removed) = tokio::join!(
        bench.call(set("sk-proj-typed-0123456789-abcd")),
        bench.call(flip),
        bench.call(Remove { app: bench.app(), key: KEY.into() })
    );
    set.and(flipped).and(removed).expect("all are taken");
    bench.call(Sync { wait: true }).await.expect("sent");
    let told = elsewhere.policies("flyfast").await.expect("the policies");
    let entry = told.into_iter().find(|entry| entry.key == KEY).expect("the key");
    assert!(!entry.creator_has_value, "the value is gone from Floom");
    assert_eq!(entry.policy, Policy::User, "and each user supplies it, as was decided");
}
