//! The sample `.env` of the app `flyfast`, and the values in it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Trouble;

/// The file as it is shipped: keys at lines 3, 5, 7 and 9.
pub const TEXT: &str = include_str!("../sample/flyfast.env");

/// The keys that `flyfast` declares, in the file's order.
pub const KEYS: [&str; 4] = ["OPENAI_API_KEY", "AMADEUS_API_KEY", "STRIPE_SECRET_KEY", "SUPABASE_SERVICE_KEY"];

/// The values, in the same order.
pub const VALUES: [&str; 4] = [
    "sk-proj-sample-flyfast-not-a-real-key-8b2a",
    "amd_sample_flyfast_not_real_e82f",
    "sk_test_sample_flyfast_not_real_4c1d",
    "eyJhbGciOiJub25lIn0.eyJzYW1wbGUiOiJub3QgcmVhbCJ9.ZmFrZXyIJ9",
];

/// Other values for `AMADEUS_API_KEY`, one for each way of saving, and as long as the one in the file.
pub const EDITS: [&str; 3] =
    ["amd_edited_flyfast_not_real_1a01", "amd_edited_flyfast_not_real_2b02", "amd_edited_flyfast_not_real_3c03"];

/// Everything that no place but the file itself may hold.
pub fn values() -> impl Iterator<Item = &'static str> {
    VALUES.into_iter().chain(EDITS)
}

/// Writes the sample to `~/code/flyfast/.env` in `home`.
///
/// # Errors
/// The system's own.
pub fn write(home: &Path) -> Result<PathBuf, Trouble> {
    let folder = home.join("code/flyfast");
    fs::create_dir_all(&folder)?;
    let file = folder.join(".env");
    fs::write(&file, TEXT)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_holds_each_key_at_its_line_with_its_value() {
        let lines: Vec<&str> = TEXT.lines().collect();
        for ((key, value), line) in KEYS.iter().zip(VALUES).zip([3, 5, 7, 9]) {
            let found = lines[line - 1].strip_prefix(&format!("{key}=")).map(|rest| rest.trim_matches(['"', '\'']));
            assert_eq!(found, Some(value), "line {line} is {key} with the value that the tests look for");
        }
        assert!(VALUES.iter().all(|value| value.len() >= 24), "each is long enough for its preview to show its end");
        assert!(
            EDITS.iter().all(|edit| edit.len() == VALUES[1].len()),
            "an edit can be written over the value in place"
        );
    }
}
