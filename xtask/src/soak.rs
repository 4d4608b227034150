//! `cargo xtask soak`: what takes hours, and therefore runs by itself and not with every test.
//!
//! Its steps stand in one list; each builds with the one profile there is, and stops the run if it fails.

use std::process::Command;
use std::time::Instant;

use crate::job::{Outcome, cargo, run, say, spoken};
use crate::{place, readers};

/// How many files each property of envfile sees.
const PROPERTY_CASES: &str = "1000000";

/// How many files each real reader and its model see.
const READER_CASES: &str = "200000";

/// How often each keychain state meets every call.
const KEYCHAIN_ROUNDS: &str = "100";

/// How often something is killed.
const KILLS: &str = "1000";

/// Where NIST's vectors come from: <https://pypi.org/project/cryptography-vectors/>.
const VECTORS: &str = "cryptography-vectors==50.0.2";

const SCHEMATHESIS: &str = "schemathesis==4.32.5";

/// One step: its name, what it does in words, and how.
type Step = (&'static str, &'static str, fn() -> Outcome);

const STEPS: [Step; 9] = [
    ("properties", "a million files through the properties of envfile", properties),
    ("readers", "the models of envfile against the real readers", real_readers),
    ("vectors", "AES-256-GCM against NIST's vectors", vectors),
    ("vault", "the vault damaged, killed and restored at full counts", vault),
    ("rotations", "1,000 rotations while apps run", rotations),
    ("model", "every state of the push within a large budget of decisions and faults", model),
    ("kills", "the agent and Local Floom killed while values are on their way", kills),
    ("openapi", "Local Floom against its own document, by schemathesis", openapi),
    ("keychain", "every keychain state, again and again", keychain),
];

/// Every step, one after the other, or the one that is named.
pub(crate) fn soak(only: Option<&str>) -> Outcome {
    let chosen: Vec<_> = STEPS.into_iter().filter(|(name, ..)| only.is_none_or(|only| only == *name)).collect();
    if chosen.is_empty() {
        return Err(format!("soak has the steps {}", STEPS.map(|(name, ..)| name).join(", ")).into());
    }
    for (_, what, step) in chosen {
        let started = Instant::now();
        say("soak", what);
        step()?;
        say("soak", format_args!("done in {}", spoken(started.elapsed())));
    }
    Ok(())
}

/// The model of the push.
fn model() -> Outcome {
    run(cargo(&["test", "--package", "floom-engine", "--test", "model", "--", "--nocapture"]).env("FLOOM_SOAK", "1"))
}

/// Kills of the running program.
fn kills() -> Outcome {
    crate::setup::setup()?;
    run(&mut cargo(&["build", "--quiet", "--package", "floomsec"]))?;
    run(cargo(&["test", "--package", "floom-tests", "--test", "whole", "kills::"]).env("FLOOM_KILLS", KILLS))
}

fn properties() -> Outcome {
    run(cargo(&["test", "--package", "envfile", "--test", "properties"]).env("ENVFILE_CASES", PROPERTY_CASES))
}

fn real_readers() -> Outcome {
    let test = ["test", "--package", "envfile", "--test", "real_readers", "--", "--ignored", "--nocapture"];
    run(cargo(&test).env("ENVFILE_READERS", readers::install()?).env("ENVFILE_CASES", READER_CASES))
}

fn vectors() -> Outcome {
    let folder = place::target().join("vectors");
    let pip = ["-m", "pip", "install", "--quiet", "--no-deps", "--upgrade", "--target"];
    run(Command::new("python3").args(pip).arg(&folder).arg(VECTORS))?;
    let gcm = folder.join("cryptography_vectors/ciphers/AES/GCM");
    let test = ["test", "--package", "floom-vault", "--lib", "aes_gcm_agrees_with_nist", "--", "--ignored"];
    run(cargo(&test).env("FLOOM_NIST_GCM_VECTORS", gcm))
}

fn vault() -> Outcome {
    run(cargo(&["test", "--package", "floom-vault"]).env("FLOOM_SOAK", "1"))
}

fn rotations() -> Outcome {
    run(cargo(&["test", "--package", "floom-local", "--test", "extension", "rotations"]).env("FLOOM_SOAK", "1"))
}

fn openapi() -> Outcome {
    let folder = place::target().join("schemathesis");
    let program = folder.join("bin/schemathesis");
    if !program.exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
        run(Command::new(folder.join("bin/pip")).args(["install", "--quiet", SCHEMATHESIS]))?;
    }
    let test = ["test", "--package", "floom-local", "--test", "openapi", "--", "--ignored", "--nocapture"];
    run(cargo(&test).env("FLOOM_SCHEMATHESIS", program))
}

fn keychain() -> Outcome {
    let test = ["test", "--package", "floom-keychain", "--test", "faults"];
    run(cargo(&test).env("FLOOM_KEYCHAIN_ROUNDS", KEYCHAIN_ROUNDS))
}
