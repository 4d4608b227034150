//! Files made of what `.env` grammars trip over, for every test that generates its inputs.

pub(crate) mod ideas;

use proptest::prelude::*;
use proptest::sample::select;

/// What every reader trips over.
const PARTS: [&str; 66] = [
    "A",
    "B",
    "C_1",
    "=",
    "=",
    "=",
    " ",
    "\t",
    "\n",
    "\n",
    "\r\n",
    "\r",
    "#",
    " #",
    "\"",
    "'",
    "`",
    "\\",
    "\\n",
    "\\\"",
    "\\'",
    "\\$",
    "\\\\",
    "$",
    "$$",
    "$A",
    "${A}",
    "${B}",
    "${B:-d}",
    "${A-",
    "${B+",
    "${A:+",
    "export ",
    ":",
    ": ",
    "é",
    "\u{a0}",
    "\u{2028}",
    "\u{feff}",
    "\u{1c}",
    "\u{85}",
    "\0",
    "$(",
    ")",
    "{",
    "}",
    "-----BEGIN X-----",
    "abc==",
    "\nA=",
    "\nB=\"",
    "\nC='",
    "x",
    "1",
    "0",
    "t",
    "r",
    "-",
    ".",
    ";",
    "?",
    "[",
    "]",
    "+",
    "😀",
    "_",
    "\n",
];

/// What a shell trips over besides.
const SHELL: [&str; 40] = [
    "A=",
    "\nA=",
    "\nB=",
    ";B=",
    " B=",
    "A+=",
    "$A",
    "${A}",
    "\"$B\"",
    "'",
    "\"",
    "$'",
    "$\"",
    "\\\n",
    "\\",
    "&",
    "&&",
    " || ",
    "|",
    "~",
    "~/",
    ":~",
    "$((",
    "))",
    "1+A",
    "*2",
    "$1",
    "$#",
    "$@",
    "$!",
    "${A:=w}",
    "${#A}",
    "${A#x}",
    "${A%1}",
    "${A/x/1}",
    "${A:1:1}",
    "unset A\n",
    "export B=",
    "${A^^}",
    "${B:-",
];

/// How many inputs each test gets: what `ENVFILE_CASES` says, else `usually`.
pub(crate) fn cases(usually: u32) -> u32 {
    std::env::var("ENVFILE_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(usually)
}

/// Text made of [`PARTS`].
pub(crate) fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(select(&PARTS[..]), 0..40).prop_map(|parts| parts.concat())
}

/// Lines that mostly fit, with values made of [`PARTS`].
pub(crate) fn lines() -> impl Strategy<Value = String> {
    let quote = select(vec!["", "", "\"", "'", "`"]);
    let value = prop::collection::vec(select(&PARTS[..]), 0..7).prop_map(|parts| parts.concat());
    let line =
        (select(vec!["A", "B", "C_1", "export A", "B ", " A"]), select(vec!["=", "=", "= ", ": "]), quote, value)
            .prop_map(|(key, equals, quote, value)| format!("{key}{equals}{quote}{value}{quote}"));
    prop::collection::vec(line, 1..6).prop_map(|lines| lines.join("\n"))
}

/// A word as a shell reads it, for the most part whole.
fn shell_word() -> impl Strategy<Value = String> {
    let leaf = select(vec![
        "a",
        "b",
        "x",
        "1",
        "0",
        "10",
        " ",
        "b c",
        "x=1",
        ":",
        "~",
        "#",
        "é",
        "{",
        "}",
        "\\$",
        "\\\"",
        "\\\\",
        "\\\n",
        "'q r'",
        "'\"'",
        "$'\\n\\x41'",
        "$A",
        "$B",
        "${A}",
        "$1",
        "$",
        "!",
        "*",
        "[a]",
        "%",
        "/",
        ",",
        "-",
        "\"$A\"",
        "\\'",
        ";",
    ])
    .prop_map(str::to_owned);
    let operator = select(vec![
        ":-", "-", ":+", "+", ":=", "=", ":?", "#", "##", "%", "%%", "/", "//", "^", "^^", ",", ",,", ":", "/x/", "@",
    ]);
    let count = select(vec!["1+", "2*", "-", "A*", "0x1f-", "010/", "~", "(1+2)*", "7%", "A<", "1<<"]);
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            3 => prop::collection::vec(inner.clone(), 1..4).prop_map(|words| words.concat()),
            2 => inner.clone().prop_map(|word| format!("\"{word}\"")),
            3 => (select(vec!["A", "B", "N", "#A", "1", "?"]), operator.clone(), inner.clone())
                .prop_map(|(name, operator, word)| format!("${{{name}{operator}{word}}}")),
            1 => (count.clone(), inner).prop_map(|(count, word)| format!("$(({count}{word}))")),
        ]
    })
}

/// Text that is more like what a shell reads.
pub(crate) fn shell() -> impl Strategy<Value = String> {
    let part = prop_oneof![1 => select(&PARTS[..]), 1 => select(&SHELL[..])];
    let start = select(vec!["A=", "A=", "B=", "A+=", "export A=", "N=1 A=", " A=", "x ", "export ", "A=1 "]);
    let end = select(vec!["", "", "; B=2", " #c", " && B=3", " || B=4", " N=$A", "&", "|x", "\nB=\"$A\""]);
    let line = (start, shell_word(), end).prop_map(|(start, word, end)| format!("{start}{word}{end}\n"));
    prop_oneof![
        1 => prop::collection::vec(part.clone(), 0..14).prop_map(|parts| parts.concat()),
        1 => prop::collection::vec(prop::collection::vec(part, 0..5).prop_map(|parts| parts.concat()), 1..5)
            .prop_map(|values| values.iter().map(|value| format!("A={value}\nB=$A\n")).collect()),
        3 => prop::collection::vec(line, 1..5).prop_map(|lines| lines.concat()),
    ]
}

/// Any bytes, most of them text.
pub(crate) fn any_file() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        6 => text().prop_map(String::into_bytes),
        2 => lines().prop_map(String::into_bytes),
        1 => shell().prop_map(String::into_bytes),
        2 => prop::collection::vec(any::<u8>(), 0..200),
        1 => text().prop_map(|text| text.encode_utf16().fold(vec![0xFF, 0xFE], |mut bytes, unit| {
            bytes.extend(unit.to_le_bytes());
            bytes
        })),
    ]
}
