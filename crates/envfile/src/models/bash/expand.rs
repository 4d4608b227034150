//! What bash puts in place of `$…`, and the variables of the file that it takes it from.

use std::collections::HashMap;

use super::arithmetic;
use super::word::{Bytes, Form, Parameter, Part, Word};
use crate::models::budget::Budget;

/// What a word stands for.
#[derive(Clone)]
pub(super) struct Value {
    pub(super) text: Bytes,
    pub(super) known: Known,
}

/// Whether the text is the one that bash would give.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Known {
    Yes,
    /// It depends on the shell that reads the file, or on its user.
    ByShell,
    /// A command would give a part of it.
    ByCommand,
}

/// What ends a command early.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// bash reports an error and goes on with the next line.
    Line,
    /// bash ends.
    Shell,
    /// It is not known what bash does.
    NotModelled,
}

#[derive(Default)]
pub(super) struct Variable {
    /// `None` where it is named, but has no value.
    pub(super) value: Option<Value>,
    pub(super) exported: bool,
}

/// An assignment that an expansion made.
pub(super) struct Assigned {
    pub(super) name: String,
    pub(super) at: usize,
    pub(super) value: Value,
}

pub(super) struct Variables {
    pub(super) known: HashMap<String, Variable>,
    /// The status of the last command, where it is known.
    pub(super) status: Option<u8>,
    /// Whether a command was put into the background, so that `$!` names it.
    pub(super) background: bool,
    /// What `${NAME:=…}` assigned and nobody has taken note of yet.
    pub(super) assigned: Vec<Assigned>,
    pub(super) budget: Budget,
}

/// Variables that bash has without any environment: their values are the shell's own.
const OF_THE_SHELL: &str =
    "_ PATH PWD OLDPWD SHELL SHLVL TERM IFS PS4 HOSTNAME HOSTTYPE MACHTYPE OSTYPE OPTIND OPTERR HOME";

/// Variables that assigning does not simply set: read-only, counting by themselves, or changing how bash reads.
const SPECIAL: &str = "\
    _ UID EUID PPID SHELLOPTS IFS RANDOM SRANDOM SECONDS LINENO EPOCHSECONDS EPOCHREALTIME DIRSTACK FUNCNAME \
    GROUPS HISTCMD PIPESTATUS COMP_WORDBREAKS POSIXLY_CORRECT GLOBIGNORE OPTIND COMP_WORDS COPROC";

/// Whether `name` is one of the words in `list`.
pub(super) fn is_among(list: &str, name: &str) -> bool {
    list.split(' ').any(|word| word == name)
}

/// Whether assigning to `name` is more than setting a variable.
pub(super) fn is_special(name: &str) -> bool {
    is_among(SPECIAL, name) || (name.starts_with("BASH") && name != "BASH_ENV")
}

impl Value {
    pub(super) fn empty() -> Self {
        Self { text: Bytes::default(), known: Known::Yes }
    }

    pub(super) fn push(&mut self, other: &Self) {
        self.text.extend_from_slice(&other.text);
        self.known = self.known.max(other.known);
    }
}

impl Variables {
    pub(super) fn new(length: usize) -> Self {
        Self {
            known: HashMap::new(),
            status: Some(0),
            background: false,
            assigned: Vec::new(),
            budget: Budget::new(length),
        }
    }

    /// What `word` stands for; `tildes` where `~` names a home, as it does after `=`.
    pub(super) fn expand(&mut self, word: &Word, tildes: bool) -> Result<Value, Failure> {
        let mut value = Value::empty();
        let mut home_may_follow = tildes;
        for part in word {
            match part {
                Part::Plain(text) => {
                    if tildes && names_home(text, home_may_follow) {
                        value.known = value.known.max(Known::ByShell);
                    }
                    home_may_follow = text.last() == Some(&b':');
                    value.text.extend_from_slice(text);
                    continue;
                }
                Part::Quoted(text) => value.text.extend_from_slice(text),
                Part::Parameter(parameter) => {
                    let with = self.parameter(parameter)?;
                    if !self.budget.spend(value.text.len() + with.text.len()) {
                        return Err(Failure::NotModelled);
                    }
                    value.push(&with);
                }
                Part::Arithmetic(body) => {
                    let body = self.expand(body, false)?;
                    let result = self.arithmetic(&body)?;
                    value.push(&result);
                }
                Part::Command => value.known = Known::ByCommand,
            }
            home_may_follow = false;
        }
        Ok(value)
    }

