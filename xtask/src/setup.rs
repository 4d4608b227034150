//! What the build and the tests need from the system, brought in where it is missing.

use crate::job::{Outcome, say};
use crate::wasm::Toolchain;
use crate::{apt, wasm};

/// To compile and link: C (SQLite, ring), and the libraries of the window.
const BUILD: [&str; 3] = ["build-essential", "pkg-config", "libwebkit2gtk-4.1-dev"];

/// To see the whole program run without a screen: a display, a session bus, a keychain, a clipboard, a driver for the
/// window, a browser with its own for the run page, the two typefaces of the design, what makes a disk fail, and two
/// programs that save files in ways of their own.
const DESK: [&str; 12] = [
    "chromium",
    "chromium-driver",
    "xvfb",
    "dbus",
    "gnome-keyring",
    "xclip",
    "webkit2gtk-driver",
    "fonts-inter",
    "fonts-jetbrains-mono",
    "strace",
    "vim-tiny",
    "python3",
];

/// Brings in what is missing and gives the compiler for the front end.
pub(crate) fn setup() -> Outcome<Toolchain> {
    if cfg!(target_os = "linux") {
        apt::install(&[&BUILD[..], &DESK[..]].concat())?;
    }
    let toolchain = wasm::toolchain()?;
    say("setup", "everything is there");
    Ok(toolchain)
}
