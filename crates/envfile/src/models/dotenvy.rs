//! Rust `dotenvy` 0.15, as its iterator reads: the crate itself, run in memory, statement by statement.
//!
//! Where a `$` would make it read this process's environment, the model answers; it also tells where things stand.
//! What the crate says about an error holds the line, and is dropped.
//!
//! Peculiar to it: a space ends an unquoted value, and only a comment may follow; quotes may begin
//! and end anywhere in a value; a backslash escapes `\`, quotes, `$` and space, `\n` is a newline,
//! and any other escape is an error; `$NAME` and `${NAME}` are put in outside single quotes, where a
//! name in braces may hold anything; the first error ends the reading.

use std::collections::HashMap;
use std::ops::Range;

use zeroize::Zeroizing;

use super::budget::Budget;
use crate::view::View;

/// What `dotenvy` sees in `bytes`.
pub(crate) fn view(bytes: &[u8]) -> View {
    let mut view = View::default();
    let mut known = HashMap::new();
    let mut budget = Budget::new(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let Some((range, next)) = statement(bytes, start) else {
            view.stop = Some(start);
            return view;
        };
        at = next;
        let whole = &bytes[start..next];
        let modelled =
            std::str::from_utf8(&bytes[range]).ok().and_then(|text| assignment(text, start, &known, &mut budget));
        let answer = if reads_environment(whole) { modelled } else { ask(whole, start, modelled) };
        match answer {
            None => {
                view.stop = Some(start);
                return view;
            }
            Some(None) => {}
            Some(Some(Assignment { key, at, span, value })) => {
                known.insert(key.clone(), value.clone());
                view.push(key, at, span, String::clone(&value));
            }
        }
    }
    view
}

/// One assignment: where it stands, and what it gives.
struct Assignment {
    key: String,
    at: usize,
    span: Range<usize>,
    value: Zeroizing<String>,
}

/// An assignment, a statement without one, or an error of the reader.
type Answer = Option<Option<Assignment>>;

/// Whether a `$` stands in `statement` that no odd number of backslashes precedes.
fn reads_environment(statement: &[u8]) -> bool {
    let mut backslashes = 0;
    statement.iter().any(|byte| {
        let is_open = *byte == b'$' && backslashes % 2 == 0;
        backslashes = if *byte == b'\\' { backslashes + 1 } else { 0 };
        is_open
    })
}

