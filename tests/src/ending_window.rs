//! A window that ends while it is handed something.

use std::thread::JoinHandle;

use zbus::blocking::{MessageIterator, connection};
use zbus::message::Type;

use crate::Trouble;

/// What the open window is called by.
const NAME: &str = "dev.floom.secrets.SingleInstance";

/// Has the name of the open window on the bus until the first call comes, and leaves without an answer.
#[derive(Debug)]
pub struct EndingWindow(JoinHandle<bool>);

impl EndingWindow {
    /// Takes the name on the bus at `bus`.
    pub(crate) fn take_name(bus: &str) -> Result<Self, Trouble> {
        let bus = connection::Builder::address(bus)?.name(NAME)?.build()?;
        let ends = move || {
            let calls = MessageIterator::from(&bus);
            calls.flatten().any(|message| {
                message.message_type() == Type::MethodCall
                    && message.header().member().is_some_and(|member| member == "ExecuteCallback")
            })
        };
        Ok(Self(std::thread::spawn(ends)))
    }

    /// Whether somebody called before it ended; waits for that.
    pub fn was_called(self) -> bool {
        self.0.join().unwrap_or(false)
    }
}
