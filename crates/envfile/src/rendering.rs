//! The ways in which a value can be written down.

use zeroize::Zeroizing;

/// Every way to write `value` after a `=`, the plainest first. Not each is read back by each reader.
pub(crate) fn renderings(value: &str) -> Vec<Zeroizing<String>> {
    let mut ways = Vec::with_capacity(9);
    let mut add = |text: String| ways.push(Zeroizing::new(text));
    let bare = |character: char| character.is_ascii_alphanumeric() || "_./:=+@%,-".contains(character);
    if !value.is_empty() && value.chars().all(bare) {
        add(value.to_owned());
    }
    add(format!("'{value}'"));
    add(format!("\"{value}\""));
    add(format!("\"{}\"", escaped(value, "\n\r")));
    add(format!("\"{}\"", escaped(value, "\n\r\\\"")));
    add(format!("\"{}\"", escaped(value, "\n\r\\\"$`")));
    add(format!("\"{}\"", escaped(value, "\\\"$`")));
    add(format!("'{}'", escaped(value, "\\'")));
    add(format!("'{}'", escaped(value, "'")));
    add(format!("'{}'", value.replace('\'', r"'\''")));
    add(format!("`{value}`"));
    add(escaped(value, "\\'\"$# \t"));
    add(value.to_owned());
    ways
}

fn escaped(value: &str, these: &str) -> String {
    let mut text = String::with_capacity(value.len() * 2 + 2);
    for character in value.chars() {
        match character {
            '\n' if these.contains('\n') => text.push_str("\\n"),
            '\r' if these.contains('\r') => text.push_str("\\r"),
            _ if these.contains(character) => text.extend(['\\', character]),
            _ => text.push(character),
        }
    }
    text
}
