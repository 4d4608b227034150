//! Files as creators have them, read, judged and written.

use envfile::{Document, Encoding, FileRefusal, Outcome, Reader, Severity, is_portable_name, last_wins};
use floom_secret::SecretValue;

fn read(text: &str) -> Document {
    Document::read(text.as_bytes().to_vec())
}

fn values(document: &Document, reader: Reader) -> Vec<(u32, String, String)> {
    let shown = |outcome: &Outcome| match outcome {
        Outcome::Value(value) => value.expose().to_owned(),
        Outcome::Empty => "(empty)".to_owned(),
        Outcome::Refused(refusal) => format!("({})", refusal.code()),
    };
    document
        .read_as(reader)
        .iter()
        .map(|reading| (reading.line, reading.key.clone(), shown(&reading.outcome)))
        .collect()
}

fn row(line: u32, key: &str, value: &str) -> (u32, String, String) {
    (line, key.to_owned(), value.to_owned())
}

#[test]
fn line_endings_and_marks_change_no_value() {
    let expected = vec![row(1, "A", "1"), row(2, "B", "two words"), row(4, "C", "3")];
    for ending in ["\n", "\r\n", "\r"] {
        let text = ["A=1", "B=\"two words\" # c", "# comment", "export C=3"].join(ending);
        for mark in ["", "\u{feff}"] {
            let document = read(&format!("{mark}{text}"));
            assert_eq!(values(&document, Reader::Plain), expected, "plain, with {ending:?} and {mark:?}");
            assert_eq!(
                values(&document, Reader::Dotenv),
                [row(1, "A", "1"), row(2, "B", "two words"), row(4, "C", "3")],
                "dotenv, with {ending:?} and {mark:?}"
            );
        }
        let utf16: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_be_bytes).collect();
        let document = Document::read(utf16.clone());
        assert_eq!(document.encoding(), Encoding::Utf16Be, "the mark tells the encoding");
        assert_eq!(values(&document, Reader::Plain), expected, "UTF-16 with {ending:?}");
        let written =
            document.with_value(1, "A", &SecretValue::new("9".into()), Reader::Plain).expect("it can be written");
        assert_eq!(written.bytes().len(), utf16.len(), "it stays UTF-16");
    }
}

#[test]
fn a_value_of_several_lines_is_one_entry() {
    let pem = "-----BEGIN KEY-----\nMIIabc+/=\n-----END KEY-----";
    let document = read(&format!("A=1\nKEY=\"{pem}\"\nB=2"));
    let expected = vec![row(1, "A", "1"), row(2, "KEY", pem), row(5, "B", "2")];
    for reader in [
        Reader::Plain,
        Reader::Dotenv,
        Reader::Node,
        Reader::Python,
        Reader::Compose,
        Reader::Godotenv,
        Reader::Dotenvy,
    ] {
        assert_eq!(values(&document, reader), expected, "{} reads it whole", reader.name());
    }
}

#[test]
fn a_key_without_quotes_is_refused_whole_and_no_line_of_it_is_taken_for_a_name() {
    let document = read("KEY=-----BEGIN KEY-----\nMIIabc+/\nMIIsecret==\n-----END KEY-----\nB=2\n");
    for reader in Reader::all() {
        let readings = document.read_as(reader);
        assert!(readings.iter().all(|reading| !reading.key.contains("MII")), "{} names no piece of it", reader.name());
    }
    assert_eq!(
        values(&document, Reader::Plain),
        [row(1, "KEY", "(value_cut)"), row(5, "B", "2")],
        "the entry is refused"
    );
    assert!(document.findings().iter().any(|finding| finding.code == "pem_unquoted"), "and it is said why");
}

#[test]
fn lines_that_cannot_be_read_are_refused_alone() {
    let document = Document::read(b"A=1\nnot a line\n=x\nB=caf\xe9\nC=a\0b\nD=\"open\nE=\"x\"y\nF=6".to_vec());
    let expected = [
        row(1, "A", "1"),
        row(2, "", "(line_without_equals)"),
        row(3, "", "(line_without_key)"),
        row(4, "B", "(line_invalid_bytes)"),
        row(5, "C", "(line_nul)"),
        row(6, "D", "(quote_not_closed)"),
        row(7, "E", "(line_after_quote)"),
        row(8, "F", "6"),
    ];
    assert_eq!(values(&document, Reader::Plain), expected, "every bad line has its word, every good one its value");
}

#[test]
fn what_a_reader_skips_or_misses_is_said() {
    let document = read("A=1\nno equals\nÉ=2\n");
    let skipped = [row(1, "A", "1"), row(2, "", "(line_without_equals)"), row(3, "É", "(line_skipped)")];
    assert_eq!(values(&document, Reader::Dotenv), skipped, "dotenv skips in silence; we do not");
    let stopped = [row(1, "A", "1"), row(2, "", "(reader_stops)"), row(3, "B", "(after_reader_stops)")];
    assert_eq!(values(&read("A=1\nb c d\nB=2\n"), Reader::Dotenvy), stopped, "what comes after an error is not read");
}

#[test]
fn a_command_is_never_run() {
    let document = read("A=$(id)\nB=${A}x\nC=3");
    for reader in [Reader::Dotenvx, Reader::DotenvExpand1000] {
        let expected = [row(1, "A", "(line_runs_command)"), row(2, "B", "(line_runs_command)"), row(3, "C", "3")];
        assert_eq!(values(&document, reader), expected, "{} refuses it and what depends on it", reader.name());
    }
    assert_eq!(values(&document, Reader::Plain)[0], row(1, "A", "$(id)"), "the plain reading is literal");
}

