//! The recovery kit: a code on paper, and a file that it opens when the keychain cannot.
//!
//! The vault keeps the public half of the code's key pair and seals every new key-encryption key to it, so that the
//! kit outlives rotations. The kit's file is a copy of the vault, still encrypted.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use crate::cipher::Key;
use crate::context::Fields;
use crate::keys::Keys;
use crate::point::{Point, reach};
use crate::recovery_key::{self, PUBLIC, RecoveryKey};
use crate::{DrillReport, Records, RecoveryCode, Tx, Vault, VaultError, file, time};

/// What a vault knows of its kit; the code is not among it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecoveryKit {
    /// The kit's own identity.
    pub id: Uuid,
    /// When its code was made.
    pub made_at: Timestamp,
    /// When a drill last proved it.
    pub tested_at: Option<Timestamp>,
}

/// A row of the table: one, or none.
pub(crate) struct KitRow {
    id: Uuid,
    pub(crate) public_key: [u8; PUBLIC],
    made_at: i64,
    tested_at: Option<i64>,
    pub(crate) kek_generation: u32,
    pub(crate) sealed: Vec<u8>,
}

impl KitRow {
    /// The row and its MAC, which only the opened vault can check.
    pub(crate) fn read(db: &Connection) -> Result<Option<(Self, Vec<u8>)>, VaultError> {
        let sql = "SELECT id, public_key, made_at, tested_at, kek_generation, sealed, mac FROM recovery";
        let row = db.prepare_cached(sql)?.query_row([], |row| {
            let read = Self {
                id: Uuid::from_bytes(row.get(0)?),
                public_key: row.get(1)?,
                made_at: row.get(2)?,
                tested_at: row.get(3)?,
                kek_generation: row.get(4)?,
                sealed: row.get(5)?,
            };
            Ok((read, row.get(6)?))
        });
        row.optional().map_err(|error| match error {
            error @ rusqlite::Error::SqliteFailure(..) => error.into(),
            _ => VaultError::Damaged,
        })
    }

    fn fields(&self) -> Fields {
        Fields::of("recovery")
            .uuid(self.id)
            .bytes(&self.public_key)
            .number(self.made_at)
            .optional(self.tested_at, Fields::number)
            .number(self.kek_generation)
            .bytes(&self.sealed)
    }

    fn write(&self, db: &Connection, keys: &Keys) -> Result<(), VaultError> {
        db.execute(
            "INSERT OR REPLACE INTO recovery (one, id, public_key, made_at, tested_at, kek_generation, sealed, mac)
             VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                self.id.as_bytes(),
                self.public_key,
                self.made_at,
                self.tested_at,
                self.kek_generation,
                self.sealed,
                keys.row_mac(&self.fields())
            ],
        )?;
        Ok(())
    }
}

impl Records {
    /// The vault's recovery kit, if one was made.
    ///
    /// # Errors
    /// [`VaultError::RowAltered`] where it was changed from outside.
    pub fn recovery_kit(&self) -> Result<Option<RecoveryKit>, VaultError> {
        let kit = self.kit_row()?.map(|row| {
            let tested_at = time::read_optional(row.tested_at)?;
            Ok(RecoveryKit { id: row.id, made_at: time::read(row.made_at)?, tested_at })
        });
        kit.transpose()
    }

    /// Nothing is ever sealed to a public key that is not proven to be the creator's own.
    fn kit_row(&self) -> Result<Option<KitRow>, VaultError> {
        let Some((row, mac)) = KitRow::read(&self.db)? else { return Ok(None) };
        self.keys.check_row(&row.fields(), &mac, "recovery kit", &row.id.to_string())?;
        Ok(Some(row))
    }
}

