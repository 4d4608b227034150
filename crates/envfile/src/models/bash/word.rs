//! What the parser hands to the shell: commands, and words in parts.

use std::ops::Range;

use zeroize::Zeroizing;

pub(super) type Bytes = Zeroizing<Vec<u8>>;
pub(super) type Word = Vec<Part>;

/// Commands up to the end of a line; bash reads them whole before it runs the first.
pub(super) type Unit = Vec<Item>;

/// One pipeline, and what joins it to the next.
pub(super) struct Item {
    pub(super) commands: Vec<Simple>,
    pub(super) join: Join,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Join {
    Then,
    And,
    Or,
    Background,
}

/// `A=1 B=2 word word`.
pub(super) struct Simple {
    pub(super) at: usize,
    pub(super) assignments: Vec<Assignment>,
    pub(super) words: Vec<Argument>,
}

pub(super) enum Argument {
    Word(Word),
    /// `NAME=value` after `export`.
    Assignment(Assignment),
}

pub(super) struct Assignment {
    pub(super) name: String,
    pub(super) at: usize,
    pub(super) append: bool,
    pub(super) value: Word,
    pub(super) span: Range<usize>,
}

pub(super) enum Part {
    Plain(Bytes),
    Quoted(Bytes),
    Parameter(Box<Parameter>),
    Arithmetic(Word),
    /// A command whose output would be put in.
    Command,
}

pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) at: usize,
    pub(super) quoted: bool,
    pub(super) form: Form,
}

pub(super) enum Form {
    Value,
    Length,
    /// `-`, `=`, `?` or `+`; `null` with a colon: an empty value counts as none.
    Default {
        operator: u8,
        null: bool,
        word: Word,
    },
    Substring(Word),
    /// `#` or `%`.
    Strip {
        suffix: bool,
        pattern: Word,
    },
    Replace {
        all: bool,
        pattern: Word,
        with: Word,
    },
    Case {
        upper: bool,
        all: bool,
    },
}

/// Why nothing more is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// bash refuses it too.
    Syntax,
    /// Shell code whose outcome is not known without running it.
    NotModelled,
}

/// Whether a command would run for this word.
pub(super) fn runs(word: &Word) -> bool {
    word.iter().any(|part| match part {
        Part::Command => true,
        Part::Arithmetic(body) => runs(body),
        Part::Parameter(parameter) => match &parameter.form {
            Form::Default { word, .. } | Form::Substring(word) => runs(word),
            Form::Strip { pattern, .. } => runs(pattern),
            Form::Replace { pattern, with, .. } => runs(pattern) || runs(with),
            Form::Value | Form::Length | Form::Case { .. } => false,
        },
        Part::Plain(_) | Part::Quoted(_) => false,
    })
}

impl Simple {
    /// Whether a command would run for one of its words.
    pub(super) fn runs(&self) -> bool {
        let argument = |argument: &Argument| match argument {
            Argument::Word(word) => runs(word),
            Argument::Assignment(assignment) => runs(&assignment.value),
        };
        self.assignments.iter().any(|assignment| runs(&assignment.value)) || self.words.iter().any(argument)
    }
}
