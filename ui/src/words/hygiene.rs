//! Texts about values that are old, or stand where they should not.

use super::count;

/// Where in git a value was found.
pub(crate) fn stands_in_git(file: &str, commit: Option<&str>) -> String {
    match commit {
        Some(commit) => format!("This value is in git: {file}, commit {commit}."),
        None => format!("This value is in {file}, which git tracks."),
    }
}

/// What follows the key's name.
pub(crate) fn days_old(days: u32) -> String {
    format!(" is {} old.", count(days, "day", "days"))
}

/// Where a new value is made, and where it goes; `page` is the provider's.
pub(crate) fn make_a_new_one(page: Option<&str>, from_file: bool) -> String {
    let host = page.and_then(|page| page.strip_prefix("https://")).map(|rest| rest.split('/').next().unwrap_or(rest));
    let place = host.map_or_else(|| "where you got it".to_owned(), |host| format!("at {host}"));
    let goes = if from_file { "save it in the file" } else { "set it here" };
    format!("Make a new one {place}, then {goes}.")
}
