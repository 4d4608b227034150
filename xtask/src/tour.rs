//! `cargo xtask tour`: the main job, walked in the real window on a virtual display.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::job::{Outcome, cargo, run, say};
use crate::{place, setup, ui};

/// One build for all three programs, so that the features of shared dependencies are the same for each of them.
const PROGRAMS: [&str; 8] =
    ["build", "--bins", "--package", "floom-secrets", "--package", "floomsec", "--package", "floom-tests"];

/// Builds, walks, and leaves numbered pictures with the text that each showed in `out` (`target/tour` if none).
pub(crate) fn tour(out: Option<PathBuf>) -> Outcome {
    let out = match out {
        Some(folder) => std::path::absolute(folder)?,
        None => place::target().join("tour"),
    };
    ui::build(&setup::setup()?)?;
    say("tour", "building the window, the agent and the tour");
    run(&mut cargo(&PROGRAMS))?;
    run(Command::new(place::target().join("debug/tour")).args([Path::new("--out"), &out]))
}
