//! Sending one change to a Floom with `secrets-v1`: policy and value in one request, sealed, and on top of the version
//! that was last seen.

use std::time::Duration;

use floom_client::{Changed, Client, FloomError, Put};
use floom_seal::{Pin, SealError};
use floom_vault::OutboxItem;
use uuid::{Builder, Uuid};

use crate::EngineError;
use crate::error::refused;
use crate::push::Change;
use crate::sealing_key::KEY_CHANGED;

/// How long Floom keeps the value that is replaced.
const GRACE: Duration = Duration::from_secs(300);

/// What is sent, and what is known about where it goes.
pub(crate) struct SealedPush {
    pub(crate) slug: String,
    pub(crate) key: String,
    pub(crate) change: Change,
    /// The version that Floom was last seen with, 0 for none; none where that is not known.
    pub(crate) expected: Option<u32>,
    /// Whether the value before is kept: what is taken back is not.
    pub(crate) keeps_old: bool,
    /// The same at every try of one change, so that it is done once.
    pub(crate) request: Uuid,
    /// The app's sealing key, once it was seen.
    pub(crate) pin: Option<Pin>,
}

/// What came of it.
pub(crate) struct SealedDone {
    pub(crate) changed: Changed,
    /// The sealing key that was used.
    pub(crate) pin: Option<Pin>,
}

/// The id of the request that sends `item`. The time is in it because a vault that was restored gives the numbers of
/// its rows again.
pub(crate) fn request_of(vault: Uuid, item: &OutboxItem) -> Uuid {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&item.created_at.as_nanosecond().to_be_bytes()[8..]);
    bytes[8..12].copy_from_slice(&vault.as_bytes()[..4]);
    bytes[12..].copy_from_slice(&item.id.to_be_bytes()[4..]);
    // What marks it as a UUID takes six bits of the time and the vault.
    Builder::from_custom_bytes(bytes).into_uuid()
}

/// Sends it. A change that Floom knows already, from a try whose answer was lost, is not made twice.
///
/// # Errors
/// Floom's refusals; `sealing_key_changed` where the app's key is not the one that was pinned.
pub(crate) async fn push_sealed(client: &Client, push: SealedPush) -> Result<SealedDone, EngineError> {
    let SealedPush { slug, key, change, expected, keeps_old, request, pin } = push;
    let sent = match change {
        Change::Value(value) => {
            let sealing_key = client.sealing_key(&slug).await?;
            if pin.is_some_and(|pin| !pin.fits(&sealing_key)) {
                return Err(refused(
                    KEY_CHANGED,
                    format!("{slug} on this Floom has another sealing key than before."),
                    "If Floom was set up anew, trust its new key; else ask whoever runs it.",
                ));
            }
            let sealed = sealing_key.seal(&key, &value).map_err(unsealed)?;
            let put = Put {
                policy: Some(floom_secret::Policy::Creator),
                sealed: Some(sealed),
                expected_version: expected,
                grace: keeps_old.then_some(GRACE),
            };
            let changed = client.put_secret(&slug, &key, &put, request).await;
            changed.map(|changed| SealedDone { changed, pin: Some(Pin::of(&sealing_key)) })
        }
        Change::Policy(policy) => {
            let put = Put { policy: Some(policy), sealed: None, expected_version: None, grace: None };
            client.put_secret(&slug, &key, &put, request).await.map(|changed| SealedDone { changed, pin: None })
        }
        Change::Remove => {
            let removed = client.remove_secret(&slug, &key, expected.unwrap_or(0), request).await;
            removed.map(|changed| SealedDone { changed, pin: None })
        }
    };
    match sent {
        Err(FloomError::RequestReused) => known_already(client, &slug, &key).await,
        other => Ok(other?),
    }
}

/// Floom remembers what succeeded only: this change was made, by a try whose answer did not come back.
async fn known_already(client: &Client, slug: &str, key: &str) -> Result<SealedDone, EngineError> {
    let secrets = client.secrets(slug).await?.secrets;
    let entry = secrets.into_iter().find(|secret| secret.key == key);
    let entry = entry.ok_or_else(|| FloomError::KeyUnknown { slug: slug.to_owned(), key: key.to_owned() })?;
    let version = entry.value.map_or(0, |value| value.version);
    let changed = Changed { key: entry.key, policy: entry.policy, version, rotation: entry.rotation };
    Ok(SealedDone { changed, pin: None })
}