impl Tx<'_> {
    /// Makes `kit` the vault's own and gives its code, which is shown once and stored nowhere. The old code goes on
    /// opening old kit files, as long as those exist; it opens nothing that is written from now on.
    ///
    /// # Errors
    /// [`VaultError::Busy`] where the vault's key was replaced since the kit was drawn; the database's.
    pub fn adopt_kit(&mut self, kit: NewKit) -> Result<RecoveryCode, VaultError> {
        if kit.row.kek_generation != self.keys.kek_generation() {
            return Err(VaultError::Busy);
        }
        kit.row.write(&self.db, &self.keys)?;
        Ok(kit.code)
    }

    /// Notes that `report` has proven this vault's kit.
    ///
    /// # Errors
    /// [`VaultError::WrongCode`] where the report is about another kit, [`VaultError::KitDamaged`] where not
    /// everything in it opened, [`VaultError::NoKit`].
    pub fn record_drill(&mut self, report: &DrillReport, now: Timestamp) -> Result<(), VaultError> {
        if !report.contents.is_whole() {
            return Err(VaultError::KitDamaged);
        }
        match self.kit_row()? {
            Some(row) if row.id == report.kit.id && self.id() == report.vault => {
                KitRow { tested_at: Some(time::stored(now)), ..row }.write(&self.db, &self.keys)
            }
            Some(_) => Err(VaultError::WrongCode),
            None => Err(VaultError::NoKit),
        }
    }

    /// Seals a new key-encryption key to the kit, where there is one.
    pub(crate) fn seal_to_kit(&mut self, kek: &Key, generation: u32) -> Result<(), VaultError> {
        let Some(row) = self.kit_row()? else { return Ok(()) };
        let sealed = recovery_key::seal(&row.public_key, self.id(), generation, kek, self.keys.entropy())?;
        KitRow { kek_generation: generation, sealed, ..row }.write(&self.db, &self.keys)
    }
}

/// A kit that is not the vault's yet: its file comes first, so that a kill at any moment leaves the old kit or this one.
pub struct NewKit {
    code: RecoveryCode,
    row: KitRow,
}

impl NewKit {
    /// Writes its file to `path`: a copy of `vault` as it is now, still encrypted, readable by its owner only. A kit of
    /// this vault that is there is kept beside it as `<path>.before`; gives where that is.
    ///
    /// # Errors
    /// [`VaultError::FileExists`] where something else is there; [`VaultError::DiskFull`], [`VaultError::Io`].
    pub fn write_file(&self, vault: &Vault, path: &Path) -> Result<Option<PathBuf>, VaultError> {
        let takes_place = !file::is_free(path);
        if takes_place && !file::is_copy_of(path, vault.id()) {
            return Err(VaultError::FileExists);
        }
        let before = takes_place.then(|| file::beside(path, ".before"));
        if let Some(before) = &before {
            if !file::is_free(before) && !file::is_copy_of(before, vault.id()) {
                return Err(VaultError::FileExists);
            }
            std::fs::rename(path, before)?;
        }
        let written = file::copy_with(&vault.db, path, |db| self.row.write(db, &vault.keys));
        if let (Err(_), Some(before)) = (&written, &before) {
            std::fs::rename(before, path)?;
        }
        written?;
        reach(Point::KitWritten);
        Ok(before)
    }
}

impl Vault {
    /// Draws the code of a new kit. Nothing is stored: [`NewKit::write_file`], then [`Tx::adopt_kit`].
    ///
    /// # Errors
    /// [`VaultError::KitExists`] where there is one and it is not to be replaced, [`VaultError::Randomness`].
    pub fn new_recovery_kit(&self, replace: bool, now: Timestamp) -> Result<NewKit, VaultError> {
        if !replace && self.recovery_kit()?.is_some() {
            return Err(VaultError::KitExists);
        }
        let code = RecoveryCode::random(self.keys.entropy())?;
        let public_key = *RecoveryKey::of(&code)?.public();
        let kek_generation = self.keys.kek_generation();
        let sealed = recovery_key::seal(&public_key, self.id(), kek_generation, self.keys.kek(), self.keys.entropy())?;
        let row = KitRow {
            id: Uuid::new_v4(),
            public_key,
            made_at: time::stored(now),
            tested_at: None,
            kek_generation,
            sealed,
        };
        Ok(NewKit { code, row })
    }

    /// Writes the kit's file to `path`: a copy of the vault as it is now, still encrypted, readable by its owner only.
    /// A kit of this vault that is there is replaced at once.
    ///
    /// # Errors
    /// [`VaultError::NoKit`]; [`VaultError::FileExists`] where something else is there; [`VaultError::DiskFull`],
    /// [`VaultError::Io`].
    pub fn write_kit_file(&self, path: &Path) -> Result<(), VaultError> {
        if self.recovery_kit()?.is_none() {
            return Err(VaultError::NoKit);
        }
        if !file::is_free(path) && !file::is_copy_of(path, self.id()) {
            return Err(VaultError::FileExists);
        }
        file::copy(&self.db, path)
    }
}
