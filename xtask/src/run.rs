//! `cargo xtask run`: the open window, or the tour where there is no screen to open it on.

use std::env;
use std::process::Command;

use crate::job::{Outcome, cargo, run as run_step, say};
use crate::{place, setup, tour, ui};

/// Sets up, builds, and opens the window on the creator's own vault.
pub(crate) fn run() -> Outcome {
    let has_screen =
        ["WAYLAND_DISPLAY", "DISPLAY"].iter().any(|name| env::var_os(name).is_some_and(|set| !set.is_empty()));
    if !has_screen {
        say("run", "there is no display here, so the window opens on a virtual one and is walked through");
        return tour::tour(None);
    }
    ui::build(&setup::setup()?)?;
    say("run", "building the window and the agent");
    run_step(&mut cargo(&["build"]))?;
    say("run", "opening Floom Secrets. To try it with a sample: press \"Start with Local Floom\",");
    say("run", "then drop tests/sample/flyfast.env into the window");
    run_step(&mut Command::new(place::target().join("debug/floom-secrets")))
}
