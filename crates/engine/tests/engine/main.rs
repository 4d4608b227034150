//! The whole engine: a real vault, real files, a real Local Floom on loopback.

mod bench;
mod conflicts;
mod export;
mod files;
mod precedence;
mod recovery;
mod reminders;
mod run_page;
mod saves;
mod sealing_key;
mod secrets;