#[test]
fn files_that_are_none_are_refused_as_a_whole() {
    let refusal = |bytes: &[u8]| Document::read(bytes.to_vec()).refusal();
    let png: Vec<u8> = (0..4096u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    assert_eq!(refusal(&png), Some(FileRefusal::Binary), "random bytes are no text");
    assert_eq!(refusal(b"Dear diary,\nno"), Some(FileRefusal::NoAssignment), "prose is no .env");
    assert_eq!(refusal(b"A\0=\0b\0c\0d\0"), Some(FileRefusal::Encoding), "UTF-16 without its mark is not guessed");
    assert_eq!(refusal(&vec![b'#'; 1024 * 1024 + 1]), Some(FileRefusal::TooLarge), "more than 1 MiB is not read");
    assert_eq!(refusal(b""), None, "an empty file is empty");
    assert_eq!(refusal(b"# only\n\n"), None, "so is one of comments");
    assert!(read("# only\n\n").is_blank() && !read("A=1").is_blank(), "and that can be asked");
    assert!(read("A=1\n<<<<<<< HEAD\nB=2\n").has_merge_markers() && !read("A=<<<<<<<").has_merge_markers(), "markers");
}

#[test]
fn verdicts_say_where_readers_part() {
    let words = |text: &str, chosen| {
        let verdicts = read(text).verdicts(chosen);
        verdicts.into_iter().map(|verdict| verdict.words).collect::<Vec<_>>().join("|")
    };
    assert_eq!(
        words("A=b#c", Reader::Dotenv),
        "At the `#` Node stops; Python, Compose, Go, Rust, docker run and bash read on.",
        "the hash"
    );
    assert_eq!(words("A=b", Reader::Dotenv), "", "no word where all agree");
    let plain = words("A=b#c", Reader::Plain);
    assert_eq!(
        plain, "At the `#` Node stops; Python, Compose, Go, Rust, docker run and bash read on.",
        "programs are named"
    );
    assert_eq!(words("A=b#c\nA=d", Reader::Dotenv), "", "a line that a later one replaces is not argued about");
    assert_eq!(words("A=b\r\nC=d\r\n", Reader::Dotenv), "", "the CR that bash keeps is no matter of one line");
    let command = words("A=$(x)", Reader::Dotenv);
    assert!(command.contains("dotenv-expand 1000, dotenvx and bash would run a command."), "a command: {command}");
    assert!(words("A=\"$B\"", Reader::Dotenv).contains("read nothing."), "a variable that is not there");
}

#[test]
fn findings_name_what_is_odd() {
    let codes = |text: &str| read(text).findings().into_iter().map(|finding| finding.code).collect::<Vec<_>>();
    assert_eq!(codes("A=1\nA=2"), ["duplicate_key"], "a name twice");
    assert_eq!(codes("A=\"x\n\""), ["trailing_newline"], "a line break at the end");
    assert_eq!(codes("A=\"x \""), ["outer_space"], "a space at the end");
    assert_eq!(codes("A=“x”"), ["smart_quotes"], "typographic quotes");
    assert_eq!(codes("A=x\u{200b}y"), ["zero_width"], "an unseen character");
    assert_eq!(codes("A=\"-----BEGIN KEY-----\nMII\""), ["pem_cut"], "half a key");
    assert_eq!(codes("A='-----BEGIN KEY-----MII-----END KEY-----'"), ["pem_one_line"], "a key on one line");
    for placeholder in ["changeme", "xxx", "'<your key>'", "sk-...", "your_api_key"] {
        assert_eq!(codes(&format!("A={placeholder}")), ["placeholder"], "{placeholder} is none");
    }
    assert_eq!(codes("OPENAI_API_KEY=sk_live_0123456789"), ["provider_mismatch"], "another provider's key");
    assert_eq!(codes("OPENAI_API_KEY=sk-proj-0123456789"), [""; 0], "the right one");
    assert_eq!(codes("A=sk_test_0123456789\nB=sk_live_0123456789"), ["test_key_beside_live"], "test beside live");
    assert_eq!(codes("NEXT_PUBLIC_KEY=sk-proj-0123456789"), ["public_secret"], "a secret made public");
    assert_eq!(codes("NEXT_PUBLIC_STRIPE=pk_live_0123456789"), [""; 0], "a public key may be public");
    assert_eq!(codes("A=same-value-1\nB=same-value-1"), ["same_value"], "one value twice");
    assert_eq!(codes("A=1\n=======\n>>>>>>> x"), ["merge_markers"], "a merge");
    assert_eq!(codes("\u{feff}A=1"), ["byte_order_mark"], "a mark");
    assert_eq!(codes("a-b=1"), ["name_not_portable"], "a name");
    assert_eq!(codes("A=1\r\nB=2\r\n"), ["windows_line_endings"], "one word for the file");
    assert_eq!(read("A=1\nA=2").findings()[0].severity, Severity::Warning, "two values are a warning");
}

#[test]
fn small_rules() {
    assert!(
        is_portable_name("_A1") && !is_portable_name("1A") && !is_portable_name("a") && !is_portable_name(""),
        "names"
    );
    let kept: Vec<u32> =
        last_wins(read("A=1\nB=2\nA=3\nx\ny").read_as(Reader::Plain)).iter().map(|one| one.line).collect();
    assert_eq!(kept, [2, 3, 4, 5], "the last of a name stays, and every line without one");
}
