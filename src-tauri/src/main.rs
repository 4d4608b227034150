//! `floom-secrets [FILE]`: the window.

#![forbid(unsafe_code)]
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::process::ExitCode;

fn main() -> ExitCode {
    let folder = std::env::current_dir().unwrap_or_default();
    let file = match floom_secrets::file_to_open(std::env::args_os(), &folder) {
        Ok(file) => file,
        // Help and version end with 0, wrong usage with 2.
        Err(answer) => answer.exit(),
    };
    match floom_secrets::run(file) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{} {} {} ({})", failure.message, failure.kept, failure.next, failure.code);
            ExitCode::FAILURE
        }
    }
}
