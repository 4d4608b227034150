//! Apps.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Store, new_id, now};
use crate::{LocalError, Manifest};

/// One registered app.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) id: String,
    pub(crate) manifest: Manifest,
    pub(crate) is_sample: bool,
    pub(crate) created_at: String,
    pub(crate) updated_at: String,
}

const SELECT: &str = "SELECT id, manifest, is_sample, created_at, updated_at FROM apps";

impl Store {
    /// Registers an app.
    ///
    /// # Errors
    /// [`LocalError::Manifest`], [`LocalError::SlugTaken`], [`LocalError::Database`].
    pub fn register(&self, manifest: &Manifest) -> Result<(), LocalError> {
        self.insert_app(manifest, false)
    }

    pub(super) fn insert_app(&self, manifest: &Manifest, is_sample: bool) -> Result<(), LocalError> {
        manifest.check()?;
        let insert = "INSERT INTO apps (id, slug, manifest, is_sample, created_at, updated_at)
                      VALUES (?1, ?2, ?3, ?4, ?5, ?5) ON CONFLICT (slug) DO NOTHING";
        let row = params![new_id("app")?, manifest.slug, text(manifest)?, is_sample, now()];
        let added = self.commit(|db| Ok::<_, LocalError>(db.execute(insert, row)?))?;
        match added {
            0 => Err(LocalError::SlugTaken { slug: manifest.slug.clone() }),
            _ => Ok(()),
        }
    }

    /// Every app, the one changed last first.
    pub(crate) fn apps(&self) -> Result<Vec<App>, LocalError> {
        let database = self.reading();
        let mut statement = database.prepare_cached(&format!("{SELECT} ORDER BY updated_at DESC, rowid DESC"))?;
        let apps = statement.query_map([], read)?.collect::<Result<_, _>>()?;
        Ok(apps)
    }

    /// The app with this slug; case matters.
    pub(crate) fn app(&self, slug: &str) -> Result<Option<App>, LocalError> {
        let database = self.reading();
        let mut statement = database.prepare_cached(&format!("{SELECT} WHERE slug = ?1"))?;
        Ok(statement.query_row([slug], read).optional()?)
    }

    /// Removes an app with its policies, values and runs. `false` if there was none.
    pub(crate) fn delete_app(&self, slug: &str) -> Result<bool, LocalError> {
        self.commit(|db| Ok(db.execute("DELETE FROM apps WHERE slug = ?1", [slug])? > 0))
    }
}

/// Stores another manifest of the same app.
pub(super) fn write_manifest(db: &Connection, app: &App, manifest: &Manifest) -> Result<(), LocalError> {
    let changed = "UPDATE apps SET manifest = ?1, updated_at = ?2 WHERE id = ?3";
    db.execute(changed, params![text(manifest)?, now(), app.id])?;
    Ok(())
}

fn text(manifest: &Manifest) -> Result<String, LocalError> {
    serde_json::to_string(manifest).map_err(|_| LocalError::Damaged)
}

fn read(row: &Row<'_>) -> rusqlite::Result<App> {
    let manifest: String = row.get(1)?;
    let manifest = serde_json::from_str(&manifest)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(1, rusqlite::types::Type::Text, error.into()))?;
    Ok(App { id: row.get(0)?, manifest, is_sample: row.get(2)?, created_at: row.get(3)?, updated_at: row.get(4)? })
}
