//! The readers of `.env` files that are modelled.

/// A program that reads `.env` files, in the version that was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reader {
    /// No program in particular: literal `$`, nothing executed, quotes and escapes as `dotenv-ng`.
    Plain,
    /// Node `dotenv` 18 (npm).
    Dotenv,
    /// Node `dotenv` with `dotenv-expand` 12 (npm).
    DotenvExpand,
    /// Node `dotenv` with `dotenv-expand` 1000 (npm), which runs commands.
    DotenvExpand1000,
    /// `dotenvx` 2 (npm), which runs commands.
    Dotenvx,
    /// Node 20 `--env-file`.
    Node,
    /// `python-dotenv` 1.2 (PyPI).
    Python,
    /// Docker Compose (`compose-go` v2).
    Compose,
    /// Go `godotenv`.
    Godotenv,
    /// Rust `dotenvy` 0.15 (crates.io).
    Dotenvy,
    /// Rust `dotenv-ng` 1 (crates.io).
    DotenvNg,
    /// `docker run --env-file`.
    DockerRun,
    /// bash, by `source` with every variable exported.
    Bash,
}

/// Each reader with its name, as measured data spell it, and how people say it.
const ALL: [(Reader, &str, &str); 13] = [
    (Reader::Plain, "plain", "the plain reading"),
    (Reader::Dotenv, "dotenv", "Node dotenv"),
    (Reader::DotenvExpand, "dotenv+expand12", "dotenv-expand 12"),
    (Reader::DotenvExpand1000, "dotenv+expand1000", "dotenv-expand 1000"),
    (Reader::Dotenvx, "dotenvx", "dotenvx"),
    (Reader::Node, "node20", "Node --env-file"),
    (Reader::Python, "python", "Python"),
    (Reader::Compose, "compose", "Compose"),
    (Reader::Godotenv, "godotenv", "Go"),
    (Reader::Dotenvy, "dotenvy", "Rust dotenvy"),
    (Reader::DotenvNg, "dotenv-ng", "Rust dotenv-ng"),
    (Reader::DockerRun, "docker-run", "docker run"),
    (Reader::Bash, "bash", "bash"),
];

impl Reader {
    /// Every reader that is offered.
    pub fn all() -> impl Iterator<Item = Self> {
        ALL.into_iter().map(|(reader, ..)| reader)
    }

    /// The reader's name in commands, settings and outputs.
    pub fn name(self) -> &'static str {
        ALL.iter().find(|(reader, ..)| *reader == self).map_or("", |(_, name, _)| name)
    }

    /// The reader as people say it in a sentence.
    pub fn title(self) -> &'static str {
        ALL.iter().find(|(reader, ..)| *reader == self).map_or("", |(.., title)| title)
    }

    /// The world that the reader belongs to, as people say it.
    pub(crate) fn family(self) -> &'static str {
        match self {
            Self::Dotenv | Self::DotenvExpand | Self::DotenvExpand1000 | Self::Dotenvx | Self::Node => "Node",
            Self::Dotenvy | Self::DotenvNg => "Rust",
            _ => self.title(),
        }
    }

    /// The reader with this [`name`](Self::name).
    pub fn from_name(name: &str) -> Option<Self> {
        ALL.iter().find(|(_, known, _)| *known == name).map(|(reader, ..)| *reader)
    }
}
