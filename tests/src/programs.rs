//! The programs under test.

use std::env;
use std::path::{Path, PathBuf};

use crate::Trouble;

/// Where `floom-secrets` and `floomsec` lie: in the build folder that this test or tour lies in, too.
#[derive(Debug, Clone)]
pub struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// Finds the folder of both; a benchmark builds only the second.
    ///
    /// # Errors
    /// [`Trouble`] when that was not built.
    pub fn find() -> Result<Self, Trouble> {
        let me = env::current_exe()?;
        // Tests lie in target/debug/deps, the tour in target/debug.
        let folder =
            me.ancestors().skip(1).find(|folder| folder.join("floomsec").is_file()).ok_or_else(|| {
                Trouble::new("floomsec and floom-secrets are not built: `cargo xtask test` builds them")
            })?;
        Ok(Self { folder: folder.to_path_buf() })
    }

    /// The window.
    pub fn window(&self) -> PathBuf {
        self.folder.join("floom-secrets")
    }

    /// The agent and command line.
    pub fn floomsec(&self) -> PathBuf {
        self.folder.join("floomsec")
    }

    /// The folder of both.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}
