//! What Floom's own command line keeps, its API key and its Floom: offered, and read when the creator asks for it.

use std::io::Read;
use std::path::{Path, PathBuf};

use floom_protocol::Failure;
use floom_secret::SecretValue;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::engine::{Engine, Reply};

/// Where it connects unless its file says otherwise.
const FLOOM: &str = "https://floom.dev";
const LONGEST: u64 = 64 * 1024;

/// Its file, as `floom auth` writes it.
#[derive(Deserialize)]
struct Config {
    #[serde(with = "floom_secret::wire")]
    api_key: SecretValue,
    api_url: Option<String>,
}

impl Engine {
    /// Connects with the key of Floom's command line, from its file or from the one at `path`.
    pub(crate) fn connect_floom_cli(&mut self, path: Option<String>, reply: Reply) {
        match read(path.map(PathBuf::from)) {
            Ok((url, key)) => self.connect(&url, Some(key), reply),
            Err(failure) => {
                let _ = reply.send(Err(failure));
            }
        }
    }
}

/// Whether there is such a file in the creator's home.
pub(crate) fn is_there() -> bool {
    path().is_some_and(|path| path.is_file())
}

/// Reads the file: the Floom's address and the key.
///
/// # Errors
/// `floom_cli_missing`, `floom_cli_unreadable`; the file is left as it is.
fn read(named: Option<PathBuf>) -> Result<(String, SecretValue), Failure> {
    let path = named.or_else(path).ok_or_else(|| missing("there is no home folder"))?;
    let path: &Path = &path;
    let file = std::fs::File::open(path).map_err(|error| missing(&format!("{}: {error}", path.display())))?;
    let mut text = Zeroizing::new(Vec::new());
    let read = file.take(LONGEST).read_to_end(&mut text);
    // What serde says of a wrong file may quote it.
    let config: Option<Config> = read.ok().and_then(|_| serde_json::from_slice(&text).ok());
    let Some(Config { api_key, api_url }) = config.filter(|config| !config.api_key.expose().is_empty()) else {
        return Err(Failure::new(
            "floom_cli_unreadable",
            format!("{} is not what Floom's command line writes.", path.display()),
            "The file was left as it is, and nothing was changed.",
            "Run `floom auth`, or give the key with `floomsec connect URL`.",
        ));
    };
    Ok((api_url.unwrap_or_else(|| FLOOM.to_owned()), api_key))
}

fn path() -> Option<PathBuf> {
    Some(std::env::home_dir()?.join(".floom/config.json"))
}

fn missing(why: &str) -> Failure {
    Failure::new(
        "floom_cli_missing",
        format!("Floom's command line has no key here ({why})."),
        "Nothing was changed.",
        "Run `floom auth`, or give the key with `floomsec connect URL`.",
    )
}
