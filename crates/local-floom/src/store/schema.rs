//! The tables, and how a file of an older version gets them: additive steps, one transaction each.

use rusqlite::{Connection, Transaction};

use crate::LocalError;

/// Each takes a file from the version of its index to the next.
const STEPS: [&str; 4] = [
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
];

/// Whether `database` is empty.
///
/// # Errors
/// [`LocalError::Newer`] where a later program wrote it; [`LocalError::Damaged`] where it is no store.
pub(super) fn look(database: &Connection) -> Result<bool, LocalError> {
    let version = version(database)?;
    let tables: i64 = database.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
    match (version, tables) {
        (version, _) if version > STEPS.len() => Err(LocalError::Newer),
        (0, 0) => Ok(true),
        (0, _) => Err(LocalError::Damaged),
        _ => Ok(false),
    }
}

/// Makes the tables of a new store.
pub(super) fn make(transaction: &Transaction<'_>) -> Result<(), LocalError> {
    (0..STEPS.len()).try_for_each(|from| step(transaction, from))
}

/// Brings the tables of a store to what this program knows.
pub(super) fn bring_up(database: &mut Connection) -> Result<(), LocalError> {
    for from in version(database)?..STEPS.len() {
        let transaction = database.transaction()?;
        step(&transaction, from)?;
        transaction.commit()?;
    }
    Ok(())
}

fn step(transaction: &Transaction<'_>, from: usize) -> Result<(), LocalError> {
    transaction.execute_batch(STEPS[from])?;
    Ok(transaction.pragma_update(None, "user_version", i64::try_from(from + 1).unwrap_or(i64::MAX))?)
}

fn version(database: &Connection) -> Result<usize, LocalError> {
    let version: i64 = database.pragma_query_value(None, "user_version", |row| row.get(0))?;
    usize::try_from(version).map_err(|_| LocalError::Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_of_version_1_gets_what_is_new_and_keeps_what_it_has() {
        let mut database = Connection::open_in_memory().unwrap();
        let transaction = database.transaction().unwrap();
        step(&transaction, 0).unwrap();
        transaction.commit().unwrap();
        let kept = "INSERT INTO apps VALUES ('app_1', 'flyfast', '{}', 1, '', '');
                    INSERT INTO creator_values VALUES ('app_1', 'KEY', x'01', '2026-11-26 10:00:00');";
        database.execute_batch(kept).unwrap();
        assert!(!look(&database).unwrap(), "it is a store");
        bring_up(&mut database).unwrap();
        let found: (i64, Option<i64>) = database
            .query_row("SELECT version, set_at FROM creator_values", [], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap();
        assert_eq!(found, (1, None), "a value from before is version 1, of no known time");
        bring_up(&mut database).unwrap();
        database.pragma_update(None, "user_version", STEPS.len() as i64 + 1).unwrap();
        assert!(matches!(look(&database), Err(LocalError::Newer)), "a later version is left as it is");
    }
}
