//! A Local Floom on simulated time, spoken to by the client that ships.

use std::sync::Arc;
use std::time::Duration;

use floom_client::{BaseUrl, Client, Put, SecretEntry};
use floom_local::{ManualClock, Store, StoreKey};
use floom_secret::{Policy, SecretValue};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;
use tokio::net::TcpListener;
use uuid::Uuid;
use zeroize::Zeroizing;

pub(crate) const APP: &str = "flyfast";
pub(crate) const KEY: &str = "OPENAI_API_KEY";
pub(crate) const GRACE: Duration = Duration::from_secs(300);

/// A Local Floom on time that stands still.
pub(crate) struct Server {
    pub(crate) folder: TempDir,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) client: Client,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Arc::new(ManualClock::at(Timestamp::now()));
        let client = Self::serve(&folder, &clock, floom_local::Dialect::SecretsV1).await;
        Self { folder, clock, client }
    }

    /// Another process on the same store.
    pub(crate) async fn restarted(self) -> Self {
        let client = Self::serve(&self.folder, &self.clock, floom_local::Dialect::SecretsV1).await;
        Self { client, ..self }
    }

    pub(crate) async fn serve(folder: &TempDir, clock: &Arc<ManualClock>, dialect: floom_local::Dialect) -> Client {
        let key = StoreKey::new(Zeroizing::new([7; 32]));
        let store = Store::open_with(folder.path(), key, clock.clone()).expect("a store");
        // A run tells what it was given by its end: the sample's first key decides.
        let script = "printf '{\"key\":\"%s\"}\\n' \"$OPENAI_API_KEY\" | sed s/sk-/is-/; test \"$WAIT\" = '' || cat";
        let command = ["sh", "-c", script].map(str::to_owned).to_vec();
        store.ensure_sample(command).expect("the sample");
        let token = store.bearer().expect("a token").0;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = BaseUrl::parse(&format!("http://{}", listener.local_addr().expect("an address"))).expect("loopback");
        tokio::spawn(floom_local::serve_with(
            listener,
            store,
            floom_local::Options { dialect, ..floom_local::Options::default() },
            std::future::pending(),
        ));
        Client::new(url, Some(token)).expect("a client")
    }

    pub(crate) async fn put(
        &self,
        text: &str,
        expected: u32,
    ) -> Result<floom_client::Changed, floom_client::FloomError> {
        self.put_as(text, expected, Uuid::new_v4()).await
    }

    pub(crate) async fn put_as(
        &self,
        text: &str,
        expected: u32,
        request: Uuid,
    ) -> Result<floom_client::Changed, floom_client::FloomError> {
        let put = self.sealed(KEY, text, expected).await;
        self.client.put_secret(APP, KEY, &put, request).await
    }

    pub(crate) async fn sealed(&self, key: &str, text: &str, expected: u32) -> Put {
        let sealing_key = self.client.sealing_key(APP).await.expect("a sealing key");
        let sealed = sealing_key.seal(key, &SecretValue::new(text.into())).expect("sealed");
        let policy = Some(Policy::Creator);
        Put { policy, sealed: Some(sealed), expected_version: Some(expected), grace: Some(GRACE) }
    }

    pub(crate) async fn secret(&self, key: &str) -> SecretEntry {
        let all = self.client.secrets(APP).await.expect("the list");
        all.secrets.into_iter().find(|secret| secret.key == key).expect("it is listed")
    }

    /// Gives every other declared key a value, so that a run can start.
    pub(crate) async fn fill(&self) {
        for key in ["AMADEUS_API_KEY", "STRIPE_SECRET_KEY", "SUPABASE_SERVICE_KEY"] {
            let put = self.sealed(key, "another value, long enough", 0).await;
            self.client.put_secret(APP, key, &put, Uuid::new_v4()).await.expect("it is stored");
        }
    }

    /// Runs the app to its end and gives the value that it had, as the app told it.
    pub(crate) async fn run(&self) -> String {
        let id = self.client.start_run(APP, serde_json::json!({ "from": "BER", "to": "LIS" })).await.expect("a run");
        loop {
            let run = self.client.run(&id).await.expect("the run");
            if run.status.is_over() {
                return run.outputs["key"].as_str().map_or_else(|| run.outputs.to_string(), str::to_owned);
            }
            tokio::task::yield_now().await;
        }
    }

    pub(crate) fn pass(&self, seconds: f64) {
        self.clock.pass(SignedDuration::try_from_secs_f64(seconds).expect("a time"));
    }
}

pub(crate) fn code<T: std::fmt::Debug>(refused: Result<T, floom_client::FloomError>) -> &'static str {
    refused.expect_err("it is refused").code()
}
