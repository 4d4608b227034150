//! `tour --out FOLDER`: walks the main job in the real window and leaves pictures, texts and a table of what happened.
#![forbid(unsafe_code)]

mod conflict;
mod journal;
mod prompts;
mod run_page;
mod vault;
mod walk;

use std::path::PathBuf;
use std::process::ExitCode;

use floom_tests::Trouble;
use lexopt::prelude::*;

use crate::journal::Journal;

fn main() -> ExitCode {
    let toured = out_folder().and_then(|folder| {
        let mut journal = Journal::new(&folder)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let walked = runtime.block_on(async {
            walk::walk(&mut journal).await?;
            prompts::walk(&mut journal).await?;
            conflict::walk(&mut journal).await?;
            vault::walk(&mut journal).await?;
            run_page::walk(&mut journal).await
        });
        journal.close();
        walked
    });
    match toured {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            eprintln!("tour: {trouble}");
            ExitCode::FAILURE
        }
    }
}

fn out_folder() -> Result<PathBuf, Trouble> {
    let mut arguments = lexopt::Parser::from_env();
    let mut out = None;
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("out") => out = Some(PathBuf::from(arguments.value()?)),
            other => return Err(other.unexpected().into()),
        }
    }
    out.ok_or_else(|| Trouble::new("usage: tour --out FOLDER"))
}
