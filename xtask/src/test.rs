//! `cargo xtask test`: everything that proves something.

use std::io::{BufRead, BufReader};
use std::time::Instant;

use crate::job::{Outcome, cargo, run, say, spoken};
use crate::tally::Tally;
use crate::{setup, ui};

/// Sets up, builds, runs every test of the workspace, and closes with a table.
pub(crate) fn test() -> Outcome {
    let started = Instant::now();
    ui::build(&setup::setup()?)?;
    say("test", "building the programs and their tests");
    // Programs and tests in one build: the window that is tested is the one that was built with them.
    run(&mut cargo(&["build", "--workspace", "--bins", "--tests"]))?;
    say("test", format_args!("built after {}; running the tests", spoken(started.elapsed())));

    // One pipe for both streams keeps the heads that cargo prints and the results in order.
    let (reader, writer) = std::io::pipe()?;
    let mut tests = cargo(&["test", "--workspace", "--no-fail-fast"]);
    let mut child = tests.stdout(writer.try_clone()?).stderr(writer).spawn()?;
    drop(tests);
    let mut tally = Tally::default();
    for line in BufReader::new(reader).lines() {
        let line = line?;
        println!("{line}");
        tally.read(&line);
    }
    let status = child.wait()?;
    println!("\n{tally}");
    say("test", format_args!("the whole took {}", spoken(started.elapsed())));
    if status.success() { Ok(()) } else { Err("a test failed; it is named above".into()) }
}
