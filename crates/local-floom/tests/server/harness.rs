//! A Local Floom in a folder of its own, a client of it, and plain HTTP for what the client would not send.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use floom_client::{BaseUrl, Client, Run};
use floom_local::{Bearer, LocalError, Manifest, Options, Store, StoreKey};
use floom_secret::SecretValue;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

pub(crate) const KEYS: [&str; 4] = ["OPENAI_API_KEY", "AMADEUS_API_KEY", "STRIPE_SECRET_KEY", "SUPABASE_SERVICE_KEY"];

/// Prints the variables that it sees as one JSON object, sorted by name.
pub(crate) const SHOW_ENVIRONMENT: &str =
    r#"env | sort | sed 's/\([^=]*\)=\(.*\)/"\1":"\2"/' | paste -sd, - | sed 's/.*/{&}/'"#;

pub(crate) fn key(byte: u8) -> StoreKey {
    StoreKey::new(Zeroizing::new([byte; 32]))
}

pub(crate) fn secret(text: &str) -> SecretValue {
    SecretValue::new(text.to_owned())
}

pub(crate) fn shell(slug: &str, keys: &[&str], script: &str) -> Manifest {
    Manifest::from_json(json!({
        "slug": slug, "name": slug, "secrets_needed": keys, "command": ["sh", "-c", script],
    }))
    .expect("a manifest")
}

/// A running server.
pub(crate) struct Floom {
    pub(crate) folder: TempDir,
    pub(crate) store: Store,
    pub(crate) address: SocketAddr,
    pub(crate) client: Client,
    stop: oneshot::Sender<()>,
    served: JoinHandle<Result<(), LocalError>>,
}

impl Floom {
    /// With the sample app, whose command prints its environment.
    pub(crate) async fn start() -> Self {
        Self::start_in(TempDir::new().expect("a folder")).await
    }

    pub(crate) async fn start_in(folder: TempDir) -> Self {
        Self::start_with(folder, Options { dialect: crate::DIALECT, ..Options::default() }).await
    }

    pub(crate) async fn start_with(folder: TempDir, options: Options) -> Self {
        let store = open(folder.path()).expect("a store");
        store.ensure_sample(vec!["sh".into(), "-c".into(), SHOW_ENVIRONMENT.into()]).expect("the sample");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let (stop, stopped) = oneshot::channel();
        let wait = async move { drop(stopped.await) };
        let served = tokio::spawn(floom_local::serve_with(listener, store.clone(), options, wait));
        let client = client_of(address, Some(store.bearer().expect("a bearer").0));
        Self { folder, store, address, client, stop, served }
    }

    /// Stops the server and gives its folder back.
    pub(crate) async fn stop(self) -> TempDir {
        self.stop.send(()).expect("it is still there");
        self.served.await.expect("no panic").expect("an orderly end");
        self.folder
    }

    pub(crate) fn bearer(&self) -> String {
        let Bearer(token) = self.store.bearer().expect("a bearer");
        token.expose().to_owned()
    }

    /// One request with the bearer, and its answer.
    pub(crate) async fn ask(&self, method: &str, path: &str, body: &str) -> Answer {
        let headers = format!("Host: {}\r\nAuthorization: Bearer {}\r\n", self.address, self.bearer());
        self.raw(method, path, &headers, body).await
    }

    /// One request with another credential, or with none.
    pub(crate) async fn ask_as(&self, token: Option<&str>, method: &str, path: &str, body: &str) -> Answer {
        let credential = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
        self.raw(method, path, &format!("Host: {}\r\n{credential}", self.address), body).await
    }

    /// A new agent token.
    pub(crate) async fn mint(&self, scope: &str) -> Value {
        let body = json!({ "label": scope, "scope": scope, "rate_limit_per_minute": 10_000 }).to_string();
        let made = self.ask("POST", "/api/me/agent-keys", &body).await;
        assert_eq!(made.status, 201, "a token is made");
        made.json()
    }

    /// One request with exactly these headers besides length and `Connection: close`.
    pub(crate) async fn raw(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let mut socket = TcpStream::connect(self.address).await.expect("a connection");
        let length = body.len();
        let head =
            format!("{method} {path} HTTP/1.1\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n");
        // A server that refuses early may close before the whole body is written.
        let _ = socket.write_all(format!("{head}{body}").as_bytes()).await;
        let mut bytes = Vec::new();
        let _ = socket.read_to_end(&mut bytes).await;
        Answer::read(&String::from_utf8(bytes).expect("text"))
    }

    pub(crate) async fn register(&self, manifest: &Manifest) {
        self.store.register(manifest).expect("a new app");
    }

    /// Puts `value` under creator vault.
    pub(crate) async fn give(&self, slug: &str, key: &str, value: &str) {
        self.client.set_policy(slug, key, floom_secret::Policy::Creator).await.expect("a policy");
        self.client.set_value(slug, key, &secret(value)).await.expect("a value");
    }

    /// Puts `value` into the owner's own vault.
    pub(crate) async fn connect(&self, key: &str, value: &str) {
        let answer = self.ask("POST", "/api/secrets", &json!({ "key": key, "value": value }).to_string()).await;
        assert_eq!(answer.status, 200, "the vault takes a value");
    }

    /// Runs an app to its end.
    pub(crate) async fn run(&self, slug: &str, inputs: Value) -> Run {
        let id = self.client.start_run(slug, inputs).await.expect("a run");
        let whole = async {
            loop {
                let run = self.client.run(&id).await.expect("the run");
                if run.status.is_over() {
                    return run;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), whole).await.expect("a run ends")
    }
}

pub(crate) fn open(folder: &Path) -> Result<Store, LocalError> {
    Store::open(folder, key(1))
}

pub(crate) fn client_of(address: SocketAddr, token: Option<SecretValue>) -> Client {
    let base = BaseUrl::parse(&format!("http://{address}")).expect("a base address");
    Client::new(base, token).expect("a client")
}

/// An answer, read by hand.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// In lower case.
    pub(crate) headers: String,
    /// As they were sent.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    fn read(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
        let (status, headers) = head.split_once("\r\n").unwrap_or((head, ""));
        let status = status.split(' ').nth(1).expect("a status").parse().expect("a number");
        Self { status, headers: headers.to_lowercase(), head: headers.to_owned(), body: body.to_owned() }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("a JSON body")
    }
}
