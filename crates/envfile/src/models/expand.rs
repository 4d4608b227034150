//! How JavaScript readers put variables in: `dotenv-expand` 12 and 1000, and `dotenvx` 2.
//!
//! `$NAME` and `${NAME}` with `:-`, `-`, `:+` and `+` are replaced from left to right by text that
//! is then looked through again. Only values of the same file are used: this program never reads an
//! environment. Where the real reader would run `$(…)`, the answer is that it runs.

use std::collections::HashMap;

use zeroize::Zeroizing;

use super::budget::Budget;
use super::dotenv::Raw;
use crate::view::{Seen, Sight, View};

/// The values read so far; `None` where one depends on a command.
#[derive(Default)]
pub(crate) struct Known {
    values: HashMap<String, Option<Zeroizing<String>>>,
    literals: HashMap<String, bool>,
}

pub(crate) enum Expanded {
    Text(Zeroizing<String>),
    Runs,
    Endless,
}

/// `dotenv` 16 with `dotenv-expand` 12, given the parsed file.
pub(crate) fn view_12(raws: Vec<Raw>, length: usize) -> View {
    each(raws, length, |raw, known, budget| expand(&raw.text, known, budget, true))
}

/// `dotenv` 18 with `dotenv-expand` 1000, which also runs commands.
pub(crate) fn view_1000(raws: Vec<Raw>, length: usize) -> View {
    each(raws, length, |raw, known, budget| match expand(&raw.text, known, budget, false) {
        Expanded::Text(text) if runs_command(&text) => Expanded::Runs,
        other => other,
    })
}

fn each(raws: Vec<Raw>, length: usize, read: impl Fn(&Raw, &Known, &mut Budget) -> Expanded) -> View {
    let mut view = View::default();
    let mut known = Known::default();
    let mut budget = Budget::new(length);
    for raw in as_object(raws) {
        let expanded = unescape_dollar(read(&raw, &known, &mut budget));
        known.keep(&raw.key, &expanded);
        view.seen.push(seen(raw, expanded));
    }
    view
}

/// `dotenvx` 2, which reads line by line and leaves single quotes alone.
pub(crate) fn view_dotenvx(raws: Vec<Raw>, length: usize) -> View {
    let mut view = View::default();
    let mut known = Known::default();
    let mut budget = Budget::new(length);
    for raw in raws {
        if is_object_property(&raw.key) {
            return View::nothing(raw.at);
        }
        if raw.text.starts_with("encrypted:") {
            known.values.insert(raw.key.clone(), None);
            let Raw { key, at, span, .. } = raw;
            view.seen.push(Seen { key, at, span, sight: Sight::Refused("value_encrypted") });
            continue;
        }
        let expanded = match raw.mark {
            b'\'' => Expanded::Text(raw.text.clone()),
            _ if runs_command(&raw.text) => Expanded::Runs,
            _ => unescape_dollar(expand(&raw.text, &known, &mut budget, false)),
        };
        if raw.mark == b'\''
            && let Expanded::Text(text) = &expanded
        {
            known.literals.insert(raw.key.clone(), names_variable(text));
        }
        known.keep(&raw.key, &expanded);
        view.seen.push(seen(raw, expanded));
    }
    view
}

impl Known {
    fn keep(&mut self, key: &str, expanded: &Expanded) {
        let value = if let Expanded::Text(text) = expanded { Some(text.clone()) } else { None };
        self.values.insert(key.to_owned(), value);
    }
}

fn seen(raw: Raw, expanded: Expanded) -> Seen {
    let sight = match expanded {
        Expanded::Text(text) => Sight::Text(floom_secret::SecretValue::new(text.to_string())),
        Expanded::Runs => Sight::Runs,
        Expanded::Endless => Sight::Refused("value_expands_too_far"),
    };
    Seen { key: raw.key, at: raw.at, span: raw.span, sight }
}

