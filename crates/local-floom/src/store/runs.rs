//! Runs.

use rusqlite::{OptionalExtension, Row, params};
use serde_json::Value;

use super::{App, Store, User, new_id, now};
use crate::LocalError;
use crate::run::Line;

/// One run as it stands.
#[derive(Debug, Clone)]
pub(crate) struct RunRow {
    pub(crate) id: String,
    pub(crate) app_id: String,
    pub(crate) app_slug: String,
    pub(crate) app_name: String,
    pub(crate) inputs: Value,
    pub(crate) outputs: Value,
    pub(crate) status: String,
    pub(crate) error: Option<String>,
    pub(crate) error_type: Option<String>,
    pub(crate) logs: String,
    pub(crate) duration_ms: Option<i64>,
    pub(crate) started_at: String,
    pub(crate) finished_at: Option<String>,
    /// What was put out, line by line; kept for visitors only.
    pub(crate) transcript: Vec<Line>,
}

/// How a run ended; every text in it is redacted already.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: &'static str,
    pub(crate) error: Option<String>,
    pub(crate) error_type: Option<&'static str>,
    pub(crate) outputs: Value,
    pub(crate) logs: String,
    pub(crate) duration_ms: i64,
    pub(crate) transcript: Vec<Line>,
}

const SELECT: &str = "SELECT runs.id, app_id, apps.slug, apps.manifest ->> 'name', inputs, outputs, status, error,
    error_type, logs, duration_ms, started_at, finished_at, transcript FROM runs JOIN apps ON apps.id = app_id";

impl Store {
    /// Writes down that a run of `user` was accepted and gives its id.
    pub(crate) fn accept_run(&self, app: &App, user: &User, inputs: &Value) -> Result<String, LocalError> {
        let id = new_id("run")?;
        let insert = "INSERT INTO runs (id, app_id, inputs, status, started_at, visitor_id)
                      VALUES (?1, ?2, ?3, 'pending', ?4, ?5)";
        let row = params![id, app.id, inputs.to_string(), now(), user.visitor()];
        self.commit(|db| Ok::<_, LocalError>(db.execute(insert, row)?))?;
        Ok(id)
    }

    /// Writes down that a run has begun.
    pub(crate) fn begin_run(&self, id: &str) -> Result<(), LocalError> {
        self.commit(|db| Ok(db.execute("UPDATE runs SET status = 'running' WHERE id = ?1", [id]).map(drop)?))
    }

    /// Writes down how a run ended.
    pub(crate) fn end_run(&self, id: &str, ended: &Ended) -> Result<(), LocalError> {
        let transcript = serde_json::to_string(&ended.transcript).map_err(|_| LocalError::Damaged)?;
        let update = "UPDATE runs SET status = ?2, error = ?3, error_type = ?4, outputs = ?5, logs = ?6,
                      duration_ms = ?7, finished_at = ?8, transcript = iif(visitor_id IS NULL, NULL, ?9) WHERE id = ?1";
        let row = params![
            id,
            ended.status,
            ended.error,
            ended.error_type,
            ended.outputs.to_string(),
            ended.logs,
            ended.duration_ms,
            now(),
            transcript,
        ];
        self.commit(|db| {
            db.execute(update, row)?;
            Ok(db.execute("DELETE FROM run_values WHERE run_id = ?1", [id]).map(drop)?)
        })
    }

    /// Runs that a stopped server left open did not finish.
    pub(crate) fn end_interrupted_runs(&self) -> Result<(), LocalError> {
        let end = "UPDATE runs SET status = 'error', error_type = 'interrupted', finished_at = ?1,
                   error = 'Local Floom was stopped during this run.' WHERE status IN ('pending', 'running')";
        self.commit(|db| {
            db.execute(end, [now()])?;
            Ok(db.execute("DELETE FROM run_values", []).map(drop)?)
        })
    }

    /// One run of `user`; others' are as if they were not there.
    pub(crate) fn run(&self, user: &User, id: &str) -> Result<Option<RunRow>, LocalError> {
        let database = self.reading();
        let mut statement = database.prepare_cached(&format!("{SELECT} WHERE runs.id = ?1 AND visitor_id IS ?2"))?;
        Ok(statement.query_row(params![id, user.visitor()], read).optional()?)
    }

    /// How many runs `app` had, whoever ran it, and when the last one began.
    pub(crate) fn runs_of(&self, app: &App) -> Result<(u32, Option<String>), LocalError> {
        let counted = "SELECT count(*), max(started_at) FROM runs WHERE app_id = ?1";
        Ok(self.reading().prepare_cached(counted)?.query_row([&app.id], |row| Ok((row.get(0)?, row.get(1)?)))?)
    }

    /// The owner's last `limit` runs, newest first.
    pub(crate) fn runs(&self, limit: u32) -> Result<Vec<RunRow>, LocalError> {
        let database = self.reading();
        let mut statement =
            database.prepare_cached(&format!("{SELECT} WHERE visitor_id IS NULL ORDER BY number DESC LIMIT ?1"))?;
        let runs = statement.query_map([limit], read)?.collect::<Result<_, _>>()?;
        Ok(runs)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<RunRow> {
    let json = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or(Value::Null);
    Ok(RunRow {
        id: row.get(0)?,
        app_id: row.get(1)?,
        app_slug: row.get(2)?,
        app_name: row.get(3)?,
        inputs: json(row.get(4)?),
        outputs: json(row.get(5)?),
        status: row.get(6)?,
        error: row.get(7)?,
        error_type: row.get(8)?,
        logs: row.get(9)?,
        duration_ms: row.get(10)?,
        started_at: row.get(11)?,
        finished_at: row.get(12)?,
        transcript: row
            .get::<_, Option<String>>(13)?
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default(),
    })
}
