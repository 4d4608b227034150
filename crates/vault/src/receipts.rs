//! Receipts: the append-only, chained record of what was done. Names, never values.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use crate::cipher::{self, KEY};
use crate::context::Fields;
use crate::{Records, Tx, VaultError, time};

/// One line of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Its number, from 1, without gaps.
    pub sequence: i64,
    /// When it was done.
    pub at: Timestamp,
    /// What was done: a stable code such as `value_stored`.
    pub what: String,
    /// The app's slug.
    pub app: Option<String>,
    /// The secret's name.
    pub key: Option<String>,
    /// Words and names.
    pub detail: String,
}

/// A line to be written.
#[derive(Debug, Clone, Copy)]
pub struct NewReceipt<'a> {
    /// What was done: a stable code.
    pub what: &'static str,
    /// The app's slug.
    pub app: Option<&'a str>,
    /// The secret's name.
    pub key: Option<&'a str>,
    /// Words and names, never a value.
    pub detail: &'a str,
}

/// What a walk along the chain found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChainCheck {
    /// Every receipt is there as it was written.
    Whole {
        /// How many there are.
        count: i64,
    },
    /// A receipt was changed, moved or removed.
    Breaks {
        /// The first that does not fit; those before it stand.
        at: i64,
    },
}

/// The end of the chain: the last receipt's number and MAC. Before the first, number 0 and zeros.
struct Head {
    sequence: i64,
    mac: [u8; KEY],
}

struct ReceiptRow {
    sequence: i64,
    at: i64,
    what: String,
    app: Option<String>,
    key: Option<String>,
    detail: String,
    mac: Vec<u8>,
}

const COLUMNS: &str = "sequence, at, what, app, key, detail, mac";

impl ReceiptRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            sequence: row.get(0)?,
            at: row.get(1)?,
            what: row.get(2)?,
            app: row.get(3)?,
            key: row.get(4)?,
            detail: row.get(5)?,
            mac: row.get(6)?,
        })
    }

    /// The MAC that it must have after `head`.
    fn chained(&self, records: &Records, head: &Head) -> [u8; KEY] {
        let fields = Fields::of("receipts")
            .uuid(records.id())
            .bytes(&head.mac)
            .number(self.sequence)
            .number(self.at)
            .text(&self.what)
            .optional(self.app.as_deref(), Fields::text)
            .optional(self.key.as_deref(), Fields::text)
            .text(&self.detail);
        records.keys.receipt_mac(&fields)
    }
}

impl Head {
    const BEFORE_THE_FIRST: Self = Self { sequence: 0, mac: [0; KEY] };

    fn fields(&self) -> Fields {
        Fields::of("chain").number(self.sequence).bytes(&self.mac)
    }

    /// The stored end; `None` where it was changed from outside.
    fn read(records: &Records) -> Result<Option<Self>, VaultError> {
        let row = records
            .db
            .prepare_cached("SELECT sequence, head, mac FROM chain")?
            .query_row([], |row| Ok((Self { sequence: row.get(0)?, mac: row.get(1)? }, row.get::<_, Vec<u8>>(2)?)));
        let Some((head, mac)) = row.optional()? else { return Ok(Some(Self::BEFORE_THE_FIRST)) };
        Ok(cipher::same(&records.keys.row_mac(&head.fields()), &mac).then_some(head))
    }

    fn write(&self, records: &Records) -> Result<(), VaultError> {
        records
            .db
            .prepare_cached("INSERT OR REPLACE INTO chain (one, sequence, head, mac) VALUES (1, ?1, ?2, ?3)")?
            .execute(params![self.sequence, self.mac, records.keys.row_mac(&self.fields())])?;
        Ok(())
    }
}

impl Records {
    /// The `newest` receipts, newest first.
    ///
    /// # Errors
    /// The database's. What stands in them is proven by [`Records::receipts_verify`] only.
    pub fn receipts(&self, newest: usize) -> Result<Vec<Receipt>, VaultError> {
        let limit = i64::try_from(newest).unwrap_or(i64::MAX);
        let sql = format!("SELECT {COLUMNS} FROM receipts ORDER BY sequence DESC LIMIT ?1");
        let rows =
            self.db.prepare_cached(&sql)?.query_map([limit], ReceiptRow::read)?.collect::<Result<Vec<_>, _>>()?;
        let receipt = |row: ReceiptRow| {
            let at = time::read(row.at)?;
            Ok(Receipt { sequence: row.sequence, at, what: row.what, app: row.app, key: row.key, detail: row.detail })
        };
        rows.into_iter().map(receipt).collect()
    }

    /// Walks the whole chain and finds every edit, removal and swap, and a cut end unless the
    /// whole file was put back to an earlier state.
    ///
    /// # Errors
    /// The database's.
    pub fn receipts_verify(&self) -> Result<ChainCheck, VaultError> {
        let mut head = Head::BEFORE_THE_FIRST;
        let mut statement = self.db.prepare_cached(&format!("SELECT {COLUMNS} FROM receipts ORDER BY sequence"))?;
        for row in statement.query_map([], ReceiptRow::read)? {
            let row = row?;
            let next = head.sequence + 1;
            let mac = row.chained(self, &head);
            if row.sequence != next || !cipher::same(&mac, &row.mac) {
                return Ok(ChainCheck::Breaks { at: next });
            }
            head = Head { sequence: next, mac };
        }
        match Head::read(self)? {
            Some(end) if end.sequence == head.sequence && cipher::same(&end.mac, &head.mac) => {
                Ok(ChainCheck::Whole { count: head.sequence })
            }
            _ => Ok(ChainCheck::Breaks { at: head.sequence + 1 }),
        }
    }
}

impl Tx<'_> {
    /// Writes a receipt at the end of the chain.
    ///
    /// # Errors
    /// [`VaultError::RowAltered`] where the end was changed from outside.
    pub fn append_receipt(&mut self, new: &NewReceipt<'_>, now: Timestamp) -> Result<i64, VaultError> {
        let head = Head::read(self)?.ok_or(VaultError::RowAltered { table: "receipt", name: "the last".into() })?;
        let sequence = head.sequence + 1;
        let row = ReceiptRow {
            sequence,
            at: time::stored(now),
            what: new.what.to_owned(),
            app: new.app.map(str::to_owned),
            key: new.key.map(str::to_owned),
            detail: new.detail.to_owned(),
            mac: Vec::new(),
        };
        let mac = row.chained(self, &head);
        self.db
            .prepare_cached(
                "INSERT INTO receipts (sequence, at, what, app, key, detail, mac) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![sequence, row.at, row.what, row.app, row.key, row.detail, mac])?;
        Head { sequence, mac }.write(self)?;
        Ok(sequence)
    }
}
