//! The address of a run page, and how long the agent stays for it.

use std::time::Duration;

use floom_protocol::command::{Connect, RunPage};
use floom_protocol::view::AppRef;

use crate::bench::Bench;

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn the_agent_stays_for_an_hour_after_an_address_was_given() {
    let bench = Bench::new().await;
    let snapshots = bench.engine.snapshots();
    assert!(bench.engine.is_idle().await, "without a watched file there is nothing to stay for");
    let address = bench.call(RunPage { app: bench.app() }).await.expect("an address");
    assert!(address.contains("/p/flyfast?key="), "it carries the key that opens it");
    assert!(!bench.engine.is_idle().await, "somebody is about to open it");
    tokio::time::pause();
    tokio::time::advance(59 * MINUTE).await;
    assert!(!bench.engine.is_idle().await, "the hour is not over");
    let mut later = snapshots.clone();
    later.mark_unchanged();
    tokio::time::advance(2 * MINUTE).await;
    later.changed().await.expect("whoever waits for idleness is told to look again");
    assert!(bench.engine.is_idle().await, "and there is nothing to stay for any more");
}

#[tokio::test]
async fn only_an_app_on_local_floom_has_its_page_here() {
    let bench = Bench::new().await;
    let unknown = AppRef { connection: None, slug: "nobody-s".to_owned() };
    let refused = bench.call(RunPage { app: unknown }).await.expect_err("there is no such app");
    assert_eq!(refused.code, "app_unknown", "it is said which app is not there: {}", refused.message);
    assert!(bench.engine.is_idle().await, "and nobody stays for it");
    let url = bench.look().await.connections[0].url.clone().expect("Local Floom has an address");
    bench.call(Connect { url, token: Some(bench.local.token()) }).await.expect("the same Floom as a distant one");
    let refused = bench.call(RunPage { app: bench.app() }).await.expect_err("its page is Floom's own");
    assert_eq!(refused.code, "page_elsewhere", "a distant Floom has its own page: {}", refused.message);
}
