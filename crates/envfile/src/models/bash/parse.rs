//! bash's grammar, as far as files of variables go: lists of simple commands and their words.

use zeroize::Zeroizing;

use super::word::{Argument, Assignment, Bytes, Form, Item, Join, Parameter, Part, Simple, Stop, Unit, Word};

/// How deep quotes, braces and commands may lie in one another.
const DEEPEST: usize = 64;

/// Words that cannot begin a command, and words that begin what is not modelled.
const CLOSERS: [&[u8]; 8] = [b"then", b"else", b"elif", b"fi", b"do", b"done", b"esac", b"}"];
const OPENERS: [&[u8]; 12] =
    [b"if", b"case", b"for", b"select", b"while", b"until", b"function", b"time", b"{", b"!", b"[[", b"coproc"];

pub(super) struct Parser<'a> {
    bytes: &'a [u8],
    pub(super) at: usize,
    depth: usize,
    parentheses: usize,
    braces: usize,
    /// Whether the unit read last holds a command whose output would be put in.
    pub(super) saw_command: bool,
}

type Parsed<T> = Result<T, Stop>;

impl<'a> Parser<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, depth: 0, parentheses: 0, braces: 0, saw_command: false }
    }

    /// Where the next unit begins, or the end of the file.
    pub(super) fn start(&mut self) -> Option<usize> {
        self.skip_lines();
        self.saw_command = false;
        (self.at < self.bytes.len()).then_some(self.at)
    }

    /// The commands up to the end of the line, or to the end of a command in parentheses.
    pub(super) fn unit(&mut self) -> Parsed<Unit> {
        let mut unit = Unit::new();
        loop {
            let commands = self.pipeline()?;
            let join = match self.rest() {
                [b'&', b'&', ..] => Join::And,
                [b'|', b'|', ..] => Join::Or,
                [b'&', b'>', ..] => return Err(Stop::NotModelled),
                [b';', b';' | b'&', ..] => return Err(Stop::Syntax),
                [b'&', ..] => Join::Background,
                _ => Join::Then,
            };
            unit.push(Item { commands, join });
            match (join, self.peek()) {
                (Join::And | Join::Or, _) => {
                    self.at += 2;
                    self.skip_lines();
                }
                (_, Some(b';' | b'&')) => {
                    self.at += 1;
                    self.skip_blanks();
                    if self.ends() {
                        return Ok(unit);
                    }
                }
                _ => return Ok(unit),
            }
        }
    }

    fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    /// The next byte; a backslash before a line ending goes with it.
    fn peek(&mut self) -> Option<u8> {
        while self.rest().starts_with(b"\\\n") {
            self.at += 2;
        }
        self.rest().first().copied()
    }

    /// The byte after the next one.
    fn peek_second(&mut self) -> Option<u8> {
        let before = self.at;
        self.peek()?;
        self.at += 1;
        let second = self.peek();
        self.at = before;
        second
    }

    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\t') = self.peek() {
            self.at += 1;
        }
        if self.peek() == Some(b'#') {
            self.at += self.rest().iter().take_while(|byte| **byte != b'\n').count();
        }
    }

    fn skip_lines(&mut self) {
        self.skip_blanks();
        while self.peek() == Some(b'\n') {
            self.at += 1;
            self.skip_blanks();
        }
    }

    /// Whether the line ends here, or what stands in parentheses.
    fn ends(&mut self) -> bool {
        match self.peek() {
            None | Some(b'\n') => true,
            Some(b')') => self.parentheses > 0,
            _ => false,
        }
    }

    fn pipeline(&mut self) -> Parsed<Vec<Simple>> {
        let mut commands = vec![self.simple()?];
        while self.peek() == Some(b'|') && self.peek_second() != Some(b'|') {
            self.at += 1;
            if self.peek() == Some(b'&') {
                self.at += 1;
            }
            self.skip_lines();
            commands.push(self.simple()?);
        }
        Ok(commands)
    }

    fn simple(&mut self) -> Parsed<Simple> {
        self.skip_blanks();
        let mut simple = Simple { at: self.at, assignments: Vec::new(), words: Vec::new() };
        let mut exports = false;
        loop {
            let bare = simple.assignments.is_empty() && simple.words.is_empty();
            match self.peek() {
                _ if self.ends() => break,
                Some(b';' | b'&' | b'|') => break,
                Some(b'<' | b'>') => return Err(Stop::NotModelled),
                Some(b'(') if bare => return Err(Stop::NotModelled),
                Some(b'(') if simple.assignments.is_empty() && simple.words.len() == 1 => {
                    return Err(Stop::NotModelled);
                }
                Some(b'(' | b')') => return Err(Stop::Syntax),
                _ => {}
            }
            if (simple.words.is_empty() || exports)
                && let Some(assignment) = self.assignment()?
            {
                if exports {
                    simple.words.push(Argument::Assignment(assignment));
                } else {
                    simple.assignments.push(assignment);
                }
            } else {
                let word = self.word()?;
                if bare {
                    reserved(&word)?;
                }
                if simple.words.is_empty() {
                    exports = matches!(&word[..], [Part::Plain(text)] if text.as_slice() == b"export");
                }
                simple.words.push(Argument::Word(word));
            }
            self.skip_blanks();
        }
        let is_empty = simple.assignments.is_empty() && simple.words.is_empty();
        if is_empty { Err(Stop::Syntax) } else { Ok(simple) }
    }

    /// `NAME=value` or `NAME+=value`, if one begins here.
    fn assignment(&mut self) -> Parsed<Option<Assignment>> {
        let at = self.at;
        let name = self.name();
        let append = self.peek() == Some(b'+') && self.peek_second() == Some(b'=');
        self.at += usize::from(append && !name.is_empty());
        match self.peek() {
            Some(b'=') if !name.is_empty() => self.at += 1,
            Some(b'[') if !name.is_empty() => return Err(Stop::NotModelled),
            _ => {
                self.at = at;
                return Ok(None);
            }
        }
        if self.peek() == Some(b'(') {
            return Err(Stop::NotModelled);
        }
        let start = self.at;
        let value = self.word()?;
        Ok(Some(Assignment { name, at, append, value, span: start..self.at }))
    }

    /// The name that begins here, which may be none.
    fn name(&mut self) -> String {
        let mut name = String::new();
        while let Some(byte) = self.peek() {
            if !(byte == b'_' || byte.is_ascii_alphabetic() || (byte.is_ascii_digit() && !name.is_empty())) {
                break;
            }
            name.push(char::from(byte));
            self.at += 1;
        }
        name
    }

    /// A word, to the next unquoted blank or operator.
    fn word(&mut self) -> Parsed<Word> {
        self.parts(false, |byte| matches!(byte, b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>'))
    }

    /// Parts up to a byte that `ends` them, or to the end of the file. Where `quoted`, they stand in double quotes.
    fn parts(&mut self, quoted: bool, ends: impl Fn(u8) -> bool) -> Parsed<Word> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Stop::NotModelled);
        }
        let mut word = Word::new();
        while let Some(byte) = self.peek().filter(|byte| !ends(*byte)) {
            match byte {
                b'\\' => {
                    self.at += 1;
                    match self.rest().first() {
                        None => add(&mut word, quoted, b'\\'),
                        Some(next) => {
                            // `}` where braces in quotes are read; it ends them otherwise.
                            let special = matches!(next, b'$' | b'`' | b'"' | b'\\') || (*next == b'}' && ends(b'}'));
                            if quoted && !special {
                                add(&mut word, true, b'\\');
                            }
                            add(&mut word, true, *next);
                            self.at += 1;
                        }
                    }
                }
                b'\'' if !quoted => {
                    self.at += 1;
                    let length = self.rest().iter().position(|byte| *byte == b'\'').ok_or(Stop::Syntax)?;
                    word.push(Part::Quoted(Zeroizing::new(self.rest()[..length].to_vec())));
                    self.at += length + 1;
                }
                b'"' => self.double_quoted(&mut word)?,
                b'$' => self.dollar(&mut word, quoted)?,
                b'`' => self.backquoted(&mut word)?,
                byte => {
                    add(&mut word, quoted, byte);
                    self.at += 1;
                }
            }
        }
        self.depth -= 1;
        Ok(word)
    }

    /// What stands in braces in double quotes: bash finds their end as if `'` were a quote, and then takes it as it is.
    fn quoted_braces(&mut self) -> Parsed<Word> {
        let mut word = self.parts(true, |byte| matches!(byte, b'}' | b'\''))?;
        while self.peek() == Some(b'\'') {
            self.at += 1;
            let length = self.rest().iter().position(|byte| *byte == b'\'').ok_or(Stop::Syntax)?;
            let inner = &self.rest()[..length];
            if inner.iter().any(|byte| b"\"\\$`}".contains(byte)) {
                return Err(Stop::NotModelled);
            }
            self.at += length + 1;
            word.push(Part::Quoted(Zeroizing::new([b"'", inner, b"'"].concat())));
            word.append(&mut self.parts(true, |byte| matches!(byte, b'}' | b'\''))?);
        }
        Ok(word)
    }

    fn double_quoted(&mut self, word: &mut Word) -> Parsed<()> {
        self.at += 1;
        word.push(Part::Quoted(Bytes::default()));
        let mut inner = self.parts(true, |byte| byte == b'"')?;
        word.append(&mut inner);
        self.close(b'"')
    }

    /// Passes over the `byte` that must stand here.
    fn close(&mut self, byte: u8) -> Parsed<()> {
        if self.peek() != Some(byte) {
            return Err(Stop::Syntax);
        }
        self.at += 1;
        Ok(())
    }

    fn backquoted(&mut self, word: &mut Word) -> Parsed<()> {
        self.at += 1;
        let start = self.at;
        loop {
            match self.rest() {
                [] => return Err(Stop::Syntax),
                [b'`', ..] => break,
                [b'\\', _, ..] => self.at += 2,
                _ => self.at += 1,
            }
        }
        if !self.bytes[start..self.at].iter().all(|byte| b" \t\n".contains(byte)) {
            self.saw_command = true;
            word.push(Part::Command);
        }
        self.at += 1;
        Ok(())
    }

    fn dollar(&mut self, word: &mut Word, quoted: bool) -> Parsed<()> {
        let at = self.at;
        self.at += 1;
        let name = match self.peek() {
            Some(b'(') if self.peek_second() == Some(b'(') => return self.arithmetic(word),
            Some(b'(') => return self.command(word),
            Some(b'{') => return self.braces(word, at, quoted),
            Some(b'[') => return Err(Stop::NotModelled),
            Some(b'\'') if !quoted => return self.ansi_quoted(word),
            Some(b'"') if !quoted => return self.double_quoted(word),
            Some(b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!' | b'0'..=b'9') => {
                self.at += 1;
                char::from(self.bytes[self.at - 1]).to_string()
            }
            _ => self.name(),
        };
        if name == "$" && self.braces > 0 && self.peek() == Some(b'{') {
            // bash takes the second `$` for the beginning of another `${`.
            return Err(Stop::NotModelled);
        }
        if name.is_empty() {
            add(word, quoted, b'$');
        } else {
            word.push(Part::Parameter(Box::new(Parameter { name, at, quoted, form: Form::Value })));
        }
        Ok(())
    }

    /// `$(…)`: what it holds is read, so that its end is known.
    fn command(&mut self, word: &mut Word) -> Parsed<()> {
        self.at += 1;
        self.depth += 1;
        self.parentheses += 1;
        if self.depth > DEEPEST {
            return Err(Stop::NotModelled);
        }
        self.skip_lines();
        let mut has_command = false;
        while self.peek() != Some(b')') {
            has_command = true;
            self.saw_command = true;
            if self.peek().is_none() {
                return Err(Stop::Syntax);
            }
            self.unit().map_err(|_| Stop::NotModelled)?;
            self.skip_lines();
        }
        self.at += 1;
        self.depth -= 1;
        self.parentheses -= 1;
        if has_command {
            word.push(Part::Command);
        }
        Ok(())
    }

    /// `$((…))`.
    fn arithmetic(&mut self, word: &mut Word) -> Parsed<()> {
        self.close(b'(')?;
        self.close(b'(')?;
        let mut open = 0usize;
        let mut body = Word::new();
        loop {
            let mut some = self.parts(true, |byte| matches!(byte, b'(' | b')' | b'"' | b'\'' | b'\\'))?;
            body.append(&mut some);
            match self.peek().ok_or(Stop::Syntax)? {
                b'(' => open += 1,
                b')' if open > 0 => open -= 1,
                b')' if self.peek_second() == Some(b')') => break,
                // It may also be a command in a subshell.
                _ => {
                    self.saw_command = true;
                    return Err(Stop::NotModelled);
                }
            }
            add(&mut body, true, self.bytes[self.at]);
            self.at += 1;
        }
        self.close(b')')?;
        self.close(b')')?;
        word.push(Part::Arithmetic(body));
        Ok(())
    }

    /// `${…}`.
    fn braces(&mut self, word: &mut Word, at: usize, quoted: bool) -> Parsed<()> {
        self.at += 1;
        let is_length = self.peek() == Some(b'#') && self.peek_second() != Some(b'}');
        self.at += usize::from(is_length);
        let mut name = self.name();
        if name.is_empty() {
            match self.peek() {
                Some(b'0'..=b'9') => {
                    while let Some(digit @ b'0'..=b'9') = self.peek() {
                        name.push(char::from(digit));
                        self.at += 1;
                    }
                }
                Some(special @ (b'@' | b'*' | b'#' | b'?' | b'-' | b'$')) if !is_length => {
                    name.push(char::from(special));
                    self.at += 1;
                }
                None => return Err(Stop::Syntax),
                _ => return Err(Stop::NotModelled),
            }
        }
        self.braces += 1;
        let form = if is_length { Form::Length } else { self.form(quoted)? };
        self.braces -= 1;
        match self.peek() {
            Some(b'}') => self.at += 1,
            None => return Err(Stop::Syntax),
            _ => return Err(Stop::NotModelled),
        }
        word.push(Part::Parameter(Box::new(Parameter { name, at, quoted, form })));
        Ok(())
    }

    /// What follows the name in `${…}`.
    fn form(&mut self, quoted: bool) -> Parsed<Form> {
        let null = self.peek() == Some(b':');
        let operator = if null { self.peek_second() } else { self.peek() };
        if let Some(operator @ (b'-' | b'=' | b'?' | b'+')) = operator {
            self.at += usize::from(null);
            self.close(if null { operator } else { self.bytes[self.at] })?;
            let word = if quoted { self.quoted_braces()? } else { self.parts(false, |byte| byte == b'}')? };
            return Ok(Form::Default { operator, null, word });
        }
        if null {
            self.at += 1;
            return Ok(Form::Substring(self.parts(true, |byte| matches!(byte, b'}' | b'"' | b'\'' | b'\\'))?));
        }
        let Some(operator @ (b'#' | b'%' | b'/' | b'^' | b',')) = operator else { return Ok(Form::Value) };
        self.at += 1;
        let twice = self.peek() == Some(operator);
        self.at += usize::from(twice);
        match operator {
            b'^' | b',' => Ok(Form::Case { upper: operator == b'^', all: twice }),
            b'/' => {
                if let Some(b'#' | b'%') = self.peek() {
                    return Err(Stop::NotModelled);
                }
                let pattern = self.parts(false, |byte| matches!(byte, b'}' | b'/'))?;
                let has_replacement = self.peek() == Some(b'/');
                self.at += usize::from(has_replacement);
                let with = if has_replacement { self.parts(false, |byte| byte == b'}')? } else { Word::new() };
                Ok(Form::Replace { all: twice, pattern, with })
            }
            _ => Ok(Form::Strip { suffix: operator == b'%', pattern: self.parts(false, |byte| byte == b'}')? }),
        }
    }

    /// `$'…'`, with the escapes of C.
    fn ansi_quoted(&mut self, word: &mut Word) -> Parsed<()> {
        self.at += 1;
        let mut text = Bytes::default();
        loop {
            match self.rest() {
                [] => return Err(Stop::Syntax),
                [b'\'', ..] => break,
                [b'\\', after @ ..] => {
                    let (byte, length) = ansi_escape(after).ok_or(Stop::NotModelled)?;
                    text.extend_from_slice(&byte);
                    self.at += 1 + length;
                }
                [byte, ..] => {
                    text.push(*byte);
                    self.at += 1;
                }
            }
        }
        self.at += 1;
        word.push(Part::Quoted(text));
        Ok(())
    }
}

