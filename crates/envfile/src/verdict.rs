//! Where the readers differ, in words.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::scan::newlines;
use crate::view::{Sight, View};
use crate::{Document, Entry, Reader};

/// What other readers make of one entry that the chosen one reads differently. Carries no byte of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The line, counted from 1.
    pub line: u32,
    /// The key.
    pub key: String,
    /// The difference, in sentences.
    pub words: String,
}

/// In what way a reader differs from the chosen one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Difference {
    StopsAtHash,
    ReadsPastHash,
    PutsVariablesIn,
    LeavesDollar,
    RunsCommand,
    KeepsQuotes,
    Backslash,
    OtherValue,
    Empty,
    Skips,
    Fails,
}

impl Document {
    /// One verdict for each entry that other readers read differently from `chosen`.
    ///
    /// A reader that fails because of one line is named at that line only.
    pub fn verdicts(&self, chosen: Reader) -> Vec<Verdict> {
        let views: Vec<Seen> = Reader::all().map(|reader| Seen::of(self, reader)).collect();
        let Some(ours) = views.iter().find(|seen| seen.reader == chosen) else { return Vec::new() };
        let mut verdicts = Vec::new();
        // A line that a later one of the same key replaces gives no value, whoever reads it.
        let counts: HashMap<Cow<'_, str>, u32> = self.entries().map(|entry| (entry.key(), entry.line())).collect();
        for entry in self.entries().filter(|entry| counts.get(&entry.key()) == Some(&entry.line())) {
            let differ: Vec<(Reader, Difference)> = views
                .iter()
                // The plain reading is nobody's own: what differs from it is said where it was chosen.
                .filter(|seen| seen.reader != chosen && seen.reader != Reader::Plain)
                .filter_map(|seen| Some((seen.reader, seen.difference(ours, &entry, self)?)))
                .collect();
            if !differ.is_empty() {
                let words = words(chosen, &differ);
                verdicts.push(Verdict { line: entry.line(), key: entry.key().into_owned(), words });
            }
        }
        verdicts
    }
}

/// What one reader sees, by line and key.
struct Seen {
    reader: Reader,
    view: View,
    places: HashMap<(u32, String), usize>,
    stop: Option<u32>,
}

impl Seen {
    fn of(document: &Document, reader: Reader) -> Self {
        let view = document.view(reader);
        let source = document.source(reader);
        let mut order: Vec<usize> = (0..view.seen.len()).collect();
        order.sort_by_key(|index| view.seen[*index].at);
        let (mut line, mut at) = (1, 0);
        let mut places = HashMap::with_capacity(order.len());
        for index in order {
            let seen = &view.seen[index];
            line += newlines(&source[at..seen.at]);
            at = seen.at;
            places.insert((line, seen.key.clone()), index);
        }
        let stop = view.stop.map(|stop| 1 + newlines(&source[..stop.min(source.len())]));
        Self { reader, view, places, stop }
    }

    fn sight(&self, entry: &Entry<'_>) -> Option<&Sight> {
        let place = self.places.get(&(entry.line(), entry.key().into_owned()))?;
        self.view.seen.get(*place).map(|seen| &seen.sight)
    }

    fn difference(&self, ours: &Self, entry: &Entry<'_>, document: &Document) -> Option<Difference> {
        let Some(theirs) = self.sight(entry) else {
            return match self.stop {
                Some(stop) => (stop == entry.line() && ours.stop != self.stop).then_some(Difference::Fails),
                None => ours.sight(entry).is_some().then_some(Difference::Skips),
            };
        };
        let raw = document.text().get(entry.span()).unwrap_or_default();
        match (ours.sight(entry), theirs) {
            (Some(Sight::Text(ours)), Sight::Text(theirs)) if ours == theirs => None,
            // A reader that keeps the CR of CR LF does so on every line: one finding says it for the file.
            (Some(Sight::Text(ours)), Sight::Text(theirs))
                if theirs.expose().strip_suffix('\r') == Some(ours.expose()) =>
            {
                None
            }
            (Some(Sight::Text(ours)), Sight::Text(theirs)) => Some(between(raw, ours.expose(), theirs.expose())),
            (Some(Sight::Runs), Sight::Runs) => None,
            (_, Sight::Runs) => Some(Difference::RunsCommand),
            (Some(Sight::Runs), Sight::Text(_)) => Some(Difference::LeavesDollar),
            (_, Sight::Text(_)) => Some(Difference::OtherValue),
            (Some(Sight::Text(_)), _) => Some(Difference::Fails),
            _ => None,
        }
    }
}

