//! Policies, creator values, the owner's own vault, and what a run gets of them.

use std::collections::HashMap;

use floom_secret::{Policy, SecretValue};
use jiff::SignedDuration;
use rusqlite::{Connection, OptionalExtension, params};

use super::versions::{Act, held};
use super::{App, Store, User, now};
use crate::LocalError;
use crate::rotation::Version;
use crate::seal::Place;

/// The policy of one declared key.
#[derive(Debug, Clone)]
pub(crate) struct PolicyRow {
    pub(crate) key: String,
    pub(crate) policy: Policy,
    pub(crate) creator_has_value: bool,
    pub(crate) updated_at: Option<String>,
}

/// One variable of a run.
#[derive(Debug)]
pub(crate) struct RunValue {
    pub(crate) key: String,
    pub(crate) value: SecretValue,
    /// The creator's version; none of a value of the user's own.
    pub(crate) version: Option<Version>,
}

/// What a run is given, in the manifest's order.
#[derive(Debug)]
pub(crate) struct RunValues {
    pub(crate) values: Vec<RunValue>,
    pub(crate) missing: Vec<String>,
}

impl Store {
    /// One entry per declared key, in the manifest's order; a key never decided on is under user vault.
    pub(crate) fn policies(&self, app: &App) -> Result<Vec<PolicyRow>, LocalError> {
        let database = self.reading();
        let mut statement =
            database.prepare_cached("SELECT key, policy, updated_at FROM policies WHERE app_id = ?1")?;
        let set = statement.query_map([&app.id], |row| {
            Ok((row.get::<_, String>(0)?, (row.get::<_, String>(1)?, row.get::<_, String>(2)?)))
        })?;
        let mut set = set.collect::<Result<HashMap<_, _>, _>>()?;
        let mut statement = database.prepare_cached("SELECT key FROM creator_values WHERE app_id = ?1")?;
        let stored = statement.query_map([&app.id], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
        let entry = |key: &String| {
            let decided = set.remove(key);
            PolicyRow {
                key: key.clone(),
                policy: decided.as_ref().and_then(|(policy, _)| Policy::from_wire(policy)).unwrap_or(Policy::User),
                creator_has_value: stored.contains(key),
                updated_at: decided.map(|(_, updated_at)| updated_at),
            }
        };
        Ok(app.manifest.secrets_needed.iter().map(entry).collect())
    }

    /// Names that have a value or a policy and are not declared (any more), by name.
    pub(crate) fn undeclared(&self, app: &App) -> Result<Vec<PolicyRow>, LocalError> {
        let stored = {
            let database = self.reading();
            let mut statement =
                database.prepare_cached("SELECT key FROM creator_values WHERE app_id = ?1 ORDER BY key")?;
            statement.query_map([&app.id], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?
        };
        let others = stored.into_iter().filter(|key| !app.manifest.declares(key));
        let row = |key: String| {
            let policy = self.policy(app, &key)?;
            Ok(PolicyRow { key, policy, creator_has_value: true, updated_at: None })
        };
        others.map(row).collect()
    }

    /// The policy of one key of `app`.
    pub(crate) fn policy(&self, app: &App, key: &str) -> Result<Policy, LocalError> {
        policy(&self.reading(), app, key)
    }

    /// Sets the policy of one key; the stored value stays as it is.
    pub(crate) fn set_policy(&self, app: &App, key: &str, policy: Policy) -> Result<(), LocalError> {
        self.commit(|db| set_policy(db, app, key, policy))
    }

    /// Stores the creator's value of one key in place of the one before.
    pub(crate) fn set_creator_value(&self, app: &App, key: &str, value: &SecretValue) -> Result<(), LocalError> {
        self.commit(|db| self.act(db, app, key, Act::Put(value, SignedDuration::ZERO)).map(drop))
    }

    /// Removes the creator's value of one key. `false` if there was none.
    pub(crate) fn remove_creator_value(&self, app: &App, key: &str) -> Result<bool, LocalError> {
        self.commit(|db| {
            let was_there = held(db, &app.id, key)?.current.is_some();
            self.act(db, app, key, Act::Remove)?.ok();
            Ok(was_there)
        })
    }

    /// The keys of the owner's own vault by name, each with the time of its value.
    pub(crate) fn user_keys(&self) -> Result<Vec<(String, String)>, LocalError> {
        let database = self.reading();
        let mut statement = database.prepare_cached("SELECT key, updated_at FROM user_values ORDER BY key")?;
        let keys = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
        Ok(keys)
    }

    /// Stores a value of the owner's own vault.
    pub(crate) fn set_user_value(&self, key: &str, value: &SecretValue) -> Result<(), LocalError> {
        let sealed = self.seal_text(Place::User { key }, value)?;
        let put = "INSERT INTO user_values (key, sealed, updated_at) VALUES (?1, ?2, ?3)
                   ON CONFLICT (key) DO UPDATE SET sealed = excluded.sealed, updated_at = excluded.updated_at";
        self.commit(|db| Ok(db.execute(put, params![key, sealed, now()]).map(drop)?))
    }

    /// Removes a value of the owner's own vault. `false` if there was none.
    pub(crate) fn remove_user_value(&self, key: &str) -> Result<bool, LocalError> {
        self.commit(|db| Ok(db.execute("DELETE FROM user_values WHERE key = ?1", [key])? > 0))
    }

    /// Gives the run `id` of `app` its values: per declared key the creator's or `user`'s own, by policy. In the
    /// same transaction it is noted which versions the run was given; where a value is missing nothing is.
    ///
    /// There is no fallback from one to the other. A value that does not open counts as missing, as on Floom.
    pub(crate) fn run_values(&self, app: &App, user: &User, id: &str) -> Result<RunValues, LocalError> {
        let policies = self.policies(app)?;
        self.commit(|db| {
            let mut run = RunValues { values: Vec::new(), missing: Vec::new() };
            for PolicyRow { key, policy, .. } in policies {
                let (place, version) = match policy {
                    Policy::Creator => (Place::Creator { app: &app.id, key: &key }, held(db, &app.id, &key)?.current),
                    Policy::User => (own(user, &key), None),
                };
                let blob = blob(db, place)?;
                match blob.and_then(|blob| self.open_text(place, &blob)) {
                    Some(value) => {
                        let version = version.map(|current| current.version);
                        run.values.push(RunValue { key, value, version });
                    }
                    None => run.missing.push(key),
                }
            }
            if run.missing.is_empty() {
                run.values.iter().try_for_each(|value| note_use(db, app, id, value))?;
            }
            Ok(run)
        })
    }

    /// When a run of the app `slug` was last given each key, as `YYYY-MM-DD HH:MM:SS` in UTC; keys never used are left out.
    ///
    /// # Errors
    /// [`LocalError::Database`].
    pub fn last_uses(&self, slug: &str) -> Result<Vec<(String, String)>, LocalError> {
        let database = self.reading();
        let mut statement = database.prepare_cached(
            "SELECT key, used_at FROM last_uses WHERE app_id = (SELECT id FROM apps WHERE slug = ?1) ORDER BY key",
        )?;
        let uses = statement.query_map([slug], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
        Ok(uses)
    }
}

/// The policy of one key; one that was never decided on is user vault.
pub(super) fn policy(db: &Connection, app: &App, key: &str) -> Result<Policy, LocalError> {
    let mut statement = db.prepare_cached("SELECT policy FROM policies WHERE app_id = ?1 AND key = ?2")?;
    let wire: Option<String> = statement.query_row([&app.id, key], |row| row.get(0)).optional()?;
    Ok(wire.and_then(|wire| Policy::from_wire(&wire)).unwrap_or(Policy::User))
}

pub(super) fn set_policy(db: &Connection, app: &App, key: &str, policy: Policy) -> Result<(), LocalError> {
    let put = "INSERT INTO policies (app_id, key, policy, updated_at) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (app_id, key) DO UPDATE SET policy = excluded.policy, updated_at = excluded.updated_at";
    db.prepare_cached(put)?.execute(params![app.id, key, policy.wire(), now()])?;
    Ok(())
}

fn note_use(db: &Connection, app: &App, run: &str, value: &RunValue) -> Result<(), LocalError> {
    db.execute(
        "INSERT INTO last_uses (app_id, key, used_at) VALUES (?1, ?2, ?3)
         ON CONFLICT (app_id, key) DO UPDATE SET used_at = excluded.used_at",
        params![app.id, value.key, now()],
    )?;
    if let Some(version) = value.version {
        db.execute("UPDATE creator_values SET used = 1 WHERE app_id = ?1 AND key = ?2", [&app.id, &value.key])?;
        db.execute(
            "INSERT INTO run_values (run_id, key, version) VALUES (?1, ?2, ?3)",
            params![run, value.key, version],
        )?;
    }
    Ok(())
}

fn own<'a>(user: &'a User, key: &'a str) -> Place<'a> {
    match user {
        User::Owner => Place::User { key },
        User::Visitor(visitor) => Place::Visitor { visitor, key },
    }
}

fn blob(db: &Connection, place: Place<'_>) -> Result<Option<Vec<u8>>, LocalError> {
    let found = match place {
        Place::Creator { app, key } => db
            .prepare_cached("SELECT sealed FROM creator_values WHERE app_id = ?1 AND key = ?2")?
            .query_row([app, key], |row| row.get(0))
            .optional()?,
        Place::User { key } => db
            .prepare_cached("SELECT sealed FROM user_values WHERE key = ?1")?
            .query_row([key], |row| row.get(0))
            .optional()?,
        Place::Visitor { visitor, key } => db
            .prepare_cached("SELECT sealed FROM visitor_values WHERE visitor_id = ?1 AND key = ?2")?
            .query_row([visitor, key], |row| row.get(0))
            .optional()?,
        _ => None,
    };
    Ok(found)
}