/// What the crate makes of `statement`, which stands at `start`; the model tells where its parts are.
fn ask(statement: &[u8], start: usize, modelled: Answer) -> Answer {
    match ::dotenvy::from_read_iter(statement).next() {
        None => Some(None),
        Some(Ok((key, value))) => {
            let value = Zeroizing::new(value);
            let (at, span) = match modelled.flatten() {
                Some(modelled) if modelled.key == key => (modelled.at, modelled.span),
                _ => (start, start..start + statement.len()),
            };
            Some(Some(Assignment { key, at, span, value }))
        }
        Some(Err(error)) => {
            if let ::dotenvy::Error::LineParse(line, _) = error {
                drop(Zeroizing::new(line));
            }
            None
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Complete,
    Space,
    Escape,
    Single,
    SingleEscape,
    Double,
    DoubleEscape,
}

/// The lines that belong together from `start` on, without comment and line ending, and where the
/// next ones begin. `None` where quotes stay open or bytes are not UTF-8.
fn statement(bytes: &[u8], start: usize) -> Option<(Range<usize>, usize)> {
    let mut state = State::Complete;
    let mut line = start;
    loop {
        if line >= bytes.len() {
            return None;
        }
        let end = bytes[line..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |found| line + found + 1);
        let text = std::str::from_utf8(&bytes[line..end]).ok()?;
        let is_comment = crate::space::Space::Unicode.skip(&bytes[..end], start);
        if bytes[..end].get(is_comment) == Some(&b'#') {
            return Some((start..start, end));
        }
        for (at, character) in text.char_indices() {
            state = match (state, character) {
                (State::Space, '#') => return Some((start..line + at, end)),
                (State::Space | State::Complete, '\\') => State::Escape,
                (State::Space | State::Complete, '"') => State::Double,
                (State::Space | State::Complete, '\'') => State::Single,
                (State::Complete, other) if other.is_whitespace() && !matches!(other, '\n' | '\r') => State::Space,
                (State::Space | State::Complete | State::Escape, _) => State::Complete,
                (State::Double, '\\') => State::DoubleEscape,
                (State::Double, '"') | (State::Single, '\'') => State::Complete,
                (State::Single, '\\') => State::SingleEscape,
                (State::Double | State::DoubleEscape, _) => State::Double,
                (State::Single | State::SingleEscape, _) => State::Single,
            };
        }
        if state == State::Complete {
            let body = text.strip_suffix('\n').map_or(text, |body| body.strip_suffix('\r').unwrap_or(body));
            return Some((start..line + body.len(), end));
        }
        line = end;
    }
}

type Known = HashMap<String, Zeroizing<String>>;

/// Reads one statement.
fn assignment(text: &str, start: usize, known: &Known, budget: &mut Budget) -> Answer {
    let text = text.trim_end();
    let mut rest = text.trim_start();
    if rest.is_empty() || rest.starts_with('#') {
        return Some(None);
    }
    let mut key = take_key(&mut rest)?;
    let mut at = start + (text.len() - rest.len()) - key.len();
    rest = rest.trim_start();
    if key == "export" && !rest.starts_with('=') {
        key = take_key(&mut rest)?;
        at = start + (text.len() - rest.len()) - key.len();
        rest = rest.trim_start();
    }
    rest = rest.strip_prefix('=')?.trim_start();
    let value_at = start + text.len() - rest.len();
    let (value, length) =
        if rest.is_empty() || rest.starts_with('#') { (String::new(), 0) } else { value(rest, known, budget)? };
    let value = Zeroizing::new(value);
    Some(Some(Assignment { key: key.to_owned(), at, span: value_at..value_at + length, value }))
}

fn take_key<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let begins = rest.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let in_key = |other: char| other.is_ascii_alphanumeric() || other == '_' || other == '.';
    let end = rest.find(|other| !in_key(other)).unwrap_or(rest.len());
    let (key, after) = rest.split_at(end);
    *rest = after;
    begins.then_some(key)
}

/// What is being read inside a value.
enum Within {
    Text,
    Name,
    Braces,
}

/// The value at the start of `input`, and how many bytes of it stand for the value.
fn value(input: &str, known: &Known, budget: &mut Budget) -> Option<(String, usize)> {
    let (mut single, mut double, mut escaped) = (false, false, false);
    let mut end = None;
    let mut within = Within::Text;
    let mut name = String::new();
    let mut output = Zeroizing::new(String::with_capacity(input.len()));
    for (at, character) in input.char_indices() {
        if end.is_some() {
            match character {
                ' ' | '\t' => continue,
                '#' => break,
                _ => return None,
            }
        }
        if escaped {
            match character {
                '\\' | '\'' | '"' | '$' | ' ' => output.push(character),
                'n' => output.push('\n'),
                _ => return None,
            }
            escaped = false;
            continue;
        }
        if single {
            if character == '\'' {
                single = false;
            } else {
                output.push(character);
            }
            continue;
        }
        match within {
            Within::Name | Within::Braces if character.is_alphanumeric() => name.push(character),
            Within::Name if character == '{' && name.is_empty() => within = Within::Braces,
            Within::Name => {
                put(&mut output, known, &mut name, budget)?;
                if character == '$' {
                    within = Within::Name;
                } else {
                    within = Within::Text;
                    output.push(character);
                }
            }
            Within::Braces if character == '}' => {
                put(&mut output, known, &mut name, budget)?;
                within = Within::Text;
            }
            Within::Braces => name.push(character),
            Within::Text => match character {
                '$' => within = Within::Name,
                '"' => double = !double,
                '\\' => escaped = true,
                _ if double => output.push(character),
                '\'' => single = true,
                ' ' | '\t' => end = Some(at),
                _ => output.push(character),
            },
        }
    }
    if matches!(within, Within::Braces) || single || double {
        return None;
    }
    put(&mut output, known, &mut name, budget)?;
    Some((std::mem::take(&mut *output), end.unwrap_or(input.len())))
}

fn put(output: &mut String, known: &Known, name: &mut String, budget: &mut Budget) -> Option<()> {
    if let Some(value) = known.get(name.as_str()) {
        if !budget.spend(value.len()) {
            return None;
        }
        output.push_str(value);
    }
    name.clear();
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn given(answer: Answer) -> Option<Option<(String, String)>> {
        answer.map(|found| found.map(|found| (found.key, String::clone(&found.value))))
    }

    proptest! {
        #[test]
        fn the_model_answers_as_the_crate_does(text in "(export )?[AB]? ?=?[a#'\"\\\\ \t\\$n.é]{0,12}\n?") {
            let Some((range, _)) = statement(text.as_bytes(), 0) else { return Ok(()) };
            prop_assume!(!reads_environment(text.as_bytes()));
            let modelled = assignment(&text[range], 0, &Known::new(), &mut Budget::new(0));
            let asked = ask(text.as_bytes(), 0, None);
            prop_assert_eq!(given(modelled), given(asked), "the model and the crate agree");
        }
    }

    #[test]
    fn a_dollar_that_is_not_escaped_is_never_given_to_the_crate() {
        for open in ["A=$B", r"A=\\$B", "A='$B'", "A=\"x\\\"$B\"", "$"] {
            assert!(reads_environment(open.as_bytes()), "{open} might read the environment");
        }
        for closed in [r"A=\$B", r"A=\\\$B", "A=b"] {
            assert!(!reads_environment(closed.as_bytes()), "{closed} reads nothing");
        }
    }
}
