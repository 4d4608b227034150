//! The words of receipts, which the activity list shows.

use floom_protocol::view::ActivityView;
use floom_secret::Policy;
use floom_vault::{Kept, Receipt, Source};

use crate::file;

/// Where a value came from, in words.
pub(crate) fn source(source: &Source) -> String {
    match source {
        Source::File { path, line } => format!("{} line {line}", file::display(path.as_ref())),
        Source::Typed => "typed".to_owned(),
        Source::Pasted => "pasted".to_owned(),
        Source::Imported => "imported".to_owned(),
        Source::Restored { from } => format!("restored from version {from}"),
    }
}

/// "from .env, line 3", as receipts say it.
pub(crate) fn from(source: &Source) -> String {
    match source {
        Source::File { path, line } => format!("from {}, line {line}", file::name(path.as_ref())),
        Source::Typed => "typed here".to_owned(),
        Source::Pasted => "from pasted text".to_owned(),
        Source::Imported => "from an import".to_owned(),
        Source::Restored { from } => format!("version {from} again"),
    }
}

/// How long a version is kept, in words; none for the current one.
pub(crate) fn kept(kept: Kept) -> Option<String> {
    match kept {
        Kept::WhileCurrent => None,
        Kept::Until(at) => Some(format!("kept encrypted here until {}", at.strftime("%-d %b %Y"))),
        Kept::AmongTheNewest => Some("kept encrypted here, among the newest 10".to_owned()),
        Kept::NoLonger => Some("past its time, removed soon".to_owned()),
    }
}

/// The policy's name on the toggle.
pub(crate) fn policy(policy: Policy) -> &'static str {
    match policy {
        Policy::Creator => "Creator vault",
        Policy::User => "User vault",
    }
}

/// "1 key", "3 keys".
pub(crate) fn keys(number: usize) -> String {
    counted(number, "key")
}

/// "1 value", "3 values".
pub(crate) fn counted(number: usize, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

/// A receipt as the activity list shows it.
pub(crate) fn activity(receipt: Receipt) -> ActivityView {
    let Receipt { sequence, at, what, app, key, detail, .. } = receipt;
    let is_key = key.is_some();
    let (title, text) = match (key, detail.split_once('\n')) {
        (Some(key), _) => (key, detail),
        (None, Some((title, text))) => (title.to_owned(), text.to_owned()),
        (None, None) => (app.unwrap_or_else(|| "Vault".to_owned()), detail),
    };
    ActivityView { sequence, at, what, title, key: is_key, text }
}

/// The detail of a receipt about a thing that is no key: its title, then what happened.
pub(crate) fn titled(title: &str, text: &str) -> String {
    format!("{title}\n{text}")
}
