//! Where things lie: the repository and its build folder.

use std::env;
use std::path::{Path, PathBuf};

/// The repository's root: the folder above xtask's own.
pub(crate) fn root() -> PathBuf {
    let xtask = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&xtask).parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// Cargo's build folder, wherever it was put: xtask itself lies in its `debug/`.
pub(crate) fn target() -> PathBuf {
    env::current_exe()
        .ok()
        .and_then(|xtask| Some(xtask.parent()?.parent()?.to_path_buf()))
        .unwrap_or_else(|| root().join("target"))
}

/// Whether a program of this name is on the search path.
pub(crate) fn has_program(name: &str) -> bool {
    env::var_os("PATH").is_some_and(|path| env::split_paths(&path).any(|folder| folder.join(name).is_file()))
}
