//! `floomsec`: the background process that holds the keys and the vault, and its command line.

#![forbid(unsafe_code)]

mod agent;
mod cli;
mod face;
mod hardening;
mod local;
mod serve;

use std::process::ExitCode;

fn main() -> ExitCode {
    hardening::no_core_dumps();
    cli::main()
}
