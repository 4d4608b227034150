//! bash, as `set -a; source FILE` leaves its environment.
//!
//! A model of the shell's reading, not a shell: simple commands with assignments, `export`, `unset` and `set -a`, in
//! lists, with quotes, parameters and arithmetic. Nothing is run. A line whose outcome only running it would tell, as
//! of `if`, `.` or a redirection, stops the model; a command that is not bash's own counts as one that was not found,
//! since it cannot change a variable. What bash itself brings along (`$PATH`, `$$`, `~`) is not guessed.
//!
//! Peculiar to it: there is no space around `=`; a second word on the line is a command, and the assignment then only
//! holds for that; quotes may begin and end anywhere; everything else that is not quoted is read by the shell's
//! grammar, as `;`, `&`, `(` and `<`; what cannot be read ends the reading with its whole line unread; otherwise an
//! error is one only if it is the last.

mod arithmetic;
mod expand;
mod parse;
mod word;

use std::ops::Range;

use floom_secret::SecretValue;

use self::expand::{Failure, Known, Value, Variables, is_among, is_special};
use self::parse::Parser;
use self::word::{Argument, Assignment, Form, Join, Part, Simple, Stop, Unit, Word};
use super::squeezed::Squeezed;
use crate::view::{Seen, Sight, View};

/// More NUL bytes than this, and bash takes the file for a program.
const MOST_NULS: usize = 256;

/// bash's own commands that may change what is read after them.
const BUILTINS: &str = "\
    . [ alias bg bind break builtin caller cd command compgen complete compopt continue declare dirs disown enable \
    eval exec exit fc fg getopts hash help history jobs kill let local logout mapfile popd printf pushd pwd read \
    readarray readonly return shift shopt source suspend test times trap type typeset ulimit umask unalias wait \
    export unset set";

/// What bash sees in `bytes`.
pub(crate) fn view(bytes: &[u8]) -> View {
    let (bytes, nuls) = without_pairs(bytes);
    if nuls > MOST_NULS {
        return View::nothing(0);
    }
    let squeezed = Squeezed::new(bytes, |byte, _| byte == 0);
    let mut shell = Shell {
        squeezed: &squeezed,
        view: View::default(),
        variables: Variables::new(bytes.len()),
        exports_all: true,
        failed: None,
        assumed: false,
    };
    let mut parser = Parser::new(&squeezed.bytes);
    while let Some(start) = parser.start() {
        let ended = match parser.unit() {
            Ok(unit) => shell.list(&unit),
            Err(Stop::Syntax) => {
                shell.view.stop = Some(squeezed.origin(start));
                return shell.view;
            }
            Err(Stop::NotModelled) => Err(Failure::NotModelled),
        };
        match ended {
            Ok(()) => {}
            Err(Failure::Line) => shell.fails(start, 1),
            Err(Failure::Shell) => return View::nothing(squeezed.origin(start)),
            Err(Failure::NotModelled) => {
                if parser.saw_command {
                    shell.notice(start, Sight::Runs);
                }
                shell.notice(start, Sight::Refused("shell_not_read"));
                shell.view.stop = Some(squeezed.origin(start));
                return shell.view;
            }
        }
    }
    shell.view.stop = shell.failed.map(|at| squeezed.origin(at));
    shell.view
}

/// The file up to its first two NUL bytes side by side, and how many bash finds in all: it drops each NUL, but passes
/// over what follows one, and so leaves a second one in, at which its text ends.
fn without_pairs(bytes: &[u8]) -> (&[u8], usize) {
    let mut nuls = 0;
    let mut passed_over = false;
    for byte in bytes {
        passed_over = *byte == 0 && !passed_over;
        nuls += usize::from(passed_over);
    }
    let pair = bytes.windows(2).position(|pair| pair == [0, 0]);
    (&bytes[..pair.unwrap_or(bytes.len())], nuls)
}