    fn parameter(&mut self, parameter: &Parameter) -> Result<Value, Failure> {
        let current = self.lookup(&parameter.name);
        let is_name = parameter.name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
        if let Form::Default { operator, null, word } = &parameter.form {
            return self.default(parameter, current, *operator, *null, word);
        }
        let is_value = matches!(parameter.form, Form::Value);
        let Some(current) = current else {
            let simple = is_name && matches!(parameter.form, Form::Strip { .. } | Form::Replace { .. });
            return match parameter.form {
                Form::Length if is_name => Ok(Value { text: b"0".to_vec().into(), known: Known::Yes }),
                _ if is_value || (is_name && matches!(parameter.form, Form::Case { .. })) => Ok(Value::empty()),
                _ if simple => Ok(Value::empty()),
                _ => Err(Failure::NotModelled),
            };
        };
        if is_value {
            return Ok(current);
        }
        if !is_name {
            return Err(Failure::NotModelled);
        }
        if current.known != Known::Yes {
            return Ok(Value { text: Bytes::default(), known: current.known });
        }
        let text = &current.text;
        let ascii = text.is_ascii();
        let result: Bytes = match &parameter.form {
            Form::Length if ascii => text.len().to_string().into_bytes().into(),
            Form::Substring(word) if ascii => return self.substring(text, word),
            // Its numbers may also be an error.
            Form::Substring(_) => return Err(Failure::NotModelled),
            Form::Case { upper, all } if ascii => {
                let change = |byte: u8| if *upper { byte.to_ascii_uppercase() } else { byte.to_ascii_lowercase() };
                let reach = if *all { text.len() } else { text.len().min(1) };
                let mut text = text.clone();
                text[..reach].iter_mut().for_each(|byte| *byte = change(*byte));
                text
            }
            Form::Strip { suffix, pattern } => {
                let pattern = self.literal(pattern)?;
                let rest = if *suffix { text.strip_suffix(&pattern[..]) } else { text.strip_prefix(&pattern[..]) };
                rest.unwrap_or(text).to_vec().into()
            }
            Form::Replace { all, pattern, with } => {
                let pattern = self.literal(pattern)?;
                let with = self.literal(with)?;
                if with.contains(&b'&') || (!ascii && !pattern.is_ascii()) {
                    return Err(Failure::NotModelled);
                }
                self.replace(text, &pattern, &with, *all)?
            }
            // Characters are not bytes there, and what they are depends on the locale.
            _ => return Ok(Value { text: Bytes::default(), known: Known::ByShell }),
        };
        Ok(Value { text: result, known: Known::Yes })
    }

    fn replace(&mut self, text: &[u8], pattern: &[u8], with: &[u8], all: bool) -> Result<Bytes, Failure> {
        let mut result = Bytes::default();
        let mut at = 0;
        let mut done = pattern.is_empty();
        while at < text.len() {
            if !done && text[at..].starts_with(pattern) {
                if !self.budget.spend(with.len()) {
                    return Err(Failure::NotModelled);
                }
                result.extend_from_slice(with);
                at += pattern.len();
                done = !all;
            } else {
                result.push(text[at]);
                at += 1;
            }
        }
        Ok(result)
    }

    /// `${NAME:offset}` and `${NAME:offset:length}`.
    fn substring(&mut self, text: &[u8], word: &Word) -> Result<Value, Failure> {
        let word = self.expand(word, false)?;
        let mut numbers = word.text.split(|byte| *byte == b':').map(|number| number.trim_ascii());
        let mut next = || {
            let digits = std::str::from_utf8(numbers.next()?).ok()?;
            let (digits, sign) = digits.strip_prefix('-').map_or((digits, 1), |digits| (digits, -1));
            Some(arithmetic::number(digits)? * sign)
        };
        let (offset, length) = (next(), next());
        let parts = word.text.iter().filter(|byte| **byte == b':').count() + 1;
        let (Some(offset), true) = (offset, word.known == Known::Yes && parts <= 2 && (parts == 2) == length.is_some())
        else {
            return Err(Failure::NotModelled);
        };
        let total = text.len() as i64;
        let start = if offset < 0 { total + offset } else { offset };
        if start < 0 || start > total {
            return Ok(Value::empty());
        }
        let end = match length {
            Some(length) if length < 0 => total + length,
            Some(length) => (start + length).min(total),
            None => total,
        };
        if end < start {
            return Err(Failure::Line);
        }
        Ok(Value { text: text[start as usize..end as usize].to_vec().into(), known: Known::Yes })
    }

