//! The whole program, run for real: window, agent, keychain service and Local Floom on a private desktop.
//!
//! [`Desk`] is that desktop: a home, a session bus, an unlocked keychain and, where asked for, a display, none of them
//! the user's own. [`Window`] is the real window on it, driven through WebDriver, [`Floomsec`] the real command line,
//! [`traces`] finds values where none may be. The tests and the tour are written with these.
#![forbid(unsafe_code)]

mod browser;
mod bus;
mod desk;
mod display;
mod ending_window;
mod floomsec;
mod keyring;
mod page;
mod process;
mod programs;
pub mod sample;
mod save;
mod serving;
pub mod traces;
mod trouble;
mod wait;
mod window;

pub use browser::Browser;
pub use desk::Desk;
pub use display::Display;
pub use ending_window::EndingWindow;
pub use floomsec::{Answer, Floomsec, secret};
pub use keyring::Prompter;
pub use page::Look;
pub use programs::Programs;
pub use save::Save;
pub use serving::Serving;
pub use trouble::Trouble;
pub use wait::{PATIENCE, until};
pub use window::Window;
