//! Receipts about the vault itself, and the walk along all of them.

use floom_protocol::view::ChainView;
use floom_vault::{ChainCheck, NewReceipt, Tx, find_anchor};
use jiff::Timestamp;

use crate::command::said;
use crate::engine::{Engine, Reply};
use crate::{EngineError, words};

/// Writes a receipt about a thing that is no key: its title, then what happened.
pub(crate) fn note(tx: &mut Tx<'_>, what: &'static str, title: &str, text: &str) -> Result<(), EngineError> {
    tx.append_receipt(&about(what, &words::titled(title, text)), Timestamp::now())?;
    Ok(())
}

/// The same, not written yet; `detail` is [`titled`](words::titled).
pub(crate) fn about<'a>(what: &'static str, detail: &'a str) -> NewReceipt<'a> {
    NewReceipt { what, app: None, key: None, detail }
}

impl Engine {
    /// Writes one receipt about the vault, in a transaction of its own.
    pub(crate) fn note(&mut self, what: &'static str, title: &str, text: &str) -> Result<(), EngineError> {
        self.vault_mut()?.transaction(|tx| note(tx, what, title, text))
    }

    /// Walks the chain of receipts, against the keychain's note of it.
    pub(crate) fn verify_receipts(&self, reply: Reply) {
        let id = match self.vault() {
            Ok(vault) => vault.id(),
            Err(error) => {
                let _ = reply.send(Err(error.into()));
                return;
            }
        };
        let keychain = self.keychain.clone();
        self.beside_blocking(
            move || find_anchor(id, &keychain),
            move |engine, found| {
                let walked = engine.vault().and_then(|vault| {
                    let check = vault.receipts_verify(&vault.anchor_state(&found))?;
                    let (stand, breaks_at) = match check {
                        ChainCheck::Whole { count } => (count, None),
                        ChainCheck::CutShort { count, .. } => (count, Some(count + 1)),
                        ChainCheck::Breaks { at } | ChainCheck::Diverges { at } => (at - 1, Some(at)),
                    };
                    Ok(ChainView {
                        receipts: u64::try_from(stand).unwrap_or(0),
                        breaks_at,
                        code: check.code().to_owned(),
                        found: check.sentence(),
                    })
                });
                let _ = reply.send(said(walked));
            },
        );
    }
}
