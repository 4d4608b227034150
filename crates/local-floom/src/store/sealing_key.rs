//! The key pair to which values of one app are sealed.

use floom_seal::{KeyPair, SUITE, SealingKey};
use rusqlite::{OptionalExtension, params};
use zeroize::Zeroizing;

use super::{App, Store, new_id};
use crate::LocalError;
use crate::seal::{self, Place};

impl Store {
    /// The app's key pair, made on first use, and what is published of it.
    pub(crate) fn sealing_key(&self, app: &App) -> Result<(KeyPair, SealingKey), LocalError> {
        let database = self.database();
        let stored: Option<(String, Vec<u8>)> = database
            .prepare_cached("SELECT key_id, material FROM sealing_keys WHERE app_id = ?1")?
            .query_row([&app.id], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let place = Place::SealingKey { app: &app.id };
        let mut material = Zeroizing::new([0; 32]);
        let key_id = match stored {
            Some((key_id, blob)) => {
                let plain = seal::open(&self.0.workspace_key, place, &blob).filter(|plain| plain.len() == 32);
                material.copy_from_slice(&plain.ok_or(LocalError::Damaged)?);
                key_id
            }
            None => {
                seal::random(material.as_mut_slice())?;
                let (key_id, blob) = (new_id("key")?, seal::seal(&self.0.workspace_key, place, material.as_slice())?);
                database.execute(
                    "INSERT INTO sealing_keys (app_id, key_id, material) VALUES (?1, ?2, ?3)",
                    params![app.id, key_id, blob],
                )?;
                key_id
            }
        };
        let pair = KeyPair::derive(&material);
        let public_key = pair.public();
        Ok((pair, SealingKey { app_id: app.id.clone(), key_id, suite: SUITE.into(), public_key }))
    }
}
