//! The real readers of `.env` files that are no Rust crates: soak and benchmarks compare with them.

use std::path::PathBuf;
use std::process::Command;

use crate::job::{Outcome, run};
use crate::place::has_program;
use crate::{apt, place};

/// The folder with the real readers, installed there in the versions that the tests name.
pub(crate) fn install() -> Outcome<PathBuf> {
    if !has_program("npm") {
        apt::install(&["nodejs", "npm"])?;
    }
    let folder = place::target().join("readers");
    let pinned = place::root().join("crates/envfile/tests/readers");
    std::fs::create_dir_all(&folder)?;
    std::fs::copy(pinned.join("package.json"), folder.join("package.json"))?;
    let npm = ["install", "--silent", "--no-audit", "--no-fund", "--prefix"];
    run(Command::new("npm").args(npm).arg(&folder))?;
    // The last dotenvx that rotates keys, for the benchmarks.
    run(Command::new("npm").args(npm).arg(folder.join("dotenvx1")).arg("@dotenvx/dotenvx@1.51.0"))?;
    let python = folder.join("py");
    if !python.join("bin/pip").is_file() {
        let venv = |python: &PathBuf| run(Command::new("python3").args(["-m", "venv"]).arg(python));
        if venv(&python).is_err() {
            apt::install(&["python3-venv"])?;
            venv(&python)?;
        }
    }
    run(Command::new(python.join("bin/pip")).args(["install", "--quiet", "-r"]).arg(pinned.join("requirements.txt")))?;
    Ok(folder)
}
