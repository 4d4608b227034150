//! The HTTP face: Floom's own routes, the extension, and the run page.

mod agent_keys;
mod answer;
mod apps;
mod body;
mod extension;
mod guard;
mod log;
mod page;
mod routes;
mod runs;
mod secrets;
mod session;
mod vault;

use std::collections::HashMap;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinSet;

use crate::run::{Accepted, Runner};
use crate::store::{App, Store, User};
use crate::{Bearer, LocalError};
use answer::Refusal;
use guard::Budget;
pub use log::{Log, LogEntry};
pub use routes::{Access, ROUTES, Route};

/// How long a client may take with its request after the server was asked to stop.
const LAST_ANSWERS: Duration = Duration::from_secs(3);

/// Between two looks for graces that are over: a clock of the system may run unlike ours.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);
const SHORTEST_WAIT: Duration = Duration::from_millis(1);
/// After the store could not be written.
const TRY_AGAIN: Duration = Duration::from_secs(10);

/// What every request sees.
struct Server {
    store: Store,
    bearer: Bearer,
    address: SocketAddr,
    writes: Budget,
    run_starts: Budget,
    /// Of each agent token that was used since the start.
    tokens: Mutex<HashMap<String, Budget>>,
    runner: Runner,
    runs: Mutex<JoinSet<Result<(), LocalError>>>,
    /// Told when a grace may end sooner than was known.
    graces: Notify,
    /// Whether the extension is offered.
    extension: bool,
}

type Shared = Arc<Server>;

impl Server {
    /// Does `work` on the store, off the threads that answer.
    async fn stored<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, LocalError> + Send + 'static,
    ) -> Result<T, Refusal> {
        let store = self.store.clone();
        match tokio::task::spawn_blocking(move || work(&store)).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(_)) | Err(_) => Err(Refusal::internal()),
        }
    }

    /// Reads from the store, here and now: that is short, and waits for no change that is being made.
    fn read<T>(&self, work: impl FnOnce(&Store) -> Result<T, LocalError>) -> Result<T, Refusal> {
        work(&self.store).map_err(|_| Refusal::internal())
    }

    /// The app with this slug, or the refusal `unknown`.
    fn app(&self, slug: &str, unknown: Refusal) -> Result<App, Refusal> {
        self.read(|store| store.app(slug))?.ok_or(unknown)
    }

    /// Accepts a run of `user` and starts it; gives its id.
    async fn start(&self, app: App, user: User, inputs: Value) -> Result<String, Refusal> {
        let (same_app, same_user, same_inputs) = (app.clone(), user.clone(), inputs.clone());
        let id = self.stored(move |store| store.accept_run(&same_app, &same_user, &same_inputs)).await?;
        let accepted = Accepted { id: id.clone(), app, user, inputs };
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        while runs.try_join_next().is_some() {}
        runs.spawn(self.runner.clone().see_through(accepted));
        Ok(id)
    }
}

/// What a Local Floom offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// Floom's own routes and the extension `secrets-v1`.
    #[default]
    SecretsV1,
    /// Floom's own routes alone, as a Floom of today.
    Today,
}

/// How a Local Floom answers.
#[derive(Clone)]
pub struct Options {
    /// What it offers.
    pub dialect: Dialect,
    /// Who is told of each request; nobody by default.
    pub log: Option<Log>,
    /// How many changes its owner may make in a minute; 6,000 by default.
    pub changes_per_minute: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { dialect: Dialect::default(), log: None, changes_per_minute: 6_000 }
    }
}

/// Answers on `listener` until `shutdown` is done; runs under way are ended with it.
///
/// # Errors
/// [`LocalError::NotLoopback`] if other machines could reach the listener; [`LocalError::Network`]; those of the store.
pub async fn serve(
    listener: TcpListener,
    store: Store,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), LocalError> {
    serve_with(listener, store, Options::default(), shutdown).await
}

/// [`serve`] with `options`.
///
/// # Errors
/// As [`serve`].
pub async fn serve_with(
    listener: TcpListener,
    store: Store,
    options: Options,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), LocalError> {
    let Options { dialect, log, changes_per_minute } = options;
    let address = listener.local_addr().map_err(LocalError::Network)?;
    if !address.ip().is_loopback() {
        return Err(LocalError::NotLoopback);
    }
    let server = Arc::new(Server {
        bearer: store.bearer()?,
        address,
        writes: Budget::per_minute(changes_per_minute),
        run_starts: Budget::per_hour(6_000),
        tokens: Mutex::default(),
        runner: Runner::new(store.clone()),
        runs: Mutex::default(),
        graces: Notify::new(),
        extension: dialect == Dialect::SecretsV1,
        store,
    });
    let (ending, ended) = oneshot::channel::<()>();
    let asked = async move {
        shutdown.await;
        drop(ending);
    };
    let overdue = async move {
        let _ = ended.await;
        tokio::time::sleep(LAST_ANSWERS).await;
    };
    let served = tokio::select! {
        served = axum::serve(listener, router(server.clone(), dialect, log)).with_graceful_shutdown(asked) => served,
        () = overdue => Ok(()),
        () = end_graces(&server) => Ok(()),
    };
    let mut runs = std::mem::take(&mut *server.runs.lock().unwrap_or_else(PoisonError::into_inner));
    runs.shutdown().await;
    server.store.end_interrupted_runs()?;
    served.map_err(LocalError::Network)
}

/// Destroys each old value when its grace ends. It has no end of its own.
async fn end_graces(server: &Server) {
    loop {
        let wait = match server.stored(Store::retire_due).await {
            Ok(Some(next)) => Duration::try_from(next.duration_since(server.store.now())).unwrap_or_default(),
            Ok(None) => Duration::MAX,
            Err(_) => TRY_AGAIN,
        };
        let sleep = tokio::time::sleep(wait.clamp(SHORTEST_WAIT, LONGEST_WAIT));
        tokio::select! {
            () = sleep => {}
            () = server.graces.notified() => {}
        }
    }
}

fn router(server: Shared, dialect: Dialect, log: Option<Log>) -> Router {
    let router = routes::router(dialect)
        .fallback(answer::unrouted)
        .method_not_allowed_fallback(answer::unrouted)
        .layer(from_fn_with_state(server.clone(), guard::check))
        .with_state(server);
    match log {
        Some(log) => router.layer(from_fn_with_state(log, log::write)),
        None => router,
    }
}
