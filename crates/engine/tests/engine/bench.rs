//! The bench that every test here starts from.

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use floom_client::BaseUrl;
use floom_engine::{Engine, Handle, LocalFloom, Started};
use floom_keychain::Keychain;
use floom_local::{Store, StoreKey};
use floom_protocol::command::{Import, Look, MakeVault, Preview, StartLocal};
use floom_protocol::import::{ImportPreview, ImportReport, ImportSource};
use floom_protocol::view::{AppRef, SecretView, Snapshot, SyncView};
use floom_protocol::{Call, Failure};
use floom_secret::SecretValue;
use tempfile::TempDir;
use tokio::net::TcpListener;

/// The sample file; every value is one that no provider ever made.
pub(crate) const SAMPLE: &str = "# flyfast\n\nOPENAI_API_KEY=sk-proj-sample-0123456789-8b2a\n\n\
AMADEUS_API_KEY=amd_sample-0123456789-e82f\n\nSTRIPE_SECRET_KEY=sk_test_sample-0123456789\n\n\
SUPABASE_SERVICE_KEY=eyJsample-0123456789-yIJ9\n";

/// Local Floom in this process.
pub(crate) struct InProcess {
    store: Store,
    address: Arc<tokio::sync::Mutex<Option<BaseUrl>>>,
}

impl InProcess {
    /// Makes an app.
    pub(crate) fn register(&self, manifest: &floom_local::Manifest) {
        self.store.register(manifest).expect("a new app");
    }

    /// The token of its owner.
    pub(crate) fn token(&self) -> SecretValue {
        self.store.bearer().expect("the store has a token").0
    }
}

impl LocalFloom for InProcess {
    fn start(&self) -> Pin<Box<dyn Future<Output = Result<Started, Failure>> + Send>> {
        let (store, address) = (self.store.clone(), self.address.clone());
        Box::pin(async move {
            let mut address = address.lock().await;
            let token = store.bearer().expect("the store has a token").0;
            if let Some(url) = address.clone() {
                return Ok(Started { url, token });
            }
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            let url =
                BaseUrl::parse(&format!("http://{}", listener.local_addr().expect("an address"))).expect("loopback");
            tokio::spawn(floom_local::serve(listener, store, std::future::pending()));
            *address = Some(url.clone());
            Ok(Started { url, token })
        })
    }

    fn stop(&self) {}

    fn manifest(&self, text: &str) -> Result<serde_json::Value, Failure> {
        let manifest = floom_local::Manifest::from_yaml(text)
            .map_err(|error| Failure::new("manifest_invalid", error.to_string(), "", ""))?;
        Ok(serde_json::to_value(manifest).expect("a manifest is JSON"))
    }
}

pub(crate) struct Bench {
    pub(crate) folder: TempDir,
    pub(crate) keychain: Keychain,
    pub(crate) engine: Handle,
    pub(crate) local: Arc<InProcess>,
}

impl Bench {
    /// An engine with a fresh vault and Local Floom shown.
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let keychain = Keychain::in_memory();
        let store = Store::open(&folder.path().join("local"), StoreKey::make().expect("randomness")).expect("a store");
        store.ensure_sample(vec!["true".to_owned()]).expect("the sample app");
        let local = Arc::new(InProcess { store, address: Arc::default() });
        let engine = Engine::start(folder.path().join("vault/vault.sqlite"), keychain.clone(), local.clone());
        let bench = Self { folder, keychain, engine, local };
        bench.call(MakeVault { passphrase: None }).await.expect("a first vault");
        bench.call(StartLocal {}).await.expect("Local Floom starts");
        bench.until("the sample app is shown", |snapshot| !snapshot.apps.is_empty()).await;
        bench
    }

    /// The same vault under a new engine, as after a restart.
    pub(crate) async fn restarted(self) -> Self {
        self.engine.stop().await;
        let path = self.folder.path().join("vault/vault.sqlite");
        let engine = Engine::start(path, self.keychain.clone(), self.local.clone());
        Self { engine, ..self }
    }

    pub(crate) async fn call<C: Call>(&self, call: C) -> Result<C::Answer, Failure> {
        let answer = self.engine.command(call.into()).await?;
        Ok(serde_json::from_value(answer).expect("the declared shape"))
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).expect("the file is written");
        path
    }

    pub(crate) async fn preview(&self, path: &std::path::Path) -> Result<ImportPreview, Failure> {
        let source = ImportSource::File { path: path.display().to_string() };
        self.call(Preview { source, app: None, reader: None }).await
    }

    /// Imports the sample and watches it.
    pub(crate) async fn import_sample(&self, auto: bool) -> (PathBuf, ImportReport) {
        let path = self.write(".env", SAMPLE);
        let preview = self.preview(&path).await.expect("a preview");
        let policies = std::collections::BTreeMap::new();
        let report = self.call(Import { preview: preview.id, policies, watch: true, auto }).await.expect("an import");
        self.until("all four are synced", |snapshot| {
            let secrets = &snapshot.apps[0].secrets;
            secrets.iter().filter(|secret| secret.sync == SyncView::Synced).count() == 4
        })
        .await;
        (path, report)
    }

    /// Waits for a snapshot that `holds`.
    pub(crate) async fn until(&self, what: &str, holds: impl Fn(&Snapshot) -> bool) -> Snapshot {
        let mut snapshots = self.engine.snapshots();
        let found = tokio::time::timeout(Duration::from_secs(20), snapshots.wait_for(|snapshot| holds(snapshot))).await;
        match found {
            Ok(snapshot) => snapshot.expect("the engine runs").clone(),
            Err(_) => panic!("never came: {what}"),
        }
    }

    pub(crate) async fn look(&self) -> Snapshot {
        self.call(Look {}).await.expect("a snapshot")
    }

    pub(crate) async fn secret(&self, key: &str) -> SecretView {
        of(&self.look().await, key).clone()
    }

    pub(crate) fn app(&self) -> AppRef {
        AppRef { connection: None, slug: "flyfast".to_owned() }
    }
}

pub(crate) fn of<'a>(snapshot: &'a Snapshot, key: &str) -> &'a SecretView {
    let secrets = snapshot.apps.iter().flat_map(|app| &app.secrets);
    secrets.into_iter().find(|secret| secret.key == key).expect("the secret is shown")
}

pub(crate) fn preview_of(snapshot: &Snapshot, key: &str) -> String {
    let secret = snapshot.apps.iter().flat_map(|app| &app.secrets).find(|secret| secret.key == key);
    secret.and_then(|secret| secret.preview.as_ref()).map(|preview| preview.as_str().to_owned()).unwrap_or_default()
}

pub(crate) fn value(text: &str) -> SecretValue {
    SecretValue::new(text.to_owned())
}
