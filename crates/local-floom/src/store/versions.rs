//! Creator values with their versions: read and written within a transaction.

use floom_secret::{Preview, SecretValue};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use super::{App, Store};
use crate::LocalError;
use crate::rotation::{Current, Held, NoGrace, Previous, Version};
use crate::seal::Place;

/// What is known of the current version of a value.
#[derive(Debug, Clone)]
pub(crate) struct CurrentValue {
    pub(crate) version: Version,
    pub(crate) preview: Option<Preview>,
    /// None of a value from before versions were kept.
    pub(crate) set_at: Option<Timestamp>,
}

/// What is done to the versions of one key.
pub(crate) enum Act<'a> {
    /// A new value; the one before is kept for the grace.
    Put(&'a SecretValue, SignedDuration),
    /// The previous value again.
    Rollback,
    /// The grace ends.
    Retire,
    /// No value any more.
    Remove,
}

impl Store {
    /// Does `act` in `db`'s transaction and gives what is held then.
    pub(super) fn act(
        &self,
        db: &Connection,
        app: &App,
        key: &str,
        act: Act<'_>,
    ) -> Result<Result<Held, NoGrace>, LocalError> {
        let now = self.now();
        let before = held(db, &app.id, key)?.at(now);
        let after = match act {
            Act::Put(_, grace) => Ok(before.put(grace, now)),
            Act::Rollback => before.rollback(now),
            Act::Retire => before.retire(now),
            Act::Remove => Ok(before.remove()),
        };
        let Ok(after) = after else { return Ok(Err(NoGrace)) };
        let new = match act {
            Act::Put(value, _) => {
                let sealed = self.seal_text(Place::Creator { app: &app.id, key }, value)?;
                let preview = SecretValue::new(Preview::of(value).as_str().to_owned());
                Some((sealed, self.seal_text(Place::Preview { app: &app.id, key }, &preview)?))
            }
            _ => None,
        };
        write(db, &app.id, key, after, new, now)?;
        Ok(Ok(after))
    }

    /// What is held of one key now.
    pub(crate) fn held(&self, app: &App, key: &str) -> Result<Held, LocalError> {
        Ok(held(&self.reading(), &app.id, key)?.at(self.now()))
    }

    /// The current version of a value, without the value.
    pub(crate) fn current(&self, app: &App, key: &str) -> Result<Option<CurrentValue>, LocalError> {
        let found = self
            .reading()
            .prepare_cached("SELECT version, preview, set_at FROM creator_values WHERE app_id = ?1 AND key = ?2")?
            .query_row([&app.id, key], |row| {
                Ok((row.get(0)?, row.get::<_, Option<Vec<u8>>>(1)?, row.get::<_, Option<i64>>(2)?))
            })
            .optional()?;
        let Some((version, preview, set_at)) = found else { return Ok(None) };
        let place = Place::Preview { app: &app.id, key };
        let preview = preview.and_then(|blob| self.open_text(place, &blob));
        Ok(Some(CurrentValue {
            version,
            preview: preview.map(|text| Preview::stored(text.expose().to_owned())),
            set_at: set_at.map(read_time).transpose()?,
        }))
    }

    /// Destroys every old value whose grace is over, and says when the next one ends.
    pub(crate) fn retire_due(&self) -> Result<Option<Timestamp>, LocalError> {
        let now = self.now().as_millisecond();
        let next: Option<i64> = self.commit(|db| {
            db.prepare_cached("DELETE FROM previous_values WHERE retires_at <= ?1")?.execute([now])?;
            let mut next = db.prepare_cached("SELECT min(retires_at) FROM previous_values")?;
            Ok::<_, LocalError>(next.query_row([], |row| row.get(0))?)
        })?;
        next.map(read_time).transpose()
    }
}

/// What is stored of one key, whatever the time is.
pub(super) fn held(db: &Connection, app: &str, key: &str) -> Result<Held, LocalError> {
    let current = db
        .prepare_cached("SELECT version, used FROM creator_values WHERE app_id = ?1 AND key = ?2")?
        .query_row([app, key], |row| Ok(Current { version: row.get(0)?, used: row.get(1)? }))
        .optional()?;
    let previous = db
        .prepare_cached("SELECT version, started_at, retires_at FROM previous_values WHERE app_id = ?1 AND key = ?2")?
        .query_row([app, key], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let previous = previous.map(|(version, started_at, retires_at)| {
        Ok::<_, LocalError>(Previous {
            version,
            started_at: read_time(started_at)?,
            retires_at: read_time(retires_at)?,
        })
    });
    let last: Option<Version> = db
        .prepare_cached("SELECT version FROM last_versions WHERE app_id = ?1 AND key = ?2")?
        .query_row([app, key], |row| row.get(0))
        .optional()?;
    // A value from before versions were kept is version 1.
    let last = last.unwrap_or(0).max(current.map_or(0, |current| current.version));
    Ok(Held { current, previous: previous.transpose()?, last })
}

/// Brings what is stored into the state `after`; `new` are the blobs of a value and its preview.
fn write(
    db: &Connection,
    app: &str,
    key: &str,
    after: Held,
    new: Option<(Vec<u8>, Vec<u8>)>,
    now: Timestamp,
) -> Result<(), LocalError> {
    let before = held(db, app, key)?;
    let moves = after.previous.is_some_and(|previous| before.current.is_some_and(|it| it.version == previous.version));
    if moves {
        let previous = after.previous.as_ref();
        db.prepare_cached(
            "INSERT OR REPLACE INTO previous_values (app_id, key, version, sealed, preview, started_at, retires_at)
             SELECT app_id, key, version, sealed, preview, ?3, ?4 FROM creator_values WHERE app_id = ?1 AND key = ?2",
        )?
        .execute(params![
            app,
            key,
            previous.map(|it| it.started_at.as_millisecond()),
            previous.map(|it| it.retires_at.as_millisecond())
        ])?;
    }
    match (after.current, new) {
        (Some(current), Some((sealed, preview))) => {
            db.prepare_cached("INSERT OR REPLACE INTO creator_values (app_id, key, sealed, updated_at, version, set_at, preview, used)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0)")?.execute(params![app, key, sealed, super::shown(now), current.version, now.as_millisecond(), preview])?;
        }
        // Taken back: the previous ciphertext is the current one's, under a new number.
        (Some(current), None) if before.current.is_none_or(|it| it.version != current.version) => {
            db.prepare_cached("INSERT OR REPLACE INTO creator_values (app_id, key, sealed, updated_at, version, set_at, preview, used)
                 SELECT app_id, key, sealed, ?3, ?4, ?5, preview, 0 FROM previous_values WHERE app_id = ?1 AND key = ?2")?.execute(params![app, key, super::shown(now), current.version, now.as_millisecond()])?;
        }
        (Some(_), None) => {}
        (None, _) => {
            db.prepare_cached("DELETE FROM creator_values WHERE app_id = ?1 AND key = ?2")?.execute([app, key])?;
        }
    }
    if after.previous.is_none() {
        db.prepare_cached("DELETE FROM previous_values WHERE app_id = ?1 AND key = ?2")?.execute([app, key])?;
    }
    db.prepare_cached("INSERT OR REPLACE INTO last_versions (app_id, key, version) VALUES (?1, ?2, ?3)")?
        .execute(params![app, key, after.last])?;
    Ok(())
}

fn read_time(milliseconds: i64) -> Result<Timestamp, LocalError> {
    Timestamp::from_millisecond(milliseconds).map_err(|_| LocalError::Damaged)
}
