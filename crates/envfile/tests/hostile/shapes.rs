//! One hostile idea each, repeated up to a size.

/// Every shape with its name, at most `size` bytes long.
pub(crate) fn all(size: usize) -> Vec<(&'static str, String)> {
    let repeat = |part: &str| part.repeat(size / part.len());
    let after = |head: &str, part: &str| head.to_owned() + &part.repeat((size - head.len()) / part.len());
    let before = |part: &str, tail: &str| part.repeat((size - tail.len()) / part.len()) + tail;
    vec![
        ("quotes", repeat("\"")),
        ("open quotes", repeat("A=\"\n")),
        ("escaped quotes", repeat("A='\\'\n")),
        ("values side by side", repeat("A=\"b\"")),
        ("variables", after("A=", "$A")),
        ("open braces", after("A=", "${A:-")),
        ("braces that end badly", before("${", ":x")),
        ("braces in a value that end badly", "A=".to_owned() + &"${".repeat((size - 4) / 2) + ":x"),
        ("doubling", after("A=xy\n", "A=$A$A\n")),
        ("doubling in braces", after("A=xy\n", "A=${A}${A}\n")),
        ("one blank line", before(" ", "=")),
        ("lines without =", repeat("A\n")),
        ("equals signs", repeat("=")),
        ("commands", after("A=$(", "$(")),
        ("backslashes", after("A=", "\\'")),
        ("lone backslashes", after("A=\"", "\\")),
        ("cut keys", repeat("K=-----BEGIN X\nabc=\n")),
        ("hashes", after("A=", "#")),
        ("spaced hashes", after("A='", " #")),
        ("carriage returns", repeat("\r")),
        ("backticks", repeat("A=`\n")),
        ("one line", after("A=", "b")),
        ("names", repeat("A=b\n")),
        ("quoted names", repeat("'A'='b'\n")),
        ("colons", repeat("A: b ")),
        ("line separators", after("A=\"", "\u{2028}\"")),
    ]
}
