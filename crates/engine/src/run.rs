//! Runs of an app, started from here.

use std::time::Duration;

use floom_protocol::view::{AppRef, RunView};

use crate::EngineError;
use crate::command::said;
use crate::engine::{Engine, Reply};

impl Engine {
    /// Starts a run and waits for its end.
    pub(crate) fn run_app(&mut self, reference: &AppRef, reply: Reply) {
        let ready = self.app(reference).and_then(|app| Ok((self.way(app.connection)?, app)));
        let (way, app) = match ready {
            Ok(ready) => ready,
            Err(error) => {
                let _ = reply.send(Err(error.into()));
                return;
            }
        };
        let (slug, connection) = (app.slug, app.connection);
        self.beside(
            async move {
                let client = way.await?;
                let id = client.start_run(&slug, serde_json::json!({})).await?;
                loop {
                    let run = client.run(&id).await?;
                    if run.status.is_over() {
                        return Ok(run);
                    }
                    // Floom has no way to be told of a run's end but to ask.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            move |engine, run: Result<floom_client::Run, EngineError>| {
                let view = run.map(|run| RunView {
                    id: run.id,
                    status: format!("{:?}", run.status).to_lowercase(),
                    outputs: run.outputs,
                    error: run.error_type.or(run.error),
                    milliseconds: run.duration_ms,
                });
                let _ = reply.send(said(view));
                // The run is what tells when its secrets were last used.
                engine.reach_each(&[connection]);
            },
        );
    }
}