/// The assignments as properties of one JavaScript object: the last value of each key, at the place
/// of its first, keys that are array indices before all others.
fn as_object(raws: Vec<Raw>) -> Vec<Raw> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut object: Vec<Raw> = Vec::with_capacity(raws.len());
    for raw in raws {
        match places.get(&raw.key) {
            Some(place) => object[*place] = raw,
            None => {
                places.insert(raw.key.clone(), object.len());
                object.push(raw);
            }
        }
    }
    object.sort_by_key(|raw| array_index(&raw.key).unwrap_or(u32::MAX));
    object
}

/// ECMA-262, array index: a canonical decimal below 2^32 - 1.
fn array_index(key: &str) -> Option<u32> {
    let canonical = key == "0" || (!key.starts_with('0') && key.bytes().all(|byte| byte.is_ascii_digit()));
    key.parse().ok().filter(|index| canonical && *index < u32::MAX)
}

/// Names that every JavaScript object has; `dotenvx` fails on a key of that name.
fn is_object_property(key: &str) -> bool {
    const NAMES: [&str; 12] = [
        "constructor",
        "__defineGetter__",
        "__defineSetter__",
        "hasOwnProperty",
        "__lookupGetter__",
        "__lookupSetter__",
        "isPrototypeOf",
        "propertyIsEnumerable",
        "toString",
        "valueOf",
        "__proto__",
        "toLocaleString",
    ];
    NAMES.contains(&key)
}

fn unescape_dollar(expanded: Expanded) -> Expanded {
    match expanded {
        Expanded::Text(text) if text.contains("\\$") => Expanded::Text(Zeroizing::new(text.replace("\\$", "$"))),
        other => other,
    }
}

/// One `$NAME` or `${…}` that is not escaped.
struct Reference<'a> {
    template: &'a str,
    name: &'a str,
    operator: &'a str,
    default: &'a str,
    has_operator: bool,
}

fn expand(text: &str, known: &Known, budget: &mut Budget, twelve: bool) -> Expanded {
    let mut result = Zeroizing::new(text.to_owned());
    let mut repeated = 0;
    let mut were = Vec::new();
    while let Some(reference) = next_reference(&result) {
        if !budget.spend(result.len()) {
            return Expanded::Endless;
        }
        if twelve && reference.name.len() < result.len() {
            if !were.contains(&result) {
                were.push(result.clone());
                repeated = 0;
            } else if repeated > were.len() {
                return Expanded::Endless;
            } else {
                repeated += 1;
            }
        }
        let value = known.values.get(reference.name);
        // JavaScript finds something else under this name.
        if value.is_none() && is_object_property(reference.name) {
            return Expanded::Endless;
        }
        if let Some(None) = value {
            return Expanded::Runs;
        }
        let value = value.and_then(Option::as_ref).map(|value| value.as_str());
        let full = value.filter(|value| !value.is_empty());
        let with = match (reference.operator, twelve) {
            (":+", _) | ("+", true) => full.map_or("", |_| reference.default),
            ("+", false) => value.map_or("", |_| reference.default),
            ("-", false) => value.unwrap_or(reference.default),
            (_, true) => match full {
                Some(full) if !were.iter().any(|was| was.as_str() == full) => full,
                _ => reference.default,
            },
            _ if reference.has_operator => full.unwrap_or(reference.default),
            _ => full.unwrap_or_default(),
        };
        let next = replace_first(&result, reference.template, with);
        let stops = value == Some(next.as_str())
            || (!twelve && full.is_some() && known.literals.get(reference.name) == Some(&true));
        result = next;
        if stops {
            break;
        }
    }
    Expanded::Text(result)
}

/// `/(?<!\\)\${([^{}]+)}|(?<!\\)\$([A-Za-z_][A-Za-z0-9_]*)/`
fn next_reference(text: &str) -> Option<Reference<'_>> {
    let bytes = text.as_bytes();
    for (at, _) in text.match_indices('$').filter(|(at, _)| *at == 0 || bytes[at - 1] != b'\\') {
        if bytes.get(at + 1) == Some(&b'{')
            && let Some(end) = text[at + 2..].find(['{', '}']).map(|found| at + 2 + found)
            && bytes[end] == b'}'
            && end > at + 2
        {
            return Some(reference(&text[at..=end], &text[at + 2..end]));
        }
        let in_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let length = bytes[at + 1..].iter().take_while(|byte| in_name(byte)).count();
        if length > 0 && !bytes[at + 1].is_ascii_digit() {
            return Some(reference(&text[at..at + 1 + length], &text[at + 1..at + 1 + length]));
        }
    }
    None
}