    fn default(
        &mut self,
        parameter: &Parameter,
        current: Option<Value>,
        operator: u8,
        null: bool,
        word: &Word,
    ) -> Result<Value, Failure> {
        let known = current.as_ref().map_or(Known::Yes, |current| current.known);
        if known != Known::Yes {
            // Whether the word counts is not known either; it must at least change nothing.
            let changes = word.iter().any(|part| !matches!(part, Part::Plain(_) | Part::Quoted(_)));
            let plain = !changes && matches!(operator, b'-' | b'+');
            return if plain { Ok(Value { text: Bytes::default(), known }) } else { Err(Failure::NotModelled) };
        }
        let present = current.filter(|current| !(null && current.text.is_empty()));
        match (operator, present) {
            (b'+', None) => Ok(Value::empty()),
            (b'+', Some(_)) => self.expand(word, !parameter.quoted),
            (_, Some(current)) => Ok(current),
            (b'-', None) => self.expand(word, !parameter.quoted),
            (b'?', None) => self.expand(word, false).and(Err(Failure::Shell)),
            _ => {
                let name = &parameter.name;
                if !name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') || is_special(name) {
                    return Err(Failure::NotModelled);
                }
                let value = self.expand(word, !parameter.quoted)?;
                self.known.entry(name.clone()).or_default().value = Some(value.clone());
                self.assigned.push(Assigned { name: name.clone(), at: parameter.at, value: value.clone() });
                Ok(value)
            }
        }
    }

    /// A pattern that stands for itself only.
    fn literal(&mut self, word: &Word) -> Result<Bytes, Failure> {
        let mut literal = Bytes::default();
        for part in word {
            let (text, quoted) = match part {
                Part::Plain(text) if !text.starts_with(b"~") => (text.clone(), false),
                Part::Quoted(text) => (text.clone(), true),
                Part::Parameter(parameter) => {
                    let value = self.parameter(parameter)?;
                    if value.known != Known::Yes {
                        return Err(Failure::NotModelled);
                    }
                    (value.text, parameter.quoted)
                }
                _ => return Err(Failure::NotModelled),
            };
            if !quoted && text.iter().any(|byte| b"*?[\\".contains(byte)) {
                return Err(Failure::NotModelled);
            }
            literal.extend_from_slice(&text);
        }
        Ok(literal)
    }

    fn arithmetic(&self, body: &Value) -> Result<Value, Failure> {
        if body.known != Known::Yes {
            // It might also be an error.
            return Err(Failure::NotModelled);
        }
        let variable = |name: &str| match self.lookup(name) {
            None => Some(0),
            Some(value) if value.known != Known::Yes => None,
            Some(value) if value.text.is_empty() => Some(0),
            Some(value) => arithmetic::number(std::str::from_utf8(&value.text).ok()?),
        };
        let result = arithmetic::evaluate(&body.text, &variable).ok_or(Failure::NotModelled)?;
        Ok(Value { text: result.to_string().into_bytes().into(), known: Known::Yes })
    }

    /// The value of a parameter; `None` where it has none.
    fn lookup(&self, name: &str) -> Option<Value> {
        let by_shell = Value { text: Bytes::default(), known: Known::ByShell };
        let text = |text: &str| Some(Value { text: text.as_bytes().to_vec().into(), known: Known::Yes });
        match name {
            "#" => text("0"),
            "?" => self.status.map_or(Some(by_shell), |status| text(&status.to_string())),
            "!" if !self.background => None,
            "$" | "-" | "!" | "0" => Some(by_shell),
            "@" | "*" => None,
            _ if name.starts_with(|first: char| first.is_ascii_digit()) => None,
            _ => match self.known.get(name) {
                Some(variable) => variable.value.clone(),
                None if is_among(OF_THE_SHELL, name) || is_special(name) => Some(by_shell),
                None => None,
            },
        }
    }
}

/// Whether a `~` stands where bash puts a home: first (where `first`) or after a colon.
fn names_home(text: &[u8], first: bool) -> bool {
    (first && text.first() == Some(&b'~')) || text.windows(2).any(|pair| pair == b":~")
}
