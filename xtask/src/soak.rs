//! `cargo xtask soak`: what takes hours, and therefore runs by itself and not with every test.
//!
//! Its steps stand in one list; each builds with the one profile there is, and stops the run if it fails.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use crate::job::{Outcome, cargo, run, say, spoken};
use crate::{apt, place};

/// How many files each property of envfile sees.
const PROPERTY_CASES: &str = "1000000";

/// How many files each real reader and its model see.
const READER_CASES: &str = "200000";

type Step = (&'static str, fn() -> Outcome);

const STEPS: [Step; 2] = [
    ("a million files through the properties of envfile", properties),
    ("the models of envfile against the real readers", real_readers),
];

/// Every step, one after the other.
pub(crate) fn soak() -> Outcome {
    for (what, step) in STEPS {
        let started = Instant::now();
        say("soak", what);
        step()?;
        say("soak", format_args!("done in {}", spoken(started.elapsed())));
    }
    Ok(())
}

fn properties() -> Outcome {
    run(cargo(&["test", "--package", "envfile", "--test", "properties"]).env("ENVFILE_CASES", PROPERTY_CASES))
}

fn real_readers() -> Outcome {
    let test = ["test", "--package", "envfile", "--test", "real_readers", "--", "--ignored", "--nocapture"];
    run(cargo(&test).env("ENVFILE_READERS", readers()?).env("ENVFILE_CASES", READER_CASES))
}

/// The folder with the real readers, installed there in the versions that the tests name.
fn readers() -> Outcome<PathBuf> {
    let folder = place::target().join("readers");
    let pinned = place::root().join("crates/envfile/tests/readers");
    std::fs::create_dir_all(&folder)?;
    std::fs::copy(pinned.join("package.json"), folder.join("package.json"))?;
    run(Command::new("npm").args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"]).arg(&folder))?;
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
