//! One agent per vault.

use std::fs::{File, TryLockError};
use std::path::Path;

use crate::{VaultError, file};

/// The operating system's lock on a vault's folder, held until it is dropped or the process ends.
#[derive(Debug)]
pub struct VaultLock {
    _held: File,
}

impl VaultLock {
    /// Takes the lock of `folder`, which is made with mode 0700 where it is not there.
    ///
    /// # Errors
    /// [`VaultError::AgentRunning`] where another process, or another lock of this one, holds it.
    pub fn take(folder: &Path) -> Result<Self, VaultError> {
        file::make_folder(folder)?;
        let lock = file::private().create(true).truncate(false).open(folder.join("agent.lock"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { _held: lock }),
            Err(TryLockError::WouldBlock) => Err(VaultError::AgentRunning),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }
}
