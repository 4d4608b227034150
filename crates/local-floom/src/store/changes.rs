//! Changes of the extension `secrets-v1`: one transaction each, all or nothing, and once for each request id.

use floom_secret::{Policy, SecretValue};
use jiff::SignedDuration;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use super::versions::{Act, held};
use super::{App, Store, set_policy};
use crate::LocalError;
use crate::rotation::{Held, NoGrace, Version};

/// How long a request id is remembered.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Policy and value of one key in one step.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) key: String,
    pub(crate) policy: Option<Policy>,
    pub(crate) value: Option<SecretValue>,
    pub(crate) expected: Option<Version>,
    /// How long the value before is kept.
    pub(crate) grace: SignedDuration,
}

/// What is done to a value that is there.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    Rollback,
    Retire,
    Remove,
}

/// Who asks, and what for: a second request with the same id must ask for the same.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) id: String,
    /// The call, its keys, policies and expected versions; no value.
    pub(crate) call: String,
}

/// Why nothing was done.
#[derive(Debug)]
pub(crate) enum Refused {
    /// Of these keys another version is current.
    Conflict(Vec<(String, Version)>),
    /// The id was used for something else.
    RequestReused,
    /// There is no grace.
    NoGrace,
}

type Outcome = Result<Value, Refused>;

impl Store {
    /// Does all of `changes`, or none of them; `answer` makes what is answered, now and to every repetition.
    pub(crate) fn change(
        &self,
        app: &App,
        request: &Request,
        changes: &[Change],
        answer: impl FnOnce(&[(Policy, Held)]) -> Value,
    ) -> Result<Outcome, LocalError> {
        self.once(app, request, |db| {
            let mut conflicts = Vec::new();
            for change in changes {
                let number = held(db, &app.id, &change.key)?.at(self.now()).number();
                if change.value.is_some() && change.expected.is_some_and(|expected| expected != number) {
                    conflicts.push((change.key.clone(), number));
                }
            }
            if !conflicts.is_empty() {
                return Ok(Err(Refused::Conflict(conflicts)));
            }
            let mut done = Vec::new();
            for change in changes {
                if let Some(policy) = change.policy {
                    set_policy(db, app, &change.key, policy)?;
                }
                if let Some(value) = &change.value {
                    let put = self.act(db, app, &change.key, Act::Put(value, change.grace))?;
                    debug_assert!(put.is_ok(), "a value can always be put");
                }
                done.push((super::policy(db, app, &change.key)?, held(db, &app.id, &change.key)?.at(self.now())));
            }
            Ok(Ok(answer(&done)))
        })
    }

    /// Does one step to the value of `key`, of which `expected` must be current.
    pub(crate) fn step(
        &self,
        app: &App,
        request: &Request,
        (key, expected): (&str, Version),
        step: Step,
        answer: impl FnOnce(Policy, Held) -> Value,
    ) -> Result<Outcome, LocalError> {
        self.once(app, request, |db| {
            let number = held(db, &app.id, key)?.number();
            if number != expected {
                return Ok(Err(Refused::Conflict(vec![(key.to_owned(), number)])));
            }
            let act = match step {
                Step::Rollback => Act::Rollback,
                Step::Retire => Act::Retire,
                Step::Remove => Act::Remove,
            };
            match self.act(db, app, key, act)? {
                Ok(held) => Ok(Ok(answer(super::policy(db, app, key)?, held))),
                Err(NoGrace) => Ok(Err(Refused::NoGrace)),
            }
        })
    }

    /// Adds a name to what the app declares, or takes it out.
    pub(crate) fn declare(
        &self,
        app: &App,
        request: &Request,
        key: &str,
        declared: bool,
        answer: Value,
    ) -> Result<Outcome, LocalError> {
        self.once(app, request, |db| {
            let mut manifest = app.manifest.clone();
            manifest.secrets_needed.retain(|name| name != key);
            if declared {
                manifest.secrets_needed.push(key.to_owned());
            }
            if declared != app.manifest.declares(key) {
                manifest.check()?;
                super::apps::write_manifest(db, app, &manifest)?;
            }
            Ok(Ok(answer))
        })
    }

    /// Does `work` in one transaction, unless the request was done before: then its answer is given again. What was
    /// refused is not remembered.
    fn once(
        &self,
        app: &App,
        request: &Request,
        work: impl FnOnce(&Connection) -> Result<Outcome, LocalError>,
    ) -> Result<Outcome, LocalError> {
        let now = self.now().as_millisecond();
        let done = self.commit(|db| {
            match known(db, app, request)? {
                Some((call, answer)) if call == request.call => {
                    return Ok(serde_json::from_str(&answer).map_err(|_| LocalError::Damaged)?);
                }
                Some(_) => return Err(Undone::Refused(Refused::RequestReused)),
                None => {}
            }
            let answer = work(db)?.map_err(Undone::Refused)?;
            remember(db, app, request, &answer, now)?;
            Ok(answer)
        });
        match done {
            Ok(answer) => Ok(Ok(answer)),
            Err(Undone::Refused(refused)) => Ok(Err(refused)),
            Err(Undone::Failed(error)) => Err(error),
        }
    }
}

/// Why a transaction was taken back.
enum Undone {
    Refused(Refused),
    Failed(LocalError),
}

impl From<LocalError> for Undone {
    fn from(error: LocalError) -> Self {
        Self::Failed(error)
    }
}

/// The call that was made with this request id, and its answer.
fn known(db: &Connection, app: &App, request: &Request) -> Result<Option<(String, String)>, LocalError> {
    let mut statement = db.prepare_cached("SELECT call, answer FROM requests WHERE slug = ?1 AND id = ?2")?;
    let row = [&app.manifest.slug, &request.id];
    Ok(statement.query_row(row, |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}

fn remember(db: &Connection, app: &App, request: &Request, answer: &Value, now: i64) -> Result<(), LocalError> {
    let remembered = i64::try_from(REMEMBERED.as_millis()).unwrap_or(i64::MAX);
    db.prepare_cached("DELETE FROM requests WHERE at < ?1")?.execute([now.saturating_sub(remembered)])?;
    let insert = "INSERT INTO requests (slug, id, call, answer, at) VALUES (?1, ?2, ?3, ?4, ?5)";
    let row = params![app.manifest.slug, request.id, request.call, answer.to_string(), now];
    db.prepare_cached(insert)?.execute(row)?;
    Ok(())
}
