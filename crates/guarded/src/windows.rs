//! Memory that stays out of the page file; a Windows process has no forked children.

use std::ptr::{self, NonNull};

use windows_sys::Win32::System::Memory::{
    MEM_COMMIT, MEM_RELEASE, MEM_RESERVE, PAGE_READWRITE, VirtualAlloc, VirtualFree, VirtualLock,
};

use crate::Protection;
use crate::region::REGION;

pub(crate) fn map(protection: Protection) -> Option<NonNull<u8>> {
    match protection {
        Protection::Secret => None,
        Protection::Locked => {
            let start = commit()?;
            // SAFETY: the range was just committed. Locking changes nothing that a reader could see.
            if unsafe { VirtualLock(start.as_ptr().cast(), REGION) } != 0 {
                return Some(start);
            }
            // SAFETY: it was just mapped and nobody else knows of it.
            unsafe { unmap(start) };
            None
        }
        Protection::Plain => commit(),
    }
}

/// # Safety
/// `start` came from [`map`], is unmapped only once, and nothing in it is used any more.
pub(crate) unsafe fn unmap(start: NonNull<u8>) {
    // SAFETY: the caller's promise. Releasing takes the whole allocation, so the length is 0.
    unsafe { VirtualFree(start.as_ptr().cast(), 0, MEM_RELEASE) };
}

fn commit() -> Option<NonNull<u8>> {
    // SAFETY: a new allocation where the system likes it takes nothing from anybody; it is zeroed.
    let start = unsafe { VirtualAlloc(ptr::null(), REGION, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE) };
    NonNull::new(start.cast())
}
