//! Everything that is damaged in a vault, named.

use rusqlite::Connection;

use crate::{AnchorState, ChainCheck, Records, VaultError};

/// What a look at the whole of an open vault found.
#[derive(Debug)]
pub struct Damage {
    /// Whether SQLite can walk the file, and all that refers to something finds it. Where not, more
    /// may be missing than is named here.
    pub walkable: bool,
    /// One error for each entry and each value that is damaged; all others are readable.
    pub entries: Vec<VaultError>,
    /// How the chain of receipts is in itself.
    pub receipts: ChainCheck,
}

impl Damage {
    /// Whether all is as it was written.
    pub fn is_none(&self) -> bool {
        self.walkable && self.entries.is_empty() && matches!(self.receipts, ChainCheck::Whole { .. })
    }
}

impl Records {
    /// Looks at every page, every row, every value and every receipt. It opens each value for a moment.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] where the file cannot even be read so far, and the database's.
    pub fn damage(&self) -> Result<Damage, VaultError> {
        let mut entries = Vec::new();
        let connections = self.readable_connections()?;
        entries.extend(connections.damaged);
        for connection in connections.entries {
            entries.extend(one_entry(self.connection_token(connection.id).map(drop))?);
        }
        entries.extend(self.readable_apps()?.damaged);
        entries.extend(self.readable_links()?.damaged);
        entries.extend(self.readable_outbox()?.damaged);
        entries.extend(self.settings_damage()?);
        let secrets = self.secret_rows()?;
        entries.extend(secrets.damaged);
        for row in secrets.entries {
            let versions = self.versions_of(&row)?;
            let is_there = |number| {
                let named = |error: &VaultError| matches!(error, VaultError::ValueDamaged { version, .. } if *version == number);
                versions.entries.iter().any(|version| version.number == number) || versions.damaged.iter().any(named)
            };
            let lost = row.current.filter(|number| !is_there(*number));
            entries.extend(lost.map(|version| VaultError::ValueDamaged { secret: row.name.clone(), version }));
            for version in &versions.entries {
                entries.extend(one_entry(self.value_of(&row, version.number).map(drop))?);
            }
            entries.extend(versions.damaged);
        }
        Ok(Damage { walkable: is_walkable(&self.db)?, entries, receipts: self.receipts_verify(&AnchorState::Absent)? })
    }
}

/// Whether SQLite can walk all of `db`, and what refers to something finds it.
pub(crate) fn is_walkable(db: &Connection) -> Result<bool, VaultError> {
    let answer = db.query_row("PRAGMA integrity_check(1)", [], |row| row.get::<_, String>(0));
    match answer.map_err(VaultError::from) {
        Ok(answer) if answer == "ok" => {}
        Ok(_) | Err(VaultError::Damaged) => return Ok(false),
        Err(error) => return Err(error),
    }
    let dangling = db.prepare("PRAGMA foreign_key_check")?.exists([])?;
    Ok(!dangling)
}

/// The damage of one entry; another error ends the look.
fn one_entry(read: Result<(), VaultError>) -> Result<Option<VaultError>, VaultError> {
    match read {
        Ok(()) => Ok(None),
        Err(error) if error.is_of_one_entry() => Ok(Some(error)),
        Err(error) => Err(error),
    }
}
