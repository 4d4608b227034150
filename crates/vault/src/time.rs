//! Points in time as the database keeps them: nanoseconds since the Unix epoch.

use jiff::Timestamp;

use crate::VaultError;

/// The database's form; times after the year 2262 are cut to its last instant.
pub(crate) fn stored(at: Timestamp) -> i64 {
    i64::try_from(at.as_nanosecond()).unwrap_or(if at.as_second() < 0 { i64::MIN } else { i64::MAX })
}

/// The time that was stored.
pub(crate) fn read(stored: i64) -> Result<Timestamp, VaultError> {
    Timestamp::from_nanosecond(stored.into()).map_err(|_| VaultError::Damaged)
}

/// The same where there may be none.
pub(crate) fn read_optional(stored: Option<i64>) -> Result<Option<Timestamp>, VaultError> {
    stored.map(read).transpose()
}
