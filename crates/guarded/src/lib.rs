//! One 256-bit key in protected memory: the only place of this program that uses `unsafe`.
//!
//! A [`GuardedKey`] is made in place, never copied, wiped when it is dropped, and lies in memory
//! that is as far out of reach as the system allows; [`GuardedKey::protection`] says how far.
//! On Linux that is `memfd_secret(2)`: pages that the kernel itself takes out of its own map, so
//! that neither a debugger, nor `/proc/PID/mem`, nor a core dump gets at them, not even as root.
//!
//! While a key is in such memory Linux does not hibernate the machine (the image would hold the
//! key). The memory is given back with the last key, so a locked vault does not stand in the way.
//!
//! Beside it stands [`keep_from_children`], which needs `unsafe` too.

#[cfg(unix)]
mod descriptors;
mod pool;
mod region;

#[cfg_attr(target_os = "linux", path = "linux.rs")]
#[cfg_attr(target_os = "macos", path = "macos.rs")]
#[cfg_attr(target_os = "windows", path = "windows.rs")]
mod system;

use std::fmt;

#[cfg(unix)]
pub use descriptors::keep_from_children;
use pool::{Pool, Slot};

/// The length of a key, in bytes.
pub const LENGTH: usize = 32;

static POOL: Pool = Pool::new();

/// How far a key's memory is out of reach, the farthest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protection {
    /// Only this process can read it: no debugger, no dump, no swap, no child (Linux `memfd_secret`).
    Secret,
    /// It is never swapped, and left out of core dumps and of children where the system can do that.
    Locked,
    /// Memory that could not be locked, because the limit is reached; it is wiped all the same.
    Plain,
}

/// A 256-bit key in protected memory, wiped when it is dropped.
pub struct GuardedKey(Slot);

impl GuardedKey {
    /// A key whose bytes `fill` writes straight into the protected memory; they are zero before.
    ///
    /// Like any allocation this ends the process where the system has no memory at all. Where only
    /// the better kinds of memory are used up, the key gets the next one.
    ///
    /// # Errors
    /// That of `fill`; what it had written is wiped.
    pub fn fill_with<E>(fill: impl FnOnce(&mut [u8; LENGTH]) -> Result<(), E>) -> Result<Self, E> {
        let mut key = Self(POOL.take());
        fill(key.0.bytes_mut())?;
        Ok(key)
    }

    /// The key. A copy of it is not protected any more, so none should be made.
    pub fn bytes(&self) -> &[u8; LENGTH] {
        self.0.bytes()
    }

    /// How far this key is out of reach.
    pub fn protection(&self) -> Protection {
        self.0.protection()
    }
}

impl Drop for GuardedKey {
    fn drop(&mut self) {
        POOL.give(&mut self.0);
    }
}

impl fmt::Debug for GuardedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GuardedKey([hidden], {:?})", self.protection())
    }
}
