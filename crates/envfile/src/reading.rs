//! What a reader gives its app, line by line.

use std::collections::HashMap;

use floom_secret::SecretValue;

use crate::EntryRefusal;

/// One key on one line, as one reader reads it.
#[derive(Debug, PartialEq, Eq)]
pub struct Reading {
    /// The key; empty where a refused line names none, or what stands there might be part of a value.
    pub key: String,
    /// The line on which it begins, counted from 1.
    pub line: u32,
    /// What the reader makes of it.
    pub outcome: Outcome,
}

/// What a reader makes of one key.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A value of at least one character.
    Value(SecretValue),
    /// The key is there, with nothing in it.
    Empty,
    /// No value is taken from this line.
    Refused(EntryRefusal),
}

/// The readings without those that a later line of the same key replaces, in the order of the file.
///
/// Every measured reader lets the last line win. Refused lines without a key all stay.
pub fn last_wins(readings: Vec<Reading>) -> Vec<Reading> {
    let mut last = HashMap::with_capacity(readings.len());
    for (index, reading) in readings.iter().enumerate() {
        last.insert(reading.key.clone(), index);
    }
    let wins = |index: usize, reading: &Reading| reading.key.is_empty() || last.get(&reading.key) == Some(&index);
    readings
        .into_iter()
        .enumerate()
        .filter(|(index, reading)| wins(*index, reading))
        .map(|(_, reading)| reading)
        .collect()
}