/// The bytes that an escape of `$'…'` stands for, and its length after the backslash.
fn ansi_escape(after: &[u8]) -> Option<(Vec<u8>, usize)> {
    let number = |digits: &[u8], radix, most: usize| {
        let length = digits.iter().take(most).take_while(|digit| char::from(**digit).is_digit(radix)).count();
        let text = std::str::from_utf8(&digits[..length]).ok()?;
        Some((u8::try_from(u32::from_str_radix(text, radix).ok()? & 0xFF).ok()?, length))
    };
    let first = *after.first()?;
    let byte = match first {
        b'a' => 7,
        b'b' => 8,
        b'e' | b'E' => 27,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 11,
        b'\\' | b'\'' | b'"' | b'?' => first,
        b'0'..=b'7' => {
            let (byte, length) = number(after, 8, 3)?;
            return (byte != 0).then(|| (vec![byte], length));
        }
        b'x' => {
            let (byte, length) = number(&after[1..], 16, 2)?;
            return (byte != 0).then(|| (vec![byte], length + 1));
        }
        b'u' | b'U' | b'c' => return None,
        other => return Some((vec![b'\\', other], 1)),
    };
    Some((vec![byte], 1))
}

/// Adds one byte to the last part, or as a new one.
fn add(word: &mut Word, quoted: bool, byte: u8) {
    match (word.last_mut(), quoted) {
        (Some(Part::Quoted(text)), true) | (Some(Part::Plain(text)), false) => text.push(byte),
        (_, true) => word.push(Part::Quoted(Zeroizing::new(vec![byte]))),
        (_, false) => word.push(Part::Plain(Zeroizing::new(vec![byte]))),
    }
}

/// Refuses words that bash keeps for its grammar.
fn reserved(word: &Word) -> Parsed<()> {
    let [Part::Plain(text)] = &word[..] else { return Ok(()) };
    if CLOSERS.contains(&text.as_slice()) {
        Err(Stop::Syntax)
    } else if OPENERS.contains(&text.as_slice()) {
        Err(Stop::NotModelled)
    } else {
        Ok(())
    }
}
