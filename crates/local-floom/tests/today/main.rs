//! The suite of `server` once more, on a Floom of today: the extension is hidden, and nothing else is another.

use floom_local::Dialect;

#[path = "../server/agent_keys.rs"]
mod agent_keys;
#[path = "../server/harness.rs"]
mod harness;
#[path = "../server/refusals.rs"]
mod refusals;
#[path = "../server/routes.rs"]
mod routes;
#[path = "../server/runs.rs"]
mod runs;
#[path = "../server/store.rs"]
mod store;
#[path = "../server/transcripts.rs"]
mod transcripts;

const DIALECT: Dialect = Dialect::Today;

#[tokio::test]
async fn none_of_the_extension_is_there() {
    let floom = harness::Floom::start().await;
    for route in floom_local::ROUTES.iter().filter(|route| route.extension) {
        let path = route.path.replace("{slug}", "flyfast").replace("{key}", harness::KEYS[0]);
        let answer = floom.ask(route.method, &path, "{}").await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (404, "404 Not Found"),
            "{} {path} is no route",
            route.method
        );
    }
}
