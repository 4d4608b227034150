//! The store's file: one connection that changes it, and two that only read.
//!
//! Changes that come while others are made share one commit, and each returns when that commit is on the disk
//! (group commit: DeWitt et al., "Implementation techniques for main memory database systems", 1984). Whoever finds
//! nobody else waiting to make a change commits for all who made one. Readers see what is committed and wait for none of
//! it (<https://sqlite.org/wal.html#concurrency>).

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ffi};

use crate::LocalError;

/// How long a connection waits for another program that holds the file.
const BUSY: Duration = Duration::from_secs(5);

/// More than there are statements, so that none is prepared twice.
const STATEMENTS: usize = 128;

/// Nobody waits longer than for this many other changes.
const LARGEST_GROUP: usize = 64;

/// An open file.
pub(super) struct Database {
    changing: Mutex<Changing>,
    /// Told when a group was committed, or when the next to look may have to do it.
    looked_for: Condvar,
    /// How many have a change to make and have not made it yet.
    coming: AtomicUsize,
    reading: [Mutex<Connection>; 2],
}

struct Changing {
    connection: Connection,
    /// What the next change belongs to.
    group: Arc<Group>,
    /// How many changes it has.
    made: usize,
}

/// What became of the changes that share a commit, once it is known.
type Group = OnceLock<Result<(), ffi::Error>>;

