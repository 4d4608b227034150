//! The server as its clients see it, over a real loopback socket.

mod agent_keys;
mod authorisation;
mod harness;
mod refusals;
mod routes;
mod run_page;
mod runs;
mod store;
mod transcripts;
