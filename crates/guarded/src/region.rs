//! One mapping of protected memory: the best kind that the system gives.

use std::alloc::{Layout, handle_alloc_error};
use std::ptr::NonNull;

use crate::{Protection, system};

/// The length of a region, in bytes; the system rounds it up to its pages.
pub(crate) const REGION: usize = 4096;

/// [`REGION`] bytes of zeros, unmapped when this is dropped.
pub(crate) struct Region {
    start: NonNull<u8>,
    protection: Protection,
}

// SAFETY: a region is a range of addresses and no more; whoever holds it may use or unmap it from any thread.
unsafe impl Send for Region {}

impl Region {
    /// The farthest out of reach that can be had.
    pub(crate) fn new() -> Self {
        [Protection::Secret, Protection::Locked, Protection::Plain]
            .into_iter()
            .find_map(Self::of_kind)
            .unwrap_or_else(|| handle_alloc_error(Layout::new::<[u8; REGION]>()))
    }

    /// Of just this kind; `None` where the system has none or a limit is reached.
    pub(crate) fn of_kind(protection: Protection) -> Option<Self> {
        let start = system::map(protection)?;
        Some(Self { start, protection })
    }

    /// Where it begins, on a page's boundary.
    pub(crate) fn start(&self) -> NonNull<u8> {
        self.start
    }

    pub(crate) fn protection(&self) -> Protection {
        self.protection
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        // SAFETY: `start` came from `system::map` and is unmapped only here.
        unsafe { system::unmap(self.start) };
    }
}
