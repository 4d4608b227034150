//! What Floom's own command line keeps: its API key and its Floom, for import.

use std::io::Read;
use std::path::PathBuf;

use floom_protocol::Failure;
use floom_secret::SecretValue;
use serde::Deserialize;
use zeroize::Zeroizing;

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

/// Reads `~/.floom/config.json`, or the file that `FLOOM_CONFIG` names: the Floom's address and the key.
///
/// # Errors
/// `floom_cli_missing`, `floom_cli_unreadable`; the file is left as it is.
pub(crate) fn read() -> Result<(String, SecretValue), Failure> {
    let path = path().ok_or_else(|| missing("there is no home folder"))?;
    let file = std::fs::File::open(&path).map_err(|error| missing(&format!("{}: {error}", path.display())))?;
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
    let named = std::env::var_os("FLOOM_CONFIG").filter(|path| !path.is_empty()).map(PathBuf::from);
    named.or_else(|| Some(std::env::home_dir()?.join(".floom/config.json")))
}

fn missing(why: &str) -> Failure {
    Failure::new(
        "floom_cli_missing",
        format!("Floom's command line has no key here ({why})."),
        "Nothing was changed.",
        "Run `floom auth`, or give the key with `floomsec connect URL`.",
    )
}
