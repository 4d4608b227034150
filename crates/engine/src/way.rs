//! A way to an app's Floom, for what a command asks of it: there once it answered, and back where Local Floom ended.

use floom_client::Client;
use floom_protocol::Command;
use floom_vault::ConnectionId;

use crate::EngineError;
use crate::engine::{Engine, Reply};
use crate::error::refused;

impl Engine {
    /// Keeps a command that needs a Floom whose first answer is still awaited, and gives any other back.
    pub(crate) fn unless_early(&mut self, command: Command, reply: Reply) -> Option<(Command, Reply)> {
        let app = match &command {
            Command::Run(call) => &call.app,
            Command::RunPage(call) => &call.app,
            _ => return Some((command, reply)),
        };
        let connection = self.app(app).ok().map(|app| app.connection);
        let session = connection.and_then(|connection| self.sessions.get_mut(&connection));
        match session.filter(|session| session.client.is_none() && session.is_asking()) {
            Some(session) => {
                session.early.push((command, reply));
                None
            }
            None => Some((command, reply)),
        }
    }

    /// The client of a connection, as it was last spoken to.
    pub(crate) fn client(&self, connection: ConnectionId) -> Result<Client, EngineError> {
        let client = self.sessions.get(&connection).and_then(|session| session.client.clone());
        client.ok_or_else(|| {
            refused("floom_not_connected", "This Floom is not connected.", "Wait until it is, or connect it again.")
        })
    }

    /// The same for what waits beside the engine: Local Floom is started again where its process ended.
    pub(crate) fn way(
        &self,
        connection: ConnectionId,
    ) -> Result<impl Future<Output = Result<Client, EngineError>> + Send + use<>, EngineError> {
        let client = self.client(connection)?;
        let local = self.is_local(connection).then(|| self.local.clone());
        Ok(async move {
            let Some(local) = local else { return Ok(client) };
            let started = local.start().await?;
            if started.url == *client.base() { Ok(client) } else { Ok(Client::new(started.url, Some(started.token))?) }
        })
    }
}
