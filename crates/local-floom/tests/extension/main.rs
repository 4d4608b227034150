//! The extension `secrets-v1` over HTTP, spoken by the client that ships.

mod harness;
mod rotations;
mod routes;
