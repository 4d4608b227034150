//! Where this program keeps its things on this computer.

use std::path::{Path, PathBuf};

use crate::Failure;

/// The folders of one user's installation.
#[derive(Debug, Clone)]
pub struct Places {
    data: PathBuf,
    runtime: PathBuf,
}

impl Places {
    /// The folders of the user that runs this process, by the system's conventions
    /// (on Linux the XDG base directories).
    ///
    /// # Errors
    /// `home_unknown` when the system names no home folder.
    pub fn of_this_user() -> Result<Self, Failure> {
        let project = directories::ProjectDirs::from("dev", "floom", "floom-secrets").ok_or_else(|| {
            Failure::new(
                "home_unknown",
                "This system names no home folder for you.",
                "Nothing was started or changed.",
                "Set HOME, then try again.",
            )
        })?;
        let data = project.data_local_dir().to_owned();
        let runtime = project.runtime_dir().map_or_else(|| data.join("run"), Path::to_owned);
        Ok(Self { data, runtime })
    }

    /// Where the vault and everything that outlives the agent lies.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The vault's file.
    pub fn vault(&self) -> PathBuf {
        self.data.join("vault.sqlite")
    }

    /// Local Floom's folder.
    pub fn local_floom(&self) -> PathBuf {
        self.data.join("local-floom")
    }

    /// The folder of the socket.
    pub fn runtime(&self) -> &Path {
        &self.runtime
    }
}
