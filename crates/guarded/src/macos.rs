//! Anonymous memory that is locked, wiped when it is unmapped and absent in children.
//! A core dump cannot leave it out here; the process has to switch dumps off.

use std::ptr::{self, NonNull};

use libc::{c_int, c_void, size_t};

use crate::Protection;
use crate::region::REGION;

unsafe extern "C" {
    /// `minherit(2)`, which the `libc` crate does not declare for macOS.
    fn minherit(start: *mut c_void, length: size_t, inherit: c_int) -> c_int;
}

pub(crate) fn map(protection: Protection) -> Option<NonNull<u8>> {
    match protection {
        Protection::Secret => None,
        Protection::Locked => {
            let start = anonymous()?;
            // SAFETY: the range was just mapped. Locking changes nothing that a reader could see.
            if unsafe { libc::mlock(start.as_ptr().cast(), REGION) } == 0 {
                return Some(start);
            }
            // SAFETY: it was just mapped and nobody else knows of it.
            unsafe { unmap(start) };
            None
        }
        Protection::Plain => anonymous(),
    }
}

/// # Safety
/// `start` came from [`map`], is unmapped only once, and nothing in it is used any more.
pub(crate) unsafe fn unmap(start: NonNull<u8>) {
    // SAFETY: the caller's promise. It can only fail for a range that is none.
    unsafe { libc::munmap(start.as_ptr().cast(), REGION) };
}

fn anonymous() -> Option<NonNull<u8>> {
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: a new mapping where the kernel likes it takes nothing from anybody.
    let start = unsafe { libc::mmap(ptr::null_mut(), REGION, protection, libc::MAP_PRIVATE | libc::MAP_ANON, -1, 0) };
    let start = if start == libc::MAP_FAILED { None } else { NonNull::new(start.cast::<u8>()) }?;
    // SAFETY: the range was just mapped; this only says what happens to it when it is unmapped.
    unsafe { libc::madvise(start.as_ptr().cast(), REGION, libc::MADV_ZERO_WIRED_PAGES) };
    // SAFETY: the range was just mapped; this only says what a child gets of it.
    unsafe { minherit(start.as_ptr().cast(), REGION, libc::VM_INHERIT_NONE) };
    Some(start)
}
