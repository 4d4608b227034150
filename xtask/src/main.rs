//! `cargo xtask`: set-up, build, run, test, checks and the tour.
//!
//! It depends on nothing but an argument reader, so that it is there seconds after a fresh clone and can say what the
//! longer steps are doing.
#![forbid(unsafe_code)]

mod apt;
mod bench;
mod check;
mod cross;
mod job;
mod place;
mod readers;
mod run;
mod setup;
mod soak;
mod tally;
mod test;
mod throughput;
mod tour;
mod ui;
mod wasm;

use std::path::PathBuf;
use std::process::ExitCode;

use lexopt::prelude::*;

use crate::job::Outcome;

const HELP: &str = "\
cargo xtask <command>

  run               set up and build, then open the window (without a display: walk the tour)
  test              set up and build, then run every test
  check             formatting, lints, documentation, types for other systems, licences of the dependencies
  tour [--out DIR]  walk the main job in the real window on a virtual display, with pictures
  ui                build the front end into ui/dist
  setup             install what is missing, touch nothing that is there
  bench [PART]      benchmarks: reading, hostile, storing, throughput
  soak [STEP]       hours of generated files, real readers, damage and kills
  help              this text
";

enum Request {
    Run,
    Test,
    Check,
    Tour(Option<PathBuf>),
    Ui,
    Setup,
    Bench(Option<String>),
    Soak(Option<String>),
    Help,
}

fn main() -> ExitCode {
    let request = match parse() {
        Ok(request) => request,
        Err(error) => {
            eprintln!("xtask: {error}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    match perform(request) {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => {
            eprintln!("xtask: {stop}");
            ExitCode::FAILURE
        }
    }
}

fn parse() -> Result<Request, lexopt::Error> {
    let mut arguments = lexopt::Parser::from_env();
    let mut command: Option<String> = None;
    let mut out: Option<PathBuf> = None;
    let mut step: Option<String> = None;
    while let Some(argument) = arguments.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(Request::Help),
            Long("out") if command.as_deref() == Some("tour") => out = Some(arguments.value()?.into()),
            Value(name) if command.is_none() => command = Some(name.string()?),
            Value(name) if matches!(command.as_deref(), Some("soak" | "bench")) && step.is_none() => {
                step = Some(name.string()?)
            }
            other => return Err(other.unexpected()),
        }
    }
    match command.as_deref() {
        Some("run") => Ok(Request::Run),
        Some("test") => Ok(Request::Test),
        Some("check") => Ok(Request::Check),
        Some("tour") => Ok(Request::Tour(out)),
        Some("ui") => Ok(Request::Ui),
        Some("setup") => Ok(Request::Setup),
        Some("bench") => Ok(Request::Bench(step)),
        Some("soak") => Ok(Request::Soak(step)),
        Some("help") | None => Ok(Request::Help),
        Some(other) => Err(format!("there is no command `{other}`").into()),
    }
}

fn perform(request: Request) -> Outcome {
    match request {
        Request::Run => run::run(),
        Request::Test => test::test(),
        Request::Check => check::check(),
        Request::Tour(out) => tour::tour(out),
        Request::Ui => ui::build(&setup::setup()?),
        Request::Setup => setup::setup().map(drop),
        Request::Bench(part) => bench::bench(part.as_deref()),
        Request::Soak(step) => soak::soak(step.as_deref()),
        Request::Help => {
            print!("{HELP}");
            Ok(())
        }
    }
}