fn unsealed(error: SealError) -> EngineError {
    refused(error.code(), error.to_string(), "Nothing was sent. Ask whoever runs this Floom.")
}

#[cfg(test)]
mod tests {
    use floom_vault::{AppId, OutboxChange, SecretId};
    use jiff::Timestamp;

    use super::*;

    const KEY: &str = "OPENAI_API_KEY";

    /// A Local Floom with the sample app, and a client of it.
    async fn floom() -> (tempfile::TempDir, Client) {
        let folder = tempfile::tempdir().unwrap();
        let store = floom_local::Store::open(folder.path(), floom_local::StoreKey::make().unwrap()).unwrap();
        store.ensure_sample(vec!["true".into()]).unwrap();
        let token = store.bearer().unwrap().0;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = floom_client::BaseUrl::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        tokio::spawn(floom_local::serve(listener, store, std::future::pending()));
        (folder, Client::new(url, Some(token)).unwrap())
    }

    fn value(expected: u32, request: Uuid, pin: Option<Pin>) -> SealedPush {
        SealedPush {
            slug: "flyfast".into(),
            key: KEY.into(),
            change: Change::Value(floom_secret::SecretValue::new("sk-one-change".into())),
            expected: Some(expected),
            keeps_old: true,
            request,
            pin,
        }
    }

    async fn version(client: &Client) -> Option<u32> {
        let secrets = client.secrets("flyfast").await.unwrap().secrets;
        secrets.into_iter().find(|secret| secret.key == KEY)?.value.map(|value| value.version)
    }

    #[tokio::test]
    async fn a_change_whose_answer_was_lost_is_made_once_whatever_was_learned_meanwhile() {
        let (_folder, client) = floom().await;
        let request = Uuid::new_v4();
        let first = push_sealed(&client, value(0, request, None)).await.unwrap();
        assert_eq!(first.changed.version, 1, "it is made");
        let again = push_sealed(&client, value(0, request, first.pin.clone())).await.unwrap();
        assert_eq!(again.changed.version, 1, "the same try is answered as before");
        // In between, a survey saw the value that nobody here knew was sent.
        let later = push_sealed(&client, value(1, request, first.pin)).await.unwrap();
        assert_eq!(later.changed.version, 1, "a try on top of it is known to be done");
        assert_eq!(version(&client).await, Some(1), "and there is one version");
    }

    #[tokio::test]
    async fn nothing_is_sealed_to_a_key_that_is_not_the_one_that_was_seen_first() {
        let (_folder, client) = floom().await;
        let (_elsewhere, other) = floom().await;
        let pin = Pin::of(&other.sealing_key("flyfast").await.unwrap());
        let Err(refused) = push_sealed(&client, value(0, Uuid::new_v4(), Some(pin))).await else {
            panic!("another key is another Floom");
        };
        let failure = floom_protocol::Failure::from(refused);
        assert_eq!(failure.code, "sealing_key_changed", "it is said");
        assert_eq!(version(&client).await, None, "and nothing was sent");
    }

    #[test]
    fn every_change_has_its_own_request_and_every_try_of_it_the_same() {
        let item = |id: i64, second: i64| OutboxItem {
            id,
            app: AppId::new(),
            secret: SecretId::new(),
            change: OutboxChange::Remove,
            created_at: Timestamp::from_second(second).unwrap(),
            attempts: 0,
            failure: None,
            next_try: None,
        };
        let (vault, one) = (Uuid::from_u128(7 << 96), item(1, 1_000));
        let again = OutboxItem { attempts: 3, ..one.clone() };
        assert_eq!(request_of(vault, &one), request_of(vault, &again), "a second try is the same request");
        assert_ne!(request_of(vault, &one), request_of(vault, &item(2, 1_000)), "another row is not");
        assert_ne!(request_of(vault, &one), request_of(vault, &item(1, 2_000)), "nor the same row of a restored vault");
        assert_ne!(request_of(vault, &one), request_of(Uuid::nil(), &one), "nor one of another vault");
    }
}
