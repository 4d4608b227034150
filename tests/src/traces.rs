//! Looks for values where none may be.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use crate::Trouble;

/// One value found in one place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Trace {
    /// The file, or `process 123`.
    pub place: PathBuf,
    /// Which of the values looked for, by position.
    pub value: usize,
    /// How it was written: `as it is`, `base64`, `hex`, `UTF-16`, `percent`.
    pub form: &'static str,
}

/// A set of values in all the forms in which a program could have written them.
#[derive(Debug)]
pub struct Search {
    needles: Vec<(usize, &'static str, Vec<u8>)>,
}

impl Search {
    /// Will look for these values.
    pub fn new<'a>(values: impl IntoIterator<Item = &'a str>) -> Self {
        let mut needles = Vec::new();
        for (index, value) in values.into_iter().enumerate() {
            needles.push((index, "as it is", value.as_bytes().to_vec()));
            needles.push((index, "UTF-16", value.encode_utf16().flat_map(u16::to_le_bytes).collect()));
            let hex: String = value.bytes().map(|byte| format!("{byte:02x}")).collect();
            needles.push((index, "hex", hex.to_uppercase().into_bytes()));
            needles.push((index, "hex", hex.into_bytes()));
            needles.push((index, "percent", percent(value).into_bytes()));
            for offset in 0..3 {
                needles.push((index, "base64", inside_base64(value, offset, |bytes| STANDARD_NO_PAD.encode(bytes))));
                needles.push((index, "base64", inside_base64(value, offset, |bytes| URL_SAFE_NO_PAD.encode(bytes))));
            }
        }
        Self { needles }
    }

    /// Every trace in the files under `folder`.
    ///
    /// # Errors
    /// The system's own, when a file that is there cannot be read.
    pub fn in_folder(&self, folder: &Path) -> Result<BTreeSet<Trace>, Trouble> {
        let mut found = BTreeSet::new();
        let mut open = vec![folder.to_path_buf()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(&folder)? {
                let entry = entry?;
                let kind = entry.file_type()?;
                if kind.is_dir() {
                    open.push(entry.path());
                } else if kind.is_file() {
                    self.in_bytes(&fs::read(entry.path())?, &entry.path(), &mut found);
                }
            }
        }
        Ok(found)
    }

    /// Every trace in `bytes`, said to be in `place`.
    pub fn in_bytes(&self, bytes: &[u8], place: &Path, found: &mut BTreeSet<Trace>) {
        for (value, form, needle) in &self.needles {
            if contains(bytes, needle) {
                found.insert(Trace { place: place.to_path_buf(), value: *value, form });
            }
        }
    }
}

fn contains(hay: &[u8], needle: &[u8]) -> bool {
    let Some(first) = needle.first() else { return false };
    let mut from = 0;
    while let Some(at) = hay[from..].iter().position(|byte| byte == first) {
        if hay[from + at..].starts_with(needle) {
            return true;
        }
        from += at + 1;
    }
    false
}

/// The part of an encoding that is the same whatever stands before and after the value.
fn inside_base64(value: &str, offset: usize, encode: impl Fn(&[u8]) -> String) -> Vec<u8> {
    let shifted = [&vec![0; offset][..], value.as_bytes()].concat();
    let encoded = encode(&shifted).into_bytes();
    let head = [0, 2, 3][offset];
    let tail = if shifted.len() % 3 == 0 { 0 } else { 1 };
    encoded[head..encoded.len() - tail].to_vec()
}

fn percent(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    value.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planted_value_is_found_in_every_form_and_place() {
        let folder = tempfile::tempdir().expect("a folder");
        let deep = folder.path().join("a/b");
        fs::create_dir_all(&deep).expect("folders");
        let value = "planted/value+that is long";
        let search = Search::new([value]);
        for (name, form, text) in [
            ("plain", "as it is", format!("x={value};").into_bytes()),
            ("wide", "UTF-16", value.encode_utf16().flat_map(u16::to_le_bytes).collect()),
            ("hex", "hex", value.bytes().map(|byte| format!("{byte:02x}")).collect::<String>().into_bytes()),
            ("url", "percent", b"planted%2Fvalue%2Bthat%20is%20long".to_vec()),
            ("b0", "base64", STANDARD_NO_PAD.encode(format!("abc{value}xyz")).into_bytes()),
            ("b1", "base64", STANDARD_NO_PAD.encode(format!("abcd{value}")).into_bytes()),
            ("b2", "base64", URL_SAFE_NO_PAD.encode(format!("abcde{value}xy")).into_bytes()),
        ] {
            let file = deep.join(name);
            fs::write(&file, text).expect("a file");
            let found = search.in_folder(folder.path()).expect("readable");
            assert!(
                found.iter().any(|trace| trace.place == file && trace.form == form),
                "a value written as {form} in {name} is found: {found:?}"
            );
            fs::remove_file(file).expect("removed");
        }
        assert!(search.in_folder(folder.path()).expect("readable").is_empty(), "nothing is found where nothing is");
    }
}
