//! The address of an app's run page on Local Floom.

use std::time::Duration;

use floom_protocol::view::AppRef;
use floom_vault::ConnectionKind;
use tokio::time::Instant;

use crate::EngineError;
use crate::command::said;
use crate::engine::{Engine, Reply};
use crate::error::refused;

/// How long Local Floom stays for whoever was given an address.
const PAGES_STAY: Duration = Duration::from_secs(60 * 60);

impl Engine {
    /// Gives the address, with the key that opens it.
    pub(crate) fn run_page(&mut self, reference: &AppRef, reply: Reply) {
        let ready = self.app(reference).and_then(|app| {
            let connection = self.connection(&app.connection.to_string())?;
            match connection.kind {
                ConnectionKind::Local => Ok((self.way(app.connection)?, app.slug)),
                _ => Err(refused(
                    "page_elsewhere",
                    format!("{} runs on Floom, which has its own page for it.", app.slug),
                    "Open it there.",
                )),
            }
        });
        let (way, slug) = match ready {
            Ok(ready) => ready,
            Err(error) => {
                let _ = reply.send(Err(error.into()));
                return;
            }
        };
        self.beside(async move { Ok::<_, EngineError>(way.await?.run_page(&slug).await?) }, |engine, page| {
            if page.is_ok() {
                engine.pages_until = Some(Instant::now() + PAGES_STAY);
            }
            let _ = reply.send(said(page.map(|page| page.to_string())));
        });
    }
}
