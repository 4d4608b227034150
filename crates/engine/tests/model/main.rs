//! The push, checked in every order of events that a creator, a network and a killed agent can make.
//!
//! The agent's steps are the program's own: [`floom_engine::saga`] and the rule by which a newer change replaces an older
//! one. So are the server's with `secrets-v1`: [`floom_local::rotation`]. stateright walks all states within a budget of
//! decisions and faults; the soak has larger budgets (`FLOOM_SOAK`).

mod sealed;
mod today;

use stateright::{Checker, Model};

/// How many decisions and faults a walk may have: a few with every test, more in the soak.
fn budget(few: u8, many: u8) -> u8 {
    if std::env::var_os("FLOOM_SOAK").is_some() { many } else { few }
}

/// Walks every state of `model` and says how many there were.
fn walk<M>(model: M, at_least: usize)
where
    M: Model + Send + Sync + 'static,
    M::State: std::hash::Hash + Send + Sync + std::fmt::Debug + Clone + PartialEq,
    M::Action: Send + Sync + std::fmt::Debug + Clone + PartialEq,
{
    let checker = model.checker().threads(2).spawn_bfs().join();
    checker.assert_properties();
    assert!(checker.unique_state_count() >= at_least, "the walk was a walk: {} states", checker.unique_state_count());
    eprintln!("{} states", checker.unique_state_count());
}