/// Splits at the first operator. Without one, JavaScript's `split(null)` splits at the word `null`.
fn reference<'a>(template: &'a str, expression: &'a str) -> Reference<'a> {
    let operator =
        expression.find([':', '+', '-']).into_iter().chain(expression.match_indices([':', '+', '-']).map(|(at, _)| at));
    let found = operator
        .filter_map(|at| {
            [":+", "+", ":-", "-"]
                .into_iter()
                .find(|operator| expression[at..].starts_with(operator))
                .map(|operator| (at, operator))
        })
        .next();
    match found {
        Some((at, operator)) => Reference {
            template,
            name: &expression[..at],
            operator: &expression[at..at + operator.len()],
            default: &expression[at + operator.len()..],
            has_operator: true,
        },
        None => {
            let (name, default) = expression.split_once("null").unwrap_or((expression, ""));
            Reference { template, name, operator: "", default, has_operator: false }
        }
    }
}

/// `text.replace(template, with)` of ECMA-262: the first occurrence, with `$$`, `$&`, `` $` `` and `$'` in `with`.
fn replace_first(text: &str, template: &str, with: &str) -> Zeroizing<String> {
    let (before, after) = text.split_once(template).unwrap_or((text, ""));
    let mut result = Zeroizing::new(String::with_capacity(text.len() + with.len()));
    result.push_str(before);
    let mut rest = with;
    while let Some(at) = rest.find('$') {
        result.push_str(&rest[..at]);
        let inserted = match rest.as_bytes().get(at + 1) {
            Some(b'$') => "$",
            Some(b'&') => template,
            Some(b'`') => before,
            Some(b'\'') => after,
            _ => {
                result.push('$');
                rest = &rest[at + 1..];
                continue;
            }
        };
        result.push_str(inserted);
        rest = &rest[at + 2..];
    }
    result.push_str(rest);
    result.push_str(after);
    result
}

/// `/\$\{[^}]+\}|\$[A-Za-z_][A-Za-z0-9_]*/`
fn names_variable(text: &str) -> bool {
    let bytes = text.as_bytes();
    text.match_indices('$').any(|(at, _)| match bytes.get(at + 1) {
        Some(b'{') => text[at + 2..].find('}').is_some_and(|length| length > 0),
        Some(byte) => byte.is_ascii_alphabetic() || *byte == b'_',
        None => false,
    })
}

/// How many bytes are looked at before a text with ever more `$(` counts as one that runs something.
const COMMAND_SEARCH: usize = 16 * 1024 * 1024;

/// Whether `text` holds a `$(…)` that is closed, as these readers look for one.
fn runs_command(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut searched = 0;
    let mut open = text.find("$(");
    while let Some(start) = open {
        searched += bytes.len() - start;
        if command_closes(bytes, start + 2) || searched > COMMAND_SEARCH {
            return true;
        }
        open = text[start + 2..].find("$(").map(|found| start + 2 + found);
    }
    false
}

fn command_closes(bytes: &[u8], mut at: usize) -> bool {
    let mut quotes: Vec<Option<u8>> = vec![None];
    while let (Some(byte), Some(quote)) = (bytes.get(at).copied(), quotes.last_mut()) {
        match (*quote, byte) {
            (Some(b'\''), b'\'') => *quote = None,
            (Some(b'\''), _) => {}
            (_, b'\\') => at += 1,
            (Some(open), _) if open == byte => *quote = None,
            (Some(_), b'$') if bytes.get(at + 1) == Some(&b'(') => {
                quotes.push(None);
                at += 1;
            }
            (Some(_), _) => {}
            (None, b'\'' | b'"' | b'`') => *quote = Some(byte),
            (None, b'(') => quotes.push(None),
            (None, b')') => {
                quotes.pop();
                if quotes.is_empty() {
                    return true;
                }
            }
            (None, _) => {}
        }
        at += 1;
    }
    false
}
