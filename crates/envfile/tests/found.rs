//! Faults that real readers showed in their models, one by one: the typed input and what the real reader returned.

use std::collections::BTreeMap;

use envfile::{Document, Reader, Sight};

fn texts(file: &[u8], reader: Reader) -> (BTreeMap<String, String>, bool) {
    let view = Document::read(file.to_vec()).view(reader);
    let error = view.error();
    let text = |sight: &Sight| if let Sight::Text(value) = sight { Some(value.expose().to_owned()) } else { None };
    (view.seen.iter().filter_map(|seen| Some((seen.key.clone(), text(&seen.sight)?))).collect(), error)
}

/// Holds the model of `reader` to what the real one returned.
fn reads(reader: Reader, file: impl AsRef<[u8]>, vars: &[(&str, &str)], error: bool) {
    let file = file.as_ref();
    let vars = vars.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    assert_eq!(texts(file, reader), (vars, error), "{} reads {:?}", reader.name(), String::from_utf8_lossy(file));
}

fn codes(file: &str, reader: Reader) -> Vec<&'static str> {
    let code = |sight: &Sight| if let Sight::Refused(code) = sight { Some(*code) } else { None };
    Document::read(file.into()).view(reader).seen.iter().filter_map(|seen| code(&seen.sight)).collect()
}

#[test]
fn node_replaces_bytes_before_it_drops_a_carriage_return_between_them() {
    reads(Reader::Node, b"A=b\xC3\r\xA9", &[("A", "b\u{fffd}\u{fffd}")], false);
}

#[test]
fn compose_takes_a_mark_for_no_letter() {
    // U+0731 is alphabetic, but of category Mn.
    reads(Reader::Compose, "\u{731}:b", &[], true);
    reads(Reader::Compose, "\u{712}\u{660}:b", &[("\u{712}\u{660}", "b")], false);
}

#[test]
fn expand_12_that_turns_in_a_circle_is_given_up() {
    // The real one never returns.
    let circle = "B=\\$C\nC=\\$B\nA=x$B";
    assert_eq!(codes(circle, Reader::DotenvExpand), ["value_expands_too_far"], "x$B becomes x$C becomes x$B");
    reads(Reader::DotenvExpand, "B=\\$C\nC=\\$B\nA=$B", &[("A", "$C"), ("B", "$C"), ("C", "$B")], false);
}

#[test]
fn bash_expands_all_words_of_export_before_it_assigns_one() {
    reads(Reader::Bash, "export A=1 N=$A", &[("A", "1"), ("N", "")], false);
    reads(Reader::Bash, "A=1 N=$A", &[("A", "1"), ("N", "1")], false);
}

#[test]
fn bash_leaves_a_line_with_an_error_and_reads_on() {
    reads(Reader::Bash, "A=1\nB=2; C=${A:1:-5}; D=4\nE=5", &[("A", "1"), ("B", "2"), ("E", "5")], false);
    reads(Reader::Bash, "A=1\nB=${X:?no}\nC=3", &[], true);
    reads(Reader::Bash, "A=1\nB='open\nC=3", &[("A", "1")], true);
}

#[test]
fn bash_takes_the_second_word_for_a_command() {
    reads(Reader::Bash, "A=b c\nB=2", &[("B", "2")], false);
    reads(Reader::Bash, "B=2\nA=b c", &[("B", "2")], true);
    assert_eq!(codes("A=b c", Reader::Bash), ["line_runs_command"], "and the line is refused with that word");
    reads(Reader::Bash, "A=b;c", &[("A", "b")], true);
    reads(Reader::Bash, "A=https://x/?a=1&b=2", &[("b", "2")], false);
    reads(Reader::Bash, "A=1|b=2\nC=3", &[("C", "3")], false);
    reads(Reader::Bash, "A=1 $NOPE", &[("A", "1")], false);
    reads(Reader::Bash, "A=1 \"\"", &[], true);
}

#[test]
fn bash_quotes_and_continues_lines_in_its_own_way() {
    reads(Reader::Bash, "A=$'a\\tb\\'\\x41'\"$'x'\"", &[("A", "a\tb'A$'x'")], false);
    reads(Reader::Bash, "A\\\n=b\\\nc # d\\\nB=2", &[("A", "bc"), ("B", "2")], false);
    reads(Reader::Bash, "A=\"b\\\nc\\x\\$\"'d\\\ne'", &[("A", "bc\\x$d\\\ne")], false);
    reads(Reader::Bash, "A=\"${X:-'a b'}${X:-\"c d\"}${X:-e\\}f}\"", &[("A", "'a b'c de}f")], false);
}

#[test]
fn bash_drops_a_nul_and_ends_at_two() {
    reads(Reader::Bash, "A=b\0c\nB=1", &[("A", "bc"), ("B", "1")], false);
    reads(Reader::Bash, "A= ||\n\0\0x", &[], true);
}

#[test]
fn bash_knows_how_its_own_commands_end() {
    reads(Reader::Bash, "A=1|:", &[], false);
    reads(Reader::Bash, "A=\"${B:-\\'}\"", &[("A", "\\'")], false);
    assert_eq!(codes("A=1 ${?+\"$A\"}", Reader::Bash), ["shell_not_read"], "an empty word in quotes is a command");
    assert_eq!(codes("A=é\nA=${A:b c}", Reader::Bash), ["shell_not_read"], "an error, or characters of some locale");
    assert_eq!(codes("A=$((1+$$A))", Reader::Bash), ["shell_not_read"], "an error, or not: nobody knows the number");
}

#[test]
fn bash_puts_parameters_in() {
    let file = "X=abXab\nA=${X#a}${X%ab}${X/ab/}${X//ab/-}${X:1:2}${X: -1}${#X}${X^}${X,,}\nB=$1$#$!$?";
    reads(Reader::Bash, file, &[("X", "abXab"), ("A", "bXababXXab-X-bXb5AbXababxab"), ("B", "00")], false);
    reads(Reader::Bash, "A=$((010+0x10*2-(7%4)))", &[("A", "37")], false);
    reads(Reader::Bash, "B=${A:=w}\nunset B", &[("A", "w")], false);
}

#[test]
fn what_bash_brings_along_is_not_guessed() {
    for value in ["$$", "$0", "$-", "~", "x:~/y", "$PATH", "$HOME/x"] {
        assert_eq!(codes(&format!("A={value}"), Reader::Bash), ["value_from_shell"], "{value} depends on the shell");
    }
    for line in ["if true", "(A=1)", ". ./x", "eval A=1", "A=1 >x", "A=(1)", "UID=1", "{ A=1; }"] {
        assert_eq!(codes(line, Reader::Bash), ["shell_not_read"], "only running {line} would tell");
    }
    for file in ["A=$(x)", "A=`x`", "A=\"a $(x | y) b\"\nB=$A"] {
        let view = Document::read(file.into()).view(Reader::Bash);
        assert!(view.runs() && view.seen.iter().all(|seen| matches!(seen.sight, Sight::Runs)), "{file} runs a command");
    }
    reads(Reader::Bash, "A=x``y$()", &[("A", "xy")], false);
}