struct Shell<'a> {
    squeezed: &'a Squeezed<'a>,
    view: View,
    variables: Variables,
    /// Whether `set -a` holds.
    exports_all: bool,
    /// Where the last command stands, if it failed.
    failed: Option<usize>,
    /// Whether that is only assumed, of a command that is not bash's own.
    assumed: bool,
}

type Done = Result<(), Failure>;

impl Shell<'_> {
    fn list(&mut self, unit: &Unit) -> Done {
        let mut at = 0;
        while at < unit.len() {
            let joined = |join: Join| matches!(join, Join::And | Join::Or);
            let length = unit[at..].iter().position(|item| !joined(item.join)).map_or(unit.len() - at, |last| last + 1);
            let chain = &unit[at..at + length];
            at += length;
            if chain[length - 1].join == Join::Background {
                for simple in chain.iter().flat_map(|item| &item.commands) {
                    self.aside(simple);
                }
                self.variables.background = true;
                self.succeeds();
                continue;
            }
            let mut before = Join::Then;
            for item in chain {
                let wanted = match (before, self.failed.is_some(), self.variables.status) {
                    (Join::Then, ..) => true,
                    (_, _, None) => return Err(Failure::NotModelled),
                    _ if self.assumed => return Err(Failure::NotModelled),
                    (Join::Or, failed, _) => failed,
                    (_, failed, _) => !failed,
                };
                before = item.join;
                if wanted {
                    self.pipeline(&item.commands)?;
                }
            }
        }
        Ok(())
    }

    fn pipeline(&mut self, commands: &[Simple]) -> Done {
        let [before @ .., last] = commands else { return Ok(()) };
        if before.is_empty() {
            return self.simple(last);
        }
        // Each runs in a shell of its own: nothing is left of it but the last one's status.
        for simple in commands {
            self.aside(simple);
        }
        let plain = |word: &Word| word.iter().all(|part| matches!(part, Part::Plain(_) | Part::Quoted(_)));
        if last.words.is_empty() && last.assignments.iter().all(|one| plain(&one.value) && !is_special(&one.name)) {
            self.succeeds();
            return Ok(());
        }
        match self.command_name(last.words.first()) {
            Some(name) if last.assignments.is_empty() && !last.runs() && !is_builtin(&name) => {
                self.ends_as(&name, last.at);
                Ok(())
            }
            _ => Err(Failure::NotModelled),
        }
    }

    /// Notes a command that changes no variable here.
    fn aside(&mut self, simple: &Simple) {
        self.notice(simple.at, Sight::Refused("line_runs_command"));
        if simple.runs() {
            self.notice(simple.at, Sight::Runs);
        }
    }

    fn simple(&mut self, simple: &Simple) -> Done {
        let ran = simple.runs();
        let mut name = None;
        for argument in &simple.words {
            match argument {
                Argument::Word(word) if name.is_none() && self.vanishes(word)? => {}
                Argument::Word(word) if name.is_none() => {
                    if word::runs(word) {
                        self.notice(simple.at, Sight::Runs);
                    }
                    name = Some(self.command_name(Some(argument)).ok_or(Failure::NotModelled)?);
                }
                _ => {}
            }
        }
        let Some(name) = name else {
            for assignment in &simple.assignments {
                let value = self.expand(assignment)?;
                self.assign(assignment, &value, self.exports_all)?;
            }
            self.succeeds();
            if ran {
                self.variables.status = None;
            }
            return Ok(());
        };
        if matches!(simple.words.first(), Some(Argument::Word(word)) if self.vanishes(word)?) && is_builtin(&name) {
            return Err(Failure::NotModelled);
        }
        if ran {
            self.notice(simple.at, Sight::Runs);
        }
        let is_known = matches!(name.as_str(), "export" | "unset" | "set");
        if is_known && !ran && simple.assignments.is_empty() {
            let status = match name.as_str() {
                "export" => self.export(&simple.words[1..], simple.at)?,
                "unset" => self.unset(&simple.words[1..])?,
                _ => self.set(&simple.words[1..])?,
            };
            if status == 0 {
                self.succeeds()
            } else {
                self.fails(simple.at, status)
            }
            return Ok(());
        }
        if is_builtin(&name) {
            return Err(Failure::NotModelled);
        }
        for argument in &simple.words[1..] {
            if let Argument::Word(word) = argument {
                self.variables.expand(word, true)?;
                self.note_assigned();
            }
        }
        for assignment in &simple.assignments {
            self.expand(assignment)?;
        }
        if self.ends_as(&name, simple.at) {
            self.notice(simple.at, Sight::Refused("line_runs_command"));
        }
        Ok(())
    }

    /// Takes note of how a command that changes nothing ends; says whether it is another program.
    fn ends_as(&mut self, name: &str, at: usize) -> bool {
        match name {
            ":" | "true" | "echo" => self.succeeds(),
            "false" => self.fails(at, 1),
            _ => {
                self.fails(at, 127);
                self.assumed = true;
                return true;
            }
        }
        false
    }

    /// Whether nothing is left of a word, because it is empty or only names variables without a value.
    fn vanishes(&mut self, word: &Word) -> Result<bool, Failure> {
        let unquoted = |part: &Part| matches!(part, Part::Parameter(parameter) if !parameter.quoted);
        if !word.iter().all(unquoted) {
            return Ok(false);
        }
        // Quotes in a default leave an empty word behind.
        let quotes = |part: &Part| match part {
            Part::Parameter(parameter) => match &parameter.form {
                Form::Default { word, .. } => !word.iter().all(|part| matches!(part, Part::Plain(_))),
                _ => false,
            },
            _ => false,
        };
        if word.iter().any(quotes) {
            return Err(Failure::NotModelled);
        }
        let value = self.variables.expand(word, false)?;
        self.note_assigned();
        Ok(value.known == Known::Yes && value.text.iter().all(|byte| b" \t\n".contains(byte)))
    }

    /// The word as it stands, if it stands for itself.
    fn text(&self, word: &Word) -> Option<String> {
        let mut text = Vec::new();
        for part in word {
            match part {
                Part::Plain(plain) => {
                    let globs = plain.iter().any(|byte| b"*?".contains(byte)) || plain.starts_with(b"~");
                    let braces =
                        plain.contains(&b'{') && (plain.contains(&b',') || plain.windows(2).any(|two| two == b".."));
                    if globs || braces {
                        return None;
                    }
                    text.extend_from_slice(plain);
                }
                Part::Quoted(quoted) => text.extend_from_slice(quoted),
                _ => return None,
            }
        }
        Some(String::from_utf8_lossy(&text).into_owned())
    }

    fn command_name(&self, argument: Option<&Argument>) -> Option<String> {
        match argument {
            Some(Argument::Word(word)) => self.text(word),
            _ => None,
        }
    }

    fn export(&mut self, arguments: &[Argument], at: usize) -> Result<u8, Failure> {
        // Every word is expanded before the first is assigned.
        let mut values = Vec::with_capacity(arguments.len());
        let mut names = Vec::with_capacity(arguments.len());
        for argument in arguments {
            match argument {
                Argument::Assignment(assignment) => values.push((assignment, self.expand(assignment)?)),
                Argument::Word(word) if self.vanishes(word)? => {}
                Argument::Word(word) => {
                    let brackets = |part: &Part| matches!(part, Part::Plain(text) if text.contains(&b'['));
                    let text = self.text(word).filter(|_| !word.iter().any(brackets)).ok_or(Failure::NotModelled)?;
                    let assigns = text.split_once('=').is_some_and(|(name, _)| is_name(name.trim_end_matches('+')));
                    if text.starts_with('-') || assigns {
                        return Err(Failure::NotModelled);
                    }
                    names.push(text);
                }
            }
        }
        // A name and an assignment of it in one command: their order counts.
        if values.iter().any(|(assignment, _)| names.contains(&assignment.name)) {
            return Err(Failure::NotModelled);
        }
        for (assignment, value) in values {
            self.assign(assignment, &value, true)?;
        }
        let mut status = 0;
        for name in names {
            if !is_name(&name) {
                status = 1;
                continue;
            }
            let variable = self.variables.known.entry(name.clone()).or_default();
            let newly = !std::mem::replace(&mut variable.exported, true);
            if newly && let Some(value) = variable.value.clone() {
                self.see(name, at, at..at, &value);
            }
        }
        Ok(status)
    }

    fn unset(&mut self, arguments: &[Argument]) -> Result<u8, Failure> {
        for argument in arguments {
            let name = self.command_name(Some(argument)).ok_or(Failure::NotModelled)?;
            if name == "-v" {
                continue;
            }
            if !is_name(&name) || is_special(&name) {
                return Err(Failure::NotModelled);
            }
            self.variables.known.insert(name.clone(), expand::Variable::default());
            self.view.seen.retain(|seen| seen.key != name);
        }
        Ok(0)
    }

    fn set(&mut self, arguments: &[Argument]) -> Result<u8, Failure> {
        let words: Option<Vec<String>> = arguments.iter().map(|argument| self.command_name(Some(argument))).collect();
        let words = words.ok_or(Failure::NotModelled)?;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.exports_all = match words[..] {
            ["-a"] | ["-o", "allexport"] => true,
            ["+a"] | ["+o", "allexport"] => false,
            _ => return Err(Failure::NotModelled),
        };
        Ok(0)
    }

    fn expand(&mut self, assignment: &Assignment) -> Result<Value, Failure> {
        if is_special(&assignment.name) {
            return Err(Failure::NotModelled);
        }
        let value = self.variables.expand(&assignment.value, true)?;
        self.note_assigned();
        Ok(value)
    }

    fn assign(&mut self, assignment: &Assignment, value: &Value, exports: bool) -> Done {
        let variable = self.variables.known.entry(assignment.name.clone()).or_default();
        let mut whole = if assignment.append { variable.value.take() } else { None }.unwrap_or_else(Value::empty);
        if !self.variables.budget.spend(whole.text.len() + value.text.len()) {
            return Err(Failure::NotModelled);
        }
        whole.push(value);
        variable.value = Some(whole.clone());
        variable.exported |= exports;
        if variable.exported {
            self.see(assignment.name.clone(), assignment.at, assignment.span.clone(), &whole);
        }
        Ok(())
    }

    /// Takes note of what `${NAME:=…}` assigned.
    fn note_assigned(&mut self) {
        for assigned in std::mem::take(&mut self.variables.assigned) {
            let variable = self.variables.known.entry(assigned.name.clone()).or_default();
            variable.exported |= self.exports_all;
            if variable.exported {
                self.see(assigned.name, assigned.at, assigned.at..assigned.at, &assigned.value);
            }
        }
    }

    fn see(&mut self, key: String, at: usize, span: Range<usize>, value: &Value) {
        let sight = match value.known {
            Known::Yes => Sight::Text(SecretValue::new(String::from_utf8_lossy(&value.text).into_owned())),
            Known::ByShell => Sight::Refused("value_from_shell"),
            Known::ByCommand => Sight::Runs,
        };
        self.view.seen.push(Seen { key, at: self.squeezed.origin(at), span: self.squeezed.span(span), sight });
    }

    /// Notes something about a line that gives no variable.
    fn notice(&mut self, at: usize, sight: Sight) {
        let at = self.squeezed.origin(at);
        self.view.seen.push(Seen { key: String::new(), at, span: at..at, sight });
    }

    fn succeeds(&mut self) {
        self.failed = None;
        self.assumed = false;
        self.variables.status = Some(0);
    }

    fn fails(&mut self, at: usize, status: u8) {
        self.failed = Some(at);
        self.assumed = false;
        self.variables.status = (status != 127).then_some(status);
    }
}

fn is_builtin(name: &str) -> bool {
    is_among(BUILTINS, name)
}

fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
