//! Why a file, or a line of it, gives no value.

use std::fmt;

/// Why a file as a whole is not read as a `.env` file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FileRefusal {
    /// It is not text.
    #[error("This file is not text.")]
    Binary,
    /// It has lines, but none with `=`.
    #[error("No line of this file has an “=”, so it is not a .env file.")]
    NoAssignment,
    /// Its encoding is neither UTF-8 nor UTF-16 with a byte order mark.
    #[error("The encoding of this file is not UTF-8, nor UTF-16 with its mark.")]
    Encoding,
    /// It is larger than 1 MiB.
    #[error("This file is larger than 1 MiB.")]
    TooLarge,
}

impl FileRefusal {
    /// The stable code of this refusal.
    pub fn code(self) -> &'static str {
        match self {
            Self::Binary => "file_binary",
            Self::NoAssignment => "file_not_env",
            Self::Encoding => "file_encoding",
            Self::TooLarge => "file_too_large",
        }
    }

    /// What was kept, and what to do next.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Binary | Self::NoAssignment => "Nothing was taken from it. Choose the .env file of your app.",
            Self::Encoding => "Nothing was taken from it. Save it as UTF-8 and try again.",
            Self::TooLarge => "Nothing was taken from it. A .env file of this size is most likely another file.",
        }
    }
}

/// Why no value is taken from one line. Carries where and why, nothing of the line itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryRefusal {
    /// The stable code: `line_without_equals`, `line_without_key`, `line_bad_key`, `line_runs_command`,
    /// `line_invalid_bytes`, `line_nul`, `line_after_quote`, `line_skipped`, `quote_not_closed`,
    /// `value_cut`, `value_encrypted`, `value_expands_too_far`, `value_from_shell`, `shell_not_read`, `reader_stops` or
    /// `after_reader_stops`.
    pub code: &'static str,
    /// The line, counted from 1.
    pub line: u32,
    /// The character in the line, counted from 1.
    pub column: u32,
}

impl EntryRefusal {
    /// The stable code of this refusal.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self.code {
            "line_without_equals" => "Write KEY=value, or start the line with # if it is a comment.",
            "line_without_key" => "Write a name before the “=”.",
            "line_bad_key" => "Use letters, digits and _ in the name.",
            "line_runs_command" => "Put the value itself there, or choose another reader for this file.",
            "line_invalid_bytes" | "line_nul" => "Save the file as UTF-8 text and check this line.",
            "line_after_quote" => "Put a space and # before a comment, or the whole value into the quotes.",
            "quote_not_closed" => "Close the quote where the value ends.",
            "line_skipped" => "Write it as KEY=value with a name your app's reader takes, or choose another reader.",
            "value_encrypted" => "Put the value itself into another file; only dotenvx can open this one.",
            "value_from_shell" => "Write the value out, or choose another reader for this file.",
            "shell_not_read" => "Keep this file to NAME=value lines, or choose another reader for it.",
            "value_expands_too_far" => "Write the value out instead of naming other variables.",
            "value_cut" => "Put quotes around the whole key, from -----BEGIN to the last line.",
            _ => "Mend the line at which your app's reader stops, or choose another reader for this file.",
        }
    }
}

impl fmt::Display for EntryRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.line;
        match self.code {
            "line_without_equals" => write!(f, "Line {line} has no “=”, so it holds no value."),
            "line_without_key" => write!(f, "Line {line} has no name before the “=”."),
            "line_bad_key" => write!(f, "The name on line {line} holds a character that no variable can have."),
            "line_runs_command" => write!(f, "Your app's reader would run a command for line {line}; nothing was run."),
            "line_invalid_bytes" => write!(f, "Line {line} holds bytes that are not UTF-8 text."),
            "line_nul" => write!(f, "Line {line} holds a NUL byte, which no variable can have."),
            "line_after_quote" => write!(f, "On line {line}, something stands after the closing quote."),
            "quote_not_closed" => write!(f, "The quote that opens on line {line} is not closed."),
            "value_cut" => write!(f, "The key on line {line} would be cut after its first line."),
            "line_skipped" => write!(f, "Your app's reader skips line {line}."),
            "value_encrypted" => write!(f, "The value on line {line} is encrypted by dotenvx."),
            "value_from_shell" => write!(f, "The value on line {line} depends on the shell that reads it."),
            "shell_not_read" => write!(f, "Only running line {line} would tell what it and the lines after it do."),
            "value_expands_too_far" => write!(f, "The variables on line {line} lead to no clear value."),
            "after_reader_stops" => write!(f, "Your app's reader stops with an error before line {line}."),
            _ => write!(f, "Your app's reader stops with an error at line {line}."),
        }
    }
}

impl std::error::Error for EntryRefusal {}
