//! Compose's template language: `$$`, `$NAME`, `${NAME}` and `${NAME…}` with `:-`, `-`, `:+`, `+`, `:?`, `?`.

use zeroize::Zeroizing;

use super::budget::Budget;
use super::compose::Known;

/// How deep defaults may hold variables whose defaults hold variables.
const DEEPEST: usize = 256;

/// `text` with its variables put in; `None` is an error of the template.
pub(crate) fn substitute(text: &str, known: &Known, budget: &mut Budget, depth: usize) -> Option<String> {
    if depth > DEEPEST || !budget.spend(text.len()) {
        return None;
    }
    let mut result = Zeroizing::new(String::with_capacity(text.len()));
    let mut rest = text;
    while let Some(dollar) = rest.find('$') {
        result.push_str(&rest[..dollar]);
        let after = &rest[dollar + 1..];
        let name = name_length(after);
        if let Some(escaped) = after.strip_prefix('$') {
            result.push('$');
            rest = escaped;
        } else if name > 0 {
            let value = known.get(&after[..name]).map_or("", |value| value.as_str());
            if !budget.spend(value.len()) {
                return None;
            }
            result.push_str(value);
            rest = &after[name..];
        } else if let Some(braced) = after.strip_prefix('{') {
            let length = braces(&mut result, braced, known, budget, depth)?;
            rest = &braced[length..];
        } else {
            result.push('$');
            rest = after;
        }
    }
    result.push_str(rest);
    Some(std::mem::take(&mut *result))
}

/// `[_a-z][_a-z0-9]*`, in either case.
fn name_length(text: &str) -> usize {
    let length = text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    if text.starts_with(|first: char| first.is_ascii_digit()) { 0 } else { length }
}

/// What stands after `${`; gives how much of it was read.
fn braces(result: &mut String, braced: &str, known: &Known, budget: &mut Budget, depth: usize) -> Option<usize> {
    let length = name_length(braced);
    let (name, after) = braced.split_at(length);
    if length == 0 {
        return None;
    }
    let value = known.get(name).map(|value| value.as_str());
    if !budget.spend(value.map_or(0, str::len)) {
        return None;
    }
    if after.starts_with('}') {
        result.push_str(value.unwrap_or_default());
        return Some(length + 1);
    }
    let operator = [":-", ":+", ":?", "-", "+", "?"].into_iter().find(|operator| after.starts_with(operator))?;
    // The match reaches to the last brace of the line; it is then cut at the one that closes the first.
    let line = after.find('\n').unwrap_or(after.len());
    let matched = length + after[..line].rfind('}')? + 1;
    let head = closing(&braced[..matched]).unwrap_or(matched - 1);
    let default = &braced[length + operator.len()..head.max(length + operator.len())];
    let full = value.filter(|value| !value.is_empty());
    let present = if operator.starts_with(':') { full } else { value };
    let mut put = |text: &str| {
        let text = Zeroizing::new(substitute(text, known, budget, depth + 1)?);
        result.push_str(&text);
        Some(())
    };
    match (operator.trim_start_matches(':'), present) {
        ("-", None) => put(default)?,
        ("+", Some(_)) => put(default)?,
        ("?", None) => return None,
        ("+", None) => result.push_str(value.unwrap_or_default()),
        _ => result.push_str(present.unwrap_or_default()),
    }
    let tail = &braced[(head + 1).min(matched)..matched];
    let tail = Zeroizing::new(substitute(tail, known, budget, depth + 1)?);
    result.push_str(&tail);
    Some(matched)
}

/// The brace that closes the one before `text`, as Compose counts: what follows a `{` is passed over.
fn closing(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut open = 1;
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'}' => open -= 1,
            b'{' => {
                open += 1;
                at += 1;
            }
            _ => {}
        }
        if open == 0 {
            return Some(at);
        }
        at += 1;
    }
    None
}
