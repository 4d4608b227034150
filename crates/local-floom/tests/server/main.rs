//! The server as its clients see it, over a real loopback socket.

use floom_local::Dialect;

mod agent_keys;
mod authorisation;
mod harness;
mod log;
mod refusals;
mod routes;
mod run_page;
mod runs;
mod store;
mod transcripts;

const DIALECT: Dialect = Dialect::SecretsV1;