/// How `theirs` differs from `ours`, where `raw` is the line.
fn between(raw: &[u8], ours: &str, theirs: &str) -> Difference {
    let hash_follows =
        |long: &str, short: &str| long.strip_prefix(short).is_some_and(|rest| rest.trim_start().starts_with('#'));
    let quoted = |inner: &str, outer: &str| {
        ["'", "\"", "`"]
            .iter()
            .any(|mark| outer.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark)) == Some(inner))
    };
    if hash_follows(theirs, ours) {
        Difference::ReadsPastHash
    } else if hash_follows(ours, theirs) {
        Difference::StopsAtHash
    } else if quoted(ours, theirs) {
        Difference::KeepsQuotes
    } else if theirs.is_empty() {
        Difference::Empty
    } else if raw.contains(&b'$') {
        let dollars = |text: &str| text.matches('$').count();
        if dollars(theirs) > dollars(ours) { Difference::LeavesDollar } else { Difference::PutsVariablesIn }
    } else if raw.contains(&b'\\') {
        Difference::Backslash
    } else {
        Difference::OtherValue
    }
}

fn words(chosen: Reader, differ: &[(Reader, Difference)]) -> String {
    let with = |wanted: Difference| -> Vec<Reader> {
        differ.iter().filter(|(_, difference)| *difference == wanted).map(|(reader, _)| *reader).collect()
    };
    let agrees = |reader: &Reader| *reader != Reader::Plain && !differ.iter().any(|(other, _)| other == reader);
    let mut agree: Vec<Reader> = Reader::all().filter(|reader| *reader == chosen || agrees(reader)).collect();
    if agree.len() > 1 {
        agree.retain(|reader| *reader != Reader::Plain);
    }
    let mut sentences = Vec::new();
    let (stop, on) = (with(Difference::StopsAtHash), with(Difference::ReadsPastHash));
    if !on.is_empty() {
        sentences.push(format!("At the `#` {}; {}.", say(&agree, "stops", "stop"), say(&on, "reads on", "read on")));
    }
    if !stop.is_empty() {
        sentences.push(format!("At the `#` {}; {}.", say(&stop, "stops", "stop"), say(&agree, "reads on", "read on")));
    }
    let rest = [
        (Difference::PutsVariablesIn, "puts variables in", "put variables in"),
        (Difference::LeavesDollar, "leaves the `$` as it stands", "leave the `$` as it stands"),
        (Difference::RunsCommand, "would run a command", "would run a command"),
        (Difference::KeepsQuotes, "keeps the quotes", "keep the quotes"),
        (Difference::Backslash, "reads the `\\` differently", "read the `\\` differently"),
        (Difference::OtherValue, "reads another value", "read another value"),
        (Difference::Empty, "reads nothing", "read nothing"),
        (Difference::Skips, "skips this line", "skip this line"),
        (Difference::Fails, "fails here", "fail here"),
    ];
    for (difference, one, many) in rest {
        let readers = with(difference);
        if !readers.is_empty() {
            sentences.push(format!("{}.", sentence(&say(&readers, one, many))));
        }
    }
    sentences.join(" ")
}

/// “Python, Compose and Go read on”; a world whose readers are all among them is named once.
pub(crate) fn say(readers: &[Reader], one: &str, many: &str) -> String {
    let mut names: Vec<&str> = Vec::new();
    for reader in readers {
        let whole =
            Reader::all().filter(|other| other.family() == reader.family()).all(|other| readers.contains(&other));
        let name = if whole { reader.family() } else { reader.title() };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    match names.split_last() {
        None => String::new(),
        Some((last, [])) => format!("{last} {one}"),
        Some((last, others)) => format!("{} and {last} {many}", others.join(", ")),
    }
}

/// A capital where a sentence begins with a word; the name of a reader keeps its own spelling.
pub(crate) fn sentence(text: &str) -> String {
    text.strip_prefix("the ").map_or_else(|| text.to_owned(), |rest| format!("The {rest}"))
}
