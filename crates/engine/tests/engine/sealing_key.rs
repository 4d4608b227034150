//! An app whose sealing key is another one than before.

use floom_local::Manifest;
use floom_protocol::command::{Connect, SetValue, Sync, TrustSealingKey};
use floom_protocol::view::{SecretView, SyncView};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::bench::{Bench, of, value};

const KEY: &str = "OPENAI_API_KEY";

/// Deletes the app on the Floom at `url` and makes it anew: the name is the same, the key is not.
async fn made_anew(bench: &Bench, url: &str) {
    let host = url.trim_start_matches("http://").trim_end_matches('/');
    let mut socket = TcpStream::connect(host).await.expect("it listens");
    let token = bench.local.token();
    let request = format!(
        "DELETE /api/me/apps/flyfast HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n",
        token.expose()
    );
    socket.write_all(request.as_bytes()).await.expect("asked");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.expect("answered");
    assert!(answer.starts_with("HTTP/1.1 200"), "the app is gone: {answer}");
    let manifest = "slug: flyfast\nname: Flyfast\nsecrets_needed: [OPENAI_API_KEY]\ncommand: [\"true\"]\n";
    bench.local.register(&Manifest::from_yaml(manifest).expect("a manifest"));
}

fn code(secret: &SecretView) -> Option<&str> {
    match &secret.sync {
        SyncView::NotSent { failure, .. } => Some(&failure.code),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_sealing_key_asks_and_nothing_is_sent_until_it_is_trusted() {
    let bench = Bench::new().await;
    let url = bench.look().await.connections[0].url.clone().expect("Local Floom has an address");
    let distant = Connect { url: url.clone(), token: Some(bench.local.token()) };
    bench.call(distant).await.expect("the same Floom as a distant one");
    let set = |text| SetValue { app: bench.app(), key: KEY.into(), policy: None, value: value(text) };
    bench.call(set("sk-proj-first-0123456789-1111")).await.expect("stored");
    bench.until("the first is synced", |snapshot| of(snapshot, KEY).sync == SyncView::Synced).await;

    made_anew(&bench, &url).await;
    bench.call(set("sk-proj-second-0123456789-2222")).await.expect("stored");
    bench.call(Sync { wait: true }).await.expect("tried");
    let asked = bench.until("it asks", |snapshot| code(of(snapshot, KEY)) == Some("sealing_key_changed")).await;
    let SyncView::NotSent { failure, retry_at } = &of(&asked, KEY).sync else { panic!("it is not sent") };
    assert_eq!(*retry_at, None, "it is not tried again by itself");
    assert!(failure.next.contains("trust its new key"), "what can be done is said: {}", failure.next);
    bench.call(Sync { wait: true }).await.expect("tried again");
    assert_eq!(code(&bench.secret(KEY).await), Some("sealing_key_changed"), "trying again does not trust it");

    bench.call(TrustSealingKey { app: bench.app() }).await.expect("trusted");
    bench.until("it is synced", |snapshot| of(snapshot, KEY).sync == SyncView::Synced).await;
    let activity = bench.look().await.activity;
    assert!(activity.iter().any(|line| line.what == "sealing_key_trusted"), "the creator's word is in the receipts");

    made_anew(&bench, &url).await;
    bench.call(set("sk-proj-third-0123456789-3333")).await.expect("stored");
    bench.call(Sync { wait: true }).await.expect("tried");
    assert_eq!(code(&bench.secret(KEY).await), Some("sealing_key_changed"), "the next change asks again");
}
