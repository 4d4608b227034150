//! The key pair to which values of one app are sealed.

use floom_seal::{KeyPair, SUITE, SealingKey};
use rusqlite::{Connection, OptionalExtension, params};
use zeroize::Zeroizing;

use super::{App, Store, new_id};
use crate::LocalError;
use crate::seal::{self, Place};

impl Store {
    /// The app's key pair, made on first use, and what is published of it.
    pub(crate) fn sealing_key(&self, app: &App) -> Result<(KeyPair, SealingKey), LocalError> {
        let place = Place::SealingKey { app: &app.id };
        let stored = stored(&self.reading(), app)?;
        let (key_id, blob) = match stored {
            Some(stored) => stored,
            None => {
                let mut material = Zeroizing::new([0; 32]);
                seal::random(material.as_mut_slice())?;
                let (key_id, blob) = (new_id("key")?, seal::seal(&self.0.workspace_key, place, material.as_slice())?);
                let insert = "INSERT INTO sealing_keys (app_id, key_id, material) VALUES (?1, ?2, ?3)
                              ON CONFLICT DO NOTHING";
                self.commit(|db| {
                    db.execute(insert, params![app.id, key_id, blob])?;
                    // Another may have been first.
                    self::stored(db, app)?.ok_or(LocalError::Damaged)
                })?
            }
        };
        let plain = seal::open(&self.0.workspace_key, place, &blob).filter(|plain| plain.len() == 32);
        let mut material = Zeroizing::new([0; 32]);
        material.copy_from_slice(&plain.ok_or(LocalError::Damaged)?);
        let pair = KeyPair::derive(&material);
        let public_key = pair.public();
        Ok((pair, SealingKey { app_id: app.id.clone(), key_id, suite: SUITE.into(), public_key }))
    }
}

/// The id and the sealed material of an app's key pair.
fn stored(db: &Connection, app: &App) -> Result<Option<(String, Vec<u8>)>, LocalError> {
    let mut statement = db.prepare_cached("SELECT key_id, material FROM sealing_keys WHERE app_id = ?1")?;
    Ok(statement.query_row([&app.id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}
