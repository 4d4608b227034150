//! Bytes of a `.env` file to entries with spans and back, and what each real reader makes of them.
//!
//! No two readers of `.env` files agree, so a value has no meaning until the
//! reader is named. [`Document::read`] takes any bytes whatsoever and keeps
//! them; [`Document::read_as`] gives the values that one [`Reader`] would give
//! its app; [`Document::verdicts`] says in words where others differ;
//! [`Document::with_value`] changes one value and not one byte more.
//!
//! Nothing here reads a file, the environment or the clock, and nothing is ever
//! executed. No error, finding, verdict or `Debug` output carries a byte of a
//! value.

#![forbid(unsafe_code)]

mod detect;
mod document;
mod edit;
mod encoding;
mod entry;
mod example;
mod finding;
mod hygiene;
mod models;
mod reader;
mod reading;
mod refusal;
mod rendering;
mod scan;
mod space;
mod verdict;
mod view;

pub use detect::{Detection, detect};
pub use document::Document;
pub use edit::{Edit, EditError};
pub use encoding::Encoding;
pub use entry::{Entry, Piece, Quote};
pub use finding::{Finding, Severity, is_portable_name};
pub use reader::Reader;
pub use reading::{Outcome, Reading, last_wins};
pub use refusal::{EntryRefusal, FileRefusal};
pub use verdict::Verdict;
pub use view::{Seen, Sight, View};
