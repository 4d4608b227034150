//! The one table of what can be asked and who may ask it: the router is built of it, and so are the tests of
//! authorisation. There is no route but those here.

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, delete, get, post, put};

use super::{Dialect, Shared, agent_keys, apps, extension, guard, page, runs, secrets, session, vault};

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody on this computer.
    Open,
    /// The owner, and agent tokens that may read.
    Read,
    /// The owner, and agent tokens that may write.
    Write,
    /// The owner alone.
    Owner,
    /// Visitors of the app's run page, told by their cookie; the link's key gives one.
    Visitor,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// The method.
    pub method: &'static str,
    /// The path, with `{name}` for what varies.
    pub path: &'static str,
    /// Who may use it.
    pub access: Access,
    /// Whether it belongs to the extension `secrets-v1`.
    pub extension: bool,
    handler: fn() -> MethodRouter<Shared>,
}

const fn row(method: &'static str, path: &'static str, access: Access, handler: fn() -> MethodRouter<Shared>) -> Route {
    Route { method, path, access, extension: false, handler }
}

const fn extended(
    method: &'static str,
    path: &'static str,
    access: Access,
    handler: fn() -> MethodRouter<Shared>,
) -> Route {
    Route { method, path, access, extension: true, handler }
}

use Access::{Open, Owner, Read, Visitor, Write};

/// Every route of Local Floom.
pub static ROUTES: &[Route] = &[
    row("GET", "/api/health", Open, || get(session::health)),
    row("GET", "/api/session/me", Read, || get(session::me)),
    row("GET", "/api/workspaces", Read, || get(session::workspaces)),
    row("GET", "/api/workspaces/{id}", Read, || get(session::workspace)),
    row("POST", "/api/me/agent-keys", Owner, || post(agent_keys::mint)),
    row("GET", "/api/me/agent-keys", Owner, || get(agent_keys::list)),
    row("POST", "/api/me/agent-keys/{id}/revoke", Owner, || post(agent_keys::revoke)),
    row("GET", "/api/hub/mine", Read, || get(apps::mine)),
    row("GET", "/api/hub/{slug}", Read, || get(apps::detail)),
    row("POST", "/api/local/apps", Owner, || post(apps::register)),
    row("GET", "/api/local/apps/{slug}/link", Owner, || get(apps::link)),
    row("DELETE", "/api/me/apps/{slug}", Write, || delete(apps::remove)),
    row("GET", "/api/me/apps/{slug}/secret-policies", Read, || get(secrets::policies)),
    row("PUT", "/api/me/apps/{slug}/secret-policies/{key}", Write, || put(secrets::set_policy)),
    row("PUT", "/api/me/apps/{slug}/creator-secrets/{key}", Write, || put(secrets::set_value)),
    row("DELETE", "/api/me/apps/{slug}/creator-secrets/{key}", Write, || delete(secrets::remove_value)),
    row("GET", "/api/secrets", Read, || get(vault::list)),
    row("POST", "/api/secrets", Write, || post(vault::set)),
    row("DELETE", "/api/secrets/{key}", Write, || delete(vault::remove)),
    row("GET", "/api/me/runs", Read, || get(runs::mine)),
    row("POST", "/api/run", Write, || post(runs::start)),
    row("GET", "/api/run/{id}", Read, || get(runs::one)),
    row("POST", "/api/{slug}/run", Write, || post(runs::start_named)),
    extended("GET", "/api/me/apps/{slug}/secrets", Read, || get(extension::list)),
    extended("GET", "/api/me/apps/{slug}/sealing-key", Read, || get(extension::sealing_key)),
    extended("POST", "/api/me/apps/{slug}/secrets/batch", Write, || post(extension::batch)),
    extended("PUT", "/api/me/apps/{slug}/secrets/{key}", Write, || put(extension::put)),
    extended("DELETE", "/api/me/apps/{slug}/secrets/{key}", Write, || delete(extension::remove)),
    extended("POST", "/api/me/apps/{slug}/secrets/{key}/rollback", Write, || post(extension::rollback)),
    extended("POST", "/api/me/apps/{slug}/secrets/{key}/retire", Write, || post(extension::retire)),
    extended("PUT", "/api/me/apps/{slug}/declared/{key}", Write, || put(extension::declare)),
    extended("DELETE", "/api/me/apps/{slug}/declared/{key}", Write, || delete(extension::undeclare)),
    row("GET", "/p/run-page.css", Open, || get(page::style)),
    row("GET", "/p/{slug}", Visitor, || get(page::open)),
    row("POST", "/p/{slug}/connect", Visitor, || post(page::connect)),
    row("GET", "/p/{slug}/replace", Visitor, || get(page::replace)),
    row("GET", "/p/{slug}/remove", Visitor, || get(page::ask_removal)),
    row("POST", "/p/{slug}/remove", Visitor, || post(page::remove)),
    row("POST", "/p/{slug}/run", Visitor, || post(page::start)),
    row("GET", "/p/{slug}/runs/{id}", Visitor, || get(page::run)),
    row("POST", "/p/{slug}/runs/{id}/stop", Visitor, || post(page::stop)),
];

/// The router of `dialect`, each route behind its row's rule.
pub(super) fn router(dialect: Dialect) -> Router<Shared> {
    let offered = ROUTES.iter().filter(|route| dialect == Dialect::SecretsV1 || !route.extension);
    offered.fold(Router::new(), |router, route| {
        let handler = (route.handler)().route_layer(from_fn_with_state(route.access, guard::permit));
        router.route(route.path, handler)
    })
}
