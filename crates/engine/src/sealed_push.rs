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
                    "sealing_key_changed",
                    format!("{slug} on this Floom has another sealing key than before."),
                    "If Floom was set up anew, connect to it again; else ask whoever runs it.",
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