/// A connection as every part of the store wants it.
pub(super) fn connect(file: &Path) -> Result<Connection, LocalError> {
    let connection = Connection::open(file)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Else a statement is planned anew for every other value that is bound to it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

impl Database {
    /// Takes over the connection that `file` was prepared with.
    pub(super) fn new(connection: Connection, file: &Path) -> Result<Self, LocalError> {
        let reading = || {
            let connection = connect(file)?;
            connection.pragma_update(None, "query_only", "ON")?;
            Ok::<_, LocalError>(Mutex::new(connection))
        };
        let changing = Changing { connection, group: Arc::default(), made: 0 };
        Ok(Self {
            changing: Mutex::new(changing),
            looked_for: Condvar::new(),
            coming: AtomicUsize::new(0),
            reading: [reading()?, reading()?],
        })
    }

    /// What is committed, to be read.
    pub(super) fn reading(&self) -> MutexGuard<'_, Connection> {
        let [first, others @ ..] = &self.reading;
        let free = others.iter().find_map(|connection| connection.try_lock().ok());
        free.unwrap_or_else(|| first.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Does `work` and returns when it is on the disk. What fails leaves nothing behind.
    pub(super) fn commit<T, E: From<LocalError>>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let coming = Coming::new(self);
        let mut changing = self.changing();
        // Dropped before the lock is: who waits under it must not miss that.
        let coming = coming;
        let (group, done) = changing.make(work)?;
        coming.arrived();
        loop {
            match group.get() {
                Some(Ok(())) => return Ok(done),
                Some(Err(code)) => return Err(LocalError::from(failure(*code)).into()),
                None if self.coming.load(Ordering::SeqCst) == 0 || changing.made >= LARGEST_GROUP => {
                    changing.commit();
                    self.looked_for.notify_all();
                }
                None => changing = self.looked_for.wait(changing).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    fn changing(&self) -> MutexGuard<'_, Changing> {
        // A step that was not finished was taken back, so a panic leaves nothing half-done.
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Changing {
    /// Makes a change in the group that is open, and gives both. One that fails leaves the others of its group alone.
    fn make<T, E: From<LocalError>>(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<(Arc<Group>, T), E> {
        self.begin().map_err(LocalError::from)?;
        let step = Step::of(&self.connection).map_err(LocalError::from)?;
        let done = step.during(work);
        match done {
            Ok(done) => {
                self.made += 1;
                Ok((self.group.clone(), done))
            }
            Err(error) => {
                if self.made == 0 {
                    let _ = self.connection.execute_batch("ROLLBACK");
                }
                Err(error)
            }
        }
    }

    fn begin(&mut self) -> rusqlite::Result<()> {
        if !self.connection.is_autocommit() {
            return Ok(());
        }
        if self.made > 0 {
            // A full disk makes SQLite take back the whole group in the middle of a step.
            self.close(Err(ffi::Error::new(ffi::SQLITE_FULL)));
        }
        self.connection.execute_batch("BEGIN IMMEDIATE")
    }

    fn commit(&mut self) {
        let committed = self.connection.execute_batch("COMMIT");
        if committed.is_err() && !self.connection.is_autocommit() {
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        self.close(
            committed.map_err(|error| error.sqlite_error().copied().unwrap_or(ffi::Error::new(ffi::SQLITE_ERROR))),
        );
    }

    fn close(&mut self, outcome: Result<(), ffi::Error>) {
        let group = std::mem::take(&mut self.group);
        self.made = 0;
        // A new group has no outcome yet.
        let _ = group.set(outcome);
    }
}

/// One change within a group; dropped before its end it is taken back.
struct Step<'a>(&'a Connection);

impl<'a> Step<'a> {
    fn of(connection: &'a Connection) -> rusqlite::Result<Self> {
        connection.prepare_cached("SAVEPOINT step")?.execute([])?;
        Ok(Self(connection))
    }

    fn during<T, E: From<LocalError>>(self, work: impl FnOnce(&Connection) -> Result<T, E>) -> Result<T, E> {
        let done = work(self.0)?;
        self.0.prepare_cached("RELEASE step").and_then(|mut release| release.execute([])).map_err(LocalError::from)?;
        std::mem::forget(self);
        Ok(done)
    }
}

impl Drop for Step<'_> {
    fn drop(&mut self) {
        // Where SQLite took the whole group back, there is no step any more.
        let _ = self.0.execute_batch("ROLLBACK TO step; RELEASE step");
    }
}

/// Somebody with a change to make.
struct Coming<'a>(&'a Database);

impl<'a> Coming<'a> {
    fn new(database: &'a Database) -> Self {
        database.coming.fetch_add(1, Ordering::SeqCst);
        Self(database)
    }

    /// The change is made; who made it looks for the commit itself.
    fn arrived(self) {
        self.0.coming.fetch_sub(1, Ordering::SeqCst);
        std::mem::forget(self);
    }
}

impl Drop for Coming<'_> {
    fn drop(&mut self) {
        self.0.coming.fetch_sub(1, Ordering::SeqCst);
        // Nothing was changed; those who did change something may have waited for this one only.
        self.0.looked_for.notify_all();
    }
}

fn failure(code: ffi::Error) -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(code, None)
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use super::*;

    fn database(folder: &Path) -> Database {
        let file = folder.join("test.db");
        let connection = connect(&file).expect("a connection");
        connection.pragma_update(None, "journal_mode", "WAL").expect("WAL");
        connection.execute_batch("CREATE TABLE kept (text TEXT NOT NULL)").expect("a table");
        Database::new(connection, &file).expect("a database")
    }

    fn keep(database: &Database, text: &str) -> Result<(), LocalError> {
        database.commit(|db| Ok(db.execute("INSERT INTO kept VALUES (?1)", [text]).map(drop)?))
    }

    fn kept(database: &Database) -> Vec<String> {
        let reading = database.reading();
        let mut statement = reading.prepare("SELECT text FROM kept ORDER BY text").expect("a statement");
        let rows = statement.query_map([], |row| row.get(0)).expect("rows");
        rows.collect::<Result<_, _>>().expect("texts")
    }

    /// How often the write-ahead log was added to: SQLite counts each commit in its index' header (bytes 8 to 12).
    fn commits(folder: &Path) -> u32 {
        let index = std::fs::read(folder.join("test.db-shm")).expect("the index of the log");
        u32::from_ne_bytes(index[8..12].try_into().expect("four bytes"))
    }

    #[test]
    fn a_change_that_came_back_is_what_every_reader_sees() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = database(folder.path());
        keep(&database, "one").expect("kept");
        assert_eq!(kept(&database), ["one"], "it is committed, not only made");
    }

    #[test]
    fn changes_that_come_while_one_is_made_share_its_commit() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = database(folder.path());
        keep(&database, "00").expect("kept");
        let before = commits(folder.path());
        let (others, ready) = (8, Barrier::new(9));
        thread::scope(|scope| {
            for number in 1..=others {
                let (database, ready) = (&database, &ready);
                scope.spawn(move || {
                    ready.wait();
                    keep(database, &format!("{number:02}")).expect("kept");
                });
            }
            let first: Result<(), LocalError> = database.commit(|db| {
                ready.wait();
                // Until all the others wait for this one.
                while database.coming.load(Ordering::SeqCst) <= others {
                    thread::yield_now();
                }
                Ok(db.execute("INSERT INTO kept VALUES ('first')", []).map(drop)?)
            });
            first.expect("kept");
        });
        assert_eq!(kept(&database).len(), others + 2, "all are kept");
        assert_eq!(commits(folder.path()) - before, 1, "by one commit");
    }

    #[test]
    fn a_change_that_fails_or_panics_takes_nothing_of_the_others_with_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = database(folder.path());
        let ready = Barrier::new(4);
        thread::scope(|scope| {
            let failing = scope.spawn(|| {
                ready.wait();
                database.commit(|db| {
                    db.execute("INSERT INTO kept VALUES ('of the failed one')", [])?;
                    Err::<(), _>(LocalError::Damaged)
                })
            });
            let panicking = scope.spawn(|| {
                ready.wait();
                let done: Result<(), LocalError> = database.commit(|db| {
                    db.execute("INSERT INTO kept VALUES ('of the one that panicked')", [])?;
                    std::panic::resume_unwind(Box::new("on purpose"))
                });
                done
            });
            let good = scope.spawn(|| {
                ready.wait();
                keep(&database, "good")
            });
            let first: Result<(), LocalError> = database.commit(|db| {
                ready.wait();
                while database.coming.load(Ordering::SeqCst) < 4 {
                    thread::yield_now();
                }
                Ok(db.execute("INSERT INTO kept VALUES ('first')", []).map(drop)?)
            });
            first.expect("the first is kept");
            good.join().expect("no panic").expect("the good one is kept");
            assert!(matches!(failing.join(), Ok(Err(LocalError::Damaged))), "the failed one says why");
            assert!(panicking.join().is_err(), "the panic is passed on");
        });
        assert_eq!(kept(&database), ["first", "good"], "what failed left nothing behind");
        keep(&database, "later").expect("and the next change works");
    }

    #[test]
    fn a_full_disk_is_said_to_everyone_whose_change_is_not_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = database(folder.path());
        keep(&database, "before").expect("kept");
        let pages = |limit: &str| {
            let changing = database.changing();
            changing.connection.pragma_update(None, "max_page_count", limit).expect("a limit");
        };
        pages("2");
        let large = "x".repeat(100_000);
        let refused = keep(&database, &large).expect_err("there is no room");
        assert!(matches!(refused, LocalError::Database(_)), "it is said: {refused}");
        assert_eq!(kept(&database), ["before"], "what was there stays");
        pages("1000000");
        keep(&database, "after").expect("with room again it goes on");
        assert_eq!(kept(&database), ["after", "before"], "and is kept");
    }

    #[test]
    fn a_reader_cannot_change_anything() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = database(folder.path());
        for _ in 0..2 {
            let first = database.reading();
            let second = database.reading();
            for reading in [first, second] {
                assert!(reading.execute("DELETE FROM kept", []).is_err(), "it is refused by SQLite itself");
            }
        }
    }
}
