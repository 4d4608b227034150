//! What holds for any bytes whatsoever.

#[allow(dead_code)]
mod generate;

use std::collections::BTreeMap;

use envfile::{Document, Encoding, Outcome, Reader, Sight};
use floom_secret::SecretValue;
use proptest::prelude::*;

use generate::{any_file, text};

fn values(document: &Document, reader: Reader) -> Vec<(String, Option<String>)> {
    let text = |sight: &Sight| if let Sight::Text(value) = sight { Some(value.expose().to_owned()) } else { None };
    document.view(reader).seen.iter().map(|seen| (seen.key.clone(), text(&seen.sight))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: generate::cases(1500), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_and_kept(bytes in any_file()) {
        let document = Document::read(bytes.clone());
        prop_assert_eq!(document.bytes(), &bytes[..], "the bytes are kept");
        let mut at = 0;
        for (piece, range) in document.pieces() {
            prop_assert_eq!(range.start, at, "{:?} begins where the one before ended", piece);
            prop_assert!(range.end > range.start, "{:?} is not empty", piece);
            at = range.end;
        }
        prop_assert_eq!(at, document.text().len(), "the pieces reach to the end");
        if document.encoding() != Encoding::Utf16Le && document.encoding() != Encoding::Utf16Be {
            prop_assert_eq!(document.text(), &bytes[..], "the text is the bytes");
        }
        let lines = document.text().len() as u32 + 1;
        for reader in Reader::all() {
            for reading in document.read_as(reader) {
                prop_assert!(reading.line >= 1 && reading.line <= lines, "a line of the file");
                if let Outcome::Value(value) = &reading.outcome {
                    prop_assert!(!value.is_empty() && !value.expose().contains('\0'), "a value can be set");
                }
            }
            for seen in document.view(reader).seen {
                prop_assert!(seen.span.end <= document.text().len().max(bytes.len()), "a span lies in the file");
            }
            document.verdicts(reader);
        }
        document.findings();
    }

    #[test]
    fn what_is_written_is_read_back(text in text(), value in "[ -~é\n]{1,24}", pick in any::<prop::sample::Index>()) {
        let document = Document::read(text.clone().into_bytes());
        let value = SecretValue::new(value);
        for reader in Reader::all() {
            let readings = document.read_as(reader);
            let targets: Vec<_> = readings.iter().filter(|reading| matches!(reading.outcome, Outcome::Value(_) | Outcome::Empty)).collect();
            if targets.is_empty() {
                continue;
            }
            let target = targets[pick.index(targets.len())];
            let Ok(written) = document.with_value(target.line, &target.key, &value, reader) else { continue };
            let before = values(&document, reader);
            let after = Document::read(written.bytes().to_vec());
            let now = values(&after, reader);
            prop_assert_eq!(before.len(), now.len(), "no assignment comes or goes");
            let changed = before.iter().zip(&now).filter(|(old, new)| old != new).count();
            prop_assert!(changed <= 1, "{} sees at most one change", reader.name());
            let back = after.read_as(reader);
            let same = |reading: &&envfile::Reading| reading.line == target.line && reading.key == target.key;
            let read = back.iter().filter(same).any(|reading| matches!(&reading.outcome, Outcome::Value(read) if *read == value));
            prop_assert!(read, "{} reads the new value back", reader.name());
            let prefix = text.bytes().zip(written.bytes()).take_while(|(old, new)| old == *new).count();
            let suffix = text.bytes().rev().zip(written.bytes().iter().rev()).take_while(|(old, new)| old == *new).count();
            prop_assert!(prefix + suffix + 200 >= written.bytes().len(), "the rest of the file is byte for byte the same");
        }
    }

    #[test]
    fn nothing_that_is_shown_holds_a_piece_of_a_value(
        secret in "[Ж-Я]{3,8}",
        shape in prop::sample::select(vec!["A=§", "A=\"§\nB=1", "A='§' x", "A=§ # c", "A=$(§)", "A=`§", "A=\"§\\q\"", "§", "A=§\0", "A=\"a§\nb\"\nA=2", "export A='§ ", "A=${B:-§}", "A=${§", "A=-----BEGIN §"]),
    ) {
        let document = Document::read(shape.replace('§', &secret).into_bytes());
        let mut shown = format!("{document:?} {:?} {:?}", document.findings(), document.refusal());
        for reader in Reader::all() {
            let readings = document.read_as(reader);
            shown += &format!("{:?}", readings.iter().map(|reading| &reading.outcome).collect::<Vec<_>>());
            for reading in &readings {
                if let Outcome::Refused(refusal) = &reading.outcome {
                    shown += &format!("{refusal} {}", refusal.hint());
                    let line = document.with_value(reading.line, &reading.key, &SecretValue::new(secret.clone()), reader);
                    shown += &line.err().map(|error| format!("{error:?} {error} {}", error.hint())).unwrap_or_default();
                }
            }
            for verdict in document.verdicts(reader) {
                shown += &verdict.words;
            }
        }
        for finding in document.findings() {
            shown += &finding.to_string();
        }
        prop_assert!(!shown.chars().any(|character| ('Ж'..='Я').contains(&character)), "no piece of the value: {shown}");
    }

    #[test]
    fn the_models_of_the_rust_readers_are_exact(text in text()) {
        let document = Document::read(text.clone().into_bytes());
        let modelled = |reader| -> BTreeMap<String, Option<String>> { values(&document, reader).into_iter().collect() };

        let mut real = BTreeMap::new();
        let mut failed = false;
        for item in dotenvy::from_read_iter(text.as_bytes()) {
            match item {
                Ok((key, value)) => drop(real.insert(key, Some(value))),
                Err(_) => {
                    failed = true;
                    break;
                }
            }
        }
        prop_assert_eq!(document.view(Reader::Dotenvy).error(), failed, "dotenvy fails alike");
        prop_assert_eq!(modelled(Reader::Dotenvy), real, "dotenvy reads alike");

        let loader = dotenv_ng_core::EnvLoader::with_reader(text.as_bytes()).sequence(dotenv_ng_core::EnvSequence::InputOnly);
        let real = loader.load();
        prop_assert_eq!(document.view(Reader::DotenvNg).error(), real.is_err(), "dotenv-ng fails alike");
        let real: BTreeMap<String, Option<String>> =
            real.map(|map| map.iter().map(|(key, value)| (key.clone(), Some(value.clone()))).collect()).unwrap_or_default();
        prop_assert_eq!(modelled(Reader::DotenvNg), real, "dotenv-ng reads alike");
    }
}
