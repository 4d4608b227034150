//! Receipts: the append-only, chained record of what was done. Names, never values.
//!
//! What the vault's own file cannot tell, that its end was cut off or that the whole of
//! it was put back, the [anchor](crate::AnchorState) in the keychain tells.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use crate::cipher::{self, KEY};
use crate::context::Fields;
use crate::error::ROLLED_BACK_HINT;
use crate::{AnchorState, Records, Tx, VaultError, time};

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

/// Proof that a receipt is written: whatever needs one takes it. Only [`Tx::append_receipt`] gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceiptNumber(i64);

impl ReceiptNumber {
    /// The receipt's place in the chain, from 1.
    pub fn get(self) -> i64 {
        self.0
    }
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
    /// Those that are there fit, but the keychain knows of later ones: the end was cut off,
    /// or an older vault file was put back.
    CutShort {
        /// How many there are.
        count: i64,
        /// How many there were when the chain was last anchored.
        anchored: i64,
    },
    /// Those that are there fit, but another receipt stands where the keychain knows one: an
    /// older vault file was put back, and has been written to since.
    Diverges {
        /// The receipt that is not the anchored one.
        at: i64,
    },
}

impl ChainCheck {
    /// The stable code of what was found.
    pub fn code(self) -> &'static str {
        match self {
            Self::Whole { .. } => "receipts_whole",
            Self::Breaks { .. } => "receipts_broken",
            Self::CutShort { .. } => "receipts_cut_short",
            Self::Diverges { .. } => "receipts_diverge",
        }
    }

    /// One sentence for people: what was found.
    pub fn sentence(self) -> String {
        match self {
            Self::Whole { count } => format!("All {count} receipts are as they were written."),
            Self::Breaks { at } => format!("Receipt {at} was changed, moved or removed; those before it stand."),
            Self::CutShort { count, anchored } => format!(
                "There are {count} receipts, but the keychain knows of {anchored}: the end was cut off, or an older \
                 vault file was put back."
            ),
            Self::Diverges { at } => format!(
                "Receipt {at} is not the one that the keychain knows: an older vault file was put back and written to."
            ),
        }
    }

    /// What to do next, in one sentence.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Whole { .. } => "There is nothing to do.",
            Self::Breaks { .. } => "Keep a copy of the vault file, and find out what else writes to it.",
            Self::CutShort { .. } | Self::Diverges { .. } => ROLLED_BACK_HINT,
        }
    }
}

/// The end of the chain: the last receipt's number and MAC. Before the first, number 0 and zeros.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) sequence: i64,
    pub(crate) mac: [u8; KEY],
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

    /// The chain's end after receipt `sequence`, as the table has it; `None` where there is no such receipt.
    pub(crate) fn stored_after(records: &Records, sequence: i64) -> Result<Option<Self>, VaultError> {
        if sequence == 0 {
            return Ok(Some(Self::BEFORE_THE_FIRST));
        }
        let mac: Option<Vec<u8>> = records
            .db
            .prepare_cached("SELECT mac FROM receipts WHERE sequence = ?1")?
            .query_row([sequence], |row| row.get(0))
            .optional()?;
        Ok(mac.and_then(|mac| mac.try_into().ok()).map(|mac| Self { sequence, mac }))
    }

    fn fields(&self) -> Fields {
        Fields::of("chain").number(self.sequence).bytes(&self.mac)
    }

    /// The stored end; `None` where it was changed from outside.
    pub(crate) fn read(records: &Records) -> Result<Option<Self>, VaultError> {
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

    /// How many receipts there are.
    ///
    /// # Errors
    /// [`VaultError::RowAltered`] where the end was changed from outside.
    pub fn receipts_count(&self) -> Result<i64, VaultError> {
        Head::read(self)?.map(|head| head.sequence).ok_or_else(end_altered)
    }

    /// Walks the whole chain and finds every edit, removal and swap, and, against `anchor`, every
    /// cut older than it and a vault file that was put back. Without an anchor a file put back as a
    /// whole is not found.
    ///
    /// # Errors
    /// The database's.
    pub fn receipts_verify(&self, anchor: &AnchorState) -> Result<ChainCheck, VaultError> {
        let anchored = anchor.head();
        let mut diverges = None;
        let mut head = Head::BEFORE_THE_FIRST;
        let mut statement = self.db.prepare_cached(&format!("SELECT {COLUMNS} FROM receipts ORDER BY sequence"))?;
        for row in statement.query_map([], ReceiptRow::read)? {
            let next = head.sequence + 1;
            let row = match row.map_err(VaultError::from) {
                Ok(row) => row,
                // What stands in it is of another kind than this program writes.
                Err(VaultError::Damaged) => return Ok(ChainCheck::Breaks { at: next }),
                Err(error) => return Err(error),
            };
            let mac = row.chained(self, &head);
            if row.sequence != next || !cipher::same(&mac, &row.mac) {
                return Ok(ChainCheck::Breaks { at: next });
            }
            head = Head { sequence: next, mac };
            if anchored.is_some_and(|anchored| anchored.sequence == next && !cipher::same(&anchored.mac, &mac)) {
                diverges = Some(next);
            }
        }
        let count = head.sequence;
        let end = Head::read(self)?;
        if end.is_none_or(|end| end.sequence != count || !cipher::same(&end.mac, &head.mac)) {
            return Ok(ChainCheck::Breaks { at: count + 1 });
        }
        Ok(match (anchored, diverges) {
            (Some(anchored), _) if anchored.sequence > count => {
                ChainCheck::CutShort { count, anchored: anchored.sequence }
            }
            (_, Some(at)) => ChainCheck::Diverges { at },
            _ => ChainCheck::Whole { count },
        })
    }
}

pub(crate) fn end_altered() -> VaultError {
    VaultError::RowAltered { table: "receipt", name: "the last".into() }
}

impl Tx<'_> {
    /// Writes a receipt at the end of the chain.
    ///
    /// # Errors
    /// [`VaultError::RowAltered`] where the end was changed from outside.
    pub fn append_receipt(&mut self, new: &NewReceipt<'_>, now: Timestamp) -> Result<ReceiptNumber, VaultError> {
        let head = Head::read(self)?.ok_or_else(end_altered)?;
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
        Ok(ReceiptNumber(sequence))
    }
}
