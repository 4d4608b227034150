//! Local Floom as a child process: started when it is needed, ended with the agent.

use std::process::Stdio;
use std::sync::Arc;

use floom_client::BaseUrl;
use floom_engine::{LocalFloom, Started};
use floom_protocol::Failure;
use floom_protocol::socket::Places;
use floom_secret::SecretValue;
use serde::{Deserialize, Serialize};
use std::pin::Pin;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use tokio::sync::Mutex;

/// What `floomsec serve --supervised` says on its standard output, once.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Listening {
    /// Where it listens, and its owner's token.
    At {
        /// The base URL.
        url: String,
        /// The token.
        #[serde(with = "floom_secret::wire")]
        token: SecretValue,
    },
    /// It does not start.
    Failed(Failure),
}

struct Running {
    process: tokio::process::Child,
    url: BaseUrl,
    token: SecretValue,
}

/// The child process; at most one.
pub(crate) struct Child {
    running: Arc<Mutex<Option<Running>>>,
    places: Places,
}

impl Child {
    /// Nothing is started by this.
    pub(crate) fn new(places: Places) -> Self {
        Self { running: Arc::default(), places }
    }
}

impl LocalFloom for Child {
    fn start(&self) -> Pin<Box<dyn Future<Output = Result<Started, Failure>> + Send>> {
        let running = self.running.clone();
        let data = self.places.local_floom();
        Box::pin(async move {
            let mut running = running.lock().await;
            if let Some(known) = running.as_mut()
                && matches!(known.process.try_wait(), Ok(None))
            {
                return Ok(Started { url: known.url.clone(), token: known.token.duplicate() });
            }
            let fresh = spawn(&data).await?;
            let started = Started { url: fresh.url.clone(), token: fresh.token.duplicate() };
            *running = Some(fresh);
            Ok(started)
        })
    }

    fn stop(&self) {
        if let Ok(mut running) = self.running.try_lock() {
            // Its standard input closes with it, and that is what it ends on.
            running.take();
        }
    }

    fn manifest(&self, text: &str) -> Result<serde_json::Value, Failure> {
        let manifest = floom_local::Manifest::from_yaml(text).map_err(|error| {
            Failure::new("manifest_invalid", error.to_string(), "Nothing was made.", "Mend it, then try again.")
        })?;
        serde_json::to_value(manifest).map_err(|error| failed(&error.to_string()))
    }
}

async fn spawn(data: &std::path::Path) -> Result<Running, Failure> {
    let program = std::env::current_exe().map_err(|error| failed(&error.to_string()))?;
    let mut process = Command::new(program)
        .args(["serve", "--supervised", "--port", "0", "--data"])
        .arg(data)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(false)
        .spawn()
        .map_err(|error| failed(&error.to_string()))?;
    let output = process.stdout.take().ok_or_else(|| failed("it has no output"))?;
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line).await.map_err(|error| failed(&error.to_string()))?;
    let listening = serde_json::from_str(&line);
    zeroize::Zeroize::zeroize(&mut line);
    match listening {
        Ok(Listening::At { url, token }) => {
            let url = BaseUrl::parse(&url).map_err(|error| failed(&error.to_string()))?;
            Ok(Running { process, url, token })
        }
        Ok(Listening::Failed(failure)) => Err(failure),
        Err(_) => Err(failed("it ended before it listened")),
    }
}

fn failed(why: &str) -> Failure {
    Failure::new(
        "local_floom_not_started",
        format!("Local Floom could not be started: {why}."),
        "What is stored here stays here, encrypted.",
        "Try again; if it stays so, run `floomsec serve` to see what it says.",
    )
}
