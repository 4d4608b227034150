//! The whole program: real window, real agent, real keychain service, real server.

mod cli;
mod conflict;
mod desk;
mod env_files;
mod import;
mod kills;
mod lost;
mod refusals;
mod run_page;
mod values;
mod vault;
mod versions;
mod window;
mod window_refusals;
mod window_vault;

use std::path::PathBuf;

use floom_tests::{Desk, Floomsec, sample};

/// A desk whose vault is made, with the sample at `~/code/flyfast/.env`.
fn desk_with_vault() -> (Desk, PathBuf) {
    let desk = Desk::new().expect("a desk");
    let file = sample::write(&desk.home()).expect("the sample is written");
    Floomsec::new(&desk).run(&["vault", "init", "--yes"]).expect("the first vault is made");
    (desk, file)
}

/// The same with the sample imported into `flyfast` and watched with Auto-sync on.
fn desk_with_sample() -> (Desk, PathBuf) {
    let (desk, file) = desk_with_vault();
    let import = ["import", text(&file), "--app", "flyfast", "--yes", "--auto"];
    Floomsec::new(&desk).run(&import).expect("the sample is imported");
    (desk, file)
}

fn text(path: &std::path::Path) -> &str {
    path.to_str().expect("a path of the test's own is text")
}
