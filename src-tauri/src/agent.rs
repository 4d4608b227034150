//! The connection to the agent: made when it is needed, made again when it is lost.

use std::pin::Pin;
use std::time::{Duration, Instant};

use floom_protocol::command::Look;
use floom_protocol::socket::{Changes, Face};
use floom_protocol::view::Snapshot;
use floom_protocol::{Call, Command, Failure};
use tauri::async_runtime::{self, Mutex};
use tauri::{AppHandle, Manager, Runtime};

use crate::event;

/// A connection that is being made.
pub type Opening = Pin<Box<dyn Future<Output = Result<(Face, Changes), Failure>> + Send>>;

/// An agent that was started again by itself and ends within this time is not
/// started a third time: only the creator's next act does that.
const STEADY: Duration = Duration::from_secs(10);

/// The agent, as the window reaches it.
#[derive(Debug)]
pub struct Agent {
    open: fn() -> Opening,
    line: Mutex<Line>,
}

/// At most one connection; its number tells it from those before.
#[derive(Debug, Default)]
struct Line {
    number: u64,
    face: Option<Face>,
}

/// Why a connection was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// The page needed one.
    Needed,
    /// The one before was lost.
    Lost,
}

impl Agent {
    /// The agent of the user that runs this process; it is started when it is not there.
    pub fn of_this_user() -> Self {
        Self::reached_by(|| Box::pin(Face::open("window", true)))
    }

    /// An agent that is reached by `open`.
    pub fn reached_by(open: fn() -> Opening) -> Self {
        Self { open, line: Mutex::default() }
    }

    /// Forwards one command. One that was lost on its way is not sent again: whether
    /// it was done is not known.
    pub(crate) async fn send<R: Runtime>(
        &self,
        app: &AppHandle<R>,
        command: Command,
    ) -> Result<serde_json::Value, Failure> {
        let (_, face) = self.face(app, Cause::Needed).await?;
        face.send(command).await
    }

    /// The same for a command whose answer's type is known.
    pub(crate) async fn call<R: Runtime, C: Call>(&self, app: &AppHandle<R>, call: C) -> Result<C::Answer, Failure> {
        let (_, face) = self.face(app, Cause::Needed).await?;
        face.call(call).await
    }

    /// Everything that is shown, now.
    pub(crate) async fn snapshot<R: Runtime>(&self, app: &AppHandle<R>) -> Result<Snapshot, Failure> {
        self.look(app, Cause::Needed).await
    }

    async fn look<R: Runtime>(&self, app: &AppHandle<R>, cause: Cause) -> Result<Snapshot, Failure> {
        let (number, face) = self.face(app, cause).await?;
        match face.call(Look {}).await {
            // The connection was dead and nobody had noticed; looking twice changes nothing.
            Err(failure) if failure.code == "agent_lost" => {
                self.forget(number).await;
                let (_, face) = self.face(app, cause).await?;
                face.call(Look {}).await
            }
            answer => answer,
        }
    }

    async fn face<R: Runtime>(&self, app: &AppHandle<R>, cause: Cause) -> Result<(u64, Face), Failure> {
        let mut line = self.line.lock().await;
        if let Some(face) = &line.face {
            return Ok((line.number, face.clone()));
        }
        let (face, changes) = (self.open)().await?;
        line.number += 1;
        line.face = Some(face.clone());
        async_runtime::spawn(follow(app.clone(), line.number, cause, changes));
        Ok((line.number, face))
    }

    /// Forgets the connection with this number; returns whether it was the one in use.
    async fn forget(&self, number: u64) -> bool {
        let mut line = self.line.lock().await;
        line.number == number && line.face.take().is_some()
    }
}

/// Hands each snapshot to the page until the agent is gone; then says so, and tries once more.
fn follow<R: Runtime>(
    app: AppHandle<R>,
    number: u64,
    cause: Cause,
    mut changes: Changes,
) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        let since = Instant::now();
        while let Some(snapshot) = changes.next().await {
            event::tell(&app, event::SNAPSHOT, snapshot);
        }
        let agent = app.state::<Agent>();
        if !agent.forget(number).await {
            return;
        }
        event::tell(&app, event::AGENT_LOST, ended());
        if cause == Cause::Lost && since.elapsed() < STEADY {
            return;
        }
        match agent.look(&app, Cause::Lost).await {
            Ok(snapshot) => event::tell(&app, event::SNAPSHOT, snapshot),
            Err(failure) => event::tell(&app, event::AGENT_LOST, failure),
        }
    })
}

fn ended() -> Failure {
    Failure::new(
        "agent_lost",
        "The agent ended.",
        "What was called saved is saved; nothing is sent until it runs again.",
        "It is started again by itself; if this stays, press Try again.",
    )
}
