//! The HTTP face: Floom's own routes, for the owner of this computer.

mod answer;
mod apps;
mod body;
mod guard;
mod runs;
mod secrets;
mod session;
mod vault;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post, put};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::run::Runner;
use crate::store::{App, Store};
use crate::{Bearer, LocalError};
use answer::Refusal;
use guard::Budget;

/// How long a client may take with its request after the server was asked to stop.
const LAST_ANSWERS: Duration = Duration::from_secs(3);

/// What every request sees.
struct Server {
    store: Store,
    bearer: Bearer,
    address: SocketAddr,
    writes: Budget,
    run_starts: Budget,
    runner: Runner,
    runs: Mutex<JoinSet<Result<(), LocalError>>>,
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

    /// The app with this slug, or the refusal `unknown`.
    async fn app(&self, slug: String, unknown: Refusal) -> Result<App, Refusal> {
        self.stored(move |store| store.app(&slug)).await?.ok_or(unknown)
    }

    fn start(&self, app: App, id: String, inputs: Value) {
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        while runs.try_join_next().is_some() {}
        runs.spawn(self.runner.clone().see_through(app, id, inputs));
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
    let address = listener.local_addr().map_err(LocalError::Network)?;
    if !address.ip().is_loopback() {
        return Err(LocalError::NotLoopback);
    }
    let server = Arc::new(Server {
        bearer: store.bearer()?,
        address,
        writes: Budget::per_minute(6_000),
        run_starts: Budget::per_hour(6_000),
        runner: Runner::new(store.clone()),
        runs: Mutex::default(),
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
        served = axum::serve(listener, router(server.clone())).with_graceful_shutdown(asked) => served,
        () = overdue => Ok(()),
    };
    let mut runs = std::mem::take(&mut *server.runs.lock().unwrap_or_else(PoisonError::into_inner));
    runs.shutdown().await;
    server.store.end_interrupted_runs()?;
    served.map_err(LocalError::Network)
}

fn router(server: Shared) -> Router {
    Router::new()
        .route("/api/health", get(session::health))
        .route("/api/session/me", get(session::me))
        .route("/api/hub/mine", get(apps::mine))
        .route("/api/hub/{slug}", get(apps::detail))
        .route("/api/local/apps", post(apps::register))
        .route("/api/me/apps/{slug}", axum::routing::delete(apps::remove))
        .route("/api/me/apps/{slug}/secret-policies", get(secrets::policies))
        .route("/api/me/apps/{slug}/secret-policies/{key}", put(secrets::set_policy))
        .route("/api/me/apps/{slug}/creator-secrets/{key}", put(secrets::set_value).delete(secrets::remove_value))
        .route("/api/secrets", get(vault::list).post(vault::set))
        .route("/api/secrets/{key}", axum::routing::delete(vault::remove))
        .route("/api/me/runs", get(runs::mine))
        .route("/api/run", post(runs::start))
        .route("/api/run/{id}", get(runs::one))
        .route("/api/{slug}/run", post(runs::start_named))
        .fallback(answer::unrouted)
        .method_not_allowed_fallback(answer::unrouted)
        .layer(from_fn_with_state(server.clone(), guard::check))
        .with_state(server)
}
