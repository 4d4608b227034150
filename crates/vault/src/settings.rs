//! Settings: names and texts that other parts of the program keep here.

use rusqlite::{OptionalExtension, params};

use crate::context::Fields;
use crate::{Readable, Records, Tx, VaultError};

fn fields(name: &str, value: &str) -> Fields {
    Fields::of("settings").text(name).text(value)
}

impl Records {
    /// The setting `name`, if it was ever set.
    ///
    /// # Errors
    /// [`VaultError::RowAltered`] where it was changed from outside.
    pub fn setting(&self, name: &str) -> Result<Option<String>, VaultError> {
        let row: Option<(String, Vec<u8>)> = self
            .db
            .prepare_cached("SELECT value, mac FROM settings WHERE name = ?1")?
            .query_row([name], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((value, mac)) = row else { return Ok(None) };
        self.keys.check_row(&fields(name, &value), &mac, "setting", name)?;
        Ok(Some(value))
    }

    /// What is damaged of the settings.
    pub(crate) fn settings_damage(&self) -> Result<Vec<VaultError>, VaultError> {
        let mut statement = self.db.prepare_cached("SELECT name, value, mac FROM settings")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let unfit = |error| VaultError::of_row(error, "setting");
        let checked = rows.map(|row: rusqlite::Result<(String, String, Vec<u8>)>| {
            let (name, value, mac) = row.map_err(unfit)?;
            self.keys.check_row(&fields(&name, &value), &mac, "setting", &name)
        });
        Ok(Readable::of(checked)?.damaged)
    }
}

impl Tx<'_> {
    /// Sets the setting `name`; never to a secret value.
    ///
    /// # Errors
    /// The database's.
    pub fn set_setting(&mut self, name: &str, value: &str) -> Result<(), VaultError> {
        self.db
            .prepare_cached("INSERT OR REPLACE INTO settings (name, value, mac) VALUES (?1, ?2, ?3)")?
            .execute(params![name, value, self.keys.row_mac(&fields(name, value))])?;
        Ok(())
    }
}
