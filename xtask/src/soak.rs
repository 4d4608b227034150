//! `cargo xtask soak`: what takes hours, and therefore runs by itself and not with every test.
//!
//! Its steps stand in one list; each builds with the one profile there is, and stops the run if it fails.

use std::time::Instant;

use crate::job::{Outcome, cargo, run, say, spoken};
use crate::readers;

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
    run(cargo(&test).env("ENVFILE_READERS", readers::install()?).env("ENVFILE_CASES", READER_CASES))
}
